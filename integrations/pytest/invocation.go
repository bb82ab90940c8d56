package pytest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// invocation is a command of pytest, in parts.
//
//	uv run pytest -q -k cart tests
//	└─── head ──┘ flags      paths
type invocation struct {
	line  command.Line
	unit  config.Unit
	dir   string // absolute
	root  string // of the workspace
	head  []string
	flags []string // without -k, -m and what chooses single tests
	named []string // -k and -m with their values
	paths []string
	whole string // why it can't do less
}

// dissect takes a task's command apart; false: it is not pytest's, or a shell's.
func dissect(t tasks.Task) (invocation, bool) {
	line, ok := command.Read(t.Spec)
	if !ok {
		return invocation{}, false
	}
	v := invocation{line: line, unit: t.Spec, dir: t.Spec.Dir, root: t.Root}
	if v.dir == "" {
		v.dir = t.Root
	}
	n := program(line.Words)
	if n == 0 {
		return invocation{}, false
	}
	v.head = line.Words[:n]
	v.words(line.Words[n:])
	return v, true
}

// program is how many words name pytest; 0: they name something else.
func program(words []string) int {
	i := 0
	switch command.Program(words[0]) {
	case "uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi":
		if len(words) < 3 || words[1] != "run" {
			return 0
		}
		for i = 2; i < len(words) && slices.Contains([]string{"--", "--frozen", "--locked", "--no-sync", "-q"}, words[i]); {
			i++
		}
	}
	if i >= len(words) {
		return 0
	}
	name := command.Program(words[i])
	switch {
	case name == "pytest", name == "py.test":
		return i + 1
	case strings.HasPrefix(name, "python") && len(words) > i+2 && words[i+1] == "-m" && words[i+2] == "pytest":
		return i + 3
	}
	return 0
}

func (v *invocation) words(words []string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		name, _, valued := strings.Cut(w, "=")
		if !strings.HasPrefix(w, "-") {
			v.path(w)
			continue
		}
		flag := []string{w}
		if !valued && slices.Contains(valueFlags(), name) && i+1 < len(words) {
			i++
			flag = append(flag, words[i])
		}
		if name == "-k" || name == "-m" {
			v.named = append(v.named, flag...)
			continue
		}
		if why := chooses(name); why != "" {
			v.whole = why
		}
		v.flags = append(v.flags, flag...)
	}
}

// path is a word that is no flag: a directory or a file with tests.
func (v *invocation) path(w string) {
	p := w
	if !filepath.IsAbs(p) {
		p = filepath.Join(v.dir, p)
	}
	switch _, err := os.Stat(p); {
	case strings.Contains(w, "::"):
		v.whole = "its command names single tests"
	case err != nil:
		v.whole = "what " + w + " is in its command is not known"
	}
	v.paths = append(v.paths, w)
}

// chooses says why a flag stands in the way of running less.
func chooses(name string) string {
	switch name {
	case "--cov":
		return "its coverage is of all tests"
	case "--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--sw", "--stepwise", "--stepwise-skip", "--pyargs", "--collect-only", "--co",
		"--doctest-modules", "--doctest-glob", "--picked", "--fixtures", "--markers":
		return "pytest " + name + " chooses its tests itself"
	}
	return ""
}

// with is the unit that runs these words.
func (v invocation) with(words ...string) config.Unit {
	return v.line.With(v.unit, append(slices.Clone(v.head), words...))
}

// from is a file as seen from where pytest runs.
func (v invocation) from(p string) string {
	rel, err := filepath.Rel(v.dir, p)
	if err != nil {
		return p
	}
	if strings.HasPrefix(rel, "-") {
		rel = "./" + rel
	}
	return filepath.ToSlash(rel)
}

// suite is the file that results are named after: pytest names it from where it
// runs, or from its own root.
func (v invocation) suite(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	for dir := v.dir; ; dir = filepath.Dir(dir) {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p, true
		}
		if dir == v.root || dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"-k", "-m", "-c", "--config-file", "-n", "--numprocesses", "-p", "-o", "--override-ini", "-W", "--pythonwarnings", "--maxfail", "--tb", "--show-capture",
		"--junitxml", "--junit-xml", "--junit-prefix", "--durations", "--durations-min", "--rootdir", "--timeout", "--dist", "--ignore", "--ignore-glob",
		"--deselect", "--confcutdir", "--basetemp", "--log-level", "--log-cli-level", "--log-file", "--color", "--import-mode", "--capture", "--verbosity",
		"--reruns", "--report-log", "--cov-report", "--cov-config", "--ds", "-r", "-e",
	}
}
