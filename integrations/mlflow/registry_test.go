package mlflow

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func promotes(l lab, good, bad string) {
	t, ctx := l.T, l.Context()
	t.Helper()
	err := l.Operate(ctx, tasks.Resource{}, "register", map[string]string{"run": good, "model": "cart"})
	if why, ok := errors.AsType[*tasks.StartError](err); !ok || !strings.Contains(why.Reason, "has logged no model") {
		t.Errorf("a run without a model: %v", err)
	}
	for _, id := range []string{bad, good} {
		v, err := l.register(ctx, "cart", "runs:/"+id+"/model", id, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.awaitReady(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	cart := tasks.Resource{Name: "cart", Kind: kindModel}
	do := func(operation string, args map[string]string) error {
		return l.Operate(ctx, cart, operation, args)
	}
	holder := func() string {
		v, held, err := l.holder(ctx, "cart", "champion")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.Version, held)
	}
	if got := holder(); got != "false" {
		t.Errorf("at first %s", got)
	}
	if err := do("undo", nil); err == nil || !strings.Contains(err.Error(), "no version of cart") {
		t.Errorf("nothing to undo: %v", err)
	}
	if err := do("promote", map[string]string{"version": "2"}); err != nil {
		t.Fatal(err)
	}
	if err := do("promote", map[string]string{"version": "2"}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("twice: %v", err)
	}
	err = do("promote", map[string]string{"version": "1", "if_better": "loss"})
	if _, ok := errors.AsType[*NotBetterError](err); !ok || holder() != "2true" {
		t.Errorf("a worse one: %v, held by %s", err, holder())
	}
	beside := l.ask("promotion", map[string]string{"model": "cart", "version": "1"})
	var names []string
	for _, s := range beside.Runs {
		names = append(names, s.Name)
	}
	args := map[string]string{}
	for _, p := range beside.Params {
		args[p.Name] = p.Default
	}
	if diff := cmp.Diff([]string{"champion v2", "candidate v1"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"alias": "champion", "over": "2", "version": "1"}, args); diff != "" {
		t.Error(diff)
	}
	if m := tasks.Compare(beside.Runs, beside.Greater).Metrics; len(m) != 1 || m[0].BestLast != 0 {
		t.Errorf("side by side: %+v", m)
	}
	// Somebody else was faster than the person who looked at that.
	err = do("promote", map[string]string{"version": "1", "over": nobody})
	if why, ok := errors.AsType[*tasks.StartError](err); !ok || why.Reason != "cart@champion is version 2 by now, and was nobody's when you looked" {
		t.Errorf("of another champion than was shown: %v", err)
	}
	if err := do("promote", map[string]string{"version": "1"}); err != nil || holder() != "1true" {
		t.Errorf("without a condition: %v, held by %s", err, holder())
	}
	if err := do("undo", nil); err != nil || holder() != "2true" {
		t.Errorf("undone: %v, held by %s", err, holder())
	}
	if err := do("undo", nil); err != nil || holder() != "false" {
		t.Errorf("undone again: %v, held by %s", err, holder())
	}
	tags := func(number string) map[string]string {
		v, err := l.getVersion(ctx, "cart", number)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, x := range v.Tags {
			all[x.Key] = x.Value
		}
		return all
	}
	now := tags("1")
	if now["sawhorse.promoted_by.champion"] == "" || now["sawhorse.promoted_at.champion"] == "" || now["sawhorse.promoted_commit.champion"] != "abc10" ||
		now["sawhorse.undone_by.champion"] == "" || now["sawhorse.undone_at.champion"] == "" {
		t.Errorf("version 1 says %v", now)
	}
	if _, told := now["sawhorse.promoted_over.champion"]; told {
		t.Error("what was taken back could be taken back again")
	}
	told, err := l.OperateTelling(ctx, cart, "promote", map[string]string{"alias": "shadow", "version": "2"})
	want := tasks.Outcome{
		Text:   "cart@shadow is version 2, was nobody's",
		Values: map[string]string{"model": "cart", "alias": "shadow", "version": "2", "previous": "", "promotion": "promote"},
	}
	if diff := cmp.Diff(want, told); diff != "" || err != nil {
		t.Error(diff, err)
	}
	told, err = l.OperateTelling(ctx, cart, "undo", map[string]string{"alias": "shadow", "over": "2"})
	want = tasks.Outcome{
		Text:   "no version is cart@shadow, as before; version 2 was",
		Values: map[string]string{"model": "cart", "alias": "shadow", "version": "", "previous": "2", "promotion": "undo"},
	}
	if diff := cmp.Diff(want, told); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := do("promote", map[string]string{"version": "1"}); err != nil {
		t.Fatal(err)
	}
	versions := l.ask("versions", map[string]string{"model": "cart"})
	if len(versions.Rows) != 2 || versions.Rows[0][0] != "2" || versions.Rows[0][2] != "ready" || versions.Rows[1][1] != "champion" {
		t.Errorf("versions %+v", versions)
	}
}

func registers(l lab) {
	t, ctx := l.T, l.Context()
	t.Helper()
	id := l.train("checkpoints", "0.2", 3, 2, 1)
	r, err := l.run(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	// Two checkpoints of one run, as the client library logs them.
	var made []string
	for _, name := range []string{"step-1", "step-2"} {
		var answer struct {
			Model loggedModel `json:"model"`
		}
		body := map[string]any{"experiment_id": r.Info.Experiment, "name": name, "source_run_id": id}
		if err := l.srv().post(ctx, "log a model", "logged-models", body, &answer, false); err != nil {
			t.Fatal(err)
		}
		body = map[string]any{"model_id": answer.Model.Info.ID, "status": "LOGGED_MODEL_READY"}
		if _, err := l.srv().rest.Do(ctx, rest.Request{Method: http.MethodPatch, Path: api + "logged-models/" + answer.Model.Info.ID, Body: body, Doing: "finish it"}); err != nil {
			t.Fatal(err)
		}
		made = append(made, answer.Model.Info.ID)
	}
	form := l.ask("register form", map[string]string{"run": id})
	if len(form.Params) != 3 || form.Params[2].Default != id || form.Params[0].Default != "checkpoints" || len(form.Params[1].Choices) != 2 ||
		form.Params[1].Default != made[1]+" step-2" {
		t.Fatalf("the form is %+v", form.Params)
	}
	told, err := l.OperateTelling(ctx, tasks.Resource{}, "register", map[string]string{"run": id, "model": "wheels", "logged": form.Params[1].Choices[1]})
	if err != nil || told.Text != "version 1 of wheels is ready, from lr 0.2" {
		t.Errorf("it says %q, %v", told.Text, err)
	}
	v, err := l.getVersion(ctx, "wheels", "1")
	if err != nil || v.Status != statusReady || v.ModelID != made[0] && v.Source != "models:/"+made[0] {
		t.Errorf("registered is %+v, %v", v, err)
	}
}
