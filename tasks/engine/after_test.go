package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// registry is a system whose boxes can be promoted.
type registry struct {
	*system
	outcome tasks.Outcome
	err     error
}

func (r *registry) Kinds() []tasks.Kind {
	return []tasks.Kind{{Name: "box", Title: "BOXES", Operations: []tasks.Operation{{Name: "promote", After: "promote"}, {Name: "dust"}}}}
}

func (r *registry) OperateTelling(context.Context, tasks.Resource, string, map[string]string) (tasks.Outcome, error) {
	return r.outcome, r.err
}

// onRegistry is an engine that is connected to a registry with one box.
func onRegistry(t *testing.T, r *registry, units []config.Unit, f func(b *bench)) {
	t.Helper()
	r.system = &system{}
	r.outcome = tasks.Outcome{Text: "a@champion is version 7, was version 6", Values: map[string]string{"model": "a", "version": "7", "previous": "6"}}
	onEngineWith(t, units, func(o *Options) {
		r.begin()
		o.Connections = func(context.Context, *config.File) ([]tasks.Connection, error) {
			c := r.connection()
			c.Connect = func(context.Context, tasks.Lookout) (any, error) { return r, nil }
			return []tasks.Connection{c}, nil
		}
	}, func(b *bench) {
		r.told(tasks.Changes{Changed: []tasks.Resource{box("a")}})
		synctest.Wait()
		f(b)
	})
}

// given are the variables of Sawhorse's and the parameters that a run was given.
func given(b *bench, task string) func() map[string]string {
	var got map[string]string
	b.r.script[task] = func(_ context.Context, q tasks.Request, _ tasks.Sink) error {
		got = maps.Clone(q.Params)
		if got == nil {
			got = map[string]string{}
		}
		for name, v := range q.Task.Spec.Env {
			if strings.HasPrefix(name, "SAWHORSE_") {
				got[name] = v
			}
		}
		return nil
	}
	return func() map[string]string { return got }
}

func follower(name string, params ...config.Param) config.Unit {
	u := task(name, "test")
	u.After, u.Params, u.Env = config.AfterPromote, params, map[string]string{"OWN": "1"}
	return u
}

func TestTasksFollowAPromotionWithWhatCameOfIt(t *testing.T) {
	r := &registry{}
	units := []config.Unit{task("test"), follower("deploy", config.Param{Name: "version", Required: true}, config.Param{Name: "env", Default: "dev", HasDefault: true}), task("other")}
	onRegistry(t, r, units, func(b *bench) {
		got := given(b, "deploy")
		promote := tasks.Operate{ID: box("a").ID, Operation: "promote", Request: "word"}
		b.do(promote)
		synctest.Wait()
		want := map[string]string{"version": "7", "env": "dev", "SAWHORSE_MODEL": "a", "SAWHORSE_VERSION": "7", "SAWHORSE_PREVIOUS": "6"}
		if diff := cmp.Diff(want, got()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"test", "deploy"}, b.r.order()); diff != "" {
			t.Error(diff) // what it depends on runs first, and nothing else
		}
		run, _ := b.stateRun("deploy")
		cause := tasks.Cause{Kind: tasks.ByOperation, Detail: "a@champion is version 7, was version 6", Request: "word", Fresh: true}
		if diff := cmp.Diff(cause, run.Cause); diff != "" {
			t.Error(diff)
		}
		// One that is run again by hand is about the same version.
		b.do(tasks.RunTask{Name: "deploy", Params: map[string]string{"version": "7"}})
		synctest.Wait()
		if got()["SAWHORSE_VERSION"] != "7" {
			t.Errorf("by hand it is given %v", got())
		}
		// Another operation is followed by nothing, and neither is one that failed.
		began := len(b.r.order())
		b.do(tasks.Operate{ID: box("a").ID, Operation: "dust"})
		r.err = errors.New("the registry says no")
		b.refused(promote, "the registry says no")
		synctest.Wait()
		if n := len(b.r.order()); n != began {
			t.Errorf("%d more runs", n-began)
		}
	})
}

