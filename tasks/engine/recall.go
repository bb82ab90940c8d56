package engine

import (
	"context"
	"fmt"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// What an earlier host began in another system goes on there, and is again a run of
// its task, whoever tells of it first:
//
//	RunLinked ──> Options.Record          a host that is gone
//	Options.Earlier ──> RunsRecalled      the next one, as soon as its tasks are known
//	connected ──> Resumer.Resume ──> RunEnded, Options.Record

// recallEarlier asks for the runs of earlier hosts, off the loop. Who tells of runs
// waits for the answer: they may be the same.
func (e *Engine) recallEarlier() {
	if e.o.Earlier == nil {
		close(e.recalled)
		return
	}
	e.work.Go(func() {
		defer close(e.recalled)
		runs, err := e.o.Earlier(e.inner)
		e.send(func(e *Engine) {
			if err != nil {
				e.notice(tasks.Notice{
					ID: "history", Severity: tasks.Warning, Source: "host",
					Message: fmt.Sprintf("the runs of earlier hosts: %v", err), Hint: "what goes on in other systems is not affected",
				})
			}
			e.earlier = runs
			e.recall()
		})
	})
}

// recall tells of those runs of earlier hosts whose tasks are known by now.
func (e *Engine) recall() {
	var known, rest []tasks.Run
	for _, r := range e.earlier {
		if _, ok := e.state.Units[r.Task]; ok {
			known = append(known, r)
		} else {
			rest = append(rest, r)
		}
	}
	if e.earlier = rest; len(known) > 0 {
		e.emit(tasks.RunsRecalled{Runs: known})
	}
}

// resume goes on with the runs of earlier hosts that a provider still has.
func (e *Engine) resume(provider string) {
	c := e.connections[provider]
	if c == nil || c.p == nil || e.leaving != "" {
		return
	}
	p, ok := tasks.As[tasks.Resumer](c.p)
	if !ok {
		return
	}
	for _, name := range e.state.Order {
		u := e.state.Units[name]
		if u.Task.Provider != provider {
			continue
		}
		for _, id := range u.Runs {
			r := e.state.Runs[id]
			if r.Status.Done() || r.Observed || r.External == "" || e.live[id] != nil {
				continue
			}
			_, err := e.launch(e.inner, r, u.Task, func(ctx context.Context, s *sink) error { return p.Resume(ctx, r, u.Task, s) })
			if err != nil {
				e.notice(logBroken(r.Log, err))
			}
		}
	}
}
