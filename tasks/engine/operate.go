package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// operate does something with a resource and returns when it is done. It is
// done to its end although the caller leaves.
func (e *Engine) operate(ctx context.Context, c tasks.Operate) error {
	p, err := e.provider(ctx, c.ID.Provider())
	if err != nil {
		return err
	}
	operator, ok := tasks.As[tasks.Operator](p)
	if !ok {
		return fmt.Errorf("nothing can be done with the things of %s", c.ID.Provider())
	}
	reply := make(chan error, 1) // buffered: whoever asked may have left
	if !e.send(func(e *Engine) { e.beginOperation(operator, c, reply) }) {
		return errGone
	}
	refused, err := answer(ctx, e, reply)
	return cmp.Or(err, refused)
}

func (e *Engine) beginOperation(operator tasks.Operator, c tasks.Operate, reply chan<- error) {
	r, known := e.state.Resources[c.ID]
	switch {
	case e.leaving != "":
		reply <- errors.New("the host is stopping everything")
		return
	case !known:
		reply <- fmt.Errorf("%s is not there any more", c.ID.Native())
		return
	case r.Doing != "":
		reply <- fmt.Errorf("%s: %s goes on already", r.Name, r.Doing)
		return
	case r.Off[c.Operation] != "":
		reply <- fmt.Errorf("%s %s: %s", c.Operation, r.Name, r.Off[c.Operation])
		return
	}
	e.emit(tasks.OperationBegan{ID: c.ID, Operation: c.Operation})
	e.work.Go(func() {
		outcome, err := outcomeOfOperation(e.inner, operator, r, c)
		ended := tasks.OperationEnded{ID: c.ID, Operation: c.Operation, Text: outcome.Text}
		if err != nil {
			ended.Error = err.Error()
		}
		told := e.send(func(e *Engine) {
			e.emit(ended)
			if err == nil {
				e.runAfter(r, c, outcome)
			}
			reply <- err
		})
		if !told {
			reply <- err
		}
	})
}

func outcomeOfOperation(ctx context.Context, o tasks.Operator, r tasks.Resource, c tasks.Operate) (tasks.Outcome, error) {
	if telling, ok := o.(tasks.Telling); ok {
		return telling.OperateTelling(ctx, r, c.Operation, c.Args)
	}
	return tasks.Outcome{}, o.Operate(ctx, r, c.Operation, c.Args)
}
