package all

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// Detect asks every integration what it finds in dir. What one of them can't
// read does not hide what the others found.
func Detect(ctx context.Context, dir string) ([]integrations.Evidence, error) {
	return ask(ctx, dir, Definitions())
}

// mostUnits bounds what one file may declare: nobody finds more in a list, and each of
// them is looked at.
const mostUnits = 500

func ask(ctx context.Context, dir string, definitions []integrations.Definition) ([]integrations.Evidence, error) {
	var found []integrations.Evidence
	var errs []error
	for _, d := range definitions {
		if d.Detect == nil {
			continue
		}
		if ctx.Err() != nil {
			return found, errors.Join(append(errs, ctx.Err())...)
		}
		evidence, err := d.Detect(ctx, dir)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Title, err))
		}
		for _, ev := range evidence {
			ev.By = d.Name
			if more := len(ev.Units) - mostUnits; more > 0 {
				ev.Left = append(ev.Left, fmt.Sprintf("%d more than the first %d", more, mostUnits))
				ev.Units = ev.Units[:mostUnits]
			}
			checkDisk(dir, &ev)
			found = append(found, ev)
		}
	}
	return found, errors.Join(errs...)
}

// checkDisk leaves out what nobody could call, and what needs a directory or an
// env file that is not there.
func checkDisk(dir string, ev *integrations.Evidence) {
	ev.Units = slices.DeleteFunc(ev.Units, func(u config.Unit) bool {
		if strings.TrimSpace(u.Name) == "" || u.Run == "" && len(u.Command) == 0 && u.Compose == "" {
			ev.Left = append(ev.Left, fmt.Sprintf("line %d: it has no name, or nothing to run", u.Pos.Line))
			return true
		}
		if u.Dir == "" {
			return false
		}
		info, err := os.Stat(below(dir, u.Dir))
		if err == nil && info.IsDir() {
			return false
		}
		ev.Left = append(ev.Left, fmt.Sprintf("%s: its directory %s is not there", u.Name, u.Dir))
		return true
	})
	for i := range ev.Units {
		u := &ev.Units[i]
		u.EnvFile = slices.DeleteFunc(slices.Clone(u.EnvFile), func(file string) bool {
			text, ok, err := declared.Read(dir, file)
			if filepath.IsAbs(file) {
				text, ok, err = declared.Read(filepath.Dir(file), filepath.Base(file))
			}
			if ok && err == nil {
				_, err = godotenv.UnmarshalBytes(text)
			}
			if ok && err == nil {
				return false
			}
			ev.Left = append(ev.Left, fmt.Sprintf("%s: its env file %s is not there, or can't be read", u.Name, file))
			return true
		})
	}
}

func below(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// Here says whether a directory has a file that an integration knows. It opens
// none of them.
func Here(dir string) bool {
	for _, d := range Definitions() {
		for _, mark := range d.Marks {
			if !strings.ContainsAny(mark, "*?[") {
				if declared.Has(dir, filepath.FromSlash(mark)) {
					return true
				}
				continue
			}
			if found, err := filepath.Glob(filepath.Join(escape(dir), filepath.FromSlash(mark))); err == nil && len(found) > 0 {
				return true
			}
		}
	}
	return false
}

// escape keeps what a directory is called from being read as a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// Declares says whether a file of that path may change what is detected.
func Declares(file string) bool {
	for _, d := range Definitions() {
		if slices.ContainsFunc(d.Marks, func(mark string) bool { return fits(mark, file) }) {
			return true
		}
	}
	return false
}

// fits compares a mark with the end of a path.
func fits(mark, file string) bool {
	parts := strings.Split(file, "/")
	n := strings.Count(mark, "/") + 1
	if len(parts) < n {
		return false
	}
	ok, err := path.Match(mark, strings.Join(parts[len(parts)-n:], "/"))
	return err == nil && ok
}

// Bounds of what is looked at below a workspace's directory.
const (
	deepest   = 4      // levels
	mostDirs  = 30_000 // directories that are listed
	mostBelow = 40     // evidence
)

// Below looks for more in the directories below dir, nearest first: not in what
// git ignores, nor in another repository or workspace. found is what dir itself
// declares. It never looks further than a bounded part of a very large tree.
func Below(ctx context.Context, dir string, found []integrations.Evidence) []integrations.Evidence {
	w := walk{ctx: ctx, root: dir, ignore: watch.NewIgnore(dir), claimed: map[string]bool{}}
	for _, ev := range found {
		w.claimed[ev.By+" "+path.Dir(file(ev.Where))] = true
		for _, f := range ev.Files { // what another file includes has been read with it
			w.claimed[ev.By+" file "+f] = true
		}
	}
	next := []string{"."}
	for level := 0; level <= deepest && len(next) > 0; level++ {
		var deeper []string
		for _, rel := range next {
			if ctx.Err() != nil || w.dirs >= mostDirs || len(w.found) >= mostBelow {
				return w.found
			}
			deeper = append(deeper, w.visit(rel)...)
		}
		next = deeper
	}
	return w.found
}

// file is the file of an evidence, without its line.
func file(where string) string {
	name, _, _ := strings.Cut(where, ":")
	return name
}

// walk is one look below a directory.
type walk struct {
	ctx     context.Context
	root    string
	ignore  *watch.Ignore
	claimed map[string]bool // "integration dir": it has been asked, or a directory above stands for it
	dirs    int
	found   []integrations.Evidence
}

// visit asks who knows a directory's files, and returns the directories in it.
func (w *walk) visit(rel string) (deeper []string) {
	w.dirs++
	entries, err := os.ReadDir(filepath.Join(w.root, filepath.FromSlash(rel)))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
			continue
		}
		name := e.Name()
		if name == ".git" && rel != "." {
			return nil // another repository
		}
		sub := path.Join(rel, name)
		if strings.HasPrefix(name, ".") || declared.Shows(name) || w.ignore.Match(sub, true) {
			continue
		}
		deeper = append(deeper, sub)
	}
	if rel == "." {
		return deeper
	}
	if slices.Contains(names, ".git") || slices.Contains(names, config.FileName) || slices.Contains(names, "sawhorse.yaml") {
		return nil
	}
	var asked []integrations.Definition
	for _, d := range Definitions() {
		if w.asks(d, rel, names) {
			asked = append(asked, d)
		}
	}
	evidence, _ := ask(w.ctx, filepath.Join(w.root, filepath.FromSlash(rel)), asked) // what can't be read is not listed
	for _, ev := range evidence {
		w.claimed[ev.By+" "+rel] = true
		if len(ev.Units) > 0 && !w.claimed[ev.By+" file "+path.Join(rel, file(ev.Where))] {
			w.found = append(w.found, moved(ev, rel))
		}
	}
	return deeper
}

