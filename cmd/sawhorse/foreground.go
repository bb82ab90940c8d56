package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// foreground stays with what was brought up: it prints what happens and what is
// logged, until a person interrupts it or the host leaves.
type foreground struct {
	*app
	e     tasks.Engine
	begun time.Time // nothing that was logged before is printed
	words []string  // what was asked for; none: everything
	// before is what was up in a host that ran already, which belongs to somebody
	// else; nil: the host is ours, and stops with us.
	before *tasks.State
}

func (f *foreground) run(ctx context.Context, p place) error {
	t := f.newTail(p, f.out)
	t.from(f.begun)
	defer t.close()
	says := told{app: f.app, t: t}
	look := func(s *tasks.State) error {
		if len(f.words) > 0 {
			all, _ := s.Names(f.words)
			t.only = s.WithDependencies(all)
		}
		for _, name := range s.Order {
			if len(t.only) == 0 && s.Units[name].Up || slices.Contains(t.only, name) {
				t.width = max(t.width, len(name))
			}
		}
		return errors.Join(t.update(s), says.update(s))
	}
	err := follow(ctx, f.e, func(s *tasks.State) (bool, error) { return s.Leaving != "", look(s) })
	if ctx.Err() == nil {
		return errors.Join(err, t.rest())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	return errors.Join(f.stop(ctx, look), t.rest())
}

// stop ends what this has brought up, and looks on until it has ended.
func (f *foreground) stop(ctx context.Context, look func(*tasks.State) error) error {
	if f.before == nil {
		fmt.Fprintln(f.err, "stopping everything …")
		if err := f.e.Do(ctx, tasks.Down{}); err != nil {
			return err
		}
		return follow(ctx, f.e, func(s *tasks.State) (bool, error) {
			if err := look(s); err != nil {
				return true, err
			}
			return s.Leaving != "", nil
		})
	}
	now, err := snapshot(ctx, f.e)
	if err != nil {
		return err
	}
	var ours []string
	for _, name := range now.Order {
		if now.Units[name].Up && !f.before.Units[name].Up {
			ours = append(ours, name)
		}
	}
	if len(ours) == 0 {
		fmt.Fprintln(f.err, "all of it was up before, and stays up; stop it: sawhorse down")
		return nil
	}
	fmt.Fprintf(f.err, "stopping %s; what was up before stays up …\n", joinNames(ours))
	if err := f.e.Do(ctx, tasks.Stop{Names: ours}); err != nil {
		return err
	}
	return follow(ctx, f.e, func(s *tasks.State) (bool, error) {
		busy := slices.ContainsFunc(ours, func(name string) bool {
			_, active := s.Active(name)
			return active
		})
		return !busy || s.Leaving != "", look(s)
	})
}
