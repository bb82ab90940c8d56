package tui

import (
	"context"
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
)

const (
	// askTimeout is how long a provider may take to answer.
	askTimeout = 30 * time.Second
	// askAfter is how long something has to be shown before it is asked for: who
	// goes through a list asks nothing on the way.
	askAfter = 80 * time.Millisecond
	// keptAnswers bounds what is remembered of what was shown.
	keptAnswers = 64
)

// asked is what providers were asked for tabs, and what they answered. An answer
// stays until another one comes, so that a tab that is asked for anew does not
// flicker.
type asked struct {
	answers map[asking]answered
	order   []asking
	// shown is what is on the screen now, and generation counts its changes.
	shown      asking
	of         tasks.Resource
	generation int
	busy       bool
}

type asking struct {
	id    tasks.ResourceID
	query string
}

type answered struct {
	answer resource.Answer
	of     tasks.Resource // as it was when it was asked
	at     time.Time
}

type (
	// askMsg says that it is time to ask for what is shown.
	askMsg    struct{ generation int }
	answerMsg struct {
		question asking
		of       tasks.Resource
		result   tasks.Result
		err      error
	}
)

func (a *asked) answer(r tasks.Resource, v tasks.View) resource.Answer {
	return a.answers[asking{r.ID, v.Query}].answer
}

// ask sees to it that the shown tab has a fresh answer.
func (s *Screen) askShown() tea.Cmd {
	a := &s.asked
	r, v, shown := s.view()
	now := asking{}
	if shown && !s.rects.Detail.Empty() {
		now = asking{r.ID, v.Query}
	}
	r.Doing = ""
	if now == a.shown && (now.id == "" || reflect.DeepEqual(r, a.of)) {
		return nil
	}
	a.shown, a.of = now, r
	a.generation++
	if now.id == "" {
		return nil
	}
	if old, known := a.answers[now]; known && reflect.DeepEqual(old.of, r) && v.Every == 0 {
		return nil
	}
	return s.later(askAfter, askMsg{a.generation})
}

// askNow asks the provider, unless something else is shown by now.
func (s *Screen) askNow(m askMsg) tea.Cmd {
	a := &s.asked
	r, v, shown := s.view()
	if m.generation != a.generation || !shown || a.busy {
		return nil
	}
	a.busy = true
	ask := s.query(tasks.Query{Provider: r.ID.Provider(), Name: v.Query, Args: viewArgs(r)})
	q, of := a.shown, a.of
	return func() tea.Msg {
		result, err := ask()
		return answerMsg{q, of, result, err}
	}
}

func viewArgs(r tasks.Resource) map[string]string {
	return map[string]string{"id": r.ID.Native(), "kind": r.Kind}
}

// query asks the engine; the function waits.
func (s *Screen) query(q tasks.Query) func() (tasks.Result, error) {
	querier, ok := tasks.As[tasks.Querier](s.engine)
	ctx := s.ctx
	return func() (tasks.Result, error) {
		if !ok {
			return tasks.Result{}, errNoAnswers
		}
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		return querier.Query(ctx, q)
	}
}

// answered takes an answer, and asks again when the tab wants that or the
// resource has changed meanwhile.
func (s *Screen) answered(m answerMsg) tea.Cmd {
	a := &s.asked
	a.busy = false
	if a.answers == nil {
		a.answers = map[asking]answered{}
	}
	if _, known := a.answers[m.question]; !known {
		a.order = append(a.order, m.question)
		if len(a.order) > keptAnswers {
			delete(a.answers, a.order[0])
			a.order = a.order[1:]
		}
	}
	a.answers[m.question] = answered{resource.Answer{Result: m.result, Err: m.err, Known: true}, m.of, s.now}
	s.detail.touched++
	_, v, shown := s.view()
	switch {
	case !shown:
		return nil
	case a.shown != m.question || !reflect.DeepEqual(a.of, m.of):
		return s.later(askAfter, askMsg{a.generation})
	case v.Every > 0:
		return s.later(time.Duration(v.Every)*time.Second, askMsg{a.generation})
	}
	return nil
}
