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
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// champion is the alias that is meant where none is said.
const champion = "champion"

// The tags of a version that tell, for each alias, who gave it the alias, when, of
// which commit it is and who had the alias before; and who took that back.
const (
	tagBy       = "sawhorse.promoted_by"
	tagAt       = "sawhorse.promoted_at"
	tagMadeOf   = "sawhorse.promoted_commit"
	tagBefore   = "sawhorse.promoted_over"
	tagUndoneBy = "sawhorse.undone_by"
	tagUndoneAt = "sawhorse.undone_at"
)

// promotion is what is to become of an alias.
type promotion struct {
	model, alias, version, ifBetter string
	// seen: the person was shown that holder has the alias; nobody: "".
	holder string
	seen   bool
}

// over adds whom the person was shown, where somebody was.
func (m promotion) over(args map[string]string) promotion {
	m.holder, m.seen = args["over"], args["over"] != ""
	if m.holder == nobody {
		m.holder = ""
	}
	return m
}

// nobody is how it is said that no version has an alias.
const nobody = "nobody"

// check says why who has the alias now is not who was shown.
func (m promotion) check(now string) error {
	if !m.seen || m.holder == now {
		return nil
	}
	return &tasks.StartError{
		Reason: fmt.Sprintf("%s@%s is %s by now, and was %s when you looked", m.model, m.alias, versionWord(now), versionWord(m.holder)),
		Hint:   "look again before you decide",
	}
}

func versionWord(number string) string {
	if number == "" {
		return nobody + "'s"
	}
	return "version " + number
}

// outcome says who has the alias now, to people and to the tasks that follow.
func (m promotion) outcome(did, now, before, text string) tasks.Outcome {
	return tasks.Outcome{Text: text, Values: map[string]string{
		"model": m.model, "alias": m.alias, "version": now, "previous": before, "promotion": did,
	}}
}

// promote gives an alias to a version. The registry has no way to do that only if
// nobody else did: who has it is read before and again after.
func (p *Provider) promote(ctx context.Context, m promotion) (tasks.Outcome, error) {
	if m.version == "" {
		return tasks.Outcome{}, missing("version: its number")
	}
	candidate, err := p.getVersion(ctx, m.model, m.version)
	if err != nil {
		return tasks.Outcome{}, err
	}
	if candidate.Status != "" && candidate.Status != statusReady {
		return tasks.Outcome{}, fmt.Errorf("version %s of %s is %s, not ready", m.version, m.model, strings.ToLower(candidate.Status))
	}
	holds, held, err := p.holder(ctx, m.model, m.alias)
	if err != nil {
		return tasks.Outcome{}, err
	}
	before := holds.Version // empty: nobody's
	switch err := m.check(before); {
	case err != nil:
		return tasks.Outcome{}, err
	case before == m.version:
		return tasks.Outcome{}, fmt.Errorf("version %s of %s is its %s already", m.version, m.model, m.alias)
	}
	if m.ifBetter != "" && held {
		if err := p.better(ctx, candidate, holds, m.ifBetter); err != nil {
			return tasks.Outcome{}, err
		}
	}
	if err := p.setAlias(ctx, m.model, m.alias, m.version); err != nil {
		return tasks.Outcome{}, err
	}
	now, held, err := p.holder(ctx, m.model, m.alias)
	if err != nil {
		return tasks.Outcome{}, fmt.Errorf("version %s of %s was made its %s, and whether it still is can't be read: %w", m.version, m.model, m.alias, err)
	}
	if !held || now.Version != m.version {
		return tasks.Outcome{}, fmt.Errorf("somebody else gave %s of %s to %s at the same time", m.alias, m.model, versionWord(now.Version))
	}
	text := fmt.Sprintf("%s@%s is version %s, was %s", m.model, m.alias, m.version, versionWord(before))
	if err := p.audit(ctx, m, before, candidate); err != nil {
		text += fmt.Sprintf("; its tags do not say so: %v", err) // it is promoted all the same
	}
	return m.outcome("promote", m.version, before, text), nil
}

// who is the person here.
func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

