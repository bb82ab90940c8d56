package cargo

import (
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// reader follows one run of `cargo test`, or of `cargo nextest`:
//
//	     Running unittests src/lib.rs (target/debug/deps/shop-5079)
//	running 7 tests
//	test tests::adds_up ... FAILED         at once; why comes when all have ended
//	failures:
//	---- tests::adds_up stdout ----
//	thread 'tests::adds_up' (29) panicked at src/lib.rs:24:9:
//	assertion `left == right` failed
//	  left: 5
//	 right: 6
//	failures:                              the names once more
//	test result: FAILED. 1 passed; ...
//
//	        FAIL [   1.250s] (1/8) shop tests::adds_up      nextest, and why
//	    thread 'tests::adds_up' (29) panicked at ...        indented below
//	────────────
type reader struct {
	sink      tasks.Sink
	files     *place.Files
	n         int64 // the line in hand
	next      string
	suite     string // the binary whose tests run; "" between them
	running   bool
	why       bool // below the first "failures:"
	nextest   bool
	tests     map[tasks.TestName]*test
	current   *test // whose output follows
	functions map[string]tasks.Location
}

type test struct {
	tasks.TestResult
	lines report.Lines
	diff  report.Diff
	said  section
}

// section is what of a panic the next line says.
type section int

const (
	nothing section = iota
	message         // what it says follows
	sides           // what was compared may follow
	told
)

// mostTests bounds what is remembered of one run.
const mostTests = 20_000

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t), tests: map[tasks.TestName]*test{}}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if line == "" {
		if r.current != nil {
			r.printed(line)
		}
		return r.current != nil
	}
	switch line[0] {
	case ' ':
		if r.heading(line) || r.nextestLine(line) || r.died(line) {
			return true
		}
	case 'T', 'A': // TRY 1 TRMNTG, ABORT SIG 40: as wide as there is room
		if r.nextestLine(line) {
			return true
		}
	case 'r':
		if strings.HasPrefix(line, "running ") && (strings.HasSuffix(line, " tests") || line == "running 1 test") {
			r.turn(nil)
			r.suite, r.running, r.why = r.next, true, false
			return true
		}
	case 't':
		if r.running && r.current == nil && strings.HasPrefix(line, "test ") {
			return r.result(line[len("test "):])
		}
	case 'f':
		if r.running && line == "failures:" {
			r.turn(nil)
			r.why = !r.why
			return true
		}
	case '-':
		if r.running && r.section(line) {
			return true
		}
	}
	if r.current == nil {
		if name, ok := strings.CutSuffix(line, " --- FAILED"); ok && r.running { // of -q
			return r.result(name + " ... FAILED")
		}
		return false
	}
	if strings.HasPrefix(line, "────") {
		r.turn(nil)
		return true
	}
	r.printed(line)
	return true
}

// heading says which binary runs next: "Running tests/whole.rs (…/whole-caf4)",
// or "Doc-tests shop".
func (r *reader) heading(line string) bool {
	text := strings.TrimLeft(line, " ")
	if name, ok := strings.CutPrefix(text, "Doc-tests "); ok && name != "" {
		r.next = strings.Clone(name) + " (doc)"
		return true
	}
	rest, ok := strings.CutPrefix(text, "Running ")
	if !ok || !strings.HasSuffix(rest, ")") {
		return false
	}
	open := strings.LastIndexByte(rest, '(')
	if open < 0 {
		return false
	}
	name := strings.TrimSuffix(rest[open+1:], ")")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if dash := strings.LastIndexByte(name, '-'); dash > 0 {
		name = name[:dash]
	}
	r.next = strings.Clone(name)
	return name != ""
}

// died is "  process didn't exit successfully: `/shop/target/debug/deps/shop-5079` (signal: 6,
// SIGABRT: process abort signal)": a binary that has told nothing of its end.
func (r *reader) died(line string) bool {
	rest, ok := strings.CutPrefix(line, "  process didn't exit successfully: `")
	i := strings.LastIndex(rest, "` (")
	if !ok || i < 0 || !r.running || !strings.HasSuffix(rest, ")") {
		return false
	}
	r.turn(nil)
	r.running = false
	t := tasks.TestResult{Suite: r.suite, Name: tasks.WholeFile, Status: tasks.TestFailed, Message: place.Clip(rest[i+len("` (") : len(rest)-1]), Line: -1}
	r.sink.Emit(tasks.TestReported{Test: t})
	return true
}

// test finds a test, or makes it; nil when there are too many.
func (r *reader) test(suite, name string) *test {
	name = strings.TrimSuffix(strings.TrimSpace(name), " - should panic")
	if name = place.Clip(name); name == "" {
		return nil
	}
	key := tasks.TestName{Suite: suite, Name: name}
	t := r.tests[key]
	if t == nil {
		if len(r.tests) >= mostTests {
			return nil
		}
		key.Suite = strings.Clone(suite)
		t = &test{TestResult: tasks.TestResult{Suite: key.Suite, Name: name, Separator: "::", Status: tasks.TestRunning, Line: -1}}
		r.tests[key] = t
	}
	return t
}

