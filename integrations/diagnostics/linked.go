package diagnostics

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// unlinked is "link.c:(.text+0xa): undefined reference to `total'" of ld, which knows
// the line only where it is told by -g.
func (r *reader) unlinked(file, rest string) bool {
	_, message, ok := strings.Cut(rest, "): ")
	p, own := r.files.Own(strings.TrimSpace(file[strings.LastIndexByte(file, ' ')+1:]))
	return ok && own && r.emit(tasks.Location{File: p}, tasks.Error, message, "")
}

// linked is "link.c:2 (/shop/link.c:2)", or without -g "link.c", below what lld or
// mold has to say of it.
func (r *reader) linked(text string) bool {
	_, message, ok := strings.Cut(r.previous, "error: ")
	if !ok {
		return false
	}
	text, _, _ = strings.Cut(text, " (")
	if file, line, _, _, placed := place.Cut(text); placed {
		return r.report(file, line, 0, message)
	}
	p, own := r.files.Own(text)
	return own && r.emit(tasks.Location{File: p}, tasks.Error, message, "")
}

// compact is "3, col 5, Error - 'x' is not defined. (no-undef)" behind a file and
// "line", as eslint and jshint say it.
func (r *reader) compact(file, text string) bool {
	line, rest, ok := place.Number(text)
	rest, more := strings.CutPrefix(rest, ", col ")
	column, rest, number := place.Number(rest)
	message, said := strings.CutPrefix(rest, ", ")
	if !ok || !more || !number || !said {
		return false
	}
	if word, text, ok := strings.Cut(message, " - "); ok && (word == "Error" || word == "Warning" || word == "Info") {
		message = strings.ToLower(word) + ": " + text
	}
	return r.report(file, line, column, message)
}

// wrapped is the rule of what mypy --pretty says, where it has a line of its own.
func (r *reader) wrapped(rule string) bool {
	if !strings.HasSuffix(r.unnamed.Location.File, ".py") || !isRule(rule) {
		return false
	}
	d := *r.unnamed
	d.Code, r.unnamed = strings.Clone(rule), nil
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: d})
	return true
}
