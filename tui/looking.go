package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

const (
	// lookFor is how long the host is told that something is looked at, lookAgain
	// when it is told anew.
	lookFor   = 30 * time.Second
	lookAgain = 20 * time.Second
	// lookAfter is how long something has to be shown before the host is told: who
	// goes through a list starts nothing on the way.
	lookAfter = 120 * time.Millisecond
)

// looking is what the host was told that the person looks at.
type looking struct {
	resources  []tasks.ResourceID
	runs       []tasks.RunID
	generation int
}

// lookMsg says that it is time to tell the host.
type lookMsg struct{ generation int }

// look sees to it that the host follows what is shown: it does so only while it
// is told.
func (s *Screen) look() tea.Cmd {
	var resources []tasks.ResourceID
	var runs []tasks.RunID
	if !s.rects.Detail.Empty() {
		if id := s.detail.outside.id; id != "" {
			resources = append(resources, id)
		}
		if r, ok := s.state.Current(s.detail.unit); ok && s.state.Units[s.detail.unit].Task.Provider != "" {
			runs = append(runs, r.ID)
		}
	}
	l := &s.looking
	if slices.Equal(resources, l.resources) && slices.Equal(runs, l.runs) {
		return nil
	}
	l.resources, l.runs = resources, runs
	l.generation++
	if len(resources)+len(runs) == 0 {
		return nil // the lease of what was looked at ends by itself
	}
	return s.later(lookAfter, lookMsg{l.generation})
}

// lookNow tells the host, and again before it forgets.
func (s *Screen) lookNow(m lookMsg) tea.Cmd {
	l := s.looking
	if m.generation != l.generation || s.gone != "" {
		return nil
	}
	tell := s.do(tasks.Look{Resources: l.resources, Runs: l.runs, Seconds: int(lookFor.Seconds())}, "")
	return tea.Batch(tell, s.later(lookAgain, m))
}
