package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/joho/godotenv"
)

// FileName is the workspace file; localFileName is merged on top of it and is
// meant to be ignored by git. The ending .yaml is read too.
const (
	FileName      = "sawhorse.yml"
	localFileName = "sawhorse.local.yml"
)

// ErrNotFound says that there is no workspace file here.
var ErrNotFound = errors.New("no " + FileName + " found")

// Find returns the nearest directory with a workspace file, from start upwards,
// or an error that is ErrNotFound.
func Find(start string) (dir string, err error) {
	dir, err = filepath.Abs(start)
	if err != nil {
		return "", fmt.Errorf("find the workspace of %s: %w", start, err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range spellings(FileName) {
			_, err := os.Lstat(filepath.Join(at, name))
			if err == nil {
				return at, nil
			}
			if errors.Is(err, fs.ErrPermission) {
				return "", fmt.Errorf("look for the workspace: %w; make %s readable, or name another directory: -C", err, at)
			}
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("%w in %s or above it", ErrNotFound, dir)
		}
	}
}

func spellings(name string) []string {
	return []string{name, strings.TrimSuffix(name, ".yml") + ".yaml"}
}

// Load reads the workspace file of dir with the local one on top. The error is
// ErrNotFound when there is none, else Problems: everything that is wrong, in
// file order.
func Load(dir string) (*File, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("load the workspace of %s: %w", dir, err)
	}
	l := loader{dir: dir, reader: reader{sources: map[string]source{}}}
	main, found := l.file(FileName)
	if !found && len(l.problems) == 0 {
		return nil, fmt.Errorf("%w in %s", ErrNotFound, dir)
	}
	local, _ := l.file(localFileName)
	return l.finish(main, local)
}

// LoadBytes reads src as if it were the workspace file name, alone: it does
// not look at the disk, so that files and directories it names may be missing.
func LoadBytes(name string, src []byte) (*File, error) {
	l := loader{dir: filepath.Dir(name), pure: true, reader: reader{sources: map[string]source{}}}
	return l.finish(l.parse(filepath.Base(name), src), nil)
}

// loader reads the files of one workspace.
type loader struct {
	reader
	dir   string
	pure  bool // never looks at the disk
	names []string
	read  []string
}

// file reads one of the files in either spelling.
func (l *loader) file(name string) (root *node, found bool) {
	for _, spelled := range spellings(name) {
		src, err := readFile(filepath.Join(l.dir, spelled))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if found {
			l.problems = append(l.problems, Problem{
				Pos:     Position{File: spelled},
				Message: fmt.Sprintf("there is a %s too, and only one is read", l.names[len(l.names)-1]),
				Hint:    "remove one of them",
			})
			break
		}
		found = true
		if err != nil {
			l.names = append(l.names, spelled)
			l.problems = append(l.problems, unreadable(spelled, err))
			continue
		}
		root = l.parse(spelled, src)
	}
	return root, found
}

// readFile reads a file, but never more than one byte too many.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errDirectory
	}
	if !info.Mode().IsRegular() {
		return nil, errSpecial // a pipe would wait for ever
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSource+1))
}

var (
	errDirectory = errors.New("it is a directory")
	errSpecial   = errors.New("it is not a regular file")
)

func unreadable(name string, err error) Problem {
	p := Problem{Pos: Position{File: name}, Message: "the file cannot be read: " + cause(err)}
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.Hint = "make it readable for you: chmod u+r " + name
	case errors.Is(err, errDirectory), errors.Is(err, errSpecial):
		p.Hint = "move it away; sawhorse init writes a workspace file"
	}
	return p
}

// cause is the error without the path, which the position says already.
func cause(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}

// parse reads the text of a file; nil when there are problems.
func (l *loader) parse(name string, text []byte) *node {
	l.names = append(l.names, name)
	l.read = append(l.read, filepath.Join(l.dir, name))
	src, problem := newSource(name, text)
	l.sources[name] = src
	if problem != nil {
		l.problems = append(l.problems, *problem)
		return nil
	}
	root, problems := parse(src)
	l.problems = append(l.problems, problems...)
	if root == nil && len(problems) == 0 {
		root = &node{kind: nullNode, pos: src.at(1, 1), length: 1}
	}
	return root
}

