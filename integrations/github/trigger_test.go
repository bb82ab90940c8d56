package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// pass lets virtual time go by, until everything waits again.
func pass(d time.Duration) {
	time.Sleep(d) // virtual: inside a synctest bubble
	synctest.Wait()
}

// inBubble runs a test of a world in virtual time.
func inBubble(t *testing.T, o githubtest.Options, branch string, f func(t *testing.T, w *world, p *provider)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o, branch)
		p := w.connect()
		defer p.Close()
		f(t, w, p)
	})
}

// run runs a task to its end.
func (w *world) run(ctx context.Context, p *provider, name string, params map[string]string) (*integrationtest.Sink, error) {
	w.t.Helper()
	s := &integrationtest.Sink{}
	err := p.Run(ctx, tasks.Request{Run: tasks.NewRunID(name, 1), Task: w.task(p, name), Params: params}, s)
	return s, err
}

func TestTheRunIsTheOneThatTheAnswerNames(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
		r := s.Run()
		if err != nil || r.External != "9000001" || !strings.HasSuffix(r.URL, "/ada/shop/actions/runs/9000001") || r.Native != "success" {
			t.Errorf("%v: %s %s %s", err, r.External, r.URL, r.Native)
		}
		if n := w.s.Counts("GET /repos/ada/shop/actions/workflows/12/runs"); n > 0 {
			t.Errorf("it was looked for %d times although it was named", n)
		}
	})
}

func TestAnOldServersRunIsFoundByWhatIsNew(t *testing.T) {
	inBubble(t, githubtest.Options{Old: true, Lag: 7 * time.Second}, "main", func(t *testing.T, w *world, p *provider) {
		w.s.Push(w.repo, "deploy.yml", "main", "bob")
		for _, want := range []string{"9001001", "9002001"} {
			s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
			if r := s.Run(); err != nil || r.External != want {
				t.Errorf("%v: run %s, want %s", err, r.External, want)
			}
		}
	})
}

