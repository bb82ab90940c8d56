package tasks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// Location is a place in a file of the workspace: a path relative to the
// workspace where it can be, absolute otherwise. Column may be 0.
type Location struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
}

// String is file:line or file:line:column; empty for no location.
func (l Location) String() string {
	switch {
	case l.File == "":
		return ""
	case l.Line == 0:
		return l.File
	case l.Column == 0:
		return fmt.Sprintf("%s:%d", l.File, l.Line)
	}
	return fmt.Sprintf("%s:%d:%d", l.File, l.Line, l.Column)
}

// TestStatus is how a test ended.
type TestStatus string

// The test statuses.
const (
	TestRunning TestStatus = "running"
	TestPassed  TestStatus = "passed"
	TestFailed  TestStatus = "failed"
	TestSkipped TestStatus = "skipped"
)

// TestResult is one test case of a run; reported again when it changes.
type TestResult struct {
	Suite string `json:"suite,omitempty"` // package, file or class
	Name  string `json:"name"`
	// Separator stands between the parts of Name: a test and its subtests, a
	// class and its tests. Empty: it has one part.
	Separator string `json:"separator,omitempty"`
	// File is where the test is written, relative to the workspace; empty: not known.
	File     string        `json:"file,omitempty"`
	Status   TestStatus    `json:"status"`
	Duration time.Duration `json:"duration,omitempty"`
	// Began is since when a running test goes on, as far as it was heard of.
	Began    time.Time `json:"began,omitzero"`
	Message  string    `json:"message,omitempty"` // first line of the failure
	Location Location  `json:"location,omitzero"`
	// Diff is what an assertion compared, a line each: "-" begins what was
	// expected, "+" what was there instead, " " what is in both.
	Diff string `json:"diff,omitempty"`
	// Line is the run's first log line that belongs to the failure; -1 unknown.
	Line int64 `json:"line"`
	// Log is the step's log that Line and Output are of; empty: the run's own.
	Log logs.Key `json:"log,omitempty"`
	// Output are the lines of the run's log that are the test's own, in order.
	// Printed reads them.
	Output []Span `json:"output,omitempty"`
	// Events is set when these lines are events of `go test -json`: the package
	// that the test's own ones name.
	Events string `json:"events,omitempty"`
}

// Span is a part of a log: the lines From up to, not including, To. To is -1
// while the end is open.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// WholeFile names the result of a file or package, its suite, whose tests a tool does
// not tell one by one: it passed with all of them, or could not be read.
const WholeFile = "(file)"

// Shown is the test's name for people.
func (t TestResult) Shown() string {
	if t.Name == WholeFile && path.Ext(t.Suite) == "" {
		return "(package)"
	}
	return t.Name
}

// MostSpans is in how many parts a test's output is remembered.
const MostSpans = 32

// Path is the name in its parts: TestTotal and its subtest.
func (t TestResult) Path() []string {
	if t.Separator == "" {
		return []string{t.Name}
	}
	// The values of a parameter may hold anything.
	name, params := t.Name, ""
	if i := strings.IndexByte(name, '['); i > 0 && t.Separator == "::" {
		name, params = name[:i], name[i:]
	}
	parts := strings.Split(name, t.Separator)
	parts[len(parts)-1] += params
	return parts
}

// Printed is what the test printed by a line of its Output, which may be
// wrapped into an event; false: the line is not its own.
func (t TestResult) Printed(line string) (text string, own bool) {
	if t.Events == "" {
		return line, true
	}
	var e struct{ Package, Test, Output string }
	if json.Unmarshal([]byte(line), &e) != nil || e.Package != t.Events || e.Test != t.Name || e.Output == "" {
		return "", false
	}
	return strings.TrimSuffix(e.Output, "\n"), true
}

// Severity of a diagnostic, a notice or an alert.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Diagnostic is a compiler's or linter's file:line:message.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Location Location `json:"location"`
	Message  string   `json:"message"`
	Code     string   `json:"code,omitempty"`
	// Line is the log line that it was found on; -1 unknown.
	Line int64 `json:"line"`
	// Log is the step's log that Line is of; empty: the run's own.
	Log logs.Key `json:"log,omitempty"`
}

// Named says whether other is the same problem, and now has the name of its rule.
func (d Diagnostic) Named(other Diagnostic) bool {
	return d.Code == "" && other.Code != "" && d.Severity == other.Severity && d.Location == other.Location && d.Message == other.Message
}

// Repeats says whether a problem tells no more than the failure of a test: its place
// and its message, as runners annotate them for CI.
func (d Diagnostic) Repeats(t TestResult) bool {
	return t.Status == TestFailed && d.Location.File != "" && d.Location.File == t.Location.File && d.Location.Line == t.Location.Line &&
		d.Message != "" && (strings.Contains(d.Message, t.Message) || strings.Contains(t.Message, d.Message))
}

// Failures are the tests that failed by themselves: not those that did for
// nothing but a failed subtest. They are what is counted, wherever failures are.
func (r Run) Failures() []TestResult {
	var all []TestResult
	follows := r.follows()
	for _, t := range r.Tests {
		if t.Status == TestFailed && !follows(t) {
			all = append(all, t)
		}
	}
	return all
}

// Failed is how many tests failed by themselves.
func (r Run) Failed() int {
	n := 0
	follows := r.follows()
	for i := range r.Tests {
		if r.Tests[i].Status == TestFailed && !follows(r.Tests[i]) {
			n++
		}
	}
	return n
}

// Counted are the results that are counted: all but the failures of tests that failed
// for nothing but a failed subtest.
func (r Run) Counted() []TestResult {
	follows := r.follows()
	return slices.DeleteFunc(slices.Clone(r.Tests), func(t TestResult) bool { return t.Status == TestFailed && follows(t) })
}

// follows tells the failures that are those of a subtest.
func (r Run) follows() func(TestResult) bool {
	parents := parentsOfFailures(r.Tests)
	return func(t TestResult) bool { return t.Message == "" && parents[[2]string{t.Suite, t.Name}] }
}

// parentsOfFailures are the suites and names of tests that have a failed
// subtest: one that says nothing itself failed for no other reason.
func parentsOfFailures(results []TestResult) map[[2]string]bool {
	parents := map[[2]string]bool{}
	for _, t := range results {
		if t.Status != TestFailed {
			continue
		}
		for i, c := range t.Name {
			if c == '/' {
				parents[[2]string{t.Suite, t.Name[:i]}] = true
			}
		}
	}
	return parents
}
