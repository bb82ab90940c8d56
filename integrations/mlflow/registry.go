package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Operate registers, promotes and takes back.
func (p *Provider) Operate(ctx context.Context, r tasks.Resource, operation string, args map[string]string) error {
	_, err := p.OperateTelling(ctx, r, operation, args)
	return err
}

// OperateTelling is Operate, and says what came of it.
func (p *Provider) OperateTelling(ctx context.Context, r tasks.Resource, operation string, args map[string]string) (tasks.Outcome, error) {
	defer p.lookAgain()
	switch operation {
	case "register":
		return p.registerRun(ctx, args["run"], args["model"], args["logged"])
	case "kill":
		return tasks.Outcome{}, p.kill(ctx, args["run"])
	case "promote":
		return p.promote(ctx, promotion{model: r.Name, alias: cmp.Or(args["alias"], champion), version: args["version"], ifBetter: args["if_better"]}.over(args))
	case "undo":
		return p.undo(ctx, promotion{model: r.Name, alias: cmp.Or(args["alias"], champion)}.over(args))
	}
	return tasks.Outcome{}, fmt.Errorf("MLflow does not know how to %s", operation)
}

func (p *Provider) lookAgain() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *Provider) kill(ctx context.Context, id string) error {
	r, err := p.run(ctx, id)
	if err != nil {
		return err
	}
	if r.Info.Status != statusRunning && r.Info.Status != statusScheduled {
		return fmt.Errorf("the run %s is %s already", short(id), strings.ToLower(r.Info.Status))
	}
	return p.update(ctx, id, statusKilled, p.now())
}

// registerRun makes a version of what a run has logged, and returns when the
// registry has it. A logged model of MLflow 3 comes before the run's folder.
func (p *Provider) registerRun(ctx context.Context, id, name, logged string) (tasks.Outcome, error) {
	if id == "" || name == "" {
		return tasks.Outcome{}, missing("run and model")
	}
	r, err := p.run(ctx, id)
	if err != nil {
		return tasks.Outcome{}, err
	}
	logged, _, _ = strings.Cut(logged, " ") // the form says more of it
	source, modelID, err := p.modelOf(ctx, r, logged)
	if err != nil {
		return tasks.Outcome{}, err
	}
	v, err := p.register(ctx, name, source, id, modelID)
	if err != nil {
		return tasks.Outcome{}, err
	}
	if err := p.awaitReady(ctx, v); err != nil {
		return tasks.Outcome{}, err
	}
	return tasks.Outcome{Text: fmt.Sprintf("version %s of %s is ready, from %s", v.Version, v.Name, r.title())}, nil
}

// registerForm is what can be registered of a run: its logged models, the newest
// first, with their numbers, then its folders.
func (p *Provider) registerForm(ctx context.Context, id string) (tasks.Result, error) {
	if id == "" {
		return tasks.Result{Params: registerParams()}, nil
	}
	r, err := p.run(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	models, err := p.loggedModels(ctx, r.Info.Experiment, r.Info.ID)
	if err != nil {
		return tasks.Result{}, err
	}
	files, err := p.artifacts(ctx, r.Info.ID, "")
	if err != nil {
		return tasks.Result{}, err
	}
	var choices []string
	for _, m := range newestFirst(models) {
		choices = append(choices, describeModel(m, r))
	}
	for _, f := range files {
		if f.Dir {
			choices = append(choices, f.Path+" (a folder of the run)")
		}
	}
	if len(choices) == 0 {
		return tasks.Result{}, nothingLogged(r)
	}
	e, err := p.experimentByID(ctx, r.Info.Experiment)
	if err != nil {
		return tasks.Result{}, err
	}
	return tasks.Result{Params: []config.Param{
		{Name: "model", Type: config.ParamString, Required: true, Default: e.Name, HasDefault: true, Description: "the name to register it under"},
		{Name: "logged", Type: config.ParamString, Choices: choices, Default: choices[0], HasDefault: true, Description: "which of its models or checkpoints"},
		{Name: "run", Type: config.ParamString, Required: true, Default: r.Info.ID, HasDefault: true, Description: "the run " + r.title()},
	}}, nil
}

// registerParams are asked for where no run was chosen.
func registerParams() []config.Param {
	return []config.Param{
		{Name: "run", Type: config.ParamString, Required: true, Description: "the run's id; choose a row of Runs, and it is known"},
		{Name: "model", Type: config.ParamString, Required: true, Description: "the name to register it under"},
		{Name: "logged", Type: config.ParamString, Description: "the logged model or checkpoint; empty: the run's newest"},
	}
}

func newestFirst(models []loggedModel) []loggedModel {
	slices.SortFunc(models, func(a, b loggedModel) int { return cmp.Compare(b.Info.Created, a.Info.Created) })
	return models
}

// describeModel begins with the model's id, by which it is registered.
func describeModel(m loggedModel, r run) string {
	parts := []string{m.Info.ID, m.Info.Name}
	for _, o := range r.Outputs.Models {
		if o.ID == m.Info.ID && o.Step > 0 {
			parts = append(parts, fmt.Sprintf("step %d", o.Step))
		}
	}
	metrics := slices.Clone(m.Data.Metrics)
	slices.SortFunc(metrics, func(a, b metric) int { return strings.Compare(a.Key, b.Key) })
	for _, v := range metrics[:min(len(metrics), 3)] {
		parts = append(parts, fmt.Sprintf("%s=%.4g", v.Key, float64(v.Value)))
	}
	return strings.Join(parts, " ")
}

func nothingLogged(r run) error {
	return &tasks.StartError{
		Reason: fmt.Sprintf("the run %s has logged no model", r.title()),
		Hint:   "log one in the training script: mlflow.<flavour>.log_model(...)",
	}
}

// modelOf is where the model of a run is: the one that was chosen, else the newest.
func (p *Provider) modelOf(ctx context.Context, r run, chosen string) (source, modelID string, err error) {
	models, err := p.loggedModels(ctx, r.Info.Experiment, r.Info.ID)
	if err != nil {
		return "", "", err
	}
	for _, m := range newestFirst(models) {
		if chosen == "" || m.Info.ID == chosen || m.Info.Name == chosen {
			return "models:/" + m.Info.ID, m.Info.ID, nil
		}
	}
	files, err := p.artifacts(ctx, r.Info.ID, "")
	if err != nil {
		return "", "", err
	}
	folder := cmp.Or(chosen, "model")
	for _, f := range files {
		if f.Dir && f.Path == folder {
			return "runs:/" + r.Info.ID + "/" + folder, "", nil
		}
	}
	return "", "", nothingLogged(r)
}

// readyEvery and readyWithin are how a new version is waited for: the server
// copies it first.
const (
	readyEvery  = 200 * time.Millisecond
	readyWithin = 5 * time.Minute
)

func (p *Provider) awaitReady(ctx context.Context, v version) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for v.Status != statusReady {
		if v.Status != "" && v.Status != "PENDING_REGISTRATION" {
			return fmt.Errorf("version %s of %s is %s: %s", v.Version, v.Name, strings.ToLower(v.Status), v.Message)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("version %s of %s is not ready yet: %w", v.Version, v.Name, ctx.Err())
		case <-time.After(readyEvery):
		}
		next, err := p.getVersion(ctx, v.Name, v.Version)
		if err != nil {
			return err
		}
		v = next
	}
	return nil
}
