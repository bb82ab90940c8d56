package watch

import "strings"

// pattern is one line of a gitignore file. Matching works on bytes, as git's
// does: "?" is one byte, also of a longer character.
type pattern struct {
	negate  bool   // "!x": what matches is not ignored after all
	dirOnly bool   // "x/": matches directories only
	name    bool   // no slash: compared with the last element, at any depth
	prefix  string // literal text up to the first special character
	rest    []glob // what follows the prefix, one glob a path element
	fold    bool   // core.ignoreCase
	never   bool   // malformed: matches nothing
}

// parsePattern reads one line without its newline; ok is false for blank lines
// and comments.
func parsePattern(line string, fold bool) (p pattern, ok bool) {
	if line == "" || line[0] == '#' {
		return p, false
	}
	line = trimTrailingSpaces(line)
	if strings.HasPrefix(line, "!") {
		p.negate, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		p.dirOnly, line = true, line[:len(line)-1]
	}
	if line == "" {
		return p, false
	}
	p.name = !strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if fold {
		p.fold, line = true, lower(line)
	}
	n := strings.IndexAny(line, `*?[\`)
	if n < 0 {
		p.prefix = line
		return p, true
	}
	// The prefix is cut inside an element as well; what is left of "foo**/x"
	// therefore begins with "**", which is how git reads it.
	p.prefix = line[:n]
	p.rest, p.never = parseGlobs(line[n:], p.name)
	return p, true
}

// trimTrailingSpaces drops spaces at the end unless a backslash protects them.
func trimTrailingSpaces(s string) string {
	end := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ':
		case '\\':
			i++
			end = min(i+1, len(s))
		default:
			end = i + 1
		}
	}
	return s[:end]
}

// match tells whether the pattern matches path, which is relative to the
// directory of the gitignore file and holds no leading slash.
func (p *pattern) match(path string, isDir bool) bool {
	if p.never || p.dirOnly && !isDir {
		return false
	}
	if p.name {
		path = path[strings.LastIndexByte(path, '/')+1:]
	}
	if p.fold {
		path = lower(path)
	}
	rest, ok := strings.CutPrefix(path, p.prefix)
	if !ok {
		return false
	}
	if p.rest == nil {
		return rest == ""
	}
	return matchPath(p.rest, rest)
}

// matchPath matches globs against the elements of path. Only the last "**"
// needs to be tried again, because every other element stands for exactly one.
func matchPath(globs []glob, path string) bool {
	elems := strings.Split(path, "/")
	g, e := 0, 0
	again, from := -1, 0
	for e < len(elems) || g < len(globs) {
		switch {
		case g < len(globs) && globs[g].deep:
			if g == len(globs)-1 {
				// "a/**" needs something below a; a lone "**" takes anything.
				return g == 0 || e < len(elems)
			}
			again, from = g, e
			g++
			continue
		case g < len(globs) && e < len(elems) && globs[g].match(elems[e]):
			g++
			e++
			continue
		case again >= 0 && from < len(elems):
			from++
			g, e = again+1, from
			continue
		}
		return false
	}
	return true
}

// lower folds ASCII letters, as git does.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
