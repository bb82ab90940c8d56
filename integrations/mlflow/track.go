package mlflow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/checkout"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// tracker stands before a runner. A task with track: gets a run of an experiment
// that is named after it, before the program begins: the program finds it in
// MLFLOW_RUN_ID, and what it logs there are the numbers of the run here.
//
//	create ──> next.Run (with MLFLOW_RUN_ID) ──> FINISHED, FAILED or KILLED
//	             └─ every second: what is new of its metrics ─> MetricReported
//
// The runs of a sweep are nested in one run that stands for it.
type tracker struct {
	next  tasks.Runner
	where func() integrations.Place

	mu      sync.Mutex // held while a parent is made or told of, so that there is one
	parents map[tasks.RunID]*parent
}

// parent is the run that stands for a sweep. It goes on while one of its children
// does: nobody is told that a sweep is at its end.
type parent struct {
	id      string
	running int
}

var _ tasks.Runner = (*tracker)(nil)

// Track is a runner that records the runs of tasks with track:. where says what
// the workspace declares now.
func Track(next tasks.Runner, where func() integrations.Place) tasks.Runner {
	return &tracker{next: next, where: where, parents: map[tasks.RunID]*parent{}}
}

// Unwrap is the runner behind this one.
func (t *tracker) Unwrap() tasks.Runner { return t.next }

// Run runs the task, recorded if it is to be.
func (t *tracker) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if q.Task.Spec.Track == "" {
		return t.next.Run(ctx, signed(q, t.where().Getenv), s)
	}
	r, err := t.begin(ctx, q)
	if err != nil {
		return err
	}
	defer r.rest.Close()
	s.Emit(tasks.RunLinked{External: r.id, URL: r.base + "/#/experiments/" + r.experiment + "/runs/" + r.id})
	q.Task.Spec.Env = maps.Clone(q.Task.Spec.Env)
	if q.Task.Spec.Env == nil {
		q.Task.Spec.Env = map[string]string{}
	}
	maps.Copy(q.Task.Spec.Env, map[string]string{
		"MLFLOW_TRACKING_URI": r.base, "MLFLOW_EXPERIMENT_ID": r.experiment, "MLFLOW_RUN_ID": r.id,
	})
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var watched sync.WaitGroup
	watched.Go(func() { r.watch(watching, s) })
	err = t.next.Run(ctx, q, s)
	stop()
	watched.Wait()
	r.end(context.WithoutCancel(ctx), ctx.Err() != nil, err, s)
	if q.Sweep != nil {
		t.leave(context.WithoutCancel(ctx), r, *q.Sweep, ctx.Err() != nil, s)
	}
	return err
}

// nest is the run that stands for a sweep; it goes on from now on.
func (t *tracker) nest(ctx context.Context, r *recorded, q tasks.Request) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.parents[q.Sweep.ID]
	switch {
	case p == nil:
		about := tags{
			{"mlflow.source.name", q.Task.Title},
			{"mlflow.source.type", "LOCAL"},
			{"sawhorse.sweep", string(q.Sweep.ID)},
			{"sawhorse.swept", strings.Join(q.Sweep.Swept, ", ")},
		}
		made, err := r.create(ctx, r.experiment, "sweep "+string(q.Sweep.ID), about, time.Now())
		if err != nil {
			return "", err
		}
		p = &parent{id: made.Info.ID}
		t.parents[q.Sweep.ID] = p
	case p.running == 0:
		if err := r.update(ctx, p.id, statusRunning, time.Time{}); err != nil {
			return "", err
		}
	}
	p.running++
	return p.id, nil
}

// leave says of a sweep that it has ended, when this was the last of its runs that
// go on.
func (t *tracker) leave(ctx context.Context, r *recorded, w tasks.Sweep, stopped bool, s tasks.Sink) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.parents[w.ID]
	if p.running--; p.running > 0 {
		return
	}
	status := statusFinished
	if stopped {
		status = statusKilled
	}
	if err := r.update(ctx, p.id, status, time.Now()); err != nil {
		s.Log(logs.Note, fmt.Appendf(nil, "the server was not told that the sweep is %s: %v\n", strings.ToLower(status), err))
	}
}

// recorded is a run that is recorded.
type recorded struct {
	*server
	id, experiment string
	// told is how many points of each metric were told, and the last of them.
	told map[string]int
	last map[string]metric
}

// startWithin is how long the server may take before a run fails for it.
const startWithin = 20 * time.Second

func (t *tracker) begin(ctx context.Context, q tasks.Request) (*recorded, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	p := t.where()
	all := found(p)
	i := slices.IndexFunc(all, func(s settings) bool { return s.name == q.Task.Spec.Track })
	if i < 0 {
		return nil, &tasks.StartError{
			Reason: fmt.Sprintf("track: %s names no server", q.Task.Spec.Track),
			Hint:   "declare it under integrations:, or set MLFLOW_TRACKING_URI",
		}
	}
	srv, err := all[i].dial(ctx)
	if err != nil {
		return nil, err
	}
	r := &recorded{server: srv, told: map[string]int{}, last: map[string]metric{}}
	if r.experiment, err = srv.experimentID(ctx, q.Task.Name); err == nil {
		r.id, err = t.create(ctx, r, p.Dir, q)
	}
	if err != nil {
		srv.rest.Close()
		return nil, fmt.Errorf("record the run: %w", err)
	}
	return r, nil
}

