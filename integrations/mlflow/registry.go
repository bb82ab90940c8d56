package mlflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Operate registers, promotes and takes back.
func (p *Provider) Operate(ctx context.Context, r tasks.Resource, operation string, args map[string]string) error {
	defer p.lookAgain()
	switch operation {
	case "register":
		return p.registerRun(ctx, args["run"], args["model"], args["logged"])
	case "kill":
		return p.kill(ctx, args["run"])
	case "promote":
		return p.promote(ctx, r.Name, cmp.Or(args["alias"], "champion"), args["version"], args["if_better"])
	case "undo":
		return p.undo(ctx, r.Name, cmp.Or(args["alias"], "champion"))
	}
	return fmt.Errorf("MLflow does not know how to %s", operation)
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
func (p *Provider) registerRun(ctx context.Context, id, name, logged string) error {
	if id == "" || name == "" {
		return missing("run and model")
	}
	r, err := p.run(ctx, id)
	if err != nil {
		return err
	}
	source, modelID, err := p.modelOf(ctx, r, logged)
	if err != nil {
		return err
	}
	v, err := p.register(ctx, name, source, id, modelID)
	if err != nil {
		return err
	}
	return p.awaitReady(ctx, v)
}

// modelOf is where the model of a run is: the one that was chosen, else the newest.
func (p *Provider) modelOf(ctx context.Context, r run, chosen string) (source, modelID string, err error) {
	models, err := p.loggedModels(ctx, r.Info.Experiment, r.Info.ID)
	if err != nil {
		return "", "", err
	}
	slices.SortFunc(models, func(a, b loggedModel) int { return cmp.Compare(b.Info.Created, a.Info.Created) })
	for _, m := range models {
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
	return "", "", &tasks.StartError{
		Reason: fmt.Sprintf("the run %s has logged no model", cmp.Or(r.Info.Name, short(r.Info.ID))),
		Hint:   "log one in the training script: mlflow.<flavour>.log_model(...)",
	}
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

// The tags that tell who promoted what, when, and who had the alias before.
const (
	tagBy     = "sawhorse.promoted_by"
	tagAt     = "sawhorse.promoted_at"
	tagBefore = "sawhorse.promoted_over"
)

// promote gives an alias to a version. The registry has no way to do that only if
// nobody else did: who has it is read before and again after.
func (p *Provider) promote(ctx context.Context, name, as, number, ifBetter string) error {
	if number == "" {
		return missing("version: its number")
	}
	candidate, err := p.getVersion(ctx, name, number)
	if err != nil {
		return err
	}
	if candidate.Status != "" && candidate.Status != statusReady {
		return fmt.Errorf("version %s of %s is %s, not ready", number, name, strings.ToLower(candidate.Status))
	}
	champion, held, err := p.holder(ctx, name, as)
	if err != nil {
		return err
	}
	if held && champion.Version == number {
		return fmt.Errorf("version %s of %s is its %s already", number, name, as)
	}
	if ifBetter != "" && held {
		if err := p.better(ctx, candidate, champion, ifBetter); err != nil {
			return err
		}
	}
	before := ""
	if held {
		before = champion.Version
	}
	if err := p.setAlias(ctx, name, as, number); err != nil {
		return err
	}
	now, held, err := p.holder(ctx, name, as)
	if err != nil {
		return fmt.Errorf("version %s of %s was made its %s, and whether it still is can't be read: %w", number, name, as, err)
	}
	if !held || now.Version != number {
		return fmt.Errorf("somebody else gave %s of %s to version %s at the same time", as, name, now.Version)
	}
	return p.audit(ctx, name, number, as, before)
}

func (p *Provider) audit(ctx context.Context, name, number, as, before string) error {
	who := "unknown"
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	told := tags{{tagBy, who}, {tagAt, p.now().UTC().Format(time.RFC3339)}, {tagBefore + "." + as, before}}
	for _, t := range told {
		if err := p.tagVersion(ctx, name, number, t.Key, t.Value); err != nil {
			return fmt.Errorf("version %s of %s is its %s now, but %w", number, name, as, err)
		}
	}
	return nil
}

// better says why a candidate is not, by a metric of the runs behind both.
func (p *Provider) better(ctx context.Context, candidate, champion version, key string) error {
	of := func(v version) (float64, error) {
		if v.RunID == "" {
			return 0, fmt.Errorf("version %s has no run behind it", v.Version)
		}
		r, err := p.run(ctx, v.RunID)
		if err != nil {
			return 0, err
		}
		n, ok := r.metric(key)
		if !ok {
			return 0, fmt.Errorf("the run of version %s has no metric %s", v.Version, key)
		}
		return float64(n), nil
	}
	now, err := of(champion)
	if err != nil {
		return err
	}
	then, err := of(candidate)
	if err != nil {
		return err
	}
	if !tasks.Better(key, then, now) {
		return &NotBetterError{Metric: key, Candidate: then, Champion: now}
	}
	return nil
}

// NotBetterError says that a promotion was not done because of its own condition.
type NotBetterError struct {
	Metric              string
	Candidate, Champion float64
}

// Error compares the two.
func (e *NotBetterError) Error() string {
	return fmt.Sprintf("not promoted: %s is %g, and %g in who has the alias now", e.Metric, e.Candidate, e.Champion)
}

// undo gives an alias back to who had it before the last promotion from here.
func (p *Provider) undo(ctx context.Context, name, as string) error {
	now, held, err := p.holder(ctx, name, as)
	if err != nil {
		return err
	}
	if !held {
		return fmt.Errorf("no version of %s is its %s", name, as)
	}
	full, err := p.getVersion(ctx, name, now.Version)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(full.Tags, func(t tag) bool { return t.Key == tagBefore+"."+as })
	if i < 0 {
		return errors.New("it was not promoted from here, so who had the alias before is not known")
	}
	before := full.Tags[i].Value
	if before == "" {
		return p.deleteAlias(ctx, name, as)
	}
	return p.setAlias(ctx, name, as, before)
}

// promotion shows who has the alias beside who would get it. By the metric ifBetter
// it also says, as the fact "not better", why a promotion would be refused.
func (p *Provider) promotion(ctx context.Context, name, as, number, ifBetter string) (tasks.Result, error) {
	as = cmp.Or(as, "champion")
	if name == "" {
		return tasks.Result{}, missing("model: its name")
	}
	if number == "" {
		all, err := p.versions(ctx, name)
		if err != nil {
			return tasks.Result{}, err
		}
		if len(all) == 0 {
			return tasks.Result{}, fmt.Errorf("%s has no version", name)
		}
		number = all[0].Version
	}
	champion, held, err := p.holder(ctx, name, as)
	if err != nil {
		return tasks.Result{}, err
	}
	candidate, err := p.getVersion(ctx, name, number)
	if err != nil {
		return tasks.Result{}, err
	}
	now := "nobody"
	if held {
		now = "v" + champion.Version
	}
	result := tasks.Result{Columns: []tasks.Column{{Name: "what"}, {Name: as + ": " + now}, {Name: "candidate: v" + number}}}
	result.Facts = []tasks.Fact{{Name: "version", Value: number}, {Name: "holder", Value: champion.Version}}
	if ifBetter != "" && held && champion.Version != number {
		err := p.better(ctx, candidate, champion, ifBetter)
		if worse, ok := errors.AsType[*NotBetterError](err); ok {
			result.Facts = append(result.Facts, tasks.Fact{Name: "not better", Value: worse.Error()})
		} else if err != nil {
			return tasks.Result{}, err
		}
	}
	if !held || champion.RunID == "" || candidate.RunID == "" {
		result.Rows = append(result.Rows, []string{"run", short(champion.RunID), short(candidate.RunID)})
		return result, nil
	}
	compared, err := p.comparison(ctx, []string{champion.RunID, candidate.RunID})
	if err != nil {
		return tasks.Result{}, err
	}
	for _, row := range compared.Rows {
		result.Rows = append(result.Rows, []string{row[0] + " " + row[1], row[2], row[3]})
	}
	result.More = compared.More
	return result, nil
}
