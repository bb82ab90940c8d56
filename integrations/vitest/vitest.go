// Package vitest reads what vitest prints with its default, verbose and tree
// reporters, as tests end, and
// narrows its runs to what a change can affect. It never runs node.
package vitest

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "vitest", Title: "Vitest", Parse: parse, Narrow: narrow, Writes: javascript.Snapshot}
}

// reader follows one run.
//
//	 RUN  v4.1.12 /shop                     it begins; files are named from there
//	stdout | src/a.test.ts > cart > adds up   what a test printed, to an empty line
//	 ❯ src/a.test.ts (7 tests | 4 failed) 119ms   a file, and below it its tests,
//	   ❯ cart (6)                                 of vitest 4 without what is
//	     × adds up 8ms                            around them
//	 × src/a.test.ts > cart > adds up 8ms   the same of the verbose reporter
//	 FAIL  src/a.test.ts > cart > adds up   what is said of it in the end
//	⎯⎯⎯⎯⎯⎯[1/4]⎯                           the end of that
type reader struct {
	sink  tasks.Sink
	files *place.Files
	on    bool
	root  string // of vitest, which names files from there
	n     int64  // the line in hand

	file     string // whose tests follow
	outline  []javascript.Titled
	around   []string // the groups that are printed above the test in hand
	tests    map[key]*test
	printing *test   // whose output follows
	last     *test   // the last that failed, until something else is told
	failed   []*test // what the report in hand is of
	headed   bool    // the line before was a heading of it
	failure  *javascript.Failure
	stray    bool // the report in hand is of no test
}

type key struct{ suite, name string }

type test struct {
	tasks.TestResult
	lines report.Lines
}

// mostTests bounds what is remembered of one run.
const mostTests = 20_000

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t), tests: map[key]*test{}}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if !r.on && (len(line) < 4 || line[0] != ' ' || line[1] != 'R' && line[1] != 'D') {
		return false
	}
	if begins(line) {
		r.begin(line)
		return true
	}
	if !r.on {
		return false
	}
	if r.printing != nil {
		if line == "" {
			r.printing.lines.Close(n)
			r.printing = nil
		}
		return true
	}
	if strings.HasPrefix(line, "⎯⎯") {
		return r.rule(strings.Trim(line, "⎯ "))
	}
	if id, ok := strings.CutPrefix(line, " FAIL "); ok && r.heading(id) {
		return true
	}
	if r.failure != nil {
		r.report(line)
		return true
	}
	if id, ok := cutEither(line, "stdout | ", "stderr | "); ok {
		r.prints(id)
		return true
	}
	text := strings.TrimLeft(line, " ")
	if indent := len(line) - len(text); indent > 0 {
		return r.result(indent, strings.TrimRight(text, " "))
	}
	return false
}

// begins says whether vitest begins, or begins again because files changed.
func begins(line string) bool {
	rest, ok := cutEither(line, " RUN  v", " DEV  v")
	if ok {
		_, _, number := place.Number(rest)
		return number
	}
	return strings.HasPrefix(line, " RERUN  ")
}

func cutEither(s, a, b string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, a); !ok {
		rest, ok = strings.CutPrefix(s, b)
	}
	return rest, ok
}

func (r *reader) begin(line string) {
	root := r.root
	if !strings.HasPrefix(line, " RERUN  ") {
		_, root, _ = strings.Cut(strings.TrimSpace(line[len(" RUN  v"):]), " ")
	}
	*r = reader{sink: r.sink, files: r.files, tests: map[key]*test{}, on: true, root: strings.Clone(strings.TrimSpace(root)), n: r.n}
}

// find is the file of the workspace that vitest names.
func (r *reader) find(name string) (string, bool) {
	if r.root != "" && !filepath.IsAbs(name) {
		if p, own := r.files.Own(filepath.Join(r.root, name)); own {
			return p, true
		}
	}
	return r.files.Own(name)
}

