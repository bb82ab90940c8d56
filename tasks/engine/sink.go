package engine

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// sink takes what one run says: bytes go to the log and past the parser,
// events to the loop.
type sink struct {
	e     *Engine
	id    tasks.RunID
	key   logs.Key
	w     *logs.Writer
	first int64

	mu     sync.Mutex // one chunk at a time: line numbers and the parser need the order
	closed bool
	task   tasks.Task
	parser tasks.Parser // nil: nobody reads
	parse  func(n int64, line string)
	tails  [2][]byte // the unfinished line of each stream, for the parser
	line   int64     // the number of the line that the parser sees, without notes of the loop
	// notes counts those: they stand in the log between the lines of the program. The
	// loop, which must not wait for mu, adds to it.
	notes atomic.Int64

	curves curves
	logs   *stepLogs
}

// curves keeps a metric that is both printed and written to a tracker or a file from
// being told twice: what is printed is rounded, and is left out.
type curves struct {
	mu      sync.Mutex
	known   map[string]bool // told by the runner
	printed map[string]bool // told by the parser
}

// ofRunner is a number as its runner tells it.
func (c *curves) ofRunner(e tasks.MetricReported) tasks.MetricReported {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known[e.Name] {
		if c.known == nil {
			c.known = map[string]bool{}
		}
		c.known[e.Name] = true
		e.Anew = c.printed[e.Name]
	}
	return e
}

// ofParser says whether a number that was printed is told.
func (c *curves) ofParser(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.printed == nil {
		c.printed = map[string]bool{}
	}
	c.printed[name] = true
	return !c.known[name]
}

var (
	_ tasks.StepSink    = (*sink)(nil)
	_ tasks.KeepingSink = (*sink)(nil)
	_ tasks.ResultSink  = (*sink)(nil)
	_ tasks.LineSink    = (*sink)(nil)
)

// longestParsed bounds what of a line a parser sees.
const longestParsed = 64 << 10

func newSink(e *Engine, r tasks.Run, t tasks.Task, w *logs.Writer) *sink {
	s := &sink{e: e, id: r.ID, key: r.Log, w: w, first: w.Lines(), task: t}
	s.line = s.first
	s.logs = &stepLogs{e: e, key: r.Log, task: t, tell: s.Emit}
	if e.o.Parser != nil {
		s.parser = e.o.Parser(t)
	}
	return s
}

// Log appends output. A log that cannot be written never stops the program:
// the store marks the gap, and the person is told once.
func (s *sink) Log(stream logs.Stream, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(p) == 0 {
		return
	}
	if _, err := s.w.Write(stream, p); err != nil {
		s.e.offer(logBroken(s.key, err))
	}
	switch {
	case s.parser == nil:
	case stream == logs.Out || stream == logs.Err:
		s.feed(stream, p)
	default:
		s.line += int64(bytes.Count(p, []byte{'\n'})) // a note is a line of the log, too
	}
}

// LogRead appends lines that a reader before the log has understood.
func (s *sink) LogRead(stream logs.Stream, p []byte) (first int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first = s.number()
	if s.closed || len(p) == 0 {
		return first
	}
	if _, err := s.w.Write(stream, p); err != nil {
		s.e.offer(logBroken(s.key, err))
	}
	s.line += int64(bytes.Count(p, []byte{'\n'}))
	return first
}

// number is that of the line in hand, in the log.
func (s *sink) number() int64 { return s.line + s.notes.Load() }

// feed splits chunks into lines for the parser.
func (s *sink) feed(stream logs.Stream, p []byte) {
	tail := &s.tails[stream]
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			if room := longestParsed - len(*tail); room > 0 {
				*tail = append(*tail, p[:min(room, len(p))]...)
			}
			return
		}
		line := p[:i]
		if len(*tail) > 0 {
			*tail = append(*tail, line[:min(len(line), max(0, longestParsed-len(*tail)))]...)
			line = *tail
		}
		s.give(line)
		*tail = (*tail)[:0]
		p = p[i+1:]
	}
}

// give hands a line to the parser, which is made for the first one: a save waits
// for its command to start.
func (s *sink) give(line []byte) {
	if s.parse == nil {
		s.parse = s.parser.Parse(s.task, parserSink{s})
	}
	line = bytes.TrimSuffix(line[:min(len(line), longestParsed)], []byte{'\r'})
	text := string(line)
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	s.parse(s.number(), text)
	s.line++
}

