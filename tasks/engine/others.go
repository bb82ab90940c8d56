package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// leaveOthers says which runs a command to stop tasks by name left alone: those that
// go on in another system and were not begun here. To end them is to ask that system,
// run by run.
func (e *Engine) leaveOthers(ctx context.Context, c tasks.Stop) error {
	if len(c.Names) == 0 {
		return nil
	}
	reply := make(chan error, 1) // buffered: the loop never waits for a caller that left
	if !e.send(func(e *Engine) {
		var runs, tasksOf []string
		names, _ := e.state.Names(c.Names)
		for _, name := range names {
			if r, ok := e.state.Elsewhere(name); ok {
				tasksOf = append(tasksOf, name)
				runs = append(runs, fmt.Sprintf("%s (%s) goes on in %s", r.ID, r.Cause, e.state.Providers[e.state.Units[name].Task.Provider].Title))
			}
		}
		if len(runs) == 0 {
			reply <- nil
			return
		}
		reply <- &tasks.StartError{
			Reason: strings.Join(runs, ", ") + ": it was not started here, so that a stop leaves it alone",
			Hint:   "cancel it there: sawhorse stop --others " + strings.Join(tasksOf, " "),
		}
	}) {
		return errGone
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-e.done:
		return errGone
	}
}

// pinnedRun is the run of a task of the workspace file that a provider's run is: it
// was started for that task, whose row tells of it.
func (e *Engine) pinnedRun(provider, external string) (tasks.Run, bool) {
	for _, name := range e.state.Order {
		u := e.state.Units[name]
		if u.Task.Provider != provider || u.Task.Spec.Use == "" {
			continue
		}
		for _, id := range u.Runs {
			if r := e.state.Runs[id]; r.External == external {
				return r, true
			}
		}
	}
	return tasks.Run{}, false
}
