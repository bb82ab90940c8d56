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
	return t.Spec.Track != "" || tellsOf(&s.state, t.Name).numbers
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
	for _, id := range s.state.Units[t.Name].Runs {
		known = append(known, s.state.Runs[id])
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
			older, err := remember(ctx, t.Name)
			if err != nil && len(known) == 0 {
				return bestMsg{box: b, err: err}
			}
			for _, p := range older {
				if !slices.ContainsFunc(known, func(r tasks.Run) bool { return r.ID == p.Run.ID }) {
					known = append(known, p.Run)
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

// bestOfRuns is the best of runs that succeeded, by the metric that a person chose.
func bestOfRuns(t tasks.Task, runs []tasks.Run, metric string) bestMsg {
	all := tasks.Run{Metrics: map[string]tasks.Series{}}
	for _, r := range runs {
		if r.Status == tasks.Succeeded {
			maps.Copy(all.Metrics, r.Metrics)
		}
	}
	if _, has := all.Metrics[metric]; !has {
		metric = all.Primary()
	}
	i := tasks.BestOf(runs, metric)
	if i < 0 {
		return bestMsg{err: errors.New("no run of " + t.Name + " that succeeded has reported a number")}
	}
	r := runs[i]
	return bestMsg{values: ofTask(t, r.Params), of: fmt.Sprintf("%s: %s %.4g", r.ID, metric, r.Metrics[metric].Last.Value)}
}

// ofTask are the values of parameters that the task has and that are no secret.
func ofTask(t tasks.Task, values map[string]string) map[string]string {
	mine := map[string]string{}
	for _, p := range t.Spec.Params {
		if v, ok := values[p.Name]; ok && !p.Secret {
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
