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

// gauge is a screen on a connection that can be asked something, and whose one thing
// can be renamed once a person has agreed.
func gauge(t *testing.T) (*tuitest.User, *tuitest.Engine) {
	t.Helper()
	e := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service, Run: "serve"})
	e.Emit(
		tasks.ProviderChanged{Provider: tasks.Provider{Name: "prom", Title: "Prometheus", Phase: tasks.PhaseUp, Wanted: true, Kinds: []tasks.Kind{{
			Name: "target", Title: "TARGETS", Operations: []tasks.Operation{
				{Name: "query", Title: "Ask Prometheus", Key: "Q", Whole: true, Tells: true, Params: []config.Param{
					{Name: "expr", Type: config.ParamString, Required: true}, {Name: "key", Type: config.ParamString, Secret: true},
				}},
				{Name: "rename", Title: "Rename", Key: "R", Dangerous: true, Params: []config.Param{{Name: "to", Type: config.ParamString, Required: true}}},
			},
		}}}},
		tasks.ResourcesChanged{Provider: "prom", Changes: tasks.Changes{All: true, Changed: []tasks.Resource{
			{ID: tasks.NewResourceID("prom", "target", "shop"), Kind: "target", Name: "shop", Own: true, Phase: tasks.PhaseUp, Native: "up"},
		}}},
	)
	u := tuitest.New(t, 120, 36, e, tui.Options{})
	return u.Press("G").See("Q query"), e
}

// notParsed refuses every command.
func notParsed(tasks.Command) error { return errors.New("parse error: unclosed left parenthesis") }

func TestARefusedOperationHasItsFormBackWithWhatWasTypedAndWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := gauge(t)
		e.Refuse = notParsed
		u.Press("Q").Type("rate(http[5m]").Press("down").Type("hush").Press("up", "enter").
			See("Ask Prometheus", "✖ parse error: unclosed left parenthesis", "rate(http[5m]")
		// Its text goes on to be written where it was left.
		e.Refuse = nil
		u.Type(")").See("rate(http[5m])", "✖ parse error").Press("enter").Gone("parse error").Gone("rate(")
		want := []tasks.Operate{{ID: "prom/target/shop", Operation: "query", Args: map[string]string{"expr": "rate(http[5m])", "key": "hush"}}}
		if diff := cmp.Diff(want, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
		u.Press("Q").See("Ask Prometheus").Gone("rate(") // what was answered is its own row
	})
}

func TestWhoGoesOnIsToldWhyAndTheNextFormHasWhatWasTyped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := gauge(t)
		answer := make(chan bool)
		e.Refuse = func(tasks.Command) error { <-answer; return notParsed(nil) }
		u.Press("Q").Type("rate(").Press("down").Type("hush").Press("up", "enter", "up")
		answer <- true
		u.Wait(time.Millisecond).See("✖ parse error: unclosed").Gone("Ask Prometheus")
		u.Press("G", "Q").See("Ask Prometheus", "rate(").Gone("••••") // a secret is not kept
	})
}

func TestWhoDoesNotAgreeHasTheFormOfAnOperationAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := gauge(t)
		u.Press("R").Type("store").Press("enter").See("Rename shop?", "▸ Cancel")
		u.Press("esc").See("Rename shop", "store").Gone("Rename shop?").Type("2").Press("enter").See("Rename shop?")
		u.Wait(time.Second).Press("right", "enter").Wait(time.Second)
		want := []tasks.Operate{{ID: "prom/target/shop", Operation: "rename", Args: map[string]string{"to": "store2"}}}
		if diff := cmp.Diff(want, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARefusedTaskHasItsFormBackToo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		e.Refuse = func(tasks.Command) error { return errors.New("the host is just ending") }
		u.Press(":").Type("go deploy").Press("enter", "r").Wait(time.Second).Press("down").Type("v2").Press("enter").
			See("Run deploy", "✖ the host is just ending", "v2")
		e.Refuse = nil
		u.Press("enter").Gone("just ending").Wait(time.Second)
		want := []tasks.RunTask{{Name: "deploy", Params: map[string]string{"env": "staging", "version": "v2", "ref": "fix"}, Detail: "started by hand"}}
		if diff := cmp.Diff(want, sent[tasks.RunTask](e)); diff != "" {
			t.Error(diff)
		}
	})
}
