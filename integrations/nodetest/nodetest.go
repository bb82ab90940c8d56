// Package nodetest reads what `node --test` prints for people: its spec
// reporter. It never runs node; what it prints for programs is TAP.
package nodetest

import (
	"strconv"
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
	return integrations.Definition{Name: "nodetest", Title: "node --test", Parse: parse}
}

// reader follows one run.
//
//	▶ cart                       what is around the next ones, by indentation
//	  ✖ adds up (7.3ms)          a result, and why below it, indented further
//	    AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
//
//	    3 !== 4
//
//	        at TestContext.<anonymous> (file:///shop/cart.test.mjs:12:12)
//	✖ cart (13.4ms)              the same for what was around
//	ℹ tests 7                    the end
//	✖ failing tests:             all failures once more, and
//	test at cart.test.mjs:10:3   where each is written
type reader struct {
	sink   tasks.Sink
	files  *place.Files
	n      int64 // the line in hand
	on     bool
	around []string
	failed []*test // in their order
	again  bool    // below "failing tests:"
	where  tasks.Location

	current *test // whose report follows
	indent  int   // of its result
	failure javascript.Failure
	stage   stage
}

type test struct {
	tasks.TestResult
	leaf  string
	lines report.Lines
}

// stage is how far a report has come.
type stage int

const (
	opening  stage = iota // the message may go on
	heading               // below "+ actual - expected"
	compared              // what differs
	rest
)

const (
	mostFailed = 5000
	deepest    = 20
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if text == "" {
		if r.current != nil {
			r.report("", indent)
		}
		return r.current != nil
	}
	if text[0] < 0x80 {
		if r.current != nil && indent > r.indent {
			r.report(text, indent)
			return true
		}
		r.end()
		return r.again && r.written(text)
	}
	mark, title, ok := strings.Cut(text, " ")
	nested := isMark(mark) && indent == r.indent+2 && timed(title) // a test of the one that failed
	if r.current != nil && indent > r.indent && !nested {
		r.report(text, indent)
		return true
	}
	if !ok {
		return false
	}
	switch mark {
	case "▶":
		r.end()
		r.enter(title, indent/2)
		return r.on
	case "ℹ":
		r.end()
		return r.on
	case "✖":
		if title == "failing tests:" && r.on {
			r.end()
			r.again = true
			return true
		}
	}
	return isMark(mark) && r.result(mark, title, indent)
}

func isMark(s string) bool { return s == "✔" || s == "✖" || s == "﹣" || s == "⚠" }

// timed says whether a title ends as a result's does.
func timed(title string) bool {
	_, _, _, ok := cutTime(title)
	return ok
}

// cutTime reads "adds up (7.368085ms) # SKIP reason".
func cutTime(s string) (name string, took time.Duration, directive string, ok bool) {
	s, directive, _ = strings.Cut(s, "ms) # ")
	s = strings.TrimSuffix(s, "ms)")
	i := strings.LastIndex(s, " (")
	if i <= 0 {
		return "", 0, "", false
	}
	ms, err := strconv.ParseFloat(s[i+2:], 64)
	if err != nil || ms < 0 || ms > 1e9 {
		return "", 0, "", false
	}
	return s[:i], time.Duration(ms * float64(time.Millisecond)), directive, true
}

func (r *reader) enter(title string, depth int) {
	if depth >= deepest || strings.HasSuffix(title, "ms)") { // older ones end a group so
		return
	}
	for len(r.around) < depth {
		r.around = append(r.around, "")
	}
	r.around = append(r.around[:depth], place.Clip(title))
}

// result is "adds up (7.3ms)" behind its mark.
func (r *reader) result(mark, title string, indent int) bool {
	leaf, took, directive, ok := cutTime(title)
	if leaf = place.Clip(leaf); !ok || leaf == "" {
		return false
	}
	r.end()
	if r.again {
		r.place(leaf)
		return true
	}
	r.on = true
	depth := min(indent/2, len(r.around), deepest)
	name := strings.Join(append(append([]string{}, r.around[:depth]...), leaf), "/")
	t := &test{leaf: leaf, TestResult: tasks.TestResult{Name: place.Clip(name), Separator: "/", Status: tasks.TestPassed, Duration: took, Line: -1}}
	switch {
	case directive != "" || mark == "﹣":
		t.Status, t.Message = tasks.TestSkipped, place.Clip(directive)
	case mark == "✖":
		t.Status = tasks.TestFailed
		if len(r.failed) < mostFailed {
			r.failed = append(r.failed, t)
		}
		r.current, r.indent, r.failure, r.stage = t, indent, javascript.Failure{}, opening
		t.lines.Open(r.n)
	}
	r.tell(t)
	return true
}

func (r *reader) tell(t *test) {
	result := t.TestResult
	result.Output = t.lines.Spans()
	r.sink.Emit(tasks.TestReported{Test: result})
}

// report is a line of the report in hand.
func (r *reader) report(text string, indent int) {
	t := r.current
	f := &r.failure
	message, at, lines := f.Message, f.Location, f.Diff.Lines()
	inner := strings.Repeat(" ", max(0, indent-r.indent-2)) + text
	switch {
	case strings.HasPrefix(text, "at "):
		r.stage = rest
		f.Line(r.files.Own, text)
	case r.stage == rest:
		r.side(text)
	case text == "+ actual - expected":
		r.stage = heading
	case r.stage == heading && text == "":
		r.stage = compared
	case r.stage == compared && text == "":
		r.stage = rest
	case r.stage == compared && len(inner) > 1:
		f.Diff.Add(inner[0], inner[2:])
	case r.stage == opening && f.Message == "":
		f.Message = place.Clip(text)
	case r.stage == opening && text != "" && strings.HasSuffix(f.Message, ":"):
		f.Message = place.Clip(f.Message + " " + text)
	}
	if f.Message != message || f.Location != at || f.Diff.Lines() != lines {
		t.Message, t.Location, t.Diff = f.Message, f.Location, f.Diff.String()
		t.File = t.Location.File
		r.tell(t)
	}
}

// side is "actual: 3," or "expected: 4," of an assertion whose message has no diff.
func (r *reader) side(text string) {
	value, expected := strings.CutPrefix(text, "expected: ")
	actual := false
	if !expected {
		value, actual = strings.CutPrefix(text, "actual: ")
	}
	value = strings.TrimSuffix(value, ",")
	switch d := &r.failure.Diff; {
	case actual && d.Lines() == 0:
		d.Add('+', value)
	case expected && d.Lines() == 1:
		d.Add('-', value)
	}
}

func (r *reader) end() {
	if r.current != nil && r.current.lines.Close(r.n) {
		r.tell(r.current)
	}
	r.current = nil
}

// written is "test at cart.test.mjs:10:3" below "failing tests:".
func (r *reader) written(text string) bool {
	at, ok := strings.CutPrefix(text, "test at ")
	if !ok {
		return false
	}
	file, line, column, _, ok := place.Cut(at)
	r.where = tasks.Location{}
	if p, own := r.files.Own(file); ok && own {
		r.where = tasks.Location{File: p, Line: line, Column: column}
	}
	return true
}

// place says where a test that failed is written, when one alone is called so.
func (r *reader) place(leaf string) {
	var found *test
	for _, t := range r.failed {
		if t.leaf != leaf {
			continue
		}
		if found != nil {
			return
		}
		found = t
	}
	if found == nil || r.where.File == "" || found.File != "" {
		return
	}
	found.File = r.where.File
	if found.Location.File == "" {
		found.Location = r.where
	}
	r.tell(found)
}
