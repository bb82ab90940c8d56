package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// trainOptions are the flags of train.
type trainOptions struct {
	set, sweep, failIf []string
	watch              bool
	parallel           int
}

func (a *app) cmdTrain() *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use: "train NAME [KEY=VALUE...]", Short: "Run a training, judge its metrics, or sweep over its parameters", Args: cobra.MinimumNArgs(1),
		Long: `Train runs a task as run does, also when none of its inputs changed. With the
workspace's host it returns when the training has begun; --watch follows it and
exits as it ends. Without a host, and with --fail-if or --sweep, it always does.

--fail-if names what the last value of a metric must not be; a run that broke it,
has not reported the metric, or ended with what is no number, exits with 6.

A value that is a range or a list, of a parameter that is a number or has choices,
makes a sweep: a run for each value, --parallel of them at a time, and a table at
the end; several make all combinations. --sweep does so with any parameter. What is
printed meanwhile is in the logs, or on the screen with --watch. A run that fails
does not end the sweep. Of the runs of a sweep one that keeps --fail-if is enough.`,
		Example: `  sawhorse train train --set lr=0.01 --watch
  sawhorse train train --fail-if 'val_loss>0.5'
  sawhorse train train --set 'lr=1e-4..1e-2 log 5' --set hidden=4,8 --parallel 2`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			given := slices.Concat(o.set, args[1:])
			if _, err := assignments(given); err != nil {
				return err
			}
			if o.parallel < 1 {
				return &fault{code: exitUsage, err: fmt.Errorf("--parallel %d is not possible", o.parallel), hint: "1 or more runs go on at once, as far as jobs: allows"}
			}
			var conditions []condition
			for _, text := range o.failIf {
				c, err := conditionOf(text)
				if err != nil {
					return err
				}
				conditions = append(conditions, c)
			}
			if err := readable(o.sweep); err != nil {
				return err
			}
			t := &training{app: a, o: o, task: args[0], given: given, conditions: conditions}
			return a.withEngine(cmd.Context(), func(p place, e outside) error { return t.run(cmd.Context(), p, e) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "a parameter: --set name=value")
	f.StringArrayVar(&o.sweep, "sweep", nil, "a parameter's values, a run for each: 'lr=1e-4..1e-2 log 5', lr=0.1,0.01")
	f.IntVar(&o.parallel, "parallel", 1, "how many runs of a sweep go on at once, as far as jobs: allows")
	f.StringArrayVar(&o.failIf, "fail-if", nil, "what a metric must not be at the end: 'val_loss>0.5'")
	f.BoolVarP(&o.watch, "watch", "w", false, "follow the training and exit as it ends")
	return cmd
}

// training is what train does: one run, or those of a sweep.
type training struct {
	*app
	o          trainOptions
	task       string
	given      []string // name=value, from flags and arguments
	jobs       []*job
	conditions []condition
	swept      []string // the parameters that a sweep changes
	leaves     bool     // it does not wait for the end
}

func (t *training) run(ctx context.Context, p place, e outside) error {
	known, err := awaitTask(ctx, e, t.task)
	if err != nil {
		return err
	}
	if err := t.plan(known); err != nil {
		return err
	}
	_, hosted := e.(*attach.Client)
	sweep := len(t.swept) > 0
	t.leaves = hosted && !t.o.watch && !sweep && len(t.conditions) == 0
	out := t.out
	if t.json || t.leaves || sweep && !t.o.watch {
		out = io.Discard
	}
	lines := t.newTail(p, out)
	defer lines.close()
	ci, err := t.ciOutput("none")
	if err != nil {
		return err
	}
	d := &drive{app: t.app, e: e, jobs: t.jobs, o: runOptions{fresh: true, keepGoing: true}, tail: lines, ci: ci, named: sweep}
	said := map[*job]bool{}
	if sweep {
		if err := t.begin(ctx, e); err != nil {
			return err
		}
	}
	err = follow(ctx, e, func(s *tasks.State) (bool, error) {
		if sweep && !t.found(s) {
			return false, nil
		}
		done, err := d.step(ctx, s)
		for _, j := range t.jobs {
			if sweep && !t.json && j.run.Status.Done() && !said[j] {
				said[j] = true
				fmt.Fprintf(t.err, "%d/%d  %s  %s\n", len(said), len(t.jobs), j.title(), j.run.Status)
			}
		}
		return done || t.leaves && !t.jobs[0].run.StartedAt.IsZero(), err
	})
	if ctx.Err() != nil {
		d.cancel(ctx)
		return silent(130)
	}
	if err != nil {
		return err
	}
	return t.finish()
}

// finish prints what became of the runs and makes that an exit code.
func (t *training) finish() error {
	first := t.jobs[0].run
	switch {
	case t.json && len(t.swept) == 0:
		if err := t.printJSON(first); err != nil {
			return err
		}
	case t.json:
		if err := t.printJSON(t.runs()); err != nil {
			return err
		}
	case len(t.swept) > 0:
		if err := t.printPlainTable(t.table()); err != nil {
			return err
		}
	case t.leaves:
		fmt.Fprintln(t.out, strings.TrimSpace(fmt.Sprintf("%s  %s  %s", first.ID, first.Status, first.URL)))
		fmt.Fprintf(t.err, "follow it: sawhorse logs -f %s\n", first.Task)
	}
	return t.judge()
}

// judge is nil when all runs succeeded and the conditions hold.
func (t *training) judge() error {
	var failed error
	var broken []string
	kept := false
	for _, j := range t.jobs {
		if !j.run.Status.Done() {
			return nil
		}
		if err := t.verdict(j); err != nil {
			if failed == nil {
				failed = err
			}
			continue
		}
		var why []string
		for _, c := range t.conditions {
			if text := c.broken(j.run); text != "" {
				why = append(why, text)
			}
		}
		kept = kept || len(why) == 0
		if len(why) > 0 {
			broken = append(broken, j.title()+": "+strings.Join(why, ", "))
		}
	}
	switch {
	case failed != nil:
		return failed
	case kept:
		return nil
	}
	hint := ""
	if len(broken) > 1 {
		hint = strings.Join(broken[1:], "\n  ")
	}
	return &fault{code: exitCondition, err: errors.New(broken[0]), hint: hint}
}

func (t *training) runs() []tasks.Run {
	var runs []tasks.Run
	for _, j := range t.jobs {
		runs = append(runs, j.run)
	}
	return runs
}

// table has a row for each run of a sweep: what was swept, and its metrics.
func (t *training) table() tasks.Result {
	metrics := map[string]tasks.Series{}
	for _, j := range t.jobs {
		maps.Copy(metrics, j.run.Metrics)
	}
	names := slices.Sorted(maps.Keys(metrics))
	head := []string{"RUN"}
	head = append(append(head, t.swept...), "OUTCOME", "TOOK")
	var r tasks.Result
	all := tasks.Run{Metrics: metrics}
	best := tasks.BestOf(t.runs(), all.Primary())
	for _, name := range append(head, names...) {
		r.Columns = append(r.Columns, tasks.Column{Name: name})
	}
	for i, j := range t.jobs {
		row := []string{string(j.run.ID)}
		for _, name := range t.swept {
			row = append(row, j.params[name])
		}
		row = append(row, string(j.run.Status), screen.Short(j.run.Duration(j.run.EndedAt)))
		for _, name := range names {
			value := lastValue(j.run, name)
			switch {
			case value == "":
				value = "-"
			case i == best && name == all.Primary():
				value += " *" // the best
			}
			row = append(row, value)
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}
