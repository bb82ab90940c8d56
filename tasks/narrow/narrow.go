// Package narrow lets a run do less than all of its task: only what failed last
// time, only some tests, or what the changed files name by {changed} in the
// command. It says what is left out, and never leaves out what nobody asked to.
package narrow

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

var (
	_ tasks.Runner     = (*Runner)(nil)
	_ tasks.Interactor = (*Runner)(nil)
)

// Narrower makes the command that runs only the named tests of a task; false:
// it does not know the task's tool.
type Narrower func(t tasks.Task, only []tasks.TestName) (config.Unit, bool)

// Runner stands before another one and changes what it is asked to run.
type Runner struct {
	next tasks.Runner
	ask  Narrower
}

// New puts narrowing before next.
func New(next tasks.Runner, ask Narrower) *Runner { return &Runner{next: next, ask: ask} }

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// Terminal is that of the runner behind.
func (r *Runner) Terminal(ctx context.Context, id tasks.RunID) (tasks.Terminal, error) {
	i, ok := tasks.As[tasks.Interactor](r.next)
	if !ok {
		return nil, fmt.Errorf("%s has no terminal", id)
	}
	return i.Terminal(ctx, id)
}

// Run runs what was asked for of the task.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	only, why := q.Only, "asked for"
	if q.Scope == tasks.ScopeFailed {
		only, why = q.Failed, "failed last time"
		if len(only) == 0 {
			note(s, "no test failed last time, so all of it runs")
		}
	}
	if len(only) > 0 {
		if spec, ok := r.ask(q.Task, only); ok {
			q.Task.Spec = spec
			n := tasks.Narrowing{What: plural(len(only), "test"), Why: why}
			s.Emit(tasks.RunNarrowed{Narrowing: n})
			note(s, fmt.Sprintf("only %s: %s", n.What, names(only)))
		} else {
			note(s, "how to run single tests of this command is not known, so all of it runs")
		}
	}
	q.Task.Spec = withChanges(q.Task.Spec, q.Cause.Files)
	return r.next.Run(ctx, q, s)
}

func note(s tasks.Sink, text string) { s.Log(logs.Note, []byte(text+"\n")) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// names lists some tests.
func names(only []tasks.TestName) string {
	const most = 5
	var all []string
	for _, t := range only[:min(most, len(only))] {
		all = append(all, strings.TrimSpace(t.Suite+" "+t.Name))
	}
	text := strings.Join(all, ", ")
	if len(only) > most {
		text += fmt.Sprintf(" and %d more", len(only)-most)
	}
	return text
}

// The words that stand for what changed. Without a change they stand for nothing.
const (
	changedFiles = "{changed}"
	changedDirs  = "{changed.dirs}"
)

// withChanges puts the changed files in: quoted words of a shell line, elements
// of their own in an argv.
func withChanges(u config.Unit, files []string) config.Unit {
	if strings.Contains(u.Run, changedFiles) || strings.Contains(u.Run, changedDirs) {
		u.Run = strings.NewReplacer(changedFiles, quoted(files), changedDirs, quoted(dirs(files))).Replace(u.Run)
	}
	if slices.Contains(u.Command, changedFiles) || slices.Contains(u.Command, changedDirs) {
		var argv []string
		for _, a := range u.Command {
			switch a {
			case changedFiles:
				argv = append(argv, files...)
			case changedDirs:
				argv = append(argv, dirs(files)...)
			default:
				argv = append(argv, a)
			}
		}
		u.Command = argv
	}
	return u
}

func dirs(files []string) []string {
	var all []string
	for _, f := range files {
		if d := "./" + path.Dir(f); !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// quoted are words for a POSIX shell, whatever is in them.
func quoted(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(all, " ")
}
