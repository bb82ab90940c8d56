// Package unittest reads what Python's own unittest prints: each result with -v, and
// of every failure its traceback. It never runs Python; without -v a test that passes
// is a dot that names nobody.
package unittest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "unittest", Title: "Python's unittest", Parse: parse}
}

// reader follows one run.
//
//	test_total (tests.test_cart.TestCart.test_total) ... ok     with -v; what the test
//	test_empty (tests.test_cart.TestCart.test_empty)            prints, and the first line
//	An empty cart costs nothing. ... FAIL                       of its text, come between
//	======================================================================
//	FAIL: test_empty (tests.test_cart.TestCart.test_empty)
//	An empty cart costs nothing.
//	----------------------------------------------------------------------
//	Traceback (most recent call last):
//	  File "tests/test_cart.py", line 14, in test_empty         the innermost own frame
//	AssertionError: 0 != 1                                      what it says
//	----------------------------------------------------------------------
//	Ran 11 tests in 0.002s
type reader struct {
	sink  tasks.Sink
	files *place.Files
	n     int64 // the line in hand

	on      bool // something was its own already
	stage   stage
	pending *tasks.TestResult // a test that was named and has no result yet
	current *failure
}

type stage int

const (
	outside stage = iota
	titled        // below a double rule: who failed
	heading       // below that: its text
	tracing       // its traceback
	closing       // below a rule that may end all of them
	summary
)

// failure is one whose traceback is read.
type failure struct {
	tasks.TestResult
	lines report.Lines
	diff  report.Diff
	// said: the message stands, and what was compared may follow; differs: it does;
	// over: what the test printed follows; grouped: it is several at once, of which the
	// first is told too.
	said, differs, over, grouped bool
}

const (
	double = "======================================================================"
	single = "----------------------------------------------------------------------"
)

// separator stands between a class and its tests.
const separator = "::"

// longest is no line of unittest's own.
const longest = 2000

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	switch {
	case line == double:
		r.end()
		r.stage = titled
		return r.on
	case r.stage == titled:
		return r.title(line)
	case r.stage == heading:
		if line == single {
			r.stage = tracing
		}
		return true
	case r.stage == tracing && line == single:
		r.stage = closing
		return true
	case r.stage == closing:
		if strings.HasPrefix(line, "Ran ") {
			r.end()
			r.stage = summary
			return true
		}
		r.stage = tracing // the rule was part of what it says
		r.trace(line)
		return true
	case r.stage == tracing:
		r.trace(line)
		return true
	case r.stage == summary && line != "":
		r.stage = outside
		if strings.HasPrefix(line, "FAILED (") || line == "OK" || strings.HasPrefix(line, "OK (") || strings.HasPrefix(line, "NO TESTS") {
			return true
		}
	case r.on && strings.HasPrefix(line, "Ran ") && strings.Contains(line, " in "):
		r.stage = summary
		return true
	}
	return r.progress(line)
}

// title is "FAIL: test_empty (tests.test_cart.TestCart.test_empty)" below a rule.
func (r *reader) title(line string) bool {
	r.stage = outside
	kind, rest, ok := strings.Cut(line, ": ")
	if !ok || kind != "FAIL" && kind != "ERROR" && kind != "UNEXPECTED SUCCESS" {
		return r.progress(line)
	}
	t, more, ok := r.head(rest)
	if !ok {
		return false
	}
	t.Name += subtest(more)
	t.Status = tasks.TestFailed
	f := &failure{TestResult: t}
	if kind == "UNEXPECTED SUCCESS" {
		f.Message, f.said = unexpected, true
	}
	f.lines.Open(r.n)
	r.on, r.current, r.stage = true, f, heading
	if kind == "UNEXPECTED SUCCESS" {
		r.stage = tracing // nothing is told of it
	}
	r.tell()
	return true
}

// unexpected is what there is to say of a test that passes in spite of expectedFailure.
const unexpected = "it passed, and was expected to fail"

// tell reports the failure in hand, as far as it is known.
func (r *reader) tell() {
	t := r.current.TestResult
	t.Output, t.Diff = r.current.lines.Spans(), r.current.diff.String()
	if t.Location.File == "" && t.File != "" {
		t.Location = tasks.Location{File: t.File, Line: 1}
	}
	r.sink.Emit(tasks.TestReported{Test: t})
}

func (r *reader) end() {
	if r.current == nil {
		return
	}
	r.current.lines.Close(r.n)
	r.tell()
	r.current = nil
}

// trace is a line of a traceback, or of what stands below it.
func (r *reader) trace(line string) {
	f := r.current
	if f == nil || f.over {
		return
	}
	if after, ok := strings.CutPrefix(line, "  + Exception Group "); ok {
		f.grouped, line = true, after
	} else if f.grouped {
		f.group(r.files, line)
		if line, ok = strings.CutPrefix(line, "  | "); !ok {
			return
		}
	}
	if strings.HasPrefix(line, "Traceback (most recent call last)") { // also of an exception while another was handled
		f.said, f.differs = false, false
		f.diff.Reset()
		return
	}
	if after, ok := strings.CutPrefix(line, `  File "`); ok && !f.said {
		file, rest, _ := strings.Cut(after, `", line `)
		n, _, number := place.Number(rest)
		if p, own := r.files.Own(file); own && number {
			f.Location = tasks.Location{File: p, Line: n}
		}
		return
	}
	switch {
	case line == "Stdout:" || line == "Stderr:":
		f.over = true
	case line == "" || !f.said && line[0] == ' ':
	case !f.said:
		f.said, f.Message = true, place.Clip(line)
		f.sides(line)
		r.tell()
	case strings.HasPrefix(line, "- "), strings.HasPrefix(line, "+ "), strings.HasPrefix(line, "  "):
		f.compared(line)
	}
}

// group is a line of an exception group below its own message: of the exceptions in
// it, which stand deeper, the first is what a person looks for.
func (f *failure) group(files *place.Files, line string) {
	line, deeper := strings.CutPrefix(line, "    | ")
	if after, ok := strings.CutPrefix(line, `  File "`); ok && deeper {
		file, rest, _ := strings.Cut(after, `", line `)
		n, _, number := place.Number(rest)
		if p, own := files.Own(file); own && number {
			f.Location = tasks.Location{File: p, Line: n}
		}
		return
	}
	if deeper && f.said && line != "" && line[0] != ' ' && !strings.HasPrefix(line, "Traceback (") {
		f.Message, f.grouped, f.over = place.Clip(f.Message+": "+line), false, true
	}
}

// sides are two short values: "AssertionError: 0 != 1". unittest says the one that
// is there first.
func (f *failure) sides(message string) {
	_, values, ok := strings.Cut(message, "AssertionError: ")
	actual, expected, differ := strings.Cut(values, " != ")
	if !ok || !differ || strings.Contains(expected, " != ") || strings.HasPrefix(values, "Lists differ") {
		return
	}
	expected, _, _ = strings.Cut(expected, " : ")
	f.diff.Sides(expected, actual)
}

// compared is a line of the difference of longer values, which takes the place of
// what the message says of them. "- " is what is there.
func (f *failure) compared(line string) {
	if !strings.HasPrefix(f.Message, "AssertionError") {
		return
	}
	if !f.differs {
		f.differs = true
		f.diff.Reset()
	}
	sign := line[0]
	switch sign {
	case '-':
		sign = '+'
	case '+':
		sign = '-'
	}
	f.diff.Add(sign, line[2:])
}
