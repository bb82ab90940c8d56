package pytest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// modules is who imports whom among the Python files below a directory, as far
// as their text tells. Paths are relative with slashes.
type modules struct {
	files    map[string]*source
	packages map[string]bool     // directories with an __init__.py
	roots    []string            // where absolute imports may begin, beside what packages tell
	names    map[string][]string // "shop.cart" -> files
	users    map[string][]string // file -> files that import it
}

// source is a Python file as it was read.
type source struct {
	imports
	at   time.Time
	size int64
	gone bool // it was there, and others may still import it
}

// sources remembers what files import while these are as they were.
type sources struct {
	mu   sync.Mutex
	read map[string]*source // by absolute path
}

// What one walk may cost at most.
const (
	mostEntries = 200_000
	largestFile = 4 << 20
)

// scan reads the Python files below top. gone are files that are no more, and
// that others may still import.
func (s *sources) scan(ctx context.Context, top string, roots, gone []string) (*modules, error) {
	m := &modules{files: map[string]*source{}, packages: map[string]bool{}, names: map[string][]string{}, users: map[string][]string{}}
	m.roots = append(m.roots, roots...)
	entries := 0
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if entries++; entries > mostEntries {
			return errors.New("too many files to look through")
		}
		if err != nil {
			return nil //nolint:nilerr // what can't be read is imported by nobody
		}
		name := d.Name()
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if p != top && foreign(p, name) {
				return fs.SkipDir
			}
			return nil
		}
		switch name {
		case "pyproject.toml", "setup.py", "setup.cfg":
			m.roots = append(m.roots, path.Dir(rel))
		case "__init__.py":
			m.packages[path.Dir(rel)] = true
		}
		if strings.HasSuffix(name, ".py") && d.Type().IsRegular() {
			m.files[rel] = s.file(p, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, g := range gone {
		if m.files[g] == nil {
			m.files[g] = &source{gone: true}
		}
	}
	m.link()
	return m, nil
}

// foreign says whether a directory is an environment, a cache, or nobody's code.
func foreign(p, name string) bool {
	switch name {
	case "node_modules", "__pycache__", "site-packages":
		return true
	}
	if strings.HasPrefix(name, ".") {
		return true
	}
	_, err := os.Stat(filepath.Join(p, "pyvenv.cfg"))
	return err == nil
}

func (s *sources) file(p string, d fs.DirEntry) *source {
	info, err := d.Info()
	if err != nil || info.Size() > largestFile {
		return &source{}
	}
	s.mu.Lock()
	known := s.read[p]
	s.mu.Unlock()
	if known != nil && known.at.Equal(info.ModTime()) && known.size == info.Size() {
		return known
	}
	text, err := os.ReadFile(p)
	if err != nil {
		return &source{}
	}
	f := &source{imports: parseImports(string(text)), at: info.ModTime(), size: info.Size()}
	s.mu.Lock()
	s.read[p] = f
	s.mu.Unlock()
	return f
}

// link names every file, and turns names into who uses whom.
func (m *modules) link() {
	isRoot := map[string]bool{".": true}
	for _, r := range m.roots {
		isRoot[path.Clean(r)] = true
	}
	for f := range m.files {
		for _, n := range m.namesOf(f, isRoot) {
			m.names[n] = append(m.names[n], f)
		}
	}
	for f, s := range m.files {
		used := map[string]bool{}
		use := func(files ...string) {
			for _, u := range files {
				if u != f && !used[u] {
					used[u] = true
					m.users[u] = append(m.users[u], f)
				}
			}
		}
		for dir := path.Dir(f); m.packages[dir]; dir = path.Dir(dir) {
			use(path.Join(dir, "__init__.py"))
			if dir == "." {
				break
			}
		}
		for _, st := range s.statements {
			m.statement(f, st, use)
		}
		for _, name := range s.strings {
			m.absolute(name, use)
		}
	}
}

// namesOf are the names by which a file may be imported: from above its
// outermost package, and from every directory that may be on the path.
func (m *modules) namesOf(f string, isRoot map[string]bool) []string {
	dir := path.Dir(f)
	for m.packages[dir] && dir != "." {
		dir = path.Dir(dir)
	}
	tops := []string{dir}
	for d := path.Dir(f); ; d = path.Dir(d) {
		base := path.Base(d)
		if isRoot[d] || base == "src" || base == "lib" || base == "python" {
			tops = append(tops, d)
		}
		if d == "." {
			break
		}
	}
	var all []string
	for _, top := range tops {
		n := f
		if top != "." {
			n = strings.TrimPrefix(f, top+"/")
		}
		n = strings.TrimSuffix(strings.TrimSuffix(n, ".py"), "/__init__")
		if n = strings.ReplaceAll(n, "/", "."); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func (m *modules) statement(f string, st statement, use func(...string)) {
	if st.dots == 0 {
		m.absolute(st.module, use)
		for _, n := range st.names {
			use(m.names[st.module+"."+n]...)
		}
		return
	}
	base := path.Dir(f)
	for range st.dots - 1 {
		base = path.Dir(base)
	}
	at := base
	if st.module != "" {
		for part := range strings.SplitSeq(st.module, ".") {
			at = path.Join(at, part)
			use(m.at(at)...)
		}
	} else {
		use(m.at(at)...)
	}
	for _, n := range st.names {
		use(m.at(path.Join(at, n))...)
	}
}

// absolute is "shop.cart.total": shop and shop.cart are imported on the way.
func (m *modules) absolute(name string, use func(...string)) {
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			use(m.names[name[:i]]...)
		}
	}
}

// at is the module or the package of a path.
func (m *modules) at(p string) (files []string) {
	for _, f := range []string{p + ".py", path.Join(p, "__init__.py")} {
		if m.files[f] != nil {
			files = append(files, f)
		}
	}
	return files
}

// reached are all files that use one of these, however indirectly, and they
// themselves.
func (m *modules) reached(from []string) map[string]bool {
	all := map[string]bool{}
	todo := slices.Clone(from)
	for len(todo) > 0 {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if all[f] {
			continue
		}
		all[f] = true
		todo = append(todo, m.users[f]...)
		if path.Base(f) == "conftest.py" { // every test below uses it unasked
			dir := path.Dir(f)
			for t := range m.files {
				if dir == "." || strings.HasPrefix(t, dir+"/") {
					todo = append(todo, t)
				}
			}
		}
	}
	return all
}
