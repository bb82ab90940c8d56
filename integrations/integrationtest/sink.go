package integrationtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// Sink keeps what a provider tells of a run, as a host would: its state and the
// logs of its steps. One that is used again stands for a host that lost sight of
// the run and found it again.
type Sink struct {
	mu     sync.Mutex
	events []tasks.Event
	logs   map[string]*stepLog // "" is the run's own
	files  []string
}

var (
	_ tasks.StepSink   = (*Sink)(nil)
	_ tasks.ResultSink = (*Sink)(nil)
)

// Results keeps a file of results.
func (s *Sink) Results(text []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, string(text))
	return true
}

// Files are the files of results, in the order in which they were read.
func (s *Sink) Files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.files...)
}

// Log appends to the run's own log.
func (s *Sink) Log(stream logs.Stream, p []byte) { s.log("").WriteAt(stream, p, time.Time{}) }

// Emit keeps an event.
func (s *Sink) Emit(ev tasks.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, ev)
}

// StepLog is a step's log.
func (s *Sink) StepLog(step string) (tasks.LogWriter, logs.Key, error) {
	return s.log(step), logs.Key("run/" + step), nil
}

func (s *Sink) log(step string) *stepLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs == nil {
		s.logs = map[string]*stepLog{}
	}
	if s.logs[step] == nil {
		s.logs[step] = &stepLog{}
	}
	return s.logs[step]
}

// Text is a step's log; "" is the run's own.
func (s *Sink) Text(step string) string {
	l := s.log(step)
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, line := range l.lines {
		b.WriteString(line.text)
	}
	return b.String()
}

// Logs are the steps that have one.
func (s *Sink) Logs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.logs {
		names = append(names, name)
	}
	return names
}

// Events are those told so far.
func (s *Sink) Events() []tasks.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]tasks.Event{}, s.events...)
}

// Run is the run as a state has it after these events.
func (s *Sink) Run() tasks.Run {
	state := tasks.NewState()
	const id = "task#1"
	state.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "task", Of: "task"}}})
	state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "task", Number: 1}})
	for _, ev := range s.Events() {
		switch e := ev.(type) {
		case tasks.StepChanged:
			e.ID = id
			state.Apply(e)
		case tasks.DiagnosticReported:
			e.ID = id
			state.Apply(e)
		case tasks.TestReported:
			e.ID = id
			state.Apply(e)
		case tasks.MetricReported:
			e.ID = id
			state.Apply(e)
		case tasks.ArtifactReported:
			e.ID = id
			state.Apply(e)
		case tasks.RunLinked:
			e.ID = id
			state.Apply(e)
		case tasks.RunNative:
			e.ID = id
			state.Apply(e)
		case tasks.RunReady, tasks.ProbeFailed, tasks.ProcessStarted, tasks.UsageSampled:
		default:
			panic(fmt.Sprintf("a run tells nothing like %T", ev))
		}
	}
	return state.Runs[id]
}

// stepLog is a log in memory, as the store of a host keeps it.
type stepLog struct {
	mu    sync.Mutex
	lines []logLine
	open  bool
}

type logLine struct {
	text string
	note bool
	at   time.Time
}

var _ tasks.LogWriter = (*stepLog)(nil)

func (l *stepLog) WriteAt(_ logs.Stream, p []byte, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.IsZero() {
		at = time.Now()
	}
	for piece := range strings.SplitAfterSeq(string(p), "\n") {
		if piece == "" {
			continue
		}
		if l.open {
			l.lines[len(l.lines)-1].text += piece
		} else {
			l.lines = append(l.lines, logLine{text: piece, at: at})
		}
		l.open = !strings.HasSuffix(piece, "\n")
	}
}

func (l *stepLog) Note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
	l.lines = append(l.lines, logLine{text: "── " + text + "\n", note: true})
}

func (l *stepLog) Lines() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.lines))
}

func (l *stepLog) Last() (at time.Time, lines int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range slices.Backward(l.lines) {
		switch {
		case line.note:
		case lines == 0:
			at, lines = line.at, 1
		case line.at.Equal(at):
			lines++
		default:
			return at, lines
		}
	}
	return at, lines
}

func (l *stepLog) Restart() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.open = nil, false
	return nil
}

func (l *stepLog) Close() error { return nil }

// Looking is a lookout for tests: somebody looks all the time.
type Looking struct{}

// Wait returns at once.
func (Looking) Wait(ctx context.Context) error { return ctx.Err() }
