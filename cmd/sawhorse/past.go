package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	screenhistory "github.com/sawhorse-dev/sawhorse/tui/screen/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
)

// recall opens the history, if there is one yet, for as long as f reads it.
func (p place) recall(f func(*history.Store) error) error {
	path := filepath.Join(p.state, "history.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	store, err := history.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // only read
	return f(store)
}

// shownRuns is how many of a task's runs the screen shows.
const shownRuns = 200

// pastRuns are a task's newest runs that are remembered, for the screen.
func (p place) pastRuns(ctx context.Context, task string) (past []screenhistory.Past, err error) {
	err = p.recall(func(store *history.Store) error {
		runs, err := store.Runs(ctx, history.Filter{Task: task, Limit: shownRuns})
		if err != nil {
			return err
		}
		ids := make([]tasks.RunID, len(runs))
		for i, r := range runs {
			ids[i] = r.ID
		}
		sums, err := store.Summaries(ctx, ids...)
		for _, r := range runs {
			past = append(past, screenhistory.Past{Run: r, Failures: sums[r.ID].Failed})
		}
		return err
	})
	return past, err
}

// pastOfTests is what the history remembers of a task's tests, for the screen:
// of those that ever failed, or of all.
func (p place) pastOfTests(ctx context.Context, task string, all bool) (map[tasks.TestName]tests.Past, error) {
	past := map[tasks.TestName]tests.Past{}
	err := p.recall(func(store *history.Store) error {
		trends, err := store.Trends(ctx, history.TestFilter{Task: task, Flaky: !all, Broken: !all})
		for _, t := range trends {
			past[tasks.TestName{Suite: t.Suite, Name: t.Name}] = pastOf(t)
		}
		return err
	})
	return past, err
}

// runText is a run as the screen names it beside its task.
func runText(id tasks.RunID) string {
	return "run " + strings.TrimPrefix(string(id), id.Task()+"#")
}

// pastResults is how many of its newest results the screen shows of a test.
const pastResults = 7

func pastOf(t history.Trend) tests.Past {
	var p tests.Past
	for _, r := range t.Results[max(0, len(t.Results)-pastResults):] {
		p.Results = append(p.Results, tests.PastResult{Run: r.Run, Failed: r.Status == tasks.TestFailed})
	}
	if f := t.Flaky; f != nil {
		p.Flaky = fmt.Sprintf("flaky: failed %d of %d times with code that it passed with, last in %s", f.Failures, f.Runs, runText(f.Run))
	}
	if s := t.Slow; s != nil {
		p.Slow = fmt.Sprintf("slow: takes %s, usually %s, since %s", screen.Short(s.Took), screen.Short(s.Usual), runText(s.Run))
	}
	if b := t.Broken; b != nil && len(t.Results) > 1 {
		p.Broken = "fails since " + runText(b.Run)
		if b.Commit != "" {
			p.Broken += " at " + commitText(b.Commit, b.Dirty)
		}
		if b.Good != "" {
			p.Broken += ", passed last in " + runText(b.Good)
			if b.GoodCommit != "" && b.GoodCommit != b.Commit {
				p.Broken += " at " + commitText(b.GoodCommit, b.GoodDirty)
			}
		}
	}
	return p
}
