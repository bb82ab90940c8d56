package gotest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// single is a command for only these tests; a name without Name, or that of
// the package itself, is all tests of it, one without Suite is looked for. false: one of them is in no
// package that is known.
func single(t tasks.Task, v invocation, names []tasks.TestName) (tasks.Narrowed, bool) {
	if v.verb != "test" {
		return tasks.Narrowed{}, false
	}
	module, base := findModule(v.dir)
	if module == "" {
		base = v.dir
	}
	var packages []string
	whole := false
	for _, n := range names {
		dirs := suiteDirs(module, base, n.Suite)
		if n.Suite == "" {
			top, _, _ := strings.Cut(n.Name, "/")
			dirs = newSources(t).declaring(top)
		}
		if len(dirs) == 0 {
			return tasks.Narrowed{}, false
		}
		whole = whole || n.Name == "" || n.Name == tasks.WholeFile
		for _, dir := range dirs {
			packages = append(packages, relative(v.dir, dir))
		}
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if whole {
		return tasks.Narrowed{Spec: v.only("", packages), Narrowing: tasks.Narrowing{What: tasks.Counted(len(packages), "package")}}, true
	}
	all := leaves(names)
	return tasks.Narrowed{Spec: v.only(pattern(all), packages), Narrowing: tasks.Narrowing{What: tasks.Counted(len(all), "test")}}, true
}

// suiteDirs are the directories of the package that results call suite.
func suiteDirs(module, base, suite string) (dirs []string) {
	if suite == "" {
		return nil
	}
	if suite == path.Base(module) || module == "" && suite == filepath.Base(base) {
		dirs = append(dirs, base)
	}
	dir := filepath.Join(base, filepath.FromSlash(suite))
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		dirs = append(dirs, dir)
	}
	return dirs
}

// leaves are the tests without those that failed through their subtests.
func leaves(names []tasks.TestName) (all []string) {
	for _, n := range names {
		parent := slices.ContainsFunc(names, func(o tasks.TestName) bool {
			return o.Suite == n.Suite && strings.HasPrefix(o.Name, n.Name+"/")
		})
		if !parent && !slices.Contains(all, n.Name) {
			all = append(all, n.Name)
		}
	}
	slices.Sort(all)
	return all
}

// pattern is -run for exactly these tests: ^(TestA|TestB)$, and
// ^TestA$/^empty$|^TestB$ where there are subtests.
func pattern(names []string) string {
	sub := false
	var plain, exact []string
	for _, n := range names {
		sub = sub || strings.Contains(n, "/")
		plain = append(plain, regexp.QuoteMeta(n))
		var parts []string
		for p := range strings.SplitSeq(n, "/") {
			parts = append(parts, "^"+regexp.QuoteMeta(p)+"$")
		}
		exact = append(exact, strings.Join(parts, "/"))
	}
	if sub {
		return strings.Join(exact, "|")
	}
	return "^(" + strings.Join(plain, "|") + ")$"
}

// relative is a package's directory as the go command wants it: ./cart.
func relative(from, dir string) string {
	rel, err := filepath.Rel(from, dir)
	if err != nil {
		return dir
	}
	rel = filepath.ToSlash(rel)
	if rel == "." || strings.HasPrefix(rel, "../") || rel == ".." {
		return rel
	}
	return "./" + rel
}
