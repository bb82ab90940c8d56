package tests

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// finder finds the files that output names: it looks whether they are there,
// and remembers what it found.
type finder struct {
	root  string
	bases []string // directories that a relative name may count from
	found map[string]string
}

// newFinder looks from the root, from the task's directory, and from that of
// the test.
func newFinder(root, dir string, n *node) *finder {
	f := &finder{root: root, found: map[string]string{}}
	add := func(dir string) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, filepath.FromSlash(dir))
		}
		f.bases = append(f.bases, dir)
	}
	if n.has {
		if at := n.where(); at.File != "" {
			add(path.Dir(at.File))
		}
		add(n.result.Suite)
		add(path.Dir(n.result.Suite))
	}
	add(dir)
	add("")
	return f
}

// file is the path of a name in the workspace, with slashes, or absolute;
// empty: there is no such file.
func (f *finder) file(name string) string {
	if at, ok := f.found[name]; ok {
		return at
	}
	at := f.look(name)
	f.found[name] = at
	return at
}

func (f *finder) look(name string) string {
	if filepath.IsAbs(name) {
		return f.known(name)
	}
	for _, base := range f.bases {
		if at := f.known(filepath.Join(base, filepath.FromSlash(name))); at != "" {
			return at
		}
	}
	return ""
}

func (f *finder) known(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	if rel, err := filepath.Rel(f.root, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

// foreign are the directories of other people's code inside a workspace.
var foreign = lazy.Regexp(`(^|/)(node_modules|site-packages|dist-packages|vendor|\.venv|venv|\.tox|\.cargo|pkg/mod)/`)

// ours says whether a file is the workspace's own code.
func ours(file string) bool { return !filepath.IsAbs(file) && !foreign().MatchString(file) }

// examine finds the places, the frames of stacks and what an assertion compared.
func examine(lines []line, f *finder) []line {
	texts := make([]string, len(lines))
	for i := range lines {
		texts[i] = lines[i].text
	}
	marks := markDiff(texts)
	for i := range lines {
		l := &lines[i]
		l.mark = marks[i]
		named := parse.Locations(l.text)
		for _, loc := range named {
			if loc.URL != "" {
				continue
			}
			if at := f.file(strings.TrimPrefix(loc.File, "file://")); at != "" {
				l.spots = append(l.spots, spot{loc.Start, loc.End, tasks.Location{File: at, Line: loc.Line, Column: loc.Col}})
			}
		}
		l.frame = l.behind || isFrame(l.text, len(named) > 0)
		if !l.frame {
			continue
		}
		for _, s := range l.spots {
			l.ours = l.ours || ours(s.at.File)
		}
		// Go and Rust name the function in the line before, Python the code in the
		// line after.
		switch {
		case i > 0 && rustFunction().MatchString(lines[i-1].text):
			lines[i-1].behind, lines[i-1].frame, lines[i-1].ours = true, true, l.ours
		case strings.HasPrefix(l.text, "\t") && i > 0 && !lines[i-1].frame && function(lines[i-1].text):
			lines[i-1].behind, lines[i-1].frame, lines[i-1].ours = true, true, l.ours
		case strings.HasPrefix(strings.TrimSpace(l.text), `File "`) && i+1 < len(lines) && indentOf(lines[i+1].text) > indentOf(l.text):
			lines[i+1].behind, lines[i+1].frame, lines[i+1].ours = true, true, l.ours
		}
	}
	return lines
}

// isFrame says whether a line is a frame of a stack: of Go, of Python in both
// styles, of JavaScript and Java, of vitest, of Rust.
func isFrame(s string, named bool) bool {
	t := strings.TrimLeft(s, " \t")
	switch {
	case strings.HasPrefix(t, "at ") && len(t) < len(s):
		return true
	case strings.HasPrefix(t, "❯ "), strings.HasPrefix(t, `File "`):
		return named
	case strings.HasPrefix(s, "\t"):
		return named && (strings.Contains(t, " +0x") || strings.HasSuffix(t, ".s") || strings.HasPrefix(t, "/"))
	}
	return named && pytestFrame().MatchString(s)
}

// rustFunction is "  12: core::panicking::panic" in front of the line with its
// place.
var rustFunction = lazy.Regexp(`^\s*\d{1,3}: \S`)

// pytestFrame is "cart/rules.py:12: in total".
var pytestFrame = lazy.Regexp(`^\S+:\d+: in \S+$`)

// function is the line before a Go frame: "shop/cart.Total(...)".
func function(s string) bool {
	return s != "" && s[0] != ' ' && s[0] != '\t' && (strings.HasSuffix(s, ")") || strings.HasPrefix(s, "created by "))
}
