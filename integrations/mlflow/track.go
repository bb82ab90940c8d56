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
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
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
// The runs of a sweep are nested in one run that stands for it, and goes on until the
// last of them has ended.
type tracker struct {
	next  tasks.Runner
	where func() integrations.Place

	mu      sync.Mutex // guards parents
	parents map[tasks.RunID]*parent
}

// parent is the run that stands for a sweep which is not at its end.
type parent struct {
	mu sync.Mutex // held while it is made, so that there is one
	id string     // empty: it is not made yet
}

var (
	_ tasks.Sweeper = (*tracker)(nil)
	_ tasks.Heir    = (*tracker)(nil)
)

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
	return err
}

// nest is the run that stands for a sweep.
func (t *tracker) nest(ctx context.Context, r *recorded, q tasks.Request) (id string, err error) {
	t.mu.Lock()
	p := t.parents[q.Sweep.ID]
	if p == nil {
		p = &parent{}
		t.parents[q.Sweep.ID] = p
	}
	t.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id != "" {
		return p.id, nil
	}
	about := tags{
		{"mlflow.source.name", q.Task.Title},
		{"mlflow.source.type", "LOCAL"},
		{"sawhorse.sweep", string(q.Sweep.ID)},
		{"sawhorse.swept", strings.Join(q.Sweep.Swept, ", ")},
	}
	made, err := r.create(ctx, r.experiment, "sweep "+string(q.Sweep.ID), about, time.Now())
	p.id = made.Info.ID
	return p.id, err
}

// SweepEnded says on the server that a sweep is at its end: killed where runs of it
// never began, the last to end was stopped, or its task was taken away.
func (t *tracker) SweepEnded(ctx context.Context, task tasks.Task, w tasks.Sweep, runs []tasks.Run) error {
	t.mu.Lock()
	p := t.parents[w.ID]
	delete(t.parents, w.ID)
	t.mu.Unlock()
	if p == nil || p.id == "" {
		return nil // none of its runs is recorded
	}
	status := statusFinished
	if len(runs) == 0 || slices.ContainsFunc(runs, func(r tasks.Run) bool { return r.Status == tasks.Skipped }) || lastToEnd(runs).Status == tasks.Cancelled {
		status = statusKilled
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	srv, err := t.dial(ctx, task)
	if err == nil {
		defer srv.rest.Close()
		err = srv.update(ctx, p.id, status, time.Now())
	}
	if err != nil {
		return fmt.Errorf("the server was not told that the sweep %s is %s: %w", w.ID, strings.ToLower(status), err)
	}
	return nil
}

// HostKilled says on the server of runs that a killed host took along that they are
// at their end, and so of the run that stands for their sweep: killed, unless every run
// of the sweep had ended by itself.
func (t *tracker) HostKilled(ctx context.Context, task tasks.Task, runs []tasks.Run) error {
	if task.Spec.Track == "" || !slices.ContainsFunc(runs, func(r tasks.Run) bool { return r.External != "" }) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	srv, err := t.dial(ctx, task)
	if err == nil {
		defer srv.rest.Close()
		err = srv.bury(ctx, runs)
	}
	if err != nil {
		return fmt.Errorf("runs of %s were cut short with an earlier host, and the server was not told: %w", task.Name, err)
	}
	return nil
}

func (s *server) bury(ctx context.Context, runs []tasks.Run) error {
	parents := map[string]time.Time{} // by when the last of their runs ended
	ended := 0
	for _, r := range runs {
		ended += count(r.Status == tasks.Succeeded || r.Status == tasks.Failed)
		if r.External == "" {
			continue
		}
		there, err := s.run(ctx, r.External)
		if rest.Is(err, rest.NotFound) {
			continue // somebody has deleted it
		}
		if err == nil && r.Status == tasks.Cancelled && there.goesOn() {
			err = s.update(ctx, r.External, statusKilled, r.EndedAt)
		}
		if err != nil {
			return err
		}
		if parent := there.Data.Tags.get("mlflow.parentRunId"); parent != "" && r.EndedAt.After(parents[parent]) {
			parents[parent] = r.EndedAt
		}
	}
	status := statusKilled
	if sweep := runs[0].Sweep; sweep != nil && ended == sweep.Runs {
		status = statusFinished
	}
	for id, at := range parents {
		there, err := s.run(ctx, id)
		if err == nil && there.goesOn() {
			err = s.update(ctx, id, status, at)
		}
		if err != nil && !rest.Is(err, rest.NotFound) {
			return err
		}
	}
	return nil
}

// goesOn says whether the server believes that a run has not ended.
func (r run) goesOn() bool {
	return r.Info.Status == statusRunning || r.Info.Status == statusScheduled
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func lastToEnd(runs []tasks.Run) (last tasks.Run) {
	for _, r := range runs {
		if !r.EndedAt.Before(last.EndedAt) {
			last = r
		}
	}
	return last
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
	srv, err := t.dial(ctx, q.Task)
	if err != nil {
		return nil, err
	}
	r := &recorded{server: srv, told: map[string]int{}, last: map[string]metric{}}
	if r.experiment, err = srv.experimentID(ctx, q.Task.Name); err == nil {
		r.id, err = t.create(ctx, r, t.where().Dir, q)
	}
	if err != nil {
		srv.rest.Close()
		return nil, fmt.Errorf("record the run: %w", err)
	}
	return r, nil
}

// dial reaches the server that records a task.
func (t *tracker) dial(ctx context.Context, task tasks.Task) (*server, error) {
	all := found(t.where())
	i := slices.IndexFunc(all, func(s settings) bool { return s.name == task.Spec.Track })
	if i < 0 {
		return nil, &tasks.StartError{
			Reason: fmt.Sprintf("track: %s names no server", task.Spec.Track),
			Hint:   "declare it under integrations:, or set MLFLOW_TRACKING_URI",
		}
	}
	return all[i].dial(ctx)
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
	t := tags{{"mlflow.source.name", q.Task.Title}, {"mlflow.source.type", "LOCAL"}, {tagRun, string(q.Run)}}
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
	if failed == nil && !now.goesOn() && !stopped {
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
