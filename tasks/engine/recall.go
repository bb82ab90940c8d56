package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
		for i, r := range runs {
			if r.Status.Active() {
				runs[i].EndedAt = e.lastSaid(r)
			}
		}
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
	for _, r := range known { // the last numbers may not have been read
		e.numbers[r.Task] = max(e.numbers[r.Task], r.Number)
	}
	if e.earlier = rest; len(known) == 0 {
		return
	}
	cut := map[string][]tasks.Run{} // by task, and sweep
	for i := range known {
		r := &known[i]
		cutBy := r.Task
		if r.Sweep != nil {
			cutBy = string(r.Sweep.ID)
		}
		switch remote := e.state.Units[r.Task].Task.Remote(); {
		case r.Status.Done():
		case r.Status == tasks.Queued:
			r.Status, r.EndedAt, r.Error = tasks.Skipped, r.QueuedAt, "the host was killed before it began"
			cut[cutBy] = append(cut[cutBy], *r)
		case remote && r.External != "":
			r.EndedAt = time.Time{}
			e.unfollowed[r.ID] = true
		default:
			r.Status, r.Error = tasks.Cancelled, "the host was killed while it ran"
			cut[cutBy] = append(cut[cutBy], *r)
		}
	}
	e.emit(tasks.RunsRecalled{Runs: known})
	for of, runs := range cut {
		e.bury(runs, slices.DeleteFunc(slices.Clone(known), func(r tasks.Run) bool { return r.Sweep == nil || string(r.Sweep.ID) != of }))
	}
}

// lastSaid is when a run that nobody saw end was heard of last.
func (e *Engine) lastSaid(r tasks.Run) time.Time {
	reader, err := e.o.Logs.Reader(r.Log)
	if err != nil {
		return r.StartedAt
	}
	defer reader.Close()
	_, end, err := reader.Bounds()
	if err != nil || end <= r.FirstLine {
		return r.StartedAt
	}
	lines, err := reader.Lines(end-1, 1, 1, nil)
	if err != nil || len(lines) == 0 || lines[0].Time.Before(r.StartedAt) {
		return r.StartedAt
	}
	return lines[0].Time
}

// bury records runs that a killed host took along: those of one task or sweep. Who
// keeps something for them elsewhere is told first, of all of the sweep; as long as that
// is not reached, each next host tries again.
func (e *Engine) bury(cut, all []tasks.Run) {
	t := e.state.Units[cut[0].Task].Task
	r, _ := e.runner(t.Provider)
	heir, keeps := tasks.As[tasks.Heir](r)
	if len(all) == 0 {
		all = cut
	}
	e.work.Go(func() {
		if keeps {
			if err := heir.HostKilled(e.inner, t, all); err != nil {
				e.offer(tasks.Notice{
					ID: "killed/" + t.Name, Severity: tasks.Warning, Source: "task", Task: t.Name, Message: err.Error(),
					Hint: "the next start of the host says it again",
				})
				return
			}
		}
		e.send(func(e *Engine) {
			for _, r := range cut {
				e.records <- r
			}
		})
	})
}

// sayUnfollowed says of each run of an earlier host that nobody follows yet what it waits for.
func (e *Engine) sayUnfollowed() {
	for id := range e.unfollowed {
		r := e.state.Runs[id]
		var holds []tasks.Hold
		if e.outOfSight(r) {
			if h := unconnected(&e.state, e.state.Units[r.Task].Task); h != nil {
				holds = append(holds, *h)
			}
		} else {
			delete(e.unfollowed, id)
		}
		if !slices.Equal(r.Holds, holds) {
			e.emit(tasks.RunHeld{ID: id, Holds: holds})
		}
	}
}

// outOfSight says whether a run goes on in another system, as far as is known, and
// nobody here follows it.
func (e *Engine) outOfSight(r tasks.Run) bool {
	return e.unfollowed[r.ID] && r.Status.Active() && !r.Observed && e.live[r.ID] == nil
}

// outOfReach says which runs a command to stop tasks by name did not end, since their
// systems do not answer.
func (e *Engine) outOfReach(words []string) error {
	var runs []string
	hints := []string{"stop it again when it is connected"}
	names, _ := e.stoppable(words)
	for _, name := range names {
		for _, id := range e.state.Units[name].Runs {
			r := e.state.Runs[id]
			if !e.outOfSight(r) {
				continue
			}
			why := "its system is being connected"
			if h := unconnected(&e.state, e.state.Units[name].Task); h != nil {
				why = h.Why
			}
			runs = append(runs, fmt.Sprintf("%s can't be cancelled now: %s", id, why))
			if r.URL != "" {
				hints = append(hints, r.URL)
			}
		}
	}
	if len(runs) == 0 {
		return nil
	}
	return &tasks.StartError{Reason: strings.Join(runs, ", "), Hint: strings.Join(hints, "   ·   ")}
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
			} else {
				e.live[id].resumed = e.o.Now()
			}
			e.sayUnfollowed()
		}
	}
}
