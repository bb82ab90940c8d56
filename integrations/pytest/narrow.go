package pytest

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// nothingToRun is pytest's exit code when it has found no test.
const nothingToRun = 5

// narrower finds the test files that reach a change: by testmon, which has
// watched them run, where it is installed, else by their imports.
type narrower struct {
	around  integrations.Surroundings
	sources sources

	mu      sync.Mutex
	plugins map[string]*plugins // by the words that name pytest, and where
}

// plugins is whether testmon is among those of a pytest.
type plugins struct {
	ready   chan struct{} // closed when it is known
	testmon bool
}

func narrow(s integrations.Surroundings) tasks.Narrower {
	return &narrower{around: s, sources: sources{read: map[string]*source{}}, plugins: map[string]*plugins{}}
}

// Prepare asks pytest for its plugins, once.
func (n *narrower) Prepare(q tasks.Request) {
	if v, ok := dissect(q.Task); ok && v.whole == "" {
		n.ask(v)
	}
}

func (n *narrower) ask(v invocation) *plugins {
	key := strings.Join(append([]string{v.dir}, v.head...), "\x00")
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.plugins[key]; p != nil {
		return p
	}
	p := &plugins{ready: make(chan struct{})}
	n.plugins[key] = p
	n.around.Aside(func(ctx context.Context) {
		defer close(p.ready)
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		env, err := n.around.Env(v.line.With(v.unit, v.head))
		if err != nil {
			return // without it, imports tell
		}
		out, err := command.Ask(ctx, v.dir, env, append(slices.Clone(v.head), "--version", "--version")...).CombinedOutput()
		p.testmon = err == nil && strings.Contains(string(out), "pytest-testmon")
	})
	return p
}

// Narrow answers for pytest, however it is called.
func (n *narrower) Narrow(ctx context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, ok := dissect(q.Task)
	if !ok {
		return tasks.Narrowed{}, false
	}
	if len(q.Only) > 0 {
		return v.only(q.Only)
	}
	set := readSettings(v.dir, v.root)
	for _, w := range set.addopts {
		name, _, _ := strings.Cut(w, "=")
		if why := chooses(name); why != "" && v.whole == "" {
			v.whole = why
		}
	}
	if v.whole != "" {
		return whole(v.whole)
	}
	if why := unseen(q); why != "" {
		return whole(why)
	}
	if slices.Contains(slices.Concat(v.flags, set.addopts), "--testmon") {
		return tasks.Narrowed{Spec: q.Task.Spec, Empty: nothingToRun, Narrowing: tasks.Narrowing{What: v.seen()}}, true
	}
	p := n.ask(v)
	select {
	case <-p.ready:
	case <-ctx.Done():
		return tasks.Narrowed{}, false
	}
	if p.testmon && q.Scope != tasks.ScopeNear {
		spec := v.with(slices.Concat([]string{"--testmon"}, v.flags, v.named, v.paths)...)
		return tasks.Narrowed{Spec: spec, Empty: nothingToRun, Narrowing: tasks.Narrowing{What: v.seen()}}, true
	}
	return n.byImports(ctx, v, set, q)
}

// seen is what testmon runs: all of it until it has written down what reaches what.
func (v invocation) seen() string {
	data := v.unit.Env["TESTMON_DATAFILE"]
	if data == "" {
		data = ".testmondata"
	}
	if !filepath.IsAbs(data) {
		data = filepath.Join(v.dir, data)
	}
	if _, err := os.Stat(data); err != nil {
		return "all that testmon has not seen yet"
	}
	return "what testmon has seen reach the change"
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// unseen says why a change is none that imports, or testmon, could tell of.
func unseen(q tasks.Request) string {
	for _, f := range slices.Concat(q.Cause.Files, q.Broken) {
		switch base := path.Base(f); {
		case decides(base):
			return base + " changed"
		case !strings.HasSuffix(base, ".py") && q.Scope != tasks.ScopeNear:
			return base + " is not a module, and any test may read it"
		}
	}
	return ""
}

// byImports chooses the test files that import what changed.
func (n *narrower) byImports(ctx context.Context, v invocation, set settings, q tasks.Request) (tasks.Narrowed, bool) {
	top := v.root
	if rel, err := filepath.Rel(v.root, v.dir); err != nil || !filepath.IsLocal(rel) {
		top = v.dir
	}
	inside := func(p string) string {
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return p
		}
		return filepath.ToSlash(rel)
	}
	var files, gone []string
	for _, f := range slices.Concat(q.Cause.Files, q.Broken) {
		if !strings.HasSuffix(f, ".py") {
			continue
		}
		rel := inside(filepath.Join(q.Task.Root, filepath.FromSlash(f)))
		files = append(files, rel)
		if _, err := os.Stat(filepath.Join(top, filepath.FromSlash(rel))); err != nil {
			gone = append(gone, rel)
		}
	}
	roots := []string{inside(v.dir)}
	for _, p := range set.pythonpath {
		roots = append(roots, inside(filepath.Join(set.dir, filepath.FromSlash(p))))
	}
	m, err := n.sources.scan(ctx, top, roots, gone)
	if err != nil {
		return whole("who imports whom is not known: " + err.Error())
	}
	tests := v.tests(m, set, inside)
	chosen := map[string]bool{}
	for _, f := range files {
		found := false
		reached := m.reached([]string{f})
		for _, t := range tests {
			if reached[t] {
				chosen[t], found = true, true
			}
		}
		if !found && q.Scope != tasks.ScopeNear && !isTest(set, f) {
			return whole("no test imports " + f + ", so who uses it is not known")
		}
	}
	for _, t := range q.Failed {
		p, ok := v.suite(t.Suite)
		if !ok {
			return whole("the file of " + t.Name + ", which failed, is not known")
		}
		chosen[inside(p)] = true
	}
	return v.answer(tests, chosen, top)
}

