package github

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Query answers "form" (a workflow's form at a ref, and what of here is not part
// of a run of it), "branches", "runs", "artifacts" and "budget".
func (p *provider) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	switch q.Name {
	case "form":
		return p.form(ctx, q.Args["task"], q.Args["ref"])
	case "branches":
		return p.branchTable(ctx, q.Args["prefix"])
	case "runs":
		return p.runTable(ctx, q.Args)
	case "artifacts":
		return p.artifactTable(ctx, q.Args["run"])
	case "budget":
		b := p.c.Budget()
		return tasks.Result{Facts: []tasks.Fact{{Name: "requests", Value: b.String()}}}, nil
	}
	return tasks.Result{}, fmt.Errorf("%s has no answer to %q", p.sys.name, q.Name)
}

func (p *provider) form(ctx context.Context, task, ref string) (tasks.Result, error) {
	k, err := p.workflowOf(ctx, tasks.Task{Name: task})
	if err != nil {
		return tasks.Result{}, err
	}
	at, warnings := p.where(ctx, ref, "")
	p.compare()
	w := p.here(ctx, k.api)
	if ref != "" {
		if w, err = p.formAt(ctx, k, ref); err != nil {
			return tasks.Result{}, err
		}
	}
	if !w.Dispatch {
		return tasks.Result{}, &tasks.StartError{
			Reason: fmt.Sprintf("%s has no workflow_dispatch at %s", k.api.Path, at), Hint: "add workflow_dispatch: to its on:, and push it",
		}
	}
	var environments []string
	for _, in := range w.Inputs {
		if in.Type == "environment" {
			environments, _ = p.environments(ctx) // without, any name may be typed
			break
		}
	}
	params := w.params(environments)
	for i := range params {
		if params[i].Name == w.refName() {
			params[i].Default, params[i].HasDefault = at, true
		}
	}
	res := tasks.Result{Params: params, Facts: []tasks.Fact{
		{Name: "target", Value: p.name() + " on " + p.t.host}, {Name: "workflow", Value: w.Name}, {Name: "ref", Value: at}, {Name: "ref-param", Value: w.refName()},
	}}
	for _, text := range warnings {
		res.Facts = append(res.Facts, tasks.Fact{Name: "warning", Value: text})
	}
	return res, nil
}

func (p *provider) branchTable(ctx context.Context, prefix string) (tasks.Result, error) {
	names, more, err := p.branches(ctx)
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Columns: []tasks.Column{{Name: "branch"}}}
	for _, n := range names {
		if strings.HasPrefix(n, prefix) {
			res.Rows = append(res.Rows, []string{n})
		}
	}
	if more {
		res.More = fmt.Sprintf("the first %d branches; others can be typed", len(names))
	}
	return res, nil
}

func (p *provider) runTable(ctx context.Context, args map[string]string) (tasks.Result, error) {
	var of *apiWorkflow
	if args["task"] != "" {
		k, err := p.workflowOf(ctx, tasks.Task{Name: args["task"], Spec: config.Unit{}})
		if err != nil {
			return tasks.Result{}, err
		}
		of = &k.api
	}
	runs, err := p.runs(ctx, of, query("branch", args["branch"], "per_page", args["limit"]))
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Columns: []tasks.Column{
		{Name: "run"}, {Name: "number", Number: true}, {Name: "title"}, {Name: "status"}, {Name: "branch"}, {Name: "cause"}, {Name: "began"}, {Name: "url"},
	}}
	for _, r := range runs {
		res.Rows = append(res.Rows, []string{
			r.external().String(), fmt.Sprint(r.Number), r.Title, native(r.Status, r.Conclusion), r.Branch, cause(r), r.Created.Format(time.RFC3339), r.URL,
		})
	}
	return res, nil
}

func (p *provider) artifactTable(ctx context.Context, run string) (tasks.Result, error) {
	id, ok := readExternal(run)
	if !ok {
		return tasks.Result{}, fmt.Errorf("%q is no run of %s", run, p.sys.name)
	}
	all, err := p.artifacts(ctx, id.run)
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Columns: []tasks.Column{{Name: "artifact"}, {Name: "bytes", Number: true}, {Name: "state"}}}
	for _, a := range all {
		state := "there"
		if a.Expired {
			state = "expired"
		}
		res.Rows = append(res.Rows, []string{a.Name, fmt.Sprint(a.Size), state})
	}
	return res, nil
}
