package engine

import (
	"context"
	"fmt"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// sweep is one with its task, which the file may declare no more when it ends.
type sweep struct {
	*tasks.Sweep
	task tasks.Task
}

// runSweep queues a run for each set of parameters. It ends nothing that goes on:
// the sweep begins after it.
func (e *Engine) runSweep(c tasks.RunSweep) error {
	names, err := e.names([]string{c.Name})
	if err != nil {
		return err
	}
	t := e.state.Units[names[0]].Task
	_, active := e.state.Active(t.Name)
	switch {
	case t.IsService():
		return fmt.Errorf("%s is a service: only tasks are swept", t.Name)
	case active && t.Spec.OnBusy == config.BusyIgnore:
		return fmt.Errorf("%s is running already (on_busy: ignore); stop it first", t.Name)
	case len(c.Sets) == 0:
		return fmt.Errorf("a sweep of %s needs at least one set of parameters", t.Name)
	case len(c.Sets) > tasks.MostSwept:
		return fmt.Errorf("a sweep is at most %d runs, and this one is %d", tasks.MostSwept, len(c.Sets))
	case c.Parallel < 0:
		return fmt.Errorf("%d runs at once are not possible", c.Parallel)
	}
	// All are checked before one is queued.
	filled := make([]map[string]string, len(c.Sets))
	for i, set := range c.Sets {
		if filled[i], err = fill(t, set); err != nil {
			return err
		}
	}
	w := &tasks.Sweep{
		ID: tasks.NewRunID(t.Name, e.numbers[t.Name]+1), Swept: c.Swept, Runs: len(filled),
		Parallel: min(len(filled), c.Parallel),
	}
	if c.Parallel == 0 {
		w.Parallel = len(filled)
		if e.state.Jobs > 0 {
			w.Parallel = min(w.Parallel, e.state.Jobs)
		}
	}
	e.sweeps[w.ID] = sweep{w, t}
	cause := tasks.Cause{Kind: tasks.ByPerson, Detail: c.Detail, Request: c.Request, Fresh: true}
	for _, params := range filled {
		e.queue(t, ask{cause: cause, params: params, sweep: w})
	}
	e.needDependencies(t, true)
	return nil
}

// recordSwept keeps a run of a sweep that has not ended, or never begins: the next host
// shows the sweep whole.
func (e *Engine) recordSwept(id tasks.RunID) {
	if r := e.state.Runs[id]; r.Sweep != nil {
		e.records <- cloneRun(r)
	}
}

// cancelSweep ends the runs of a sweep, those first that did not begin.
func (e *Engine) cancelSweep(w tasks.Sweep) error {
	runs := e.state.SweepRuns(w.ID)
	ended := 0
	for _, r := range runs {
		switch {
		case r.Status == tasks.Queued:
			e.dropRun(r, cancelledEarly)
		case r.Status.Done():
			ended++
		}
	}
	if ended == len(runs) {
		return fmt.Errorf("the sweep %s has ended already", w.ID)
	}
	for _, r := range runs {
		if r.Status.Active() {
			e.end(r.ID, tasks.ErrCancelled)
		}
	}
	return nil
}

// sweepsEnded tells the runners of those sweeps that are at their end by now.
func (e *Engine) sweepsEnded() {
	for id, w := range e.sweeps {
		if e.state.Sweeping(*w.Sweep) {
			continue
		}
		delete(e.sweeps, id)
		t := w.task
		r, _ := e.runner(t.Provider)
		s, keeps := tasks.As[tasks.Sweeper](r)
		if !keeps {
			continue
		}
		runs := e.state.SweepRuns(id)
		e.work.Go(func() {
			// A host that leaves waits for it: nobody else knows that it has ended.
			if err := s.SweepEnded(context.WithoutCancel(e.inner), t, *w.Sweep, runs); err != nil {
				e.send(func(e *Engine) {
					e.notice(tasks.Notice{ID: "sweep/" + t.Name, Severity: tasks.Warning, Source: "task", Task: t.Name, Message: err.Error(), Hint: "its runs are not affected"})
				})
			}
		})
	}
}
