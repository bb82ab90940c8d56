package prefect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"reflect"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// pageSize is the most that the server gives at once, unless told otherwise.
const pageSize = 200

// Tasks are the deployments, each named after its flow and itself.
func (p *Provider) Tasks(ctx context.Context) ([]tasks.Task, error) {
	flows := map[string]string{}
	if err := pages(func(offset int) (int, error) {
		var page []flow
		err := p.post(ctx, "list the flows", "/flows/filter", map[string]any{"limit": pageSize, "offset": offset}, &page, true)
		for _, f := range page {
			flows[f.ID] = f.Name
		}
		return len(page), err
	}); err != nil {
		return nil, err
	}
	listed, err := p.list(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]tasks.Task, 0, len(listed))
	byTask, byDeployment := map[string]deployment{}, map[string]string{}
	for _, d := range listed {
		name := flows[d.FlowID] + "/" + d.Name
		byTask[name], byDeployment[d.ID] = d, name
		all = append(all, task(name, d))
	}
	p.mu.Lock()
	p.deployments, p.tasks = byTask, byDeployment
	p.mu.Unlock()
	return all, nil
}

func (p *Provider) list(ctx context.Context) (all []deployment, err error) {
	err = pages(func(offset int) (int, error) {
		var page []deployment
		body := map[string]any{"limit": pageSize, "offset": offset, "sort": "NAME_ASC"}
		err := p.post(ctx, "list the deployments", "/deployments/filter", body, &page, true)
		all = append(all, page...)
		return len(page), err
	})
	return all, err
}

// Changes says when a deployment came, went or got another form: a flow that is
// served begins to exist with its process.
func (p *Provider) Changes() <-chan struct{} { return p.changes }

// compare looks whether the deployments are still those that Tasks told of.
func (p *Provider) compare(ctx context.Context) error {
	listed, err := p.list(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	same := len(listed) == len(p.tasks)
	for _, d := range listed {
		old := p.deployments[p.tasks[d.ID]]
		same = same && old.ID == d.ID && reflect.DeepEqual(old.Schema, d.Schema) && bytes.Equal(old.Parameters, d.Parameters) && old.Paused == d.Paused
	}
	p.mu.Unlock()
	if !same {
		select {
		case p.changes <- struct{}{}:
		default:
		}
	}
	return nil
}

// pages asks from offset to offset until a page is not full.
func pages(ask func(offset int) (int, error)) error {
	const most = 50
	for i := range most {
		n, err := ask(i * pageSize)
		if err != nil || n < pageSize {
			return err
		}
	}
	return nil
}

func task(name string, d deployment) tasks.Task {
	if d.Description == "None" { // of a flow without a word about it
		d.Description = ""
	}
	title := cmp.Or(d.Description, "a deployment of Prefect")
	return tasks.Task{
		Name: name, Kind: config.Task, Group: "PIPELINES", Title: title,
		Spec: config.Unit{
			Description: d.Description, Params: d.Schema.params(d.Parameters), OnBusy: config.BusyQueue,
			With: map[string]string{"deployment": name},
		},
	}
}

// of is the deployment that a task stands for: one of the catalog and one that the
// workspace file pins say so alike, whatever they are called.
func (p *Provider) of(t tasks.Task) (deployment, error) {
	name := cmp.Or(t.Spec.With["deployment"], t.Name)
	p.mu.Lock()
	d, ok := p.deployments[name]
	p.mu.Unlock()
	if !ok {
		return d, &tasks.StartError{Reason: fmt.Sprintf("Prefect has no deployment %q", name), Hint: "list them: prefect deployment ls"}
	}
	return d, nil
}
