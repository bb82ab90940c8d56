package curves

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// training is a run of the task train with the values of its metrics.
func training(number int, status tasks.Status, metrics map[string][]float64) tasks.Run {
	r := tasks.Run{ID: tasks.NewRunID("train", number), Task: "train", Number: number, Status: status, StartedAt: began, Metrics: map[string]tasks.Series{}}
	for name, values := range metrics {
		var s tasks.Series
		for i, v := range values {
			s.Last = tasks.Point{Step: float64(10 * i), Value: v, At: began.Add(time.Duration(i) * time.Minute)}
			s.Points = append(s.Points, s.Last)
		}
		r.Metrics[name] = s
	}
	return r
}

func frame(w, h int, runs ...tasks.Run) screen.Frame {
	s := tasks.NewState()
	u := tasks.Unit{Task: tasks.Task{Name: "train"}}
	for _, r := range runs {
		s.Runs[r.ID] = r
		u.Runs = append(u.Runs, r.ID)
	}
	s.Units["train"] = u
	return screen.Frame{W: w, H: h, State: &s, Unit: "train", Now: began.Add(time.Hour), Ink: theme.Dark().Inks(), Focused: true}
}

func drawn(s *Screen, f screen.Frame) string { return ansi.Strip(strings.Join(s.View(f), "\n")) }

// do does an action by its id and says whether it was there and on.
func do(t *testing.T, s *Screen, id string) {
	t.Helper()
	for _, a := range s.Actions() {
		if a.ID == "curves."+id {
			if a.Disabled != "" {
				t.Fatalf("%s is off: %s", id, a.Disabled)
			}
			a.Do()
			return
		}
	}
	t.Fatalf("there is no action %s", id)
}

func sees(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}

func TestEveryMetricHasItsChartWithItsNewestValue(t *testing.T) {
	s := New()
	f := frame(100, 24, training(2, tasks.Running, map[string][]float64{"loss": {2, 1, 0.5}, "acc": {0.1, 0.6, 0.8}, "lr": {0.001}}))
	text := drawn(s, f)
	sees(t, text, "▌loss  0.5 at step 20", "acc  0.8", "lr  0.001")
	if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, "loss") || !strings.Contains(first, "acc") {
		t.Errorf("two are beside each other:\n%s", text)
	}
}

func TestOneCurveHasACrosshairWithItsValue(t *testing.T) {
	s := New()
	f := frame(80, 20, training(2, tasks.Running, map[string][]float64{"loss": {2, 1, 0.5}, "acc": {0.1, 0.2, 0.9}}))
	drawn(s, f)
	s.Move(1)
	do(t, s, "alone")
	if text := drawn(s, f); strings.Contains(text, "loss") {
		t.Errorf("only one is shown:\n%s", text)
	}
	do(t, s, "left") // it appears at the end
	do(t, s, "left")
	sees(t, drawn(s, f), "acc  0.2 at 10")
	do(t, s, "time")
	drawn(s, f)
	do(t, s, "left")
	sees(t, drawn(s, f), "acc  0.9 at 2m")
	do(t, s, "clear")
	do(t, s, "clear")
	sees(t, drawn(s, f), "loss", "acc")
}

func TestTheBestRunBeforeIsBesideIt(t *testing.T) {
	s := New()
	f := frame(
		90, 20,
		training(1, tasks.Succeeded, map[string][]float64{"loss": {3, 0.4}}),
		training(2, tasks.Succeeded, map[string][]float64{"loss": {3, 0.3}}),
		training(3, tasks.Failed, map[string][]float64{"loss": {3, 0.1}}),
		training(4, tasks.Running, map[string][]float64{"loss": {3, 2}}),
	)
	sees(t, drawn(s, f), "loss*  2 at step 10  best #2 0.3")
}

func TestALossThatIsNoNumberIsSeen(t *testing.T) {
	s := New()
	f := frame(60, 14, training(1, tasks.Running, map[string][]float64{"loss": {3, math.NaN()}}))
	sees(t, drawn(s, f), "loss  NaN at step 10", "×")
}

func TestWithoutNumbersItSaysWhatWouldBringThem(t *testing.T) {
	s := New()
	sees(t, drawn(s, frame(60, 10)), "No numbers yet", "loss=0.53")
	for _, a := range s.Actions() {
		if a.Disabled == "" {
			t.Errorf("%s is on", a.ID)
		}
	}
}

func TestScalesAreShownAndTurnedBack(t *testing.T) {
	s := New()
	f := frame(80, 20, training(1, tasks.Running, map[string][]float64{"loss": {100, 10, 1, 0.5, 0.4}}))
	drawn(s, f)
	do(t, s, "alone")
	do(t, s, "log")
	do(t, s, "smooth")
	do(t, s, "zoom")
	sees(t, drawn(s, f), "log  smooth 0.6  ×2")
	do(t, s, "log")
	do(t, s, "unzoom")
	for range len(smoothings) - 1 {
		do(t, s, "smooth")
	}
	if text := drawn(s, f); strings.Contains(text, "smooth") || strings.Contains(text, "×") {
		t.Errorf("turned back:\n%s", text)
	}
}

func TestWhateverIsPressedItStaysInItsRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		metrics := map[string][]float64{}
		for range rapid.IntRange(0, 5).Draw(t, "metrics") {
			name := rapid.StringMatching(`[a-z/]{1,12}`).Draw(t, "name")
			metrics[name] = rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN())), 1, 40).Draw(t, "values")
		}
		w, h := rapid.IntRange(1, 120).Draw(t, "w"), rapid.IntRange(1, 30).Draw(t, "h")
		f := frame(w, h, training(1, tasks.Succeeded, metrics), training(2, tasks.Running, metrics))
		s := New()
		for range rapid.IntRange(0, 20).Draw(t, "keys") {
			lines := s.View(f)
			if len(lines) != h {
				t.Fatalf("%d lines of %d", len(lines), h)
			}
			for _, l := range lines {
				if got := ansi.StringWidth(l); got > w {
					t.Fatalf("a line of %d cells in %d: %q", got, w, ansi.Strip(l))
				}
			}
			s.Move(rapid.IntRange(-3, 3).Draw(t, "move"))
			actions := s.Actions()
			if a := actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]; a.Disabled == "" {
				a.Do()
			}
		}
	})
}

func TestChartsFillTheRoomAndSayHowManyHaveNone(t *testing.T) {
	for about, c := range map[string]struct {
		n, w, h       int
		columns, rows int
		heights       []int
	}{
		"one":              {1, 84, 30, 1, 1, []int{30}},
		"two, wide":        {2, 84, 30, 1, 2, []int{15, 15}},
		"five of a screen": {5, 84, 29, 2, 3, []int{10, 10, 9}},
		"narrow":           {5, 57, 20, 1, 5, []int{10, 9}},
		"many":             {40, 160, 44, 4, 10, []int{8, 7, 7, 7, 7, 7}},
		"low":              {5, 200, 10, 5, 1, []int{10}},
	} {
		l := arrange(c.n, c.w, c.h)
		var heights []int
		for i := range l.shown {
			heights = append(heights, l.height(i))
		}
		if diff := cmp.Diff(c.heights, heights); diff != "" || l.columns != c.columns || l.rows != c.rows {
			t.Errorf("%s: %d columns, %d rows %s", about, l.columns, l.rows, diff)
		}
	}
	s := New()
	f := frame(57, 20, training(1, tasks.Running, map[string][]float64{"loss": {3, 2}, "acc": {1, 2}, "lr": {1, 2}, "norm": {1, 2}, "tok": {1, 2}}))
	sees(t, drawn(s, f), "loss", "↓ 3 more")
	s.Move(3)
	sees(t, drawn(s, f), "↑ 2 more  ↓ 1 more")
}

func TestWhatIsSmoothedIsFaintBehindItsCurve(t *testing.T) {
	s := New()
	values := make([]float64, 60)
	for i := range values {
		values[i] = float64(i % 2)
	}
	f := frame(60, 14, training(1, tasks.Running, map[string][]float64{"loss": values}))
	drawn(s, f)
	before := drawn(s, f)
	do(t, s, "smooth")
	if after := drawn(s, f); after == before || !strings.Contains(after, "⡇") && !strings.Contains(after, "⣿") {
		t.Errorf("the raw values are gone:\n%s", after)
	}
}

func TestAPersonSaysByWhichMetricARunIsTheBest(t *testing.T) {
	s := New()
	f := frame(
		90, 24,
		training(1, tasks.Succeeded, map[string][]float64{"loss": {3, 0.1}, "val/loss": {3, 0.9}, "acc": {0, 0.9}}),
		training(2, tasks.Succeeded, map[string][]float64{"loss": {3, 0.3}, "val/loss": {3, 0.4}, "acc": {0, 0.5}}),
		training(3, tasks.Running, map[string][]float64{"loss": {3, 2}, "val/loss": {3, 2}, "acc": {0, 0.1}}),
	)
	sees(t, drawn(s, f), "val/loss*", "best #2 0.4") // what was held out counts
	s.Move(2)
	do(t, s, "rank")
	sees(t, drawn(s, f), "acc*", "best #1 0.9")
	s.SetOlder([]tasks.Run{training(2, tasks.Succeeded, nil), {ID: "train#0", Task: "train", Status: tasks.Succeeded, Metrics: map[string]tasks.Series{"acc": {Last: tasks.Point{Value: 0.95}}}}})
	sees(t, drawn(s, f), "acc*", "best #0 0.95") // of an earlier session
	again := New()
	again.SetRanks(s.Ranks())
	sees(t, drawn(again, f), "acc*", "best #1 0.9")
}
