package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

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
