package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// connect dials the workspace's host; nothing running is a fault.
func (a *app) connect(ctx context.Context, p place) (*attach.Client, error) {
	c, err := attach.Dial(ctx, p.socket, versionText())
	if errors.Is(err, attach.ErrNoHost) {
		return nil, &fault{code: exitNoHost, err: fmt.Errorf("nothing runs in %s", p.root), hint: "start it: sawhorse up -d   ·   with the screen: sawhorse   ·   what can be run: sawhorse tasks"}
	}
	return c, err
}

// reach finds the workspace and dials its host.
func (a *app) reach(ctx context.Context) (*attach.Client, error) {
	p, err := a.find()
	if err != nil {
		return nil, err
	}
	return a.connect(ctx, p)
}

// reachTasks dials the host, for the caller to close, and finds the tasks that words
// name in the state that it is in.
func (a *app) reachTasks(ctx context.Context, words []string) (c *attach.Client, s tasks.State, names []string, err error) {
	if c, err = a.reach(ctx); err != nil {
		return nil, s, nil, err
	}
	if s, err = snapshot(ctx, c); err == nil {
		names, err = resolve(&s, words)
	}
	if err != nil {
		_ = c.Close()
		return nil, s, nil, err
	}
	return c, s, names, nil
}

// ensureHost dials the host, and starts one where there is none. started says
// that it did; everything that starts by itself is then on its way. whole: all that
// is declared below the directory is known when it returns.
func (a *app) ensureHost(ctx context.Context, p place, start, whole bool) (c *attach.Client, started bool, err error) {
	c, err = attach.Dial(ctx, p.socket, versionText())
	if err == nil || !errors.Is(err, attach.ErrNoHost) {
		return c, false, err
	}
	f, err := a.admitHost(p)
	if err != nil {
		return nil, false, err
	}
	c, err = a.startHost(ctx, p, start && f != nil, whole)
	return c, true, err
}

// admitHost asks for the trust that a host needs to start, and returns the file
// that is trusted. Without one nothing starts by itself, and it is asked for
// later, when a person first starts something.
func (a *app) admitHost(p place) (*config.File, error) {
	f, err := loadFile(context.Background(), p.root)
	if errors.Is(err, config.ErrNotFound) {
		return nil, nil //nolint:nilnil // no file is no error
	}
	if err != nil {
		return nil, err
	}
	return f, a.ensureTrusted(p, f)
}

// startHost starts a host, where there is none, and dials it.
func (a *app) startHost(ctx context.Context, p place, start, whole bool) (*attach.Client, error) {
	if err := a.spawnHost(ctx, p, start, whole); err != nil {
		return nil, err
	}
	return attach.Dial(ctx, p.socket, versionText())
}

// hostStart is how long a host may take to open its socket.
const hostStart = 20 * time.Second

// spawnHost starts the host in the background, in a session of its own, and
// returns when it serves, or with what it said when it could not.
func (a *app) spawnHost(ctx context.Context, p place, start, whole bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(p.state, "host.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the host's own log: %w", err)
	}
	defer out.Close()
	ready, said, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	args := []string{hostVerb, "--dir", p.root}
	if start {
		args = append(args, "--start")
	}
	if whole {
		args = append(args, "--whole")
	}
	if a.trust || inCI() {
		args = append(args, "--trust")
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = p.root
	cmd.Stdout, cmd.Stderr = out, out
	detach(cmd, said)
	if err := cmd.Start(); err != nil {
		said.Close()
		return fmt.Errorf("start the host: %w", err)
	}
	said.Close()
	go func() { _ = cmd.Wait() }() // reaps the host should it end before this client does
	answer := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(ready)
		answer <- strings.TrimSpace(string(text))
	}()
	select {
	case text := <-answer:
		if text == "ready" {
			return nil
		}
		if text == "" {
			text = "it ended without a word; its log: " + out.Name()
		}
		return fmt.Errorf("the host did not start: %s", text)
	case <-time.After(hostStart):
		return fmt.Errorf("the host did not open its socket within %v; its log: %s", hostStart, out.Name())
	case <-ctx.Done():
		return ctx.Err()
	}
}
