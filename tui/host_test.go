package tui_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAScreenShowsWhatIsDeclaredUntilItsHostHasCome(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		declared := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service}, config.Unit{Name: "db", Kind: config.Service})
		host := busy()
		keep(t, host)
		come := make(chan struct{})
		u := tuitest.New(t, 120, 36, declared, tui.Options{Host: func(context.Context) (tasks.Engine, tasks.Interactor, error) {
			<-come
			return host, nil, nil
		}})
		u.See("web", "db").Gone("1 up").Wait(time.Second).See("the host is starting…")
		close(come)
		u.See("1 up", "worker")
		u.Press("r")
		if diff := cmp.Diff([]tasks.Command(nil), declared.Commands()); diff != "" {
			t.Errorf("what only stood for the host was told: %s", diff)
		}
		if len(host.Commands()) == 0 {
			t.Error("the host was told nothing")
		}
	})
}

func TestAScreenWhoseHostDoesNotStartIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		declared := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service})
		come := make(chan struct{})
		u := tuitest.New(t, 120, 36, declared, tui.Options{Host: func(context.Context) (tasks.Engine, tasks.Interactor, error) {
			<-come
			return nil, nil, errors.New("the disk is full")
		}})
		u.See("web")
		if _, left := u.Left(); left {
			t.Fatal("left before anything was known")
		}
		close(come)
		u.Wait(time.Millisecond)
		if _, left := u.Left(); !left {
			t.Errorf("still there:\n%s", u.Screen())
		}
	})
}
