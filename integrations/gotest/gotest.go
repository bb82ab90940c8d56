// Package gotest reads what `go test`, `go build` and `go vet` print, as text or
// with -json, finds what a Go module can run, and narrows its runs to what a
// change can affect. It asks the go command itself only of tasks that run
// already, never to find something.
package gotest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "gotest", Title: "Go", Marks: []string{"go.mod"}, Below: integrations.Anywhere, Detect: detect, Parse: parse, Narrow: narrow, Live: live}
}

// reader follows one run. Text comes one package after the other; the events
// of -json name theirs, and come mixed.
//
//	line ──┬─ {"Action":...} ── output of its package ─┐
//	       └─ text ──────────── output in hand ────────┴─ message, crash, compiled ─> Emit
type reader struct {
	sink    tasks.Sink
	sources *sources
	text    *output
	json    map[string]*output
	said    map[string]bool // diagnostics, which are printed once a build
	n       int64           // the line in hand
	live    bool            // the log has text, and these are the events that it is made of

	measures int // numbers told
}

func parse(t tasks.Task, s tasks.Sink) integrations.Reader { return newReader(t, s).line }

func newReader(t tasks.Task, s tasks.Sink) *reader {
	r := &reader{sink: s, sources: newSources(t), json: map[string]*output{}, said: map[string]bool{}}
	r.text = r.newOutput("")
	return r
}

func (r *reader) line(n int64, line string) bool {
	if line == "" {
		return false
	}
	r.n = n
	if line[0] != '{' {
		line = line[timeoutAt(line):]
	}
	switch line[0] {
	case '{':
		if isEvent(line) && r.event(line) {
			return true
		}
	case '=', '-', '#', 'F', 'P', 'W', 'B', 'o', 'p', 'f', 'c':
		// What any line of interest begins with when nothing is in hand.
	default:
		if !r.text.busy() {
			r.text.printedLast(line)
			return false
		}
	}
	own := r.text.line(line)
	if !own {
		r.text.printedLast(line)
	}
	return own
}

// output is what one package prints.
type output struct {
	*reader
	pkg      string // its import path; text says it at the end only
	events   string // the same when it comes as events
	dir      string // of the package, known or concluded from its tests
	tests    map[string]*test
	held     []*test // not reported: which package they are of is open
	current  *test   // whose output the next lines are
	crash    *crash
	race     *crash
	building bool   // lines of the compiler follow
	partial  string // of -json: a line that goes on
	marked   bool   // "=== RUN" and the like say whose the lines are
	coverage float64
	covered  bool              // coverage is known
	failing  bool              // one of its tests has failed
	leaf     *test             // the last of them that did so by itself
	last     string            // what it printed last that says why it failed
	died     *tasks.Diagnostic // a crash of no test, told when the package has failed of it
	importer string            // a package whose imports follow
}

func (r *reader) newOutput(pkg string) *output {
	o := &output{reader: r, pkg: pkg, tests: map[string]*test{}}
	if pkg != "" {
		o.dir, _ = r.sources.dirOf(pkg)
	}
	return o
}

func (o *output) busy() bool {
	return o.current != nil || o.crash != nil || o.building || o.importer != ""
}

// line is one as `go test` prints it as text.
func (o *output) line(line string) bool {
	if o.crash != nil && o.stackLine(line) {
		return true
	}
	trimmed := strings.TrimLeft(line, " ")
	switch {
	case strings.HasPrefix(trimmed, "=== "):
		if o.mark(trimmed) {
			return true
		}
	case strings.HasPrefix(trimmed, "--- "):
		if o.result(trimmed) {
			return true
		}
	case strings.HasPrefix(line, "FAIL\t"), strings.HasPrefix(line, "ok  \t"):
		_, rest, _ := strings.Cut(line, "\t")
		pkg := strings.TrimSpace(firstWord(rest))
		o.cover(pkg, rest)
		if line[0] == 'o' && len(o.tests) == 0 {
			o.passed(pkg, rest)
		}
		o.close(pkg, line[0] == 'F' && !strings.HasSuffix(rest, " failed]"), rest)
		return true
	case line == "FAIL" || line == "PASS":
		known := len(o.tests) > 0
		o.turn(nil)
		return known
	case strings.HasPrefix(line, "# "):
		if o.heading(line) {
			return true
		}
	case o.notBuilt(line):
		return true
	case o.beginsCrash(line), o.measured(line):
		return true
	}
	switch {
	case o.building:
		return o.compiled(line)
	case o.current != nil:
		// A program that prints no newline has the result on its last line.
		if i := strings.Index(line, "--- "); i > 0 && o.result(line[i:]) {
			return true
		}
		if !o.marked && line[0] != ' ' && line[0] != '\t' && o.current.label != "got:" && o.current.label != "want:" && !isExampleLabel(line) {
			o.turn(nil) // printed by a test that has not ended yet
			return false
		}
		o.message(o.current, line)
		o.printedLast(strings.TrimSpace(line))
		return true
	}
	return false
}

