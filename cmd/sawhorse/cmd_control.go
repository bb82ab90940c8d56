package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func (a *app) cmdStart() *cobra.Command {
	return a.control("start NAME...", "Start services or tasks, with what they depend on", "started", cobra.MinimumNArgs(1),
		func(names []string) tasks.Command { return tasks.Start{Names: names} })
}

func (a *app) cmdStop() *cobra.Command {
	var wait, others bool
	cmd := a.control("stop NAME...", "Stop services or tasks; the others run on", "stopped", cobra.MinimumNArgs(1),
		func(names []string) tasks.Command { return tasks.Stop{Names: names} })
	cmd.Flags().BoolVar(&wait, "wait", true, "return when nothing of them is left")
	cmd.Flags().BoolVar(&others, "others", false, "cancel also what goes on in another system and was not begun here, as far as it agrees")
	do := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if others {
			left, err := a.cancelOthers(cmd.Context(), names)
			if err != nil || len(left) == 0 {
				return err
			}
			names = left
		}
		if err := do(cmd, names); err != nil || !wait {
			return err
		}
		c, err := a.reach(cmd.Context())
		if err != nil {
			return err
		}
		defer c.Close()
		return untilStopped(cmd.Context(), c, names)
	}
	return cmd
}

// cancelOthers asks the systems where they go on to cancel the runs of these tasks
// that were not begun here, and returns the other names.
func (a *app) cancelOthers(ctx context.Context, words []string) (left []string, err error) {
	if err := a.mayChange(); err != nil {
		return nil, err
	}
	c, s, names, err := a.reachTasks(ctx, words)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, name := range names {
		r, ok := s.Elsewhere(name)
		if !ok {
			left = append(left, name)
			continue
		}
		if err := c.Do(ctx, tasks.Cancel{ID: r.ID}); err != nil {
			return nil, err
		}
		if !a.json {
			fmt.Fprintf(a.out, "%s was asked to cancel %s  %s\n", s.Providers[s.Units[name].Task.Provider].Title, r.ID, r.URL)
		}
	}
	return left, nil
}

// untilStopped waits until nothing of the named tasks runs.
func untilStopped(ctx context.Context, e tasks.Engine, words []string) error {
	return follow(ctx, e, func(s *tasks.State) (bool, error) {
		names, err := resolve(s, words)
		if err != nil {
			return true, err
		}
		for _, n := range names {
			going := func(id tasks.RunID) bool { r := s.Runs[id]; return r.Status.Active() && !r.Observed }
			if slices.ContainsFunc(s.Units[n].Runs, going) {
				return false, nil
			}
			if r, ok := s.Finished(n); ok && len(r.Survivors) > 0 {
				return true, fmt.Errorf("%s is not gone: pid %d (%s) survived KILL", n, r.Survivors[0].PID, r.Survivors[0].Command)
			}
		}
		return true, nil
	})
}

func (a *app) cmdRestart() *cobra.Command {
	return a.control("restart [NAME...]", "Restart services or tasks; all that are up without a name", "restarting", cobra.ArbitraryArgs,
		func(names []string) tasks.Command { return tasks.Restart{Names: names} })
}

// control is a verb that sends one command to the running host.
func (a *app) control(use, short, done string, args cobra.PositionalArgs, command func([]string) tasks.Command) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args, ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			c, s, _, err := a.reachTasks(cmd.Context(), names)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := a.unlockFor(cmd.Context(), c, command(names)); err != nil {
				return err
			}
			if err := c.Do(cmd.Context(), command(names)); err != nil {
				return err
			}
			if len(names) == 0 { // restart alone: all that are up
				names = slices.DeleteFunc(slices.Clone(s.Order), func(n string) bool { return !s.Units[n].Up })
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s: %s\n", done, cmp.Or(joinNames(names), "nothing, because nothing is up"))
			}
			return nil
		},
	}
}

func (a *app) cmdDown() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "down", Short: "Stop everything, dependents first, and the host", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			return a.down(cmd.Context(), force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "end the host itself, whatever its version or state; nothing it runs is left")
	return cmd
}

func (a *app) down(ctx context.Context, force bool) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	if force {
		return a.forceDown(ctx, p)
	}
	c, err := a.connect(ctx, p)
	var f *fault
	if errors.As(err, &f) && f.code == exitNoHost {
		fmt.Fprintln(a.out, "nothing was running")
		return nil
	}
	if err != nil {
		return err
	}
	var running map[string]bool
	var survivors []string
	err = follow(ctx, c, func(s *tasks.State) (bool, error) {
		if running == nil {
			// Asked only now, so that nothing ends unseen between the two.
			running = map[string]bool{}
			for _, n := range s.Order {
				_, running[n] = s.Active(n)
			}
			return false, c.Do(ctx, tasks.Down{})
		}
		for _, n := range s.Order {
			if _, active := s.Active(n); active || !running[n] {
				continue
			}
			running[n] = false
			r, _ := s.Finished(n)
			for _, left := range r.Survivors {
				survivors = append(survivors, fmt.Sprintf("%d (%s)", left.PID, left.Command))
			}
			what := "stopped"
			if t := s.Units[n].Task; t.Remote() && r.Error == tasks.ErrLeaving.Error() {
				what = "goes on in " + s.Providers[t.Provider].Title
			}
			if !a.json {
				fmt.Fprintf(a.out, "○ %-16s %s\n", n, what)
			}
		}
		return s.Leaving != "", nil
	})
	if err != nil && !errors.Is(err, errHostGone) {
		return err
	}
	if len(survivors) > 0 {
		return fmt.Errorf("these processes survived KILL: %s", joinNames(survivors))
	}
	return a.hostGone(ctx, p)
}
