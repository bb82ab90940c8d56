package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// memory is what history prints of single tests instead of runs. What was asked for
// has its key, be there nothing to tell: an empty list.
type memory struct {
	Flaky []history.Trend `json:"flaky,omitzero"`
	Slow  []history.Trend `json:"slow,omitzero"`
	Tests []history.Trend `json:"tests,omitzero"` // that --test names, with their results
}

// printTests prints what is remembered of tests: the flaky ones, the slow ones,
// or the whole past of those that f names.
func (a *app) printTests(ctx context.Context, p place, store *history.Store, f history.TestFilter) error {
	all, err := store.Trends(ctx, f)
	if err != nil {
		return err
	}
	if f.Test != "" {
		return a.printPast(ctx, p, f.Test, all)
	}
	var m memory
	if f.Flaky {
		m.Flaky = []history.Trend{}
	}
	if f.Slow {
		m.Slow = []history.Trend{}
	}
	for _, t := range all {
		t.Results = nil
		if f.Flaky && t.Flaky != nil {
			m.Flaky = append(m.Flaky, t)
		}
		if f.Slow && t.Slow != nil {
			m.Slow = append(m.Slow, t)
		}
	}
	slices.SortStableFunc(m.Flaky, func(a, b history.Trend) int { return b.Flaky.Last.Compare(a.Flaky.Last) })
	slices.SortStableFunc(m.Slow, func(a, b history.Trend) int { return int(b.Slow.Took-b.Slow.Usual) - int(a.Slow.Took-a.Slow.Usual) })
	if a.json {
		return a.printJSON(m)
	}
	if f.Flaky {
		if err := printFlaky(a.out, m.Flaky); err != nil {
			return err
		}
	}
	if f.Flaky && f.Slow {
		fmt.Fprintln(a.out)
	}
	if f.Slow {
		if err := printSlow(a.out, m.Slow); err != nil {
			return err
		}
	}
	if len(m.Flaky)+len(m.Slow) == 0 {
		return a.hintPasses(ctx, store, f)
	}
	return nil
}

// hintPasses says why nothing can be known of tests whose passes nobody told of.
func (a *app) hintPasses(ctx context.Context, store *history.Store, f history.TestFilter) error {
	all, err := store.Trends(ctx, history.TestFilter{Task: f.Task, Since: f.Since})
	passes := slices.ContainsFunc(all, func(t history.Trend) bool {
		return slices.ContainsFunc(t.Results, func(r history.Result) bool { return r.Status == tasks.TestPassed })
	})
	if err != nil || len(all) == 0 || passes {
		return err
	}
	fmt.Fprintln(a.out, "\nOnly failures are remembered: let the task print every test, as go test -v and pytest -v do.")
	return nil
}

