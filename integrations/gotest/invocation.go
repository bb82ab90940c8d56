package gotest

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// invocation is a command of the go tool that takes packages, in parts that can
// be changed and put together again.
//
//	gotestsum -f dots -- -race ./... -args -slow
//	└────── head ──────┘ flags packages └ tail ┘
type invocation struct {
	line     command.Line
	unit     config.Unit
	head     []string
	verb     string   // test, vet or build
	flags    []string // without -run and -skip
	selected []string // -run and -skip with their patterns
	packages []string
	implied  bool     // no package is named: that of the directory
	tail     []string // -args and what follows
	build    []string // the flags that decide which files count
	dir      string   // absolute: where the packages are relative to
	// partial is why a run of only some packages would be of no use.
	partial string
}

// dissect takes a task's command apart; false: it is another tool's, or a shell's.
func dissect(t tasks.Task) (invocation, bool) {
	line, ok := command.Read(t.Spec)
	if !ok {
		return invocation{}, false
	}
	v := invocation{line: line, unit: t.Spec, dir: t.Spec.Dir}
	if v.dir == "" {
		v.dir = t.Root
	}
	rest, ok := v.begin(line.Words)
	if !ok || !v.words(rest) {
		return invocation{}, false
	}
	if v.implied = len(v.packages) == 0; v.implied {
		v.packages = []string{"."}
	}
	return v, true
}

// begin finds the words that stay as they are.
func (v *invocation) begin(words []string) (rest []string, ok bool) {
	switch command.Program(words[0]) {
	case "go":
		n := 1
		if len(words) > 2 && (words[1] == "-C" || words[1] == "--C") {
			v.in(words[2])
			n = 3
		}
		if len(words) <= n || !slices.Contains([]string{"test", "vet", "build"}, words[n]) {
			return nil, false
		}
		v.verb, v.head = words[n], words[:n+1]
		return words[n+1:], true
	case "gotestsum":
		v.verb = "test"
		i := slices.Index(words, "--")
		if i < 0 {
			if slices.ContainsFunc(words[1:], func(w string) bool { return !strings.HasPrefix(w, "-") || !strings.Contains(w, "=") }) {
				return nil, false // which words are values is not known
			}
			v.head = append(slices.Clone(words), "--")
			v.packages = []string{"./..."}
			return nil, !v.chooses()
		}
		v.head = words[:i+1]
		return words[i+1:], !v.chooses()
	}
	return nil, false
}

// chooses says whether gotestsum itself decides which packages run.
func (v *invocation) chooses() bool {
	return slices.ContainsFunc(v.head, func(w string) bool {
		w = strings.TrimLeft(w, "-")
		return strings.HasPrefix(w, "packages") || strings.HasPrefix(w, "rerun-fails") || w == "watch"
	})
}

func (v *invocation) in(dir string) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(v.dir, dir)
	}
	v.dir = dir
}

// words sorts what follows the verb.
func (v *invocation) words(words []string) bool {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w, "-") {
			if strings.HasSuffix(w, ".go") {
				return false // files, not packages
			}
			v.packages = append(v.packages, w)
			continue
		}
		name, value, valued := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if name == "args" {
			v.tail = words[i:]
			return true
		}
		flag := []string{w}
		if !valued && slices.Contains(valueFlags(), name) && i+1 < len(words) {
			i++
			value, flag = words[i], append(flag, words[i])
		}
		v.flag(name, value, flag)
	}
	return true
}

func (v *invocation) flag(name, value string, words []string) {
	switch name {
	case "run", "skip":
		v.selected = append(v.selected, words...)
		return
	case "C":
		v.in(value)
	case "tags", "mod", "modfile", "overlay", "race", "msan", "asan", "compiler":
		v.build = append(v.build, words...)
	case "coverprofile":
		v.partial = "its coverage profile is of all packages"
	case "bench":
		v.partial = "benchmarks are asked for"
	}
	v.flags = append(v.flags, words...)
}

// of is the command for these packages.
func (v invocation) of(packages ...string) config.Unit {
	return v.line.With(v.unit, slices.Concat(v.head, v.flags, v.selected, packages, v.tail))
}

// only is the command for these tests of these packages.
func (v invocation) only(pattern string, packages []string) config.Unit {
	if pattern != "" {
		return v.line.With(v.unit, slices.Concat(v.head, v.flags, []string{"-run", pattern}, packages, v.tail))
	}
	return v.line.With(v.unit, slices.Concat(v.head, v.flags, packages, v.tail))
}

// nothing is the unit with no command left.
func (v invocation) nothing() config.Unit { return command.Without(v.unit) }

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"C", "asmflags", "bench", "benchtime", "blockprofile", "blockprofilerate", "buildmode", "compiler", "count", "covermode",
		"coverpkg", "coverprofile", "cpu", "cpuprofile", "exec", "fuzz", "fuzzminimizetime", "fuzztime", "gccgoflags", "gcflags",
		"installsuffix", "ldflags", "list", "memprofile", "memprofilerate", "mod", "modfile", "mutexprofile",
		"mutexprofilefraction", "o", "outputdir", "overlay", "p", "parallel", "pgo", "pkgdir", "run", "shuffle", "skip", "tags",
		"timeout", "toolexec", "trace", "vet", "vettool",
	}
}
