package main

import (
	"context"
	"sync"
)

// aside is the work that goes on beside the runs. The host that owns it ends it
// and waits for it.
type aside struct {
	ctx    context.Context //nolint:containedctx // the life of the host, which no call has
	cancel context.CancelFunc

	mu   sync.Mutex // so that nothing begins after end
	work sync.WaitGroup
}

func newAside() *aside {
	a := &aside{}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// run begins work; its ctx ends with the host.
func (a *aside) run(work func(ctx context.Context)) {
	a.mu.Lock()
	late := a.ctx.Err() != nil
	if !late {
		a.work.Go(func() { work(a.ctx) })
	}
	a.mu.Unlock()
	if late {
		work(a.ctx) // it sees that it is too late
	}
}

func (a *aside) end() {
	a.mu.Lock()
	a.cancel()
	a.mu.Unlock()
	a.work.Wait()
}
