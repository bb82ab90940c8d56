package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// crowd is a task that has run 20,000 tests, and runs them again.
func crowd(b *testing.B) (*tasks.State, tasks.RunID, *Screen, screen.Frame) {
	b.Helper()
	s := newState()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	begin := func(n int) tasks.RunID {
		id := tasks.NewRunID("test", n)
		s.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test", Number: n, Status: tasks.Queued, QueuedAt: at, EndLine: -1}})
		s.Apply(tasks.RunStarted{ID: id, At: at})
		r := s.Runs[id]
		for i := range 20_000 {
			t := result(i)
			if n > 1 {
				t.Status = tasks.TestRunning
			}
			r.Tests = append(r.Tests, t)
		}
		s.Runs[id] = r
		return id
	}
	s.Apply(tasks.RunEnded{ID: begin(1), At: at.Add(time.Minute), Status: tasks.Failed, EndLine: 10})
	id := begin(2)
	tab := New()
	f := screen.Frame{W: 84, H: 30, State: s, Unit: "test", Now: at, Ink: theme.Dark().Inks(), Focused: true}
	tab.Follow(f)
	tab.foldAll()
	if len(tab.rows) < 20_000 {
		b.Fatalf("%d rows", len(tab.rows))
	}
	return s, id, tab, f
}

func result(i int) tasks.TestResult {
	t := tasks.TestResult{
		Suite: fmt.Sprintf("internal/package%03d", i/100), Name: fmt.Sprintf("TestNumber%05d/case", i), Separator: "/",
		Status: tasks.TestPassed, Duration: time.Duration(i%97) * time.Millisecond, Line: -1,
	}
	if i%500 == 7 {
		t.Status, t.Message = tasks.TestFailed, "want 3, got 4"
	}
	return t
}

func BenchmarkViewOf20000Tests(b *testing.B) {
	_, _, tab, f := crowd(b)
	for b.Loop() {
		tab.View(f)
	}
}

// A batch of a run that goes on: ten tests have ended.
func BenchmarkTenOf20000TestsEnd(b *testing.B) {
	s, id, tab, f := crowd(b)
	n := 0
	for b.Loop() {
		r := s.Runs[id]
		for range 10 {
			i := n % 20_000
			r.Tests[i].Status = []tasks.TestStatus{tasks.TestPassed, tasks.TestRunning}[n/20_000%2]
			n++
		}
		tab.Follow(f)
		tab.View(f)
	}
}

func BenchmarkFilterOf20000Tests(b *testing.B) {
	_, _, tab, f := crowd(b)
	for i := 0; b.Loop(); i++ {
		tab.setFilter([]string{"number1", "number12", "package199"}[i%3])
		tab.View(f)
	}
}

func BenchmarkARunOf20000TestsBegins(b *testing.B) {
	_, _, tab, f := crowd(b)
	for b.Loop() {
		tab.model.folded = []tasks.RunID{"another"}
		tab.Follow(f)
	}
}