// id reads "src/a.test.ts > cart > adds up", before which the name of a project
// may stand.
func (r *reader) id(text string) (file, name string, ok bool) {
	text = strings.TrimSpace(text)
	if rest, more := strings.CutPrefix(text, "|"); more {
		_, text, _ = strings.Cut(rest, "| ")
	}
	file, name, named := strings.Cut(text, javascript.Between)
	if !named { // a file alone: "src/a.test.ts [ src/a.test.ts ]"
		file, _, _ = strings.Cut(file, " [ ")
		name = javascript.Whole
	}
	for {
		if _, found := r.find(file); found {
			return file, name, name != ""
		}
		_, rest, more := strings.Cut(file, " ")
		if !more {
			return "", "", false
		}
		file = strings.TrimLeft(rest, " ")
	}
}

// test finds a test, or makes it; nil when there are too many,
// or nothing is left of its name.
func (r *reader) test(file, name string) *test {
	k := key{file, place.Clip(name)}
	t := r.tests[k]
	if t == nil {
		if k.name == "" || len(r.tests) >= mostTests {
			return nil
		}
		k = key{strings.Clone(k.suite), strings.Clone(k.name)}
		t = &test{TestResult: tasks.TestResult{Suite: k.suite, Name: k.name, Separator: javascript.Between, Status: tasks.TestRunning, Line: -1}}
		t.File, _ = r.find(file)
		r.tests[k] = t
	}
	return t
}

func (r *reader) tell(t *test) {
	result := t.TestResult
	result.Output = t.lines.Spans()
	r.sink.Emit(tasks.TestReported{Test: result})
}

// prints begins what a test printed.
func (r *reader) prints(id string) {
	file, name, ok := r.id(id)
	if !ok || name == javascript.Whole {
		return
	}
	if t := r.test(file, name); t != nil {
		t.lines.Open(r.n + 1)
		r.printing = t
		r.tell(t)
	}
}

// statuses are the marks before a result.
var statuses = map[string]tasks.TestStatus{
	"✓": tasks.TestPassed, "√": tasks.TestPassed, "×": tasks.TestFailed, "✗": tasks.TestFailed, "❯": tasks.TestFailed,
	"↓": tasks.TestSkipped, "□": tasks.TestSkipped,
}

// result is an indented line with a mark: a file, or a test.
func (r *reader) result(indent int, text string) bool {
	if message, ok := strings.CutPrefix(text, "→ "); ok {
		if t := r.last; t != nil && t.Message == "" {
			t.Message = place.Clip(message)
			r.tell(t)
		}
		return r.last != nil
	}
	r.last = nil
	mark, rest, ok := strings.Cut(text, " ")
	status, known := statuses[mark]
	if !ok || !known {
		return false
	}
	rest = strings.TrimSpace(rest)
	if indent >= 3 && r.file != "" {
		if title, ok := group(rest); ok && r.enter((indent-3)/2, title) {
			return true
		}
	}
	rest, ms := javascript.Millis(rest)
	took := time.Duration(ms) * time.Millisecond
	if indent >= 3 && r.file != "" {
		return r.nested((indent-3)/2, status, withoutRetries(rest), took)
	}
	if head, counts, ok := cutLast(rest, " ("); ok && strings.Contains(counts, " test") {
		return r.counted(head, counts, status, took)
	}
	file, name, ok := r.id(withoutRetries(rest))
	if !ok || name == javascript.Whole {
		return mark == "❯" // a file of which nothing is known yet
	}
	r.file = ""
	r.ended(r.test(file, name), status, took, 0)
	return true
}

// counted is a file with the number of its tests.
func (r *reader) counted(head, counts string, status tasks.TestStatus, took time.Duration) bool {
	file, name, ok := r.id(head)
	if !ok || name != javascript.Whole {
		return false
	}
	r.file, r.outline, r.around = strings.Clone(file), nil, nil
	if p, found := r.find(file); found {
		r.outline = javascript.Outline(filepath.Join(r.files.Root(), filepath.FromSlash(p)))
	}
	// A file with a failure has its tests below, one that can't be read a report.
	if status != tasks.TestFailed && !strings.Contains(counts, "failed") {
		r.ended(r.test(file, javascript.Whole), status, took, 0)
	}
	return true
}

// group is "cart (6)", a describe with the number of its tests; a test has its time
// in that place.
func group(text string) (title string, ok bool) {
	title, count, ok := cutLast(text, " (")
	count, closed := strings.CutSuffix(count, ")")
	_, rest, number := place.Number(count)
	return title, ok && closed && number && rest == ""
}

// deepest is more groups in each other than anybody writes.
const deepest = 50

