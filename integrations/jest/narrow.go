package jest

import (
	"context"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrower lets jest find the tests that reach the changed files.
type narrower struct{}

func narrow(integrations.Surroundings) tasks.Narrower { return narrower{} }

// Prepare has nothing to do: jest itself looks, when it runs.
func (narrower) Prepare(tasks.Request) {}

// Narrow answers for jest, also as a script of package.json.
func (narrower) Narrow(_ context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, why, ok := javascript.Invoked(q.Task, "jest")
	if !ok {
		return whole(why)
	}
	flags, selection, why := dissect(v.Words)
	if why != "" {
		return whole(why)
	}
	if len(q.Only) > 0 {
		files, pattern, ok := v.Tests(q.Only)
		if !ok {
			return tasks.Narrowed{}, false
		}
		words, what := slices.Clone(flags), javascript.Counted(len(files), "file")
		if pattern != "" {
			words, what = append(words, "-t", pattern), javascript.Counted(len(q.Only), "test")
		}
		if len(files) > 0 {
			words = append(append(words, "--runTestsByPath"), files...)
		}
		return tasks.Narrowed{Spec: v.With(words...), Narrowing: tasks.Narrowing{What: what}}, true
	}
	if slices.ContainsFunc(flags, func(w string) bool { return strings.HasPrefix(w, "--coverage") || w == "--collectCoverage" }) {
		return whole("its coverage is of all tests")
	}
	files, why := v.Files(q)
	if why != "" {
		return whole(why)
	}
	if len(files) == 0 {
		return tasks.Narrowed{Spec: command.Without(q.Task.Spec), Narrowing: tasks.Narrowing{What: "no tests"}}, true
	}
	words := slices.Concat(flags, selection, []string{"--passWithNoTests", "--findRelatedTests"}, files)
	return tasks.Narrowed{Spec: v.With(words...), Narrowing: tasks.Narrowing{What: "the tests that reach " + javascript.Counted(len(files), "file")}}, true
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// dissect sorts jest's words: its flags, and those that choose by name. why: it
// chooses its tests itself.
func dissect(words []string) (flags, selection []string, why string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		name, _, valued := strings.Cut(w, "=")
		switch {
		case !strings.HasPrefix(w, "-"):
			return nil, nil, "its command names files itself"
		case slices.Contains([]string{
			"--watch", "--watchAll", "-o", "--onlyChanged", "--changedSince", "--lastCommit", "--findRelatedTests", "--runTestsByPath", "--shard",
			"--testPathPattern", "--testPathPatterns", "-f", "--onlyFailures", "--listTests", "--init", "--showConfig", "--clearCache",
		}, name) && w != "--watch=false" && w != "--watchAll=false":
			return nil, nil, "jest " + name + " chooses its tests itself"
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
	return flags, selection, ""
}

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"-c", "--config", "--rootDir", "--env", "--testEnvironment", "--maxWorkers", "-w", "--outputFile", "--reporters", "--testTimeout",
		"--maxConcurrency", "--cacheDirectory", "--coverageDirectory", "--seed", "--testRunner",
	}
}
