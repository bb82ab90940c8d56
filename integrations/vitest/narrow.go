package vitest

import (
	"context"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrower lets vitest find the tests that reach the changed files: it knows
// its modules better than anybody.
type narrower struct{}

func narrow(integrations.Surroundings) tasks.Narrower { return narrower{} }

// Prepare has nothing to do: vitest itself looks, when it runs.
func (narrower) Prepare(tasks.Request) {}

// Narrow answers for vitest, also as a script of package.json.
func (narrower) Narrow(_ context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, why, ok := javascript.Invoked(q.Task, "vitest")
	if !ok {
		return whole(why)
	}
	flags, selection, why, ok := dissect(v.Words)
	if !ok {
		return whole(why)
	}
	if len(q.Only) > 0 {
		files, pattern, ok := v.Tests(q.Only)
		if !ok {
			return tasks.Narrowed{}, false
		}
		words := slices.Concat([]string{"run"}, flags, files)
		what := javascript.Counted(len(files), "file")
		if pattern != "" {
			words, what = append(words, "-t", pattern), javascript.Counted(len(q.Only), "test")
		}
		return tasks.Narrowed{Spec: v.With(words...), Narrowing: tasks.Narrowing{What: what}}, true
	}
	if slices.ContainsFunc(flags, func(w string) bool { return strings.HasPrefix(w, "--coverage") }) {
		return whole("its coverage is of all tests")
	}
	files, why := v.Files(q)
	if why != "" {
		return whole(why)
	}
	if len(files) == 0 {
		n := tasks.Narrowed{Spec: command.Without(q.Task.Spec), Narrowing: tasks.Narrowing{What: "no tests"}}
		return n, true
	}
	words := slices.Concat([]string{"related", "--run"}, flags, selection, files)
	return tasks.Narrowed{Spec: v.With(words...), Narrowing: tasks.Narrowing{What: "the tests that reach " + javascript.Counted(len(files), "file")}}, true
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// dissect sorts vitest's words: its flags, and those that choose by name.
// false: it does something else than to run tests once.
func dissect(words []string) (flags, selection []string, why string, ok bool) {
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		if words[0] != "run" {
			return nil, nil, "vitest " + words[0] + " chooses its tests itself", false
		}
		words = words[1:]
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		name, _, valued := strings.Cut(w, "=")
		switch {
		case !strings.HasPrefix(w, "-"):
			return nil, nil, "its command names files itself", false
		case name == "--run", name == "--watch" && w == "--watch=false", name == "--no-watch", name == "--passWithNoTests":
		case name == "-w", name == "--watch", name == "--ui", name == "--changed", name == "--shard", name == "--bench", name == "--standalone":
			return nil, nil, "vitest " + name + " chooses its tests itself", false
		case name == "-t" || name == "--testNamePattern":
			selection = append(selection, w)
			if !valued && i+1 < len(words) {
				i++
				selection = append(selection, words[i])
			}
		case !valued && slices.Contains(valueFlags(), name) && i+1 < len(words):
			i++
			flags = append(flags, w, words[i])
		default:
			flags = append(flags, w)
		}
	}
	return flags, selection, "", true
}

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"-c", "-r", "--config", "--root", "--dir", "--reporter", "--outputFile", "--project", "--environment", "--env", "--mode", "--pool",
		"--exclude", "--testTimeout", "--hookTimeout", "--maxWorkers", "--minWorkers", "--retry", "--bail", "--maxConcurrency",
		"--configLoader", "--sequence.seed", "--diff",
	}
}