func TestASmokeTestFollowsTheDeploymentThatItDependsOn(t *testing.T) {
	r := &registry{}
	smoke := follower("smoke")
	smoke.DependsOn = []config.Dependency{{Name: "deploy", Condition: config.Succeeded}}
	onRegistry(t, r, []config.Unit{smoke, follower("deploy"), task("test")}, func(b *bench) {
		deployed, tested := given(b, "deploy"), given(b, "smoke")
		for _, version := range []string{"7", "8"} {
			r.outcome.Values = map[string]string{"version": version}
			b.do(tasks.Operate{ID: box("a").ID, Operation: "promote"})
			synctest.Wait()
			want := map[string]string{"SAWHORSE_VERSION": version}
			if diff := cmp.Diff([]map[string]string{want, want}, []map[string]string{deployed(), tested()}); diff != "" {
				t.Error(diff)
			}
		}
		if diff := cmp.Diff([]string{"test", "deploy", "smoke", "test", "deploy", "smoke"}, b.r.order()); diff != "" {
			t.Error(diff)
		}
		if n := len(b.state().Units["deploy"].Runs); n != 2 {
			t.Errorf("%d runs of deploy for two promotions", n)
		}
		// A deployment that fails is not tested.
		b.r.script["deploy"] = func(context.Context, tasks.Request, tasks.Sink) error {
			return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
		}
		b.do(tasks.Operate{ID: box("a").ID, Operation: "promote"})
		synctest.Wait()
		if s := b.status("smoke"); s != tasks.Skipped {
			t.Errorf("after a failed deployment the smoke test is %s", s)
		}
	})
}

func TestWhatFollowsAPromotionAndCantRunSaysWhy(t *testing.T) {
	r := &registry{}
	onRegistry(t, r, []config.Unit{task("test"), follower("deploy", config.Param{Name: "region", Required: true})}, func(b *bench) {
		b.do(tasks.Operate{ID: box("a").ID, Operation: "promote"})
		n := b.state().Notices["after/deploy"]
		if !strings.Contains(n.Message, "deploy (after: promote) was not run: deploy needs a value for region") || !strings.Contains(n.Hint, "model, previous, version") {
			t.Errorf("it says %+v", n)
		}
	})
}

func TestAnUntrustedFileRunsNothingAfterAPromotion(t *testing.T) {
	r := &registry{}
	onRegistry(t, r, []config.Unit{task("test"), follower("deploy")}, func(b *bench) {
		locked := declare(task("test"), follower("deploy"))
		locked.Locked = true
		b.setFile(locked, nil)
		b.do(tasks.Reload{})
		b.do(tasks.Operate{ID: box("a").ID, Operation: "promote"})
		synctest.Wait()
		if ran := b.r.order(); len(ran) != 0 {
			t.Errorf("it ran %v", ran)
		}
		n := b.state().Notices["after/deploy"]
		if n.Severity != tasks.Warning || !strings.Contains(n.Message, "a@champion is version 7, was version 6, and deploy (after: promote) was not run") || !strings.Contains(n.Hint, "sawhorse trust") {
			t.Errorf("it says %+v", n)
		}
	})
}

func TestTheCodeOfARunThatTellsNumbersIsAskedForOnceAndKept(t *testing.T) {
	asked := 0
	var kept []tasks.Run
	onEngineWith(t, []config.Unit{task("train"), task("build")}, func(o *Options) {
		o.Code = func(context.Context) tasks.Code {
			asked++
			takes(time.Second) // longer than the run
			return tasks.Code{Commit: "c0ffee", Patch: "+lr = 2\n"}
		}
		o.Record = func(_ context.Context, r tasks.Run) error { kept = append(kept, r); return nil }
	}, func(b *bench) {
		b.r.script["train"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			for i := range 3 {
				s.Emit(tasks.MetricReported{Name: "loss", Point: tasks.Point{Step: float64(i)}})
			}
			return nil
		}
		b.do(tasks.RunTask{Name: "train"})
		b.do(tasks.RunTask{Name: "build"})
		pass(2 * time.Second)
		codes := map[string]string{}
		for _, r := range kept {
			codes[r.Task] = r.Code.Commit
		}
		if diff := cmp.Diff(map[string]string{"train": "c0ffee", "build": ""}, codes); diff != "" || asked != 1 || len(kept) != 2 {
			t.Errorf("asked %d times, kept %d: %s", asked, len(kept), diff)
		}
		if r, _ := b.stateRun("train"); r.Code.Patch != "+lr = 2\n" || !slices.Contains(slices.Collect(maps.Keys(r.Metrics)), "loss") {
			t.Errorf("it is %+v", r)
		}
	})
}
