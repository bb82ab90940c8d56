package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func (a *app) cmdUp() *cobra.Command {
	var detach bool
	cmd := &cobra.Command{
		Use: "up [NAME...]", Short: "Start services in dependency order, without the screen",
		Long: `Up starts the named services, tasks or groups, or everything that starts by itself.

In the foreground it prints what happens and what they and their dependencies log from then on.
Ctrl-C stops everything; where a host ran already, only what this has brought up.
With -d it returns when all services are ready and leaves the host in the background.`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.up(cmd.Context(), names, detach)
		},
	}
	cmd.Flags().BoolVarP(&detach, "detach", "d", false, "return when everything is ready; it runs on in the background")
	return cmd
}

func (a *app) up(ctx context.Context, names []string, detach bool) error {
	if err := a.mayChange(); err != nil {
		return err
	}
	p, err := a.find()
	if err != nil {
		return err
	}
	begun := time.Now()
	c, own, err := a.ensureHost(ctx, p, false, true)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if err := nameSomething(ctx, c); err != nil {
			return err
		}
	}
	if err := a.unlock(ctx, p, c); err != nil {
		return err
	}
	before, err := snapshot(ctx, c)
	if err != nil {
		return err
	}
	// An interrupt in this moment must not leave behind what has just been started.
	if err := c.Do(context.WithoutCancel(ctx), tasks.Start{Names: names}); err != nil {
		return err
	}
	if detach {
		return a.waitUp(ctx, c, names)
	}
	f := foreground{app: a, e: c, begun: begun, words: names}
	if !own {
		f.before = &before
	}
	return f.run(ctx, p)
}

// nameSomething refuses to start everything where nothing starts by itself.
func nameSomething(ctx context.Context, e tasks.Engine) error {
	s, err := declared(ctx, e)
	if err != nil || !s.Detected {
		return err
	}
	var services []string
	for _, n := range s.Order {
		if s.Units[n].Task.IsService() {
			services = append(services, n)
		}
	}
	hint := "what there is: sawhorse ps"
	if len(services) > 0 {
		hint = "services: " + joinNames(services) + "   ·   all there is: sawhorse ps"
	}
	return &fault{code: exitUsage, err: errors.New("without a sawhorse.yml nothing starts by itself: name what to start"), hint: hint}
}

// waitUp prints each service as it becomes ready, and fails when one can't.
func (a *app) waitUp(ctx context.Context, e tasks.Engine, words []string) error {
	told := map[string]string{}
	begun := time.Now()
	var bad []string
	look := func(s *tasks.State) (waiting bool) {
		bad = nil
		for _, name := range chosen(s, words) {
			u := s.Units[name]
			text, settled, failed := standing(s, u)
			if told[name] != text && text != "" {
				told[name] = text
				if !a.json {
					fmt.Fprintf(a.out, "%s %-16s %s\n", glyph(s, u), name, text)
				}
			}
			if failed {
				bad = append(bad, name)
			} else if !settled {
				waiting = true
			}
		}
		return waiting
	}
	doubtful := false
	var asleep []string
	err := follow(ctx, e, func(s *tasks.State) (bool, error) {
		waiting := look(s)
		doubtful = unproven(s, words)
		asleep = sleeping(s, words)
		return !waiting, nil
	})
	if err == nil && doubtful && len(bad) == 0 {
		err = a.lookAgain(ctx, e, look)
	}
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return &fault{
			code: exitFailure, err: fmt.Errorf("not up: %s", joinNames(bad)),
			hint: "why: sawhorse why " + bad[0] + "   ·   its log: sawhorse logs " + bad[0],
		}
	}
	if !a.json {
		if len(asleep) > 0 {
			fmt.Fprintf(a.out, "no service starts by itself here (autostart: false); start one: sawhorse up %s\n", asleep[0])
			return nil
		}
		fmt.Fprintf(a.out, "up in %v; open the screen: sawhorse   ·   stop: sawhorse down\n", time.Since(begun).Round(10*time.Millisecond))
		return nil
	}
	return a.printState(ctx, e, words)
}

// sleeping are the services of a workspace of which none was asked for and none
// starts by itself.
func sleeping(s *tasks.State, words []string) []string {
	if len(words) > 0 || len(chosen(s, words)) > 0 {
		return nil
	}
	var names []string
	for _, n := range s.Order {
		if s.Units[n].Task.IsService() {
			names = append(names, n)
		}
	}
	return names
}

// proof is how long a service without a probe must stay up to be believed.
const proof = 250 * time.Millisecond

// unproven says whether a service counts as ready only because it has started,
// and that a moment ago.
func unproven(s *tasks.State, words []string) bool {
	for _, name := range chosen(s, words) {
		r, ok := s.Active(name)
		if ok && s.Units[name].Task.Spec.Ready == nil && time.Since(r.StartedAt) < proof {
			return true
		}
	}
	return false
}

// lookAgain follows on for a moment, and until all is settled once more.
func (a *app) lookAgain(ctx context.Context, e tasks.Engine, look func(*tasks.State) bool) error {
	begun := time.Now()
	soon, cancel := context.WithTimeout(ctx, proof)
	defer cancel()
	err := follow(soon, e, func(s *tasks.State) (bool, error) {
		look(s)
		return false, nil
	})
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && time.Since(begun) >= proof {
		return nil
	}
	return err
}

// chosen are the services among words, or all that are to be up.
func chosen(s *tasks.State, words []string) []string {
	var names []string
	all, _ := s.Names(words)
	for _, n := range s.Order {
		u := s.Units[n]
		if u.Task.IsService() && u.Up && (len(words) == 0 || slices.Contains(all, n)) {
			names = append(names, n)
		}
	}
	// A service that gave up is no longer up, but was asked for.
	for _, n := range all {
		if !slices.Contains(names, n) && s.Units[n].Task.IsService() {
			names = append(names, n)
		}
	}
	return names
}

// standing says how a service stands; settled: nothing more will come of
// waiting; failed: and it is not up.
func standing(s *tasks.State, u tasks.Unit) (text string, settled, failed bool) {
	name := u.Task.Name
	if r, ok := s.Active(name); ok {
		if r.Status == tasks.Ready {
			return "ready" + portText(r), true, false
		}
		if r.Probe != "" {
			return "starting: " + r.Probe, false, false
		}
		return "starting", false, false
	}
	if w, ok := s.Waiting(name); ok {
		for _, h := range w.Holds {
			if h.Stuck {
				return "waits: " + h.Why, true, true
			}
		}
		if len(w.Holds) > 0 {
			return "waits: " + w.Holds[0].Why, false, false
		}
		return "", false, false
	}
	if r, ok := s.Finished(name); ok {
		if r.Status == tasks.Succeeded {
			return "ended", true, false
		}
		return string(r.Status) + ": " + r.Error, true, true
	}
	return "", false, false
}
