package tui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
)

// bestKey fills a form with the values of the best run, and again with those that
// stood there before.
const bestKey = "ctrl+r"

// bestMsg are the values of a task's best run.
type bestMsg struct {
	box    *paramsBox
	values map[string]string
	of     string // "train#7: val_loss 0.0254"
	err    error
}

// hasBest says whether runs of a task can be told apart by a number.
func (s *Screen) hasBest(t tasks.Task) bool {
	return t.Spec.Track != "" || slices.ContainsFunc(s.alike(t), func(name string) bool { return tellsOf(&s.state, name).numbers })
}

// alike are the tasks whose runs are runs of one: itself, and where its system runs it,
// what it stands for there and what else of the workspace file stands for that.
func (s *Screen) alike(t tasks.Task) []string {
	names := []string{t.Name}
	if !t.Remote() {
		return names
	}
	of := t
	if there, ok := s.state.StandsFor(t); ok {
		of = there
	}
	for _, name := range s.state.Order {
		o := s.state.Units[name].Task
		if there, ok := s.state.StandsFor(o); name != t.Name && (name == of.Name || ok && there.Name == of.Name) {
			names = append(names, name)
		}
	}
	return names
}

// best fills the form with the values of the best run: what the task's tracker
// says is best by its experiment's own metric, else the best run that is known here.
func (s *Screen) best(b *paramsBox) tea.Cmd {
	if b.before != nil {
		b.form.Fill(b.before)
		b.before, b.best = nil, ""
		b.note()
		return nil
	}
	t, remember, ctx := b.task, s.opt.Runs, s.ctx
	rank := s.detail.curves.Ranks()[t.Name]
	var known []tasks.Run
	names := s.alike(t)
	for _, name := range names {
		for _, id := range s.state.Units[name].Runs {
			known = append(known, s.state.Runs[id])
		}
	}
	ask := s.query(tasks.Query{Provider: t.Spec.Track, Name: "best", Args: map[string]string{"experiment": t.Name}})
	return func() tea.Msg {
		if t.Spec.Track != "" {
			if result, err := ask(); err == nil {
				if m := bestOfTracker(t, result); len(m.values) > 0 {
					m.box = b
					return m
				}
			}
		}
		// The tracker knows no metric that decides, or nothing of the parameters.
		if remember != nil {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			for _, name := range names {
				older, err := remember(ctx, name)
				if err != nil && len(known) == 0 {
					return bestMsg{box: b, err: err}
				}
				for _, p := range older {
					if !slices.ContainsFunc(known, func(r tasks.Run) bool { return r.ID == p.Run.ID }) {
						known = append(known, p.Run)
					}
				}
			}
		}
		m := bestOfRuns(t, known, rank)
		m.box = b
		return m
	}
}

// bestOfTracker reads what a tracker says of the best run.
func bestOfTracker(t tasks.Task, result tasks.Result) bestMsg {
	m := bestMsg{values: map[string]string{}, of: result.Text}
	for _, row := range result.Rows {
		if len(row) == 3 && row[0] == "param" {
			m.values[row[1]] = row[2]
		}
	}
	m.values = ofTask(t, m.values)
	for _, f := range result.Facts {
		if f.Name == "name" {
			m.of = f.Value + ": " + result.Text
		}
	}
	return m
}

// bestOfRuns is the best of runs that succeeded, by the metric that a person chose; of
// those that tell their values, where any does.
func bestOfRuns(t tasks.Task, runs []tasks.Run, metric string) bestMsg {
	all := tasks.Run{Metrics: map[string]tasks.Series{}}
	var telling []tasks.Run
	for _, r := range runs {
		if r.Status != tasks.Succeeded || len(r.Metrics) == 0 {
			continue
		}
		maps.Copy(all.Metrics, r.Metrics)
		if len(ofTask(t, r.Params)) > 0 {
			telling = append(telling, r)
		}
	}
	if _, has := all.Metrics[metric]; !has {
		metric = all.Primary()
	}
	told := func(r tasks.Run) string {
		return fmt.Sprintf("%s: %s %.4g", r.ID, metric, r.Metrics[metric].Last.Value)
	}
	i := tasks.BestOf(telling, metric)
	switch best := tasks.BestOf(runs, metric); {
	case best < 0 && t.Remote():
		return bestMsg{err: errors.New("no run of " + t.Name + " that is known here has succeeded and told a number: " +
			"a line like step=1 loss=0.5 in its log is one, and the log of a run that began elsewhere is read when it is looked at")}
	case best < 0:
		return bestMsg{err: errors.New("no run of " + t.Name + " that succeeded has reported a number")}
	case i < 0 && runs[best].Observed:
		return bestMsg{err: errors.New("the best run is " + told(runs[best]) + "; it was begun elsewhere, and its system does not tell its values")}
	case i < 0:
		return bestMsg{err: errors.New("the best run is " + told(runs[best]) + "; it had none of the values that are asked for now")}
	}
	return bestMsg{values: ofTask(t, telling[i].Params), of: told(telling[i])}
}

// ofTask are the values of parameters that the task has and that are no secret. Where
// it runs is chosen anew.
func ofTask(t tasks.Task, values map[string]string) map[string]string {
	mine := map[string]string{}
	ref := ""
	if t.Remote() {
		ref = refField(t.Spec.Params)
	}
	for _, p := range t.Spec.Params {
		if v, ok := values[p.Name]; ok && !p.Secret && (ref == "" || p.Name != ref) {
			mine[p.Name] = v
		}
	}
	return mine
}

// fillBest writes the values into the form that asked for them.
func (s *Screen) fillBest(m bestMsg) tea.Cmd {
	b := m.box
	if m.err != nil {
		return s.toast(tasks.Warning, m.err.Error())
	}
	b.before, b.best = map[string]string{}, m.of
	for name := range m.values {
		b.before[name], _ = b.form.Value(name)
	}
	b.form.Fill(m.values)
	b.note()
	return nil
}

// bestNote says above the fields whose values they have.
func (b *paramsBox) bestNote() []form.Note {
	if b.best == "" {
		return nil
	}
	return []form.Note{{Text: "as the best run, " + b.best}}
}
