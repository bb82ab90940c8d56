package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// runner is a Runner whose runs do what the test says.
type runner struct {
	mu      sync.Mutex
	began   []string
	ended   []string
	script  map[string]func(ctx context.Context, r tasks.Request, s tasks.Sink) error
	readyIn map[string]time.Duration
	swept   []string // sweeps that have ended, each with its runs
	buried  []string // what a killed host left
	deaf    error    // what is said when it is told of that
}

func (f *runner) HostKilled(_ context.Context, t tasks.Task, runs []tasks.Run) error {
	text := t.Name
	for _, r := range runs {
		text += fmt.Sprintf(", %d %s", r.Number, r.Status)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buried = append(f.buried, text)
	return f.deaf
}

func (f *runner) SweepEnded(_ context.Context, t tasks.Task, w tasks.Sweep, runs []tasks.Run) error {
	text := string(w.ID)
	if t.Name != w.ID.Task() {
		text += " of the task " + t.Name
	}
	for _, r := range runs {
		text += " " + string(r.Status)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.swept = append(f.swept, text)
	return nil
}

// sweeps waits for what goes on now, and is what was said of sweeps.
func (f *runner) sweeps() []string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.swept)
}

func (f *runner) Run(ctx context.Context, r tasks.Request, s tasks.Sink) error {
	f.mu.Lock()
	f.began = append(f.began, r.Task.Name)
	do, delay := f.script[r.Task.Name], f.readyIn[r.Task.Name]
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.ended = append(f.ended, r.Task.Name)
		f.mu.Unlock()
	}()
	if do != nil {
		return do(ctx, r, s)
	}
	if !r.Task.IsService() {
		return nil
	}
	select {
	case <-time.After(delay):
		s.Emit(tasks.RunReady{At: time.Now()})
	case <-ctx.Done():
	}
	<-ctx.Done()
	return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
}

func (f *runner) order() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.began)
}

func (f *runner) ends() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ended)
}

// bench is an engine on a virtual clock with a fake runner.
type bench struct {
	*testing.T
	e      *Engine
	r      *runner
	file   *config.File
	loadMu sync.Mutex
	broken error
	change func(watch.Batch)
	ports  int
	ended  chan error
	past   []tasks.Run
}

// onEngine runs a test inside a bubble of virtual time with an engine that has
// read units.
func onEngine(t *testing.T, units []config.Unit, f func(b *bench)) {
	t.Helper()
	onEngineWith(t, units, func(*Options) {}, f)
}

// onEngineWith is onEngine with other options.
func onEngineWith(t *testing.T, units []config.Unit, change func(*Options), f func(b *bench)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, err := logs.Open(dir, logs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, r: &runner{script: map[string]func(context.Context, tasks.Request, tasks.Sink) error{}, readyIn: map[string]time.Duration{}}, ended: make(chan error, 1)}
		b.file = declare(units...)
		o := Options{
			Workspace: tasks.Workspace{Name: "shop", Root: "/shop"},
			Load: func(context.Context) (*config.File, error) {
				b.loadMu.Lock()
				defer b.loadMu.Unlock()
				return b.file, b.broken
			},
			Declares: func(path string) bool { return path == "sawhorse.yml" },
			Runners:  map[string]tasks.Runner{"": b.r},
			Logs:     store,
			Port:     func() (int, error) { b.ports++; return 40000 + b.ports, nil },
			Record:   func(_ context.Context, r tasks.Run) error { b.past = append(b.past, r); return nil },
			Watch: func(ctx context.Context, status func(watch.Status), f func(watch.Batch)) error {
				b.change = f
				status(watch.Status{Ready: true})
				<-ctx.Done()
				return nil
			},
		}
		change(&o)
		b.e = New(o)
		go func() { b.ended <- b.e.Run(context.Background()) }()
		synctest.Wait()
		defer func() { // also after Fatal: nothing may be left in the bubble
			_ = b.e.Do(context.Background(), tasks.Down{})
			if err := <-b.ended; err != nil {
				t.Errorf("engine ended with %v", err)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}()
		f(b)
	})
}

// declare makes a file of units as the loader would: defaults filled in.
func declare(units ...config.Unit) *config.File {
	f := &config.File{Name: "shop", Dir: "/shop", Files: []string{"/shop/sawhorse.yml"}}
	for i, u := range units {
		u.Pos = config.Position{File: "/shop/sawhorse.yml", Line: i + 1}
		if u.Run == "" {
			u.Run = "run " + u.Name
		}
		if u.Kind == config.Service {
			u.Autostart = true
			if u.Restart.When == "" {
				u.Restart.When = config.RestartNo
			}
			if u.Restart.Min == 0 {
				u.Restart.Min, u.Restart.Max, u.Restart.Reset = 100*time.Millisecond, 30*time.Second, 10*time.Second
			}
		} else if u.Watch != nil {
			u.Autostart = true
		}
		f.Units = append(f.Units, u)
	}
	return f
}

func service(name string, needs ...string) config.Unit {
	u := config.Unit{Name: name, Kind: config.Service}
	for _, n := range needs {
		u.DependsOn = append(u.DependsOn, config.Dependency{Name: n, Condition: config.Ready})
	}
	return u
}

func task(name string, needs ...string) config.Unit {
	u := config.Unit{Name: name, Kind: config.Task, OnBusy: config.BusyRestart}
	for _, n := range needs {
		u.DependsOn = append(u.DependsOn, config.Dependency{Name: n, Condition: config.Succeeded})
	}
	return u
}

func watching(u config.Unit, globs ...string) config.Unit {
	u.Watch = &config.Watch{Paths: globs}
	return u
}

func (b *bench) do(c tasks.Command) {
	b.Helper()
	if err := b.e.Do(context.Background(), c); err != nil {
		b.Fatalf("%T refused: %v", c, err)
	}
	synctest.Wait()
}

func (b *bench) refused(c tasks.Command, part string) {
	b.Helper()
	err := b.e.Do(context.Background(), c)
	if err == nil || !strings.Contains(err.Error(), part) {
		b.Fatalf("%T: got %v, want a refusal with %q", c, err, part)
	}
}

func (b *bench) state() tasks.State {
	b.e.mu.Lock()
	defer b.e.mu.Unlock()
	return b.e.state.Clone()
}

func (b *bench) status(name string) tasks.Status {
	s := b.state()
	r, _ := s.Current(name)
	return r.Status
}

func (b *bench) wantStatus(name string, want tasks.Status) {
	b.Helper()
	if got := b.status(name); got != want {
		b.Fatalf("%s is %q, want %q", name, got, want)
	}
}

func (b *bench) save(files ...string) {
	batch := watch.Batch{FirstEvent: time.Now(), Settled: time.Now()}
	for _, f := range files {
		batch.Paths = append(batch.Paths, watch.Change{Path: f, Op: watch.Modified})
	}
	b.change(batch)
	synctest.Wait()
}

// takes is for a script whose work lasts that long: virtual, inside a bubble.
func takes(d time.Duration) { <-time.After(d) }

// pass lets virtual time go by.
func pass(d time.Duration) {
	time.Sleep(d) // virtual: inside a synctest bubble
	synctest.Wait()
}
