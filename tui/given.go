package tui

import (
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// given is what a person wrote into a form when they last sent it: also the text that
// stands for the values of a sweep, which no run has.
type given struct {
	Values map[string]string `json:"values"` // by field, secrets left out
	At     time.Time         `json:"at"`
}

// mostGiven bounds how many forms are remembered of what is gone.
const mostGiven = 100

// filled is a form that was sent. Until what it asked for has begun, it is there
// again, as it was left, for who does not agree after all or is refused:
//
//	sent ──> question, Cancel ──────────────────────> again
//	     └─> command, refused ──> nothing done since? again, with why
//	                          └─> something was:      why, and the next form has its values
type filled struct {
	box  overlay
	form *form.Form
	name string // what it is remembered by
	// once: it is forgotten when what it asked for has begun.
	once bool
	// acts is what the person had done when the command was sent.
	acts int
}

// sentForm remembers what stands in a form.
func (s *Screen) sentForm(f *filled, params []config.Param) *filled {
	f.form.Refused = ""
	g := given{Values: f.form.Values(), At: s.now}
	for _, p := range params {
		if p.Secret {
			delete(g.Values, p.Name)
		}
	}
	all := map[string]given{f.name: g}
	for name, old := range s.memory.Forms {
		if _, known := s.state.Units[name]; name != f.name && (known || len(all) < mostGiven) {
			all[name] = old
		}
	}
	s.memory.Forms = all
	return f
}

// again opens the form as it was left; of none nothing is opened.
func (s *Screen) again(f *filled) {
	if f != nil {
		s.overlay = f.box
	}
}

// answering has the answer to a command come back to the form that asked for it.
func (s *Screen) answering(f *filled, cmd tea.Cmd) tea.Cmd {
	if f == nil || cmd == nil {
		return cmd
	}
	f.acts = s.acts
	return func() tea.Msg {
		msg := cmd()
		if m, ok := msg.(doneMsg); ok {
			m.from = f
			return m
		}
		return msg
	}
}

// refused says why something is not done: in its form, unless the person has gone on.
func (s *Screen) refused(f *filled, why string) tea.Cmd {
	if f == nil || s.overlay != nil || f.acts != s.acts {
		return s.toast(tasks.Error, why)
	}
	f.form.Refused = why
	s.again(f)
	return nil
}

// accepted forgets what has begun by its form, where that is not for the next time.
func (s *Screen) accepted(f *filled) {
	if f != nil && f.once {
		s.memory.Forms = maps.Clone(s.memory.Forms)
		delete(s.memory.Forms, f.name)
	}
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
