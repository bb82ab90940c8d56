package engine

import (
	"bytes"
	"cmp"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// stepLogs are the logs that another system has of a run: its own, and one for each
// of its steps. What they say of tests and problems is found as in the output of a
// task that runs here:
//
//	LogWriter.WriteAt ─┬─> tasks/logs
//	                   └─> Parser ─> TestReported, DiagnosticReported with the step's log
type stepLogs struct {
	e    *Engine
	key  logs.Key // of the run's own log
	task tasks.Task
	tell func(tasks.Event)

	mu        sync.Mutex
	steps     bool            // there are logs of steps: the run's own only sums them up
	succeeded map[string]bool // steps that have
	looked    int             // bytes of the logs of these that were looked through
}

// mostLooked bounds what is looked through of the logs of steps that succeeded, in
// bytes of a run: a hundred jobs print more than anybody wants to wait for.
const mostLooked = 8 << 20

// hear takes in how a step has ended.
func (s *stepLogs) hear(ev tasks.Event) {
	if st, ok := ev.(tasks.StepChanged); ok && st.Step.Status == tasks.Succeeded && st.Step.Parent == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.succeeded == nil {
			s.succeeded = map[string]bool{}
		}
		s.succeeded[st.Step.Name] = true
	}
}

// wants says whether output of a step is to be looked through.
func (s *stepLogs) wants(step string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if step == "" {
		return !s.steps
	}
	if s.succeeded[step] {
		s.looked += n
		return s.looked <= mostLooked
	}
	return true
}

// open is tasks.StepSink's StepLog.
func (s *stepLogs) open(step string) (tasks.LogWriter, logs.Key, error) {
	key := s.key
	if step != "" {
		key += logs.Key("/" + step)
		s.mu.Lock()
		s.steps = true
		s.mu.Unlock()
	}
	l, key, err := s.e.outsideLog(key)
	if err != nil {
		return nil, "", err
	}
	if s.e.o.Parser == nil {
		return l, key, nil
	}
	p := s.e.o.Parser(s.task)
	if p == nil {
		return l, key, nil
	}
	w := &parsedLog{outsideLog: l, of: s, step: step}
	w.parse = p.Parse(s.task, w)
	w.catchUp()
	return w, key, nil
}

// results reads a file of results that a system keeps of a run. A test that the log
// of a step told of already is the same test.
func (s *stepLogs) results(run tasks.RunID, text []byte) bool {
	if s.e.o.Results == nil {
		return false
	}
	return s.e.o.Results(s.task, text, resultSink{s, run})
}

type resultSink struct {
	of  *stepLogs
	run tasks.RunID
}

func (r resultSink) Log(logs.Stream, []byte) {}

func (r resultSink) Emit(ev tasks.Event) {
	t, ok := ev.(tasks.TestReported)
	if !ok {
		r.of.tell(ev)
		return
	}
	r.of.e.send(func(e *Engine) {
		t.ID, t.Test = r.run, known(e.state.Runs[r.run].Tests, t.Test)
		e.emit(t)
	})
}

// known is a test of a report as the log of a step has told of it: a log says where,
// and which job. Where several jobs have tested the same it is not known of which one
// the report is.
func known(told []tasks.TestResult, t tasks.TestResult) tasks.TestResult {
	suites, longer := map[string]bool{}, map[string]bool{}
	for _, o := range told {
		step, suite := o.Step()
		switch {
		case step == "":
		case suite == t.Suite:
			suites[o.Suite] = true
		case o.Name == t.Name && t.SameAs(tasks.TestResult{Suite: suite, Name: o.Name}):
			longer[o.Suite] = true // one of them writes more of the suite's path
		}
	}
	if len(suites) == 0 {
		suites = longer
	}
	if len(suites) != 1 {
		return t
	}
	for suite := range suites {
		t.Suite = suite
	}
	for _, o := range told {
		if o.Suite != t.Suite || o.Name != t.Name || o.Status != t.Status {
			continue
		}
		t.Message, t.Location, t.Diff = cmp.Or(o.Message, t.Message), cmp.Or(o.Location, t.Location), cmp.Or(o.Diff, t.Diff)
		t.Line, t.Log, t.Output, t.Events = o.Line, o.Log, o.Output, o.Events
	}
	return t
}

// parsedLog is the log of a step, with what is found in it. Its methods are called
// from one goroutine.
type parsedLog struct {
	*outsideLog
	of    *stepLogs
	step  string
	parse func(n int64, line string)
	tail  []byte // an unfinished line
	line  int64  // the number of the line that the parser sees
}

var (
	_ tasks.BatchWriter = (*parsedLog)(nil)
	_ tasks.Sink        = (*parsedLog)(nil)
)

// WriteAt stores output and looks through it.
func (l *parsedLog) WriteAt(stream logs.Stream, p []byte, at time.Time) {
	if len(l.tail) == 0 {
		l.line = l.Lines()
	}
	l.outsideLog.WriteAt(stream, p, at)
	if stream != logs.Note && l.of.wants(l.step, len(p)) {
		l.look(p)
	}
}

// WriteAll stores many lines and looks through them.
func (l *parsedLog) WriteAll(text []byte, pieces []logs.Piece) {
	if len(l.tail) == 0 {
		l.line = l.Lines()
	}
	l.outsideLog.WriteAll(text, pieces)
	if l.of.wants(l.step, len(text)) {
		l.look(text)
	}
}

func (l *parsedLog) look(p []byte) {
	for len(p) > 0 {
		text, rest, whole := bytes.Cut(p, []byte{'\n'})
		if room := longestParsed - len(l.tail); room > 0 {
			l.tail = append(l.tail, text[:min(room, len(text))]...)
		}
		if !whole {
			return
		}
		l.give(string(l.tail))
		l.tail, p = l.tail[:0], rest
	}
}

func (l *parsedLog) give(text string) {
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	l.parse(l.line, strings.TrimSuffix(text, "\r"))
	l.line++
}

// catchUp looks through what an earlier host has stored: the state knows nothing of
// it any more.
func (l *parsedLog) catchUp() {
	if first := l.e.firstLook(l.key); !first || l.Lines() == 0 {
		return
	}
	_ = l.w.Flush() // told by the writer itself
	r, err := l.e.o.Logs.Reader(l.key)
	if err != nil {
		return
	}
	defer r.Close()
	first, end, err := r.Bounds()
	if err != nil {
		return
	}
	const page = 1000
	for from := first; from < end; {
		window, err := r.Lines(from, int(min(page, end-from)), longestParsed, nil)
		if err != nil || len(window) == 0 {
			return
		}
		for _, line := range window {
			if l.line = line.N; line.Stream != logs.Note {
				l.give(string(line.Text))
			}
		}
		from = window[len(window)-1].N + 1
	}
}

// firstLook says, once, that this host has not looked through a log yet.
func (e *Engine) firstLook(key logs.Key) bool {
	_, again := e.parsed.LoadOrStore(key, true)
	return !again
}

// Log is of a Sink; a parser prints nothing.
func (l *parsedLog) Log(logs.Stream, []byte) {}

// Emit adds to a finding where it was found.
func (l *parsedLog) Emit(ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.TestReported:
		if e.Test.Line < 0 {
			e.Test.Line = l.line
		}
		e.Test.Log = l.key
		e.Test.Suite = tasks.SuiteOf(l.step, e.Test.Suite)
		ev = e
	case tasks.DiagnosticReported:
		if e.Diagnostic.Line < 0 {
			e.Diagnostic.Line = l.line
		}
		e.Diagnostic.Log = l.key
		ev = e
	}
	l.of.tell(ev)
}
