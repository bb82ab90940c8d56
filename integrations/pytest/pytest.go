// Package pytest reads what pytest prints, in any of its styles of traceback,
// finds how a Python repository runs its tests, and narrows them to what a
// change can affect. It needs no plugin there, and asks pytest itself only of
// tasks that run already, never to find something.
package pytest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
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
	crashes []*failure          // of --tb=line, whose tests the summary names
	sources map[string][]string // the lines of files, for where tests are written
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

// mostFailures bounds what is remembered until the summary.
const mostFailures = 5000

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, task: t, files: place.NewFiles(t), byName: map[string]*failure{}, sources: map[string][]string{}}
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
	if strings.HasPrefix(line, "ImportError while loading conftest ") {
		r.section = reports
		r.turn(&failure{early: true})
		return true
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
		clear(r.sources)
		r.crashes = nil
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
	if marks == "" || strings.Trim(marks, ".FEsxXuR,-") != "" {
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
	r.fails = r.fails || strings.ContainsAny(marks, "FEu")
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
	if id, rest, ok := strings.Cut(line, " SUB"); ok { // SUBFAILED[custom] (i=1)  [ 50%]
		return r.subtest(id, rest)
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

// summed is "FAILED test_cart.py::test_total - assert 3 == 4".
func (r *reader) summed(line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	status, ok := statuses[word]
	if !ok {
		if strings.Contains(line, " in ") && line[0] >= '0' && line[0] <= '9' {
			r.section = outside // the last line of -q
		}
		if sub, failed := strings.CutPrefix(line, "SUBFAILED"); failed {
			return r.subtestSummed(sub)
		}
		return strings.HasPrefix(line, "SUBSKIP")
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
		if seen == nil {
			seen = r.crashed(message)
		}
		if seen != nil {
			t.Location, t.Output, t.Diff = seen.at, seen.lines.Spans(), seen.compared()
			if seen.message != "" && (t.Message == "" || strings.HasSuffix(t.Message, "...") || placeOnly(t.Message)) {
				t.Message = seen.message
			}
		}
		if t.Location.File == "" {
			if t.File != "" {
				t.Location = tasks.Location{File: t.File, Line: r.declared(t.File, t.Name)}
			}
		}
	}
	r.sink.Emit(tasks.TestReported{Test: t})
}
