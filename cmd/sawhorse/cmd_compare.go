package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/workspace/checkout"
)

func (a *app) cmdCompare() *cobra.Command {
	var diff bool
	cmd := &cobra.Command{
		Use: "compare RUN RUN...", Short: "Compare training runs: only what differs between them", Args: cobra.MinimumNArgs(2),
		Long: `Compare shows the parameters that are not the same in all of the named runs, and
the last and the best value of each metric, with a star at the better ones. Less is
better of a loss, an error and a time, more of anything else; a tracker that knows
it better is believed.

A run is one of this workspace (train#3) or one that a tracker keeps: its id, its
name, or experiment/name. Runs of tasks with track: are compared as the tracker
knows them. With --diff it shows what differs between the code of two runs, also
of what was not committed.`,
		Example: `  sawhorse compare train#3 train#4
  sawhorse compare train#3 train#4 --diff
  sawhorse compare shop/baseline 5b0c66a2f5a94b0f9a1e6c8a3f1c2d3e --json`,
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, words []string) error {
			if diff && len(words) != 2 {
				return &fault{code: exitUsage, err: errors.New("--diff is of two runs"), hint: "sawhorse compare --diff " + words[0] + " " + words[1]}
			}
			c, err := a.compare(cmd.Context(), words)
			if err != nil {
				return err
			}
			switch {
			case diff:
				return a.printDiff(cmd.Context(), c)
			case a.json:
				return a.printJSON(withoutCourses(c))
			}
			return a.printComparison(c)
		},
	}
	cmd.Flags().BoolVar(&diff, "diff", false, "show what differs between the code of two runs")
	return cmd
}

func (a *app) compare(ctx context.Context, words []string) (tasks.Comparison, error) {
	p, err := a.find()
	if err != nil {
		return tasks.Comparison{}, err
	}
	local, err := localRuns(ctx, p, words)
	if err != nil {
		return tasks.Comparison{}, err
	}
	unknown := slices.ContainsFunc(words, func(w string) bool { _, ok := local[w]; return !ok })
	if !unknown && !allRecorded(local) {
		var subjects []tasks.Subject
		for _, w := range words {
			subjects = append(subjects, local[w].Subject())
		}
		return tasks.Compare(subjects, nil), nil
	}
	var c tasks.Comparison
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
				c = tasks.Compare(res.Runs, res.Greater)
				return nil
			}
		}
		return err
	})
	return c, err
}

// withoutCourses leaves the points of the curves out, of which nobody reads thousands.
func withoutCourses(c tasks.Comparison) tasks.Comparison {
	c.Subjects = slices.Clone(c.Subjects)
	for i := range c.Subjects {
		c.Subjects[i].Metrics = nil
	}
	return c
}

// printDiff prints what differs between the code of both runs.
func (a *app) printDiff(ctx context.Context, c tasks.Comparison) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	for _, s := range c.Subjects {
		if s.Code.Commit == "" {
			return &fault{
				code: exitFailure, err: fmt.Errorf("which commit %s ran is not known", s.Name),
				hint: "a run tells it with its first number, in a git repository with a commit",
			}
		}
	}
	patch, note, err := checkout.Diff(ctx, p.root, checkout.Code(c.Subjects[0].Code), checkout.Code(c.Subjects[1].Code))
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(a.err, "note: "+note)
	}
	if patch == "" {
		fmt.Fprintln(a.err, "both ran the same code")
	}
	for line := range strings.Lines(patch) {
		fmt.Fprintln(a.out, safeText(strings.TrimSuffix(line, "\n"), false))
	}
	return nil
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

// trackedRun is the tracker's id of a run that was recorded; of one that an older
// version kept, the end of its address.
func trackedRun(r tasks.Run) string {
	if r.External != "" {
		return r.External
	}
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

// better marks the better value.
const better = "★"

func (a *app) printComparison(c tasks.Comparison) error {
	t := tasks.Result{Columns: []tasks.Column{{Name: ""}, {Name: ""}}}
	for _, s := range c.Subjects {
		t.Columns = append(t.Columns, tasks.Column{Name: s.Name})
	}
	add := func(what, name string, values []string) {
		row := []string{what, name}
		for _, v := range values {
			row = append(row, cmp.Or(v, "-"))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, f := range c.Facts {
		if f.Name == "outcome" || f.Name == "status" {
			if differ(f.Values) {
				add("run", f.Name, f.Values)
			}
		}
	}
	for _, p := range c.Params {
		add("param", p.Name, p.Values)
	}
	same := c.Same
	for _, m := range c.Metrics {
		last, best := make([]string, len(m.Of)), make([]string, len(m.Of))
		for i, e := range m.Of {
			if e.Has {
				last[i] = starred(digits(e.Last.Value), m.BestLast == i)
				best[i] = starred(digits(e.Best.Value)+"@"+digits(e.Best.Step), m.BestBest == i)
			}
		}
		if !differ(last) && !differ(best) {
			same++
			continue
		}
		add("metric", m.Name, last)
		if others(m) {
			add("", "  best", best)
		}
	}
	commits := make([]string, len(c.Subjects))
	for i, s := range c.Subjects {
		commits[i] = s.Code.Commit[:min(len(s.Code.Commit), 9)]
		if s.Code.Patch != "" || s.Code.Cut {
			commits[i] += "+changes"
		}
	}
	if differ(commits) {
		add("code", "commit", commits)
	}
	if len(t.Rows) == 0 {
		fmt.Fprintln(a.out, "nothing differs")
		return nil
	}
	if same > 0 {
		t.More = fmt.Sprintf("%d are the same in all", same)
	}
	return a.printPlainTable(t)
}

func differ(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return v != values[0] })
}

// others says whether the best of a metric is not its last.
func others(m tasks.ComparedMetric) bool {
	return slices.ContainsFunc(m.Of, func(e tasks.MetricEnds) bool { return e.Has && e.Best.Value != e.Last.Value })
}

func starred(text string, best bool) string {
	if best {
		return text + " " + better
	}
	return text
}

func digits(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// completeRuns offers the newest runs of this workspace that told numbers.
func (a *app) completeRuns(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	p, err := a.find()
	if err != nil {
		return nil, none
	}
	store, err := history.Open(filepath.Join(p.state, "history.db"))
	if err != nil {
		return nil, none
	}
	defer store.Close()
	runs, err := store.Runs(cmd.Context(), history.Filter{Limit: 200})
	if err != nil {
		return nil, none
	}
	var words []string
	for _, r := range runs {
		if len(r.Metrics) == 0 || slices.Contains(args, string(r.ID)) {
			continue
		}
		about := string(r.Status)
		if name := r.Primary(); name != "" {
			about += fmt.Sprintf(", %s %s", name, digits(r.Metrics[name].Last.Value))
		}
		words = append(words, string(r.ID)+"\t"+about)
	}
	return words, none | cobra.ShellCompDirectiveKeepOrder
}

// lastValue is a metric's last value; "" when the run has not reported it.
func lastValue(r tasks.Run, name string) string {
	m, ok := r.Metrics[name]
	if !ok {
		return ""
	}
	return strconv.FormatFloat(m.Last.Value, 'g', -1, 64)
}