func (r *reader) tell(t *test) {
	result := t.TestResult
	result.Output = t.lines.Spans()
	// Where it is written, and not where it failed: one that fails now and passes
	// then has the same row.
	result.File = r.function(t.Name).File
	if t.Status == tasks.TestFailed {
		result.Diff = t.diff.String()
		if result.Location.File == "" {
			result.Location = r.function(t.Name)
		}
	}
	r.sink.Emit(tasks.TestReported{Test: result})
}

// turn makes t the test whose output follows; nil: nobody's.
func (r *reader) turn(t *test) {
	if old := r.current; old != nil && old.lines.Close(r.n) {
		r.tell(old)
	}
	r.current = t
	if t != nil {
		t.lines.Open(r.n)
		t.said, t.Message, t.Location = nothing, "", tasks.Location{}
		t.diff.Reset()
	}
}

// result is "tests::adds_up ... FAILED", "... ignored, not today" and
// "... bench:         120 ns/iter (+/- 3)".
func (r *reader) result(text string) bool {
	name, outcome, ok := strings.Cut(text, " ... ")
	if !ok {
		return false
	}
	word, reason, _ := strings.Cut(outcome, ", ")
	var status tasks.TestStatus
	switch {
	case word == "ok", strings.HasPrefix(word, "ok <"):
		status = tasks.TestPassed
	case word == "FAILED", strings.HasPrefix(word, "FAILED <"):
		status = tasks.TestFailed
	case word == "ignored":
		status = tasks.TestSkipped
	case strings.HasPrefix(outcome, "bench:"):
		status = tasks.TestPassed
		r.benchmark(name, strings.TrimPrefix(outcome, "bench:"))
	default:
		return false
	}
	t := r.test(r.suite, name)
	if t == nil {
		return true
	}
	t.Status = status
	if status == tasks.TestSkipped {
		t.Message = place.Clip(reason)
	}
	if _, took, timed := strings.Cut(outcome, " <"); timed {
		t.Duration, _ = time.ParseDuration(strings.TrimSuffix(took, ">"))
	}
	r.tell(t)
	return true
}

// section is "---- tests::adds_up stdout ----" above what a test printed.
func (r *reader) section(line string) bool {
	name, ok := strings.CutPrefix(line, "---- ")
	name, tail := strings.CutSuffix(name, " stdout ----")
	if !ok || !tail {
		return false
	}
	if t := r.test(r.suite, name); t != nil {
		t.Status = tasks.TestFailed
		r.turn(t)
		r.tell(t)
	}
	return true
}

// printed is a line that a failed test printed.
func (r *reader) printed(line string) {
	t := r.current
	text := strings.TrimSpace(line)
	if r.nextest && strings.HasPrefix(text, "test result: ") {
		return
	}
	before, at, lines := t.Message, t.Location, t.diff.Lines()
	switch {
	case r.panicked(t, text):
	case t.said == message && text != "":
		t.Message, t.said = place.Clip(text), sides
	case t.said == sides && strings.HasPrefix(text, "left: "):
		t.diff.Add('+', text[len("left: "):])
		t.Message = place.Clip(t.Message + ", " + text)
	case t.said == sides && strings.HasPrefix(text, "right: "):
		t.diff.Add('-', text[len("right: "):])
		t.Message = place.Clip(t.Message + ", " + text)
		t.said = told
	case t.said == nothing && strings.HasPrefix(text, "Error: "): // of a test that returns a result
		t.Message = place.Clip(text)
	case strings.HasPrefix(text, "at ") && t.said != nothing && t.Location.File == "":
		r.locate(t, text[len("at "):])
	case t.said == sides && (text == "" || strings.HasPrefix(text, "stack backtrace:")):
		t.said = told
	}
	if t.Message != before || t.Location != at || t.diff.Lines() != lines {
		r.tell(t)
	}
}

// panicked is "thread 'x' (29) panicked at src/lib.rs:24:9:", or of an older
// Rust "thread 'x' panicked at 'boom', src/lib.rs:24:9". The first one counts.
func (r *reader) panicked(t *test, text string) bool {
	if !strings.HasPrefix(text, "thread '") {
		return false
	}
	_, at, ok := strings.Cut(text, " panicked at ")
	if !ok || t.said != nothing {
		return ok
	}
	t.said = message
	if quoted, old := strings.CutPrefix(at, "'"); old {
		if i := strings.LastIndex(quoted, "', "); i >= 0 {
			t.Message, at, t.said = place.Clip(quoted[:i]), quoted[i+len("', "):], told
		}
	}
	r.locate(t, at)
	return true
}

func (r *reader) locate(t *test, text string) {
	file, line, column, _, ok := place.Cut(text)
	if p, own := r.files.Own(file); ok && own {
		t.Location = tasks.Location{File: p, Line: line, Column: column}
	}
}

// benchmark tells how long one turn of it takes.
func (r *reader) benchmark(name, text string) {
	number, _, ok := strings.Cut(strings.TrimSpace(text), " ns/iter")
	if !ok {
		return
	}
	if v, ok := parseNumber(number); ok {
		r.sink.Emit(tasks.MetricReported{Name: place.Clip(name) + " ns/iter", Point: tasks.Point{Value: v, At: time.Now()}})
	}
}
