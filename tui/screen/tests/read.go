package tests

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// Bounds of what is read of one test.
const (
	mostLines   = 500  // of its output
	longestLine = 2000 // bytes of a line of output, or of a source
	around      = 40   // source lines before and after the place that are kept
	mostSources = 64
	// mostOfProblem is how many lines a compiler tells of one problem in.
	mostOfProblem = 12
)

// reader is what was read for the selected test, and what is being read. One
// read of each kind goes on at a time; what is wanted by then is read next.
type reader struct {
	output        output
	readingOutput bool
	sources       map[string]source // by place
	readingSource bool
	defined       defined
	defining      bool
	version       int
}

// outputKey says of what an output is: another one has to be read when it
// changes.
type outputKey struct {
	id     nodeID
	run    tasks.RunID
	status tasks.TestStatus
	from   int64
	to     int64
	spans  int
}

// output is what a test printed.
type output struct {
	key   outputKey
	lines []line
	more  int64 // lines that were left out
	err   error
}

// line is one of the log.
type line struct {
	n      int64
	text   string
	spots  []spot
	mark   marked
	frame  bool // of a stack
	ours   bool // a frame inside the workspace
	behind bool // belongs to the frame in the line before it, or after it
}

// spot is a place that a line names: bytes of its text.
type spot struct {
	from, to int
	at       tasks.Location
}

// source is what stands around a place.
type source struct {
	stamp    string // of what it was read for
	file     string
	from     int // the number of the first line
	lines    []string
	modified time.Time
	size     int64
	err      error
}

type (
	outputRead struct{ output output }
	sourceRead struct {
		place  string
		source source
	}
)

// Owns says whether a message is an answer to this tab.
func (s *Screen) Owns(msg tea.Msg) bool {
	switch msg.(type) {
	case outputRead, sourceRead, definedRead, pastRead, pastDue:
		return true
	}
	return false
}

// Update takes what was read.
func (s *Screen) Update(msg tea.Msg) {
	s.reader.version++
	switch m := msg.(type) {
	case outputRead:
		s.reader.output, s.reader.readingOutput = m.output, false
	case sourceRead:
		s.reader.readingSource = false
		if len(s.reader.sources) >= mostSources {
			clear(s.reader.sources)
		}
		s.reader.sources[m.place] = m.source
	case definedRead:
		s.reader.defined, s.reader.defining = m.defined, false
	case pastDue:
		s.past.waiting = false
	case pastRead:
		s.past.reading, s.past.took = false, m.took
		if m.unit == s.past.unit {
			s.past.known = m.past
			if s.mode == flakyMode {
				s.list()
			}
		}
	}
}

// read asks for what the selected test lacks: its output, and the source around
// the selected place.
func (s *Screen) read(f screen.Frame) tea.Cmd {
	n := s.node()
	if _, failure := s.split(f.W, f.H-1); n == nil || failure.w == 0 {
		return nil
	}
	r := f.State.Runs[n.run]
	u := f.State.Units[f.Unit]
	finder := newFinder(f.State.Workspace.Root, u.Task.Spec.Dir, n)
	var cmds []tea.Cmd
	if key, ok := outputOf(n, r); ok && key != s.reader.output.key && !s.reader.readingOutput {
		s.reader.readingOutput = true
		dir, log, result := f.State.Workspace.LogDir, cmp.Or(n.log(), r.Log), n.result
		cmds = append(cmds, func() tea.Msg { return outputRead{readOutput(dir, log, key, result, finder)} })
	}
	if n.has && n.where().Line == 0 && n.result.File != "" && s.reader.defined.id != n.id && !s.reader.defining {
		s.reader.defining = true
		root, id, result := f.State.Workspace.Root, n.id, n.result
		cmds = append(cmds, func() tea.Msg { return definedRead{defined{id, define(root, result)}} })
	}
	s.document.follow(s, f, n)
	at, _, ok := s.document.selected()
	if !ok || at.Line == 0 || s.reader.readingSource {
		return tea.Batch(cmds...)
	}
	stamp := fmt.Sprint(n.id, n.run, n.result.Status, r.Status.Done())
	if old := s.reader.sources[at.String()]; old.stamp != stamp {
		s.reader.readingSource = true
		root := f.State.Workspace.Root
		cmds = append(cmds, func() tea.Msg { return sourceRead{at.String(), readSource(root, at, stamp, old)} })
	}
	return tea.Batch(cmds...)
}

// log is the log of the step that tells of the node; empty: the run's own does.
func (n *node) log() logs.Key {
	if n.diagnostic != nil {
		return n.diagnostic.Log
	}
	return n.result.Log
}