// enter is a group below depth others; false: they were not printed.
func (r *reader) enter(depth int, title string) bool {
	if depth > len(r.around) || depth >= deepest {
		return false
	}
	r.around = append(r.around[:depth], strings.Clone(title))
	return true
}

// nested is a test below depth groups. Where they are not printed its file says
// which they are, if it says it of one test alone; else a failure waits for its
// report.
func (r *reader) nested(depth int, status tasks.TestStatus, title string, took time.Duration) bool {
	if depth <= len(r.around) {
		r.around = r.around[:depth]
	}
	var found []javascript.Titled
	for _, t := range r.outline {
		if len(t.Titles) == depth+1 && t.Titles[depth] == title && (len(r.around) < depth || slices.Equal(t.Titles[:depth], r.around)) {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 1:
		r.ended(r.test(r.file, strings.Join(found[0].Titles, javascript.Between)), status, took, found[0].Line)
	case len(r.around) == depth:
		r.ended(r.test(r.file, strings.Join(append(slices.Clone(r.around), title), javascript.Between)), status, took, 0)
	}
	return true
}

func (r *reader) ended(t *test, status tasks.TestStatus, took time.Duration, line int) {
	if t == nil {
		return
	}
	t.Status, t.Duration = status, took
	if status == tasks.TestFailed {
		r.last = t
		if line > 0 && t.Location.File == "" {
			t.Location = tasks.Location{File: t.File, Line: line}
		}
	}
	r.tell(t)
}

// withoutRetries takes "(retry x2)" off a name.
func withoutRetries(name string) string {
	for _, word := range [...]string{" (retry x", " (repeat x"} {
		if head, _, ok := cutLast(name, word); ok {
			name = head
		}
	}
	return name
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// rule is a line across the screen: "Failed Tests 4", "Unhandled Rejection", or
// "[1/5]" below a report.
func (r *reader) rule(title string) bool {
	if title == "" && r.failure != nil && len(r.failed) == 0 {
		return true // an error of no test is told once more below it
	}
	r.endReport()
	if strings.HasPrefix(title, "Unhandled ") && title != "Unhandled Errors" || title == "Uncaught Exception" {
		r.failure, r.stray = &javascript.Failure{}, true
	}
	return true
}

// heading is the test that a report is of; several may have the same one.
func (r *reader) heading(id string) bool {
	file, name, ok := r.id(id)
	if !ok {
		return false
	}
	if !r.headed {
		r.endReport()
	}
	t := r.test(file, name)
	if t == nil {
		return true
	}
	if r.failure == nil {
		r.failure = &javascript.Failure{}
	}
	r.failed, r.headed = append(r.failed, t), true
	t.Status, t.Message, t.Diff = tasks.TestFailed, "", ""
	t.lines.Open(r.n)
	r.tell(t)
	return true
}

// sums says whether a line is of the summary. It goes to standard output and the
// reports to standard error, so that it may come in the middle of one.
func sums(line string) bool {
	for _, head := range [...]string{"  Snapshots  ", " Test Files  ", "      Tests  ", "     Errors  ", "   Start at  ", "   Duration  ", "Type Errors  "} {
		if strings.HasPrefix(line, head) {
			return true
		}
	}
	return false
}

// report is a line of the report in hand.
func (r *reader) report(line string) {
	if sums(line) {
		return
	}
	r.headed = false
	f := r.failure
	message, at, lines := f.Message, f.Location, f.Diff.Lines()
	f.Line(r.find, line)
	switch {
	case r.stray && f.Location.File != "":
		r.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{
			Severity: tasks.Error, Location: f.Location, Message: f.Message, Line: -1,
		}})
		r.stray = false // what follows says the same, to its end
	case f.Message != message || f.Location != at || f.Diff.Lines() != lines:
		r.share()
	}
}

// share gives what is known to all tests that failed so.
func (r *reader) share() {
	for _, t := range r.failed {
		t.Message, t.Diff = r.failure.Message, r.failure.Diff.String()
		if at := r.failure.Location; at.File != "" {
			t.Location = at
		}
		r.tell(t)
	}
}

func (r *reader) endReport() {
	for _, t := range r.failed {
		if t.lines.Close(r.n) {
			r.tell(t)
		}
	}
	r.failed, r.failure, r.stray, r.headed = nil, nil, false, false
}
