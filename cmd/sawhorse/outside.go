package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

// outside is an engine whose connections can be asked: the workspace's host, or
// one in this process that leaves nothing behind.
type outside interface {
	tasks.Engine
	tasks.Querier
}

// withEngine calls f with the workspace's host, or with an engine of this
// process that ends with it; what runs in other systems goes on.
func (a *app) withEngine(ctx context.Context, f func(p place, e outside) error) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	c, err := attach.Dial(ctx, p.socket, versionText())
	if err == nil {
		defer c.Close()
		return f(p, c)
	}
	if !errors.Is(err, attach.ErrNoHost) {
		return err
	}
	file, err := p.load()
	if err != nil {
		return err
	}
	if err := a.ensureTrusted(p, file); err != nil {
		return err
	}
	return a.withoutHost(ctx, p, func(e outside) error { return f(p, e) })
}

// withoutHost calls do with an engine of this process, which ends with it.
func (a *app) withoutHost(ctx context.Context, p place, do func(e outside) error) error {
	h, err := newHost(p, a.trust || inCI())
	if err != nil {
		return err
	}
	defer h.close()
	h.lookAll(ctx)
	// The engine is stopped by Down, not by ctx, so that Ctrl-C still prints
	// what is said while everything stops.
	var outcome error
	err = h.run(context.WithoutCancel(ctx), nil, func(e tasks.Engine) {
		outcome = do(e.(outside))
		_ = e.Do(context.WithoutCancel(ctx), tasks.Down{})
	})
	if err != nil {
		return err
	}
	return outcome
}

// Patience with connections: how long they may take to be made, and to tell of
// their tasks after that.
const (
	connecting = 30 * time.Second
	telling    = 3 * time.Second
)

// awaitTask waits until a task is known: those of other systems come when these
// have answered.
func awaitTask(ctx context.Context, e tasks.Engine, name string) (tasks.Task, error) {
	return awaitTaskSaying(ctx, e, name, func(string) {})
}

// awaitTaskSaying says, once for each, which systems it waits for.
func awaitTaskSaying(ctx context.Context, e tasks.Engine, name string, say func(title string)) (tasks.Task, error) {
	said := map[string]bool{}
	limited, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	var found tasks.Task
	var last tasks.State
	settled := time.Time{} // since when nobody is being connected
	err := followTicking(limited, e, func(s *tasks.State) (bool, error) {
		last = *s
		if u, ok := s.Units[name]; ok {
			if _, stands := s.StandsFor(u.Task); stands || u.Task.Spec.Use == "" || s.Providers[u.Task.Provider].Phase == tasks.PhaseFailed {
				found = u.Task
				return true, nil
			}
		}
		busy := !s.Watch.Ready && len(s.Providers) == 0
		for _, p := range s.Providers {
			busy = busy || p.Phase == tasks.PhaseBusy
			if p.Phase == tasks.PhaseBusy && !said[p.Title] {
				said[p.Title] = true
				say(p.Title)
			}
		}
		switch {
		case busy:
			settled = time.Time{}
		case settled.IsZero():
			settled = time.Now()
		case time.Since(settled) > telling:
			return true, nil
		}
		return false, nil
	})
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return found, err
	case found.Name != "":
		return found, nil
	}
	if u, ok := last.Units[name]; ok {
		return u.Task, nil
	}
	return found, unknownTask(&last, name)
}

// awaitName waits until a name is known where another system may have it: bounded,
// and a person is told for whom. A group and a replica are names, too.
func (a *app) awaitName(ctx context.Context, p place, e tasks.Engine, name string) error {
	s, err := snapshot(ctx, e)
	if err != nil {
		return err
	}
	if _, unknown := s.Names([]string{name}); unknown == "" {
		return nil
	}
	f, err := p.load()
	if err != nil || len(all.Offering(ctx, f, surroundings(p))) == 0 {
		return nil // who runs it says what there is
	}
	_, err = awaitTaskSaying(ctx, e, name, func(title string) {
		fmt.Fprintf(a.err, "%s is none of this workspace's own: waiting for what %s offers…\n", name, title)
	})
	return err
}

// unknownTask says what there is instead, and which connection may be why.
func unknownTask(s *tasks.State, name string) error {
	hints := []string{"there are: " + joinNames(s.Order)}
	for _, p := range s.Providers {
		if p.Phase == tasks.PhaseFailed && p.Wanted {
			hints = append(hints, fmt.Sprintf("%s is not connected: %s; %s", p.Title, p.Error, p.Hint))
		}
	}
	return &fault{code: exitUsage, err: fmt.Errorf("no task is called %q", name), hint: strings.Join(hints, "   ·   ")}
}

// followTicking is follow that also looks twice a second while nothing happens.
func followTicking(ctx context.Context, e tasks.Engine, f func(*tasks.State) (bool, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, events := e.Subscribe(ctx)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := f(&s); done || err != nil {
			return err
		}
		select {
		case batch, ok := <-events:
			if !ok {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return errHostGone
			}
			for _, ev := range batch {
				s.Apply(ev)
			}
		case <-tick.C:
		}
	}
}

// facts are what a form says beside its parameters, by name.
func facts(r tasks.Result, name string) []string {
	var all []string
	for _, f := range r.Facts {
		if f.Name == name {
			all = append(all, f.Value)
		}
	}
	return all
}

// formOf is the form of a task of another system, at a ref.
func formOf(ctx context.Context, e outside, t tasks.Task, ref string) (tasks.Result, error) {
	name := t.Name
	if s, err := snapshot(ctx, e); err == nil {
		if of, ok := s.StandsFor(t); ok {
			name = of.Name
		}
	}
	return e.Query(ctx, tasks.Query{Provider: t.Provider, Name: "form", Args: map[string]string{"task": name, "ref": ref}})
}

// refParam is what a task's parameter for the branch is called; "" when it has none.
func refParam(t tasks.Task) string {
	for _, name := range []string{"git-ref", "ref"} {
		if slices.ContainsFunc(t.Spec.Params, func(p param) bool { return p.Name == name }) {
			return name
		}
	}
	return ""
}

// runWord takes a word like deploy#12/build apart.
func runWord(word string) (id tasks.RunID, step string, ok bool) {
	i := strings.IndexByte(word, '#')
	if i <= 0 {
		return "", "", false
	}
	number, step, _ := strings.Cut(word[i+1:], "/")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return "", "", false
	}
	return tasks.RunID(word[:i+1] + number), step, true
}
