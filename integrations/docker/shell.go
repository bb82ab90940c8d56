package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

var _ tasks.Opener = (*Provider)(nil)

// shells are tried in this order; an image FROM scratch has none of them.
func shells() []string { return []string{"bash", "ash", "sh"} }

// Open starts a shell in a running container.
func (p *Provider) Open(ctx context.Context, id tasks.ResourceID) (tasks.Terminal, error) {
	s, known, _ := p.container(id.Native())
	switch {
	case !known:
		return nil, errors.New("there is no such container any more")
	case s.State != container.StateRunning:
		return nil, fmt.Errorf("%s is not running", s.name())
	}
	for _, shell := range shells() {
		t, err := p.exec(ctx, s.ID, []string{shell})
		if err == nil {
			return t, nil
		}
		if _, missing := errors.AsType[*noProgram](err); !missing {
			return nil, fmt.Errorf("open a shell in %s: %s", s.name(), plain(err))
		}
	}
	return nil, fmt.Errorf("the image %s has no shell", imageName(s.Image))
}

// noProgram says that what should run is not in the container.
type noProgram struct{ argv []string }

func (e *noProgram) Error() string { return e.argv[0] + " is not in the container" }

// exec runs a program on a terminal of its own in a container.
func (p *Provider) exec(ctx context.Context, id string, argv []string) (tasks.Terminal, error) {
	made, err := p.api.ExecCreate(ctx, id, client.ExecCreateOptions{
		TTY: true, AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: argv, Env: []string{"TERM=xterm-256color"},
	})
	if err != nil {
		return nil, err
	}
	at, err := p.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{TTY: true})
	if err != nil {
		return nil, err
	}
	// The engine answers before it has tried to start the program: whether it runs
	// is asked for.
	for range 100 {
		i, err := p.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
		if err != nil {
			at.Close()
			return nil, err
		}
		switch {
		case i.PID != 0: // it runs, or has: what it said is still to be read
			return &shell{p: p, id: made.ID, at: at}, nil
		case !i.Running && i.ExitCode != 0:
			at.Close()
			return nil, &noProgram{argv}
		}
		select {
		case <-ctx.Done():
			at.Close()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return &shell{p: p, id: made.ID, at: at}, nil
}

// shell is a program's terminal. Closing it hangs up, and the program ends.
type shell struct {
	p  *Provider
	id string
	at client.ExecAttachResult
}

func (s *shell) Read(b []byte) (int, error) {
	n, err := s.at.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = io.EOF // it was closed here
	}
	return n, err
}

func (s *shell) Write(b []byte) (int, error) { return s.at.Conn.Write(b) }

func (s *shell) Resize(columns, rows int) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	_, err := s.p.api.ExecResize(ctx, s.id, client.ExecResizeOptions{Height: uint(rows), Width: uint(columns)})
	return err
}

// Close types the end of input, which shells leave at, and hangs up.
func (s *shell) Close() error {
	_, _ = s.at.Conn.Write([]byte{4})
	s.at.Close()
	return nil
}
