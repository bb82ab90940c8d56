// Package live has tools tell of each test as it goes on, where their command says
// nothing before a package is over, and logs the text that the command prints by
// itself. It knows no tool, and loses nothing of what is printed.
package live

import (
	"bytes"
	"context"
	"sync"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

var _ tasks.Runner = (*Runner)(nil)

// Find changes the command of a task; false: it is to run as it is.
type Find func(t tasks.Task) (tasks.Live, bool)

// Runner stands before another one and changes what it runs and what is logged of that.
//
//	command ── Find ──> one that tells ──> next
//	                                         │ lines
//	LogRead, Emit <── LiveReader <── follower ┘
type Runner struct {
	next tasks.Runner
	find Find
}

// New changes by find what next runs.
func New(next tasks.Runner, find Find) *Runner { return &Runner{next: next, find: find} }

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// Run asks the runner behind for the task, changed where that is known.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	lines, ok := s.(tasks.LineSink)
	if !ok || q.Task.IsService() {
		return r.next.Run(ctx, q, s)
	}
	l, ok := r.find(q.Task)
	if !ok {
		return r.next.Run(ctx, q, s)
	}
	q.Task.Spec = l.Spec
	f := &follower{LineSink: lines, reader: l.Read(lines)}
	err := r.next.Run(ctx, q, f)
	f.end()
	return err
}

// longest is how long a line may be that is read: what is longer is no event.
const longest = 1 << 20

// follower is the sink of one run.
type follower struct {
	tasks.LineSink

	mu     sync.Mutex // guards what follows
	reader tasks.LiveReader
	tail   []byte // the beginning of a line that may be an event
	within bool   // a line goes on that is none
}

// Log hands standard output to the reader, line by line, and logs at once what is
// not the reader's: a line that does not begin as events do is not waited for.
func (f *follower) Log(stream logs.Stream, p []byte) {
	if stream != logs.Out {
		f.LineSink.Log(stream, p)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(p) > 0 {
		line, rest, whole := bytes.Cut(p, []byte{'\n'})
		if whole {
			line = p[:len(line)+1]
		}
		p = rest
		if f.within || len(f.tail) == 0 && line[0] != '{' {
			f.LineSink.Log(stream, line)
			f.within = !whole
			continue
		}
		if !whole || len(f.tail) > 0 {
			f.tail = append(f.tail, line...)
			line = f.tail
		}
		switch {
		case whole:
			if !f.reader.Line(bytes.TrimRight(line, "\r\n")) {
				f.LineSink.Log(stream, line)
			}
			f.tail = f.tail[:0]
		case len(f.tail) > longest:
			f.LineSink.Log(stream, f.tail)
			f.tail, f.within = nil, true
		}
	}
}

// end logs what is left: a line that broke off as it is.
func (f *follower) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tail) > 0 {
		f.LineSink.Log(logs.Out, f.tail)
		f.within = true
	}
	if f.within {
		f.LineSink.Log(logs.Out, []byte{'\n'})
	}
	f.reader.End()
}
