package resource_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// manyRuns is an answer with n runs of ten metrics and ten parameters.
func manyRuns(n int) resource.Answer {
	r := tasks.Result{Columns: []tasks.Column{{Name: "id"}, {Name: "name"}, {Name: "started"}, {Name: "took", Number: true, Unit: "s"}}}
	for i := range 10 {
		r.Columns = append(r.Columns, tasks.Column{Name: fmt.Sprintf("metrics.m%d", i), Number: true}, tasks.Column{Name: fmt.Sprintf("params.p%d", i)})
	}
	for i := range n {
		row := []string{fmt.Sprintf("%032x", i), fmt.Sprintf("run-%04d", i), "2026-11-27T03:04:05Z", "90"}
		for k := range 10 {
			row = append(row, fmt.Sprint(float64((i*7919+k)%1000)/8), fmt.Sprint(k))
		}
		r.Rows = append(r.Rows, row)
	}
	return resource.Answer{Result: r, Known: true}
}

var runs = tasks.View{Title: "Runs", Query: "runs", Key: "id", As: "run", Compare: "compare"}

func frame(w, h int) screen.Frame {
	s := tasks.NewState()
	return screen.Frame{W: w, H: h, Focused: true, State: &s, Now: time.Date(2026, 11, 27, 4, 0, 0, 0, time.Local), Ink: theme.Dark().Inks()}
}

func act(t *testing.T, r *resource.Rows, id string) {
	t.Helper()
	for _, a := range r.Actions() {
		if a.ID == id {
			if a.Disabled != "" {
				t.Fatalf("%s is off: %s", id, a.Disabled)
			}
			a.Do()
			return
		}
	}
	t.Fatalf("there is no %s", id)
}

func TestAMarkStaysOnItsRowWhenTheAnswerComesAnewAndTheOrderChanges(t *testing.T) {
	r, f := resource.NewRows(), frame(80, 12)
	text := func(a resource.Answer) string { return ansi.Strip(strings.Join(r.View(f, "shop runs", runs, a), "\n")) }
	a := manyRuns(50)
	text(a)
	act(t, r, "rows.mark")
	act(t, r, "rows.mark")
	if got := text(a); !strings.Contains(got, " A run-0000") || !strings.Contains(got, " B run-0001") || !strings.Contains(got, "2 marked · 50 rows") {
		t.Errorf("marked:\n%s", got)
	}
	newest := manyRuns(52)
	newest.Result.Rows = append(newest.Result.Rows[50:], newest.Result.Rows[:50]...)
	if got := text(newest); !strings.Contains(got, " A run-0000") || !strings.Contains(got, "▌  run-0002") {
		t.Errorf("two more came:\n%s", got)
	}
	act(t, r, "rows.sort")
	act(t, r, "rows.reverse")
	text(newest)
	r.Move(1 << 20)
	if got := text(newest); !strings.Contains(got, "A run-0000") || !strings.Contains(got, "NAME↓") {
		t.Errorf("sorted the other way round, at the end:\n%s", got)
	}
	if got := text(resource.Answer{Result: newest.Result, Known: true, Err: fmt.Errorf("the server sleeps")}); !strings.Contains(got, "the server sleeps") || !strings.Contains(got, "run-0000") {
		t.Errorf("an answer that did not come:\n%s", got)
	}
}

