package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// live is a run that a runner has. Owned by the loop.
type live struct {
	cancel context.CancelCauseFunc
	sink   *sink
	coded  bool  // its code was asked for
	why    error // why it was asked to end; nil: it was not
	// resumed is when this host went on with it; zero: it began it.
	resumed time.Time
	pulse   pulse // of its metrics
}

// settle carries out the plan until it asks for nothing new; it returns when
// time alone will change it.
func (e *Engine) settle(ctx context.Context) time.Time {
	e.sayUnfollowed()
	for {
		now := e.o.Now()
		wake := e.runSchedules(now)
		p := schedule(&e.state, now)
		for id, holds := range p.holds {
			if !slices.Equal(e.state.Runs[id].Holds, holds) {
				e.emit(tasks.RunHeld{ID: id, Holds: holds})
			}
		}
		for id, why := range p.skip {
			delete(e.params, id)
			delete(e.env, id)
			e.miss(id.Task(), e.state.Runs[id].Cause)
			e.emit(tasks.RunEnded{ID: id, At: now, Status: tasks.Skipped, Error: why})
			e.recordSwept(id)
		}
		for _, id := range p.stop {
			e.end(id, tasks.ErrCancelled)
		}
		for _, id := range p.start {
			e.startRun(ctx, id)
		}
		if len(p.skip)+len(p.stop)+len(p.start) > 0 {
			continue
		}
		if !p.wake.IsZero() && (wake.IsZero() || p.wake.Before(wake)) {
			wake = p.wake
		}
		return wake
	}
}

// startRun hands a queued run to its runner.
func (e *Engine) startRun(ctx context.Context, id tasks.RunID) {
	r := e.state.Runs[id]
	t := e.state.Units[r.Task].Task
	now := e.o.Now()
	runner, ok := e.runner(t.Provider)
	if !ok {
		e.emit(tasks.RunEnded{ID: id, At: now, Status: tasks.Failed, Error: fmt.Sprintf("nothing here runs tasks of %q", t.Provider)})
		return
	}
	if len(e.env[id]) > 0 {
		t.Spec.Env = maps.Clone(t.Spec.Env)
		if t.Spec.Env == nil {
			t.Spec.Env = map[string]string{}
		}
		maps.Copy(t.Spec.Env, e.env[id])
	}
	req := tasks.Request{
		Run: id, Task: t, Cause: r.Cause, Params: e.params[id], Ports: e.portsFor(t), Replica: t.Replica,
		Scope: r.Scope, Only: r.Only, Failed: e.failedTests(t.Name), Broken: e.brokenFiles(t.Name),
		Sweep: r.Sweep,
	}
	e.clear(refreshNotice(r.Task))
	r.StartedAt = now
	s, err := e.launch(ctx, r, t, func(ctx context.Context, s *sink) error { return runner.Run(ctx, req, s) })
	if err != nil {
		e.emit(tasks.RunEnded{ID: id, At: now, Status: tasks.Failed, Error: err.Error()})
		return
	}
	e.news.begins = now
	e.emit(tasks.RunStarted{ID: id, At: now, FirstLine: s.first, Ports: ownPorts(t, req.Ports), Breaks: tasks.Breaks(t.Spec)})
	e.recordSwept(id)
	e.stir()
}

// launch does the work of a run that began at its StartedAt, beside the loop.
func (e *Engine) launch(ctx context.Context, r tasks.Run, t tasks.Task, work func(ctx context.Context, s *sink) error) (*sink, error) {
	w, err := e.o.Logs.Writer(r.Log)
	if err != nil {
		return nil, fmt.Errorf("open its log: %w", err)
	}
	runCtx, cancel := context.WithCancelCause(ctx)
	release := func() { cancel(nil) }
	if t.Spec.Timeout > 0 {
		limited, stop := context.WithTimeoutCause(runCtx, t.Spec.Timeout-e.o.Now().Sub(r.StartedAt), tasks.ErrTimeout)
		runCtx, release = limited, func() { stop(); cancel(nil) }
	}
	s := newSink(e, r, t, w)
	e.live[r.ID] = &live{cancel: cancel, sink: s}
	e.work.Go(func() {
		err := work(runCtx, s)
		if err != nil && errors.Is(context.Cause(runCtx), tasks.ErrTimeout) {
			err = fmt.Errorf("%w after %v: %w", tasks.ErrTimeout, t.Spec.Timeout, err)
		}
		release()
		end := s.close()
		e.send(func(e *Engine) { e.ended(r.ID, err, end) })
	})
	return s, nil
}

// failedTests are the tests that failed in a task's last finished run that
// reported any; of one that broke off also those that it did not reach and that
// failed before. Where a later run of more than single tests succeeded, there
// are none, although many tools name no test that passed.
func (e *Engine) failedTests(task string) (failed []tasks.TestName) {
	var newer []tasks.Run
	for _, id := range slices.Backward(e.state.Units[task].Runs) {
		r := e.state.Runs[id]
		if r.Status == tasks.Succeeded && len(r.Only) == 0 && r.Cached == "" {
			return failed
		}
		if !r.Status.Done() || len(r.Tests) == 0 {
			continue
		}
		for _, t := range r.Tests {
			name := tasks.TestName{Suite: t.Suite, Name: t.Name}
			if t.Status == tasks.TestFailed && !slices.ContainsFunc(newer, func(n tasks.Run) bool { return n.Answers(name) }) {
				failed = append(failed, name)
			}
		}
		if !r.BrokeOff() {
			return failed
		}
		newer = append(newer, r)
	}
	return failed
}

