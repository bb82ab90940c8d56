package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/paint"
	"github.com/sawhorse-dev/sawhorse/workspace/checkout"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// openScreen is `sawhorse` without a verb: attach to what runs, or start it,
// and show it. Without a terminal it prints plain lines instead.
func (a *app) openScreen(ctx context.Context) error {
	a.looks = true
	p, err := a.find()
	if err != nil {
		return err
	}
	return a.screenAt(ctx, p)
}

func (a *app) screenAt(ctx context.Context, p place) error {
	if a.plain || os.Getenv("TERM") == "dumb" || !isTerminal(a.in) || !isTerminal(a.out) {
		return a.plainAt(ctx, p)
	}
	shown := hurry()
	defer shown()
	paper := paint.NewPaper(paint.Options{})
	// The settings are read while the host is found or started.
	var wishes mine
	read := watch.FileClock()
	var reading, work sync.WaitGroup
	reading.Go(func() { wishes = loadMine() })
	looking, end := context.WithCancel(ctx)
	defer work.Wait()
	defer end()
	host, err := a.hostSoon(looking, p, &work)
	reading.Wait()
	if err != nil {
		return err
	}
	changed := make(chan tui.Settings)
	work.Go(func() { followMine(looking, read, changed) })
	result, err := tui.Run(ctx, host.engine, wishes.options(tui.Options{
		Changed:     changed,
		Host:        host.come,
		Interactor:  host.interactor,
		Paper:       paper,
		Shown:       shown,
		Lend:        a.lend,
		Verb:        func(ctx context.Context, words []string) (string, error) { return a.page(ctx, p, words) },
		Suspends:    behindAShell(),
		ReadOnly:    a.readOnly,
		Version:     versionText(),
		Load:        func(name string, v any) error { return session.Load(p.state, name, v) },
		Save:        func(name string, v any) error { return session.Save(p.state, name, v) },
		Branch:      func() string { return branchOf(p.root) },
		Uncommitted: func(ctx context.Context) bool { return checkout.Uncommitted(ctx, p.root) },
		Past:        p.pastOfTests,
		Runs:        p.pastRuns,
		Reconnect: func(ctx context.Context) (tasks.Engine, tasks.Interactor, error) {
			c, _, err := a.ensureHost(ctx, p, true, false)
			return c, c, err
		},
	}))
	if err != nil {
		return err
	}
	switch {
	case result.StopAll:
		if err := a.down(ctx, false); err != nil {
			return err
		}
	case result.HostGone:
		fmt.Fprintln(a.err, "the host has ended; start it again: sawhorse")
	case p.nowhere: // nothing of it was run here
	default:
		fmt.Fprintln(a.err, "what runs, runs on; back to it: sawhorse   ·   stop it: sawhorse down")
	}
	return nil
}

// plainAt shows in plain lines what is at a place, and starts it where it does not run.
func (a *app) plainAt(ctx context.Context, p place) error {
	if done, err := a.listDetected(ctx, p); done || err != nil {
		return err
	}
	begun := time.Now()
	c, started, err := a.ensureHost(ctx, p, !a.readOnly, false)
	if err != nil {
		return err
	}
	if !started && !a.readOnly {
		return a.lookPlain(ctx, p, c)
	}
	return (&foreground{app: a, e: c, begun: begun}).run(ctx, p)
}

// found is a host, or what stands for it while it starts; come waits for it then.
type found struct {
	engine     tasks.Engine
	interactor tasks.Interactor
	come       func(context.Context) (tasks.Engine, tasks.Interactor, error)
}

// hostSoon dials the host. Where there is none it asks for the trust to start one,
// and begins.
func (a *app) hostSoon(ctx context.Context, p place, work *sync.WaitGroup) (found, error) {
	c, err := attach.Dial(ctx, p.socket, versionText())
	if !errors.Is(err, attach.ErrNoHost) {
		return found{engine: c, interactor: c}, err
	}
	f, err := a.admitHost(p)
	if err != nil {
		return found{}, err
	}
	if f == nil {
		c, err := a.startHost(ctx, p, false, false)
		return found{engine: c, interactor: c}, err
	}
	soon := newComing(p, f)
	work.Go(func() { soon.is(a.startHost(ctx, p, !a.readOnly, false)) })
	return found{engine: soon, come: soon.wait}, nil
}

// page is what a verb prints for the screen, in one text.
func (a *app) page(ctx context.Context, p place, words []string) (string, error) {
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer nothing.Close()
	var said, wrong strings.Builder
	code := execute(ctx, append([]string{"--dir", p.root}, words...), streams{in: nothing, out: &said, err: &wrong})
	if code != 0 && said.Len() == 0 {
		return "", errors.New(strings.TrimPrefix(strings.TrimSpace(wrong.String()), "sawhorse: "))
	}
	return said.String() + wrong.String(), nil
}

// hurry puts the garbage collector off until what it returns is called: what a
// person waits for allocates a few megabytes, and collecting them on the way takes
// a fourth of the time.
func hurry() (enough func()) {
	percent := debug.SetGCPercent(200) // of 4 MB
	return sync.OnceFunc(func() { debug.SetGCPercent(percent) })
}

// lately is how many lines of each log are printed to somebody who comes to look.
const lately = 10

// lookPlain prints the last lines of a host that runs already, and what comes;
// the end of the look stops nothing.
func (a *app) lookPlain(ctx context.Context, p place, e tasks.Engine) error {
	t := a.newTail(p, a.out)
	t.start = func(src *tailSource) error { return src.seek(lately, time.Time{}, time.Time{}, nil) }
	defer t.close()
	says := told{app: a, t: t}
	err := follow(ctx, e, func(s *tasks.State) (bool, error) {
		return s.Leaving != "", errors.Join(t.update(s), says.update(s))
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
