package narrow

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// The words that stand for what changed. Without a change they stand for nothing.
const (
	changedFiles = "{changed}"
	changedDirs  = "{changed.dirs}"
)

func takesChanges(u config.Unit) bool {
	return strings.Contains(u.Run, changedFiles) || strings.Contains(u.Run, changedDirs) ||
		slices.Contains(u.Command, changedFiles) || slices.Contains(u.Command, changedDirs)
}

// withChanges puts the changed files that are still there in, as seen from
// where the command runs: quoted words of a shell line, elements of their own
// in an argv.
func withChanges(u config.Unit, root string, files []string) config.Unit {
	if !takesChanges(u) {
		return u
	}
	dir := u.Dir
	if dir == "" {
		dir = root
	}
	names, dirs := seenFrom(dir, root, files)
	u.Run = strings.NewReplacer(changedFiles, quoted(names), changedDirs, quoted(dirs)).Replace(u.Run)
	var argv []string
	for _, a := range u.Command {
		switch a {
		case changedFiles:
			argv = append(argv, names...)
		case changedDirs:
			argv = append(argv, dirs...)
		default:
			argv = append(argv, a)
		}
	}
	u.Command = argv
	return u
}

// seenFrom are files, given relative to root, and their directories, as paths
// from dir. A name never looks like a flag.
func seenFrom(dir, root string, files []string) (names, dirs []string) {
	for _, f := range files {
		p := filepath.Join(root, filepath.FromSlash(f))
		if d := dotted(dir, filepath.Dir(p)); !slices.Contains(dirs, d) && isDir(filepath.Dir(p)) {
			dirs = append(dirs, d)
		}
		if _, err := os.Lstat(p); err != nil {
			continue
		}
		name := relative(dir, p)
		if strings.HasPrefix(name, "-") {
			name = "./" + name
		}
		names = append(names, name)
	}
	return names, dirs
}

func isDir(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.IsDir()
}

// relative is p as seen from dir, with slashes.
func relative(dir, p string) string {
	rel, err := filepath.Rel(dir, p)
	if err != nil {
		return filepath.ToSlash(p)
	}
	return filepath.ToSlash(rel)
}

// dotted is a directory as tools like it: ./cart, not cart.
func dotted(dir, p string) string {
	rel := relative(dir, p)
	if rel == "." || strings.HasPrefix(rel, "../") || rel == ".." || filepath.IsAbs(rel) {
		return rel
	}
	return "./" + rel
}

// quoted are words for a POSIX shell, whatever is in them.
func quoted(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, config.ShellWord(w))
	}
	return strings.Join(all, " ")
}
