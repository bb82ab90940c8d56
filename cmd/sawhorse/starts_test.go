package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// startedAt is when everything was asked to start; after adds seconds.
func startedAt() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

func after(seconds float64) time.Time {
	return startedAt().Add(time.Duration(seconds * float64(time.Second)))
}

// stateOf is a state with services; each is the runs it had.
func stateOf(services map[string][]tasks.Run) *tasks.State {
	var s tasks.State
	var all []tasks.Task
	for _, name := range []string{"db", "api", "web"} {
		all = append(all, tasks.Task{Name: name, Of: name, Kind: config.Service})
	}
	all = append(all, tasks.Task{Name: "test", Of: "test", Kind: config.Task})
	s.Apply(tasks.WorkspaceOpened{})
	s.Apply(tasks.Configured{Tasks: all})
	for name, runs := range services {
		for i, r := range runs {
			final := r
			r.Task, r.Number, r.ID, r.Status, r.EndLine = name, i+1, tasks.NewRunID(name, i+1), tasks.Queued, -1
			s.Apply(tasks.RunQueued{Run: r})
			if final.StartedAt.IsZero() {
				continue
			}
			s.Apply(tasks.RunStarted{ID: r.ID, At: final.StartedAt})
			if !final.ReadyAt.IsZero() {
				s.Apply(tasks.RunReady{ID: r.ID, At: final.ReadyAt})
			}
			if final.Status.Done() {
				s.Apply(tasks.RunEnded{ID: r.ID, At: final.EndedAt, Status: final.Status})
			}
		}
	}
	return &s
}

func TestAnEnvironmentIsUpWhenItsLastServiceIsReady(t *testing.T) {
	ready := func(queued, started, ready float64) tasks.Run {
		return tasks.Run{QueuedAt: after(queued), StartedAt: after(started), ReadyAt: after(ready), Status: tasks.Ready}
	}
	ended := func(status tasks.Status, queued, end float64) tasks.Run {
		return tasks.Run{QueuedAt: after(queued), StartedAt: after(queued), EndedAt: after(end), Status: status}
	}
	for name, c := range map[string]struct {
		services map[string][]tasks.Run
		want     history.StartRecord
		settled  bool
	}{
		"all are ready": {
			map[string][]tasks.Run{"db": {ready(0.1, 0.2, 3)}, "api": {ready(0.1, 3, 5)}, "web": {ready(0.2, 0.3, 0.4)}},
			history.StartRecord{Began: after(0.1), Ready: after(5), Services: 3, Slowest: "api", Took: 2 * time.Second},
			true,
		},
		"one is on its way": {
			map[string][]tasks.Run{"db": {ready(0.1, 0.2, 3)}, "api": {{QueuedAt: after(0.1), StartedAt: after(0.2)}}},
			history.StartRecord{},
			false,
		},
		"one waits": {
			map[string][]tasks.Run{"db": {ready(0.1, 0.2, 3)}, "api": {{QueuedAt: after(0.1)}}},
			history.StartRecord{},
			false,
		},
		"one failed": {
			map[string][]tasks.Run{"db": {ready(0.1, 0.2, 3)}, "api": {ended(tasks.Failed, 0.1, 9)}},
			history.StartRecord{Began: after(0.1), Ready: after(9), Services: 2, Failed: []string{"api"}, Slowest: "db", Took: 2800 * time.Millisecond},
			true,
		},
		"one was stopped meanwhile": {
			map[string][]tasks.Run{"db": {ready(0.1, 0.2, 3)}, "api": {ended(tasks.Cancelled, 0.1, 9)}},
			history.StartRecord{Began: after(0.1), Ready: after(3), Services: 1, Slowest: "db", Took: 2800 * time.Millisecond},
			true,
		},
		"one was up before": {
			map[string][]tasks.Run{"db": {ready(-60, -60, -50)}, "api": {ready(0.1, 0.2, 3)}},
			history.StartRecord{Began: after(0.1), Ready: after(3), Services: 1, Slowest: "api", Took: 2800 * time.Millisecond},
			true,
		},
		"one came up at the second try": {
			map[string][]tasks.Run{"db": {ended(tasks.Failed, 0.1, 1), ready(2, 2, 4)}},
			history.StartRecord{Began: after(0.1), Ready: after(4), Services: 1, Slowest: "db", Took: 2 * time.Second},
			true,
		},
		"only a task was started": {
			map[string][]tasks.Run{"test": {{QueuedAt: after(0.1)}}}, history.StartRecord{}, true,
		},
	} {
		got, settled := cameUp(stateOf(c.services), startedAt())
		if diff := cmp.Diff(c.want, got); diff != "" || settled != c.settled {
			t.Errorf("%s: settled %v, want %v\n%s", name, settled, c.settled, diff)
		}
	}
}

// asked is an engine that only takes commands.
type asked struct {
	tasks.Engine
	answer error
}

func (a asked) Do(context.Context, tasks.Command) error { return a.answer }

func TestOnlyTheFirstStartOfEverythingIsMeasured(t *testing.T) {
	n := 0
	e := &starting{Engine: asked{}, first: func(time.Time) { n++ }}
	refusing := &starting{Engine: asked{answer: errors.New("no")}, first: func(time.Time) { n++ }}
	for _, c := range []struct {
		engine  tasks.Engine
		command tasks.Command
		want    int
	}{
		{e, tasks.Reload{}, 0},
		{e, tasks.Start{Names: []string{"db"}}, 0},
		{refusing, tasks.Start{}, 0},
		{e, tasks.Start{}, 1},
		{e, tasks.Start{}, 1},
	} {
		if err := c.engine.Do(t.Context(), c.command); (err != nil) != (c.engine == tasks.Engine(refusing)) {
			t.Errorf("%T: %v", c.command, err)
		}
		if n != c.want {
			t.Errorf("after %+v: measured %d times, want %d", c.command, n, c.want)
		}
	}
}
