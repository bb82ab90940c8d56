package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// pinned is a task of the file that the yard runs.
func pinned(name string, with, values map[string]string) config.Unit {
	u := task(name)
	u.Run, u.Command, u.Use, u.With, u.Values = "", nil, "yard", with, values
	u.At = map[string]config.Position{"use": {File: "sawhorse.yml", Line: 3}}
	for key := range with {
		u.At[key] = config.Position{File: "sawhorse.yml", Line: 4}
	}
	for key := range values {
		u.At["inputs."+key] = config.Position{File: "sawhorse.yml", Line: 5}
	}
	return u
}

func TestAPinnedTaskHasTheFormOfWhatItStandsFor(t *testing.T) {
	s := &system{}
	ship := build("ship")
	ship.Spec.With = map[string]string{"plan": "ship.yml"}
	ship.Spec.Params = []config.Param{
		{Name: "to", Type: config.ParamString, Choices: []string{"staging", "production"}, Required: true}, {Name: "dry", Type: config.ParamBool},
	}
	s.catalog = []tasks.Task{ship}
	s.run = func(context.Context, tasks.Sink) error { return nil }
	onSystem(t, s, []config.Unit{
		pinned("deploy", map[string]string{"plan": "ship.yml"}, map[string]string{"to": "staging"}),
		pinned("odd", map[string]string{"plan": "ship.yml"}, map[string]string{"too": "staging"}),
		pinned("bad", map[string]string{"plan": "ship.yml"}, map[string]string{"to": "nowhere"}),
		pinned("lost", map[string]string{"plan": "none.yml"}, nil),
	}, func(b *bench) {
		st := b.state()
		want := []config.Param{
			{Name: "to", Type: config.ParamString, Choices: []string{"staging", "production"}, Default: "staging", HasDefault: true},
			{Name: "dry", Type: config.ParamBool},
		}
		if diff := cmp.Diff(want, st.Units["deploy"].Task.Spec.Params); diff != "" {
			t.Error(diff)
		}
		got := map[string]string{}
		for id, n := range st.Notices {
			got[id] = n.Location.String() + ": " + n.Message + "; " + n.Hint
		}
		notices := map[string]string{
			"pinned/odd":  `sawhorse.yml:5: ship has no input "too"; its inputs are to, dry`,
			"pinned/bad":  `sawhorse.yml:5: the input to of ship: "nowhere" is not one of staging, production; change it in the file`,
			"pinned/lost": `sawhorse.yml:4: The yard has no plan "none.yml"; there are: ship`,
		}
		if diff := cmp.Diff(notices, got); diff != "" {
			t.Error(diff)
		}
		b.do(tasks.RunTask{Name: "deploy"})
		b.file = declare(pinned("deploy", map[string]string{"plan": "ship.yml"}, map[string]string{"to": "production"}))
		b.do(tasks.Reload{})
		if p := b.state().Units["deploy"].Task.Spec.Params; len(p) != 2 || p[0].Default != "production" {
			t.Errorf("after the file was read again: %+v", p)
		}
	})
}

func TestToCancelARunOfOthersIsToAskItsSystem(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	var asked int
	s.operation = func(context.Context) error { asked++; return errors.New("it ignores that") }
	onSystem(t, s, nil, func(b *bench) {
		s.observed(tasks.Run{Task: "ci", External: "9", Number: 7, Status: tasks.Running, QueuedAt: time.Now(), StartedAt: time.Now(), Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "push by bob"}})
		s.told(tasks.Changes{Changed: []tasks.Resource{{ID: tasks.NewResourceID("yard", "run", "9"), Kind: "run", Name: "ci #7", Task: "ci"}}})
		synctest.Wait()
		b.refused(tasks.Cancel{ID: "ci#7"}, "it ignores that")
		if asked != 1 || b.state().Runs["ci#7"].Status != tasks.Running {
			t.Errorf("asked %d times, %+v", asked, b.state().Runs["ci#7"])
		}
		b.refused(tasks.Stop{Names: []string{"ci"}}, "ci#7 (push by bob) goes on in The yard: it was not started here, so that a stop leaves it alone")
		if asked != 1 {
			t.Error("to stop a task cancels what others began")
		}
	})
}

