// Package jest reads what jest prints, with and without --verbose, as its files
// end, and the JSON that jest and vitest write, and narrows its runs to what a
// change can affect. It never runs node.
package jest

import (
	"path/filepath"
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
	return integrations.Definition{Name: "jest", Title: "Jest", Parse: parse, File: file, Narrow: narrow, Writes: javascript.Snapshot}
}

// reader follows one run.
//
//	FAIL src/cart.test.js (5.1 s)     a file
//	  ✕ waits (103 ms)                with --verbose its tests, and what
//	  cart                            is around them, by indentation
//	    ✓ is fine
//	  ● cart › adds up                a report, indented by 4
//	    Expected: 6
//	Tests:       4 failed, 8 total    the end
type reader struct {
	sink  tasks.Sink
	files *place.Files
	n     int64 // the line in hand

	file    string // in hand; "" between runs
	at      string // the same, below the workspace
	around  []string
	outline []javascript.Titled
	current *test // whose report follows
	count   int   // tests of the file in hand
}

type test struct {
	tasks.TestResult
	lines   report.Lines
	failure javascript.Failure
}

const (
	mostTests = 20_000 // of a file
	deepest   = 20
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if line == "" {
		if r.current != nil {
			r.report("")
		}
		return r.current != nil
	}
	text := line
	if strings.HasPrefix(line, " FAIL ") || strings.HasPrefix(line, " PASS ") {
		text = line[1:] // in colors it has a margin
	}
	switch text[0] {
	case 'P', 'F':
		rest, passed := strings.CutPrefix(text, "PASS ")
		failed := false
		if !passed {
			rest, failed = strings.CutPrefix(text, "FAIL ")
		}
		if (passed || failed) && r.begin(rest, passed) {
			return true
		}
	case '{':
		if strings.HasPrefix(line, `{"num`) {
			return document(r.files, []byte(line), r.sink)
		}
		return false
	case ' ':
		if r.file != "" {
			return r.indented(line)
		}
		return false
	}
	if r.file == "" {
		return false
	}
	r.end()
	if strings.HasPrefix(line, "Test Suites: ") || strings.HasPrefix(line, "Ran all test suites") {
		r.file = ""
		return true
	}
	return strings.HasPrefix(line, "Tests: ") || strings.HasPrefix(line, "Summary of all failing tests")
}

// begin is a file that has ended: "src/cart.test.js (5.1 s)"; the name of a
// project may stand before it.
func (r *reader) begin(text string, passed bool) bool {
	r.end()
	text = strings.TrimSpace(text)
	took := time.Duration(0)
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") {
		if head, _, two := strings.Cut(text[i+2:len(text)-1], ", "); two { // with the heap's size
			took = seconds(head)
		} else {
			took = seconds(text[i+2 : len(text)-1])
		}
		if took > 0 || strings.HasSuffix(text, "MB heap size)") {
			text = text[:i]
		}
	}
	for {
		if p, own := r.files.Own(text); own {
			r.file, r.at = strings.Clone(text), p
			break
		}
		_, rest, more := strings.Cut(text, " ")
		if !more {
			return false
		}
		text = strings.TrimLeft(rest, " ")
	}
	r.around, r.outline, r.count = nil, nil, 0
	if passed { // until its tests are told
		whole := r.test(javascript.Whole)
		whole.Status, whole.Duration = tasks.TestPassed, took
		r.tell(whole)
	} else {
		r.outline = javascript.Outline(filepath.Join(r.files.Root(), filepath.FromSlash(r.at)))
	}
	return true
}

func seconds(s string) time.Duration {
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		return 0
	}
	return d
}

func (r *reader) test(name string) *test {
	t := &test{TestResult: tasks.TestResult{
		Suite: r.file, Name: place.Clip(name), Separator: javascript.Between, File: r.at, Status: tasks.TestRunning, Line: -1,
	}}
	return t
}

func (r *reader) tell(t *test) {
	if t.Name == "" { // nothing is left of it
		return
	}
	result := t.TestResult
	result.Output = t.lines.Spans()
	r.sink.Emit(tasks.TestReported{Test: result})
}

func (r *reader) indented(line string) bool {
	if id, ok := strings.CutPrefix(line, "  ● "); ok {
		r.end()
		r.heading(strings.TrimSpace(id))
		return true
	}
	if r.current != nil {
		r.report(strings.TrimPrefix(line, "    "))
		return true
	}
	return r.listedTest(line)
}

var marks = map[string]tasks.TestStatus{
	"✓": tasks.TestPassed, "√": tasks.TestPassed, "✕": tasks.TestFailed, "×": tasks.TestFailed, "○": tasks.TestSkipped, "✎": tasks.TestSkipped,
}

// listedTest is a line of --verbose: a test, or the title of what is around the
// next ones.
func (r *reader) listedTest(line string) bool {
	text := strings.TrimLeft(line, " ")
	depth := (len(line)-len(text))/2 - 1
	if depth < 0 || depth > len(r.around) || depth >= deepest || text == "" {
		return false
	}
	mark, title, ok := strings.Cut(text, " ")
	status, known := marks[mark]
	if !ok || !known {
		if r.count == 0 && depth > 0 { // not of the list
			return false
		}
		r.around = append(r.around[:depth], place.Clip(text))
		return true
	}
	if r.count++; r.count > mostTests {
		return true
	}
	took := time.Duration(0)
	if i := strings.LastIndex(title, " ("); i > 0 && strings.HasSuffix(title, "s)") {
		if took = seconds(title[i+2 : len(title)-1]); took > 0 {
			title = title[:i]
		}
	}
	if status == tasks.TestSkipped {
		title = strings.TrimPrefix(strings.TrimPrefix(title, "skipped "), "todo ")
	}
	titles := append(append([]string{}, r.around[:depth]...), title)
	t := r.test(strings.Join(titles, javascript.Between))
	t.Status, t.Duration = status, took
	if status == tasks.TestFailed {
		t.Location = r.declared(titles)
	}
	r.tell(t)
	return true
}

// declared is where a test is written, as far as its file says it.
func (r *reader) declared(titles []string) tasks.Location {
	at := tasks.Location{}
	for _, t := range r.outline {
		if strings.Join(t.Titles, "\x00") == strings.Join(titles, "\x00") {
			if at.File != "" {
				return tasks.Location{}
			}
			at = tasks.Location{File: r.at, Line: t.Line}
		}
	}
	return at
}

// heading is "cart › adds up" above a report.
func (r *reader) heading(id string) {
	if id == "Console" {
		return
	}
	titles := strings.Split(id, " › ")
	if id == "Test suite failed to run" {
		titles = []string{javascript.Whole}
	}
	t := r.test(strings.Join(titles, javascript.Between))
	t.Status, t.Location = tasks.TestFailed, r.declared(titles)
	t.lines.Open(r.n)
	r.current = t
	r.tell(t)
}

// report is a line of the report in hand.
func (r *reader) report(line string) {
	t := r.current
	message, at, lines := t.failure.Message, t.failure.Location, t.failure.Diff.Lines()
	t.failure.Line(r.files.Own, line)
	if t.failure.Message == message && t.failure.Location == at && t.failure.Diff.Lines() == lines {
		return
	}
	t.Message, t.Diff = t.failure.Message, t.failure.Diff.String()
	if t.failure.Location.File != "" {
		t.Location = t.failure.Location
	}
	r.tell(t)
}

func (r *reader) end() {
	if t := r.current; t != nil && t.lines.Close(r.n) {
		r.tell(t)
	}
	r.current = nil
}
