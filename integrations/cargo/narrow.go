package cargo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrower puts the packages that a change can affect in the place of the whole
// cargo workspace.
type narrower struct {
	around integrations.Surroundings
	// metadata asks cargo, which reads manifests and fetches nothing.
	metadata func(ctx context.Context, v invocation, env []string) ([]byte, error)

	mu    sync.Mutex
	known map[string]*members // by directory and toolchain
}

func narrow(s integrations.Surroundings) tasks.Narrower {
	return &narrower{around: s, metadata: askCargo, known: map[string]*members{}}
}

func askCargo(ctx context.Context, v invocation, env []string) ([]byte, error) {
	words := []string{v.head[0]}
	if len(v.head) > 1 && strings.HasPrefix(v.head[1], "+") {
		words = append(words, v.head[1])
	}
	words = append(words, "metadata", "--no-deps", "--offline", "--format-version", "1")
	out, err := command.Ask(ctx, v.dir, env, words...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		text := strings.TrimPrefix(strings.TrimSpace(string(exit.Stderr)), "error: ")
		first, _, _ := strings.Cut(text, "\n")
		return nil, errors.New(first)
	}
	return out, err
}

// members are the packages of a cargo workspace.
type members struct {
	at       time.Time // before they were read
	root     string
	packages []*pkg // as cargo tells them
	defaults map[string]bool
}

// pkg is a package of the workspace.
type pkg struct {
	id, name, dir string
	targets       []string // names of its library, programs and tests
	uses          []string // directories of packages that it depends on
}