// mark is "=== RUN   TestX", and gotestsum's "=== FAIL: cart TestX (0.00s)".
func (o *output) mark(line string) bool {
	words := strings.Fields(line)
	if len(words) < 3 {
		return false
	}
	switch words[1] {
	case "RUN", "CONT", "NAME", "PAUSE":
		if !isTest(words[2]) {
			return false
		}
		o.building, o.marked = false, true
		o.turn(o.begin(words[2]))
		if words[1] == "PAUSE" {
			o.turnAt(nil, o.n+1)
		}
		return true
	case "FAIL:", "SKIP:":
		o.marked = true
		return len(words) > 3 && o.result("--- "+words[1]+" "+strings.Join(words[3:], " "))
	}
	return false
}

// result is "--- FAIL: TestX (0.01s)". Without -v its messages come after it.
func (o *output) result(line string) bool {
	outcome, rest, ok := strings.Cut(line[len("--- "):], ": ")
	status, known := outcomes[strings.ToLower(outcome)]
	name := firstWord(rest)
	if !ok || !known || !isTest(name) {
		return false
	}
	o.building = false
	t := o.begin(name)
	if t == nil {
		return true
	}
	t.Duration = duration(strings.TrimPrefix(rest, name))
	o.turn(t)
	if status != tasks.TestFailed {
		t.lines.Close(o.n + 1) // a failed one says why below
	}
	o.end(t, status)
	return true
}

// heading is "# package" or "# [package]" above what the compiler says.
func (o *output) heading(line string) bool {
	name := firstWord(strings.TrimPrefix(line, "# "))
	name = strings.Trim(name, "[]")
	dir, ok := o.sources.dirOf(name)
	if !ok {
		return false
	}
	o.building = true
	o.turn(nil)
	if o.pkg == "" {
		o.dir = dir
	}
	return true
}

// close ends the package in hand: all tests since the last one were its own.
func (o *output) close(pkg string, failed bool, rest string) {
	o.endCrash()
	o.turn(nil)
	dir, known := o.sources.dirOf(pkg)
	if known {
		o.settle(dir)
	}
	o.release(pkg)
	if failed && pkg != "" {
		o.failed(pkg, took(rest))
	}
	*o = *o.newOutput("")
}

// failed tells of a package that did not end as its tests did: those that were
// running have ended with it; where none was, the package itself has failed, as by
// os.Exit in TestMain or a panic of an init.
func (o *output) failed(pkg string, took time.Duration) {
	for _, name := range slices.Sorted(maps.Keys(o.tests)) {
		if t := o.tests[name]; t.Status == tasks.TestRunning {
			if t.Message = "did not finish"; o.last != "" {
				t.Message = place.Clip("did not finish: " + o.last)
			}
			if !o.live {
				t.lines.Close(o.n)
			}
			o.end(t, tasks.TestFailed)
		}
	}
	if o.failing {
		return
	}
	t := o.whole(pkg, tasks.TestFailed)
	t.Duration, t.Message = took, place.Clip(o.last)
	switch d := o.died; {
	case d != nil:
		t.Message, t.Location = d.Message, d.Location
	case t.Message == "":
		t.Message = "it failed, and none of its tests has"
	}
	o.sink.Emit(tasks.TestReported{Test: t})
}

// printedLast remembers what says why a package failed, if nothing else does.
func (o *output) printedLast(line string) {
	if strings.HasPrefix(line, "go: ") || line == "FAIL" || line == "PASS" || o.last != "" && strings.HasPrefix(line, "exit status ") {
		return
	}
	o.last = line
}

// whole is the result of a package.
func (o *output) whole(pkg string, status tasks.TestStatus) tasks.TestResult {
	t := tasks.TestResult{Suite: strings.Clone(pkg), Name: tasks.WholeFile, Status: status, Line: -1}
	if dir, ok := o.sources.dirOf(pkg); ok {
		t.Suite = o.sources.suite(dir)
	}
	return t
}

// passed tells of a package that passed without a word of its tests: without -v
// only those that fail are named.
func (o *output) passed(pkg, rest string) {
	if pkg == "" || strings.HasSuffix(rest, "[no tests to run]") {
		return
	}
	t := o.whole(pkg, tasks.TestPassed)
	t.Duration = took(rest)
	o.sink.Emit(tasks.TestReported{Test: t})
}

// took is the time behind a package's name, if it is not (cached).
func took(rest string) time.Duration {
	words := strings.Fields(rest)
	if len(words) < 2 {
		return 0
	}
	d, err := time.ParseDuration(words[1])
	if err != nil {
		return 0
	}
	return d
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i]
	}
	return s
}

// isTest tells a test's name from any other word.
func isTest(s string) bool {
	for _, p := range [...]string{"Test", "Benchmark", "Example", "Fuzz"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
