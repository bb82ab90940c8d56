package tui

import (
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// given is what a person wrote into a task's form when they last ran it with that:
// also the text that stands for the values of a sweep, which no run has.
type given struct {
	Values map[string]string `json:"values"` // by field, secrets left out
	At     time.Time         `json:"at"`
}

// mostGiven bounds of how many tasks that are gone the forms are remembered.
const mostGiven = 100

// keepGiven remembers what stands in a form.
func (s *Screen) keepGiven(b *paramsBox) {
	g := given{Values: b.form.Values(), At: s.now}
	for _, p := range b.params {
		if p.Secret {
			delete(g.Values, p.Name)
		}
	}
	all := map[string]given{b.task.Name: g}
	for name, old := range s.memory.Forms {
		if _, known := s.state.Units[name]; name != b.task.Name && (known || len(all) < mostGiven) {
			all[name] = old
		}
	}
	s.memory.Forms = all
}

// lastGiven are the values that a task's form begins with: as they were given last,
// in a form or to a run that was begun otherwise.
func (s *Screen) lastGiven(t tasks.Task) map[string]string {
	g, kept := s.memory.Forms[t.Name]
	r, ran := s.lastOwn(t.Name)
	if kept && (!ran || r.Cause.Detail == formDetail || r.QueuedAt.Before(g.At)) {
		return g.Values
	}
	return r.Params
}

// lastOwn is the newest run of a task that has ended and was begun here.
func (s *Screen) lastOwn(task string) (tasks.Run, bool) {
	for _, id := range slices.Backward(s.state.Units[task].Runs) {
		if r := s.state.Runs[id]; r.Status.Done() && !r.Observed {
			return r, true
		}
	}
	return tasks.Run{}, false
}
