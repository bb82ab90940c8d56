package tests

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// Past is what is remembered of a test beyond the runs that the state keeps.
type Past struct {
	// Results are its passes and failures in its newest runs, oldest first.
	Results []PastResult
	// Flaky, Slow and Broken say so in words; empty: it is not.
	Flaky, Slow, Broken string
}

// PastResult is how a test ended in a run.
type PastResult struct {
	Run    tasks.RunID
	Failed bool
}

// Remember reads what is remembered of a task's tests: of those that ever
// failed, or of all. It is called from a command, and may take its time.
type Remember func(ctx context.Context, task string, all bool) (map[tasks.TestName]Past, error)

// past is how the tests of a task ended before.
type past struct {
	remember Remember
	trend    trend
	unit     string
	known    map[tasks.TestName]Past
	asked    tasks.RunID // the newest finished run when it was read
	at       time.Time
	took     time.Duration
	reading  bool
	waiting  bool // it is read again in a while
}

const (
	// The past is read again after another run, but not at once: reading it takes
	// at most a part of the time, and a run is not remembered yet when it ends.
	leastPause, mostPause, pausePart = time.Second, 20 * time.Second, 20
	// manyTests is from how many tests on only those that failed are read.
	manyTests = 2000
)

// pastRead is what was remembered.
type pastRead struct {
	unit string
	past map[tasks.TestName]Past
	took time.Duration
}

// pastDue says that the past may be read again.
type pastDue struct{}

// UseMemory says where the past is read.
func (s *Screen) UseMemory(r Remember) { s.past.remember = r }

// load reads the past of the shown task at first, and a while after another run
// has ended.
func (p *past) load(f screen.Frame) tea.Cmd {
	if p.unit != f.Unit {
		p.unit, p.known, p.asked, p.at = f.Unit, nil, "", time.Time{}
	}
	last, ok := f.State.Finished(f.Unit)
	if p.remember == nil || p.reading || !ok || len(last.Tests) == 0 || last.ID == p.asked {
		return nil
	}
	due := last.EndedAt.Add(leastPause)
	if next := p.at.Add(min(max(pausePart*p.took, leastPause), mostPause)); next.After(due) {
		due = next
	}
	if wait := due.Sub(f.Now); p.known != nil && wait > 0 {
		if p.waiting {
			return nil
		}
		p.waiting = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return pastDue{} })
	}
	p.reading, p.asked, p.at = true, last.ID, f.Now
	remember, unit, all := p.remember, f.Unit, len(last.Tests) < manyTests
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		began := time.Now()
		past, err := remember(ctx, unit, all)
		if err != nil || past == nil {
			past = map[tasks.TestName]Past{} // one that can't be read is none: the verb history says why
		}
		return pastRead{unit, past, time.Since(began)}
	}
}

// of is what is remembered of a node's test.
func (p *past) of(n *node) (Past, bool) {
	if !n.has || p.known == nil {
		return Past{}, false
	}
	t, ok := p.known[tasks.TestName{Suite: n.result.Suite, Name: n.result.Name}]
	return t, ok
}

// marks is the course of a test over its last runs, oldest first: what is
// remembered, then what the state knows of newer ones.
func (p *past) marks(n *node) string {
	if !n.has {
		return ""
	}
	known, _ := p.of(n)
	return marks(known.Results, p.trend.of(n.id))
}

// changing says whether marks tell of more than one outcome.
func changing(marks string) bool {
	return strings.Contains(marks, "✓") && strings.Contains(marks, "✖")
}
