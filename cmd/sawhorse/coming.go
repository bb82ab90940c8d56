package main

import (
	"context"
	"fmt"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/engine"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// coming stands for a host that is being started, which takes as long as all that a
// screen does until its first picture. It knows what the workspace's file declares;
// what it is told to do it hands on as soon as the host is there.
type coming struct {
	state tasks.State
	there chan struct{} // closed when the rest is known
	host  *attach.Client
	err   error
}

var _ tasks.Engine = (*coming)(nil)

func newComing(p place, f *config.File) *coming {
	c := &coming{state: tasks.NewState(), there: make(chan struct{})}
	c.state.Apply(tasks.WorkspaceOpened{Workspace: tasks.Workspace{Name: f.Name, Root: p.root, State: p.state, LogDir: logDir(p)}})
	c.state.Apply(engine.Configured(f))
	return c
}

// is says which host has come, or why none has. It is called once.
func (c *coming) is(host *attach.Client, err error) {
	c.host, c.err = host, err
	close(c.there)
}

func (c *coming) wait(ctx context.Context) (tasks.Engine, tasks.Interactor, error) {
	select {
	case <-c.there:
		return c.host, c.host, c.err
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// Do waits for the host.
func (c *coming) Do(ctx context.Context, command tasks.Command) error {
	host, _, err := c.wait(ctx)
	if err != nil {
		return fmt.Errorf("start the host: %w", err)
	}
	return host.Do(ctx, command)
}

// Subscribe has no news: the host has all.
func (c *coming) Subscribe(ctx context.Context) (tasks.State, <-chan []tasks.Event) {
	news := make(chan []tasks.Event)
	context.AfterFunc(ctx, func() { close(news) })
	return c.state.Clone(), news
}
