package sweep

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// swept is a frame with a sweep of one run, which has told these numbers so far.
func swept(metrics ...string) screen.Frame {
	s := tasks.NewState()
	id := tasks.NewRunID("train", 1)
	r := tasks.Run{
		ID: id, Task: "train", Number: 1, Status: tasks.Running, StartedAt: began, Params: map[string]string{"lr": "0.1"},
		Sweep: &tasks.Sweep{ID: id, Swept: []string{"lr"}, Parallel: 1, Runs: 1}, Metrics: map[string]tasks.Series{},
	}
	for _, name := range metrics {
		p := tasks.Point{Step: 1, Value: 0.5, At: began}
		r.Metrics[name] = tasks.Series{Points: []tasks.Point{p}, Last: p}
	}
	s.Runs[id] = r
	s.Units["train"] = tasks.Unit{Task: tasks.Task{Name: "train"}, Runs: []tasks.RunID{id}}
	return screen.Frame{W: 100, H: 8, State: &s, Unit: "train", Now: began.Add(time.Minute), Ink: theme.Dark().Inks(), Focused: true}
}

func titles(s *Screen, f screen.Frame) string {
	return strings.Join(strings.Fields(ansi.Strip(s.View(f)[above])), " ")
}

func TestTheNumberThatDecidesIsShownThoughAnotherCameFirst(t *testing.T) {
	s := New()
	s.RankBy("train", "")
	for _, step := range []struct {
		metrics []string
		want    string
	}{
		{nil, "RUN lr STATE NUMBER BEST TOOK"},
		{[]string{"loss"}, "RUN lr STATE loss BEST TOOK"},
		{[]string{"loss", "val_loss"}, "RUN lr STATE val_loss BEST TOOK"},
	} {
		if got := titles(s, swept(step.metrics...)); got != step.want {
			t.Errorf("with %q: %q, want %q", step.metrics, got, step.want)
		}
	}
}

func TestTheNumberThatAPersonWantsToSeeStays(t *testing.T) {
	s := New()
	s.RankBy("train", "")
	titles(s, swept("acc", "loss"))
	s.nextMetric()
	chosen := titles(s, swept("acc", "loss"))
	if got := titles(s, swept("acc", "loss", "val_loss")); got != chosen || strings.Contains(got, "val_loss") {
		t.Errorf("%q, want %q", got, chosen)
	}
	s.RankBy("train", "val_loss")
	if got, want := titles(s, swept("acc", "loss", "val_loss")), "RUN lr STATE val_loss BEST TOOK"; got != want {
		t.Errorf("ranked: %q, want %q", got, want)
	}
}
