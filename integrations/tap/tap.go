// Package tap reads the Test Anything Protocol, which node --test, bats, prove
// and many others print. Comments and plans are not results.
package tap

import (
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "tap", Title: "Test Anything Protocol", Parse: parse}
}

// reader follows one run.
//
//	TAP version 13
//	# Subtest: cart            a parent, whose tests are indented by 4
//	    not ok 1 - first       a result
//	      ---
//	      error: 'boom'        what a block below says of it
//	      ...
//	    1..1
//	not ok 1 - cart
type reader struct {
	sink    tasks.Sink
	files   *place.Files
	on      bool // a version, a plan or a result was seen
	block   bool // inside --- and ...
	parents []string
	last    tasks.TestResult
	lines   report.Lines // of last
	n       int64        // the line in hand
	saying  bool         // bats: the next comment says what failed
	perl    perl         // what Test::More says beside the results

	// Of the block: the key whose value goes on in the next lines, how far it is
	// indented, and whether a stack has told the place.
	key    string
	indent int
	framed bool
}

// deepest bounds how many parents a test can have.
const deepest = 20

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if r.says(line) {
		return true
	}
	if !r.on {
		r.on = begins(line)
		if !r.on {
			return false
		}
	}
	text := strings.TrimLeft(line, " ")
	depth := min((len(line)-len(text))/4, deepest)
	switch {
	case r.block:
		return r.detail(text, len(line)-len(text))
	case strings.HasPrefix(text, "ok "), strings.HasPrefix(text, "not ok "):
		return r.result(text, depth)
	case strings.HasPrefix(text, "# Subtest: "):
		r.end()
		r.enter(strings.TrimPrefix(text, "# Subtest: "), depth)
		return true
	case strings.HasPrefix(text, "# "):
		return r.comment(strings.TrimLeft(text, "# "))
	case text == "---" && r.last.Name != "":
		r.block = true
		return true
	}
	if isPlan(text) || strings.HasPrefix(text, "TAP version ") {
		r.end()
		return true
	}
	return false
}

// begins says whether a line is of TAP, whatever came before.
func begins(line string) bool {
	if line == "" {
		return false
	}
	switch line[0] {
	case 'T':
		return strings.HasPrefix(line, "TAP version ")
	case '1':
		return isPlan(line)
	case 'o', 'n':
		rest, ok := strings.CutPrefix(strings.TrimPrefix(line, "not "), "ok ")
		_, rest, number := place.Number(rest)
		return ok && number && strings.HasPrefix(rest, " - ")
	}
	return false
}

func isPlan(s string) bool {
	rest, ok := strings.CutPrefix(s, "1..")
	_, rest, number := place.Number(rest)
	return ok && number && (rest == "" || strings.HasPrefix(rest, " #"))
}

func (r *reader) enter(name string, depth int) {
	for len(r.parents) < depth {
		r.parents = append(r.parents, "")
	}
	r.parents = append(r.parents[:depth], place.Clip(name))
}

// result is "not ok 3 - name # TODO later".
func (r *reader) result(text string, depth int) bool {
	rest, failed := strings.CutPrefix(text, "not ")
	rest = strings.TrimPrefix(rest, "ok ")
	number, after, numbered := place.Number(rest)
	if numbered && after != "" && after[0] != ' ' {
		return false
	}
	name, directive, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(after), "- "), " # ")
	name, took := duration(strings.TrimSpace(name))
	if name == "" {
		name = "test " + strconv.Itoa(number)
	}
	parents := r.parents[:min(depth, len(r.parents))]
	r.end()
	r.last = tasks.TestResult{
		Suite: r.perl.script, Separator: "/",
		Name: place.Clip(strings.Join(append(append([]string{}, parents...), name), "/")), Status: tasks.TestPassed, Duration: took, Line: -1,
	}
	r.saying = false
	word := strings.ToLower(directive)
	switch {
	case strings.HasPrefix(word, "skip"), strings.HasPrefix(word, "todo"):
		r.last.Status, r.last.Message = tasks.TestSkipped, place.Clip(directive)
	case failed:
		r.last.Status = tasks.TestFailed
		r.perl.take(&r.last)
	}
	r.lines.Open(r.n)
	if r.last.Status != tasks.TestFailed {
		r.lines.Close(r.n + 1) // a failed one says why below
	}
	r.tell()
	return true
}

// end ends what belongs to the last result.
func (r *reader) end() {
	if r.lines.Close(r.n) {
		r.tell()
	}
	r.lines, r.key, r.framed = report.Lines{}, "", false
}

