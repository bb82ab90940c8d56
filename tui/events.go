package tui

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// gather is the least time between two wakes by events: more would be drawn
// over before anybody saw it.
const gather = 16 * time.Millisecond

// keptUsage bounds the course of what a task takes.
const keptUsage = 240

// eventsMsg is everything that happened since the last one.
type eventsMsg struct {
	generation int
	events     []tasks.Event
	closed     bool
}

// next waits for events and gathers those that follow at once: one message,
// however many there are. The first after a pause is not held back.
func (s *Screen) next() tea.Cmd {
	events, generation, last := s.events, s.generation, s.lastBatch
	return func() tea.Msg {
		m := eventsMsg{generation: generation}
		batch, ok := <-events
		if !ok {
			m.closed = true
			return m
		}
		m.events = batch
		timer := time.NewTimer(gather - time.Since(last))
		defer timer.Stop()
		for {
			select {
			case batch, ok = <-events:
				if !ok {
					m.closed = true
					return m
				}
				m.events = append(slices.Clip(m.events), batch...)
			case <-timer.C:
				return m
			}
		}
	}
}

// take applies events and waits for the next ones.
func (s *Screen) take(m eventsMsg) tea.Cmd {
	if m.generation != s.generation {
		return nil
	}
	s.lastBatch = s.now
	told := tea.Batch(s.Apply(m.events...), s.tellLater())
	if m.closed {
		s.gone = cmp.Or(s.state.Leaving, "the connection to it is lost")
		s.version++
		return told
	}
	return tea.Batch(s.next(), s.tick(), told)
}

// Apply folds events into what is shown.
func (s *Screen) Apply(events ...tasks.Event) tea.Cmd {
	var told []tea.Cmd
	news := false
	for _, e := range events {
		s.state.Apply(e)
		switch e := e.(type) {
		case tasks.LogGrew:
			continue
		case tasks.OperationEnded:
			told = append(told, s.outcome(e))
		case tasks.RunEnded:
			s.hear(e)
			if s.state.Runs[e.ID].Cause.Kind == tasks.ByWatch {
				told = append(told, s.askBranch()) // a checkout changes files, too
			}
		case tasks.RunStarted:
			if c := s.state.Runs[e.ID].Cause; c.Kind == tasks.ByWatch && len(c.Files) > 1 {
				told = append(told, s.askBranch()) // what a checkout of many files begins may take long
			}
		case tasks.UsageSampled:
			s.sample(e)
		case tasks.ResourceUsed:
			course := append(s.taken[e.ID], e.Usage)
			s.taken[e.ID] = course[max(0, len(course)-keptUsage):]
		case tasks.ResourcesChanged:
			maps.DeleteFunc(s.taken, func(id tasks.ResourceID, _ []tasks.Usage) bool {
				_, still := s.state.Resources[id]
				return !still
			})
		}
		news = true
	}
	if news {
		s.changed()
	}
	s.stale()
	return tea.Batch(told...)
}

// outcome says what came of an operation, whoever asked for it, and the key that
// takes it back.
func (s *Screen) outcome(e tasks.OperationEnded) tea.Cmd {
	if e.Text == "" {
		return nil
	}
	return s.toast(tasks.Info, e.Text+s.wayBack(s.state.Resources[e.ID], e.Operation))
}

// wayBack says which key takes an operation back; empty: none does.
func (s *Screen) wayBack(r tasks.Resource, operation string) string {
	all := s.kindOf(r).Operations
	i := slices.IndexFunc(all, func(op tasks.Operation) bool { return op.Name == operation && op.Undo != "" })
	if i < 0 {
		return ""
	}
	k := slices.IndexFunc(all, func(op tasks.Operation) bool { return op.Name == all[i].Undo && op.Key != "" })
	if k < 0 {
		return ""
	}
	return "; " + all[k].Key + " on it takes that back"
}

