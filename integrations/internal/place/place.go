// Package place reads the places in files that tools print, and tells which of
// them are files of the workspace. It looks at names and never at what files hold.
package place

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// remembered bounds what is kept about names that were looked for: a task can
// print any number of them.
const remembered = 2000

// Files finds the files of a workspace by the names that a task prints. It
// belongs to one goroutine.
type Files struct {
	root, dir string
	known     map[string]string // name as printed -> path below root; "" is none
}

// NewFiles looks from where the task runs.
func NewFiles(t tasks.Task) *Files {
	f := &Files{root: t.Root, dir: t.Spec.Dir, known: map[string]string{}}
	if f.dir == "" {
		f.dir = f.root
	}
	return f
}

// Root is the workspace's directory, Dir that of the task.
func (f *Files) Root() string { return f.root }

// Dir is where the task runs.
func (f *Files) Dir() string { return f.dir }

// Find is the path, below the workspace and with slashes, of a file that is
// named absolutely or from where the task runs.
func (f *Files) Find(name string) (string, bool) {
	if found, ok := f.known[name]; ok {
		return found, found != ""
	}
	if len(f.known) >= remembered {
		clear(f.known)
	}
	found := f.look(name)
	f.known[strings.Clone(name)] = found // a name must not keep its whole line
	return found, found != ""
}

// Own is Find without what others wrote: installed packages inside the workspace.
func (f *Files) Own(name string) (string, bool) {
	found, ok := f.Find(name)
	if !ok || foreign(found) {
		return "", false
	}
	return found, true
}

// Shown is a file as a person says it: from where the task runs, where it is
// below that.
func (f *Files) Shown(name string) string {
	name = strings.TrimPrefix(name, "file://")
	if p := filepath.FromSlash(name); filepath.IsAbs(p) {
		if rel, err := filepath.Rel(f.dir, p); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(name)
}

func (f *Files) look(name string) string {
	if f.root == "" || name == "" || strings.IndexByte(name, 0) >= 0 {
		return ""
	}
	name = strings.TrimPrefix(name, "file://")
	p := filepath.FromSlash(name)
	if !filepath.IsAbs(p) {
		p = filepath.Join(f.dir, p)
	}
	rel, err := filepath.Rel(f.root, p)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	if info, err := os.Stat(p); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.ToSlash(rel)
}

// foreign says whether a path leads into a folder of installed packages.
func foreign(p string) bool {
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch dir {
		case "node_modules", "site-packages", "dist-packages", "vendor", ".venv", ".tox", ".nox":
			return true
		}
	}
	return false
}

// Cut reads "file:12: rest" and "file:12:3: rest". The file is what stands
// before the first number; Column is 0 when there is none.
func Cut(s string) (file string, line, column int, rest string, ok bool) {
	for i := strings.IndexByte(s, ':'); i >= 0; {
		n, after, number := Number(s[i+1:])
		if number && i > 0 && n > 0 {
			if c, behind, two := Number(strings.TrimPrefix(after, ":")); two && after[0] == ':' && ends(behind) {
				return s[:i], n, c, message(behind), true
			}
			if ends(after) {
				return s[:i], n, 0, message(after), true
			}
		}
		next := strings.IndexByte(s[i+1:], ':')
		if next < 0 {
			break
		}
		i += next + 1
	}
	return "", 0, 0, "", false
}

// ends says whether a place ends here: at the line's end, or at ": ".
func ends(s string) bool {
	return s == "" || s[0] == ':' && (len(s) == 1 || s[1] == ' ' || s[1] == '\t')
}

func message(s string) string { return strings.TrimSpace(strings.TrimPrefix(s, ":")) }

// largest is a line number that no file reaches.
const largest = 100_000_000

// Number reads the digits that s begins with.
func Number(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if n = n*10 + int(s[i]-'0'); n > largest {
			return 0, s, false
		}
		i++
	}
	return n, s[i:], i > 0
}

// longest is what a row can say.
const longest = 400

// Clip makes one short line of a message, with single spaces.
func Clip(s string) string {
	if len(s) > 4*longest {
		s = s[:4*longest]
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}
