package mlflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	every := int(lookEvery.Seconds())
	if _, ok := p.store.(*local); ok {
		every = 0 // the experiment changes whenever one of its runs does
	}
	return []tasks.Kind{
		{
			Name: kindExperiment, Title: "EXPERIMENTS", Unused: "an experiment comes with the first run that is logged",
			Views: []tasks.View{{Title: "Runs", Query: "runs", Every: every, Key: "id", As: "run", Compare: "compare"}, {Title: "Best", Query: "best"}},
			Operations: []tasks.Operation{
				{
					Name: "register", Title: "Register a model of", Key: "R", Form: "register form", Tells: true,
					Params: registerParams(),
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
			Views: []tasks.View{{Title: "Versions", Query: "versions", Key: "version", As: "version", Compare: "compare versions"}},
			Operations: []tasks.Operation{
				{
					Name: "promote", Title: "Promote", Key: "P", Dangerous: true, Form: "promotion form", Preview: "promotion", After: "promote", Tells: true, Undo: "undo",
					Params: []config.Param{
						{Name: "alias", Type: config.ParamString, Default: "champion", HasDefault: true, Required: true},
						{Name: "version", Type: config.ParamString, Required: true, Description: "its number"},
						{Name: "if_better", Type: config.ParamString, Description: "only when this metric is better than that of who has the alias now"},
					},
				},
				{
					Name: "undo", Title: "Undo the last promotion of", Key: "u", Dangerous: true, Preview: "undoing", After: "promote", Tells: true,
					Params: []config.Param{{Name: "alias", Type: config.ParamString, Default: "champion", HasDefault: true, Required: true}},
				},
			},
		},
	}
}

// restLocal is between two looks at a store of which somebody hears at each write.
const restLocal = time.Second

// Watch tells of experiments and models while somebody looks. A store on this machine
// is looked at when something was written there, a server now and then.
func (p *Provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := lookEvery
	if l, ok := p.store.(*local); ok {
		hearing, stop := context.WithCancel(ctx)
		var heard sync.WaitGroup
		defer heard.Wait()
		defer stop()
		heard.Go(func() {
			if err := l.watch(hearing, p.lookAgain); err != nil {
				p.deaf.Store(true) // its writes can't be heard, so it is looked at as a server is
				p.lookAgain()
			}
		})
		pause = restLocal
	}
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
		if pause == restLocal && !p.deaf.Load() {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			continue // until something is written
		}
		timer.Reset(lookEvery)
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
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
		all = append(all, p.modelResource(m))
	}
	return all, nil
}

// mostExperiments bounds what is asked for at each look: the last changed.
const mostExperiments = 50

func (p *Provider) experiment(e experiment, running []run) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindExperiment, e.ID), Kind: kindExperiment, Name: e.Name,
		Phase: tasks.PhaseOff, Native: e.Stage, Since: e.Updated.time(), URL: p.web("/#/experiments/" + e.ID),
		Facts: []tasks.Fact{{Name: "id", Value: e.ID}},
	}
	if len(running) > 0 {
		r.Phase, r.Number = tasks.PhaseBusy, fmt.Sprintf("%d running", len(running))
		for _, x := range running {
			for _, m := range x.Data.Metrics {
				if at := m.Timestamp.time(); at.After(r.Since) {
					r.Since = at
				}
			}
		}
	}
	r.Off = p.off("register", "kill")
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

func (p *Provider) modelResource(m model) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindModel, m.Name), Kind: kindModel, Name: m.Name,
		Phase: tasks.PhaseUp, Since: m.Updated.time(), URL: p.web("/#/models/" + m.Name), Off: p.off("promote", "undo"),
	}
	var held []string
	for _, a := range m.Aliases {
		held = append(held, a.Name+" v"+a.Version)
	}
	slices.Sort(held)
	r.Detail = strings.Join(held, " ")
	for _, h := range held {
		r.Facts = append(r.Facts, tasks.Fact{Name: "alias", Value: h})
	}
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

// off says why these can't be done with a store that nobody serves.
func (p *Provider) off(operations ...string) map[string]string {
	l, ok := p.store.(*local)
	if !ok {
		return nil
	}
	why := map[string]string{}
	for _, o := range operations {
		why[o] = "only a server may write to the store; " + l.serve()
	}
	return why
}