// sample keeps the course of what each task takes.
func (s *Screen) sample(e tasks.UsageSampled) {
	for id, u := range e.Usage {
		name := id.Task()
		course := append(s.usage[name], u)
		s.usage[name] = course[max(0, len(course)-keptUsage):]
	}
	for name := range s.usage {
		if _, ok := s.state.Units[name]; !ok {
			delete(s.usage, name)
		}
	}
}

// doTimeout is how long the host may take to accept a command.
const doTimeout = 10 * time.Second

// doneMsg is the host's answer to a command.
type doneMsg struct {
	what string
	err  error
	from *filled // the form that it was asked for in, if it was
}

// do sends a command; what is said when it was accepted, empty: nothing.
func (s *Screen) do(c tasks.Command, what string) tea.Cmd {
	if s.gone != "" {
		return s.toast(tasks.Error, "the host is gone: nothing can be started or stopped")
	}
	if s.state.Locked && startsSomething(c) {
		s.askTrust(c, what)
		return nil
	}
	return s.send(what, c)
}

// send hands commands to the host, in order, up to the first that is refused.
func (s *Screen) send(what string, commands ...tasks.Command) tea.Cmd {
	engine, ctx := s.engine, s.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, doTimeout)
		defer cancel()
		for _, c := range commands {
			if err := engine.Do(ctx, c); err != nil {
				return doneMsg{what: what, err: err}
			}
		}
		return doneMsg{what: what}
	}
}

func (s *Screen) done(m doneMsg) tea.Cmd {
	if m.err != nil {
		return s.refused(m.from, m.err.Error())
	}
	s.accepted(m.from)
	if m.what == "" {
		return nil
	}
	return s.toast(tasks.Info, m.what)
}

// connectedMsg is the end of an attempt to find the host again.
type connectedMsg struct {
	engine     tasks.Engine
	interactor tasks.Interactor
	brings     subscription
	err        error
}

// connect finds a host and subscribes to it.
func connect(ctx context.Context, find func(context.Context) (tasks.Engine, tasks.Interactor, error)) connectedMsg {
	e, i, err := find(ctx)
	if err != nil {
		return connectedMsg{err: err}
	}
	return connectedMsg{engine: e, interactor: i, brings: subscribeTo(ctx, e)}
}

func (s *Screen) reconnect() tea.Cmd {
	find, ctx := s.opt.Reconnect, s.ctx
	return tea.Batch(s.toast(tasks.Info, "looking for the host…"), func() tea.Msg { return connect(ctx, find) })
}

func (s *Screen) connected(m connectedMsg) tea.Cmd {
	if m.err != nil {
		s.gone = m.err.Error() // also after the toast
		s.version++
		return s.toast(tasks.Error, "no host: "+s.gone)
	}
	return tea.Batch(s.goOnWith(m), s.toast(tasks.Info, "attached again"))
}

// goOnWith shows another host from now on.
func (s *Screen) goOnWith(m connectedMsg) tea.Cmd {
	s.stop()
	s.engine, s.opt.Interactor = m.engine, m.interactor
	s.subscribed(m.brings)
	return tea.Batch(s.next(), s.tick())
}

type (
	// hostMsg is the host that the screen did not wait for.
	hostMsg connectedMsg
	// hostLateMsg: it takes so long that somebody may wonder.
	hostLateMsg struct{}
)

const hostPatience = 500 * time.Millisecond

func (s *Screen) awaitHost() tea.Cmd {
	if s.opt.Host == nil {
		return nil
	}
	s.awaiting = true
	return tea.Batch(s.hostComes(), s.later(hostPatience, hostLateMsg{}))
}

func (s *Screen) hostComes() tea.Cmd {
	find, ctx := s.opt.Host, s.ctx
	return func() tea.Msg { return hostMsg(connect(ctx, find)) }
}

func (s *Screen) hostIsLate() tea.Cmd {
	if !s.awaiting {
		return nil
	}
	return s.toast(tasks.Info, "the host is starting…")
}

func (s *Screen) hostCame(m hostMsg) tea.Cmd {
	s.awaiting = false
	if m.err != nil {
		s.failed = m.err
		return tea.Quit
	}
	return s.goOnWith(connectedMsg(m))
}