func TestTwoRunsThatCantBeToldApartAreSaidToBe(t *testing.T) {
	inBubble(t, githubtest.Options{Old: true}, "main", func(t *testing.T, w *world, p *provider) {
		w.task(p, "ci")
		other := w.connect() // somebody else with the same login
		defer other.Close()
		w.task(other, "ci")
		results := make(chan error, 2)
		for _, q := range []*provider{p, other} {
			go func() {
				_, err := w.run(t.Context(), q, "ci", nil)
				results <- err
			}()
		}
		for range 2 {
			err := <-results
			start, ok := errors.AsType[*tasks.StartError](err)
			if !ok || start.Reason != "CI was triggered, and 2 runs of it began at that time: which one is this can't be told" ||
				!strings.Contains(start.Hint, "/runs/9000001") || !strings.Contains(start.Hint, "distinct_id") {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestAMarkInTheTitleTellsARunForCertain(t *testing.T) {
	inBubble(t, githubtest.Options{Old: true}, "main", func(t *testing.T, w *world, p *provider) {
		w.write(".github/workflows/ci.yml", "name: CI\nrun-name: CI ${{ inputs.distinct_id }}\non:\n  workflow_dispatch:\n    inputs:\n      distinct_id: {required: true}\n")
		w.repo.Workflows[0].Inputs = map[string]bool{"distinct_id": true}
		w.repo.Workflows[0].RunName = func(in map[string]string) string { return "CI " + in["distinct_id"] }
		if param := w.task(p, "ci").Spec.Params[0]; param.Required {
			t.Errorf("a person is asked for the mark: %+v", param)
		}
		ids := make(chan string, 3)
		for range 3 {
			go func() {
				s, _ := w.run(t.Context(), p, "ci", nil)
				ids <- s.Run().External
			}()
		}
		seen := map[string]bool{<-ids: true, <-ids: true, <-ids: true}
		if len(seen) != 3 || seen[""] {
			t.Errorf("three triggers became %v", seen)
		}
	})
}

func TestWhatGitHubRefusesSaysWhatToDo(t *testing.T) {
	inBubble(t, githubtest.Options{}, "feature", func(t *testing.T, w *world, p *provider) {
		_, err := w.run(t.Context(), p, "ci", nil)
		want := "trigger CI: GitHub (127.0.0.1:7979) does not accept what was sent (422: No ref found for: feature); " +
			"push the branch first: git push -u origin feature; or choose another ref"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		_, err = w.run(t.Context(), p, "lint", nil)
		want = ".github/workflows/lint.yml can't be triggered: it has no workflow_dispatch; add workflow_dispatch: to its on:, on the branch main"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

func TestAPinnedTaskTriggersItsWorkflowWithItsValues(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		s := &integrationtest.Sink{}
		task := tasks.Task{Name: "ship", Root: w.place.Dir, Provider: "github", Spec: config.Unit{
			Name: "ship", Use: "github", With: map[string]string{"workflow": "deploy.yml", "ref": "main"}, Values: map[string]string{"env": "staging", "version": "v3"},
		}}
		err := p.Run(t.Context(), tasks.Request{Run: "ship#1", Task: task, Params: map[string]string{"version": "v4"}}, s)
		if err != nil || !strings.Contains(s.Text(""), "triggering Deploy at main env=staging version=v4") {
			t.Errorf("%v\n%s", err, s.Text(""))
		}
		if !strings.Contains(s.Text("deploy"), "deploying v4 to staging") {
			t.Errorf("its log: %s", s.Text("deploy"))
		}
		task.Spec.With["workflow"] = "ship.yml"
		err = p.Run(t.Context(), tasks.Request{Run: "ship#2", Task: task}, s)
		if want := `ada/shop has no workflow "ship.yml"; there are: ci.yml, deploy.yml, lint.yml, nightly.yml`; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// cancelled runs a task and cancels it after d.
func (w *world) cancelled(p *provider, name string, d time.Duration) (*integrationtest.Sink, error) {
	w.t.Helper()
	ctx, cancel := context.WithCancelCause(w.t.Context())
	go func() {
		time.Sleep(d)
		cancel(tasks.ErrCancelled)
	}()
	return w.run(ctx, p, name, nil)
}

func TestToCancelIsToAskAndTheAnswerIsTold(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		s, err := w.cancelled(p, "nightly", 10*time.Second)
		if err == nil || err.Error() != "cancelled on GitHub" || !strings.Contains(s.Text(""), "GitHub was asked to cancel it") {
			t.Errorf("%v\n%s", err, s.Text(""))
		}
		w.repo.Workflows[2].Plan = func(map[string]string, int) githubtest.Plan {
			return githubtest.Plan{Stubborn: true, Jobs: []githubtest.Job{{Name: "soak", Steps: []githubtest.Step{{Name: "Run", Takes: time.Hour}}}}}
		}
		s, err = w.cancelled(p, "nightly", 10*time.Second)
		if err == nil || !strings.HasPrefix(err.Error(), "GitHub was asked to cancel it 2m0s ago, and it goes on: http") {
			t.Errorf("%v\n%s", err, s.Text(""))
		}
	})
}

func TestARunSaysWhyItWaits(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		s, _ := w.cancelled(p, "nightly", 10*time.Second)
		var got []string
		for _, ev := range s.Events() {
			if e, ok := ev.(tasks.RunNative); ok {
				got = append(got, strings.TrimSpace(e.Native+" "+e.Reason))
			}
		}
		want := []string{"triggering", "queued soak waits for a runner (ubuntu-latest)", "cancelled"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatIsNotPushedOrCommittedIsSaidBefore(t *testing.T) {
	for status, want := range map[string][]string{
		"# branch.oid 1\n# branch.head main\n# branch.upstream origin/main\n# branch.ab +0 -3\n":              nil,
		"# branch.oid 1\n# branch.head main\n# branch.upstream origin/main\n# branch.ab +2 -0\n1 M. x\n? y\n": {"2 commits are not pushed to main: GitHub runs what was pushed last (git push)", "2 changed files are not committed and will not be part of the run"},
		"# branch.oid 1\n# branch.head main\n1 .M x\n":                                                        {"the branch main was never pushed: git push -u origin main", "1 changed file is not committed and will not be part of the run"},
		"# branch.oid 1\n# branch.head (detached)\n1 .M x\n":                                                  nil,
		"# branch.oid 1\n# branch.head other\n1 .M x\n":                                                       nil,
		"": nil,
	} {
		if diff := cmp.Diff(want, readStatus(status).warnings("main", "GitHub")); diff != "" {
			t.Errorf("%q: %s", status, diff)
		}
	}
}

func TestAFormIsThatOfARefWithTheWarnings(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.write("new.txt", "x")
		w.repo.Files["main"] = map[string]string{".github/workflows/ci.yml": "name: CI\non: {workflow_dispatch: {inputs: {only: {type: choice, options: [a, b]}}}}\n"}
		here, err := p.Query(t.Context(), tasks.Query{Name: "form", Args: map[string]string{"task": "ci"}})
		if err != nil {
			t.Fatal(err)
		}
		there, err := p.Query(t.Context(), tasks.Query{Name: "form", Args: map[string]string{"task": "ci", "ref": "main"}})
		if err != nil {
			t.Fatal(err)
		}
		ref := func(at string) config.Param {
			return config.Param{Name: "ref", Type: config.ParamString, Default: at, HasDefault: true, Description: "Branch or tag to run at"}
		}
		facts := func(at string, more ...tasks.Fact) []tasks.Fact {
			return append([]tasks.Fact{{Name: "target", Value: "ada/shop on 127.0.0.1:7979"}, {Name: "workflow", Value: "CI"}, {Name: "ref", Value: at}, {Name: "ref-param", Value: "ref"}}, more...)
		}
		want := []tasks.Result{
			{Params: []config.Param{ref("fix")}, Facts: facts("fix",
				tasks.Fact{Name: "warning", Value: "the branch fix was never pushed: git push -u origin fix"},
				tasks.Fact{Name: "warning", Value: "1 changed file is not committed and will not be part of the run"})},
			{Params: []config.Param{{Name: "only", Type: config.ParamString, Choices: []string{"a", "b"}, Default: "a", HasDefault: true}, ref("main")}, Facts: facts("main")},
		}
		if diff := cmp.Diff(want, []tasks.Result{here, there}); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNobodyWhoLooksIsNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, githubtest.Options{}, "fix")
		p := w.connect()
		defer p.Close()
		w.task(p, "ci")
		p.look = nobody{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- p.Observe(ctx, func(tasks.Run) {}) }()
		go func() { done <- p.Watch(ctx, func(tasks.Changes) {}) }()
		before := w.s.Counts("200")
		time.Sleep(24 * time.Hour)
		if n := w.s.Counts("200") - before; n > 0 {
			t.Errorf("%d requests in a day in which nobody looked", n)
		}
		cancel()
		if err := <-done; err == nil {
			t.Error("it ended by itself")
		}
		if err := <-done; err == nil {
			t.Error("it ended by itself")
		}
	})
}

type nobody struct{}

func (nobody) Wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestADayOfLookingTakesLessThanATenthOfTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, githubtest.Options{}, "fix")
		p := w.connect()
		defer p.Close()
		w.task(p, "ci")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- p.Observe(ctx, func(tasks.Run) {}) }()
		go func() { done <- p.Watch(ctx, func(tasks.Changes) {}) }()
		most := 0
		for range 2 { // hours, with two runs in each that are followed to their ends
			before := w.s.Counts("200") + w.s.Counts("302")
			for range 2 {
				id := w.s.Push(w.repo, "ci.yml", "fix", "bob")
				if err := p.Attach(ctx, tasks.Run{External: fmt.Sprint(id)}, &integrationtest.Sink{}); err == nil {
					t.Error("the run did not fail")
				}
				time.Sleep(29 * time.Minute)
			}
			most = max(most, w.s.Counts("200")+w.s.Counts("302")-before)
		}
		if most > 500 {
			t.Errorf("%d requests in an hour", most)
		}
		t.Logf("%d requests that count, at most, in an hour", most)
		cancel()
		if err := <-done; err == nil {
			t.Error("it ended by itself")
		}
		if err := <-done; err == nil {
			t.Error("it ended by itself")
		}
	})
}
