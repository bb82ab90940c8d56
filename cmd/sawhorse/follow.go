package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// errHostGone: the host ended while a verb was looking.
var errHostGone = errors.New("the host has ended")

// follow calls f with the state, at once and after each batch, until it says
// done. The end of the host is errHostGone, unless it was announced.
func follow(ctx context.Context, e tasks.Engine, f func(*tasks.State) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, events := e.Subscribe(ctx)
	for {
		if done, err := f(&s); done || err != nil {
			return err
		}
		batch, ok := <-events
		if !ok {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return errHostGone
		}
		for _, ev := range batch {
			s.Apply(ev)
		}
	}
}

// declared is the state once the host has read what there is.
func declared(ctx context.Context, e tasks.Engine) (tasks.State, error) {
	var known tasks.State
	err := follow(ctx, e, func(s *tasks.State) (bool, error) {
		known = *s
		return s.Jobs > 0, nil // a file allows one at least
	})
	return known, err
}

// snapshot is the state now.
func snapshot(ctx context.Context, e tasks.Engine) (tasks.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, _ := e.Subscribe(ctx)
	if s.Workspace.Root == "" {
		return s, errHostGone
	}
	return s, nil
}

// mayChange refuses what --read-only takes out.
func (a *app) mayChange() error {
	if a.readOnly {
		return &fault{code: exitUsage, err: errors.New("--read-only: this would start or stop something")}
	}
	return nil
}

// glyph is the sign of a task's state, always beside a word.
func glyph(s *tasks.State, u tasks.Unit) string {
	r, ok := s.Current(u.Task.Name)
	if !ok {
		return "○"
	}
	switch r.Status {
	case tasks.Ready, tasks.Succeeded:
		return "●"
	case tasks.Running:
		return "◐"
	case tasks.Failed:
		return "✖"
	case tasks.Queued:
		return "◌"
	}
	return "○"
}

func portText(r tasks.Run) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Ports)) {
		parts = append(parts, fmt.Sprintf("%s :%d", name, r.Ports[name]))
	}
	if len(parts) == 0 {
		return ""
	}
	return " on " + joinNames(parts)
}

func joinNames(names []string) string { return strings.Join(names, ", ") }