func TestARunOfAPinnedTaskIsNoOtherTasksToo(t *testing.T) {
	s := &system{}
	ship := build("ship")
	ship.Spec.With = map[string]string{"plan": "ship.yml"}
	s.catalog = []tasks.Task{ship}
	var ends chan struct{} // made in the bubble of the test
	s.run = func(_ context.Context, sink tasks.Sink) error {
		sink.Emit(tasks.RunLinked{External: "9"})
		<-ends
		return nil
	}
	onSystem(t, s, []config.Unit{pinned("deploy", map[string]string{"plan": "ship.yml"}, nil)}, func(b *bench) {
		ends = make(chan struct{})
		b.do(tasks.RunTask{Name: "deploy"})
		synctest.Wait()
		s.observed(tasks.Run{Task: "ship", External: "9", Number: 7, Status: tasks.Running, StartedAt: time.Now()})
		close(ends)
		synctest.Wait()
		s.observed(tasks.Run{Task: "ship", External: "9", Number: 7, Status: tasks.Succeeded, StartedAt: time.Now(), EndedAt: time.Now(), Native: "success"})
		synctest.Wait()
		st := b.state()
		if len(st.Units["ship"].Runs) > 0 || len(st.Units["deploy"].Runs) != 1 || st.Runs["deploy#1"].Native != "success" {
			t.Errorf("ship has %v, deploy %v: %+v", st.Units["ship"].Runs, st.Units["deploy"].Runs, st.Runs["deploy#1"])
		}
	})
}

func TestAFailedRunOfOthersIsToldOnce(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	s.attach = func(_ context.Context, sink tasks.StepSink) error {
		sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Message: "no", Line: -1}})
		return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: "unit failed"}
	}
	onSystem(t, s, nil, func(b *bench) {
		s.observed(tasks.Run{Task: "ci", External: "9", Number: 7, Status: tasks.Failed, QueuedAt: time.Now(), StartedAt: time.Now(), EndedAt: time.Now()})
		synctest.Wait()
		for range 4 {
			b.do(tasks.Look{Runs: []tasks.RunID{"ci#7"}, Seconds: 30})
			takes(20 * time.Second)
		}
		if st := b.state(); s.looked.Load() != 1 || len(st.Runs["ci#7"].Diagnostics) != 1 || st.Lines["yard/run/9"] != 0 {
			t.Errorf("followed %d times, %+v, %d lines", s.looked.Load(), st.Runs["ci#7"].Diagnostics, st.Lines["yard/run/9"])
		}
	})
}

func TestAJobIsTheSameAsTheTaskThatSaysSoElseTheOneOfItsName(t *testing.T) {
	unit := task("go")
	unit.SameAs = []string{"unit (linux)", "lint"}
	b := tasks.NewState()
	b.Apply(tasks.Configured{Tasks: []tasks.Task{
		{Name: "lint", Spec: task("lint")}, {Name: "go", Spec: unit}, {Name: "build", Spec: task("build")}, {Name: "deploy", Provider: "yard", Spec: task("deploy")},
	}})
	got := map[string]string{}
	for _, job := range []string{"unit (linux)", "lint", "build", "deploy", "none"} {
		here, _ := b.SameHere(job)
		got[job] = here.Name
	}
	want := map[string]string{"unit (linux)": "go", "lint": "go", "build": "build", "deploy": "", "none": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPinnedTestsAreAllThatASaveRunsUntilThePinIsTakenOff(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), watching(task("test"), "**/*.go")}, func(b *bench) {
		pin := []tasks.TestName{{Suite: "cart", Name: "TestTotal"}}
		b.do(tasks.Start{})
		b.refused(tasks.PinTests{Task: "db", Tests: pin}, "no tests to pin")
		b.do(tasks.PinTests{Task: "test", Tests: pin})
		b.save("cart.go")
		b.do(tasks.RunTask{Name: "test"})
		b.do(tasks.RunTask{Name: "test", Scope: tasks.ScopeAll})
		b.do(tasks.PinTests{Task: "test"})
		b.save("cart.go")
		type asked struct {
			Scope tasks.Scope
			Only  []tasks.TestName
		}
		var got []asked
		for _, r := range b.past {
			if r.Task == "test" {
				got = append(got, asked{r.Scope, r.Only})
			}
		}
		want := []asked{{}, {tasks.ScopePinned, pin}, {tasks.ScopePinned, pin}, {Scope: tasks.ScopeAll}, {}}
		if diff := cmp.Diff(want, got); diff != "" {
			b.Error(diff)
		}
	})
}
