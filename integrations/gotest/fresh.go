package gotest

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// age is how far a graph is from what is on the disk.
type age int

const (
	fresh age = iota
	loose     // it has edges that are gone: what it answers is right, and too much
	stale     // something is missing in it
)

// check looks at every file's time, and reads the beginning of those that
// changed: which files are watched, and which change was heard of, must not
// matter.
func (g *graph) check() age {
	worst := fresh
	for _, mod := range g.gomods {
		if changedSince(mod, g.at) || changedSince(filepath.Join(filepath.Dir(mod), "go.sum"), g.at) {
			return stale
		}
	}
	for dir, p := range g.byDir {
		if !p.own() {
			continue
		}
		if a := g.checkDir(dir, p); a == stale {
			return stale
		} else if a > worst {
			worst = a
		}
	}
	return worst
}

// changedSince leaves a little: a file system's clock is behind by a tick.
func changedSince(file string, at time.Time) bool {
	info, err := os.Stat(file)
	return err == nil && !info.ModTime().Before(at.Add(-20*time.Millisecond))
}

func (g *graph) checkDir(dir string, p *listed) age {
	if changedSince(dir, g.at) && !sameFiles(dir, p) {
		return stale
	}
	if slices.ContainsFunc(p.IgnoredGoFiles, func(name string) bool { return changedSince(filepath.Join(dir, name), g.at) }) {
		return stale
	}
	worst := fresh
	for _, part := range []struct{ files, imports, patterns []string }{
		{slices.Concat(p.GoFiles, p.CgoFiles), p.Imports, p.EmbedPatterns},
		{p.TestGoFiles, p.TestImports, p.TestEmbedPatterns},
		{p.XTestGoFiles, p.XTestImports, p.XTestEmbedPatterns},
	} {
		if !slices.ContainsFunc(part.files, func(name string) bool { return changedSince(filepath.Join(dir, name), g.at) }) {
			continue
		}
		a := g.checkPart(dir, part.files, part.imports, part.patterns)
		if a == stale {
			return stale
		}
		worst = max(worst, a)
	}
	return worst
}

// checkPart reads the beginnings of the files that make up a package, or one of
// its tests, and compares what they import and embed.
func (g *graph) checkPart(dir string, files, imports, patterns []string) age {
	worst := fresh
	now := map[string]bool{}
	for _, name := range files {
		in, embeds, ok := header(filepath.Join(dir, name))
		if !ok {
			worst = loose // as good as it gets; ask again later
		}
		for _, i := range in {
			now[i] = true
			if !g.std[i] && i != "C" && !slices.ContainsFunc(imports, func(k string) bool { return same(k, i) }) {
				return stale
			}
		}
		for _, e := range embeds {
			if !slices.Contains(patterns, e) {
				return stale
			}
		}
	}
	for _, k := range imports {
		if g.nodes[k] != nil && !slices.ContainsFunc(slices.Collect(maps.Keys(now)), func(i string) bool { return same(k, i) }) {
			worst = loose
		}
	}
	return worst
}

// same: go list writes an import with the test that it was built for, and with
// the directory where it is vendored.
func same(listed, written string) bool {
	listed, _, _ = strings.Cut(listed, " ")
	return listed == written || strings.HasSuffix(listed, "/vendor/"+written)
}

// sameFiles says whether a directory still has the Go files that are known.
func sameFiles(dir string, p *listed) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	known := map[string]bool{}
	for _, names := range [][]string{p.GoFiles, p.CgoFiles, p.TestGoFiles, p.XTestGoFiles, p.IgnoredGoFiles, p.InvalidGoFiles} {
		for _, n := range names {
			known[n] = true
		}
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && !known[name] {
			return false
		}
		delete(known, name)
	}
	return len(known) == 0
}

// header reads the imports and the embedding of a Go file.
func header(file string) (imports, embeds []string, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, false
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
	if err != nil {
		return nil, nil, false
	}
	for _, i := range f.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err == nil {
			imports = append(imports, path)
		}
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, "//go:embed")
		if !ok {
			continue
		}
		for w := range strings.FieldsSeq(rest) {
			embeds = append(embeds, strings.Trim(w, "\"`"))
		}
	}
	return imports, embeds, true
}
