package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

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

func TestServicesStartInDependencyOrderAndSayWhyTheyWait(t *testing.T) {
	onEngine(t, []config.Unit{service("web", "api"), service("api", "db"), service("db")}, func(b *bench) {
		b.r.readyIn["db"] = 2 * time.Second
		b.do(tasks.Start{})
		if diff := cmp.Diff([]string{"db"}, b.r.order()); diff != "" {
			t.Fatal(diff)
		}
		s := b.state()
		w, _ := s.Waiting("api")
		want := []tasks.Hold{{On: "db", Why: "db is not ready yet: its first probe has not answered"}}
		if diff := cmp.Diff(want, w.Holds); diff != "" {
			t.Fatal(diff)
		}
		w, _ = s.Waiting("web")
		if len(w.Holds) != 1 || !strings.HasPrefix(w.Holds[0].Why, "api waits too: db is not ready") {
			t.Fatalf("web waits because of %v", w.Holds)
		}
		pass(2 * time.Second)
		if diff := cmp.Diff([]string{"db", "api", "web"}, b.r.order()); diff != "" {
			t.Fatal(diff)
		}
		b.wantStatus("web", tasks.Ready)
	})
}

func TestDownStopsDependentsFirst(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), service("api", "db"), service("web", "api")}, func(b *bench) {
		b.do(tasks.Start{})
		b.do(tasks.Down{})
		if diff := cmp.Diff([]string{"web", "api", "db"}, b.r.ends()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAStartedServiceBringsItsDependenciesAlong(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), service("api", "db"), service("docs")}, func(b *bench) {
		b.do(tasks.Start{Names: []string{"api"}})
		if diff := cmp.Diff([]string{"db", "api"}, b.r.order()); diff != "" {
			t.Fatal(diff)
		}
		if b.state().Units["docs"].Up {
			t.Fatal("docs was started though nothing needs it")
		}
	})
}

func TestAFailingServiceRestartsWithDoublingDelays(t *testing.T) {
	u := service("worker")
	u.Restart.When = config.RestartOnFailure
	onEngine(t, []config.Unit{u}, func(b *bench) {
		var starts []time.Duration
		begun := time.Now()
		b.r.script["worker"] = func(context.Context, tasks.Request, tasks.Sink) error {
			starts = append(starts, time.Since(begun))
			return &tasks.ExitError{Exit: tasks.Exit{Code: 2}}
		}
		b.do(tasks.Start{})
		pass(1600 * time.Millisecond)
		want := []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond}
		if diff := cmp.Diff(want, starts); diff != "" {
			t.Fatal(diff)
		}
		s := b.state()
		if s.Units["worker"].Restarts != 5 {
			t.Errorf("%d restarts are counted, want 5", s.Units["worker"].Restarts)
		}
		w, _ := s.Waiting("worker")
		if w.Cause.String() != "restart after exit 2" {
			t.Errorf("the cause is %q", w.Cause)
		}
	})
}

func TestTheDelayBeginsAnewAfterAServiceWasUpForLong(t *testing.T) {
	r := tasks.Run{Status: tasks.Failed, Attempt: 7, StartedAt: time.Unix(0, 0), EndedAt: time.Unix(11, 0)}
	p := afterEnd(config.Restart{When: config.RestartAlways, Min: 100 * time.Millisecond, Max: 30 * time.Second, Reset: 10 * time.Second}, r, false)
	if want := (restartPlan{again: true, delay: 100 * time.Millisecond, attempt: 1}); p != want {
		t.Fatalf("got %+v, want %+v", p, want)
	}
}

func TestARestartPolicyHasACeilingAndALimit(t *testing.T) {
	policy := config.Restart{When: config.RestartOnFailure, Min: 100 * time.Millisecond, Max: time.Second, Reset: 10 * time.Second, Limit: 9}
	failed := tasks.Run{Status: tasks.Failed, Attempt: 8}
	if p := afterEnd(policy, failed, false); p.delay != time.Second || p.attempt != 9 {
		t.Errorf("got %+v", p)
	}
	failed.Attempt = 9
	if p := afterEnd(policy, failed, false); p.again || p.why == "" {
		t.Errorf("restarted past its limit: %+v", p)
	}
	if p := afterEnd(policy, tasks.Run{Status: tasks.Succeeded}, false); p.again {
		t.Error("on-failure restarted a success")
	}
	if p := afterEnd(policy, tasks.Run{Status: tasks.Cancelled}, false); p.again {
		t.Error("restarted what a person stopped")
	}
	if p := afterEnd(policy, failed, true); p.again {
		t.Error("restarted what can't begin")
	}
}

