package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

// trainOptions are the flags of train.
type trainOptions struct {
	set, sweep, failIf []string
	watch              bool
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

--sweep runs the task once for each value, one run after the other, and prints a
table; several make all combinations. What is printed meanwhile is in the logs,
or on the screen with --watch. A run that fails does not end the sweep. Of the
runs of a sweep one that keeps --fail-if is enough.`,
		Example: `  sawhorse train train --set lr=0.01 --watch
  sawhorse train train --fail-if 'val_loss>0.5'
  sawhorse train train --sweep 'lr=1e-4..1e-2 log 5' --sweep hidden=4,8`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			params, err := assignments(slices.Concat(o.set, args[1:]))
			if err != nil {
				return err
			}
			var conditions []condition
			for _, text := range o.failIf {
				c, err := conditionOf(text)
				if err != nil {
					return err
				}
				conditions = append(conditions, c)
			}
			sets, names, err := sweeps(params, o.sweep)
			if err != nil {
				return err
			}
			t := &training{app: a, o: o, conditions: conditions, swept: names}
			for _, set := range sets {
				t.jobs = append(t.jobs, &job{task: args[0], params: set, request: rand.Text()})
			}
			return a.withEngine(cmd.Context(), func(p place, e outside) error { return t.run(cmd.Context(), p, e) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "a parameter: --set name=value")
	f.StringArrayVar(&o.sweep, "sweep", nil, "a parameter's values, a run for each: 'lr=1e-4..1e-2 log 5', lr=0.1,0.01")
	f.StringArrayVar(&o.failIf, "fail-if", nil, "what a metric must not be at the end: 'val_loss>0.5'")
	f.BoolVarP(&o.watch, "watch", "w", false, "follow the training and exit as it ends")
	return cmd
}

// training is what train does: one run, or those of a sweep.
type training struct {
	*app
	o          trainOptions
	jobs       []*job
	conditions []condition
	swept      []string // the parameters that a sweep changes
	leaves     bool     // it does not wait for the end
}

func (t *training) run(ctx context.Context, p place, e outside) error {
	if _, err := awaitTask(ctx, e, t.jobs[0].task); err != nil {
		return err
	}
	_, hosted := e.(*attach.Client)
	sweep := len(t.swept) > 0
	t.leaves = hosted && !t.o.watch && !sweep && len(t.conditions) == 0
	out := t.out
	if t.json || t.leaves || sweep && !t.o.watch {
		out = io.Discard
	}
	lines := t.newTail(p, nil, out)
	defer lines.close()
	ci, err := t.ciOutput("none")
	if err != nil {
		return err
	}
	d := &drive{app: t.app, e: e, jobs: t.jobs, o: runOptions{fresh: true, keepGoing: true}, tail: lines, ci: ci}
	said := map[*job]bool{}
	err = follow(ctx, e, func(s *tasks.State) (bool, error) {
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
		var runs []tasks.Run
		for _, j := range t.jobs {
			runs = append(runs, j.run)
		}
		if err := t.printJSON(runs); err != nil {
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

// table has a row for each run of a sweep: what was swept, and its metrics.
func (t *training) table() tasks.Result {
	metrics := map[string]bool{}
	for _, j := range t.jobs {
		for name := range j.run.Metrics {
			metrics[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(metrics))
	head := []string{"RUN"}
	head = append(append(head, t.swept...), "OUTCOME", "TOOK")
	var r tasks.Result
	for _, name := range append(head, names...) {
		r.Columns = append(r.Columns, tasks.Column{Name: name})
	}
	for _, j := range t.jobs {
		row := []string{string(j.run.ID)}
		for _, name := range t.swept {
			row = append(row, j.params[name])
		}
		row = append(row, string(j.run.Status), shortDuration(j.run.Duration(j.run.EndedAt)))
		for _, name := range names {
			value := lastValue(j.run, name)
			if value == "" {
				value = "-"
			}
			row = append(row, value)
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}
