package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func (a *app) cmdWhy() *cobra.Command {
	return &cobra.Command{
		Use: "why NAME", Short: "Why it waits, runs, restarted or failed, down to the cause", Args: cobra.ExactArgs(1),
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			c, s, all, err := a.reachTasks(cmd.Context(), names)
			if err != nil {
				return err
			}
			defer c.Close()
			if a.json {
				links := []link{}
				for _, n := range all {
					links = append(links, chain(&s, n, nil))
				}
				return a.printJSON(links)
			}
			for _, n := range all {
				printChain(a.out, chain(&s, n, nil), 0)
			}
			return nil
		},
	}
}

// link is one task in the chain of reasons.
type link struct {
	Name   string   `json:"name"`
	Status string   `json:"status"`
	Why    []string `json:"why"`
	On     []link   `json:"on,omitempty"`
}

// chain follows the holds of a task down to what they wait for.
func chain(s *tasks.State, name string, seen []string) link {
	u := s.Units[name]
	l := link{Name: name, Status: "stopped", Why: []string{}}
	r, ok := s.Current(name)
	if !ok {
		l.Status = "never run"
		if u.Task.Spec.Autostart {
			l.Why = append(l.Why, "it was not started; start it: sawhorse start "+name)
		} else {
			l.Why = append(l.Why, "it starts only by hand or when something needs it")
		}
		return l
	}
	l.Status = string(r.Status)
	l.Why = append(l.Why, "began because: "+r.Because())
	if n := r.Narrowed; n != nil {
		l.Why = append(l.Why, "did only "+n.What+": "+n.Why)
		if len(n.Skipped) > 0 {
			l.Why = append(l.Why, "skipped: "+strings.Join(n.Skipped, ", "))
		}
	}
	switch {
	case r.Status == tasks.Running && r.Probe != "":
		l.Why = append(l.Why, "not ready because: "+r.Probe)
	case r.Status.Done() && r.Error != "":
		l.Why = append(l.Why, "ended because: "+r.Error)
	}
	if prev, ended := s.Finished(name); ended && !r.Status.Done() {
		l.Why = append(l.Why, fmt.Sprintf("the run before: %s %s %s", prev.ID, prev.Status, firstLine(prev.Error)))
	}
	if w, waits := s.Waiting(name); waits && w.ID != r.ID {
		l.Why = append(l.Why, fmt.Sprintf("after it, %s runs: %s", w.ID, w.Cause))
	}
	for _, h := range r.Holds {
		l.Why = append(l.Why, "waits because: "+h.Why)
		if h.On != "" && h.On != name && !slices.Contains(seen, h.On) {
			l.On = append(l.On, chain(s, h.On, append(seen, name)))
		}
	}
	return l
}

func printChain(w io.Writer, l link, depth int) {
	indent := strings.Repeat("   ", depth)
	arrow := ""
	if depth > 0 {
		arrow = "└─ "
	}
	fmt.Fprintf(w, "%s%s%s: %s\n", indent, arrow, l.Name, l.Status)
	for _, why := range l.Why {
		fmt.Fprintf(w, "%s   %s\n", indent, why)
	}
	for _, on := range l.On {
		printChain(w, on, depth+1)
	}
}
