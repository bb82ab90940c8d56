package engine

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// TestWhateverIsAskedTheRulesHold throws commands, file changes, failures and
// time at a random graph of services and tasks. At every moment:
//   - nothing runs twice at once, but for the runs of one sweep, as many as it says,
//   - nothing begins before its dependencies have reached their condition,
//   - what waits says why,
//
// and in the end everything stops, and no goroutine is left.
func TestWhateverIsAskedTheRulesHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		units := drawUnits(rt)
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 5, 25).Draw(rt, "steps")
		picks := rapid.SliceOfN(rapid.IntRange(0, len(units)-1), len(steps), len(steps)).Draw(rt, "picks")
		fails := rapid.SliceOfN(rapid.Bool(), len(units), len(units)).Draw(rt, "fails")
		dir, err := os.MkdirTemp(t.TempDir(), "") //nolint:usetesting // one a check
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		synctest.Test(t, func(t *testing.T) {
			checkRules(t, dir, units, steps, picks, fails)
		})
	})
}

func drawUnits(rt *rapid.T) []config.Unit {
	n := rapid.IntRange(1, 8).Draw(rt, "units")
	var units []config.Unit
	for i := range n {
		u := config.Unit{Name: fmt.Sprintf("u%d", i), Kind: config.Service, OnBusy: config.BusyRestart}
		if rapid.Bool().Draw(rt, "is a task") {
			u.Kind = config.Task
			u.OnBusy = rapid.SampledFrom([]config.OnBusy{config.BusyRestart, config.BusyQueue, config.BusyIgnore}).Draw(rt, "busy")
		} else {
			u.Restart.When = rapid.SampledFrom([]config.RestartWhen{config.RestartNo, config.RestartOnFailure, config.RestartAlways}).Draw(rt, "restart")
		}
		if rapid.Bool().Draw(rt, "watches") {
			u.Watch = &config.Watch{Paths: []string{"**/*.go"}}
		}
		for j := range i {
			if rapid.IntRange(0, 3).Draw(rt, "needs") > 0 {
				continue
			}
			c := config.Ready
			if units[j].Kind == config.Task {
				c = rapid.SampledFrom([]config.Condition{config.Succeeded, config.Completed}).Draw(rt, "condition")
			}
			u.DependsOn = append(u.DependsOn, config.Dependency{Name: units[j].Name, Condition: c})
		}
		units = append(units, u)
	}
	return units
}

