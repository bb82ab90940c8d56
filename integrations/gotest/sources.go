package gotest

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// sources knows where packages and tests are: the go command prints import
// paths and base names, and only the files say which these are. It reads test
// files at most once, when a failure first needs them.
type sources struct {
	files  *place.Files
	module string // the module where the task runs, "" when there is none
	base   string // its directory, or the task's
	index  *index
	// packages are indexes of one directory each, until the whole one is read.
	packages map[string]*index
}

func newSources(t tasks.Task) *sources {
	s := &sources{files: place.NewFiles(t), packages: map[string]*index{}}
	if s.module, s.base = findModule(s.files.Dir()); s.module == "" {
		s.base = s.files.Dir()
	}
	return s
}

// findModule reads the nearest go.mod at or above dir.
func findModule(dir string) (name, at string) {
	for dir != "" {
		if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
			return moduleName(text), dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return "", ""
}

func moduleName(gomod []byte) string {
	lines := bufio.NewScanner(bytes.NewReader(gomod))
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) >= 2 && words[0] == "module" {
			return strings.Trim(words[1], "\"`")
		}
	}
	return ""
}

// dirOf is the directory of a package of the workspace.
func (s *sources) dirOf(pkg string) (string, bool) {
	if pkg == "command-line-arguments" {
		return s.files.Dir(), true
	}
	if sub, ok := below(s.module, pkg); ok {
		return filepath.Join(s.base, filepath.FromSlash(sub)), true
	}
	if !strings.ContainsAny(pkg, "./") || strings.ContainsAny(pkg, " \t") {
		return "", false
	}
	found, rest := "", ""
	for module := range s.read().modules {
		if sub, ok := below(module, pkg); ok && len(module) > len(found) { // of modules in each other the inner one
			found, rest = module, sub
		}
	}
	if found == "" {
		return "", false
	}
	return filepath.Join(s.index.modules[found], filepath.FromSlash(rest)), true
}

// below is a package's path inside a module.
func below(module, pkg string) (string, bool) {
	if module == "" || pkg == "" {
		return "", false
	}
	rest, ok := strings.CutPrefix(pkg, module)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "/")
	// "module_test" is the package beside the module's own.
	return rest, rest == "" || filepath.IsLocal(filepath.FromSlash(rest))
}

// suite is what a package is called: its directory, as the module sees it.
func (s *sources) suite(dir string) string {
	rel, err := filepath.Rel(s.base, dir)
	switch {
	case err != nil:
		return filepath.ToSlash(dir)
	case rel == "." && s.module != "":
		return path.Base(s.module)
	case rel == ".":
		return filepath.Base(dir)
	}
	return filepath.ToSlash(rel)
}

// locate finds a file that the output of the package in dir names; dir is ""
// when the package is not known.
func (s *sources) locate(dir, file string) (string, bool) {
	if dir != "" && !filepath.IsAbs(file) {
		if p, ok := s.files.Find(filepath.Join(dir, file)); ok {
			return p, true
		}
	}
	if p, ok := s.files.Find(file); ok {
		return p, true
	}
	base := path.Base(filepath.ToSlash(file))
	if dir != "" {
		return s.files.Find(filepath.Join(dir, base))
	}
	if dirs := s.read().files[base]; len(dirs) == 1 {
		return s.files.Find(filepath.Join(dirs[0], base))
	}
	return "", false
}

// declaring are the directories of the packages that have a test of that name.
func (s *sources) declaring(test string) []string {
	var dirs []string
	for _, d := range s.read().tests[test] {
		if dir := filepath.Dir(d.file); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (s *sources) declares(dir, test string) bool {
	return slices.Contains(s.declaring(test), dir)
}

// having are those of the directories that have a file of that name.
func (s *sources) having(dirs []string, file string) []string {
	with := s.read().files[path.Base(filepath.ToSlash(file))]
	return slices.DeleteFunc(dirs, func(dir string) bool { return !slices.Contains(with, dir) })
}

// testFile is the file of the package in dir that has a test. It reads no more
// than the package.
func (s *sources) testFile(dir, test string) string {
	if s.index == nil && s.packages[dir] == nil {
		if len(s.packages) >= mostPackages {
			clear(s.packages)
		}
		x := &index{tests: map[string][]declaration{}}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), "_test.go") || !e.Type().IsRegular() {
				continue
			}
			if text, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
				x.add(filepath.Join(dir, e.Name()), text)
			}
		}
		s.packages[dir] = x
	}
	x := s.index
	if x == nil {
		x = s.packages[dir]
	}
	for _, d := range x.tests[test] {
		if filepath.Dir(d.file) == dir {
			p, _ := s.files.Find(d.file)
			return p
		}
	}
	return ""
}

// function is where a test begins: better than nothing for one that failed
// without a word.
func (s *sources) function(dir, test string) tasks.Location {
	declared := s.read().tests[test]
	if dir != "" {
		declared = slices.DeleteFunc(slices.Clone(declared), func(d declaration) bool { return filepath.Dir(d.file) != dir })
	}
	if len(declared) != 1 {
		return tasks.Location{}
	}
	p, ok := s.files.Find(declared[0].file)
	if !ok {
		return tasks.Location{}
	}
	return tasks.Location{File: p, Line: declared[0].line}
}

// index is what the Go files below a directory are called and declare.
type index struct {
	modules map[string]string        // module -> directory
	files   map[string][]string      // base name -> directories
	tests   map[string][]declaration // name -> where it is declared
}

type declaration struct {
	file string
	line int
}

// What the one walk may cost at most.
const (
	mostFiles = 50_000
	mostBytes = 64 << 20
)

func (s *sources) read() *index {
	if s.index != nil {
		return s.index
	}
	x := &index{modules: map[string]string{}, files: map[string][]string{}, tests: map[string][]declaration{}}
	s.index = x
	root := s.base
	if rel, err := filepath.Rel(s.files.Root(), root); err != nil || !filepath.IsLocal(rel) {
		root = s.files.Root()
	}
	if root == "" {
		return x
	}
	files, room := 0, int64(mostBytes)
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		name := ""
		if err == nil {
			name = d.Name()
		}
		switch {
		case err != nil:
			return nil //nolint:nilerr // what can't be read is not ours
		case d.IsDir():
			if p != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "node_modules" || name == "vendor" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		if files++; files > mostFiles || room < 0 {
			return fs.SkipAll
		}
		if name != "go.mod" && !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir := filepath.Dir(p)
		x.files[name] = append(x.files[name], dir)
		if name == "go.mod" || strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(p)
			if err != nil {
				return nil //nolint:nilerr // what can't be read is not ours
			}
			room -= int64(len(text))
			x.add(p, text)
		}
		return nil
	})
	return x
}

func (x *index) add(file string, text []byte) {
	if filepath.Base(file) == "go.mod" {
		if name := moduleName(text); name != "" {
			x.modules[name] = filepath.Dir(file)
		}
		return
	}
	line := 0
	for l := range bytes.Lines(text) {
		line++
		rest, ok := bytes.CutPrefix(l, []byte("func "))
		if !ok {
			continue
		}
		name, _, _ := bytes.Cut(rest, []byte("("))
		if isTest(string(name)) && len(name) < 200 {
			x.tests[string(name)] = append(x.tests[string(name)], declaration{file, line})
		}
	}
}
