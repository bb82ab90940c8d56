package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// leftAlone says which runs a command to stop tasks by name left alone: those that
// go on in another system and were not begun here. To end them is to ask that system,
// run by run.
func (e *Engine) leftAlone(words []string) error {
	var runs, tasksOf []string
	names, _ := e.state.Names(words)
	for _, name := range names {
		if r, ok := e.state.Elsewhere(name); ok {
			tasksOf = append(tasksOf, name)
			runs = append(runs, fmt.Sprintf("%s (%s) goes on in %s", r.ID, r.Cause, e.state.Providers[e.state.Units[name].Task.Provider].Title))
		}
	}
	if len(runs) == 0 {
		return nil
	}
	return &tasks.StartError{
		Reason: strings.Join(runs, ", ") + ": it was not started here, so that a stop leaves it alone",
		Hint:   "cancel it there: sawhorse stop --others " + strings.Join(tasksOf, " "),
	}
}

// outsideRun says whether a run goes on in another system and is only looked at
// here: then to cancel it is to ask that system, which may refuse.
func (e *Engine) outsideRun(ctx context.Context, id tasks.RunID) (tasks.ResourceID, bool) {
	reply := make(chan tasks.ResourceID, 1) // buffered: the loop never waits for a caller that left
	if !e.send(func(e *Engine) {
		r := e.state.Runs[id]
		if t := e.state.Units[r.Task].Task; t.Remote() && e.live[id] == nil && r.External != "" && !r.Status.Done() {
			reply <- r.Outside(t.Provider)
			return
		}
		reply <- ""
	}) {
		return "", false
	}
	outside, _ := answer(ctx, e, reply)
	return outside, outside != ""
}
