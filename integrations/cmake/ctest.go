package cmake

import (
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// reader follows one run of ctest, with --output-on-failure:
//
//	    Start 1: total
//	1/2 Test #1: total ...........***Failed    0.02 sec
//	total_test.c:7: main: Assertion `total(1, 2) == 3' failed.    what it printed
//	    Start 2: fine
type reader struct {
	sink    tasks.Sink
	files   *place.Files
	current tasks.TestResult // the failed one whose output comes; no name: none
	lines   report.Lines
	next    bool // the next line says what the place has not
}

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

var result = lazy.Regexp(`^ *\d+/\d+ Test +#\d+: (.+?) \.{3,} *(.*?) +(\d+\.\d+) sec$`)

func (r *reader) line(n int64, line string) bool {
	if line == "" {
		return false
	}
	if c := line[0]; (c == ' ' || c >= '0' && c <= '9') && strings.Contains(line, "Test ") && strings.HasSuffix(line, " sec") {
		if m := result().FindStringSubmatch(line); m != nil {
			r.end(n)
			r.ended(n, m[1], m[2], m[3])
			return true
		}
	}
	if r.current.Name == "" {
		return false
	}
	if strings.HasPrefix(line, "    Start ") || strings.Contains(line, "% tests passed, ") {
		r.end(n)
		return true
	}
	return r.says(line)
}

// ended is a result: words are "Passed", "***Failed", "Subprocess aborted***Exception:".
func (r *reader) ended(n int64, name, words, seconds string) {
	took, _ := strconv.ParseFloat(seconds, 64)
	t := tasks.TestResult{
		Name: place.Clip(name), Status: tasks.TestPassed, Duration: time.Duration(took * float64(time.Second)), Line: -1,
	}
	before, after, bad := strings.Cut(words, "***")
	why := strings.Trim(before+" "+strings.TrimPrefix(after, "Exception:"), " :")
	switch {
	case !bad:
		r.sink.Emit(tasks.TestReported{Test: t})
		return
	case after == "Skipped", strings.Contains(after, "(Disabled)"):
		t.Status, t.Message = tasks.TestSkipped, place.Clip(why)
		r.sink.Emit(tasks.TestReported{Test: t})
		return
	}
	t.Status, t.Message = tasks.TestFailed, place.Clip(why)
	r.current, r.next = t, false
	r.lines.Open(n)
	r.tell()
}

// says looks in what a failed test printed for the first place in a file of the
// workspace: an assertion's, also behind the program's name, GoogleTest's, Catch2's.
func (r *reader) says(line string) bool {
	if r.next {
		if text := strings.TrimSpace(line); text != "" {
			r.next, r.current.Message = false, place.Clip(text)
			r.tell()
		}
		return true
	}
	if r.current.Location.File != "" {
		return false
	}
	at, rest, ok := r.place(line)
	if _, behind, more := strings.Cut(line, ": "); !ok && more {
		at, rest, ok = r.place(behind)
	}
	if !ok {
		return false
	}
	r.current.Location, r.current.File = at, at.File
	switch rest = strings.Trim(rest, " :"); rest {
	case "Failure", "FAILED", "":
		r.next = true
	default:
		r.current.Message = place.Clip(rest)
	}
	r.tell()
	return true
}

// place is what a text begins with, where that is in a file of the workspace.
func (r *reader) place(text string) (at tasks.Location, rest string, ok bool) {
	file, line, column, rest, ok := place.Cut(text)
	if !ok {
		return at, "", false
	}
	file, ok = r.files.Own(file)
	return tasks.Location{File: file, Line: line, Column: column}, rest, ok
}

// end ends what belongs to the failed test in hand.
func (r *reader) end(n int64) {
	if r.current.Name != "" && r.lines.Close(n) {
		r.tell()
	}
	r.current, r.lines, r.next = tasks.TestResult{}, report.Lines{}, false
}

func (r *reader) tell() {
	t := r.current
	t.Output = r.lines.Spans()
	r.sink.Emit(tasks.TestReported{Test: t})
}
