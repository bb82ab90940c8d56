package javascript

import (
	"context"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Narrower lets a test runner find the tests that reach the changed files: it knows
// its modules better than anybody. What tells the runners apart are their words.
type Narrower struct {
	Tool string
	// Lead is the subcommand that a command may begin with; "": there is none.
	Lead string
	// Chooses are the flags by which the runner chooses its tests itself, unless they
	// say =false.
	Chooses []string
	// Idle are the flags that say nothing here.
	Idle []string
	// Valued are the flags whose value is the next word.
	Valued []string
	// Coverage are what flags that measure coverage begin with.
	Coverage []string
	// Only are the words that run files, of them the tests that fit pattern.
	Only func(flags []string, pattern string, files []string) []string
	// Related are the words that run the tests that reach files.
	Related func(flags, selection, files []string) []string
}

var _ tasks.Narrower = Narrower{}

// Prepare has nothing to do: the runner itself looks, when it runs.
func (Narrower) Prepare(tasks.Request) {}

// Narrow answers for the runner, also as a script of package.json.
func (n Narrower) Narrow(_ context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, why, ok := Invoked(q.Task, n.Tool)
	if !ok {
		return whole(why)
	}
	flags, selection, why := n.dissect(v.Words)
	if why != "" {
		return whole(why)
	}
	if len(q.Only) > 0 {
		files, pattern, ok := v.Tests(q.Only)
		if !ok {
			return tasks.Narrowed{}, false
		}
		what := tasks.Counted(len(files), "file")
		if pattern != "" {
			what = tasks.Counted(len(q.Only), "test")
		}
		return tasks.Narrowed{Spec: v.With(n.Only(flags, pattern, files)...), Narrowing: tasks.Narrowing{What: what}}, true
	}
	for _, begins := range n.Coverage {
		if slices.ContainsFunc(flags, func(w string) bool { return strings.HasPrefix(w, begins) }) {
			return whole("its coverage is of all tests")
		}
	}
	files, why := v.Files(q)
	if why != "" {
		return whole(why)
	}
	if len(files) == 0 {
		return tasks.Narrowed{Spec: command.Without(q.Task.Spec), Narrowing: tasks.Narrowing{What: "no tests"}}, true
	}
	return tasks.Narrowed{
		Spec: v.With(n.Related(flags, selection, files)...), Narrowing: tasks.Narrowing{What: "the tests that reach " + tasks.Counted(len(files), "file")},
	}, true
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// dissect sorts the runner's words: its flags, and those that choose by name. why:
// it chooses its tests itself, or does something else than to run them once.
func (n Narrower) dissect(words []string) (flags, selection []string, why string) {
	if n.Lead != "" && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		if words[0] != n.Lead {
			return nil, nil, n.Tool + " " + words[0] + " chooses its tests itself"
		}
		words = words[1:]
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		name, value, valued := strings.Cut(w, "=")
		switch {
		case !strings.HasPrefix(w, "-"):
			return nil, nil, "its command names files itself"
		case slices.Contains(n.Idle, w):
		case slices.Contains(n.Chooses, name) && value != "false":
			return nil, nil, n.Tool + " " + name + " chooses its tests itself"
		case name == "-t" || name == "--testNamePattern":
			selection = append(selection, w)
			if !valued && i+1 < len(words) {
				i++
				selection = append(selection, words[i])
			}
		case !valued && slices.Contains(n.Valued, name) && i+1 < len(words):
			i++
			flags = append(flags, w, words[i])
		default:
			flags = append(flags, w)
		}
	}
	return flags, selection, ""
}