// asks says whether an integration is asked about a directory with these files.
func (w *walk) asks(d integrations.Definition, rel string, names []string) bool {
	if d.Detect == nil || d.Below == integrations.TopOnly || w.claimed[d.Name+" "+rel] {
		return false
	}
	if d.Below == integrations.Outermost {
		for at := path.Dir(rel); ; at = path.Dir(at) {
			if w.claimed[d.Name+" "+at] {
				return false
			}
			if at == "." {
				break
			}
		}
	}
	return slices.ContainsFunc(d.Marks, func(mark string) bool {
		return slices.ContainsFunc(names, func(name string) bool { ok, err := path.Match(mark, name); return err == nil && ok })
	})
}

// moved is the evidence of a directory as its workspace sees it.
func moved(ev integrations.Evidence, rel string) integrations.Evidence {
	to := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return path.Join(rel, filepath.ToSlash(name))
	}
	all := func(names []string) []string {
		var out []string
		for _, n := range names {
			out = append(out, to(n))
		}
		return out
	}
	prefix := path.Base(rel) + "-"
	ev.Where, ev.Files, ev.Below = path.Join(rel, ev.Where), all(ev.Files), true
	units := make([]config.Unit, len(ev.Units))
	for i, u := range ev.Units {
		u.Name = prefix + u.Name
		u.Dir, u.EnvFile = to(u.Dir), all(u.EnvFile)
		if u.Pos.File != "" {
			u.Pos.File = to(u.Pos.File)
		}
		if u.Watch != nil {
			u.Watch = &config.Watch{Paths: all(u.Watch.Paths), Ignore: all(u.Watch.Ignore)}
		}
		needs := slices.Clone(u.DependsOn)
		for k := range needs {
			needs[k].Name = prefix + needs[k].Name
		}
		u.DependsOn = needs
		units[i] = u
	}
	ev.Units = units
	return ev
}

// In asks about the directory that a file is in; the answers are as the
// workspace at dir sees them. rel is the file's path from there.
func In(ctx context.Context, dir, rel string) ([]integrations.Evidence, error) {
	at := path.Dir(rel)
	for _, d := range Definitions() { // .vscode/tasks.json is looked for from the directory above
		for _, mark := range d.Marks {
			if n := strings.Count(mark, "/"); n > 0 && fits(mark, rel) {
				at = path.Join(path.Dir(rel), strings.Repeat("../", n))
			}
		}
	}
	found, err := Detect(ctx, filepath.Join(dir, filepath.FromSlash(at)))
	if at != "." {
		for i := range found {
			found[i] = moved(found[i], at)
		}
	}
	return found, err
}

// Marks are all names of files that are read.
func Marks() []string {
	var all []string
	for _, d := range Definitions() {
		for _, mark := range d.Marks {
			if !slices.Contains(all, mark) {
				all = append(all, mark)
			}
		}
	}
	slices.Sort(all)
	return all
}

// File is what was found as if a sawhorse.yml said it; left is what is not in it.
func File(dir string, found []integrations.Evidence) (f *config.File, left []string, err error) {
	f, left, err = integrations.File(dir, filepath.Base(dir), found)
	if err != nil {
		return nil, nil, err
	}
	f.Files = nil
	for _, ev := range found {
		for _, name := range append([]string{file(ev.Where)}, ev.Files...) {
			at := below(dir, name)
			if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() && !slices.Contains(f.Files, at) {
				f.Files = append(f.Files, at)
			}
		}
	}
	if len(f.Files) == 0 {
		f.Files = []string{filepath.Join(dir, config.FileName)}
	}
	return f, left, nil
}
