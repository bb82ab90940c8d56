package tui_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// hub is a screen on a connection with the pipeline deploy, which the workspace
// file also has as ship, with a value of its own and a question before.
func hub(t *testing.T, answer func(tasks.Query) (tasks.Result, error)) (*tuitest.User, *tuitest.Engine) {
	t.Helper()
	e := tuitest.NewEngine(config.Unit{Name: "test", Kind: config.Task, Run: "go test"})
	params := []config.Param{
		{Name: "env", Type: config.ParamString, Choices: []string{"staging", "live"}, Default: "staging", HasDefault: true},
		{Name: "version", Type: config.ParamString, Required: true},
		{Name: "ref", Type: config.ParamString},
	}
	with := map[string]string{"workflow": "deploy.yml"}
	ship := config.Unit{Name: "ship", Kind: config.Task, Use: "github", With: with, Values: map[string]string{"version": "v1"}, Confirm: true}
	e.Emit(
		tasks.ProviderChanged{Provider: tasks.Provider{Name: "github", Title: "GitHub ada/shop", Phase: tasks.PhaseUp, Kinds: []tasks.Kind{{
			Name: tasks.RunKind, Operations: []tasks.Operation{
				{Name: "cancel", Title: "Cancel"},
				{Name: "rerun-failed", Title: "Rerun the failed jobs of", Key: "f"},
				{Name: "approve", Title: "Approve", Key: "A"},
			},
		}}}},
		tasks.Configured{Tasks: []tasks.Task{
			{Name: "test", Kind: config.Task, Of: "test", Title: "go test", Spec: config.Unit{Name: "test", Kind: config.Task, Run: "go test"}},
			{Name: "ship", Kind: config.Task, Of: "ship", Title: "ships", Provider: "github", Spec: ship},
		}},
		tasks.Provided{Provider: "github", Tasks: []tasks.Task{{
			Name: "deploy", Of: "deploy", Kind: config.Task, Group: "PIPELINES", Title: "Deploy",
			Spec: config.Unit{Name: "deploy", Kind: config.Task, Params: params, With: with},
		}}},
	)
	e.Answer = answer
	return tuitest.New(t, 120, 36, e, tui.Options{}), e
}

// deployForm is the form of deploy at a ref, as the hub has it.
func deployForm(q tasks.Query) (tasks.Result, error) {
	if q.Name == "branches" {
		return tasks.Result{Rows: [][]string{{"fix"}, {"main"}, {"old"}}}, nil
	}
	ref := q.Args["ref"]
	if ref == "old" {
		return tasks.Result{}, errors.New("deploy.yml is not there at \"old\"")
	}
	res := tasks.Result{Params: []config.Param{
		{Name: "env", Type: config.ParamString, Choices: []string{"staging", "live", "moon"}, Default: "staging", HasDefault: true},
		{Name: "version", Type: config.ParamString, Required: true},
		{Name: "ref", Type: config.ParamString, Default: ref, HasDefault: true},
	}}
	if ref == "" {
		ref, res.Params[2].Default = "fix", "fix"
		res.Facts = append(res.Facts, tasks.Fact{Name: "warning", Value: "2 commits are not pushed to fix"})
	} else {
		res.Params = append(res.Params, config.Param{Name: "canary", Type: config.ParamBool})
	}
	res.Facts = append(res.Facts, tasks.Fact{Name: "target", Value: "ada/shop"}, tasks.Fact{Name: "workflow", Value: "Deploy"}, tasks.Fact{Name: "ref", Value: ref})
	return res, nil
}

