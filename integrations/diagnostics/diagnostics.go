// Package diagnostics finds what compilers, linters and interpreters say about
// a place in a file, in the forms that the common tools print. A place counts
// only when it is a file of the workspace, so that no line of a log is mistaken
// for one.
package diagnostics

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "diagnostics", Title: "file:line: message", Parse: parse}
}

// reader follows one run. It keeps the last lines that a place may belong to:
//
//	cart.go:12:3: undefined: x              plain
//	src/a.ts(4,7): error TS2322: no         bracketed
//	error[E0425]: cannot find x             previous
//	 --> src/lib.rs:2:5                         and arrow
//	  = note: `#[warn(clippy::ptr_arg)]`        and rule, which is told with all of it again
//	[PARSE_ERROR] Unexpected token          previous
//	   ╭─[ vitest.config.ts:4:10 ]               and box
//	/shop/src/a.js                          heading
//	  3:5  error  no such thing  no-undef       and row
//	Traceback (most recent call last):      trace
//	  File "cart.py", line 3, in first
//	IndexError: out of range
type reader struct {
	sink     tasks.Sink
	files    *place.Files
	said     map[string]bool // what was reported, in its exact words
	previous string          // the line before, unless it was blank
	heading  string          // the last line that is not indented
	tracing  bool
	place    tasks.Location // of a traceback: its innermost own frame so far
	panicked tasks.Location // of Rust: the message is on the next line
	// unnamed is a problem below which its tool (of Rust, mypy) may say what rule it is of.
	unnamed *tasks.Diagnostic
	thrown  tasks.Location // of Node: the source, a caret and the error follow
	after   int            // lines since then
}

// mostSaid is more than a person reads.
const mostSaid = 2000

// What is looked at: longer lines are not for people, and a place stands early.
const (
	longest  = 4096
	reaching = 512
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t), said: map[string]bool{}}
	return r.line
}

func (r *reader) line(_ int64, line string) bool {
	if line != "" && (line[0] == '{' || line[0] == '[') && r.document(line) {
		r.previous, r.unnamed = "", nil
		return true
	}
	if line == "" || len(line) > longest {
		r.previous, r.unnamed = "", nil
		return false
	}
	own := r.read(line)
	r.previous = line
	if line[0] != ' ' && line[0] != '\t' {
		r.heading = line
	}
	return own
}

func (r *reader) read(line string) bool {
	if r.panicked.File != "" {
		at := r.panicked
		r.panicked = tasks.Location{}
		return r.emit(at, tasks.Error, line, "")
	}
	if r.thrown.File != "" && r.throws(line) {
		return true
	}
	switch line[0] {
	case '[':
		if r.unnamed != nil && strings.HasSuffix(line, "]") && r.wrapped(line[1:len(line)-1]) {
			return true
		}
	case '>':
		if text, ok := strings.CutPrefix(line, ">>> referenced by "); ok {
			return r.linked(text)
		}
	case ' ', '\t':
		return r.indented(line)
	case ':':
		if strings.HasPrefix(line, "::") {
			return r.annotation(line[2:])
		}
	case 'T':
		if strings.HasPrefix(line, "Traceback (most recent call last)") {
			r.tracing, r.place = true, tasks.Location{}
			return true
		}
	case 't':
		if strings.HasPrefix(line, "thread '") && r.rustPanic(line) {
			return true
		}
	}
	if r.tracing { // the line below the frames is the exception
		r.tracing = false
		if r.place.File != "" {
			return r.emit(r.place, tasks.Error, line, "")
		}
	}
	switch c := line[len(line)-1]; {
	case c == ')' && r.told(line), c == '.' && r.dies(line), c >= '0' && c <= '9' && r.begins(line):
		return true
	}
	return r.plain(line)
}

// told is "ERROR: /shop/pyproject.toml: Expected ']' (at line 9, column 13)", as
// Python says what is wrong with a TOML file, and who reads one by it.
func (r *reader) told(line string) bool {
	message, at, ok := strings.Cut(line[:len(line)-1], " (at line ")
	n, rest, number := place.Number(at)
	after, told := strings.CutPrefix(rest, ", column ")
	if !ok || !number || !told {
		return false
	}
	column, _, _ := place.Number(after)
	file, message, ok := strings.Cut(strings.TrimPrefix(message, "ERROR: "), ": ")
	return ok && r.report(file, n, column, message)
}

// indented lines belong to one above.
func (r *reader) indented(line string) bool {
	text := strings.TrimLeft(line, " \t")
	if text == "" {
		return false
	}
	switch text[0] {
	case '-':
		if after, ok := strings.CutPrefix(text, "--> "); ok && r.previous != "" {
			return r.arrow(after)
		}
	case boxed[0]:
		if after, ok := strings.CutPrefix(text, boxed); ok && r.previous != "" && r.box(after) {
			return true
		}
	case '=':
		if r.unnamed != nil && r.rule(text) {
			return true
		}
	case 'F':
		if after, ok := strings.CutPrefix(text, `File "`); ok {
			return r.frame(after)
		}
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.row(text)
	}
	if r.tracing {
		return true // the source line of a frame
	}
	return r.plain(line)
}

