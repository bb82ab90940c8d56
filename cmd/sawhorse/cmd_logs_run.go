package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// A run of another system has a log of its own, and one for each of its jobs:
// deploy#12 names the run, deploy#12/build a job of it.

// lookSeconds is how long a verb's interest in a run lasts, unless it is said again.
const lookSeconds = 20

// printRun prints the logs of one run: as far as they are there, or, followed, to
// its end.
func (a *app) printRun(ctx context.Context, p place, e outside, id tasks.RunID, step string, o logOptions) error {
	if _, err := awaitTask(ctx, e, id.Task()); err != nil {
		return err
	}
	t := a.newTail(p, a.out)
	t.prefix, t.names = false, map[logs.Key]string{}
	defer t.close()
	f := &runLogs{app: a, e: e, id: id, step: step, o: o, t: t, began: time.Now()}
	want, err := filter(&f.o)
	if err != nil {
		return &fault{code: exitUsage, err: err}
	}
	t.want, t.clock = want, o.clock
	err = followTicking(ctx, e, func(s *tasks.State) (bool, error) { return f.look(ctx, s) })
	if errors.Is(err, context.Canceled) || errors.Is(err, errHostGone) {
		return nil
	}
	return err
}

// newestRun is the run that matters now of a task whose runs have logs of their
// own, where that is the only word: that of another system, and one that is swept.
func newestRun(ctx context.Context, c *attach.Client, words []string) (tasks.RunID, bool) {
	if c == nil || len(words) != 1 {
		return "", false
	}
	s, err := snapshot(ctx, c)
	if err != nil {
		return "", false
	}
	r, ok := s.Current(words[0])
	return r.ID, ok && (s.Units[words[0]].Task.Remote() || r.Sweep != nil)
}

// runLogs follows the logs of a run.
type runLogs struct {
	*app
	e      outside
	id     tasks.RunID
	step   string
	o      logOptions
	t      *tail
	began  time.Time
	looked time.Time
	grew   time.Time // when there was something new for the last time
	lines  int64
	steps  int
}

// settling is how long a run's jobs and their logs must be the same before they
// count as all: its system's answers come one after the other.
const settling = 700 * time.Millisecond

func (f *runLogs) look(ctx context.Context, s *tasks.State) (done bool, err error) {
	r, known := s.Runs[f.id]
	if !known {
		if key := logs.Key(f.id); f.stored(s, key) {
			return true, f.print([]logs.Key{key})
		}
		if time.Since(f.began) > telling {
			return true, f.unknown(s)
		}
		return false, nil
	}
	if time.Since(f.looked) > lookSeconds*time.Second/2 {
		f.looked = time.Now()
		if err := f.e.Do(ctx, tasks.Look{Runs: []tasks.RunID{f.id}, Seconds: lookSeconds}); err != nil {
			return true, err
		}
	}
	f.t.names[r.Log] = string(r.ID)
	keys := f.keys(r)
	var all int64
	for _, key := range keys {
		all += s.Lines[key]
	}
	if steps := len(r.Steps) + len(keys); all != f.lines || steps != f.steps {
		f.lines, f.steps, f.grew = all, steps, time.Now()
	}
	if f.o.follow {
		if err := f.follow(s, r); err != nil {
			return true, err
		}
		return f.whole(r), nil
	}
	if !f.whole(r) {
		return false, nil
	}
	if f.step != "" && len(keys) == 0 {
		return true, f.noStep(r)
	}
	return true, f.print(keys)
}

// follow prints what came since: what the run says of itself, and each job's log
// as its system gives it.
func (f *runLogs) follow(s *tasks.State, r tasks.Run) error {
	keys := f.keys(r)
	if f.step == "" && !slices.Contains(keys, r.Log) {
		keys = append(keys, r.Log)
	}
	f.t.prefix = len(keys) > 1
	for _, key := range keys {
		src := f.t.sources[key]
		if src == nil {
			var err error
			if src, err = f.t.open(key); err != nil {
				return err
			}
			if err := src.seek(f.o.tail, time.Time{}, time.Time{}, f.t.want); err != nil {
				return err
			}
		}
		src.end = max(src.end, s.Lines[key])
	}
	return f.t.flush(r.Status.Done())
}

// whole says whether all that is asked for is there.
func (f *runLogs) whole(r tasks.Run) bool {
	if f.o.follow && !r.Status.Done() {
		return false
	}
	told := len(r.Steps) > 0
	for _, st := range r.Steps {
		if st.Parent != "" || f.step != "" && st.Name != f.step {
			continue
		}
		// A job that never began has no log.
		if st.Status == tasks.Succeeded || st.Status == tasks.Failed {
			told = told && st.Log != ""
		}
	}
	quiet := time.Since(f.began) > telling && (f.grew.IsZero() || time.Since(f.grew) > telling)
	return told && r.Status.Done() && time.Since(f.grew) > settling || f.step != "" && told && f.hasLog(r) || quiet
}

func (f *runLogs) hasLog(r tasks.Run) bool {
	return slices.ContainsFunc(r.Steps, func(st tasks.Step) bool { return st.Parent == "" && st.Name == f.step && st.Log != "" })
}

// keys are the logs that are asked for: those of the jobs, or the run's own
// while there are none.
func (f *runLogs) keys(r tasks.Run) []logs.Key {
	var keys []logs.Key
	for _, st := range r.Steps {
		if st.Log != "" {
			f.t.names[st.Log] = st.Name
		}
		if st.Log != "" && !slices.Contains(keys, st.Log) && (f.step == "" || st.Name == f.step) {
			keys = append(keys, st.Log)
		}
	}
	if len(keys) == 0 && f.step == "" {
		keys = append(keys, r.Log)
	}
	return keys
}

// stored says whether a run of this machine that an earlier host ran has left a log
// of its own: one of a sweep.
func (f *runLogs) stored(s *tasks.State, key logs.Key) bool {
	if f.step != "" || s.Units[f.id.Task()].Task.Remote() {
		return false
	}
	all, err := logs.Keys(f.t.dir)
	return err == nil && slices.Contains(all, key)
}

func (f *runLogs) print(keys []logs.Key) error {
	f.t.prefix = len(keys) > 1
	for _, key := range keys {
		src, err := f.t.open(key)
		if err != nil {
			return err
		}
		if err := src.seek(f.o.tail, time.Time{}, time.Time{}, f.t.want); err != nil {
			return err
		}
	}
	return f.t.flush(true)
}

func (f *runLogs) unknown(s *tasks.State) error {
	var ids []string
	for _, id := range s.Units[f.id.Task()].Runs {
		ids = append(ids, string(id))
	}
	hint := "it has no runs here yet: sawhorse runs " + f.id.Task()
	if len(ids) > 0 {
		hint = "there are: " + joinNames(ids)
	}
	return &fault{code: exitUsage, err: fmt.Errorf("there is no run %s", f.id), hint: hint}
}

func (f *runLogs) noStep(r tasks.Run) error {
	var names []string
	for _, st := range r.Steps {
		if st.Parent == "" {
			names = append(names, st.Name)
		}
		if st.Name == f.step {
			return &fault{
				code: exitFailure, err: fmt.Errorf("%s of %s has no log yet: it is %s", f.step, r.ID, st.Status),
				hint: "its system may give it when the job has ended   ·   " + r.URL,
			}
		}
	}
	return &fault{code: exitUsage, err: fmt.Errorf("%s has no job %q", r.ID, f.step), hint: "it has: " + strings.Join(names, ", ")}
}