func TestAPersonsStopKeepsAServiceDown(t *testing.T) {
	u := service("worker")
	u.Restart.When = config.RestartAlways
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.do(tasks.Start{})
		b.do(tasks.Stop{Names: []string{"worker"}})
		pass(time.Minute)
		b.wantStatus("worker", tasks.Cancelled)
		if n := len(b.r.order()); n != 1 {
			t.Fatalf("it was started %d times", n)
		}
	})
}

func TestStoppingDuringTheBackoffEndsIt(t *testing.T) {
	u := service("worker")
	u.Restart.When = config.RestartAlways
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.r.script["worker"] = func(context.Context, tasks.Request, tasks.Sink) error {
			return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
		}
		b.do(tasks.Start{})
		b.do(tasks.Stop{Names: []string{"worker"}})
		pass(time.Minute)
		if n := len(b.r.order()); n != 1 {
			t.Fatalf("it was started %d times", n)
		}
	})
}

func (b *bench) stateRun(name string) (tasks.Run, bool) {
	s := b.state()
	return s.Current(name)
}

// busyTask blocks until its context ends.
func busyTask(ctx context.Context, _ tasks.Request, _ tasks.Sink) error {
	<-ctx.Done()
	return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
}

func TestATaskWhoseDependencyFailedIsSkippedWithTheReason(t *testing.T) {
	onEngine(t, []config.Unit{task("build"), task("test", "build")}, func(b *bench) {
		b.r.script["build"] = func(context.Context, tasks.Request, tasks.Sink) error {
			return &tasks.ExitError{Exit: tasks.Exit{Code: 2}}
		}
		b.do(tasks.RunTask{Name: "test", Request: "mine"})
		r, _ := b.stateRun("test")
		if r.Status != tasks.Skipped || !strings.Contains(r.Error, "build failed (exit 2)") {
			t.Fatalf("%s: %s", r.Status, r.Error)
		}
	})
}

func TestRunningATaskRunsItsTaskDependenciesAgainFirst(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), task("build"), task("test", "build")}, func(b *bench) {
		b.do(tasks.RunTask{Name: "test"})
		b.do(tasks.RunTask{Name: "test"})
		if diff := cmp.Diff([]string{"build", "test", "build", "test"}, b.r.order()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestParametersAreCheckedAndSecretsNeverShown(t *testing.T) {
	u := task("deploy")
	u.Params = []config.Param{
		{Name: "env", Type: config.ParamString, Choices: []string{"staging", "prod"}, Required: true},
		{Name: "n", Type: config.ParamInt, Default: "3", HasDefault: true},
		{Name: "token", Type: config.ParamString, Secret: true},
	}
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.refused(tasks.RunTask{Name: "deploy"}, "needs a value for env")
		b.refused(tasks.RunTask{Name: "deploy", Params: map[string]string{"env": "moon"}}, "not one of staging, prod")
		b.refused(tasks.RunTask{Name: "deploy", Params: map[string]string{"env": "prod", "n": "x"}}, "not of type int")
		b.refused(tasks.RunTask{Name: "deploy", Params: map[string]string{"envv": "prod"}}, `no parameter "envv"`)
		var given map[string]string
		b.r.script["deploy"] = func(_ context.Context, r tasks.Request, s tasks.Sink) error {
			given = r.Params
			s.Emit(tasks.ParamsReported{Params: map[string]string{"net.hidden": "8", "token": "hunter2"}})
			return nil
		}
		b.do(tasks.RunTask{Name: "deploy", Params: map[string]string{"env": "prod", "token": "hunter2"}})
		if diff := cmp.Diff(map[string]string{"env": "prod", "n": "3", "token": "hunter2"}, given); diff != "" {
			t.Fatal(diff)
		}
		r, _ := b.stateRun("deploy")
		if r.Params["token"] != "••••" {
			t.Fatalf("the state shows %q", r.Params["token"])
		}
		want := map[string]string{"env": "prod", "n": "3", "token": "••••", "net.hidden": "8"}
		if diff := cmp.Diff(want, r.Subject().Params); diff != "" {
			t.Errorf("beside others it has, with what its program wrote down: %s", diff)
		}
	})
	// After the end, the history has no secret either.
}