func (r *reader) tell() {
	t := r.last
	t.Output = r.lines.Spans()
	r.sink.Emit(tasks.TestReported{Test: t})
}

// detail is a line of the block below a result.
func (r *reader) detail(text string, indent int) bool {
	if r.key != "" && (text == "" || indent > r.indent) {
		r.goesOn(text)
		return true
	}
	r.key = ""
	if text == "..." || text == "" {
		r.block = text != "..."
		return true
	}
	key, value, ok := strings.Cut(text, ": ")
	if !ok || r.last.Status != tasks.TestFailed {
		// A block that is never closed ends where the next result stands.
		if strings.HasPrefix(text, "ok ") || strings.HasPrefix(text, "not ok ") {
			r.block = false
			return r.result(text, 0)
		}
		return true
	}
	value = strings.Trim(strings.TrimSpace(value), `'"`)
	if strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">") {
		r.key, r.indent = key, indent
		return true
	}
	before := r.last
	switch key {
	case "error", "message", "reason":
		// A parent that failed says nothing: its subtests do.
		parent := strings.HasSuffix(value, " subtest failed") || strings.HasSuffix(value, " subtests failed")
		if r.last.Message == "" && !parent {
			r.last.Message = place.Clip(value)
		}
	case "expected", "wanted", "actual", "found":
		r.compare(key, value)
	case "location", "at", "file":
		r.locate(value)
	}
	if r.last.Message != before.Message || r.last.Location != before.Location || r.last.Diff != before.Diff {
		r.tell()
	}
	return true
}

// goesOn is a line of a value of several:
//
//	error: |-
//	  Expected values to be strictly equal:
//
//	  3 !== 4
//	stack: |-
//	  TestContext.<anonymous> (file:///shop/cart.test.mjs:12:12)
func (r *reader) goesOn(text string) {
	if text == "" {
		return
	}
	before := r.last
	switch r.key {
	case "error", "message", "reason":
		switch said := r.last.Message; {
		case strings.HasPrefix(text, "+ actual"):
			r.key = "diff" // what follows says no more in one line
		case said == "", strings.HasSuffix(said, ":"):
			r.last.Message = place.Clip(said + " " + text)
		}
	case "stack":
		if i := strings.LastIndexByte(text, '('); i >= 0 {
			text = strings.TrimSuffix(text[i+1:], ")")
		}
		if !r.framed {
			at := r.last.Location
			r.locate(text)
			r.framed = r.last.Location != at
		}
	}
	if r.last.Message != before.Message || r.last.Location != before.Location {
		r.tell()
	}
}

// compare takes a side of what an assertion compared: those of a value of one
// line, which is what most have.
func (r *reader) compare(key, value string) {
	var d report.Diff
	if r.last.Diff == "" && (key == "expected" || key == "wanted") {
		d.Add('-', value)
	} else if strings.HasPrefix(r.last.Diff, "-") && !strings.Contains(r.last.Diff, "\n") && (key == "actual" || key == "found") {
		d.Add('+', value)
	}
	switch {
	case d.Lines() == 0:
	case r.last.Diff == "":
		r.last.Diff = d.String()
	default:
		r.last.Diff += "\n" + d.String()
	}
}

func (r *reader) locate(text string) {
	file, line, column, _, ok := place.Cut(text)
	if p, own := r.files.Own(file); ok && own {
		r.last.Location = tasks.Location{File: p, Line: line, Column: column}
	}
}

// comment of bats says where and what: "(in test file a.bats, line 3)".
func (r *reader) comment(text string) bool {
	if r.last.Status != tasks.TestFailed {
		return false
	}
	before := r.last
	if _, in, ok := strings.Cut(text, "in test file "); ok {
		file, rest, _ := strings.Cut(in, ", line ")
		line, _, number := place.Number(rest)
		if p, own := r.files.Own(file); own && number {
			r.last.Location, r.saying = tasks.Location{File: p, Line: line}, true
		}
	} else if r.saying {
		r.last.Message, r.saying = place.Clip(text), false
	}
	if r.last.Message == before.Message && r.last.Location == before.Location {
		return false
	}
	r.tell()
	return true
}

// duration takes "in 12ms" off a name, as bats prints it with --timing.
func duration(name string) (string, time.Duration) {
	i := strings.LastIndex(name, " in ")
	if i < 0 {
		return name, 0
	}
	d, err := time.ParseDuration(name[i+len(" in "):])
	if err != nil {
		return name, 0
	}
	return name[:i], d
}