// answer is the command for the chosen ones of all test files.
func (v invocation) answer(tests []string, chosen map[string]bool, top string) (tasks.Narrowed, bool) {
	const mostFiles, mostSkipped = 1000, 200
	n := tasks.Narrowed{Spec: command.Without(v.unit), Empty: nothingToRun}
	var words []string
	for _, t := range tests {
		p := v.from(filepath.Join(top, filepath.FromSlash(t)))
		if chosen[t] {
			words = append(words, p)
		} else if len(n.Narrowing.Skipped) < mostSkipped {
			n.Narrowing.Skipped = append(n.Narrowing.Skipped, p)
		}
	}
	switch {
	case len(words) == len(tests):
		return whole(fmt.Sprintf("the change reaches all %d test files", len(tests)))
	case len(words) > mostFiles:
		return whole(fmt.Sprintf("the change reaches %d test files", len(words)))
	}
	n.Narrowing.What = fmt.Sprintf("%d of %d test files", len(words), len(tests))
	if len(words) > 0 {
		n.Spec = v.with(slices.Concat(v.flags, v.named, words)...)
	}
	return n, true
}

// tests are the files that the command runs.
func (v invocation) tests(m *modules, set settings, inside func(string) string) []string {
	var below []string
	for _, p := range v.paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(v.dir, p)
		}
		below = append(below, inside(p))
	}
	if len(below) == 0 && set.dir == v.dir { // testpaths count from there only
		for _, p := range set.paths {
			below = append(below, inside(filepath.Join(set.dir, p)))
		}
	}
	if len(below) == 0 {
		below = []string{inside(v.dir)}
	}
	var all []string
	for f := range m.files {
		in := slices.ContainsFunc(below, func(b string) bool { return b == "." || f == b || strings.HasPrefix(f, b+"/") })
		if in && !m.files[f].gone && (isTest(set, f) || slices.Contains(below, f)) {
			all = append(all, f)
		}
	}
	slices.Sort(all)
	return all
}

// isTest says whether pytest collects a file.
func isTest(set settings, f string) bool {
	return slices.ContainsFunc(set.files, func(pattern string) bool {
		ok, _ := path.Match(pattern, path.Base(f))
		return ok
	})
}

var plainName = lazy.Regexp(`^\w+$`)

// only is the command for these tests; one without a file is looked for.
func (v invocation) only(names []tasks.TestName) (tasks.Narrowed, bool) {
	var ids, words []string
	for _, t := range names {
		if t.Suite == "" {
			if !plainName().MatchString(t.Name) {
				return tasks.Narrowed{}, false
			}
			words = append(words, t.Name)
			continue
		}
		p, ok := v.suite(t.Suite)
		if !ok {
			return tasks.Narrowed{}, false
		}
		id := v.from(p)
		if t.Name != "" && t.Name != "(collection)" && t.Name != tasks.WholeFile {
			name, _, _ := cutSubtest(t.Name) // pytest runs them all
			id += "::" + name
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	what := "1 test"
	if len(names) > 1 {
		what = fmt.Sprintf("%d tests", len(names))
	}
	args := slices.Clone(v.flags)
	switch {
	case len(words) > 0 && len(ids) > 0:
		return tasks.Narrowed{}, false
	case len(words) > 0:
		args = slices.Concat(args, []string{"-k", strings.Join(words, " or ")}, v.paths)
	default:
		args = append(args, ids...)
	}
	return tasks.Narrowed{Spec: v.with(args...), Empty: nothingToRun, Narrowing: tasks.Narrowing{What: what}}, true
}

// decides says whether a file decides how everything runs.
func decides(base string) bool {
	switch base {
	case "pyproject.toml", "pytest.ini", ".pytest.ini", "setup.cfg", "setup.py", "tox.ini", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile", "Pipfile.lock", ".env":
		return true
	}
	return strings.HasPrefix(base, "requirements")
}