func (p *Provider) audit(ctx context.Context, m promotion, before string, candidate version) error {
	told := tags{
		{tagBefore, before}, // first: without it nothing can be taken back
		{tagBy, who()},
		{tagAt, p.now().UTC().Format(time.RFC3339)},
	}
	if candidate.RunID != "" {
		// The run may be gone, and the commit not known: then there is no tag.
		if r, err := p.run(ctx, candidate.RunID); err == nil && r.Data.Tags.get(tagCommit) != "" {
			told = append(told, tag{tagMadeOf, r.Data.Tags.get(tagCommit)})
		}
	}
	for _, t := range told {
		if err := p.tagVersion(ctx, m.model, m.version, t.Key+"."+m.alias, t.Value); err != nil {
			return err
		}
	}
	return nil
}

// better says why a candidate is not, by a metric of the runs behind both.
func (p *Provider) better(ctx context.Context, candidate, holds version, key string) error {
	of := func(v version) (run, float64, error) {
		if v.RunID == "" {
			return run{}, 0, fmt.Errorf("version %s has no run behind it", v.Version)
		}
		r, err := p.run(ctx, v.RunID)
		if err != nil {
			return r, 0, err
		}
		n, ok := r.metric(key)
		if !ok {
			return r, 0, fmt.Errorf("the run of version %s has no metric %s", v.Version, key)
		}
		return r, float64(n), nil
	}
	_, now, err := of(holds)
	if err != nil {
		return err
	}
	r, then, err := of(candidate)
	if err != nil {
		return err
	}
	more, told := p.directions(ctx, []run{r})[key]
	if !told {
		more = tasks.MoreIsBetter(key)
	}
	if !tasks.BetterWhere(more, then, now) {
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

// earlier is who has an alias, and who had it before the last promotion from here.
func (p *Provider) earlier(ctx context.Context, model, as string) (now version, before string, err error) {
	holds, held, err := p.holder(ctx, model, as)
	if err != nil {
		return version{}, "", err
	}
	if !held {
		return version{}, "", fmt.Errorf("no version of %s is its %s", model, as)
	}
	now, err = p.getVersion(ctx, model, holds.Version)
	if err != nil {
		return version{}, "", err
	}
	before, told := now.Tags.find(tagBefore + "." + as)
	if !told {
		return version{}, "", fmt.Errorf("version %s of %s was not promoted to %s from here, so who had the alias before is not known", now.Version, model, as)
	}
	return now, before, nil
}

// undo gives an alias back to who had it before the last promotion from here, or
// takes it away if nobody had. The tag that tells whom is taken off then, so that
// a second undo goes further back and not forth.
func (p *Provider) undo(ctx context.Context, m promotion) (tasks.Outcome, error) {
	now, before, err := p.earlier(ctx, m.model, m.alias)
	if err != nil {
		return tasks.Outcome{}, err
	}
	if err := m.check(now.Version); err != nil {
		return tasks.Outcome{}, err
	}
	text := fmt.Sprintf("%s@%s is version %s again, was version %s", m.model, m.alias, before, now.Version)
	if before == "" {
		text = fmt.Sprintf("no version is %s@%s, as before; version %s was", m.model, m.alias, now.Version)
		err = p.deleteAlias(ctx, m.model, m.alias)
	} else {
		err = p.setAlias(ctx, m.model, m.alias, before)
	}
	if err != nil {
		return tasks.Outcome{}, err
	}
	err = p.untagVersion(ctx, m.model, now.Version, tagBefore+"."+m.alias)
	for _, t := range (tags{{tagUndoneBy, who()}, {tagUndoneAt, p.now().UTC().Format(time.RFC3339)}}) {
		if err == nil {
			err = p.tagVersion(ctx, m.model, now.Version, t.Key+"."+m.alias, t.Value)
		}
	}
	if err != nil {
		text += fmt.Sprintf("; its tags do not say so: %v", err)
	}
	return m.outcome("undo", before, now.Version, text), nil
}

// promotedBy says who gave a version an alias, and when.
func promotedBy(v version, as string) string {
	by := v.Tags.get(tagBy + "." + as)
	if at, err := time.Parse(time.RFC3339, v.Tags.get(tagAt+"."+as)); err == nil && by != "" {
		return at.Local().Format("Jan _2 15:04") + ", by " + by
	}
	return by
}

// shown are the parameters that go with what a person is shown, so that nothing
// else is done than that.
func shown(as, number, over string) []config.Param {
	params := []config.Param{{Name: "alias", Default: as, HasDefault: true}, {Name: "over", Default: cmp.Or(over, nobody), HasDefault: true}}
	if number != "" {
		params = append(params, config.Param{Name: "version", Default: number, HasDefault: true})
	}
	return params
}

// offeredVersions bounds the versions that a form offers: the newest.
const offeredVersions = 30

// promotionForm is what can be promoted, with what was given before as defaults.
func (p *Provider) promotionForm(ctx context.Context, name string, given map[string]string) (tasks.Result, error) {
	if name == "" {
		return tasks.Result{}, missing("model: its name")
	}
	all, err := p.versions(ctx, name)
	if err != nil {
		return tasks.Result{}, err
	}
	if len(all) == 0 {
		return tasks.Result{}, fmt.Errorf("%s has no version", name)
	}
	var numbers []string
	for _, v := range all[:min(len(all), offeredVersions)] {
		numbers = append(numbers, v.Version)
	}
	if v := given["version"]; v != "" && !slices.Contains(numbers, v) {
		numbers = append(numbers, v)
	}
	return tasks.Result{Params: []config.Param{
		{Name: "version", Type: config.ParamString, Required: true, Choices: numbers, Default: cmp.Or(given["version"], numbers[0]), HasDefault: true, Description: "which gets the alias"},
		{Name: "alias", Type: config.ParamString, Required: true, Default: cmp.Or(given["alias"], champion), HasDefault: true, Description: "champion, or any word: shadow, staging"},
		{Name: "if_better", Type: config.ParamString, Default: given["if_better"], HasDefault: given["if_better"] != "", Description: "only when this metric is better than that of who has the alias now"},
	}}, nil
}

// promotion shows who has the alias beside who would get it. By the metric ifBetter
// it also says, as the fact "not better", why a promotion would be refused.
func (p *Provider) promotion(ctx context.Context, name, as, number, ifBetter string) (tasks.Result, error) {
	as = cmp.Or(as, champion)
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
	holds, held, err := p.holder(ctx, name, as)
	if err != nil {
		return tasks.Result{}, err
	}
	candidate, err := p.getVersion(ctx, name, number)
	if err != nil {
		return tasks.Result{}, err
	}
	all := []version{candidate}
	if held {
		if holds, err = p.getVersion(ctx, name, holds.Version); err != nil {
			return tasks.Result{}, err
		}
		all = []version{holds, candidate}
	}
	result, err := p.versionSubjects(ctx, all)
	if err != nil {
		return tasks.Result{}, err
	}
	result.Runs[len(all)-1].Name = "candidate v" + number
	if held {
		result.Runs[0].Name = as + " v" + holds.Version
	} else {
		result.Runs = append([]tasks.Subject{{Name: as + " " + nobody}}, result.Runs...)
	}
	result.Params = shown(as, number, holds.Version)
	result.Facts = []tasks.Fact{{Name: "version", Value: number}, {Name: "holder", Value: holds.Version}}
	switch {
	case holds.Version == number:
		result.Facts = append(result.Facts, tasks.Fact{Name: "warning", Value: fmt.Sprintf("version %s has this alias already", number)})
	case ifBetter != "" && held:
		err := p.better(ctx, candidate, holds, ifBetter)
		if worse, ok := errors.AsType[*NotBetterError](err); ok {
			result.Facts = append(result.Facts, tasks.Fact{Name: "not better", Value: worse.Error()})
		} else if err != nil {
			return tasks.Result{}, err
		}
	}
	return result, nil
}

// undoing shows who has the alias beside who would get it back.
func (p *Provider) undoing(ctx context.Context, name, as string) (tasks.Result, error) {
	as = cmp.Or(as, champion)
	if name == "" {
		return tasks.Result{}, missing("model: its name")
	}
	now, before, err := p.earlier(ctx, name, as)
	if err != nil {
		return tasks.Result{}, err
	}
	all := []version{now}
	if before != "" {
		v, err := p.getVersion(ctx, name, before)
		if err != nil {
			return tasks.Result{}, err
		}
		all = append(all, v)
	}
	result, err := p.versionSubjects(ctx, all)
	if err != nil {
		return tasks.Result{}, err
	}
	result.Runs[0].Name = as + " v" + now.Version
	if before == "" {
		result.Runs = append(result.Runs, tasks.Subject{Name: "then " + nobody})
	} else {
		result.Runs[1].Name = "then v" + before
	}
	result.Params = shown(as, "", now.Version)
	result.Facts = []tasks.Fact{{Name: "version", Value: before}, {Name: "holder", Value: now.Version}}
	return result, nil
}
