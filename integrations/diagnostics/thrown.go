package diagnostics

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// begins is "/shop/src/cart.js:12" alone, with which Node begins to say what nobody
// has caught:
//
//	file:///shop/src/cart.js:12
//	  throw new Error('no stock');
//	        ^
//
//	Error: no stock
func (r *reader) begins(line string) bool {
	if i := strings.LastIndexByte(line, ':'); i < 0 || !plausible(line[:i]) {
		return false
	}
	file, n, column, _, ok := place.Cut(line)
	p, own := "", false
	if ok && column == 0 {
		p, own = r.files.Own(file)
	}
	if own {
		r.thrown, r.after = tasks.Location{File: p, Line: n}, 0
	}
	return own
}

// throws says whether a line below that is the caret, or what was thrown.
func (r *reader) throws(line string) bool {
	r.after++
	switch caret := strings.TrimRight(line, "^"); {
	case r.after == 1: // the source
		return false
	case caret != line && strings.TrimLeft(caret, " \t") == "":
		r.thrown.Column = len(caret) + 1
		return true
	}
	at := r.thrown
	r.thrown = tasks.Location{}
	class, _, _ := strings.Cut(line, ":")
	class, _, _ = strings.Cut(class, " ") // AssertionError [ERR_ASSERTION]
	return strings.HasSuffix(class, "Error") && r.emit(at, tasks.Error, line, "")
}

// dies is "no prices at t/cart.t line 3." of Perl, as is what it can't compile.
func (r *reader) dies(line string) bool {
	said, number, ok := cutLast(strings.TrimSuffix(line, "."), " line ")
	message, file, at := cutLast(said, " at ")
	n, rest, whole := place.Number(number)
	return ok && at && whole && rest == "" && line[0] != '#' && r.report(file, n, 0, message)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// rustPanic is "thread 'main' panicked at src/lib.rs:10:9:"; what it says follows.
func (r *reader) rustPanic(line string) bool {
	_, at, ok := strings.Cut(line, " panicked at ")
	file, l, column, _, cut := place.Cut(at)
	if !ok || !cut {
		return false
	}
	p, own := r.files.Own(file)
	if own {
		r.panicked = tasks.Location{File: p, Line: l, Column: column}
	}
	return own
}

// annotation is "error file=a.go,line=3,col=2::message" of GitHub's runners.
func (r *reader) annotation(text string) bool {
	head, message, ok := strings.Cut(text, "::")
	if !ok {
		return false
	}
	kind, properties, _ := strings.Cut(head, " ")
	var severity tasks.Severity
	switch kind {
	case "error":
		severity = tasks.Error
	case "warning":
		severity = tasks.Warning
	case "notice":
		severity = tasks.Info
	default:
		return false
	}
	var at tasks.Location
	for property := range strings.SplitSeq(properties, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(property), "=")
		switch key {
		case "file":
			at.File, _ = r.files.Find(unescape(value))
		case "line":
			at.Line, _, _ = place.Number(value)
		case "col":
			at.Column, _, _ = place.Number(value)
		}
	}
	if at.File == "" {
		return false
	}
	message = unescape(message)
	if file, line, _, said, ok := place.Cut(message); ok && line == at.Line && strings.HasSuffix(at.File, file) {
		message = said // ruff says the place once more
	}
	message, _, _ = strings.Cut(message, "\n  help: ")
	_, code, message := understand(message)
	return r.emit(at, severity, message, code)
}

// unescape undoes what GitHub's runners ask for.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return strings.NewReplacer("%0A", "\n", "%0D", "", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
}