func printFlaky(out io.Writer, all []history.Trend) error {
	if len(all) == 0 {
		fmt.Fprintln(out, "no flaky test: none has both passed and failed with the same code")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  FLAKY TEST\tTASK\tFAILED\tRATE\tLAST SEEN\tRUN")
	for _, t := range all {
		f := t.Flaky
		fmt.Fprintf(w, "▲ %s\t%s\t%d of %d runs\t%.0f %%\t%s ago\t%s\n", testName(t), t.Task, f.Failures, f.Runs, 100*f.Rate, age(f.Last), f.Run)
	}
	return w.Flush()
}

func printSlow(out io.Writer, all []history.Trend) error {
	if len(all) == 0 {
		fmt.Fprintln(out, "no slow test: none takes clearly longer than it used to")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  SLOW TEST\tTASK\tTAKES\tUSUALLY\tRATIO\tSINCE")
	for _, t := range all {
		s := t.Slow
		fmt.Fprintf(w, "▲ %s\t%s\t%s\t%s\t%.1fx\t%s\n", testName(t), t.Task, screen.Short(s.Took), screen.Short(s.Usual), s.Ratio, slowSince(s))
	}
	return w.Flush()
}

func slowSince(s *history.Slow) string {
	text := fmt.Sprintf("%s, %s ago", s.Run, age(s.Since))
	if s.Commit != "" {
		text += ", " + commitText(s.Commit, s.Dirty)
	}
	return text
}

// printPast prints the results of tests, one below the other.
func (a *app) printPast(ctx context.Context, p place, name string, all []history.Trend) error {
	if a.json {
		return a.printJSON(memory{Tests: all})
	}
	if len(all) == 0 {
		return &fault{
			code: exitUsage, err: fmt.Errorf("no test that is remembered is called %q", name),
			hint: "any part of its suite or name will do; only tests that passed or failed are remembered",
		}
	}
	if len(all) > manyTests {
		fmt.Fprintf(a.out, "%d tests are called like %q; the first %d:\n", len(all), name, manyTests)
		all = all[:manyTests]
	}
	for i, t := range all {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintf(a.out, "%s  (task %s)\n", testName(t), t.Task)
		fmt.Fprintf(a.out, "  %s  %s\n", marks(t.Results), resultCounts(t.Results))
		if b := t.Broken; b != nil {
			fmt.Fprintf(a.out, "  %s\n", brokenText(b, commitsBetween(ctx, p.root, b)))
		}
		if f := t.Flaky; f != nil {
			fmt.Fprintf(a.out, "  flaky: failed %d of %d times with code that it passed with; last in %s, %s ago\n", f.Failures, f.Runs, f.Run, age(f.Last))
		}
		if s := t.Slow; s != nil {
			fmt.Fprintf(a.out, "  slow: takes %s, usually %s (%.1fx), since %s\n", screen.Short(s.Took), screen.Short(s.Usual), s.Ratio, slowSince(s))
		}
		if len(all) > 1 {
			continue
		}
		w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "  RUN\tENDED\tTOOK\tCOMMIT\tMESSAGE")
		for _, r := range slices.Backward(t.Results[max(0, len(t.Results)-shownResults):]) {
			commit := "-"
			if r.Commit != "" {
				commit = commitText(r.Commit, r.Dirty)
			}
			fmt.Fprintf(w, "%s %s\t%s ago\t%s\t%s\t%s\n", mark(r), r.Run, age(r.At), screen.Short(r.Duration), commit, firstLine(r.Message))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

const (
	manyTests    = 20 // that one --test prints
	shownResults = 20 // of the newest in the table
	shownMarks   = 50 // of the newest in the row of marks
)

func mark(r history.Result) string {
	if r.Status == tasks.TestFailed {
		return "✖"
	}
	return "✓"
}

// marks is the course of a test, oldest first.
func marks(results []history.Result) string {
	var b strings.Builder
	for _, r := range results[max(0, len(results)-shownMarks):] {
		b.WriteString(mark(r))
	}
	return b.String()
}

func resultCounts(results []history.Result) string {
	failed := 0
	for _, r := range results {
		if r.Status == tasks.TestFailed {
			failed++
		}
	}
	return fmt.Sprintf("%d passed, %d failed", len(results)-failed, failed)
}

func testName(t history.Trend) string { return strings.TrimSpace(t.Suite + " " + t.Name) }

func commitText(commit string, dirty bool) string {
	text := commit[:min(len(commit), 9)]
	if dirty {
		text += " with changes"
	}
	return text
}

// brokenText says since when a test fails. commits are those that can have
// broken it, newest first; none: git cannot tell.
func brokenText(b *history.Broken, commits []string) string {
	text := fmt.Sprintf("fails since %s, %s ago", b.Run, age(b.At))
	if b.Commit != "" {
		text += ", at " + commitText(b.Commit, b.Dirty)
	}
	switch {
	case b.Good == "":
		return text + "; no pass is remembered"
	case len(commits) == 1:
		text += "; broken by commit " + commitText(commits[0], false)
	case len(commits) > 1:
		text += fmt.Sprintf("; broken by one of %d commits", len(commits))
	}
	text += "; passed last in " + string(b.Good)
	if b.GoodCommit != "" {
		text += " at " + commitText(b.GoodCommit, b.GoodDirty)
	}
	return text
}

// commitsBetween are the commits that came after the last pass, up to the first
// failure; none when either ran with changes on top, or git does not know.
func commitsBetween(ctx context.Context, root string, b *history.Broken) []string {
	if b.Commit == "" || b.GoodCommit == "" || b.Commit == b.GoodCommit || b.Dirty || b.GoodDirty {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// Only a straight line leads from one to the other.
	if _, err := git(ctx, root, "merge-base", "--is-ancestor", b.GoodCommit, b.Commit); err != nil {
		return nil
	}
	out, err := git(ctx, root, "rev-list", b.GoodCommit+".."+b.Commit)
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

// testFlags checks what may be asked of tests together.
func testFlags(f history.TestFilter, failed bool) error {
	if failed && (f.Flaky || f.Slow || f.Test != "") {
		return &fault{code: exitUsage, err: errors.New("--failed chooses runs, --flaky, --slow and --test choose tests"), hint: "leave one of them out"}
	}
	return nil
}