// outputOf says which lines of the log are a node's own; false: it is not known.
// Of a test whose parts of the log are not told, these are the lines from its
// failure up to the next one's.
func outputOf(n *node, r tasks.Run) (outputKey, bool) {
	key := outputKey{id: n.id, run: n.run, from: -1}
	switch {
	case n.diagnostic != nil:
		key.from = n.diagnostic.Line
	case n.has && len(n.result.Output) > 0:
		first, last := n.result.Output[0], n.result.Output[len(n.result.Output)-1]
		key.from, key.to, key.spans, key.status = first.From, last.To, len(n.result.Output), n.result.Status
		return key, true
	case n.has:
		key.from, key.status = n.result.Line, n.result.Status
	}
	if key.from < 0 {
		return key, false
	}
	key.to = r.EndLine
	end := func(other int64) {
		if other > key.from && (key.to < 0 || other < key.to) {
			key.to = other
		}
	}
	if n.log() != "" {
		key.to = -1 // the log of a step has an end of its own
	}
	for _, t := range r.Tests {
		if t.Log == n.log() {
			end(t.Line)
		}
	}
	for _, d := range r.Diagnostics {
		if d.Log == n.log() {
			end(d.Line)
		}
	}
	if n.diagnostic != nil && key.to > key.from+mostOfProblem {
		key.to = key.from + mostOfProblem
	}
	return key, true
}

// readOutput reads lines of a log and finds the places that they name.
func readOutput(dir string, log logs.Key, key outputKey, t tasks.TestResult, f *finder) output {
	o := output{key: key}
	r, err := logs.OpenReader(dir, log)
	if err != nil {
		o.err = err
		return o
	}
	defer func() { _ = r.Close() }() // read-only: nothing can be lost
	spans := t.Output
	if key.spans == 0 {
		spans = []tasks.Span{{From: key.from, To: key.to}}
	}
	for _, span := range spans {
		n := int64(mostLines)
		if span.To >= 0 {
			n = span.To - span.From
		}
		room := int64(mostLines - len(o.lines))
		o.more += max(0, n-room)
		read, err := r.Lines(span.From, int(min(n, room)), longestLine, nil)
		if err != nil {
			o.err = err
			return o
		}
		for _, l := range read {
			if text, own := t.Printed(string(l.Text)); own {
				text = unruled(strings.TrimRight(parse.Strip(text), "\r\n "))
				if more := l.Size - int64(len(l.Text)); more > 0 {
					text += fmt.Sprintf(" … %d bytes more of this line: o shows it in the log", more)
				}
				o.lines = append(o.lines, line{n: l.N, text: text})
			}
		}
	}
	o.lines = examine(o.lines, f)
	return o
}

// unruled shortens the rules around a title, which would only be wrapped.
func unruled(s string) string {
	for _, c := range [...]string{"_", "=", "-"} {
		rule := strings.Repeat(c, 6)
		if strings.HasPrefix(s, rule) && strings.HasSuffix(s, rule) {
			if title := strings.TrimSpace(strings.Trim(s, c)); title != "" {
				return c + c + " " + title + " " + c + c
			}
			return rule
		}
	}
	return s
}

// readSource reads the lines around a place; what has not changed since it was
// read is not read again.
func readSource(root string, at tasks.Location, stamp string, old source) source {
	s := source{stamp: stamp, file: at.File}
	path := at.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, filepath.FromSlash(path))
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		s.err = err
		return s
	case !info.Mode().IsRegular():
		s.err = fmt.Errorf("%s is no file", at.File)
		return s
	}
	s.modified, s.size = info.ModTime(), info.Size()
	if old.err == nil && old.lines != nil && old.modified.Equal(s.modified) && old.size == s.size {
		old.stamp = stamp
		return old
	}
	file, err := os.Open(path)
	if err != nil {
		s.err = err
		return s
	}
	defer func() { _ = file.Close() }() // read-only: nothing can be lost
	s.from = max(1, at.Line-around)
	in := bufio.NewReaderSize(file, 64<<10)
	for number := 1; number <= at.Line+around; number++ {
		text, err := readLine(in)
		if err != nil {
			break
		}
		if number >= s.from {
			s.lines = append(s.lines, text)
		}
	}
	return s
}

// readLine reads a line and keeps its beginning.
func readLine(in *bufio.Reader) (string, error) {
	var kept []byte
	for {
		part, prefix, err := in.ReadLine()
		if err != nil {
			return "", err
		}
		if room := longestLine - len(kept); room > 0 {
			kept = append(kept, part[:min(len(part), room)]...)
		}
		if !prefix {
			return strings.ToValidUTF8(string(kept), "�"), nil
		}
	}
}
