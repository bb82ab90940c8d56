package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

// comparison is what compare prints with --json.
type comparison struct {
	Runs   []string     `json:"runs"`
	Differ []difference `json:"differ"`
	// Same says how much was left out, since it is the same in all.
	Same string `json:"same,omitempty"`
}

// difference is a parameter or a metric, with its value in each run; "" where a
// run has none.
type difference struct {
	What   string   `json:"what"`
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

func (a *app) cmdCompare() *cobra.Command {
	cmd := &cobra.Command{
		Use: "compare RUN RUN...", Short: "Compare training runs: only what differs between them", Args: cobra.MinimumNArgs(2),
		Long: `Compare shows the parameters and the last values of the metrics that are not the
same in all of the named runs.

A run is one of this workspace (train#3) or one that a tracker keeps: its id, its
name, or experiment/name. Runs of tasks with track: are compared as the tracker
knows them.`,
		Example: `  sawhorse compare train#3 train#4
  sawhorse compare shop/baseline 5b0c66a2f5a94b0f9a1e6c8a3f1c2d3e --json`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, words []string) error {
			c, err := a.compare(cmd.Context(), words)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(c)
			}
			return a.printComparison(c)
		},
	}
	return cmd
}

func (a *app) compare(ctx context.Context, words []string) (comparison, error) {
	p, err := a.find()
	if err != nil {
		return comparison{}, err
	}
	local, err := localRuns(ctx, p, words)
	if err != nil {
		return comparison{}, err
	}
	unknown := slices.ContainsFunc(words, func(w string) bool { _, ok := local[w]; return !ok })
	if !unknown && !allRecorded(local) {
		return compareRuns(words, local), nil
	}
	var c comparison
	err = a.withEngine(ctx, func(_ place, e outside) error {
		asked, err := trackedWords(words, local)
		if err != nil {
			return err
		}
		trackers, err := awaitTrackers(ctx, e, keepsRuns)
		if err != nil {
			return err
		}
		for _, t := range trackers { // the first that knows them all
			var res tasks.Result
			if res, err = e.Query(ctx, tasks.Query{Provider: t.Name, Name: "compare", Args: map[string]string{"runs": strings.Join(asked, ",")}}); err == nil {
				c = comparedBy(res)
				return nil
			}
		}
		return err
	})
	return c, err
}

// localRuns are those of the words that name finished runs of this workspace.
func localRuns(ctx context.Context, p place, words []string) (map[string]tasks.Run, error) {
	store, err := history.Open(filepath.Join(p.state, "history.db"))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	found := map[string]tasks.Run{}
	for _, w := range words {
		id, step, ok := runWord(w)
		if !ok || step != "" {
			continue
		}
		task, _, _ := strings.Cut(w, "#")
		runs, err := store.Runs(ctx, history.Filter{Task: task})
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(runs, func(r tasks.Run) bool { return r.ID == id }); i >= 0 {
			found[w] = runs[i]
		}
	}
	return found, nil
}

// trackedRun is the tracker's id of a run that was recorded: the end of its address,
// which the history keeps.
func trackedRun(r tasks.Run) string {
	_, id, ok := cutLast(r.URL, "/runs/")
	if !ok {
		return ""
	}
	return id
}

func allRecorded(runs map[string]tasks.Run) bool {
	for _, r := range runs {
		if trackedRun(r) == "" {
			return false
		}
	}
	return true
}

// trackedWords are the words as a tracker understands them.
func trackedWords(words []string, local map[string]tasks.Run) ([]string, error) {
	asked := slices.Clone(words)
	for i, w := range words {
		r, ok := local[w]
		if !ok {
			continue
		}
		if asked[i] = trackedRun(r); asked[i] == "" {
			return nil, &fault{
				code: exitUsage, err: fmt.Errorf("no tracker has recorded %s, so that it can't be compared with what one keeps", w),
				hint: "give its task track: mlflow; or compare runs of this workspace with each other",
			}
		}
	}
	return asked, nil
}

func comparedBy(res tasks.Result) comparison {
	c := comparison{Differ: []difference{}, Same: res.More}
	for _, col := range res.Columns[2:] {
		c.Runs = append(c.Runs, col.Name)
	}
	for _, row := range res.Rows {
		c.Differ = append(c.Differ, difference{What: row[0], Name: row[1], Values: row[2:]})
	}
	return c
}

// compareRuns compares runs by what they themselves reported.
func compareRuns(words []string, runs map[string]tasks.Run) comparison {
	c := comparison{Runs: words, Differ: []difference{}}
	params, metrics := map[string]bool{}, map[string]bool{}
	for _, r := range runs {
		for name := range r.Params {
			params[name] = true
		}
		for name := range r.Metrics {
			metrics[name] = true
		}
	}
	same := 0
	add := func(what, name string, of func(tasks.Run) string) {
		d := difference{What: what, Name: name}
		for _, w := range words {
			d.Values = append(d.Values, of(runs[w]))
		}
		if slices.ContainsFunc(d.Values, func(v string) bool { return v != d.Values[0] }) {
			c.Differ = append(c.Differ, d)
		} else {
			same++
		}
	}
	add("run", "outcome", func(r tasks.Run) string { return string(r.Status) })
	for _, name := range slices.Sorted(maps.Keys(params)) {
		add("param", name, func(r tasks.Run) string { return r.Params[name] })
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		add("metric", name, func(r tasks.Run) string { return lastValue(r, name) })
	}
	if same > 0 {
		c.Same = fmt.Sprintf("%d are the same in all", same)
	}
	return c
}

// lastValue is a metric's last value; "" when the run has not reported it.
func lastValue(r tasks.Run, name string) string {
	m, ok := r.Metrics[name]
	if !ok {
		return ""
	}
	return strconv.FormatFloat(m.Last.Value, 'g', -1, 64)
}

func (a *app) printComparison(c comparison) error {
	if len(c.Runs) == 0 {
		return errors.New("nothing was compared")
	}
	if len(c.Differ) == 0 {
		fmt.Fprintln(a.out, "nothing differs")
		return nil
	}
	t := tasks.Result{Columns: []tasks.Column{{Name: ""}, {Name: ""}}, More: c.Same}
	for _, r := range c.Runs {
		t.Columns = append(t.Columns, tasks.Column{Name: r})
	}
	for _, d := range c.Differ {
		row := []string{d.What, d.Name}
		for _, v := range d.Values {
			if v == "" {
				v = "-"
			}
			row = append(row, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return a.printPlainTable(t)
}
