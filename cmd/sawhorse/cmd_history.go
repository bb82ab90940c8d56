package main

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

func (a *app) cmdHistory() *cobra.Command {
	var limit int
	var failed bool
	var since string
	cmd := &cobra.Command{
		Use: "history [NAME]", Short: "Finished runs: why they began, how they ended, how long they took",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			p, err := a.find()
			if err != nil {
				return err
			}
			from, err := moment(since, time.Now())
			if err != nil {
				return &fault{code: exitUsage, err: fmt.Errorf("--since: %w", err)}
			}
			store, err := history.Open(filepath.Join(p.state, "history.db"))
			if err != nil {
				return err
			}
			defer store.Close()
			f := history.Filter{Limit: limit, Failed: failed, Since: from}
			if len(names) > 0 {
				f.Task = names[0]
			}
			runs, err := store.Runs(cmd.Context(), f)
			if err != nil {
				return err
			}
			if a.json {
				return a.printHistory(cmd.Context(), store, runs)
			}
			if len(runs) == 0 {
				fmt.Fprintln(a.out, "no finished runs yet")
				return nil
			}
			w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "  RUN\tENDED\tTOOK\tOUTCOME\tCAUSE")
			for _, r := range runs {
				outcome := string(r.Status)
				if r.Error != "" && r.Status == tasks.Failed {
					outcome += ": " + firstLine(r.Error)
				}
				fmt.Fprintf(w, "%s %s\t%s ago\t%s\t%s\t%s\n", sign(r.Status), r.ID, age(r.EndedAt), shortDuration(r.Duration(r.EndedAt)), outcome, r.Cause)
			}
			return w.Flush()
		},
	}
	f := cmd.Flags()
	f.IntVarP(&limit, "limit", "n", 30, "at most this many runs")
	f.BoolVar(&failed, "failed", false, "only runs that failed")
	f.StringVar(&since, "since", "", "only runs that ended after this: 2h ago, 15:04, a date")
	return cmd
}

// printHistory prints runs whole, with their results.
func (a *app) printHistory(ctx context.Context, store *history.Store, runs []tasks.Run) error {
	whole := []tasks.Run{}
	for _, r := range runs {
		var err error
		if r.Tests, err = store.Tests(ctx, r.ID); err != nil {
			return err
		}
		if r.Diagnostics, err = store.Diagnostics(ctx, r.ID); err != nil {
			return err
		}
		whole = append(whole, r)
	}
	return a.printJSON(whole)
}

func sign(s tasks.Status) string {
	switch s {
	case tasks.Succeeded:
		return "●"
	case tasks.Failed:
		return "✖"
	}
	return "○"
}
