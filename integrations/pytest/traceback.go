package pytest

import (
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// failure is what a traceback says.
type failure struct {
	message string
	at      tasks.Location
	lines   report.Lines
	diff    report.Diff
	indent  int // of what follows the "E" of its first line
	kind    kind
	early   bool // of what is read before there are tests
}

// kind is how a failure says what it is.
type kind int

const (
	told    kind = iota
	syntax       // E     File "cart.py", line 3, and the source, and what is wrong with it
	fixture      // file test_cart.py, line 3, and the source, and which fixture there is not
	native       // as Python itself prints a traceback
)

// report is a line of a traceback.
func (r *reader) report(line string) {
	if line[0] == '_' {
		if title, ok := ruled(line, '_'); ok && strings.Trim(title, "_ ") != "" {
			r.begin(title)
			return
		}
	}
	f := r.current
	if f == nil {
		r.crash(line)
		return
	}
	if text, ok := strings.CutPrefix(line, "E "); ok {
		r.said(f, text)
		return
	}
	if line == "Traceback (most recent call last):" {
		f.kind, f.message = native, "" // of several the last one
	}
	if rest, ok := strings.CutPrefix(line, `  File "`); ok {
		r.frame(f, rest)
		return
	}
	if line[0] == ' ' || line[0] == '>' {
		return
	}
	if f.kind == native && f.message == "" && !strings.HasPrefix(line, "Traceback ") {
		f.says(" " + line)
		return
	}
	// "test_cart.py:14: AssertionError", "test_cart.py:14: in test_total"
	if file, n, _, _, ok := place.Cut(line); ok && f.kind != syntax {
		if p, own := r.files.Own(file); own {
			f.at = tasks.Location{File: p, Line: n}
		}
	}
}

// said is what stands behind an E.
func (r *reader) said(f *failure, text string) {
	switch trimmed := strings.TrimSpace(text); {
	case f.message != "":
	case strings.HasPrefix(trimmed, `File "`):
		f.kind = syntax
		r.frame(f, trimmed[len(`File "`):])
		return
	case placeOnly(trimmed):
		f.kind = fixture
		return
	case f.kind == syntax && !isError(trimmed), f.kind == fixture && !strings.HasPrefix(trimmed, "fixture "):
		return // the source
	}
	f.says(text)
	if f.early {
		r.outside(f)
	}
}

// outside tells of what no test is to blame for.
func (r *reader) outside(f *failure) {
	if f.at.File != "" {
		r.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Location: f.at, Message: f.message, Line: -1}})
	}
	r.section = outside
	r.turn(nil)
}

// placeOnly is "file test_cart.py, line 3", which says nothing of what is wrong there.
func placeOnly(s string) bool {
	return strings.HasPrefix(s, "file ") && strings.Contains(s, ", line ")
}

// isError tells "SyntaxError: invalid syntax" from a line of source.
func isError(s string) bool {
	name, _, ok := strings.Cut(s, ": ")
	return ok && strings.HasSuffix(name, "Error") && !strings.ContainsAny(name, " ('\"")
}

// frame is `cart.py", line 3, in first`; the innermost own one counts.
func (r *reader) frame(f *failure, text string) {
	file, rest, ok := strings.Cut(text, `", line `)
	n, _, number := place.Number(rest)
	if p, own := r.files.Own(file); ok && number && own {
		f.at = tasks.Location{File: p, Line: n}
	}
}

// crash is "/shop/test_cart.py:6: assert 5 == 6", all that --tb=line says.
func (r *reader) crash(line string) {
	if line[0] == ' ' || line[0] == 'E' || len(r.crashes) >= mostFailures {
		return
	}
	if file, n, _, message, ok := place.Cut(line); ok {
		if p, own := r.files.Own(file); own {
			r.crashes = append(r.crashes, &failure{message: place.Clip(message), at: tasks.Location{File: p, Line: n}})
		}
	}
}

// crashed is the first of the crashes that says what the summary does.
func (r *reader) crashed(message string) *failure {
	begins := strings.TrimSuffix(place.Clip(message), "...")
	for i, f := range r.crashes {
		if begins != "" && strings.HasPrefix(f.message, begins) {
			r.crashes = slices.Delete(r.crashes, i, i+1)
			return f
		}
	}
	return nil
}

func (r *reader) begin(title string) {
	for _, p := range [...]string{"ERROR at setup of ", "ERROR at teardown of ", "ERROR collecting "} {
		title = strings.TrimPrefix(title, p)
	}
	f := &failure{}
	if len(r.byName) < mostFailures {
		r.byName[strings.Clone(title)] = f
	}
	r.turn(f)
}

// says takes a line that pytest marks with an E: first the message, below it
// what an assertion compared, where "-" is what was expected too.
//
//	E       AssertionError: assert 'a b' == 'a c'
//	E
//	E         - a c
//	E         ?   ^
//	E         + a b
func (f *failure) says(text string) {
	if f.message == "" {
		f.message = place.Clip(text)
		f.indent = len(text) - len(strings.TrimLeft(text, " ")) + len("  ")
		return
	}
	line, ok := strings.CutPrefix(text, strings.Repeat(" ", f.indent))
	if !ok || len(line) < 2 || line[1] != ' ' {
		return
	}
	switch line[0] {
	case '-', '+', ' ':
		f.diff.Add(line[0], line[2:])
	}
}

// compared is what the assertion compared; of two short values the message
// says it: "assert 5 == 6".
func (f *failure) compared() string {
	if diff := "\n" + f.diff.String(); !strings.Contains(diff, "\n-") && !strings.Contains(diff, "\n+") { // cut off before it differs
		_, values, ok := strings.Cut(f.message, "assert ")
		actual, expected, equal := strings.Cut(values, " == ")
		if ok && equal && !strings.Contains(values, "...") && !strings.Contains(expected, " == ") {
			f.diff.Reset()
			f.diff.Sides(expected, actual)
		}
	}
	return f.diff.String()
}
