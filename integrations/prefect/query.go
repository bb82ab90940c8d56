package prefect

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Query answers "form" (a deployment's form as it is now, and what would keep a
// run of it waiting) and "runs".
func (p *Provider) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	switch q.Name {
	case "form":
		return p.form(ctx, q.Args["task"])
	case "runs":
		return p.runTable(ctx, q.Args)
	}
	return tasks.Result{}, fmt.Errorf("prefect has no answer to %q", q.Name)
}

// named is the deployment behind a task of the catalog.
func (p *Provider) named(task string) (deployment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d, ok := p.deployments[task]; ok {
		return d, nil
	}
	// The workspace may have had another task of that name.
	if d, ok := p.deployments[strings.TrimPrefix(task, p.name+"/")]; ok {
		return d, nil
	}
	return deployment{}, &tasks.StartError{Reason: fmt.Sprintf("Prefect has no deployment %q", task), Hint: "list them: prefect deployment ls"}
}

func (p *Provider) form(ctx context.Context, task string) (tasks.Result, error) {
	d, err := p.named(task)
	if err != nil {
		return tasks.Result{}, err
	}
	now := deployment{}
	_, err = p.rest.Get(ctx, "read the deployment "+task, "/deployments/"+d.ID, nil, &now)
	if rest.Is(err, rest.NotFound) {
		return tasks.Result{}, &tasks.StartError{Reason: fmt.Sprintf("Prefect has no deployment %q any more", task), Hint: "list them: prefect deployment ls"}
	}
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Params: now.Schema.params(now.Parameters), Facts: []tasks.Fact{
		{Name: "target", Value: "Prefect on " + p.host}, {Name: "workflow", Value: task},
	}}
	warn := func(text string) { res.Facts = append(res.Facts, tasks.Fact{Name: "warning", Value: text}) }
	switch {
	case now.Paused:
		warn("the deployment is paused, its runs would wait for ever: prefect deployment resume " + task)
	default:
		if who := p.nobody(ctx, flowRun{DeploymentID: now.ID, Pool: now.Pool}); who != "" {
			warn(who + ": its run will wait until somebody does")
		}
	}
	return res, nil
}

// mostRuns is the most that a table of runs has.
const mostRuns = 200

func (p *Provider) runTable(ctx context.Context, args map[string]string) (tasks.Result, error) {
	limit, err := strconv.Atoi(cmp.Or(args["limit"], "20"))
	if err != nil || limit < 1 {
		return tasks.Result{}, fmt.Errorf("%q is no number of runs", args["limit"])
	}
	var of []string
	if args["task"] != "" {
		d, err := p.named(args["task"])
		if err != nil {
			return tasks.Result{}, err
		}
		of = []string{d.ID}
	}
	all, err := p.runs(ctx, of, min(limit, mostRuns))
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Columns: []tasks.Column{{Name: "run"}, {Name: "name"}, {Name: "status"}, {Name: "task"}, {Name: "cause"}, {Name: "began"}, {Name: "url"}}}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range all {
		res.Rows = append(res.Rows, []string{
			r.ID, r.Name, r.State.Name, p.tasks[r.DeploymentID], r.By.Display, r.Created.Format(time.RFC3339), p.runURL(r.ID),
		})
	}
	return res, nil
}