func TestRowsAreFilteredByTextAndByTheirColumnsAsFields(t *testing.T) {
	a := resource.Answer{Known: true, Result: tasks.Result{
		Columns: []tasks.Column{
			{Name: "id"}, {Name: "name"}, {Name: "status"}, {Name: "metrics.val_loss", Number: true}, {Name: "metrics.eval/acc", Number: true}, {Name: "params.lr"}, {Name: "params.level"}, {Name: "params.source"},
		},
		Rows: [][]string{
			{"1", "first", "finished", "0.25", "0.9", "0.10", "3", "web"},
			{"2", "second", "failed", "", "", "0.1", "5", "lake"},
			{"3", "Third", "finished", "0.5", "0.8", "0.01", "7", "web"},
			{"4", "fourth", "running", "nan", "0.7", "0.01", "warn", "web"},
		},
	}}
	for text, want := range map[string]string{
		"":                           "1 2 3 4",
		"val_loss<0.3":               "1",
		"val_loss<=0.5 lr=0.01":      "3",
		"lr=0.1":                     "1 2",
		"metrics.val_loss>0.3":       "3",
		"eval.acc>0.75":              "1 3",
		"status=finished -third":     "1",
		"status!=finished":           "2 4",
		"third":                      "3",
		"level>=5":                   "2 3",
		"level=warn source=web":      "4",
		"-Third status~\"^fin\"":     "1",
		"name=first status=running":  "none of 4",
		"val_loss<":                  "val_loss< needs a number or a level at column 10",
		"status=failed val_loss>low": "val_loss> needs a number or a level at column 24",
	} {
		r, f := resource.NewRows(), frame(120, 12)
		view := func() string { return ansi.Strip(strings.Join(r.View(f, "lab runs", runs, a), "\n")) }
		view()
		act(t, r, "rows.filter")
		r.Paste(text)
		all := view()
		var got []string
		for line := range strings.SplitSeq(all, "\n") {
			if words := strings.Fields(strings.Trim(line, "▌ ")); len(words) > 1 && strings.Contains("1 2 3 4", words[0]) && words[0] != "" {
				got = append(got, words[0])
			}
		}
		shown := strings.Join(got, " ")
		switch {
		case strings.Contains(all, "0 of 4") && strings.Contains(all, "No row fits the filter"):
			shown = "none of 4"
		case strings.Contains(all, "needs a number"):
			shown = strings.TrimSpace(all[strings.Index(all, "   val_loss")+1 : strings.Index(all, "\n")])
		case text != "" && !strings.Contains(all, fmt.Sprintf("%d of 4", len(got))):
			t.Errorf("%s: it does not say how many of how many:\n%s", text, all)
		}
		if shown != want {
			t.Errorf("%s shows %q, want %q\n%s", text, shown, want, all)
		}
	}
}

func TestWhatIsNoHashIsShownAsFarAsThereIsRoom(t *testing.T) {
	long := `http_requests_total{code="200",handler="/käse",method="get"}`
	a := resource.Answer{Known: true, Result: tasks.Result{
		Columns: []tasks.Column{{Name: "value", Number: true}, {Name: "expr"}},
		Rows:    [][]string{{"1", "up"}, {"2", long}},
	}}
	v := tasks.View{Title: "Metrics", Query: "metrics", Key: "expr", As: "expr"}
	for _, test := range []struct {
		w    int
		want string
	}{{90, long}, {50, "http_requests_total{code="}} {
		text := ansi.Strip(strings.Join(resource.NewRows().View(frame(test.w, 8), "x", v, a), "\n"))
		if !strings.Contains(text, test.want) {
			t.Errorf("no %s in %d columns:\n%s", test.want, test.w, text)
		}
	}
}

func TestAFilterIsKeptForItsQuestion(t *testing.T) {
	a, f := manyRuns(100), frame(80, 12)
	r := resource.NewRows()
	text := func(of string) string { return ansi.Strip(strings.Join(r.View(f, of, runs, a), "\n")) }
	text("shop runs")
	act(t, r, "rows.filter")
	r.Paste("run-009")
	r.Key(tea.KeyPressMsg{Code: tea.KeyEnter})
	if got := text("shop runs"); r.Typing() || !strings.Contains(got, "/ run-009") || !strings.Contains(got, "10 of 100, esc clears") {
		t.Errorf("filtered:\n%s", got)
	}
	if !r.Click(2) {
		t.Error("no row is where one is drawn")
	} else if id, _ := r.Selected(); id != fmt.Sprintf("%032x", 90) {
		t.Errorf("a click on the first row chose %s", id)
	}
	if got := text("forge runs"); strings.Contains(got, "of 100") {
		t.Errorf("of another question:\n%s", got)
	}
	next := resource.NewRows()
	next.SetFilters(r.Filters())
	r = next
	if got := text("shop runs"); !strings.Contains(got, "10 of 100") {
		t.Errorf("after the next start:\n%s", got)
	}
	act(t, r, "rows.unfilter")
	if got := text("shop runs"); strings.Contains(got, "of 100") || len(r.Filters()) > 0 {
		t.Errorf("after esc:\n%s", got)
	}
}

// A table of 5,000 runs has to be there well before a person wonders, and a key in it
// must not be felt.
func BenchmarkFiveThousandRuns(b *testing.B) {
	a, f := manyRuns(5000), frame(120, 40)
	b.Run("opened", func(b *testing.B) {
		for b.Loop() {
			resource.NewRows().View(f, "shop runs", runs, a)
		}
	})
	r := resource.NewRows()
	r.View(f, "shop runs", runs, a)
	b.Run("filtered", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			r.SetFilters(map[string]string{"shop runs": fmt.Sprintf("m1<%d p3=3 run", n)})
			r.View(f, "shop runs", runs, a)
		}
	})
	b.Run("a key", func(b *testing.B) {
		for b.Loop() {
			r.Move(1)
			r.View(f, "shop runs", runs, a)
		}
	})
}
