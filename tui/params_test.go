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
		tasks.ProviderChanged{Provider: tasks.Provider{Name: "github", Title: "GitHub ada/shop", Phase: tasks.PhaseUp}},
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
		want := []tasks.RunTask{{Name: "deploy", Params: map[string]string{"env": "staging", "version": "v2", "ref": "main"}, Detail: "key r"}}
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
		u.Press("esc")
		if got := sent[tasks.RunTask](e); len(got) > 0 {
			t.Fatalf("sent %v", got)
		}
		// With values given, only the question is asked.
		u.Press(":").Type("run ship env=live ref=main").Press("enter").Wait(time.Second).See("Run ship?", "Deploy at main of ada/shop", "env=live  ref=main")
		u.Wait(time.Second).Press("right", "enter").Wait(time.Second)
		want := []tasks.RunTask{{Name: "ship", Params: map[string]string{"env": "live", "ref": "main"}, Detail: "key r"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFormCanBeSentWhenItsSystemDoesNotAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, func(tasks.Query) (tasks.Result, error) { return tasks.Result{}, errors.New("GitHub can't be reached") })
		u.Press(":").Type("go deploy").Press("enter", "r").Wait(time.Second).See("▲ GitHub can't be reached")
		u.Press("down").Type("v2").Press("enter").Wait(time.Second)
		want := []tasks.RunTask{{Name: "deploy", Params: map[string]string{"env": "staging", "version": "v2"}, Detail: "key r"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}