// finish merges, reads, checks and resolves.
func (l *loader) finish(main, local *node) (*File, error) {
	if main == nil {
		return nil, l.problems.sort(l.names)
	}
	l.main = main.pos.File
	whole := workspaceKind()
	if main.kind == nullNode {
		l.at(main.pos, 1, "the file is empty", fmt.Sprintf("begin with: version: %d", Version))
		return nil, l.problems.sort(l.names)
	}
	if local != nil && local.kind != nullNode {
		if local.kind != mapNode {
			l.problem(local, "the file must be a mapping, not "+local.kind.String(), "")
			return nil, l.problems.sort(l.names)
		}
		main = merge(main, local, whole.shape, func(e entry, names []string) {
			l.at(e.pos, e.length, fmt.Sprintf("%q cannot be removed: it is not in %s", e.key, l.main), didYouMean(e.key, names))
		})
	}
	draft, _ := whole.read(&l.reader, main)
	l.check(&draft)
	f := draft.resolve(l.dir)
	f.Files = l.read
	if !l.pure {
		l.checkDisk(&draft)
		for i := range f.Units {
			if w := f.Units[i].Watch; w != nil {
				w.Paths, w.Ignore = l.directories(w.Paths), l.directories(w.Ignore)
				for i := range w.Live {
					w.Live[i].Paths, w.Live[i].Ignore = l.directories(w.Live[i].Paths), l.directories(w.Live[i].Ignore)
				}
			}
			if in := f.Units[i].Inputs; in != nil {
				in.Files, in.Ignore = l.directories(in.Files), l.directories(in.Ignore)
			}
		}
	}
	if len(l.problems) > 0 {
		return nil, l.problems.sort(l.names)
	}
	return f, nil
}

func workspaceKind() kind[workspaceDraft] {
	return object(shape{words: "a mapping", title: "workspace"}, workspaceFields())
}

// checkDisk reports files and directories that are not there.
func (l *loader) checkDisk(w *workspaceDraft) {
	l.unit, l.path = nil, nil
	l.checkEnvFiles(w.envFile)
	for _, d := range w.units {
		l.unit = d
		l.checkEnvFiles(d.envFile)
		if !d.dir.given() {
			continue
		}
		path := absolute(l.dir, d.dir.v)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			l.problem(d.dir.n, fmt.Sprintf("dir of %s does not exist: %s", d.title(), path), "create it, or correct the path; it starts at the workspace directory")
		case err != nil:
			l.problem(d.dir.n, fmt.Sprintf("dir of %s: %s: %s", d.title(), path, cause(err)), "")
		case !info.IsDir():
			l.problem(d.dir.n, fmt.Sprintf("dir of %s is not a directory: %s", d.title(), path), "")
		}
	}
	l.unit = nil
}

func (l *loader) checkEnvFiles(files []placed[string]) {
	for _, p := range files {
		l.within("env_file", func() {
			path := absolute(l.dir, p.v)
			text, err := readFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				l.problem(p.n, fmt.Sprintf("%s does not exist: %s", l.place(), path), "create it, or correct the path; it starts at the workspace directory")
				return
			}
			if err == nil {
				_, err = godotenv.UnmarshalBytes(text)
			}
			if err != nil {
				l.problem(p.n, fmt.Sprintf("%s: %s: %s", l.place(), path, cause(err)), "lines are KEY=VALUE")
			}
		})
	}
}

// directories makes a glob that names a directory mean what is in it.
func (l *loader) directories(globs []string) []string {
	for i, glob := range globs {
		if strings.ContainsAny(glob, `*?[{\`) {
			continue
		}
		if info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(glob))); err == nil && info.IsDir() {
			globs[i] = strings.TrimSuffix(glob, "/") + "/**"
		}
	}
	return globs
}
