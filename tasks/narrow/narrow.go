// Package narrow lets a run do less than all of its task: what the changed files
// can affect, what failed last time, single tests, or what {changed} names in
// the command. It says what is left out, and forgets nothing that no run has
// answered for: what failed or was cut off is part of the next run.
package narrow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

var _ tasks.Runner = (*Runner)(nil)

// Runner stands before another one and changes what it is asked to run.
//
//	Request ── scope ──> what is open (debt) ── ask ──> a smaller command ──> next
//	                        ^                                                  │
//	                        └───────────── how the run ended ──────────────────┘
type Runner struct {
	next tasks.Runner
	o    Options
	// patience is how long finding out may take: a run must not wait for what
	// is to make it faster.
	patience time.Duration

	mu    sync.Mutex
	debts map[string]debt // by task
}

// Options are whom it asks.
type Options struct {
	// Narrower knows the tools.
	Narrower tasks.Narrower
	// Past is how a task stood when the last host ended: the tests that failed,
	// the files with errors, and whether it was red at all. nil: nobody knows.
	Past func(ctx context.Context, task string) (failed []tasks.TestName, broken []string, red bool, err error)
	// Uncommitted are the files that differ from the last commit, relative to the
	// workspace. nil: nobody knows.
	Uncommitted func(ctx context.Context) ([]string, error)
}

// New puts narrowing before next.
func New(next tasks.Runner, o Options) *Runner {
	return &Runner{next: next, o: o, patience: 2 * time.Second, debts: map[string]debt{}}
}

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// Run runs what was asked for of the task, or what its cause asks for.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if q.Task.IsService() {
		return r.next.Run(ctx, q, s)
	}
	r.mu.Lock()
	owed, known := r.debts[q.Task.Name]
	r.mu.Unlock()
	if !known {
		owed = r.past(ctx, q, s)
	}
	owed = owed.with(q)

	n := r.narrow(ctx, q, owed, s)
	var err error
	if !nothing(n.Task) || nothing(q.Task) {
		err = r.next.Run(ctx, n.Request, s)
	}
	if exit, ok := errors.AsType[*tasks.ExitError](err); ok && n.empty != 0 && exit.Exit == (tasks.Exit{Code: n.empty}) {
		note(s, "there was no test to run in that")
		err = nil
	}

	r.mu.Lock()
	r.debts[q.Task.Name] = owed.after(n.amount, err, ctx.Err() != nil, tasks.Breaks(n.Task.Spec))
	r.mu.Unlock()
	if q.Task.Spec.Watch != nil && !takesChanges(q.Task.Spec) {
		r.o.Narrower.Prepare(q)
	}
	return err
}

// past is what earlier hosts left red, where the request cares.
func (r *Runner) past(ctx context.Context, q tasks.Request, s tasks.Sink) debt {
	if r.o.Past == nil || q.Scope != tasks.ScopeFailed && q.Cause.Kind != tasks.ByWatch {
		return debt{}
	}
	failed, broken, red, err := r.o.Past(ctx, q.Task.Name)
	if err != nil {
		note(s, "what failed last time can't be read: "+err.Error())
	}
	return debt{failed: red, tests: failed, broken: broken}
}

// narrowed is a request, as small as it may be.
type narrowed struct {
	tasks.Request
	empty int
	amount
}

// amount is how much of its task a run does.
type amount int

const (
	everything amount = iota
	affected          // all that the debt can affect
	failures          // the tests that are known to fail
	some              // what a person picked
)

// narrow makes the request smaller where it may be.
func (r *Runner) narrow(ctx context.Context, q tasks.Request, owed debt, s tasks.Sink) narrowed {
	whole := narrowed{Request: q}
	whole.Task.Spec = withChanges(q.Task.Spec, q.Task.Root, nil)
	ask, why, how := r.question(ctx, q, owed, s)
	if how == everything {
		return whole
	}
	if takesChanges(q.Task.Spec) {
		if len(ask.Only) > 0 {
			note(s, "how to run single tests of this command is not known, so all of it runs")
			return whole
		}
		return changed(q, how, merged(ask.Cause.Files, ask.Broken), why, s)
	}
	n, ok := r.answer(ctx, ask, how, s)
	if !ok {
		return whole
	}
	n.Narrowing.Why = strings.TrimPrefix(n.Narrowing.Why+", "+why, ", ")
	n.Narrowing.Breaks = tasks.Breaks(n.Spec)
	s.Emit(tasks.RunNarrowed{Narrowing: n.Narrowing})
	note(s, told(n.Narrowing, ask.Only))
	whole.Task.Spec, whole.empty, whole.amount = n.Spec, n.Empty, how
	if nothing(whole.Task) {
		note(s, "nothing of it depends on that, so there is nothing to run")
	}
	return whole
}

