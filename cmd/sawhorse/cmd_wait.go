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

func (a *app) cmdWait() *cobra.Command {
	var what string
	var timeout time.Duration
	conditions := []string{"ready", "started", "succeeded", "completed", "stopped"}
	cmd := &cobra.Command{
		Use: "wait NAME...", Short: "Wait until services or tasks have reached a condition", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if !slices.Contains(conditions, what) {
				return &fault{code: exitUsage, err: fmt.Errorf("--for %s is not a condition", what), hint: "one of: " + joinNames(conditions)}
			}
			c, err := a.reach(cmd.Context())
			if err != nil {
				return err
			}
			defer c.Close()
			ctx := cmd.Context()
			if timeout > 0 {
				limited, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				ctx = limited
			}
			missing := names
			err = follow(ctx, c, func(s *tasks.State) (bool, error) {
				var err error
				missing, err = notYet(s, names, what)
				return len(missing) == 0, err
			})
			if errors.Is(err, context.DeadlineExceeded) {
				return &fault{
					code: exitTimeout, err: fmt.Errorf("not %s within %v: %s", what, timeout, joinNames(missing)),
					hint: "why: sawhorse why " + missing[0],
				}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&what, "for", "ready", "the condition: "+joinNames(conditions))
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "give up after this long, with exit code 124; 0: never")
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(conditions, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// notYet are the tasks that have not reached the condition; an error says that
// one never will by itself.
func notYet(s *tasks.State, words []string, what string) ([]string, error) {
	names, err := resolve(s, words)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, n := range names {
		if reached(s, n, what) {
			continue
		}
		missing = append(missing, n)
		_, active := s.Active(n)
		_, waiting := s.Waiting(n)
		if r, ended := s.Finished(n); ended && !active && !waiting && what != "stopped" {
			return nil, fmt.Errorf("%s is not %s and nothing will change that by itself: %s", n, what, ending(s.Units[n], r))
		}
	}
	return missing, nil
}

// ending is how a run ended, in words.
func ending(u tasks.Unit, r tasks.Run) string {
	switch {
	case r.Status == tasks.Cancelled && u.Task.IsService():
		return "it was stopped"
	case r.Error == "" || r.Error == string(r.Status):
		return string(r.Status)
	}
	return string(r.Status) + " (" + firstLine(r.Error) + ")"
}

func reached(s *tasks.State, name, what string) bool {
	active, running := s.Active(name)
	_, waiting := s.Waiting(name)
	done, ended := s.Finished(name)
	switch what {
	case "started":
		return running
	case "ready":
		return running && active.Status == tasks.Ready || !s.Units[name].Task.IsService() && running
	case "stopped":
		return !running && !waiting
	case "completed":
		return ended && !running && !waiting
	}
	return ended && !running && !waiting && done.Status == tasks.Succeeded
}
