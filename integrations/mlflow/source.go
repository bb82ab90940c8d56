package mlflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// The kinds of resource.
const (
	kindExperiment = "experiment"
	kindModel      = "model"
)

// The server tells nobody of anything, so that it has to be asked: seldom, and
// only while somebody looks. Charts of a live run have a way of their own.
const lookEvery = 15 * time.Second

// Kinds are experiments and registered models.
func (p *Provider) Kinds() []tasks.Kind {
	return []tasks.Kind{
		{
			Name: kindExperiment, Title: "EXPERIMENTS", Unused: "an experiment comes with the first run that is logged",
			Views: []tasks.View{{Title: "Runs", Query: "runs", Every: 15}, {Title: "Best", Query: "best"}},
			Operations: []tasks.Operation{
				{
					Name: "register", Title: "Register a model of", Key: "R",
					Params: []config.Param{
						{Name: "run", Type: config.ParamString, Required: true, Description: "the run's id"},
						{Name: "model", Type: config.ParamString, Required: true, Description: "the name to register it under"},
						{Name: "logged", Type: config.ParamString, Description: "the logged model or checkpoint; empty: the run's newest"},
					},
				},
				{
					Name: "kill", Title: "Mark as killed in", Dangerous: true,
					Confirm: "MLflow can't stop a run: this only says that it is over. Mark it as killed?",
					Params:  []config.Param{{Name: "run", Type: config.ParamString, Required: true, Description: "the run's id"}},
				},
			},
		},
		{
			Name: kindModel, Title: "MODELS", Unused: "a model comes with its first registered version",
			Views: []tasks.View{{Title: "Versions", Query: "versions"}},
			Operations: []tasks.Operation{
				{
					Name: "promote", Title: "Promote", Key: "P", Dangerous: true, Preview: "promotion",
					Confirm: "Give the alias of {name} to this version?",
					Params: []config.Param{
						{Name: "alias", Type: config.ParamString, Default: "champion", HasDefault: true, Required: true},
						{Name: "version", Type: config.ParamString, Required: true, Description: "its number"},
						{Name: "if_better", Type: config.ParamString, Description: "only when this metric is better than that of who has the alias now"},
					},
				},
				{
					Name: "undo", Title: "Undo the last promotion of", Key: "U", Dangerous: true,
					Confirm: "Give the alias of {name} back to who had it before?",
					Params:  []config.Param{{Name: "alias", Type: config.ParamString, Default: "champion", HasDefault: true, Required: true}},
				},
			},
		},
	}
}

// Watch tells of experiments and models while somebody looks.
func (p *Provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last string
	for {
		if err := p.look.Wait(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-p.changed:
		}
		all, err := p.resources(ctx)
		if err != nil {
			return err
		}
		// What did not change would only make every screen draw again.
		if now := fmt.Sprint(all); now != last {
			last = now
			tell(tasks.Changes{Changed: all, All: true})
		}
		timer.Reset(lookEvery)
	}
}

func (p *Provider) resources(ctx context.Context) ([]tasks.Resource, error) {
	experiments, err := p.experiments(ctx)
	if err != nil {
		return nil, err
	}
	var all []tasks.Resource
	for _, e := range experiments {
		running, _, err := p.runs(ctx, search{experiments: []string{e.ID}, filter: "attributes.status = 'RUNNING'", most: 100})
		if err != nil {
			return nil, err
		}
		all = append(all, p.experiment(e, running))
		if len(all) == mostExperiments {
			break
		}
	}
	models, err := p.models(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range models {
		all = append(all, p.model(m))
	}
	return all, nil
}

// mostExperiments bounds what is asked for at each look: the last changed.
const mostExperiments = 50

func (p *Provider) experiment(e experiment, running []run) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindExperiment, e.ID), Kind: kindExperiment, Name: e.Name,
		Phase: tasks.PhaseOff, Native: e.Stage, Since: e.Updated.time(), URL: p.base + "/#/experiments/" + e.ID,
		Facts: []tasks.Fact{{Name: "id", Value: e.ID}},
	}
	if len(running) > 0 {
		r.Phase, r.Number = tasks.PhaseBusy, fmt.Sprintf("%d running", len(running))
	}
	if name := e.Tags.get(primaryMetric); name != "" {
		r.Detail = name
		better := "lower is better"
		if greater(e) {
			better = "greater is better"
		}
		r.Facts = append(r.Facts, tasks.Fact{Name: "primary metric", Value: name + ", " + better})
	}
	return r
}

// greater says whether more of the primary metric is better: as the experiment
// says, else by the metric's name.
func greater(e experiment) bool {
	if v := e.Tags.get(greaterIsBetter); v != "" {
		return strings.EqualFold(v, "true")
	}
	return tasks.MoreIsBetter(e.Tags.get(primaryMetric))
}

func (p *Provider) model(m model) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindModel, m.Name), Kind: kindModel, Name: m.Name,
		Phase: tasks.PhaseUp, Since: m.Updated.time(), URL: p.base + "/#/models/" + m.Name,
	}
	var held []string
	for _, a := range m.Aliases {
		held = append(held, a.Name+" v"+a.Version)
	}
	slices.Sort(held)
	r.Detail = strings.Join(held, " ")
	newest := 0
	for _, v := range m.Latest {
		n := 0
		if _, err := fmt.Sscan(v.Version, &n); err == nil {
			newest = max(newest, n)
		}
	}
	if newest > 0 {
		r.Number = fmt.Sprintf("v%d", newest)
	}
	if m.Description != "" {
		r.Facts = append(r.Facts, tasks.Fact{Name: "about", Value: m.Description})
	}
	return r
}
