package engine

import (
	"context"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// A run that tells numbers will be compared with others, and then it matters what
// code it was made of. That is asked for once, at the first number: other runs
// cost nothing. The record of a run that ends meanwhile waits for the answer.
//
//	MetricReported ──> Options.Code, aside ──> CodeReported ──> record, if it has ended

// codeOf asks what code a run is made of, unless that was done.
func (e *Engine) codeOf(id tasks.RunID) {
	l := e.live[id]
	if e.o.Code == nil || l == nil || l.coded || e.state.Units[id.Task()].Task.Provider != "" {
		return
	}
	l.coded = true
	e.coding[id] = false
	e.work.Go(func() {
		// A host that leaves waits for the answer: it is what the record is for.
		c := e.o.Code(context.WithoutCancel(e.inner))
		e.send(func(e *Engine) {
			ended := e.coding[id]
			delete(e.coding, id)
			if c.Commit != "" {
				e.emit(tasks.CodeReported{ID: id, Code: c})
			}
			if r, ok := e.state.Runs[id]; ended && ok {
				e.records <- cloneRun(r)
			}
		})
	})
}

// hand gives a run that has ended to those who record it.
func (e *Engine) hand(r tasks.Run) {
	if _, asked := e.coding[r.ID]; asked {
		e.coding[r.ID] = true
		return
	}
	e.records <- cloneRun(r)
}
