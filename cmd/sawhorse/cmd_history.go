package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

func (a *app) cmdHistory() *cobra.Command {
	var limit int
	var failed bool
	var since string
	var tests history.TestFilter
	cmd := &cobra.Command{
		Use: "history [NAME]", Short: "Finished runs: why they began, how they ended, how long they took; flaky and slow tests",
		Long: `History lists finished runs, the newest first. FEEDBACK is the time from saving a
file to the result of the run that it began.

With --flaky, --slow or --test it tells of tests instead, from the newest 100
runs of each task:

  flaky   it both passed and failed with the same code: the same commit with the
          same changes on top, or, without git, with no file changed in between
  slow    it takes clearly longer than it used to

With --json it prints {"flaky": [...], "slow": [...]}, of the two what was asked
for, with an empty list when there is none; of --test {"tests": [...]}.`,
		Example: `  sawhorse history test            # the runs of a task
  sawhorse history --flaky --slow  # tests to distrust
  sawhorse history --test TestPay  # one test, run by run, and what broke it`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			p, err := a.find()
			if err != nil {
				return err
			}
			from, err := period(since, time.Now())
			if err != nil {
				return &fault{code: exitUsage, err: fmt.Errorf("--since: %w", err)}
			}
			store, err := history.Open(filepath.Join(p.state, "history.db"))
			if err != nil {
				return err
			}
			defer store.Close()
			if len(names) > 0 {
				tests.Task = names[0]
			}
			if err := testFlags(tests, failed); err != nil {
				return err
			}
			if tests.Flaky || tests.Slow || tests.Test != "" {
				tests.Since = from
				return a.printTests(cmd.Context(), p, store, tests)
			}
			f := history.Filter{Task: tests.Task, Limit: limit, Failed: failed, Since: from}
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
			return printRuns(a.out, runs)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&limit, "limit", "n", 30, "at most this many runs")
	f.BoolVar(&failed, "failed", false, "only runs that failed")
	f.StringVar(&since, "since", "", "only runs that ended after this: 2h, 7d, 15:04, a date")
	f.StringVar(&tests.Task, "task", "", "only of this task, as NAME")
	f.BoolVar(&tests.Flaky, "flaky", false, "tests that pass and fail with the same code")
	f.BoolVar(&tests.Slow, "slow", false, "tests that take longer than they used to")
	f.StringVar(&tests.Test, "test", "", "one test's results, run by run: its name, or a part of it")
	_ = cmd.RegisterFlagCompletionFunc("task", a.completeNames)
	return cmd
}

// printRuns prints the table of runs; FEEDBACK only when there is any.
func printRuns(out io.Writer, runs []tasks.Run) error {
	watched := slices.ContainsFunc(runs, func(r tasks.Run) bool { _, ok := r.Feedback(); return ok })
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	heading := "  RUN\tENDED\tTOOK\t"
	if watched {
		heading += "FEEDBACK\t"
	}
	fmt.Fprintln(w, heading+"OUTCOME\tCAUSE")
	for _, r := range runs {
		outcome := string(r.Status)
		if r.Error != "" && r.Status == tasks.Failed {
			outcome += ": " + firstLine(r.Error)
		}
		fmt.Fprintf(w, "%s %s\t%s ago\t%s\t", sign(r.Status), r.ID, age(r.EndedAt), screen.Short(r.Duration(r.EndedAt)))
		if watched {
			fmt.Fprintf(w, "%s\t", feedbackText(r))
		}
		fmt.Fprintf(w, "%s\t%s\n", outcome, r.Because())
	}
	return w.Flush()
}

func feedbackText(r tasks.Run) string {
	d, ok := r.Feedback()
	if !ok {
		return "-"
	}
	return screen.Short(d)
}

// wholeRun is a run as history --json prints it.
type wholeRun struct {
	tasks.Run
	Feedback time.Duration `json:"feedback,omitempty"`
	Commit   string        `json:"commit,omitempty"`
}

// printHistory prints runs whole, with their results.
func (a *app) printHistory(ctx context.Context, store *history.Store, runs []tasks.Run) error {
	var ids []tasks.RunID
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	sums, err := store.Summaries(ctx, ids...)
	if err != nil {
		return err
	}
	all := []wholeRun{}
	for _, r := range runs {
		if r.Tests, err = store.Tests(ctx, r.ID); err != nil {
			return err
		}
		if r.Diagnostics, err = store.Diagnostics(ctx, r.ID); err != nil {
			return err
		}
		w := wholeRun{Run: r, Commit: sums[r.ID].Commit}
		w.Feedback, _ = r.Feedback()
		all = append(all, w)
	}
	return a.printJSON(all)
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
