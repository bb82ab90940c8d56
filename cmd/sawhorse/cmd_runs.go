package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func (a *app) cmdRuns() *cobra.Command {
	var branch string
	var limit int
	cmd := &cobra.Command{
		Use: "runs [NAME]", Short: "List runs in other systems, the newest first", Args: cobra.MaximumNArgs(1),
		Long: `Runs asks the connected systems for their runs: of one task, of one connection, or
of all of them. What ran on this machine is in sawhorse history.`,
		Example: `  sawhorse runs                  # of every connection
  sawhorse runs ci --branch main
  sawhorse runs github -n 50 --json`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 || limit > 100 {
				return &fault{code: exitUsage, err: errors.New("--limit is from 1 to 100")}
			}
			return a.withEngine(cmd.Context(), func(_ place, e outside) error {
				return a.listRuns(cmd.Context(), e, args, map[string]string{"branch": branch, "limit": strconv.Itoa(limit)})
			})
		},
	}
	cmd.Flags().StringVar(&branch, "branch", "", "only runs at this branch")
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "at most this many of each connection")
	return cmd
}

// table is what one connection answers.
type runTable struct {
	Provider string              `json:"provider"`
	Runs     []map[string]string `json:"runs"`
	result   tasks.Result
}

func (a *app) listRuns(ctx context.Context, e outside, names []string, args map[string]string) error {
	providers, err := a.runProviders(ctx, e, names, args)
	if err != nil {
		return err
	}
	var all []runTable
	var failed error
	for _, name := range providers {
		res, err := e.Query(ctx, tasks.Query{Provider: name, Name: "runs", Args: args})
		if err != nil {
			if len(names) > 0 {
				return err
			}
			failed = err // one that has no runs says so; others may have some
			continue
		}
		t := runTable{Provider: name, Runs: []map[string]string{}, result: res}
		for _, row := range res.Rows {
			cells := map[string]string{}
			for i, c := range res.Columns {
				cells[c.Name] = row[i]
			}
			t.Runs = append(t.Runs, cells)
		}
		all = append(all, t)
	}
	switch {
	case len(all) == 0 && failed != nil:
		return failed
	case a.json:
		return a.printJSON(all)
	}
	for i, t := range all {
		if len(all) > 1 {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			fmt.Fprintln(a.out, t.Provider)
		}
		if err := a.printTable(t.result); err != nil {
			return err
		}
	}
	return nil
}

// runProviders are the connections to ask: the one that a name stands for, or all.
func (a *app) runProviders(ctx context.Context, e outside, names []string, args map[string]string) ([]string, error) {
	var state tasks.State
	limited, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	ready := 0
	var answered time.Time // since when one of them has
	err := followTicking(limited, e, func(s *tasks.State) (bool, error) {
		state = *s
		if len(names) > 0 {
			if p, isConnection := s.Providers[names[0]]; isConnection && p.Phase != tasks.PhaseBusy {
				return true, nil
			}
			if u, isTask := s.Units[names[0]]; isTask && s.Providers[u.Task.Provider].Phase != tasks.PhaseBusy {
				return true, nil
			}
		}
		busy, up := 0, 0
		for _, p := range s.Providers {
			busy += count(p.Phase == tasks.PhaseBusy)
			up += count(p.Phase == tasks.PhaseUp)
		}
		if up > 0 && answered.IsZero() {
			answered = time.Now()
		}
		if busy == 0 && len(s.Providers) > 0 {
			ready++
		}
		slow := !answered.IsZero() && time.Since(answered) > telling // the others are not waited for
		return len(names) == 0 && (ready > 1 || slow) || ready > 10, nil
	})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return nil, err
	}
	if len(names) == 0 {
		var up []string
		for _, p := range valuesOf(state.Providers) {
			if p.Phase == tasks.PhaseUp {
				up = append(up, p.Name)
			}
		}
		if len(up) == 0 {
			return nil, noConnection(&state)
		}
		a.sayAway(&state)
		return up, nil
	}
	if _, ok := state.Providers[names[0]]; ok {
		return names, nil
	}
	u, ok := state.Units[names[0]]
	if !ok {
		return nil, unknownTask(&state, names[0])
	}
	if !u.Task.Remote() {
		return nil, &fault{code: exitUsage, err: fmt.Errorf("%s runs on this machine", names[0]), hint: "its runs: sawhorse history " + names[0]}
	}
	args["task"] = u.Task.Name
	if of, stands := state.StandsFor(u.Task); stands {
		args["task"] = of.Name
	}
	return []string{u.Task.Provider}, nil
}

// sayAway says which of the systems that are wanted is not among those asked, and why.
func (a *app) sayAway(s *tasks.State) {
	for _, p := range valuesOf(s.Providers) {
		switch {
		case !p.Wanted || p.Phase == tasks.PhaseUp:
		case p.Error != "":
			fmt.Fprintf(a.err, "without %s: %s\n", p.Name, safeText(strings.TrimSuffix(p.Error+"; "+p.Hint, "; "), false))
		default:
			fmt.Fprintf(a.err, "without %s: %s has not answered yet\n", p.Name, p.Title)
		}
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// noConnection says why there is nobody to ask.
func noConnection(s *tasks.State) error {
	var why []string
	for _, p := range valuesOf(s.Providers) {
		if p.Error != "" {
			why = append(why, fmt.Sprintf("%s: %s; %s", p.Title, p.Error, p.Hint))
		}
	}
	if len(why) > 0 {
		return &fault{code: exitFailure, err: errors.New("no other system is connected"), hint: strings.Join(why, "\n  ")}
	}
	return &fault{code: exitFailure, err: errors.New("no other system is connected"), hint: "declare one under integrations in sawhorse.yml"}
}

func valuesOf(providers map[string]tasks.Provider) []tasks.Provider {
	var all []tasks.Provider
	for _, p := range providers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b tasks.Provider) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// printTable prints an answer for a person.
func (a *app) printTable(r tasks.Result) error {
	if len(r.Rows) == 0 {
		fmt.Fprintln(a.out, "no runs")
		return nil
	}
	for i, c := range r.Columns {
		r.Columns[i].Name = strings.ToUpper(c.Name)
	}
	return a.printPlainTable(r)
}

// printPlainTable prints rows under their headings, as these are.
func (a *app) printPlainTable(r tasks.Result) error {
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, c := range r.Columns {
		fmt.Fprintf(w, "%s\t", safeText(firstLine(c.Name), false))
	}
	fmt.Fprintln(w)
	for _, row := range r.Rows {
		for _, cell := range row {
			fmt.Fprintf(w, "%s\t", safeText(firstLine(cell), false))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.More != "" {
		fmt.Fprintln(a.err, r.More)
	}
	return nil
}
