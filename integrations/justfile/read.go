package justfile

import (
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// reading gathers what justfiles declare.
type reading struct {
	recipes []recipe
	more    []source // what they import, and their modules
}

// source is a justfile to be read.
type source struct {
	files    []string // it is the first of these that is there
	within   string   // what its recipes are called by before their names: "tools::"
	module   string   // its name; empty: it is imported
	optional bool
	from     []string // the files that lead to it
}

// param is a parameter of a recipe.
type param struct {
	name       string
	many       bool // takes several values
	optional   bool
	literal    bool // its default is a plain text
	value      string
	expression string
}

var (
	setting   = lazy.Regexp(`^(export\s+)?[A-Za-z_][A-Za-z0-9_-]*\s*:=`)
	importing = lazy.Regexp(`^import(\??)\s+['"]([^'"]+)['"]`)
	module    = lazy.Regexp(`^mod(\??)\s+([A-Za-z_][A-Za-z0-9_-]*)(?:\s+['"]([^'"]+)['"])?\s*(?:#.*)?$`)
	attribute = lazy.Regexp(`([a-z][a-z-]*)(?:\s*\(\s*(?:'([^']*)'|"([^"]*)")[^)]*\)|\s*:\s*(?:'([^']*)'|"([^"]*)"))?`)
)

// file reads a justfile line by line: what begins in the first column declares
// something, what is indented is a recipe's body.
func (r *reading) file(name string, from source, text string) {
	within := from.within
	lead := append(slices.Clone(from.from), name)
	var doc string
	var next recipe
	open := "" // the mark that ends a text of several lines
	forget := func() { doc, next = "", recipe{} }
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if open != "" {
			if strings.Contains(line, open) {
				open = ""
			}
			continue
		}
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			forget()
		case line[0] == ' ' || line[0] == '\t': // a body
			continue
		case line[0] == '#':
			doc = strings.TrimSpace(strings.TrimLeft(line, "#"))
			if strings.HasPrefix(line, "#!") {
				doc = ""
			}
		case line[0] == '[':
			attributes(trimmed, &next)
		case setting().MatchString(line), strings.HasPrefix(line, "set "), strings.HasPrefix(line, "alias "), strings.HasPrefix(line, "unexport "):
			open = unclosed(line)
			forget()
		case importing().MatchString(line):
			m := importing().FindStringSubmatch(line)
			if file, ok := imported(name, m[2]); ok {
				r.find(source{files: []string{file}, within: within, optional: m[1] != "", from: lead})
			}
			forget()
		case module().MatchString(line) && head(line) == nil:
			m := module().FindStringSubmatch(line)
			r.find(source{files: homes(name, m[2], m[3]), within: within + m[2] + "::", module: within + m[2], optional: m[1] != "", from: lead})
			forget()
		default:
			if m := head(line); m != nil {
				next.name, next.params = within+m.name, m.params
				if next.doc == "" {
					next.doc = doc
				}
				next.private = next.private || strings.HasPrefix(m.name, "_")
				next.pos = config.Position{File: name, Line: i + 1}
				r.add(next)
			}
			forget()
		}
	}
}

// find takes up a source, once.
func (r *reading) find(s source) {
	if !slices.ContainsFunc(r.more, func(o source) bool { return o.within == s.within && slices.Equal(o.files, s.files) }) {
		r.more = append(r.more, s)
	}
}

// homes are where just looks for a module: at its path, if the file gives one,
// which may be a folder, or beside the file that names it.
func homes(from, name, given string) (files []string) {
	folder := name
	if given != "" {
		folder = given
		if at, ok := imported(from, given); ok {
			files = append(files, at)
		}
	} else if at, ok := imported(from, name+".just"); ok {
		files = append(files, at)
	}
	for _, base := range []string{"mod.just", "justfile", "Justfile", ".justfile"} {
		if at, ok := imported(from, path.Join(folder, base)); ok && !path.IsAbs(folder) && !strings.HasPrefix(folder, "~") {
			files = append(files, at)
		}
	}
	return files
}

// add keeps the first of two recipes with one name, as long as both are for this
// system: just lets an importing file win.
func (r *reading) add(one recipe) {
	for _, known := range r.recipes {
		if known.name == one.name && known.here() && one.here() {
			return
		}
	}
	r.recipes = append(r.recipes, one)
}

// unclosed is the mark that ends a text which this line begins.
func unclosed(line string) string {
	for _, mark := range []string{`"""`, `'''`, "```"} {
		if strings.Count(line, mark)%2 == 1 {
			return mark
		}
	}
	return ""
}

// attributes reads [private], [doc('text'), group('x')] and the like.
func attributes(line string, into *recipe) {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "["), "]")
	for _, m := range attribute().FindAllStringSubmatch(line, -1) {
		text := m[2] + m[3] + m[4] + m[5]
		switch m[1] {
		case "private":
			into.private = true
		case "doc":
			into.doc = text
		case "group":
			into.groups = append(into.groups, text)
		case "linux", "macos", "windows", "unix", "openbsd":
			into.systems = append(into.systems, m[1])
		}
	}
}

// head is the first line of a recipe: its name and parameters. The colon that
// ends them may also stand in a default, so that it is looked for outside texts.
func head(line string) *recipe {
	end := colon(line)
	if end < 0 || strings.HasPrefix(line[end:], ":=") {
		return nil
	}
	words := fields(strings.TrimPrefix(line[:end], "@"))
	if len(words) == 0 || !identifier().MatchString(words[0]) {
		return nil
	}
	one := &recipe{name: words[0]}
	for _, w := range words[1:] {
		p, ok := parameter(w)
		if !ok {
			return nil
		}
		one.params = append(one.params, p)
	}
	return one
}

var identifier = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func parameter(word string) (p param, ok bool) {
	p.many = strings.HasPrefix(word, "+") || strings.HasPrefix(word, "*")
	p.optional = strings.HasPrefix(word, "*")
	word = strings.TrimLeft(word, "+*$")
	name, value, given := strings.Cut(word, "=")
	p.name = name
	if given {
		p.optional = true
		p.expression = value
		if n := len(value); n >= 2 && (value[0] == '\'' || value[0] == '"') && value[n-1] == value[0] && !strings.ContainsAny(value[1:n-1], `\'"`) {
			p.literal, p.value, p.expression = true, value[1:n-1], ""
		}
	}
	return p, identifier().MatchString(p.name)
}

// colon is the first one outside of quotes, backticks and parentheses.
func colon(line string) int {
	var quote byte
	depth := 0
	for i := range len(line) {
		c := line[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ':' && depth <= 0:
			return i
		case c == '#' && depth <= 0:
			return -1
		}
	}
	return -1
}

// fields cuts at blanks outside of quotes and parentheses.
func fields(s string) (words []string) {
	var word strings.Builder
	var quote byte
	depth := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case (c == ' ' || c == '\t') && depth <= 0:
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteByte(c)
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