func TestUnknownNamesAreRefusedWithWhatThereIs(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), service("api")}, func(b *bench) {
		b.refused(tasks.Start{Names: []string{"apx"}}, "there are: db, api")
	})
}

func TestReplicasAreTasksOfOneName(t *testing.T) {
	u := service("worker")
	u.Replicas = 3
	u.Ports = []config.Port{{Name: "http", Number: 9000}, {Name: "debug"}}
	onEngine(t, []config.Unit{u, service("api", "worker")}, func(b *bench) {
		b.do(tasks.Start{Names: []string{"worker"}})
		if diff := cmp.Diff([]string{"worker/1", "worker/2", "worker/3"}, slices.Sorted(slices.Values(b.r.order()))); diff != "" {
			t.Fatal(diff)
		}
		r, _ := b.stateRun("worker/2")
		if r.Ports["http"] != 9001 || r.Ports["debug"] == 0 {
			t.Fatalf("ports: %v", r.Ports)
		}
		b.do(tasks.Stop{Names: []string{"worker/2"}})
		b.wantStatus("worker/2", tasks.Cancelled)
		b.wantStatus("worker/3", tasks.Ready)
	})
}

func TestAScheduleStartsItsTaskOnTime(t *testing.T) {
	u := task("backup")
	u.Schedule = "@every 10m"
	onEngine(t, []config.Unit{u}, func(b *bench) {
		pass(31 * time.Minute)
		if n := len(b.r.order()); n != 3 {
			t.Fatalf("it ran %d times, want 3", n)
		}
	})
}

func TestATaskThatTakesTooLongIsStoppedAndSaysSo(t *testing.T) {
	u := task("slow")
	u.Timeout = 5 * time.Second
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.r.script["slow"] = busyTask
		b.do(tasks.RunTask{Name: "slow"})
		pass(6 * time.Second)
		r, _ := b.stateRun("slow")
		if r.Status != tasks.Failed || !strings.Contains(r.Error, "timed out after 5s") {
			t.Fatalf("%s: %s", r.Status, r.Error)
		}
	})
}

func TestNoMoreTasksRunAtOnceThanJobsAllows(t *testing.T) {
	onEngine(t, []config.Unit{task("a"), task("b"), task("c"), service("db")}, func(b *bench) {
		b.r.script["a"], b.r.script["b"] = busyTask, busyTask
		file := *b.file
		file.Jobs = 2
		b.setFile(&file, nil)
		b.save("sawhorse.yml")
		for _, name := range []string{"a", "b", "c", "db"} {
			b.do(tasks.Start{Names: []string{name}})
		}
		b.wantStatus("b", tasks.Running)
		b.wantStatus("db", tasks.Ready)
		r, _ := b.stateRun("c")
		if r.Status != tasks.Queued || len(r.Holds) != 1 || !strings.Contains(r.Holds[0].Why, "2 tasks run already") {
			t.Fatalf("c is %s: %v", r.Status, r.Holds)
		}
		b.do(tasks.Cancel{ID: "a#1"})
		b.wantStatus("c", tasks.Succeeded)
	})
}

func TestCancelSaysWhatItCannotCancel(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		b.refused(tasks.Cancel{ID: "t#9"}, "no run t#9")
		b.do(tasks.RunTask{Name: "t"})
		b.refused(tasks.Cancel{ID: "t#1"}, "has ended already")
	})
}

func TestTheVerdictOnARun(t *testing.T) {
	exit2 := &tasks.ExitError{Exit: tasks.Exit{Code: 2}}
	for _, c := range []struct {
		name     string
		err, why error
		want     tasks.Status
		text     string
	}{
		{"it worked", nil, nil, tasks.Succeeded, ""},
		{"it failed", exit2, nil, tasks.Failed, "exit 2"},
		{"a person stopped it", exit2, tasks.ErrCancelled, tasks.Cancelled, "cancelled"},
		{"a newer change came", exit2, tasks.ErrStale, tasks.Stale, tasks.ErrStale.Error()},
		{"it could not begin", &tasks.StartError{Reason: "nope: not found"}, nil, tasks.Failed, "nope: not found"},
		{"something else", errors.New("boom"), nil, tasks.Failed, "boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := verdict(c.err, c.why)
			if got.Status != c.want || got.Error != c.text {
				t.Errorf("got %s %q, want %s %q", got.Status, got.Error, c.want, c.text)
			}
		})
	}
}
