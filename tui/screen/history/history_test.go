package history

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestARunShowsHowLongASaveWaitedForIt(t *testing.T) {
	saved := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	var state tasks.State
	state.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task}}})
	for i, cause := range []tasks.Cause{{Kind: tasks.ByPerson}, {Kind: tasks.ByWatch, Files: []string{"cart.go"}, Changed: saved}} {
		id := tasks.NewRunID("test", i+1)
		state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test", Number: i + 1, Cause: cause, Status: tasks.Queued, EndLine: -1}})
		state.Apply(tasks.RunStarted{ID: id, At: saved.Add(time.Second)})
		state.Apply(tasks.RunEnded{ID: id, At: saved.Add(3500 * time.Millisecond), Status: tasks.Succeeded})
	}
	view := func(w int) []string {
		f := screen.Frame{W: w, H: 6, State: &state, Unit: "test", Now: saved.Add(time.Minute), Ink: theme.Dark().Inks()}
		return strings.Split(ansi.Strip(strings.Join(New().View(f), "\n")), "\n")
	}
	lines := view(100)
	if !strings.Contains(lines[0], "FEEDBACK") || !strings.Contains(lines[1], "cart.go changed") || !strings.Contains(lines[1], "3.5s") {
		t.Errorf("a run after a save:\n%s", strings.Join(lines, "\n"))
	}
	if strings.Contains(lines[2], "3.5s") {
		t.Errorf("a run by hand has a feedback time: %s", lines[2])
	}
	if narrow := view(52); !strings.Contains(narrow[0], "CAUSE") || strings.Contains(narrow[0], "FEEDBACK") {
		t.Errorf("where it is narrow the cause goes first: %s", narrow[0])
	}
}

func TestOlderRunsAreReadFromWhatIsRemembered(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	var state tasks.State
	state.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task}}})
	state.Apply(tasks.RunQueued{Run: tasks.Run{ID: "test#3", Task: "test", Number: 3, EndLine: -1}})
	state.Apply(tasks.RunStarted{ID: "test#3", At: now})
	asked := 0
	s := New()
	s.UseMemory(func(_ context.Context, task string) ([]Past, error) {
		asked++
		run := func(n int, status tasks.Status) tasks.Run {
			return tasks.Run{
				ID: tasks.NewRunID(task, n), Task: task, Number: n, Status: status, Log: "test",
				StartedAt: now.AddDate(0, 0, n-4), EndedAt: now.AddDate(0, 0, n-4).Add(time.Second), Cause: tasks.Cause{Kind: tasks.ByPerson},
			}
		}
		return []Past{{Run: run(3, tasks.Running)}, {Run: run(2, tasks.Failed), Failures: 4}, {Run: run(1, tasks.Succeeded)}}, nil
	})
	f := screen.Frame{W: 100, H: 6, State: &state, Unit: "test", Now: now.Add(time.Minute), Ink: theme.Dark().Inks()}
	s.Update(s.Follow(f)())
	lines := strings.Split(ansi.Strip(strings.Join(s.View(f), "\n")), "\n")
	for i, want := range []string{"RUN", "3 running", "2 failed", "1 succeeded"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[2], " 4 ") || !strings.Contains(lines[2], "Feb 28") {
		t.Errorf("no failures or no day in %q", lines[2])
	}
	if s.Follow(f) != nil || asked != 1 {
		t.Errorf("read %d times", asked)
	}
	s.Move(2)
	s.View(f)
	if m := s.Actions()[0].Do()(); m.(Open).Run.ID != "test#1" {
		t.Errorf("enter opens %v", m)
	}
}

func TestRunsAreFilteredByTextAndByTheirColumnsParametersAndMetrics(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	var state tasks.State
	state.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "train", Of: "train", Kind: config.Task}}})
	add := func(n int, took time.Duration, end tasks.RunEnded, cause tasks.Cause, lr string, loss float64) {
		id := tasks.NewRunID("train", n)
		state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "train", Number: n, Cause: cause, EndLine: -1, Params: map[string]string{"opt/lr": lr}}})
		state.Apply(tasks.RunStarted{ID: id, At: now})
		state.Apply(tasks.MetricReported{ID: id, Name: "loss", Point: tasks.Point{Step: 1, Value: loss}})
		end.ID, end.At = id, now.Add(took)
		state.Apply(end)
	}
	add(1, time.Second, tasks.RunEnded{Status: tasks.Succeeded}, tasks.Cause{Kind: tasks.ByPerson}, "0.1", 0.5)
	add(2, time.Minute, tasks.RunEnded{Status: tasks.Failed, Exit: &tasks.Exit{Code: 3}}, tasks.Cause{Kind: tasks.ByPerson}, "0.10", 2)
	add(3, 2*time.Minute, tasks.RunEnded{Status: tasks.Succeeded}, tasks.Cause{Kind: tasks.ByWatch, Files: []string{"net.py"}, Changed: now}, "0.01", 0.25)
	for text, want := range map[string]string{
		"":                         "3 2 1",
		"net.py":                   "3",
		"outcome=failed":           "2",
		"outcome~\"^exit 3\"":      "2",
		"took>=60 outcome!=failed": "3",
		"opt.lr=0.1":               "2 1",
		"opt.lr=0.01":              "3",
		"loss<1 -net.py":           "1",
		"feedback>0":               "3",
		"run<3 started~-03-02":     "2 1",
		"took>":                    "took> needs a number or a level at column 6",
		"nothing":                  "No run fits the filter",
	} {
		s := New()
		f := screen.Frame{W: 100, H: 8, State: &state, Unit: "train", Now: now.Add(time.Hour), Ink: theme.Dark().Inks()}
		s.SetFilters(map[string]string{"train": text, "other": "no"})
		lines := s.View(f)
		all := ansi.Strip(strings.Join(lines, "\n"))
		if len(lines) != f.H {
			t.Errorf("%q: %d lines, want %d", text, len(lines), f.H)
		}
		var got []string
		for line := range strings.SplitSeq(all, "\n") {
			if words := strings.Fields(strings.Trim(line, "▌ ")); len(words) > 1 && strings.Contains("✓✖", words[0]) {
				got = append(got, words[1])
			}
		}
		if said := len(want) > 6 && strings.Contains(all, want); !said && strings.Join(got, " ") != want {
			t.Errorf("%q shows %v, want %q:\n%s", text, got, want, all)
		}
	}
}
