package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

func (a *app) cmdPs() *cobra.Command {
	var everywhere bool
	cmd := &cobra.Command{
		Use: "ps [NAME...]", Short: "What runs, what waits and why", ValidArgsFunction: a.completeNames,
		Long: `Ps shows the services and tasks of this workspace. With --all it shows every workspace whose
host runs on this machine, with its branch: two worktrees of one repository are two
workspaces, each with its own state, logs and automatic ports. In a directory that declares
nothing it shows the containers of this machine's engine.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if everywhere {
				return a.psAll(cmd.Context())
			}
			a.looks = true
			p, err := a.find()
			if err != nil {
				return err
			}
			if p.nowhere {
				return a.psContainers(cmd.Context(), p, names)
			}
			c, err := a.connect(cmd.Context(), p)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.printState(cmd.Context(), c, names)
		},
	}
	cmd.Flags().BoolVar(&everywhere, "all", false, "every host on this machine, instead of this workspace")
	return cmd
}

// row is a task as ps prints it.
type row struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Status   string         `json:"status"`
	Up       bool           `json:"up"`
	Run      tasks.RunID    `json:"run,omitempty"`
	PID      int            `json:"pid,omitempty"`
	Ports    map[string]int `json:"ports,omitempty"`
	Since    time.Time      `json:"since,omitzero"`
	Restarts int            `json:"restarts"`
	Exit     *tasks.Exit    `json:"exit,omitempty"`
	Error    string         `json:"error,omitempty"`
	Holds    []tasks.Hold   `json:"holds,omitempty"`
	Lines    int64          `json:"lines"`
	Cause    string         `json:"cause,omitempty"`
	Failed   int            `json:"failed_tests,omitempty"`
	// Narrowed is what the run does of its task, when that is less than all.
	Narrowed *tasks.Narrowing `json:"narrowed,omitempty"`
	// Pinned are the tests that a save runs instead of all it can affect.
	Pinned []tasks.TestName `json:"pinned,omitempty"`
	// Feedback is the time from saving a file to the result of Run.
	Feedback time.Duration `json:"feedback,omitempty"`
	glyph    string
}

func rows(s *tasks.State, names []string) []row {
	all := []row{}
	for _, n := range names {
		u := s.Units[n]
		out := row{Name: n, Kind: string(u.Task.Kind), Status: "stopped", Up: u.Up, Pinned: u.Pinned, Restarts: u.Restarts, glyph: glyph(s, u)}
		if !u.Task.IsService() {
			out.Status = "never run"
		}
		if r, ok := s.Current(n); ok {
			out.Status, out.Run, out.PID, out.Ports = string(r.Status), r.ID, r.PID, r.Ports
			out.Exit, out.Error, out.Holds, out.Cause = r.Exit, r.Error, r.Holds, r.Because()
			out.Since, out.Lines = since(r), s.Lines[r.Log]
			out.Feedback, _ = r.Feedback()
			out.Narrowed = r.Narrowed
			out.Failed = r.Failed()
			if r.Status == tasks.Running && u.Task.IsService() {
				out.Status = "starting"
				out.Error = r.Probe
			}
			if r.Status.Done() {
				out.PID = 0
			}
			if r.Status == tasks.Cancelled && u.Task.IsService() && !u.Up {
				out.Status, out.Error = "stopped", "" // by a person: nothing went wrong
			}
		}
		all = append(all, out)
	}
	return all
}

func since(r tasks.Run) time.Time {
	switch {
	case !r.EndedAt.IsZero():
		return r.EndedAt
	case !r.StartedAt.IsZero():
		return r.StartedAt
	}
	return r.QueuedAt
}

// printState prints tasks as a table or as JSON; no words: all that is not hidden.
func (a *app) printState(ctx context.Context, e tasks.Engine, words []string) error {
	s, err := snapshot(ctx, e)
	if err != nil {
		return err
	}
	var names []string
	if len(words) == 0 {
		for _, n := range s.Order {
			if !s.Units[n].Task.Spec.Hidden {
				names = append(names, n)
			}
		}
	} else if names, err = resolve(&s, words); err != nil {
		return err
	}
	table := rows(&s, names)
	if a.json {
		return a.printJSON(table)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  NAME\tKIND\tSTATE\tSINCE\tPID\tPORTS\tRESTARTS\tWHY")
	for _, r := range table {
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n",
			r.glyph, r.Name, r.Kind, r.Status, age(r.Since), number(r.PID), portList(r.Ports), r.Restarts, r.why())
	}
	return w.Flush()
}

// psContainers prints what is on this machine's engine.
func (a *app) psContainers(ctx context.Context, p place, names []string) error {
	all, err := docker.Containers(ctx, surroundings(p))
	if err != nil {
		return err
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(r tasks.Resource) bool { return !slices.Contains(names, r.Name) })
	}
	if a.json {
		return a.printJSON(all)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  NAME\tSTATE\tSINCE\tIMAGE")
	for _, r := range all {
		name := r.Name
		if r.Group != "" {
			name = r.Group + "/" + name
		}
		mark := map[tasks.Phase]string{tasks.PhaseUp: "●", tasks.PhaseFailed: "✖", tasks.PhaseWarning: "▲", tasks.PhaseBusy: "◐"}[r.Phase]
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\n", cmp.Or(mark, "○"), safeText(name, false), safeText(cmp.Or(r.Reason, r.Native), false), age(r.Since), safeText(r.Detail, false))
	}
	return w.Flush()
}

func (r row) why() string {
	why := r.about()
	if r.Feedback > 0 {
		why += ", result in " + screen.Short(r.Feedback)
	}
	return why
}

func (r row) about() string {
	switch {
	case len(r.Holds) > 0:
		return "waits: " + r.Holds[0].Why
	case r.Failed > 0:
		return fmt.Sprintf("%s failed", tasks.Counted(r.Failed, "test"))
	case r.Error != "":
		return firstLine(r.Error)
	}
	return r.Cause
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// resolve turns words into task names.
func resolve(s *tasks.State, words []string) ([]string, error) {
	names, unknown := s.Names(words)
	if unknown == "" {
		return names, nil
	}
	return nil, &fault{
		code: exitUsage, err: fmt.Errorf("no service, task or group is called %q", unknown),
		hint: "there are: " + joinNames(s.Order),
	}
}