func decode(text []byte) (*members, error) {
	var doc struct {
		Packages []struct {
			ID, Name     string
			ManifestPath string `json:"manifest_path"`
			Targets      []struct{ Name string }
			Dependencies []struct{ Path string }
		}
		Root     string   `json:"workspace_root"`
		Defaults []string `json:"workspace_default_members"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("read cargo metadata: %w", err)
	}
	m := &members{root: doc.Root, defaults: map[string]bool{}}
	for _, d := range doc.Defaults {
		m.defaults[d] = true
	}
	for _, p := range doc.Packages {
		one := &pkg{id: p.ID, name: p.Name, dir: filepath.Dir(p.ManifestPath)}
		for _, t := range p.Targets {
			one.targets = append(one.targets, strings.ReplaceAll(t.Name, "-", "_"))
		}
		for _, d := range p.Dependencies {
			if d.Path != "" {
				one.uses = append(one.uses, filepath.Clean(d.Path))
			}
		}
		m.packages = append(m.packages, one)
	}
	if len(m.packages) == 0 {
		return nil, errors.New("there is no package")
	}
	return m, nil
}

// stale says whether a manifest changed since.
func (m *members) stale() bool {
	for _, dir := range append([]string{m.root}, m.dirs()...) {
		info, err := os.Stat(filepath.Join(dir, "Cargo.toml"))
		if err != nil || !info.ModTime().Before(m.at.Add(-20*time.Millisecond)) {
			return true
		}
	}
	return false
}

func (m *members) dirs() (dirs []string) {
	for _, p := range m.packages {
		dirs = append(dirs, p.dir)
	}
	return dirs
}

// Prepare reads the workspace's members.
func (n *narrower) Prepare(q tasks.Request) {
	v, ok := dissect(q.Task)
	if !ok || v.whole != "" {
		return
	}
	n.around.Aside(func(ctx context.Context) {
		_, _ = n.members(ctx, v) // Narrow asks again, and says what is wrong
	})
}

func (n *narrower) members(ctx context.Context, v invocation) (*members, error) {
	key := v.dir + "\x00" + strings.Join(v.head, "\x00")
	n.mu.Lock()
	m := n.known[key]
	n.mu.Unlock()
	if m != nil && !m.stale() {
		return m, nil
	}
	env, err := n.around.Env(v.line.With(v.unit, v.head))
	if err != nil {
		return nil, err
	}
	at := time.Now()
	text, err := n.metadata(ctx, v, env)
	if err != nil {
		return nil, err
	}
	if m, err = decode(text); err != nil {
		return nil, err
	}
	m.at = at
	n.mu.Lock()
	n.known[key] = m
	n.mu.Unlock()
	return m, nil
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// Narrow answers for cargo test, nextest, check, clippy and build.
func (n *narrower) Narrow(ctx context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, ok := dissect(q.Task)
	if !ok {
		return tasks.Narrowed{}, false
	}
	tests := v.verb == "test" || v.verb == "nextest"
	if v.whole != "" || len(q.Only) > 0 && !tests {
		return whole(v.whole)
	}
	m, err := n.members(ctx, v)
	if err != nil {
		return whole("its packages are not known: " + err.Error())
	}
	if len(q.Only) > 0 {
		return v.single(m, q.Only)
	}
	changed := map[string]bool{}
	for _, f := range slices.Concat(q.Cause.Files, q.Broken) {
		p := filepath.Join(q.Task.Root, filepath.FromSlash(f))
		base := filepath.Base(p)
		owner := m.owner(p)
		switch {
		case base == "Cargo.lock", base == "Cargo.toml" && filepath.Dir(p) == m.root, base == "rust-toolchain.toml", base == "rust-toolchain",
			filepath.Base(filepath.Dir(p)) == ".cargo", base == "clippy.toml", base == ".clippy.toml":
			return whole(base + " changed")
		case owner == nil && q.Scope == tasks.ScopeNear:
		case owner == nil:
			return whole(f + " is of no package, and any may read it")
		default:
			changed[owner.dir] = true
		}
	}
	reached := m.reached(changed)
	for _, t := range q.Failed {
		owners := m.having(t.Suite)
		if len(owners) == 0 {
			return whole("the package of " + t.Name + ", which failed, is not known")
		}
		for _, p := range owners {
			reached[p.dir] = true
		}
	}
	return v.answer(m.requested(v), reached)
}

// owner is the package that a file is in.
func (m *members) owner(file string) (owner *pkg) {
	for _, p := range m.packages {
		if strings.HasPrefix(file, p.dir+string(filepath.Separator)) && (owner == nil || len(p.dir) > len(owner.dir)) {
			owner = p
		}
	}
	return owner
}

// having are the packages with a target of that name: results are named after
// the binary, "shop", "whole", "shop::whole" or "shop (doc)".
func (m *members) having(suite string) (all []*pkg) {
	suite = strings.TrimSuffix(suite, " (doc)")
	suite, _, _ = strings.Cut(suite, "::")
	for _, p := range m.packages {
		if p.name == suite || slices.Contains(p.targets, strings.ReplaceAll(suite, "-", "_")) {
			all = append(all, p)
		}
	}
	return all
}

// reached are the directories of the packages that depend on these, and theirs.
func (m *members) reached(from map[string]bool) map[string]bool {
	for grew := true; grew; {
		grew = false
		for _, p := range m.packages {
			if !from[p.dir] && slices.ContainsFunc(p.uses, func(dir string) bool { return from[dir] }) {
				from[p.dir], grew = true, true
			}
		}
	}
	return from
}

// requested are the packages that a command is about.
func (m *members) requested(v invocation) (all []*pkg) {
	here := m.owner(filepath.Join(v.dir, "x"))
	for _, p := range m.packages {
		in := v.all && !slices.Contains(v.excluded, p.name)
		switch {
		case v.all:
		case len(v.chosen) > 0:
			in = slices.Contains(v.chosen, p.name)
		case v.dir == m.root || here == nil:
			in = len(m.defaults) == 0 || m.defaults[p.id]
		default:
			in = p == here
		}
		if in {
			all = append(all, p)
		}
	}
	return all
}

func (v invocation) answer(requested []*pkg, reached map[string]bool) (tasks.Narrowed, bool) {
	n := tasks.Narrowed{Spec: command.Without(v.unit)}
	if v.verb == "nextest" {
		n.Empty = 4
	}
	var packages []string
	for _, p := range requested {
		if reached[p.dir] {
			packages = append(packages, p.name)
		} else {
			n.Narrowing.Skipped = append(n.Narrowing.Skipped, p.name)
		}
	}
	switch {
	case len(requested) == 0:
		return whole("its packages are not known")
	case len(packages) == len(requested) && len(packages) == 1:
		return whole("it is of one package")
	case len(packages) == len(requested):
		return whole(fmt.Sprintf("the change is part of all %d packages", len(packages)))
	case len(packages) > 0:
		n.Spec = v.of(packages)
	}
	n.Narrowing.What = fmt.Sprintf("%d of %d packages", len(packages), len(requested))
	return n, true
}

// single is the command for these tests; one without a suite is looked for by a
// part of its name.
func (v invocation) single(m *members, names []tasks.TestName) (tasks.Narrowed, bool) {
	var packages, tests []string
	exact, whole := true, false
	for _, t := range names {
		if t.Suite == "" {
			exact = false
		}
		owners := m.having(t.Suite)
		if t.Suite != "" && len(owners) == 0 {
			return tasks.Narrowed{}, false
		}
		for _, p := range owners {
			if !slices.Contains(packages, p.name) {
				packages = append(packages, p.name)
			}
		}
		whole = whole || t.Name == tasks.WholeFile
		if t.Name != "" && !slices.Contains(tests, t.Name) {
			tests = append(tests, t.Name)
		}
	}
	if whole {
		tests = nil
	}
	if !exact {
		packages = nil
	}
	n := tasks.Narrowed{Spec: v.only(packages, tests, exact), Narrowing: tasks.Narrowing{What: fmt.Sprintf("%d tests", len(tests))}}
	switch {
	case len(tests) == 1:
		n.Narrowing.What = "1 test"
	case len(tests) == 0:
		n.Narrowing.What = strings.Join(packages, ", ")
	}
	if v.verb == "nextest" {
		n.Empty = 4
	}
	return n, true
}
