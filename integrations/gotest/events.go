package gotest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// event is a line of `go test -json`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
	// FailedBuild is set when it is a build that failed.
	FailedBuild string
}

func isEvent(line string) bool {
	return strings.HasPrefix(line, `{"Time":`) || strings.HasPrefix(line, `{"Action":`) || strings.HasPrefix(line, `{"ImportPath":`)
}

// mostPackages bounds how many packages may be in hand at once.
const mostPackages = 1000

// decode reads a line; false: it is no event.
func decode(line []byte) (e event, ok bool) {
	if json.Unmarshal(line, &e) != nil || e.Action == "" || e.Package == "" && e.ImportPath == "" {
		return e, false
	}
	if e.ImportPath != "" {
		e.Package = firstWord(e.ImportPath) // "shop/cart [shop/cart.test]" of a build
	}
	return e, true
}

func (r *reader) event(line string) bool {
	e, ok := decode([]byte(line))
	if ok {
		r.told(r.outputOf(e.Package), e)
	}
	return ok
}

// outputOf is what a package prints, by its events.
func (r *reader) outputOf(pkg string) *output {
	o := r.json[pkg]
	if o == nil {
		if len(r.json) >= mostPackages {
			clear(r.json)
		}
		o = r.newOutput(pkg)
		o.events = o.pkg
		r.json[pkg] = o
	}
	return o
}

func (r *reader) told(o *output, e event) {
	status, ended := outcomes[e.Action]
	switch {
	case e.Action == "output" || e.Action == "build-output":
		o.printed(e)
	case e.Action == "build-fail" || e.Test == "" && ended:
		o.endCrash()
		o.endBenchmarks()
		o.cover(e.Package, "")
		if e.Action == "fail" && e.FailedBuild == "" {
			o.failed(e.Package, time.Duration(e.Elapsed*float64(time.Second)))
		}
		delete(r.json, e.Package)
	case e.Test != "" && (e.Action == "run" || e.Action == "cont"):
		if t := o.begin(e.Test); t != nil && t.Status == tasks.TestFailed {
			t.again = true
		}
	case e.Test != "" && ended:
		t := o.begin(e.Test)
		if t == nil || t.again && status != tasks.TestFailed {
			return // of -count: it has failed
		}
		t.Duration = time.Duration(e.Elapsed * float64(time.Second))
		if !r.live {
			t.lines.Close(r.n + 1)
		}
		o.end(t, status)
		if status != tasks.TestFailed {
			delete(o.tests, t.Name) // nothing comes after its end
		}
	}
}

// printed is a piece of output; long lines come in several.
func (o *output) printed(e event) {
	const longest = 16 << 10
	text, whole := strings.CutSuffix(e.Output, "\n")
	if !whole {
		if len(o.partial) < longest {
			o.partial += text
		}
		return
	}
	line := o.partial + text
	line, o.partial = line[timeoutAt(line):], ""
	o.current, o.building = nil, o.building || e.Action == "build-output"
	if e.Test != "" {
		o.current = o.begin(e.Test)
	}
	trimmed := strings.TrimLeft(line, " ")
	switch {
	case o.crash != nil && o.stackLine(line), o.beginsCrash(line), o.measured(line), o.notBuilt(line):
	case strings.HasPrefix(line, "ok  \t"):
		o.measured(line[max(0, strings.Index(line, "coverage: ")):])
	case line == "", strings.HasPrefix(trimmed, "=== "), strings.HasPrefix(trimmed, "--- "), strings.HasPrefix(line, "FAIL"):
		// What the events say too.
	case strings.HasPrefix(line, "# "):
		o.building = true
	case o.current != nil:
		if !o.current.again { // its first failure is what is told
			o.message(o.current, line)
		}
		o.printedLast(strings.TrimSpace(line))
	case o.building:
		o.compiled(line)
	default:
		o.printedLast(line)
	}
}
