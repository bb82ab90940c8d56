package gotest

import (
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// test is one of a package, as far as its output tells.
type test struct {
	tasks.TestResult
	held  bool
	again bool // it failed, and runs once more: -count, -cpu
	said  rank
	label string // what the next lines belong to: "Error:" of testify, "got:" of an example
	more  int    // how many lines the label may still take
	where unplaced
	lines report.Lines
	diff  report.Diff
	// Of the comparison in hand: how far its lines are indented, whether what was
	// expected stands behind its "+", and which sides the message has already.
	indent  int
	flipped bool
	quoted  string
	led     tasks.Location // where Line leads to
}

// unplaced is a place in a package that is not known yet.
type unplaced struct {
	file string
	line int
}

// outcomes are the words of text and events, in lower case.
var outcomes = map[string]tasks.TestStatus{"pass": tasks.TestPassed, "fail": tasks.TestFailed, "skip": tasks.TestSkipped, "bench": tasks.TestPassed}

// mostTests bounds what is remembered of one package.
const mostTests = 20_000

// begin finds a test of the package, or makes it; nil when there are too many.
func (o *output) begin(name string) *test {
	if t := o.tests[name]; t != nil {
		return t
	}
	if len(o.tests) >= mostTests {
		return nil
	}
	t := &test{TestResult: tasks.TestResult{Name: strings.Clone(name), Separator: "/", Status: tasks.TestRunning, Line: -1}}
	o.tests[t.Name] = t
	o.assign(t)
	if o.events != "" && !o.live {
		t.Events = o.events // each names its test: one span is enough
		t.lines.Open(o.n)
	}
	o.report(t)
	return t
}

// turn makes t the test whose output the next lines are; nil: nobody's.
func (o *output) turn(t *test) { o.turnAt(t, o.n) }

func (o *output) turnAt(t *test, n int64) {
	old := o.current
	o.current = t
	if o.events != "" || old == t && n == o.n {
		if t != nil && o.events == "" {
			t.lines.Open(n)
		}
		return
	}
	if old != nil && old != t && old.lines.Close(n) {
		o.report(old)
	}
	if t != nil && t.lines.Open(n) {
		o.report(t)
	}
}

// assign says which package a test is of. Text names it at the end only, so it
// is concluded from where the test is declared; while several packages have one
// of that name, the test is held back: what was reported can't be renamed.
func (o *output) assign(t *test) {
	top := topLevel(t.Name)
	switch {
	case o.pkg != "" && o.dir == "":
		t.Suite = o.pkg // a package from elsewhere
		return
	case o.pkg != "":
		t.Suite, t.File = o.sources.suite(o.dir), o.sources.testFile(o.dir, top)
		return
	case o.dir != "" && o.sources.declares(o.dir, top):
		t.Suite, t.File = o.sources.suite(o.dir), o.sources.function(o.dir, top).File
		return
	}
	switch dirs := o.sources.declaring(top); len(dirs) {
	case 0:
	case 1:
		t.Suite, t.File = o.sources.suite(dirs[0]), o.sources.function(dirs[0], top).File
		o.settle(dirs[0])
	default:
		t.held = true
		o.held = append(o.held, t)
	}
}

// settle concludes that the tests in hand are of the package in dir.
func (o *output) settle(dir string) {
	o.dir = dir
	for _, t := range o.held {
		t.Suite, t.File = o.sources.suite(dir), o.sources.function(dir, topLevel(t.Name)).File
	}
	o.release("")
}

// release reports the tests that were held back, of an unknown package if need be.
func (o *output) release(pkg string) {
	held := o.held
	o.held = nil
	for _, t := range held {
		if t.Suite == "" {
			t.Suite = pkg
		}
		t.held = false
		if t.where.file != "" {
			t.Location = o.place(t.where.file, t.where.line)
		}
		o.report(t)
	}
}

func (o *output) end(t *test, status tasks.TestStatus) {
	t.Status = status
	if status == tasks.TestFailed {
		if o.failing = true; o.leaf == nil || !strings.HasPrefix(o.leaf.Name, t.Name+"/") {
			o.leaf = t
		}
	}
	o.report(t)
}

func (o *output) report(t *test) {
	if t.held {
		return
	}
	result := t.TestResult
	result.Output = t.lines.Spans()
	switch result.Status {
	case tasks.TestFailed:
		result.Diff = t.diff.String()
		if result.Location.File == "" {
			result.Location = o.sources.function(o.dir, topLevel(t.Name))
		}
	case tasks.TestSkipped:
	default: // what a test logs matters when it fails
		result.Message, result.Location = "", tasks.Location{}
	}
	o.sink.Emit(tasks.TestReported{Test: result})
}

// place finds a file that the package's output names: by its base name where
// it comes from the package itself.
func (o *output) place(file string, line int) tasks.Location {
	if p, ok := o.sources.locate(o.dir, file); ok {
		return tasks.Location{File: p, Line: line}
	}
	return tasks.Location{}
}

// diagnose reports a place that no test is to blame for, once.
func (r *reader) diagnose(d tasks.Diagnostic) {
	const most = 2000
	key := d.Location.String() + " " + d.Message
	if d.Message == "" || r.said[key] || len(r.said) >= most {
		return
	}
	r.said[key] = true
	d.Line = -1
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: d})
}

// compiled is a line of the compiler or of vet: "cart/cart.go:12:3: undefined: x".
func (o *output) compiled(line string) bool {
	if line[0] == ' ' || line[0] == '\t' {
		return true // have (int), want (string)
	}
	file, n, column, text, ok := place.Cut(strings.TrimPrefix(line, "vet: "))
	if !ok {
		o.building = false
		return false
	}
	if at := o.place(file, n); at.File != "" && text != "too many errors" {
		at.Column = column
		if head, ok := strings.CutSuffix(text, "; to add it:"); ok { // which is on the next line
			text = head + ": go get " + head[strings.LastIndexByte(head, ' ')+1:]
		}
		d := tasks.Diagnostic{Severity: tasks.Error, Location: at, Message: place.Clip(text)}
		if rest, warned := strings.CutPrefix(d.Message, "warning: "); warned {
			d.Severity, d.Message = tasks.Warning, rest
		}
		o.diagnose(d)
	}
	return true
}

func topLevel(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// duration reads " (0.01s)".
func duration(s string) time.Duration {
	d, err := time.ParseDuration(strings.Trim(strings.TrimSpace(s), "()"))
	if err != nil {
		return 0
	}
	return d
}
