package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// run is one started process with what it belongs to.
type run struct {
	id     tasks.RunID
	task   tasks.Task
	plan   *plan
	lacks  func(exit int) string // Options.Lacks, of this run
	sink   tasks.Sink
	child  *child
	began  time.Time // of the runner
	family *family
	pieces *sync.Pool // of the runner
	screen *screen    // nil without a pty

	// lines is fed with output while a log probe waits; nil otherwise.
	lines   atomic.Pointer[lineWatch]
	readers sync.WaitGroup
	// silent stops a reader that could not be interrupted from reaching the
	// sink after the run has ended.
	silent atomic.Bool
}

// errNotReady ends a run whose probe did not succeed in time.
type errNotReady struct{ reason string }

func (e *errNotReady) Error() string { return e.reason }

// follow accompanies the process from its start until nothing is left of it:
//
//	started ─> ready? ─┐
//	   leader exits ───┼─> end the rest (signal, grace, KILL) ─> read what is
//	   ctx ends ───────┤      until the family is empty           left ─> outcome
//	   not ready ──────┘
func (x *run) follow(ctx context.Context) error {
	x.sink.Emit(tasks.ProcessStarted{ID: x.id, PID: x.child.id.pid})
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	probing, stopProbe := context.WithCancel(ctx)
	defer stopProbe()
	var probe sync.WaitGroup
	if x.task.IsService() {
		probe.Go(func() {
			if err := x.becomeReady(probing); err != nil {
				fail(err)
			}
		})
	}
	select {
	case <-x.child.exited:
	case <-ctx.Done():
	}
	stopped := ctx.Err() != nil
	stopProbe()
	probe.Wait()

	how := ending{
		signal: stopSignal(x.task.Spec.Stop.Signal),
		grace:  x.task.Spec.Stop.Timeout,
		reach:  session,
		leader: x.child.exited,
	}
	if how.grace <= 0 {
		how.grace = stopGrace
	}
	if stopped || x.task.IsService() {
		how.reach = anywhere
	}
	if x.plan.shellLine && x.child.tty != nil {
		how.shell = x.plan.argv[0]
	}
	left := x.family.end(how)
	if len(left) == 0 {
		<-x.child.exited
	}
	x.drain()
	return x.outcome(context.Cause(ctx), left)
}

// outcome is Run's answer.
func (x *run) outcome(cause error, left []proc) error {
	exit := tasks.Exit{Code: 128 + 9, Signal: "KILL"} // a leader that survived KILL
	select {
	case <-x.child.exited:
		exit = x.child.exit
	default:
	}
	var late *errNotReady
	notReady := errors.As(cause, &late)
	if exit.Code == 0 && !notReady && len(left) == 0 {
		return nil
	}
	e := &tasks.ExitError{Exit: exit}
	for _, p := range left {
		e.Survivors = append(e.Survivors, p.describe())
	}
	var reasons []string
	lack := ""
	if cause == nil && exit.Code != 0 && exit.Signal == "" {
		lack = x.lacks(exit.Code)
	}
	switch {
	case notReady:
		reasons = append(reasons, late.reason)
	case lack != "":
		reasons = append(reasons, exit.String()+": "+lack)
		// A row of its own, also where what is missing made a hundred tests fail.
		x.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Message: lack, Line: -1}})
	case x.plan.shellLine && cause == nil && exit.Code == 127:
		reasons = append(reasons, "exit 127: the shell did not find a command; the last line of the log names it")
	case x.plan.shellLine && cause == nil && exit.Code == 126:
		reasons = append(reasons, "exit 126: the shell could not execute a command; the last line of the log names it")
	}
	if len(left) > 0 {
		reasons = append(reasons, survived(left))
	}
	e.Reason = strings.Join(reasons, "; ")
	return e
}

// survived names what could not be killed.
func survived(left []proc) string {
	names := make([]string, 0, len(left))
	for _, p := range left {
		d := p.describe()
		names = append(names, fmt.Sprintf("pid %d (%s)", d.PID, d.Command))
	}
	return "could not be killed: " + strings.Join(names, ", ")
}

// read starts a reader for each of the child's outputs.
func (x *run) read() {
	for _, o := range x.child.outputs {
		x.readers.Go(func() { x.copyFrom(o) })
	}
}

// pipePiece is what is read of a pipe at once. Buffers of this size are used again:
// two for every run would be most of what it leaves to collect.
const pipePiece = 64 << 10

// copyFrom hands everything that is printed to the log, in chunks as they come.
// Nothing is done per line.
func (x *run) copyFrom(o *output) {
	var buf []byte
	if x.child.tty != nil {
		buf = make([]byte, 16<<10) // a pty gives 4 KiB at once
	} else {
		piece := x.pieces.Get().(*[pipePiece]byte)
		defer x.pieces.Put(piece)
		buf = piece[:]
	}
	var g gather
	for {
		asked := time.Now()
		n, err := o.read(buf)
		if n > 0 {
			x.take(o.stream, buf[:n])
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			drainNow(o.file, buf, func(p []byte) { x.take(o.stream, p) })
			return
		default: // EOF; EIO is a pty's
			return
		}
		if g.wait(n, time.Since(asked)) {
			time.Sleep(g.until(time.Since(x.began), x.screen.watched()))
		}
	}
}

// gather sees a program that prints one small piece after the other, each of
// which would wake its reader. Read a moment later they come together, and those
// of all programs at the same moments: for a thousand lines a second that is a
// tenth of the work, and no line is later than a screen shows.
type gather struct {
	streak int // small pieces that came without a pause
}

const (
	smallPiece   = 3 << 10 // bytes; more in one read is a flood, which must not wait
	gatherPause  = 25 * time.Millisecond
	gatherStreak = 16
	gatherFor    = 25 * time.Millisecond
	// gatherWatched is instead of gatherFor while somebody types into the program.
	gatherWatched = 4 * time.Millisecond
)

// wait says whether to let more come before the next read, after one that gave
// n bytes and had to wait for them that long.
func (g *gather) wait(n int, waited time.Duration) bool {
	if n >= smallPiece || waited > gatherPause {
		g.streak = 0
		return false
	}
	g.streak++
	return g.streak > gatherStreak
}

// until is how long to wait then, when the time is now by a clock that all
// readers have in common.
func (*gather) until(now time.Duration, watched bool) time.Duration {
	every := gatherFor
	if watched {
		every = gatherWatched
	}
	return every - now%every
}

func (x *run) take(stream logs.Stream, p []byte) {
	if x.silent.Load() {
		return
	}
	x.sink.Log(stream, p)
	if x.screen != nil {
		x.screen.show(p)
	}
	if w := x.lines.Load(); w != nil {
		w.feed(stream, p)
	}
}

// drain lets the readers come to the end of the output. Usually they are there
// already, since everybody who could write is gone; when an outsider holds the
// pipe open, what is in it is read and it is closed.
func (x *run) drain() {
	done := make(chan struct{})
	go func() {
		x.readers.Wait()
		close(done)
	}()
	defer func() {
		x.silent.Store(true)
		if x.screen != nil {
			x.screen.end()
		}
		for _, o := range x.child.outputs {
			o.forget()
			_ = o.file.Close() // read to its end
		}
	}()
	select {
	case <-done:
		return
	case <-time.After(drainGrace):
	}
	for _, o := range x.child.outputs {
		o.interrupt()
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
}

// drainGrace is how long outputs may stay open after the last known process of
// a run is gone.
const drainGrace = 100 * time.Millisecond
