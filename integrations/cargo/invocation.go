package cargo

import (
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// invocation is a command of cargo that takes packages, in parts.
//
//	cargo +nightly nextest run --workspace -j 2 cart -- --nocapture
//	└───────── head ─────────┘ choice      flags names tail
type invocation struct {
	line     command.Line
	unit     config.Unit
	dir      string // absolute
	head     []string
	verb     string // test, check, build, clippy, nextest
	all      bool   // --workspace
	chosen   []string
	excluded []string
	flags    []string
	names    []string // of tests
	tail     []string // behind --
	whole    string   // why it can't do less
}

// dissect takes a task's command apart; false: it is not one of cargo's that
// runs or checks packages, or it is a shell's.
func dissect(t tasks.Task) (invocation, bool) {
	line, ok := command.Read(t.Spec)
	if !ok || command.Program(line.Words[0]) != "cargo" {
		return invocation{}, false
	}
	v := invocation{line: line, unit: t.Spec, dir: t.Spec.Dir}
	if v.dir == "" {
		v.dir = t.Root
	}
	n := 1
	if len(line.Words) > n && strings.HasPrefix(line.Words[n], "+") {
		n++
	}
	if len(line.Words) <= n {
		return invocation{}, false
	}
	switch v.verb = line.Words[n]; v.verb {
	case "t":
		v.verb = "test"
	case "c":
		v.verb = "check"
	case "b":
		v.verb = "build"
	case "test", "check", "build", "clippy":
	case "nextest":
		if n++; len(line.Words) <= n || line.Words[n] != "run" && line.Words[n] != "r" {
			return invocation{}, false
		}
	default:
		return invocation{}, false
	}
	v.head = line.Words[:n+1]
	v.words(line.Words[n+1:])
	return v, true
}

func (v *invocation) words(words []string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w == "--" {
			v.tail = words[i:]
			return
		}
		if !strings.HasPrefix(w, "-") {
			v.names = append(v.names, w)
			continue
		}
		name, value, valued := strings.Cut(w, "=")
		flag := []string{w}
		if !valued && slices.Contains(valueFlags(), name) && i+1 < len(words) {
			i++
			value, flag = words[i], append(flag, words[i])
		}
		switch name {
		case "--workspace", "--all":
			v.all = true
		case "-p", "--package":
			v.chosen = append(v.chosen, value)
		case "--exclude":
			v.excluded = append(v.excluded, value)
		case "--manifest-path":
			v.whole = "its command names a manifest of its own"
		default:
			v.flags = append(v.flags, flag...)
		}
	}
}

// of is the command for these packages.
func (v invocation) of(packages []string) config.Unit {
	return v.line.With(v.unit, slices.Concat(v.head, choose(packages), v.flags, v.names, v.tail))
}

func choose(packages []string) (words []string) {
	for _, p := range packages {
		words = append(words, "-p", p)
	}
	return words
}

// only is the command for exactly these tests; without packages, of all that
// the command runs.
func (v invocation) only(packages, tests []string, exact bool) config.Unit {
	choice := choose(packages)
	if len(packages) == 0 {
		if v.all {
			choice = append(choice, "--workspace")
		}
		choice = append(choice, choose(v.chosen)...)
		for _, x := range v.excluded {
			choice = append(choice, "--exclude", x)
		}
	}
	words := slices.Concat(v.head, choice, v.flags)
	if v.verb == "nextest" {
		var set []string
		for _, t := range tests {
			if exact {
				t = "=" + t
			}
			set = append(set, "test("+strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, ",", `\,`).Replace(t)+")")
		}
		if len(set) > 0 {
			words = append(words, "-E", strings.Join(set, " | "))
		}
		return v.line.With(v.unit, append(words, v.tail...))
	}
	tail := slices.Clone(v.tail)
	if len(tests) > 0 {
		if len(tail) == 0 {
			tail = []string{"--"}
		}
		if exact {
			tail = append(tail, "--exact")
		}
		tail = append(tail, tests...)
	}
	return v.line.With(v.unit, append(words, tail...))
}

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"-p", "--package", "--exclude", "--manifest-path", "--bin", "--example", "--test", "--bench", "-F", "--features", "-j", "--jobs", "--profile",
		"--target", "--target-dir", "--message-format", "--color", "--config", "-Z", "-C", "-E", "--filterset", "-P", "--cargo-profile",
		"--test-threads", "--retries", "--partition", "--max-fail", "--run-ignored", "--lockfile-path",
	}
}