// question is what is to be found out: how little answers the request.
func (r *Runner) question(ctx context.Context, q tasks.Request, owed debt, s tasks.Sink) (ask tasks.Request, why string, how amount) {
	ask = q
	ask.Only, ask.Failed, ask.Broken, ask.Cause.Files = nil, nil, nil, nil
	switch {
	case len(q.Only) > 0:
		ask.Only = q.Only
		if q.Scope == tasks.ScopePinned {
			return ask, "pinned", some
		}
		return ask, "asked for", some
	case q.Scope == tasks.ScopeFailed:
		ask.Only = mergedTests(owed.tests, q.Failed)
		if len(ask.Only) == 0 {
			note(s, "no test failed last time, so all of it runs")
			return ask, "", everything
		}
		return ask, "failed last time", failures
	case q.Scope == tasks.ScopeNear:
		if ask.Cause.Files = owed.last; len(owed.last) == 0 {
			ask.Cause.Files = r.uncommitted(ctx)
		}
		if len(ask.Cause.Files) == 0 {
			note(s, "no file has changed yet, so all of it runs")
			return ask, "", everything
		}
		return ask, "near " + tasks.Few(ask.Cause.Files), some
	case q.Scope != tasks.ScopeAuto || q.Cause.Kind != tasks.ByWatch || len(q.Cause.Files) == 0 || owed.all:
		return ask, "", everything
	}
	ask.Cause.Files, ask.Failed, ask.Broken = owed.files, owed.tests, owed.broken
	why = q.Cause.String()
	if owed.failed {
		why += ", and what failed before"
	}
	return ask, why, affected
}

// uncommitted is what a person works on, where no save tells.
func (r *Runner) uncommitted(ctx context.Context) []string {
	if r.o.Uncommitted == nil {
		return nil
	}
	files, err := r.o.Uncommitted(ctx)
	if err != nil {
		return nil // not a repository, or no git
	}
	return files
}

// answer asks how little of the task that is.
func (r *Runner) answer(ctx context.Context, ask tasks.Request, how amount, s tasks.Sink) (tasks.Narrowed, bool) {
	asking, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	n, ok := r.o.Narrower.Narrow(asking, ask)
	switch {
	case ctx.Err() != nil:
		return n, false
	case asking.Err() != nil:
		note(s, fmt.Sprintf("all of it runs: finding out what to leave out took more than %v", r.patience))
		return n, false
	case !ok && n.Narrowing.Why != "":
		note(s, "all of it runs: "+n.Narrowing.Why)
	case !ok && how != affected:
		note(s, "how to run less of this command is not known, so all of it runs")
	}
	return n, ok
}

// changed puts the changed files into a command that asks for them.
func changed(q tasks.Request, how amount, files []string, why string, s tasks.Sink) narrowed {
	n := narrowed{Request: q, amount: how}
	n.Task.Spec = withChanges(q.Task.Spec, q.Task.Root, files)
	if len(files) > 0 {
		s.Emit(tasks.RunNarrowed{Narrowing: tasks.Narrowing{What: tasks.Counted(len(files), "changed file"), Why: why}})
	}
	return n
}

func nothing(t tasks.Task) bool { return t.Spec.Run == "" && len(t.Spec.Command) == 0 }

func note(s tasks.Sink, text string) { s.Log(logs.Note, []byte(text+"\n")) }

// told is a narrowing in one line.
func told(n tasks.Narrowing, only []tasks.TestName) string {
	text := n.What + ": " + n.Why
	if len(only) > 0 {
		var names []string
		for _, t := range only {
			if !slices.ContainsFunc(only, func(o tasks.TestName) bool { return o.Suite == t.Suite && strings.HasPrefix(o.Name, t.Name+"/") }) {
				names = append(names, strings.TrimSpace(t.Suite+" "+t.Name))
			}
		}
		text = "only " + n.What + ", " + n.Why + ": " + tasks.Few(names)
	}
	if len(n.Skipped) > 0 {
		text += " (skipped: " + tasks.Few(n.Skipped) + ")"
	}
	return text
}

// merged are the strings of both, each once.
func merged(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