// create makes the run on the server, nested when it is one of a sweep.
func (t *tracker) create(ctx context.Context, r *recorded, dir string, q tasks.Request) (id string, err error) {
	about := describe(ctx, dir, q)
	if q.Sweep != nil {
		parent, err := t.nest(ctx, r, q)
		if err != nil {
			return "", err
		}
		about = append(about, tag{"mlflow.parentRunId", parent})
	}
	made, err := r.create(ctx, r.experiment, string(q.Run), about, time.Now())
	if err != nil && q.Sweep != nil {
		t.mu.Lock()
		t.parents[q.Sweep.ID].running--
		t.mu.Unlock()
	}
	return made.Info.ID, err
}

// mostDiff is the longest value of a tag, of which the server takes no longer one.
const mostDiff = 8000

// The tags that tell the code of a run: its commit, what was not committed, and
// whether that was too long for a tag.
const (
	tagCommit  = "mlflow.source.git.commit"
	tagDiff    = "mlflow.source.git.diff"
	tagDiffCut = "sawhorse.git.diff.cut"
)

// describe says what code runs, where, and by whom.
func describe(ctx context.Context, dir string, q tasks.Request) tags {
	t := tags{{"mlflow.source.name", q.Task.Title}, {"mlflow.source.type", "LOCAL"}, {"sawhorse.run", string(q.Run)}}
	add := func(key, value string) {
		if value != "" {
			t = append(t, tag{key, value[:min(len(value), mostDiff)]})
		}
	}
	code := checkout.Now(ctx, dir, mostDiff)
	add(tagCommit, code.Commit)
	add("mlflow.source.git.branch", checkout.Branch(ctx, dir))
	if code.Patch != "" || code.Cut {
		add("mlflow.source.git.dirty", "true")
		add(tagDiff, code.Patch)
	}
	if code.Cut {
		add(tagDiffCut, "true")
	}
	if host, err := os.Hostname(); err == nil {
		add("sawhorse.host", host)
	}
	if u, err := user.Current(); err == nil {
		add("mlflow.user", u.Username)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Params)) {
		if i := slices.IndexFunc(q.Task.Spec.Params, func(p config.Param) bool { return p.Name == name }); i >= 0 && !q.Task.Spec.Params[i].Secret {
			add("sawhorse.param."+name, q.Params[name])
		}
	}
	return t
}

// metricsEvery is how old a number may be on the screen.
const metricsEvery = 700 * time.Millisecond

// watch tells what is new until ctx ends, and once more then.
func (r *recorded) watch(ctx context.Context, s tasks.Sink) {
	tick := time.NewTicker(metricsEvery)
	defer tick.Stop()
	silent := false
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), startWithin)
			defer cancel()
			_ = r.tell(last, s) // what it can't tell now stands on the server
			return
		case <-tick.C:
		}
		err := r.tell(ctx, s)
		switch {
		case ctx.Err() != nil || err == nil:
			silent = false
		case !silent:
			silent = true
			s.Log(logs.Note, fmt.Appendf(nil, "its numbers can't be read for now: %v\n", err))
		}
	}
}

// tell reports the points that came since the last time.
func (r *recorded) tell(ctx context.Context, s tasks.Sink) error {
	now, err := r.run(ctx, r.id)
	if err != nil {
		return err
	}
	for _, m := range now.Data.Metrics {
		if r.last[m.Key] == m || strings.HasPrefix(m.Key, "system/") {
			continue
		}
		points, err := r.history(ctx, r.id, m.Key, r.told[m.Key])
		if err != nil {
			return err
		}
		r.told[m.Key] += len(points)
		r.last[m.Key] = m
		for _, p := range points {
			s.Emit(tasks.MetricReported{Name: p.Key, Point: point(p)})
		}
	}
	return nil
}

// end says on the server how the run ended, if the program did not.
func (r *recorded) end(ctx context.Context, stopped bool, err error, s tasks.Sink) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	now, failed := r.run(ctx, r.id)
	if failed == nil && now.Info.Status != statusRunning && now.Info.Status != statusScheduled && !stopped {
		return
	}
	status := statusFinished
	switch {
	case stopped:
		status = statusKilled
	case err != nil:
		status = statusFailed
	}
	if failed = r.update(ctx, r.id, status, time.Now()); failed != nil && !errors.Is(failed, context.Canceled) {
		s.Log(logs.Note, fmt.Appendf(nil, "the server was not told that the run is %s: %v\n", strings.ToLower(status), failed))
	}
}
