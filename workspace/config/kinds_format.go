package config

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Formats are the names that `format` knows: tools, files that tools print, and
// the problem matchers that editors name with a $.
func Formats() []string {
	return []string{
		"go", "pytest", "unittest", "vitest", "jest", "mocha", "node", "cargo", "nextest", "tap", "junit", "sarif", "diagnostics", "metrics", "none",
		"$tsc", "$tsc-watch", "$eslint-compact", "$eslint-stylish", "$jshint", "$jshint-stylish", "$go", "$gcc", "$msCompile", "$rustc", "$lessCompile",
	}
}

// formatKind is a name, or patterns of one's own.
func formatKind() kind[[]Format] {
	var names []word[string]
	for _, name := range Formats() {
		names = append(names, word[string]{name, name})
	}
	one := object(shape{words: "a name, or a mapping", title: "format", bare: "name", oneOf: []string{"how"}}, []field[Format]{
		give("name", choice(names, nil), func(f *Format, v string) { f.Name = v },
			"A tool, a format of results, or a problem matcher of VS Code; `none` finds nothing.", slots("how")),
		give("errorformat", list(errorformatKind()), func(f *Format, v []string) { f.Errorformat = v },
			"Patterns as Vim's `errorformat` has them, one an entry: `%f:%l:%c: %m`.", slots("how")),
		give("pattern", list(matcherKind()), func(f *Format, v []Pattern) { f.Pattern = v },
			"A problem matcher: one pattern, or one for each of several lines.", slots("how")),
		give("severity", choice([]word[string]{{"error", "error"}, {"warning", "warning"}, {"info", "info"}}, nil),
			func(f *Format, v string) { f.Severity = v }, "Of what does not say it itself.", fallback("error")),
	})
	k := list(one)
	k.shape.words = "a name, a mapping, or a list of them"
	return k
}

// errorformatKind is one pattern of Vim's.
func errorformatKind() kind[string] {
	k := text()
	sh := &shape{words: "a pattern of errorformat", schema: k.shape.schema}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		if !ok {
			return "", false
		}
		if _, err := ParseErrorformat(s); err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), "write it like \"%f:%l:%c: %m\"; it is one pattern, without Vim's commas and backslashes between several")
			return "", false
		}
		return s, true
	}}
}

// matcherKind is a pattern of a problem matcher.
func matcherKind() kind[Pattern] {
	group := func() kind[int] { return integer(0, 99) }
	whole := object(shape{words: "a mapping", title: "pattern"}, []field[Pattern]{
		give("regexp", pattern(), func(p *Pattern, v string) { p.Regexp = v }, "A regular expression (RE2) for a line.", required),
		give("file", group(), func(p *Pattern, v int) { p.File = v }, "Which group is the file; so too the next ones."),
		give("line", group(), func(p *Pattern, v int) { p.Line = v }, "The line."),
		give("column", group(), func(p *Pattern, v int) { p.Column = v }, "The column."),
		give("location", group(), func(p *Pattern, v int) { p.Location = v }, "Both: `12`, `12,3` or `12,3,12,9`."),
		give("severity", group(), func(p *Pattern, v int) { p.Severity = v }, "error, warning or info."),
		give("code", group(), func(p *Pattern, v int) { p.Code = v }, "The code or rule."),
		give("message", group(), func(p *Pattern, v int) { p.Message = v }, "What is said.", fallback("0: all that matched")),
		give("loop", boolean(), func(p *Pattern, v bool) { p.Loop = v }, "The last of several patterns: it matches any number of lines, each a diagnostic."),
	})
	return kind[Pattern]{shape: whole.shape, read: func(r *reader, n *node) (Pattern, bool) {
		p, ok := whole.read(r, n)
		if !ok {
			return p, false
		}
		re, err := regexp.Compile(p.Regexp)
		if err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), "${{ ... }} is not replaced here")
			return p, false
		}
		if highest := max(p.File, p.Line, p.Column, p.Location, p.Severity, p.Code, p.Message); highest > re.NumSubexp() {
			r.problem(n, fmt.Sprintf("%s names group %d, and its regexp has %d", r.place(), highest, re.NumSubexp()), "groups are counted by their opening bracket, from 1")
			return p, false
		}
		return p, true
	}}
}

// resultsKind is a list of globs of files.
func resultsKind() kind[[]string] {
	k := list(globKind())
	k.shape.words = "a list of globs"
	return k
}

// curvesKind is a list of directories.
func curvesKind() kind[[]string] {
	dir := text()
	sh := &shape{words: "a directory", schema: dir.shape.schema}
	k := list(kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := dir.read(r, n)
		if !ok {
			return "", false
		}
		if strings.ContainsAny(s, "*?") {
			r.problem(n, fmt.Sprintf("%s: %q is no directory", r.place(), s), "name the directory: all below it belongs to it")
			return "", false
		}
		return path.Clean(strings.ReplaceAll(s, `\`, "/")), true
	}})
	k.shape.words = "a list of directories"
	return k
}
