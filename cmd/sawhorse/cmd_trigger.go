package main

import (
	"bufio"
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
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

type param = config.Param

// triggerOptions are the flags of trigger.
type triggerOptions struct {
	set   []string
	ref   string
	watch bool
	yes   bool
}

func (a *app) cmdTrigger() *cobra.Command {
	var o triggerOptions
	cmd := &cobra.Command{
		Use: "trigger NAME [KEY=VALUE...]", Short: "Trigger a pipeline or a task of another system, and find its run", Args: cobra.MinimumNArgs(1),
		Long: `Trigger starts a task that another system runs, as the screen does, and returns
when its run is known for certain: its number here and its address there. With
--watch it follows the run and exits as the run ends.

What of this checkout will not be part of the run, since it is not committed or
not pushed, is said before. A task with confirm: true asks; --yes answers.`,
		Example: `  sawhorse trigger deploy --set env=staging --ref main --watch
  sawhorse trigger ci --json
  sawhorse logs deploy#12/build`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			params, err := assignments(slices.Concat(o.set, args[1:]))
			if err != nil {
				return err
			}
			return a.withEngine(cmd.Context(), func(p place, e outside) error {
				return a.trigger(cmd.Context(), p, e, args[0], params, o)
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "a parameter: --set name=value")
	f.StringVar(&o.ref, "ref", "", "the branch or tag that it runs at; none: the branch that is checked out")
	f.BoolVarP(&o.watch, "watch", "w", false, "follow the run and exit as it ends")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask, whatever the task says")
	return cmd
}

func (a *app) trigger(ctx context.Context, p place, e outside, name string, params map[string]string, o triggerOptions) error {
	t, err := awaitTask(ctx, e, name)
	if err != nil {
		return err
	}
	if o.ref != "" {
		ref := refParam(t)
		if ref == "" {
			return &fault{code: exitUsage, err: fmt.Errorf("%s does not run at a branch or tag", name), hint: "leave out --ref"}
		}
		params[ref] = o.ref
	}
	target := t.Title
	if t.Remote() {
		if target, err = a.foretell(ctx, e, t, params, o); err != nil {
			return err
		}
	}
	if err := a.confirm(t, target, o.yes); err != nil {
		return err
	}
	j := &job{task: name, params: params, request: rand.Text()}
	out := a.out
	if a.json || !o.watch {
		out = io.Discard
	}
	lines := a.newTail(p, out)
	defer lines.close()
	d := &drive{app: a, e: e, jobs: []*job{j}, tail: lines, ci: plainOutput{}}
	if err := e.Do(ctx, tasks.RunTask{Name: name, Params: params, Request: j.request, Scope: tasks.ScopeAll, Detail: "sawhorse trigger"}); err != nil {
		return &fault{code: exitUsage, err: err}
	}
	err = follow(ctx, e, func(s *tasks.State) (bool, error) {
		if err := d.watch(s, j); err != nil {
			return true, err
		}
		known := j.run.Status.Done() || j.run.External != "" || !t.Remote() && j.run.Status.Active()
		return j.run.Status.Done() || known && !o.watch, nil
	})
	if ctx.Err() != nil {
		return a.interrupted(ctx, d, j, t)
	}
	if err != nil {
		return err
	}
	s, err := snapshot(context.WithoutCancel(ctx), e)
	if err != nil {
		s = tasks.NewState() // the host has ended since: what is known of the run is enough
	}
	return a.triggered(&s, j, o)
}

// interrupted says what goes on where; only what runs here is cancelled.
func (a *app) interrupted(ctx context.Context, d *drive, j *job, t tasks.Task) error {
	if t.Remote() && j.run.URL != "" {
		fmt.Fprintf(a.err, "%s goes on: %s\n", j.run.ID, j.run.URL)
		return silent(130)
	}
	d.jobs[0] = j
	d.cancel(ctx)
	return silent(130)
}

// triggered says what came of it.
func (a *app) triggered(s *tasks.State, j *job, o triggerOptions) error {
	r := j.run
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
		return a.verdictOf(j, o)
	}
	if !r.Status.Done() {
		fmt.Fprintf(a.out, "%s  %s  %s\n", r.ID, r.Status, r.URL)
		fmt.Fprintf(a.err, "follow it: sawhorse logs -f %s\n", r.ID)
		return nil
	}
	for _, d := range r.Diagnostics {
		if d.Severity == tasks.Error {
			fmt.Fprintf(a.err, "✖ %s  %s\n", d.Location, d.Message)
		}
	}
	for _, st := range r.Steps {
		if st.Parent == "" && st.Status == tasks.Failed && st.Log != "" {
			fmt.Fprintf(a.err, "its log: sawhorse logs '%s/%s'\n", r.ID, st.Name)
		}
		if t, ok := s.SameHere(st.Name); ok && st.Parent == "" && st.Status == tasks.Failed {
			fmt.Fprintf(a.err, "the same here: %s\n", sameHere(s, t))
		}
	}
	if r.Status == tasks.Succeeded {
		fmt.Fprintf(a.out, "%s succeeded  %s\n", r.ID, r.URL)
	}
	return a.verdictOf(j, o)
}

// sameHere says how the task of this machine stands that does what a failed job does.
func sameHere(s *tasks.State, t tasks.Task) string {
	text := t.Name + " has not run"
	if r, ok := s.Finished(t.Name); ok {
		text = fmt.Sprintf("%s %s %s ago", t.Name, r.Status, age(r.EndedAt))
	}
	return text + ": sawhorse run " + t.Name
}

func (a *app) verdictOf(j *job, o triggerOptions) error {
	if !o.watch && !j.run.Status.Done() {
		return nil
	}
	return a.verdict(j)
}

// foretell says what of this checkout will not be part of a run, and returns what is
// about to be run where.
func (a *app) foretell(ctx context.Context, e outside, t tasks.Task, params map[string]string, o triggerOptions) (target string, err error) {
	form, err := formOf(ctx, e, t, params[refParam(t)])
	if err != nil {
		// The form is a courtesy where it can't be had for sure; a ref that is not
		// there is not.
		if params[refParam(t)] != "" {
			return "", &fault{code: exitFailure, err: err}
		}
		return t.Title, nil
	}
	for _, text := range facts(form, "warning") {
		if o.watch && !t.Spec.Confirm && !a.json {
			break // the log begins with them
		}
		fmt.Fprintf(a.err, "note: %s\n", text)
	}
	parts := facts(form, "workflow")
	if at := facts(form, "ref"); len(at) > 0 {
		parts = append(parts, "at "+at[0])
	}
	if where := facts(form, "target"); len(where) > 0 {
		parts = append(parts, "of "+where[0])
	}
	if len(parts) == 0 {
		return t.Title, nil
	}
	return strings.Join(parts, " "), nil
}

// confirm asks where the task wants that.
func (a *app) confirm(t tasks.Task, target string, yes bool) error {
	if !t.Spec.Confirm || yes {
		return nil
	}
	var values []string
	for _, name := range slices.Sorted(maps.Keys(t.Spec.Values)) {
		values = append(values, name+"="+t.Spec.Values[name])
	}
	question := strings.TrimSpace(fmt.Sprintf("Run %s: %s %s", t.Name, target, strings.Join(values, " ")))
	if !isTerminal(a.in) || !isTerminal(a.err) {
		return &fault{code: exitUsage, err: fmt.Errorf("%s asks before it runs, and nobody is here to answer", t.Name), hint: question + "?   ·   yes: --yes"}
	}
	fmt.Fprintf(a.err, "%s? [y/N] ", question)
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return &fault{code: exitFailure, err: errors.New("not run")}
	}
	return nil
}
