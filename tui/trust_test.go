package tui_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// undeclared is a workspace without a sawhorse.yml, which nobody has trusted.
func undeclared() *tuitest.Engine {
	in := func(source string, line int, u config.Unit) config.Unit {
		u.Source, u.Pos, u.Groups = source, config.Position{File: source, Line: line}, []string{source}
		return u
	}
	e := tuitest.NewEngine(
		in("package.json", 3, config.Unit{Name: "dev", Kind: config.Service, Run: "npm run dev"}),
		in("package.json", 4, config.Unit{Name: "lint", Kind: config.Task, Run: "npm run lint"}),
		in("Makefile", 7, config.Unit{Name: "build", Kind: config.Task, Run: "make build"}),
	)
	s := e.State()
	var all []tasks.Task
	for _, n := range s.Order {
		all = append(all, s.Units[n].Task)
	}
	e.Emit(tasks.Configured{Name: "shop", Tasks: all, Detected: true, Locked: true})
	return e
}

func TestWhatIsDetectedIsListedByItsSourceAndTrustedAtTheFirstStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := undeclared()
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("detected", "▾ package.json", "▾ Makefile", "dev", "build")
		u.Press("s").See("Trust", "npm run dev", "package.json:3", "the 3 commands that").Press("esc")
		if sent := e.Commands(); len(sent) > 0 {
			t.Fatalf("sent before a person agreed: %v", sent)
		}
		u.Press("s").Wait(time.Second)
		u.Press("t").Gone("the 3 commands")
		want := []tasks.Command{tasks.Trust{}, tasks.Start{Names: []string{"dev"}}}
		if diff := cmp.Diff(want, e.Commands()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOneCommandOfOneFileIsCalledSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := config.Unit{Name: "test", Kind: config.Task, Run: "pytest", Source: "pyproject.toml", Groups: []string{"pyproject.toml"}}
		e := tuitest.NewEngine(u)
		e.Emit(tasks.Configured{Name: "shop", Tasks: []tasks.Task{e.State().Units["test"].Task}, Detected: true, Locked: true})
		tuitest.New(t, 120, 36, e, tui.Options{}).Press("s").See("the one command that", "pyproject.toml declares can be run")
	})
}

func TestTheKeyThatStartsATaskTurnsItsWatchingOnAndOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(
			config.Unit{Name: "test", Kind: config.Task, Run: "go test ./...", Watch: &config.Watch{Paths: []string{"**/*.go"}}},
		)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("watch off", "s watch").Press("5").See("saves do not run it: s runs it, and from then on they do").Press("1", "s")
		e.Emit(tasks.Wanted{Task: "test", Up: true})
		u.Gone("watch off").See("s unwatch").Press("s")
		e.Emit(tasks.Wanted{Task: "test"})
		u.See("watch off", "s watch").Press("s")
		e.Emit(
			tasks.Wanted{Task: "test", Up: true},
			tasks.RunQueued{Run: tasks.Run{ID: "test#1", Task: "test", Number: 1, Status: tasks.Queued, QueuedAt: time.Now(), EndLine: -1}},
			tasks.RunStarted{ID: "test#1", At: time.Now()},
		)
		u.See("◐ test", "s stop").Press("s")
		e.Emit(tasks.Wanted{Task: "test"}, tasks.RunEnded{ID: "test#1", At: time.Now(), Status: tasks.Cancelled})
		u.See("○ test  watch off", "cancelled", "s watch")
		start, stop := tasks.Start{Names: []string{"test"}}, tasks.Stop{Names: []string{"test"}}
		want := []tasks.Command{start, stop, start, stop}
		if diff := cmp.Diff(want, e.Commands()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAKeyOnAGroupStartsItsServicesAndNoTask(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := undeclared()
		e.Emit(tasks.Trusted{})
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press("up", "s")
		want := []tasks.Command{tasks.Start{Names: []string{"dev"}}}
		if diff := cmp.Diff(want, e.Commands()); diff != "" {
			t.Error(diff)
		}
		u.Press("down", "down", "down", "s").See("no service in it")
		if n := len(e.Commands()); n != 1 {
			t.Errorf("%d commands", n)
		}
	})
}
