package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Ignore tells what git ignores below a directory: every .gitignore from the
// top of the repository downwards, .git/info/exclude and the user's global
// excludes file. Outside of a repository the .gitignore files below the
// directory and the global file count. It may be used by several goroutines.
//
// That a file is tracked although a pattern matches it is not taken into
// account; the index is not read.
type Ignore struct {
	root string
	repo repository
	// prefix leads from the repository's top to root, with a slash at the
	// end; "" when they are the same.
	prefix string
	// outer is what applies to all of root, weakest first: the global file,
	// info/exclude, then the .gitignore files above root, top first.
	outer []ruleset

	mu   sync.RWMutex
	dirs map[string][]pattern // the .gitignore of each directory below root; nil: there is none
}

// ruleset is the patterns of one file and the directory that they are relative
// to, as a prefix of paths from the repository's top.
type ruleset struct {
	base     string
	patterns []pattern
}

// NewIgnore reads what applies to root. Files that cannot be read count as
// empty, as they do for git.
func NewIgnore(root string) *Ignore {
	g := &Ignore{root: root, repo: findRepository(root), dirs: map[string][]pattern{}}
	if g.repo.top != "" && g.repo.top != root {
		if rel, err := filepath.Rel(g.repo.top, root); err == nil {
			g.prefix = filepath.ToSlash(rel) + "/"
		}
	}
	g.loadOuter()
	return g
}

func (g *Ignore) loadOuter() {
	g.outer = []ruleset{{patterns: g.read(g.repo.exclude)}}
	if g.repo.common != "" {
		g.outer = append(g.outer, ruleset{patterns: g.read(filepath.Join(g.repo.common, "info", "exclude"))})
	}
	if g.prefix == "" {
		return
	}
	global := g.outer
	g.outer = append(g.outer, ruleset{patterns: g.read(filepath.Join(g.repo.top, ".gitignore"))})
	for end := range len(g.prefix) {
		if g.prefix[end] != '/' {
			continue
		}
		if g.decide(g.prefix[:end], true, nil) {
			// A workspace inside an ignored directory was opened on
			// purpose; what lies above has no say in it.
			g.outer, g.prefix = global, ""
			return
		}
		if base := g.prefix[:end+1]; base != g.prefix { // root's own file is not an outer one
			g.outer = append(g.outer, ruleset{base, g.read(filepath.Join(g.repo.top, filepath.FromSlash(base), ".gitignore"))})
		}
	}
}

func (g *Ignore) read(path string) []pattern {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return parsePatterns(text, g.repo.fold)
}

func parsePatterns(text []byte, fold bool) []pattern {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var ps []pattern
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if p, ok := parsePattern(string(line), fold); ok {
			ps = append(ps, p)
		}
	}
	return ps
}

// Match tells whether git ignores rel, a slash-separated path below the root:
// because a pattern matches it, or because one matches a directory it is in.
func (g *Ignore) Match(rel string, isDir bool) bool {
	for i := 0; i < len(rel); i++ {
		if rel[i] == '/' && g.matchEntry(rel[:i], true) {
			return true
		}
	}
	return rel != "" && rel != "." && g.matchEntry(rel, isDir)
}

// matchEntry is Match for a path whose directory is known not to be ignored.
func (g *Ignore) matchEntry(rel string, isDir bool) bool {
	var inner [16][]pattern // by depth below root; deeper ones are appended
	rules := inner[:0]
	rules = append(rules, g.dirRules(""))
	for i := 0; i < len(rel); i++ {
		if rel[i] == '/' {
			rules = append(rules, g.dirRules(rel[:i]))
		}
	}
	return g.decide(g.prefix+rel, isDir, rules)
}

// decide finds the last pattern that matches path, which is relative to the
// repository's top: the deepest .gitignore first, then outwards. inner[n]
// belongs to the directory n levels below root.
func (g *Ignore) decide(path string, isDir bool, inner [][]pattern) bool {
	for depth, patterns := range slices.Backward(inner) {
		if len(patterns) == 0 {
			continue
		}
		below := path[len(g.prefix):]
		for range depth {
			below = below[strings.IndexByte(below, '/')+1:]
		}
		if ignored, ok := lastMatch(patterns, below, isDir); ok {
			return ignored
		}
	}
	for _, outer := range slices.Backward(g.outer) {
		if ignored, ok := lastMatch(outer.patterns, path[len(outer.base):], isDir); ok {
			return ignored
		}
	}
	return false
}

func lastMatch(ps []pattern, path string, isDir bool) (ignored, ok bool) {
	for i := len(ps) - 1; i >= 0; i-- {
		if ps[i].match(path, isDir) {
			return !ps[i].negate, true
		}
	}
	return false, false
}

// dirRules returns the patterns of dir/.gitignore, read on first use.
func (g *Ignore) dirRules(dir string) []pattern {
	g.mu.RLock()
	ps, known := g.dirs[dir]
	g.mu.RUnlock()
	if known {
		return ps
	}
	return g.load(dir)
}

// load reads dir/.gitignore now.
func (g *Ignore) load(dir string) []pattern {
	ps := g.read(filepath.Join(g.root, filepath.FromSlash(dir), ".gitignore"))
	g.set(dir, ps)
	return ps
}

// set saves the read of a file that a listing has shown not to be there.
func (g *Ignore) set(dir string, ps []pattern) {
	g.mu.Lock()
	g.dirs[dir] = ps
	g.mu.Unlock()
}

// forget drops what is remembered of a directory that is gone.
func (g *Ignore) forget(dir string) {
	g.mu.Lock()
	delete(g.dirs, dir)
	g.mu.Unlock()
}
