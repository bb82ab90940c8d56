// Package pytest reads what pytest prints, in any of its styles of traceback,
// finds how a Python repository runs its tests, and narrows them to what a
// change can affect. It needs no plugin there, and asks pytest itself only of
// tasks that run already, never to find something.
package pytest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "pytest", Title: "Python", Marks: []string{"pyproject.toml", "pytest.ini", "setup.cfg"}, Below: integrations.Outermost,
		Detect: detect, Parse: parse, Narrow: narrow, Lacks: lacks,
	}
}

// reader follows one run.
//
//	=== test session starts ===
//	test_cart.py::test_total FAILED            with -v: reported at once
//	=== FAILURES ===
//	____ test_total ____                       whose traceback follows
//	E       assert 3 == 4                      what it says
//	test_cart.py:14: AssertionError            where; the innermost own frame counts
//	=== short test summary info ===
//	FAILED test_cart.py::test_total - assert   who: the file and the full name
//	=== 1 failed, 2 passed in 0.10s ===
type reader struct {
	sink    tasks.Sink
	task    tasks.Task
	files   *place.Files
	section section
	current *failure
	byName  map[string]*failure // "TestCart.test_first" -> its traceback
	n       int64               // the line in hand

	file   string // whose dots are printed
	passed bool   // one of its tests has
	fails  bool
}

type section int

const (
	outside section = iota
	session         // tests run
	reports         // tracebacks
	summary
)

// failure is what a traceback says.
type failure struct {
	message string
	at      tasks.Location
	lines   report.Lines
	diff    report.Diff
	indent  int // of what follows the "E" of its first line
}

// mostFailures bounds what is remembered until the summary.
const mostFailures = 5000

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, task: t, files: place.NewFiles(t), byName: map[string]*failure{}}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if line == "" {
		return r.section == reports
	}
	if line[0] == '=' {
		if title, ok := ruled(line, '='); ok {
			return r.enter(title)
		}
	}
	switch r.section {
	case session:
		return r.progress(line)
	case reports:
		r.report(line)
		return true
	case summary:
		return r.summed(line)
	}
	return r.noModule(line)
}

// ruled is the title in a line such as "=== FAILURES ===".
func ruled(line string, rule byte) (string, bool) {
	title := strings.Trim(line, string(rule))
	if len(title) < 3 || title[0] != ' ' || title[len(title)-1] != ' ' || len(line)-len(title) < 2 {
		return "", false
	}
	return strings.TrimSpace(title), true
}

func (r *reader) enter(title string) bool {
	before := r.section
	if before == session {
		r.endFile()
	}
	switch {
	case title == "test session starts":
		r.section = session
		clear(r.byName)
	case title == "FAILURES", title == "ERRORS":
		r.section = reports
	case title == "short test summary info":
		r.section = summary
	case before != outside && strings.Contains(title, " in "): // 1 failed, 2 passed in 0.10s
		r.section = outside
	case before != outside: // warnings summary, slowest durations, PASSES
		r.section = session
	default:
		return false
	}
	r.turn(nil)
	return true
}

// turn makes f the traceback that the next lines are of; nil: of none.
func (r *reader) turn(f *failure) {
	if r.current != nil {
		r.current.lines.Close(r.n)
	}
	if r.current = f; f != nil {
		f.lines.Open(r.n)
	}
}

// dots is "test_cart.py ..F.s    [ 25%]", a mark for each test, which may go on
// in the next lines. What a test printed meanwhile ends it.
func (r *reader) dots(line string) bool {
	text := line
	if i := strings.LastIndex(text, " ["); i > 0 && strings.HasSuffix(text, "%]") {
		text = text[:i]
	}
	text = strings.TrimRight(text, " ")
	file, marks, named := strings.Cut(text, " ")
	if !named {
		marks = text
	}
	if marks == "" || strings.Trim(marks, ".FEsxX") != "" {
		r.file = ""
		return false
	}
	if named {
		if !strings.HasSuffix(file, ".py") {
			return false
		}
		r.endFile()
		r.file, r.passed, r.fails = strings.Clone(file), false, false
	}
	r.passed = r.passed || strings.ContainsAny(marks, ".X")
	r.fails = r.fails || strings.ContainsAny(marks, "FE")
	return r.file != ""
}

// endFile tells of a file whose tests have all passed. Of another one the
// summary names those that failed.
func (r *reader) endFile() {
	if r.file != "" && r.passed && !r.fails {
		r.tell(r.file+"::"+tasks.WholeFile, tasks.TestPassed, "")
	}
	r.file = ""
}

