// Package tuitest is the user as an object: press keys, see text, on the real
// screen with an engine that a test plays. It never sleeps: it is to be used
// inside testing/synctest, where time passes only when nothing else happens.
package tuitest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Engine is a tasks.Engine that a test plays: it records commands and sends the
// events that it is told to.
type Engine struct {
	mu       sync.Mutex
	state    tasks.State
	subs     []chan []tasks.Event
	commands []tasks.Command
	// Refuse answers commands; nil: all are accepted.
	Refuse func(tasks.Command) error
	// Answer answers queries; nil: nothing does.
	Answer func(tasks.Query) (tasks.Result, error)
	asked  []tasks.Query
}

// NewEngine is an engine that has opened a workspace named "shop" with these
// units.
func NewEngine(units ...config.Unit) *Engine {
	e := &Engine{state: tasks.NewState()}
	e.Emit(tasks.WorkspaceOpened{Workspace: tasks.Workspace{Name: "shop", Root: "/work/shop", Started: time.Now()}})
	e.Configure(units...)
	return e
}

// Configure replaces all units.
func (e *Engine) Configure(units ...config.Unit) {
	var all []tasks.Task
	for _, u := range units {
		title := u.Description
		if title == "" {
			title = u.Run
		}
		all = append(all, tasks.Task{Name: u.Name, Kind: u.Kind, Of: u.Name, Title: title, Spec: u})
	}
	e.Emit(tasks.Configured{Tasks: all})
}

// Emit applies events and sends them to every subscriber.
func (e *Engine) Emit(events ...tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		e.state.Apply(ev)
	}
	for _, c := range e.subs {
		c <- events
	}
}

// Leave sends the last event and closes every subscription, as a host that ends.
func (e *Engine) Leave(why string) {
	e.Emit(tasks.HostLeaving{Why: why})
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.subs {
		close(c)
	}
	e.subs = nil
}

// State is a copy of the state.
func (e *Engine) State() tasks.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.Clone()
}

// Commands are all commands so far.
func (e *Engine) Commands() []tasks.Command {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]tasks.Command(nil), e.commands...)
}

// Do records the command.
func (e *Engine) Do(_ context.Context, c tasks.Command) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Refuse != nil {
		if err := e.Refuse(c); err != nil {
			return err
		}
	}
	e.commands = append(e.commands, c)
	return nil
}

// Query records the question and has it answered.
func (e *Engine) Query(_ context.Context, q tasks.Query) (tasks.Result, error) {
	e.mu.Lock()
	e.asked = append(e.asked, q)
	answer := e.Answer
	e.mu.Unlock()
	if answer == nil {
		return tasks.Result{}, errors.New("nobody answers")
	}
	return answer(q)
}

// Asked are all queries so far.
func (e *Engine) Asked() []tasks.Query {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.asked)
}

// Subscribe sends all later events until ctx ends; the channel holds more than
// a test sends.
func (e *Engine) Subscribe(ctx context.Context) (tasks.State, <-chan []tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := make(chan []tasks.Event, 4096)
	e.subs = append(e.subs, c)
	context.AfterFunc(ctx, func() { e.unsubscribe(c) })
	return e.state.Clone(), c
}

func (e *Engine) unsubscribe(c chan []tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := slices.Index(e.subs, c); i >= 0 {
		e.subs = slices.Delete(e.subs, i, i+1)
		close(c)
	}
}

var (
	_ tasks.Engine  = (*Engine)(nil)
	_ tasks.Querier = (*Engine)(nil)
)

// Queue queues the task's next run and returns its id.
func (e *Engine) Queue(task string, cause tasks.Cause, holds ...tasks.Hold) tasks.RunID {
	n := 1
	s := e.State()
	for _, id := range s.Units[task].Runs {
		n = max(n, s.Runs[id].Number+1)
	}
	id := tasks.NewRunID(task, n)
	e.Emit(tasks.RunQueued{Run: tasks.Run{ID: id, Task: task, Number: n, Cause: cause, QueuedAt: time.Now(), Log: logs.Key(task)}})
	if len(holds) > 0 {
		e.Emit(tasks.RunHeld{ID: id, Holds: holds})
	}
	return id
}

// Start queues and starts the task's next run.
func (e *Engine) Start(task string, cause tasks.Cause) tasks.RunID {
	id := e.Queue(task, cause)
	e.Emit(tasks.RunStarted{ID: id, At: time.Now()}, tasks.ProcessStarted{ID: id, PID: 4711})
	return id
}

// Up starts a service and says that it is ready.
func (e *Engine) Up(service string) tasks.RunID {
	e.Emit(tasks.Wanted{Task: service, Up: true})
	id := e.Start(service, tasks.Cause{Kind: tasks.ByStart})
	e.Emit(tasks.RunReady{ID: id, At: time.Now()})
	return id
}

// End ends a run with an exit code.
func (e *Engine) End(id tasks.RunID, code int) {
	end := tasks.RunEnded{ID: id, At: time.Now(), Status: tasks.Succeeded, Exit: &tasks.Exit{Code: code}, EndLine: 10}
	if code != 0 {
		end.Status, end.Error = tasks.Failed, end.Exit.String()
	}
	e.Emit(end)
}
