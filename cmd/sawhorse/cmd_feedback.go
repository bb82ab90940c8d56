package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

func (a *app) cmdFeedback() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use: "feedback", Short: "How long you wait: from a save to its result, for flaky tests, for the environment",
		Long: `Feedback sums up, from the history of this workspace, how long results take:

  from saving a file to the end of the task that it began, or to the service
  being ready, by task and week; the reruns that only flaky tests made
  necessary; how long everything takes to come up.

The numbers are read from this machine's history and are never sent anywhere.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			from, err := period(since, now)
			if err != nil {
				return &fault{code: exitUsage, err: fmt.Errorf("--since: %w", err)}
			}
			p, err := a.find()
			if err != nil {
				return err
			}
			store, err := history.Open(filepath.Join(p.state, "history.db"))
			if err != nil {
				return err
			}
			defer store.Close()
			f, err := store.Feedback(cmd.Context(), from, now.Location())
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(f)
			}
			return printFeedback(a.out, f)
		},
	}
	cmd.Flags().StringVar(&since, "since", "28d", "what to sum up: 7d, 2w, 10h, a date")
	return cmd
}

// period is moment, with days and weeks.
func period(s string, now time.Time) (time.Time, error) {
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		number, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.Atoi(number); ok && err == nil && n >= 0 {
			return now.AddDate(0, 0, -n*days), nil
		}
	}
	return moment(s, now)
}

func printFeedback(out io.Writer, f history.Feedback) error {
	since := ""
	if !f.Since.IsZero() {
		since = " since " + f.Since.Format("2006-01-02 15:04")
	}
	if len(f.Tasks) == 0 {
		fmt.Fprintf(out, "no saved file has begun a run%s\n", since)
	} else {
		fmt.Fprintf(out, "from a save to its result%s\n", since)
		w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "  TASK\tWEEK OF\tRUNS\tMEDIAN\tP95\tWORST")
		for _, c := range f.Weeks {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", c.Task, c.Week.Format(time.DateOnly), clockText(c.Clock))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out, "\nslowest tasks")
		w = tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "  TASK\tRUNS\tMEDIAN\tP95\tWORST")
		for _, c := range f.Tasks[:min(5, len(f.Tasks))] {
			fmt.Fprintf(w, "  %s\t%s\n", c.Task, clockText(c.Clock))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	switch n := f.Flaky.Runs; n {
	case 0:
		fmt.Fprintln(out, "\nflaky tests: no run had to be repeated because of one")
	default:
		fmt.Fprintf(out, "\nflaky tests: %s lost in %s that repeated the same code; which tests: sawhorse history --flaky\n",
			screen.Short(f.Flaky.Time), tasks.Counted(n, "run"))
	}
	s := f.Starts
	if s.Count+s.Failed == 0 {
		fmt.Fprintln(out, "environment: it has not been started as a whole")
		return nil
	}
	fmt.Fprint(out, "environment: ")
	if s.Count > 0 {
		fmt.Fprintf(out, "comes up in %s (p95 %s, %s); the last to be ready is mostly %s",
			screen.Short(s.Median), screen.Short(s.P95), tasks.Counted(s.Count, "start"), s.Slowest)
	}
	if s.Failed > 0 {
		if s.Count > 0 {
			fmt.Fprint(out, "; ")
		}
		fmt.Fprintf(out, "%s did not come up whole", tasks.Counted(s.Failed, "start"))
	}
	fmt.Fprintln(out)
	return nil
}

func clockText(c history.Clock) string {
	return fmt.Sprintf("%d\t%s\t%s\t%s", c.Count, screen.Short(c.Median), screen.Short(c.P95), screen.Short(c.Worst))
}