// Emit hands an event of this run to the loop.
func (s *sink) Emit(ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.MetricReported:
		ev = s.curves.ofRunner(e)
	case tasks.ParamsReported:
		e.Params = masked(s.task, e.Params)
		ev = e
	}
	s.logs.hear(ev)
	s.tell(ev)
}

func (s *sink) tell(ev tasks.Event) {
	ev = owned(ev, s.id)
	if ev == nil {
		return
	}
	if t, is := ev.(tasks.TestReported); is && t.Test.Status == tasks.TestRunning && t.Test.Began.IsZero() {
		t.Test.Began = s.e.o.Now()
		ev = t
	}
	s.e.send(func(e *Engine) {
		l := e.live[s.id]
		if l == nil {
			return
		}
		if m, is := ev.(tasks.MetricReported); is && m.Point.Step != 0 { // a benchmark counts no steps
			l.pulse.beat(e.o.Now())
			defer e.codeOf(s.id)
		}
		e.emit(ev)
		if _, linked := ev.(tasks.RunLinked); linked {
			e.records <- cloneRun(e.state.Runs[s.id]) // there it outlives this host
		}
	})
}

// StepLog is a step's own log, beside the run's.
func (s *sink) StepLog(step string) (tasks.LogWriter, logs.Key, error) {
	return s.logs.open(step)
}

// Keep makes what was logged survive the host.
func (s *sink) Keep() (next int64) {
	if err := s.w.Flush(); err != nil {
		s.e.offer(logBroken(s.key, err))
	}
	return s.w.Lines()
}

// Kept counts lines of output that were there before this run.
func (s *sink) Kept(from int64) (lines int, err error) {
	r, err := s.e.o.Logs.Reader(s.key)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	const page = 1024
	var window []logs.Line
	for from < s.first {
		window, err = r.Lines(from, int(min(page, s.first-from)), 1, window[:0])
		if err != nil || len(window) == 0 {
			break
		}
		for _, line := range window {
			if line.Stream != logs.Note && !line.Open {
				lines++
			}
		}
		from = window[len(window)-1].N + 1
	}
	return lines, err
}

// Results reads a file of results that another system keeps of the run.
func (s *sink) Results(text []byte) bool { return s.logs.results(s.id, text) }

// note writes a line of Sawhorse's own into the log. The loop calls it.
func (s *sink) note(text string) {
	s.notes.Add(1)
	if err := s.w.Note(text); err != nil {
		s.e.notice(logBroken(s.key, err))
	}
}

// close ends the run's part of the log and returns the number of the line
// after its last one.
func (s *sink) close() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.parser != nil {
		for i := range s.tails {
			if len(s.tails[i]) > 0 {
				s.give(s.tails[i])
			}
		}
	}
	if err := s.w.Close(); err != nil {
		s.e.offer(logBroken(s.key, err))
	}
	return s.w.Lines()
}

// parserSink adds to a parser's findings where in the log they were found.
type parserSink struct{ s *sink }

func (p parserSink) Log(logs.Stream, []byte) {}

func (p parserSink) Emit(ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.TestReported:
		if e.Test.Line < 0 {
			e.Test.Line = p.s.number()
		}
		ev = e
	case tasks.DiagnosticReported:
		if e.Diagnostic.Line < 0 {
			e.Diagnostic.Line = p.s.number()
		}
		ev = e
	case tasks.MetricReported:
		if !p.s.curves.ofParser(e.Name) {
			return
		}
	}
	p.s.tell(ev)
}

// owned puts the run's id on the events that a run may report; nil for others.
func owned(ev tasks.Event, id tasks.RunID) tasks.Event {
	switch e := ev.(type) {
	case tasks.ProcessStarted:
		e.ID = id
		return e
	case tasks.RunReady:
		e.ID = id
		return e
	case tasks.ProbeFailed:
		e.ID = id
		return e
	case tasks.TestReported:
		e.ID = id
		return e
	case tasks.DiagnosticReported:
		e.ID = id
		return e
	case tasks.RunNarrowed:
		e.ID = id
		return e
	case tasks.RunCached:
		e.ID = id
		return e
	case tasks.StepChanged:
		e.ID = id
		return e
	case tasks.MetricReported:
		e.ID = id
		return e
	case tasks.ParamsReported:
		e.ID = id
		return e
	case tasks.ArtifactReported:
		e.ID = id
		return e
	case tasks.RunLinked:
		e.ID = id
		return e
	case tasks.CodeReported:
		e.ID = id
		return e
	case tasks.RunNative:
		e.ID = id
		return e
	}
	return nil
}
