package gotest

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// only makes `go test` run the named tests of their packages and no others. It
// changes only a plain command: one that begins with go test and needs no shell.
func only(t tasks.Task, names []tasks.TestName) (config.Unit, bool) {
	u := t.Spec
	words := u.Command
	if u.Run != "" {
		if strings.ContainsAny(u.Run, "|&;<>()$`\"'\\*?[]{}~#\n") {
			return u, false
		}
		words = strings.Fields(u.Run)
	}
	flags, ok := testFlags(words)
	if !ok {
		return u, false
	}
	dir := u.Dir
	if dir == "" {
		dir = t.Root
	}
	module, base := findModule(dir)
	if module == "" || filepath.Clean(base) != filepath.Clean(dir) {
		return u, false // suites are named as the module sees them
	}
	var tests, packages []string
	for _, n := range names {
		if n.Suite == "" {
			return u, false
		}
		pkg := "./" + n.Suite
		if n.Suite == path.Base(module) {
			pkg = "."
		}
		top, _, _ := strings.Cut(n.Name, "/")
		tests, packages = append(tests, regexp.QuoteMeta(top)), append(packages, pkg)
	}
	slices.Sort(tests)
	slices.Sort(packages)
	pattern := "^(" + strings.Join(slices.Compact(tests), "|") + ")$"
	u.Run = ""
	u.Command = slices.Concat([]string{"go", "test"}, flags, []string{"-run", pattern}, slices.Compact(packages))
	return u, true
}

// testFlags are the flags of a go test command, without -run and its packages;
// false: it is another command, or has arguments for the test binary.
func testFlags(words []string) ([]string, bool) {
	if len(words) < 2 || words[0] != "go" || words[1] != "test" {
		return nil, false
	}
	var flags []string
	for i := 2; i < len(words); i++ {
		w := words[i]
		name, _, valued := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case !strings.HasPrefix(w, "-"): // a package
		case name == "args":
			return nil, false
		case name == "run" || name == "skip":
			if !valued {
				i++
			}
		case !valued && slices.Contains(valueFlags(), name) && i+1 < len(words):
			flags = append(flags, w, words[i+1])
			i++
		default:
			flags = append(flags, w)
		}
	}
	return flags, true
}

// valueFlags are the flags whose value is the next word.
func valueFlags() []string {
	return []string{
		"bench", "benchtime", "blockprofile", "count", "coverpkg", "coverprofile", "cpu", "cpuprofile", "exec", "fuzz",
		"fuzztime", "gcflags", "ldflags", "list", "memprofile", "mod", "o", "outputdir", "p", "parallel", "shuffle", "tags",
		"timeout", "trace", "vet",
	}
}
