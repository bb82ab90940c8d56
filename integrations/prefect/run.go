package prefect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Run triggers a deployment and follows its run to the end. The server answers
// with the run, so that it is known for certain.
func (p *Provider) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	d, err := p.of(q.Task)
	if err != nil {
		return err
	}
	if d.Paused {
		return &tasks.StartError{Reason: "the deployment is paused, its runs would wait for ever", Hint: "resume it: prefect deployment resume " + q.Task.Spec.With["deployment"]}
	}
	var r flowRun
	body := map[string]any{"parameters": d.Schema.values(q.Params), "tags": []string{"sawhorse"}, "idempotency_key": key(q)}
	if err := p.post(ctx, "start a run of "+q.Task.Name, "/deployments/"+d.ID+"/create_flow_run", body, &r, true); err != nil {
		return err
	}
	s.Emit(tasks.RunLinked{External: r.ID, URL: p.runURL(r.ID)})
	return p.followOwn(ctx, r.ID, s)
}

// Resume follows a run that an earlier host triggered.
func (p *Provider) Resume(ctx context.Context, r tasks.Run, _ tasks.Task, s tasks.Sink) error {
	return p.followOwn(ctx, r.External, s)
}

// followOwn follows a run that was triggered here. To cancel it is to ask for that.
func (p *Provider) followOwn(ctx context.Context, id string, s tasks.Sink) error {
	f := newFollower(p, id, s)
	err := f.follow(ctx)
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), tasks.ErrLeaving) {
		return err
	}
	return p.cancelled(context.WithoutCancel(ctx), f)
}

// key makes the same request the same run, however often it is sent.
func key(q tasks.Request) string {
	return fmt.Sprintf("sawhorse/%s/%s/%d", q.Task.Root, q.Run, time.Now().UnixNano())
}

// cancelWithin is how long a cancelled run is followed on: its runner looks for
// that every few seconds.
const cancelWithin = 2 * time.Minute

// cancelled asks for the end of a run, which may be refused, and follows it there.
func (p *Provider) cancelled(ctx context.Context, f *follower) error {
	ctx, stop := context.WithTimeout(ctx, cancelWithin)
	defer stop()
	if err := p.setState(ctx, f.id, state{Type: cancelling}); err != nil {
		f.note("not cancelled: " + err.Error())
	}
	err := f.follow(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("it was asked to end, and still runs after %v", cancelWithin)
	}
	return err
}

// Attach follows a run that was started elsewhere, or lost sight of.
func (p *Provider) Attach(ctx context.Context, r tasks.Run, s tasks.Sink) error {
	return newFollower(p, r.External, s).follow(ctx)
}

// setState asks for a state.
func (p *Provider) setState(ctx context.Context, id string, want state) error {
	asked := map[string]string{"type": want.Type}
	if want.Name != "" {
		asked["name"] = want.Name
	}
	return p.change(ctx, id, "set_state", map[string]any{"state": asked, "force": false})
}

// change asks for another state of a run. That the server answers does not mean
// that it agrees.
func (p *Provider) change(ctx context.Context, id, verb string, body any) error {
	var answer struct {
		Status  string `json:"status"`
		Details struct {
			Reason string `json:"reason"`
		} `json:"details"`
	}
	if err := p.post(ctx, "change the state of the run", "/flow_runs/"+id+"/"+verb, body, &answer, false); err != nil {
		return err
	}
	if answer.Status != "ACCEPT" {
		return fmt.Errorf("prefect refused: %s", answer.Details.Reason)
	}
	return nil
}

func (p *Provider) flowRun(ctx context.Context, id string) (r flowRun, err error) {
	_, err = p.rest.Get(ctx, "read the run", "/flow_runs/"+id, nil, &r)
	return r, err
}

// why is why a run waits: in its own words, or because nobody polls for it.
func (p *Provider) why(ctx context.Context, r flowRun) string {
	if r.State.Type != scheduled && r.State.Type != pending && r.State.Type != paused {
		return ""
	}
	if r.State.Type == scheduled {
		if who := p.nobody(ctx, r); who != "" {
			return who
		}
	}
	return because(r)
}

// nobody says that no worker polls for the run.
func (p *Provider) nobody(ctx context.Context, r flowRun) string {
	if r.Pool == "" {
		var d deployment
		_, err := p.rest.Get(ctx, "read the deployment", "/deployments/"+r.DeploymentID, nil, &d)
		if err == nil && d.Status == "NOT_READY" {
			return "nobody serves the deployment"
		}
		return ""
	}
	var workers []struct {
		Status string `json:"status"`
	}
	if p.post(ctx, "look for workers", "/work_pools/"+r.Pool+"/workers/filter", map[string]any{}, &workers, true) != nil {
		return ""
	}
	for _, w := range workers {
		if w.Status == "ONLINE" {
			return ""
		}
	}
	return "no worker polls pool " + r.Pool
}
