package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

const (
	// comparedPoints is how much of a curve stands beside others; its peaks are kept.
	comparedPoints = 400
	// mostAtOnce bounds how many curves are asked for at the same time.
	mostAtOnce = 4
)

// comparison are the runs with all that they can be compared by.
func (p *Provider) comparison(ctx context.Context, words []string) (tasks.Result, error) {
	if len(words) == 0 {
		return tasks.Result{}, missing("runs")
	}
	runs := make([]run, 0, len(words))
	for _, w := range words {
		r, err := p.named(ctx, w)
		if err != nil {
			return tasks.Result{}, err
		}
		runs = append(runs, r)
	}
	subjects, err := p.subjects(ctx, runs)
	return tasks.Result{Runs: subjects, Greater: p.directions(ctx, runs)}, err
}

// subjects are runs with their curves. The server keeps only the last value of a
// metric at hand: the best is in its history.
func (p *Provider) subjects(ctx context.Context, runs []run) ([]tasks.Subject, error) {
	subjects := make([]tasks.Subject, len(runs))
	ids := make([]string, len(runs))
	counts := map[string]int{}
	for i, r := range runs {
		subjects[i], ids[i] = r.subject(p.now()), r.Info.ID
		for _, m := range r.Data.Metrics {
			if !strings.HasPrefix(m.Key, "system/") {
				counts[m.Key]++
			}
		}
	}
	keys := common(counts)
	curves, errs := make([][]metric, len(keys)), make([]error, len(keys))
	var asking sync.WaitGroup
	room := make(chan struct{}, mostAtOnce) // as many slots as may ask at once
	for i, key := range keys {
		asking.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			curves[i], errs[i] = p.curves(ctx, ids, key, bulkPoints)
		})
	}
	asking.Wait()
	for i, key := range keys {
		if errs[i] != nil {
			return nil, errs[i]
		}
		for k, r := range runs {
			last, has := r.last(key)
			if !has {
				continue
			}
			s := tasks.Series{Last: point(last)}
			for _, m := range curves[i] {
				if m.RunID == r.Info.ID {
					s.Points = append(s.Points, point(m))
				}
			}
			s.Points = tasks.Thin(s.Points, comparedPoints)
			subjects[k].Metrics[key] = s
		}
	}
	return subjects, nil
}

func (r run) last(key string) (metric, bool) {
	i := slices.IndexFunc(r.Data.Metrics, func(m metric) bool { return m.Key == key })
	if i < 0 {
		return metric{}, false
	}
	return r.Data.Metrics[i], true
}

// subject is the run without its metrics.
func (r run) subject(now time.Time) tasks.Subject {
	s := tasks.Subject{
		ID: r.Info.ID, Name: r.title(), Live: r.Info.Status == statusRunning || r.Info.Status == statusScheduled,
		Params: map[string]string{}, Metrics: map[string]tasks.Series{},
		Code: tasks.Code{Commit: r.Data.Tags.get(tagCommit), Patch: r.Data.Tags.get(tagDiff), Cut: r.Data.Tags.get(tagDiffCut) == "true"},
	}
	if s.Code.Patch != "" && !strings.HasSuffix(s.Code.Patch, "\n") {
		s.Code.Patch += "\n" // git takes no patch without it
	}
	for _, t := range r.Data.Params {
		s.Params[t.Key] = t.Value
	}
	add := func(name, value string) {
		if value != "" {
			s.Facts = append(s.Facts, tasks.Fact{Name: name, Value: value})
		}
	}
	add("status", strings.ToLower(r.Info.Status))
	if start := r.Info.Start.time(); !start.IsZero() {
		add("started", start.Local().Format("Jan _2 15:04:05"))
		if end := r.Info.End.time(); !end.IsZero() {
			add("took", end.Sub(start).Round(100*time.Millisecond).String())
		} else if s.Live {
			add("took", now.Sub(start).Round(time.Second).String()+" so far")
		}
	}
	add("user", cmp.Or(r.Data.Tags.get("mlflow.user"), r.Info.User))
	add("host", r.Data.Tags.get("sawhorse.host"))
	return s
}

// directions are what the experiments of runs say of their primary metrics. It is
// a courtesy: where it can't be had the names of the metrics tell.
func (p *Provider) directions(ctx context.Context, runs []run) map[string]bool {
	told := map[string]bool{}
	asked := map[string]bool{}
	for _, r := range runs {
		if asked[r.Info.Experiment] {
			continue
		}
		asked[r.Info.Experiment] = true
		e, err := p.experimentByID(ctx, r.Info.Experiment)
		if name := e.Tags.get(primaryMetric); err == nil && name != "" {
			told[name] = greater(e)
		}
	}
	return told
}

// versionComparison are versions of a model with the runs behind them.
func (p *Provider) versionComparison(ctx context.Context, name string, numbers []string) (tasks.Result, error) {
	if name == "" || len(numbers) == 0 {
		return tasks.Result{}, missing("model and versions")
	}
	var all []version
	for _, n := range numbers {
		v, err := p.getVersion(ctx, name, n)
		if err != nil {
			return tasks.Result{}, err
		}
		all = append(all, v)
	}
	return p.versionSubjects(ctx, all)
}

// versionSubjects are versions beside each other. One whose run is gone, or that
// has none, has only what the registry knows.
func (p *Provider) versionSubjects(ctx context.Context, all []version) (tasks.Result, error) {
	var runs []run
	at := map[string]int{} // of a run, in runs
	for _, v := range all {
		if _, known := at[v.RunID]; known || v.RunID == "" {
			continue
		}
		r, err := p.run(ctx, v.RunID)
		if rest.Is(err, rest.NotFound) {
			continue
		}
		if err != nil {
			return tasks.Result{}, err
		}
		at[v.RunID] = len(runs)
		runs = append(runs, r)
	}
	of, err := p.subjects(ctx, runs)
	if err != nil {
		return tasks.Result{}, err
	}
	result := tasks.Result{Greater: p.directions(ctx, runs)}
	for _, v := range all {
		s := tasks.Subject{}
		run := "none"
		if i, known := at[v.RunID]; known {
			s = of[i]
			run = s.Name
		} else if v.RunID != "" {
			run = short(v.RunID) + ", which is gone"
		}
		s.ID, s.Name, s.Live = v.Version, "v"+v.Version, false
		facts := []tasks.Fact{{Name: "run", Value: run}}
		add := func(name, value string) {
			if value != "" {
				facts = append(facts, tasks.Fact{Name: name, Value: value})
			}
		}
		add("alias", strings.Join(v.Aliases, " "))
		if made := v.Created.time(); !made.IsZero() {
			add("registered", made.Local().Format("Jan _2 15:04")+", "+ago(p.now().Sub(made)))
		}
		i := slices.IndexFunc(s.Facts, func(f tasks.Fact) bool { return f.Name == "user" })
		if i >= 0 {
			add("trained by", s.Facts[i].Value)
		}
		for _, as := range v.Aliases {
			add("promoted", promotedBy(v, as))
		}
		s.Facts = facts
		result.Runs = append(result.Runs, s)
	}
	return result, nil
}

// ago is how long ago something was, as a person says it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours())/24)
}