// plain is "file:12:3: message", "file:12:3 - message" of tsc, or
// "file(12,3): message" of tsc and MSVC.
func (r *reader) plain(line string) bool {
	head := line[:min(len(line), reaching)]
	i := strings.IndexByte(head, ':')
	if i < 0 {
		return false
	}
	if b := strings.IndexByte(head[:i], '('); b > 0 {
		if l, column, message, ok := bracketed(line[b+1:]); ok && r.report(line[:b], l, column, message) {
			return true
		}
	}
	for i >= 0 && i+1 < len(head) {
		switch c := head[i+1]; {
		case c == '(' && strings.HasPrefix(line[i:], ":(.") && r.unlinked(line[:i], line[i:]):
			return true
		case c == ' ' && strings.HasPrefix(line[i:], ": line ") && r.compact(line[:i], line[i+len(": line "):]):
			return true
		case c >= '0' && c <= '9':
			if l, column, message, ok := numbered(line[i+1:]); ok && r.report(line[:i], l, column, message) {
				return true
			}
		}
		next := strings.IndexByte(head[i+1:], ':')
		if next < 0 {
			break
		}
		i += next + 1
	}
	return false
}

// numbered reads "12:3: message", "12: message", "12:3 - message", and where the end
// is told, too, "12:3:12:8: message".
func numbered(s string) (line, column int, message string, ok bool) {
	line, rest, ok := place.Number(s)
	if !ok {
		return 0, 0, "", false
	}
	if after, more := strings.CutPrefix(rest, ":"); more {
		if c, behind, number := place.Number(after); number {
			column, rest = c, behind
			for range 2 { // to where
				if _, behind, number := place.Number(strings.TrimPrefix(rest, ":")); number && rest[0] == ':' {
					rest = behind
				}
			}
		}
	}
	if message, ok = strings.CutPrefix(rest, ": "); ok {
		return line, column, message, true
	}
	message, ok = strings.CutPrefix(rest, " - ")
	return line, column, message, ok
}

// bracketed reads "12,3): message" and "12): message".
func bracketed(s string) (line, column int, message string, ok bool) {
	line, rest, ok := place.Number(s)
	if !ok {
		return 0, 0, "", false
	}
	if after, more := strings.CutPrefix(rest, ","); more {
		column, rest, _ = place.Number(after)
	}
	message, ok = strings.CutPrefix(rest, "): ")
	return line, column, message, ok
}

// arrow is "src/lib.rs:2:5" below the message it is about (rustc, ruff).
func (r *reader) arrow(text string) bool {
	file, line, column, _, ok := place.Cut(text)
	return ok && r.report(file, line, column, r.previous)
}

// boxed begins the drawing of a place.
const boxed = "╭─["

// box is " vitest.config.ts:4:10 ]" below the message it is about, which may follow
// its kind in capitals (rolldown, and with it vite and vitest) or a sign (oxlint).
func (r *reader) box(text string) bool {
	text, _, ok := strings.Cut(text, "]")
	if !ok {
		return false
	}
	message := strings.TrimSpace(r.previous)
	if i := strings.LastIndexByte(message, '['); i >= 0 {
		if kind, rest, named := strings.Cut(message[i+1:], "] "); named && !strings.Contains(kind, " ") && kind == strings.ToUpper(kind) {
			message = rest
		}
	}
	if rest, warns := strings.CutPrefix(message, "⚠ "); warns {
		message = "warning: " + rest
	}
	file, line, column, _, ok := place.Cut(strings.TrimSpace(text))
	return ok && r.report(file, line, column, strings.TrimPrefix(message, "× "))
}

// frame is `cart.py", line 3, in first`; without a traceback above, as of a
// syntax error, it begins one.
func (r *reader) frame(text string) bool {
	file, rest, ok := strings.Cut(text, `", line `)
	line, _, number := place.Number(rest)
	if !ok || !number {
		return r.tracing
	}
	if !r.tracing {
		r.tracing, r.place = true, tasks.Location{}
	}
	if p, own := r.files.Own(file); own {
		r.place = tasks.Location{File: p, Line: line}
	}
	return true
}

// row is "3:5  error  message  rule" below the file it is about (eslint, stylelint).
func (r *reader) row(text string) bool {
	line, rest, _ := place.Number(text)
	after, ok := strings.CutPrefix(rest, ":")
	column, rest, number := place.Number(after)
	if !ok || !number || line == 0 || !strings.HasPrefix(rest, " ") {
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	word, message, ok := strings.Cut(rest, " ")
	severity := tasks.Error
	switch word {
	case "error", "✖", "×":
	case "warning", "⚠", "‼":
		severity = tasks.Warning
	default:
		return false
	}
	p, found := r.files.Own(strings.TrimSpace(r.heading))
	if !ok || !found {
		return false
	}
	code := ""
	message = strings.TrimSpace(message)
	if i := strings.LastIndex(message, "  "); i > 0 {
		message, code = strings.TrimSpace(message[:i]), strings.TrimSpace(message[i:])
	}
	return r.emit(tasks.Location{File: p, Line: line, Column: column}, severity, message, code)
}