// progress is "test_cart.py::test_total FAILED   [ 25%]" of -v, and of xdist
// "[gw0] [ 25%] FAILED test_cart.py::test_total".
func (r *reader) progress(line string) bool {
	i := strings.Index(line, "::")
	if i < 0 {
		return r.dots(line)
	}
	if line[0] == '[' {
		for word, status := range statuses {
			if _, id, ok := strings.Cut(line, " "+word+" "); ok {
				r.tell(strings.TrimSpace(id), status, "")
				return true
			}
		}
		return false
	}
	for word, status := range statuses {
		at := strings.LastIndex(line, " "+word)
		after := at + 1 + len(word)
		if at > i && (after == len(line) || line[after] == ' ') {
			r.tell(line[:at], status, "")
			return true
		}
	}
	return false
}

var statuses = map[string]tasks.TestStatus{
	"PASSED": tasks.TestPassed, "FAILED": tasks.TestFailed, "ERROR": tasks.TestFailed,
	"SKIPPED": tasks.TestSkipped, "XFAIL": tasks.TestSkipped, "XPASS": tasks.TestPassed,
}

// report is a line of a traceback.
func (r *reader) report(line string) {
	if line[0] == '_' {
		if title, ok := ruled(line, '_'); ok && strings.Trim(title, "_ ") != "" {
			r.begin(title)
			return
		}
	}
	if r.current == nil {
		return
	}
	if text, ok := strings.CutPrefix(line, "E "); ok {
		r.current.says(text)
		return
	}
	if line[0] == ' ' || line[0] == '>' {
		return
	}
	// "test_cart.py:14: AssertionError", "test_cart.py:14: in test_total"
	if file, n, _, _, ok := place.Cut(line); ok {
		if p, own := r.files.Own(file); own {
			r.current.at = tasks.Location{File: p, Line: n}
		}
	}
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
	if f.diff.Lines() == 0 {
		_, values, ok := strings.Cut(f.message, "assert ")
		actual, expected, equal := strings.Cut(values, " == ")
		if ok && equal && !strings.Contains(values, "...") && !strings.Contains(expected, " == ") {
			f.diff.Sides(expected, actual)
		}
	}
	return f.diff.String()
}

// summed is "FAILED test_cart.py::test_total - assert 3 == 4".
func (r *reader) summed(line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	status, ok := statuses[word]
	if !ok {
		if strings.Contains(line, " in ") && line[0] >= '0' && line[0] <= '9' {
			r.section = outside // the last line of -q
		}
		return strings.HasPrefix(line, "SUBFAIL")
	}
	if status == tasks.TestSkipped { // "SKIPPED [1] test_cart.py:30: reason": no name
		return true
	}
	id, message := cutID(rest)
	r.tell(id, status, message)
	return true
}

// cutID splits "path::name[a - b] - message".
func cutID(s string) (id, message string) {
	from := 0
	if open := strings.IndexByte(s, '['); open >= 0 && !strings.Contains(s[:open], " - ") {
		if end := strings.Index(s[open:], "] - "); end >= 0 {
			from = open + end
		} else if strings.HasSuffix(s, "]") {
			return s, ""
		}
	}
	if i := strings.Index(s[from:], " - "); i >= 0 {
		return s[:from+i], strings.TrimSpace(s[from+i+3:])
	}
	return s, ""
}

// titled is a test's name as its traceback has it: "TestCart.test_first[a::b]".
func titled(name string) string {
	name, params, parametrized := strings.Cut(name, "[")
	name = strings.ReplaceAll(name, "::", ".")
	if parametrized {
		name += "[" + params
	}
	return name
}

// tell reports a test by its id: "tests/test_cart.py::TestCart::test_first".
func (r *reader) tell(id string, status tasks.TestStatus, message string) {
	file, name, ok := strings.Cut(strings.TrimSpace(id), "::")
	seen := r.byName[titled(name)]
	if !ok { // a file that can't be imported
		if !strings.HasSuffix(file, ".py") {
			return
		}
		name, seen = "(collection)", r.byName[file]
	}
	if file == "" || name == "" {
		return
	}
	t := tasks.TestResult{Suite: strings.Clone(file), Name: strings.Clone(name), Separator: "::", Status: status, Line: -1}
	t.File, _ = r.files.Find(file)
	if status == tasks.TestFailed {
		t.Message = place.Clip(message)
		if seen != nil {
			t.Location, t.Output, t.Diff = seen.at, seen.lines.Spans(), seen.compared()
			if seen.message != "" && (t.Message == "" || strings.HasSuffix(t.Message, "...")) {
				t.Message = seen.message
			}
		}
		if t.Location.File == "" {
			if t.File != "" {
				t.Location = tasks.Location{File: t.File, Line: 1}
			}
		}
	}
	r.sink.Emit(tasks.TestReported{Test: t})
}