func checkRules(t *testing.T, dir string, units []config.Unit, steps, picks []int, fails []bool) {
	t.Helper()
	store, err := logs.Open(dir, logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := declare(units...)
	r := &ruled{fails: fails, running: map[string][]*tasks.Sweep{}, broken: make(chan string, 100)}
	var change func(watch.Batch)
	e := New(Options{
		Workspace: tasks.Workspace{Root: "/shop"}, Logs: store, Runners: map[string]tasks.Runner{"": r},
		Load: func(context.Context) (*config.File, error) { return file, nil },
		Watch: func(ctx context.Context, _ func(watch.Status), f func(watch.Batch)) error {
			change = f
			<-ctx.Done()
			return nil
		},
	})
	ended := make(chan error, 1)
	go func() { ended <- e.Run(context.Background()) }()
	synctest.Wait()

	ctx, cancel := context.WithCancel(context.Background())
	mirror, events := e.Subscribe(ctx)
	mirrored := make(chan struct{})
	go func() {
		defer close(mirrored)
		for batch := range events {
			for _, ev := range batch {
				if started, ok := ev.(tasks.RunStarted); ok {
					r.checkStart(&mirror, started.ID)
				}
				mirror.Apply(ev)
			}
		}
	}()

	for i, step := range steps {
		name := units[picks[i]].Name
		switch step {
		case 0:
			_ = e.Do(ctx, tasks.Start{})
		case 1:
			_ = e.Do(ctx, tasks.Start{Names: []string{name}})
		case 2:
			_ = e.Do(ctx, tasks.Stop{Names: []string{name}})
		case 3:
			_ = e.Do(ctx, tasks.Restart{Names: []string{name}})
		case 4:
			_ = e.Do(ctx, tasks.RunTask{Name: name})
		case 5:
			change(watch.Batch{Paths: []watch.Change{{Path: "a.go"}}, FirstEvent: time.Now()})
		case 6:
			pass(50 * time.Millisecond)
		case 7:
			pass(3 * time.Second)
		case 8:
			_ = e.Do(ctx, tasks.RunSweep{Name: name, Sets: make([]map[string]string, 1+i%5), Parallel: i % 4})
		case 9:
			e.mu.Lock()
			current, _ := e.state.Current(name)
			e.mu.Unlock()
			_ = e.Do(ctx, tasks.Cancel{ID: current.ID, Sweep: i%2 == 0})
		}
		synctest.Wait()
		checkHolds(t, e)
	}
	if err := e.Do(ctx, tasks.Down{}); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cancel()
	<-mirrored
	if len(r.running) > 0 {
		t.Errorf("still running after the end: %v", r.running)
	}
	select {
	case what := <-r.broken:
		t.Error(what)
	default:
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// checkHolds: every queued run has a reason.
func checkHolds(t *testing.T, e *Engine) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, run := range e.state.Runs {
		if run.Status == tasks.Queued && len(run.Holds) == 0 {
			t.Errorf("%s waits without a reason", id)
		}
		if run.Status.Done() && run.EndedAt.IsZero() {
			t.Errorf("%s has ended at no time", id)
		}
	}
}

// ruled is a runner that notes broken rules.
type ruled struct {
	fails   []bool
	mu      sync.Mutex
	running map[string][]*tasks.Sweep
	broken  chan string
}

func (r *ruled) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	r.enter(q.Task.Name, q.Sweep)
	defer r.leave(q.Task.Name)
	var i int
	_, _ = fmt.Sscanf(q.Task.Of, "u%d", &i)
	if !q.Task.IsService() {
		select {
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
			return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
		}
		if r.fails[i] {
			return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
		}
		return nil
	}
	select {
	case <-time.After(20 * time.Millisecond):
		s.Emit(tasks.RunReady{At: time.Now()})
	case <-ctx.Done():
		return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
	}
	if r.fails[i] {
		select {
		case <-time.After(500 * time.Millisecond):
			return &tasks.ExitError{Exit: tasks.Exit{Code: 2}}
		case <-ctx.Done():
		}
	}
	<-ctx.Done()
	time.Sleep(10 * time.Millisecond) // virtual: an end takes its time
	return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
}

func (r *ruled) checkStart(s *tasks.State, id tasks.RunID) {
	u := s.Units[id.Task()]
	for _, d := range u.Task.Spec.DependsOn {
		dep := s.Units[d.Name]
		active, running := s.Active(d.Name)
		done, ended := s.Finished(d.Name)
		ok := false
		switch {
		case dep.Task.IsService():
			ok = running && active.Status == tasks.Ready
		case d.Condition == config.Completed:
			ok = ended && !running
		default:
			ok = ended && !running && done.Status == tasks.Succeeded
		}
		if !ok {
			r.note(fmt.Sprintf("%s began while %s was not %s", id, d.Name, d.Condition))
		}
	}
}

func (r *ruled) note(what string) {
	select {
	case r.broken <- what:
	default:
	}
}

func (r *ruled) enter(name string, w *tasks.Sweep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.running[name] {
		if w == nil || other != w {
			r.note(name + " runs twice at once")
		}
	}
	r.running[name] = append(r.running[name], w)
	if w != nil && len(r.running[name]) > w.Parallel {
		r.note(fmt.Sprintf("%d of %s run at once, and %d may", len(r.running[name]), name, w.Parallel))
	}
}

func (r *ruled) leave(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[name] = r.running[name][1:]; len(r.running[name]) == 0 {
		delete(r.running, name)
	}
}
