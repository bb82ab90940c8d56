package prefect

import (
	"cmp"
	"context"
	"fmt"

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
	var all []tasks.Task
	byTask, byDeployment := map[string]deployment{}, map[string]string{}
	err := pages(func(offset int) (int, error) {
		var page []deployment
		body := map[string]any{"limit": pageSize, "offset": offset, "sort": "NAME_ASC"}
		err := p.post(ctx, "list the deployments", "/deployments/filter", body, &page, true)
		for _, d := range page {
			name := flows[d.FlowID] + "/" + d.Name
			byTask[name], byDeployment[d.ID] = d, name
			all = append(all, task(name, d))
		}
		return len(page), err
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.deployments, p.tasks = byTask, byDeployment
	p.mu.Unlock()
	return all, nil
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
		Spec: config.Unit{Description: d.Description, Params: d.Schema.params(d.Parameters), OnBusy: config.BusyQueue},
	}
}

// of is the deployment that a task stands for. A task of the workspace file names
// it, by deployment: flow/name.
func (p *Provider) of(t tasks.Task) (deployment, error) {
	name := t.Name
	if named := t.Spec.With["deployment"]; named != "" {
		name = named
	}
	p.mu.Lock()
	d, ok := p.deployments[name]
	if !ok { // the workspace had another task of that name
		if rest, cut := cutPrefix(name, p.name+"/"); cut {
			d, ok = p.deployments[rest]
		}
	}
	p.mu.Unlock()
	if !ok {
		return d, &tasks.StartError{Reason: fmt.Sprintf("Prefect has no deployment %q", name), Hint: "list them: prefect deployment ls"}
	}
	return d, nil
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}
