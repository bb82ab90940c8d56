package prefect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// observeEvery is how often the newest runs are looked at, while somebody looks.
const observeEvery = 5 * time.Second

// newest is how many runs are shown of all deployments.
const newest = 50

// compareEvery: every so many looks at the runs the deployments are looked at, too.
const compareEvery = 3

// Observe tells of the runs of the deployments, whoever started them.
func (p *Provider) Observe(ctx context.Context, tell func(tasks.Run)) error {
	told, looks := map[string]state{}, 0
	return p.watch(ctx, func(runs []flowRun) error {
		before := told
		told = map[string]state{}
		for _, r := range slices.Backward(sorted(runs)) {
			told[r.ID] = r.State
			if before[r.ID] == r.State {
				continue
			}
			p.mu.Lock()
			name, known := p.tasks[r.DeploymentID]
			p.mu.Unlock()
			if known {
				tell(p.run(ctx, name, r))
			}
		}
		if looks++; looks%compareEvery != 0 {
			return nil
		}
		return p.compare(ctx)
	})
}

func (p *Provider) run(ctx context.Context, name string, r flowRun) tasks.Run {
	cause := tasks.Cause{Kind: tasks.ByOthers, Detail: r.Name}
	if r.By.Display != "" {
		cause.Detail = fmt.Sprintf("%s, by %s", r.Name, r.By.Display)
	}
	p.mu.Lock()
	d := p.deployments[name]
	p.mu.Unlock()
	run := tasks.Run{
		Task: name, Params: d.Schema.shown(r.Parameters), External: r.ID, Status: r.State.status(), Native: r.State.Name, URL: p.runURL(r.ID), Cause: cause,
		QueuedAt: r.Created, StartedAt: r.Start, EndedAt: r.End, Reason: p.why(ctx, r),
	}
	if run.Status == tasks.Failed {
		run.Error = r.State.Message
	}
	return run
}

// Kinds are runs, which have operations and no group of their own.
func (p *Provider) Kinds() []tasks.Kind {
	return []tasks.Kind{{Name: tasks.RunKind, Operations: []tasks.Operation{
		{Name: "cancel", Title: "Cancel", Dangerous: true, Confirm: "Cancel {name}? Prefect may refuse."},
		{Name: "retry", Title: "Retry", Key: "f", Confirm: "Run {name} again, from what it has not done?"},
		{Name: "resume", Title: "Resume", Key: "A"},
	}}}
}

// Watch tells of the runs as things that something can be done with.
func (p *Provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	told := map[tasks.ResourceID]state{}
	return p.watch(ctx, func(runs []flowRun) error {
		now := map[tasks.ResourceID]state{}
		var all []tasks.Resource
		for _, r := range runs {
			res := p.resource(r)
			now[res.ID] = r.State
			all = append(all, res)
		}
		if !maps.Equal(told, now) {
			told = now
			tell(tasks.Changes{All: true, Changed: all})
		}
		return nil
	})
}

func (p *Provider) resource(r flowRun) tasks.Resource {
	res := tasks.Resource{
		ID: tasks.NewResourceID(p.name, tasks.RunKind, r.ID), Kind: tasks.RunKind, Name: r.Name, Native: r.State.Name,
		Since: r.State.Timestamp, URL: p.runURL(r.ID), Off: map[string]string{},
	}
	phases := map[string]tasks.Phase{completed: tasks.PhaseUp, failed: tasks.PhaseFailed, crashed: tasks.PhaseFailed, cancelled: tasks.PhaseOff}
	if res.Phase = phases[r.State.Type]; res.Phase == tasks.PhaseUnknown {
		res.Phase = tasks.PhaseBusy
	}
	if r.State.done() {
		res.Off["cancel"] = "it has ended already"
	} else {
		res.Off["retry"] = "it has not ended yet"
	}
	if r.State.Type == paused {
		res.Phase, res.Reason = tasks.PhaseWarning, because(r) // somebody here can let it go on
	} else {
		res.Off["resume"] = "" // there is nothing to say of it
	}
	return res
}

// watch asks for the newest runs while somebody looks. The two who ask are
// answered by the server's own cache, if at all.
func (p *Provider) watch(ctx context.Context, tell func([]flowRun) error) error {
	for {
		if err := p.look.Wait(ctx); err != nil {
			return err
		}
		p.mu.Lock()
		of := slices.Sorted(maps.Keys(p.tasks))
		p.mu.Unlock()
		var runs []flowRun
		if len(of) > 0 {
			var err error
			if runs, err = p.runs(ctx, of, newest); err != nil {
				return err
			}
		}
		if err := tell(runs); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(observeEvery):
		}
	}
}

// soon is how far ahead of now a run may be due that is shown: one that was just
// triggered, by a clock that differs a little.
const soon = time.Minute

// runs are the newest of some deployments, or of all, that are due: of what a
// schedule plans for later there may be hundreds.
func (p *Provider) runs(ctx context.Context, of []string, most int) (all []flowRun, err error) {
	which := map[string]any{"expected_start_time": map[string]any{"before_": p.rest.Now().UTC().Add(soon)}}
	if of != nil {
		which["deployment_id"] = map[string]any{"any_": of}
	}
	body := map[string]any{"sort": "EXPECTED_START_TIME_DESC", "limit": most, "flow_runs": which}
	err = p.post(ctx, "list the runs", "/flow_runs/filter", body, &all, true)
	return all, err
}

// Operate asks for another state of a run; the server may refuse.
func (p *Provider) Operate(ctx context.Context, r tasks.Resource, operation string, _ map[string]string) error {
	id := r.ID.Native()
	switch operation {
	case "cancel":
		return p.setState(ctx, id, state{Type: cancelling})
	case "retry":
		return p.setState(ctx, id, state{Type: scheduled, Name: "AwaitingRetry"})
	case "resume":
		return p.change(ctx, id, "resume", map[string]any{})
	}
	return fmt.Errorf("prefect does not know how to %s", operation)
}