func TestTheFormOfAPipelineIsThatOfItsSystemAtTheRef(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		u.Press(":").Type("go deploy").Press("enter", "r").Wait(time.Second)
		u.See("Deploy at fix of ada/shop", "▲ 2 commits are not pushed to fix", "(staging)", "moon", "ref        fix")
		u.Press("down").Type("v2").Press("down").See("→ main  old")
		// A ref is completed, and the form asked for anew; what was typed stays.
		u.Type("ma").See("→ main").Press("right", "up").Wait(time.Second)
		u.See("Deploy at main of ada/shop", "▲ the form there has canary, too, which takes its default", "v2").Gone("not pushed")
		u.Press("down").Press("ctrl+u").Type("old").Press("up").Wait(time.Second).See("▲ deploy.yml is not there at")
		u.Press("down").Press("ctrl+u").Type("main").Press("enter").Wait(time.Second)
		want := []tasks.RunTask{{Name: "deploy", Params: map[string]string{"env": "staging", "version": "v2", "ref": "main"}, Detail: "started by hand"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATaskWithConfirmAsksWithItsTargetAndRef(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		u.Press(":").Type("go ship").Press("enter", "r").Wait(time.Second).See("Run ship", "version    v1")
		u.Press("enter").See("Run ship?", "Deploy at fix of ada/shop", "env=staging  ref=fix  version=v1", "▲ 2 commits are not pushed", "▸ Cancel")
		// Who does not agree has the form again, as it was filled in.
		u.Press("esc").See("Run ship", "version    v1").Press("down", "ctrl+u").Type("v5").Press("enter").See("Run ship?", "env=staging  ref=fix  version=v5")
		u.Press("esc").See("version    v5").Gone("Run ship?").Press("esc").Gone("version    v5")
		if got := sent[tasks.RunTask](e); len(got) > 0 {
			t.Fatalf("sent %v", got)
		}
		// With values given, only the question is asked.
		u.Press(":").Type("run ship env=live ref=main").Press("enter").Wait(time.Second).See("Run ship?", "Deploy at main of ada/shop", "env=live  ref=main")
		u.Wait(time.Second).Press("right", "enter").Wait(time.Second)
		want := []tasks.RunTask{{Name: "ship", Params: map[string]string{"env": "live", "ref": "main"}, Detail: "started by hand"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPipelineIsSweptOnlyWhenSeveralValuesAreGiven(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		u.Press(":").Type("go ship").Press("enter", "r").Wait(time.Second).See("Run ship", "(staging)").Gone("for a sweep").Gone("at once")
		u.See("r trigger").Gone("s start")
		u.Press(",").Press("right", ",").See("staging live", "2 runs  env 2", "at once", "[ Run 2 times ]")
		u.Press("enter").See("Run ship?", "▲ a sweep: 2 runs, 1 at once", "env=staging,live  ref=fix  version=v1", "Run 2 times").Gone("at once=")
		u.Wait(time.Second).Press("right", "enter").Wait(time.Second)
		want := []tasks.RunSweep{{Name: "ship", Swept: []string{"env"}, Parallel: 1, Detail: "started by hand", Sets: []map[string]string{
			{"env": "staging", "ref": "fix", "version": "v1"}, {"env": "live", "ref": "fix", "version": "v1"},
		}}}
		if diff := cmp.Diff(want, sent[tasks.RunSweep](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFormCanBeSentWhenItsSystemDoesNotAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, func(tasks.Query) (tasks.Result, error) { return tasks.Result{}, errors.New("GitHub can't be reached") })
		u.Press(":").Type("go deploy").Press("enter", "r").Wait(time.Second).See("▲ GitHub can't be reached")
		u.Press("down").Type("v2").Press("enter").Wait(time.Second)
		want := []tasks.RunTask{{Name: "deploy", Params: map[string]string{"env": "staging", "version": "v2"}, Detail: "started by hand"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSomebodyElsesRunIsCancelledOnlyWhenAPersonSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		e.Emit(tasks.RunObserved{Run: tasks.Run{
			ID: "deploy#7", Task: "deploy", Number: 7, External: "9", Observed: true, Status: tasks.Running, StartedAt: time.Now(), Native: "in_progress",
			Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "push to fix by bob"},
		}})
		u.Press(":").Type("stop deploy").Press("enter").See("Cancel deploy#7?", "push to fix by bob, in GitHub ada/shop", "▸ Let it run")
		u.Press("esc").Press(":").Type("go deploy").Press("enter", "s").See("Cancel deploy#7?").Wait(time.Second).Press("right", "enter").Wait(time.Second)
		if diff := cmp.Diff([]tasks.Cancel{{ID: "deploy#7"}}, sent[tasks.Cancel](e)); diff != "" {
			t.Error(diff)
		}
		u.See("asked to cancel deploy#7")
		e.Emit(tasks.ResourcesChanged{Provider: "github", Changes: tasks.Changes{Changed: []tasks.Resource{{
			ID: tasks.NewResourceID("github", tasks.RunKind, "9"), Kind: tasks.RunKind, Name: "Deploy #7", Off: map[string]string{"cancel": "it is just ending"},
		}}}})
		u.Wait(time.Second).Press("c").See("deploy#7: it is just ending")
		if got := sent[tasks.Stop](e); len(got) > 0 {
			t.Errorf("stopped %v", got)
		}
	})
}

func TestWhatFailedElsewhereIsRunAgainThereAndWhatWaitsForAPersonNeedsAttention(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		run := tasks.Run{
			ID: "deploy#7", Task: "deploy", Number: 7, External: "9", Observed: true, Status: tasks.Failed, StartedAt: time.Now(), EndedAt: time.Now(), Error: "failed",
		}
		res := tasks.Resource{
			ID: tasks.NewResourceID("github", tasks.RunKind, "9"), Kind: tasks.RunKind, Name: "Deploy #7", Task: "deploy", Phase: tasks.PhaseFailed,
			URL: "https://github.com/ada/shop/runs/9", Off: map[string]string{"approve": "", "cancel": "it has ended"},
		}
		e.Emit(tasks.RunObserved{Run: run}, tasks.ResourcesChanged{Provider: "github", Changes: tasks.Changes{Changed: []tasks.Resource{res}}})
		u.Press(":").Type("go deploy").Press("enter").Press("f").Wait(time.Second)
		u.Press("n").See("its system knows of no change")
		u.Press("shift+tab").See("B browse").Press("f").Wait(time.Second)
		want := []tasks.Operate{{ID: res.ID, Operation: "rerun-failed"}, {ID: res.ID, Operation: "rerun-failed"}}
		if diff := cmp.Diff(want, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
		run.ID, run.Number, run.External, run.Status, run.EndedAt, run.Error = "deploy#8", 8, "10", tasks.Running, time.Time{}, ""
		res.ID, res.Name, res.Phase, res.Reason = tasks.NewResourceID("github", tasks.RunKind, "10"), "Deploy #8", tasks.PhaseWarning, "the deployment to live waits for approval, which you may give"
		res.Off = map[string]string{"rerun-failed": "it goes on"}
		e.Emit(tasks.RunObserved{Run: run}, tasks.ResourcesChanged{Provider: "github", Changes: tasks.Changes{Changed: []tasks.Resource{res}}})
		u.See("▲ github deploy", "the deployment to live waits for approval")
		u.Press("home").See("A approve").Press("A").Wait(time.Second)
		if got := sent[tasks.Operate](e); len(got) != 3 || got[2].ID != res.ID || got[2].Operation != "approve" {
			t.Errorf("sent %v", got)
		}
	})
}
