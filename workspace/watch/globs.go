package watch

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Globs tells which files a unit watches, from its `paths` and `ignore`. The
// zero value matches nothing.
//
// A glob is relative to the workspace: "src" and "./src" are the file or
// directory of that name and everything below it, "**/*.go" is doublestar
// syntax, "." is everything. Among `paths`, "!x" takes back what an earlier
// glob matched. What `ignore` matches is never matched.
type Globs struct {
	paths  []wanted
	ignore []wanted
}

type wanted struct {
	pattern string
	plain   bool // no special characters: itself and everything below
	negate  bool
}

// NewGlobs compiles the two lists; the error names the glob that is wrong.
func NewGlobs(paths, ignore []string) (Globs, error) {
	var g Globs
	var err error
	if g.paths, err = compileGlobs(paths); err != nil {
		return Globs{}, err
	}
	g.ignore, err = compileGlobs(ignore)
	return g, err
}

func compileGlobs(list []string) ([]wanted, error) {
	var ws []wanted
	for _, glob := range list {
		w := wanted{pattern: glob}
		w.pattern, w.negate = strings.CutPrefix(w.pattern, "!")
		if w.pattern == "" {
			return nil, fmt.Errorf("glob %q is empty; write \".\" for the whole workspace", glob)
		}
		if path.IsAbs(w.pattern) {
			return nil, fmt.Errorf("glob %q is absolute; write it relative to the workspace", glob)
		}
		w.plain = !strings.ContainsAny(w.pattern, `*?[{\`)
		below := !w.plain && strings.HasSuffix(w.pattern, "/")
		w.pattern = path.Clean(w.pattern)
		if w.pattern == ".." || strings.HasPrefix(w.pattern, "../") {
			return nil, fmt.Errorf("glob %q leaves the workspace; only files below it are watched", glob)
		}
		if below {
			w.pattern += "/**"
		}
		if !w.plain && !doublestar.ValidatePattern(w.pattern) {
			return nil, fmt.Errorf("glob %q is malformed; close every [ and {", glob)
		}
		ws = append(ws, w)
	}
	return ws, nil
}

// Match tells whether rel, a slash-separated path below the workspace, is
// watched.
func (g Globs) Match(rel string) bool {
	return lastWanted(g.paths, rel) && !lastWanted(g.ignore, rel)
}

func lastWanted(ws []wanted, rel string) bool {
	for i := len(ws) - 1; i >= 0; i-- {
		if ws[i].match(rel) {
			return !ws[i].negate
		}
	}
	return false
}

func (w *wanted) match(rel string) bool {
	if !w.plain {
		return doublestar.MatchUnvalidated(w.pattern, rel)
	}
	rest, ok := strings.CutPrefix(rel, w.pattern)
	return w.pattern == "." || ok && (rest == "" || rest[0] == '/')
}

// covers tells whether nothing below the directory can escape the globs, so
// that it need not be entered.
func (g Globs) covers(dir string) bool {
	for _, w := range g.paths {
		if w.negate {
			return false
		}
	}
	for _, w := range g.paths {
		if w.plain && w.match(dir) {
			return true
		}
		// "x/**" covers x; so does "**/x/**" any x. "x*" may match x alone.
		if strings.HasSuffix(w.pattern, "/**") && w.match(dir) {
			return true
		}
	}
	return false
}
