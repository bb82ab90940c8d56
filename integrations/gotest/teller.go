package gotest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// how is the way in which a command prints without -json.
type how struct {
	verbose bool // -v: everything
	local   bool // no package is named: what is printed is shown as it comes
}

// teller reports tests by the events of `go test -json`, and logs the text that the
// command prints without the flag: one package after the other.
//
//	event ──┬─> reader ─> TestReported: at once
//	        └─> script of its package ─> its lines ──┬─ they have the floor, or it is over ─> LogRead
//	                                                 └─ else they are held
//
// With -v the package that began first has the floor: what a test says is read while
// it runs. Without, go test says nothing of a package that passes, and which ones do
// is known at their ends.
type teller struct {
	how
	events  *reader
	out     tasks.LineSink
	scripts map[string]*script
	order   []*script // as they began
	floor   *script
	red     bool // a package has failed
	pending []tasks.Event
	current said  // whose lines the next ones are, as far as they go on
	next    int64 // the number of the line after the last one
}

func newTeller(t tasks.Task, s tasks.LineSink, h how) *teller {
	l := &teller{how: h, out: s, scripts: map[string]*script{}}
	l.events = newReader(t, tellerSink{l})
	l.events.live = true
	return l
}

// tellerSink is the sink of the reader: a problem, and the failure of a whole package,
// wait for the line that they were found on.
type tellerSink struct{ *teller }

func (t tellerSink) Log(logs.Stream, []byte) {}

func (t tellerSink) Emit(ev tasks.Event) {
	r, result := ev.(tasks.TestReported)
	if _, problem := ev.(tasks.DiagnosticReported); problem || result && r.Test.Name == tasks.WholeFile {
		t.pending = append(t.pending, ev)
		return
	}
	t.out.Emit(ev)
}

// emitAt reports what was found on a line.
func (l *teller) emitAt(n int64, ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.DiagnosticReported:
		e.Diagnostic.Line = n
		ev = e
	case tasks.TestReported:
		e.Test.Line = n
		ev = e
	}
	l.out.Emit(ev)
}

// Line reads an event.
func (l *teller) Line(line []byte) bool {
	if !isEvent(string(line[:min(len(line), 16)])) {
		return false
	}
	e, ok := decode(line)
	if !ok {
		return false
	}
	if e.ImportPath != "" { // of a build, which nobody has to wait for
		l.events.told(l.events.outputOf(e.Package), e)
		if e.Action == "build-output" {
			l.log(logs.Err, []said{{text: strings.TrimSuffix(e.Output, "\n"), found: l.found()}})
		}
		return true
	}
	s := l.scripts[e.Package]
	if s == nil {
		s = &script{teller: l, output: l.events.outputOf(e.Package), scenes: map[string]*scene{}}
		l.scripts[e.Package] = s
		l.order = append(l.order, s)
	}
	over := s.hear(e)
	l.follow(s, over)
	return true
}

// found is what the event in hand told of.
func (l *teller) found() []tasks.Event {
	all := l.pending
	l.pending = nil
	return all
}

// mostHeld is how much text of a package is held, and of a test that may yet pass.
// What is more is logged as it comes.
const mostHeld = 4 << 20

// follow logs of a package what is to be seen by now.
func (l *teller) follow(s *script, over bool) {
	if over {
		delete(l.scripts, s.pkg)
		l.order = slices.DeleteFunc(l.order, func(o *script) bool { return o == s })
	}
	live := l.verbose || l.local
	if live && l.floor == nil {
		l.floor = s
	}
	if over || l.floor == s || s.size > mostHeld {
		s.say()
	}
	if over && l.floor == s {
		l.floor = nil
		if len(l.order) > 0 {
			l.floor = l.order[0]
			l.floor.say()
		}
	}
}

// say logs what is held of a package.
func (s *script) say() {
	lines := s.lines
	s.lines, s.size = nil, 0
	if len(lines) == 0 {
		return
	}
	if f := s.floor; f != nil && f != s {
		f.shown = "" // its next line has to say whose it is
	}
	s.log(logs.Out, lines)
}

// said is a line of the text, and whose it is.
type said struct {
	text  string
	test  *test
	of    *output
	found []tasks.Event
}

// log appends lines, and says of tests which of them are theirs.
func (l *teller) log(stream logs.Stream, lines []said) {
	size := 0
	for _, s := range lines {
		size += len(s.text) + 1
	}
	text := make([]byte, 0, size)
	for _, s := range lines {
		text = append(append(text, s.text...), '\n')
	}
	first := l.out.LogRead(stream, text)
	l.next = first + int64(len(lines))
	changed := map[*test]*output{}
	for i, s := range lines {
		n := first + int64(i)
		for _, ev := range s.found {
			l.emitAt(n, ev)
		}
		if s.test != l.current.test {
			if old := l.current; old.test != nil && old.test.lines.Close(n) {
				changed[old.test] = old.of
			}
			l.current = said{test: s.test, of: s.of}
			if s.test != nil && s.test.lines.Open(n) {
				changed[s.test] = s.of
			}
		}
		if s.test != nil && s.test.named(s.text, n) {
			changed[s.test] = s.of
		}
	}
	if last := l.current; last.test != nil && last.test.Status != tasks.TestRunning {
		l.leave(last.test)
		changed[last.test] = last.of
	}
	for t, o := range changed {
		o.report(t)
	}
}

// leave ends the lines of a test that is over.
func (l *teller) leave(t *test) {
	if t != nil && l.current.test == t {
		t.lines.Close(l.next)
		l.current = said{}
	}
}

// named takes the line for the one that leads to the test: the first of its own, or
// better the one with the place of its failure.
func (t *test) named(text string, n int64) (better bool) {
	if t.Line < 0 {
		t.Line = n
	}
	at := t.Location
	if at.File == "" || at == t.led || !strings.Contains(text, fmt.Sprintf("%s:%d", path.Base(at.File), at.Line)) {
		return false
	}
	t.Line, t.led = n, at
	return true
}

// End logs what is left, and says what was going on.
func (l *teller) End() {
	var open []string
	for _, s := range l.order {
		open = append(open, s.running()...)
		s.stop()
		s.say()
	}
	if len(open) > 0 {
		l.out.Log(logs.Note, []byte("still running at its end: "+tasks.Few(open)+"\n"))
	}
	if l.red && !l.local && len(l.order) == 0 {
		l.out.LogRead(logs.Out, []byte("FAIL\n"))
	}
}