// brokenFiles are the files that a task's last run, of those that ran and have
// ended, told errors of.
func (e *Engine) brokenFiles(task string) []string {
	for _, id := range slices.Backward(e.state.Units[task].Runs) {
		r := e.state.Runs[id]
		if !r.Status.Done() || r.StartedAt.IsZero() {
			continue
		}
		var files []string
		for _, d := range r.Diagnostics {
			if d.Severity == tasks.Error && d.Location.File != "" && !slices.Contains(files, d.Location.File) {
				files = append(files, d.Location.File)
			}
		}
		return files
	}
	return nil
}

// ended takes in that a runner has returned, and decides what follows.
func (e *Engine) ended(id tasks.RunID, err error, endLine int64) {
	l := e.live[id]
	e.news.begins = time.Time{}
	delete(e.live, id)
	delete(e.params, id)
	delete(e.env, id)
	ev := verdict(err, l.why)
	ev.ID, ev.At, ev.EndLine = id, e.o.Now(), endLine
	if at, ok := endedBefore(e.state.Runs[id], l.resumed); ok {
		ev.At = at
	}
	e.emit(ev)
	r := e.state.Runs[id]
	if errors.Is(l.why, tasks.ErrLeaving) { // it has not ended: only the looking has
		return
	}
	e.hand(r)
	if len(r.Metrics) > 0 {
		e.findConnections() // a training may have made the store that it logs into
	}

	e.calmed(r.Task, ev.At)
	u, known := e.state.Units[r.Task]
	if !known || e.leaving != "" || !u.Task.IsService() || !u.Up {
		return
	}
	if _, queued := e.state.Waiting(r.Task); queued {
		return
	}
	var start *tasks.StartError
	p := afterEnd(u.Task.Spec.Restart, r, errors.As(err, &start))
	switch {
	case p.again:
		e.numbers[r.Task]++
		next := tasks.Run{
			ID: tasks.NewRunID(r.Task, e.numbers[r.Task]), Task: r.Task, Number: e.numbers[r.Task], Log: r.Log,
			Cause:    tasks.Cause{Kind: tasks.ByRestart, Detail: outcomeOf(r)},
			QueuedAt: ev.At, NotBefore: ev.At.Add(p.delay), Attempt: p.attempt,
		}
		l.sink.note(fmt.Sprintf("%s; restarts in %v (restart %d)", outcomeOf(r), p.delay, p.attempt))
		e.emit(tasks.RunQueued{Run: next})
	case p.why != "":
		l.sink.note(p.why)
		e.emit(tasks.Wanted{Task: r.Task, Up: false})
		e.notice(tasks.Notice{
			ID: "limit/" + r.Task, Severity: tasks.Error, Source: "svc", Task: r.Task,
			Message: p.why + ": " + outcomeOf(r), Hint: "read its log, mend it, start it again",
		})
	case r.Status == tasks.Succeeded:
		e.emit(tasks.Wanted{Task: r.Task, Up: false})
	}
}

// endedBefore is when a run ended that had ended before this host went on with it, as
// far as its steps tell.
func endedBefore(r tasks.Run, resumed time.Time) (last time.Time, ok bool) {
	for _, st := range r.Steps {
		if !st.Status.Done() {
			return last, false
		}
		if st.EndedAt.After(last) {
			last = st.EndedAt
		}
	}
	return last, !last.IsZero() && last.After(r.StartedAt) && last.Before(resumed)
}

func outcomeOf(r tasks.Run) string {
	if r.Exit != nil {
		return r.Exit.String()
	}
	return firstLine(r.Error)
}

// verdict turns a runner's answer and the reason it was asked to end into how
// the run ended. Pure.
func verdict(err, why error) tasks.RunEnded {
	var ev tasks.RunEnded
	if exit, ok := errors.AsType[*tasks.ExitError](err); ok {
		e := exit.Exit
		ev.Exit, ev.Survivors = &e, exit.Survivors
	} else if err == nil {
		ev.Exit = &tasks.Exit{}
	}
	switch {
	case errors.Is(why, tasks.ErrStale):
		ev.Status, ev.Error = tasks.Stale, why.Error()
	case why != nil:
		ev.Status, ev.Error = tasks.Cancelled, why.Error()
	case err != nil:
		ev.Status, ev.Error = tasks.Failed, err.Error()
	default:
		ev.Status = tasks.Succeeded
	}
	return ev
}

// cloneRun copies what the state goes on changing.
func cloneRun(r tasks.Run) tasks.Run {
	r.Tests = slices.Clone(r.Tests)
	r.Diagnostics = slices.Clone(r.Diagnostics)
	r.Metrics = maps.Clone(r.Metrics)
	return r
}

// portsFor are the numbers a task sees: its own by name, all others as "service.name".
func (e *Engine) portsFor(t tasks.Task) map[string]int {
	all := maps.Clone(e.ports)
	for _, p := range t.Spec.Ports {
		all[p.Name] = e.ports[t.Name+"."+p.Name]
	}
	return all
}

func ownPorts(t tasks.Task, all map[string]int) map[string]int {
	own := map[string]int{}
	for _, p := range t.Spec.Ports {
		own[p.Name] = all[p.Name]
	}
	return own
}

// expand makes tasks of units: one, or one a replica.
func expand(f *config.File) []tasks.Task {
	var all []tasks.Task
	for _, u := range f.Units {
		t := tasks.Task{Name: u.Name, Of: u.Name, Kind: u.Kind, Title: title(u), Root: f.Dir, Spec: u, Provider: u.Use}
		if u.Kind != config.Service || u.Replicas <= 1 {
			all = append(all, t)
			continue
		}
		for i := range u.Replicas {
			t.Replica, t.Name = i+1, fmt.Sprintf("%s/%d", u.Name, i+1)
			all = append(all, t)
		}
	}
	return all
}
