package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// ran adds a run of the task "test" that ended so, with results as words:
// Cart+ passed, Pay- failed, Ship? was skipped.
func ran(s *tasks.State, n int, status tasks.Status, results string) {
	id := tasks.NewRunID("test", n)
	at := time.Date(2026, 3, 2, 10, n, 0, 0, time.UTC)
	s.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test", Number: n, Status: tasks.Queued, QueuedAt: at, EndLine: -1}})
	s.Apply(tasks.RunStarted{ID: id, At: at})
	for w := range strings.FieldsSeq(results) {
		status := map[byte]tasks.TestStatus{'+': tasks.TestPassed, '-': tasks.TestFailed, '?': tasks.TestSkipped}[w[len(w)-1]]
		s.Apply(tasks.TestReported{ID: id, Test: tasks.TestResult{Suite: "shop", Name: w[:len(w)-1], Status: status, Line: -1}})
	}
	if status.Done() {
		s.Apply(tasks.RunEnded{ID: id, At: at.Add(time.Second), Status: status})
	}
}

func newState() *tasks.State {
	var s tasks.State
	s.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task}}})
	return &s
}

func TestATestShowsHowItEndedInTheLastRuns(t *testing.T) {
	state, s := newState(), New()
	view := func() string {
		f := screen.Frame{W: 120, H: 12, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()}
		s.Follow(f)
		return ansi.Strip(strings.Join(s.View(f), "\n"))
	}
	ran(state, 1, tasks.Succeeded, "Cart+ Pay+ Ship+")
	ran(state, 2, tasks.Failed, "Cart+ Pay- Ship?")
	ran(state, 3, tasks.Stale, "Cart- Pay-")
	ran(state, 4, tasks.Succeeded, "Cart+ Pay+")
	rows := view()
	if !hasRow(rows, "Pay", "✓✖✓") {
		t.Errorf("Pay does not show how it changed:\n%s", rows)
	}
	if hasRow(rows, "Cart", "✓✓") {
		t.Errorf("Cart has never changed, and shows a trend:\n%s", rows)
	}

	// A run that goes on changes no trend; when it has ended it is part of it.
	ran(state, 5, tasks.Running, "Cart- Pay-")
	if rows := view(); !hasRow(rows, "Pay", "✓✖✓") || hasRow(rows, "Pay", "✓✖✓✖") {
		t.Errorf("while it runs:\n%s", rows)
	}
	state.Apply(tasks.RunEnded{ID: "test#5", At: time.Now(), Status: tasks.Failed})
	if rows := view(); !hasRow(rows, "Pay", "✓✖✓✖") || !hasRow(rows, "Cart", "✓✓✓✖") {
		t.Errorf("after its end:\n%s", rows)
	}
	for n := range trendRuns - 1 {
		ran(state, 6+n, tasks.Succeeded, "Cart+ Pay+")
	}
	if rows := view(); !hasRow(rows, "Pay", " ✖"+strings.Repeat("✓", trendRuns-1)) {
		t.Errorf("after many:\n%s", rows)
	}
}

// row says whether a line has both texts.
func hasRow(view, a, b string) bool {
	for line := range strings.Lines(view) {
		if strings.Contains(line, a) && strings.Contains(line, b) {
			return true
		}
	}
	return false
}
