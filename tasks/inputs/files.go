package inputs

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// hashFiles adds every file that the globs match, in order, by name and content.
// What git ignores is no input, unless a glob leads there by name: "secret.env",
// "dist/*.js".
func hashFiles(ctx context.Context, h io.Writer, root string, paths, ignore []string) error {
	globs, err := watch.NewGlobs(paths, ignore)
	if err != nil {
		return err
	}
	left := leaving{ignore: watch.NewIgnore(root)}
	left.name(paths)
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && left.out(rel, true) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !globs.Match(rel) || left.out(rel, false) {
			return nil
		}
		return hashFile(h, file, rel)
	})
}

func hashFile(h io.Writer, file, rel string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	part(h, strings.TrimPrefix(rel, "./"), sum.Sum(nil))
	return nil
}

// leaving tells what is left out of a walk.
type leaving struct {
	ignore *watch.Ignore
	named  []string // what globs lead to by name, though git ignores it
}

// name finds where the globs lead by name: the part before their first special
// character, if that is ignored.
func (l *leaving) name(globs []string) {
	for _, glob := range globs {
		base := path.Clean(strings.TrimPrefix(glob, "!"))
		if strings.ContainsAny(base, `*?[{\`) {
			base, _ = doublestar.SplitPattern(base)
		}
		for dir := base; dir != "." && dir != "/"; dir = path.Dir(dir) {
			if l.ignored(dir, true) || l.ignored(dir, false) {
				l.named = append(l.named, base)
				break
			}
		}
	}
}

func (l *leaving) ignored(rel string, dir bool) bool {
	return dir && path.Base(rel) == "node_modules" || l.ignore.Match(rel, dir)
}

// out says whether a file, or a directory with all that is in it, is left out.
func (l *leaving) out(rel string, dir bool) bool {
	if dir && path.Base(rel) == ".git" {
		return true
	}
	if !l.ignored(rel, dir) {
		return false
	}
	return !slices.ContainsFunc(l.named, func(base string) bool {
		return rel == base || strings.HasPrefix(rel, base+"/") || dir && strings.HasPrefix(base, rel+"/")
	})
}
