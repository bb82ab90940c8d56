// Package engine is the loop: commands, file changes and what runs report go
// in, events come out. It decides what starts, what waits and why, and does no
// I/O of its own: runners, the watcher and the log store are given to it.
//
//	Do(command) ─┐
//	watch.Batch ─┤                    ┌─> start: Runner.Run(ctx, request, sink) ─┐
//	timers ──────┼─> loop ─ schedule ─┼─> stop: cancel(cause)                    │
//	sink.Emit ───┤     │     (pure)   └─> holds, each with its reason            │
//	Run returned ┘     v                                                         │
//	  ^          State.Apply(event) ─> mailboxes ─> Subscribe                    │
//	  └──────────────────────────────────────────────────────────────────────────┘
//	                 sink.Log ─> logs.Writer ─> LogGrew (merged, never the text)
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// Options is what the engine is given; it owns none of it.
type Options struct {
	Workspace tasks.Workspace
	// Load reads the workspace file. Its error is config.Problems, ErrUntrusted
	// or what went wrong; then what ran before goes on.
	Load func(ctx context.Context) (*config.File, error)
	// Trust keeps that a person lets the workspace run what it declares now; nil:
	// nothing waits for it.
	Trust func(ctx context.Context) error
	// Declares says whether a change of a file, relative to the root, makes a
	// reload.
	Declares func(path string) bool
	// Runners by Task.Provider; "" runs local processes.
	Runners map[string]tasks.Runner
	// Connections are the systems that a file asks for and those that were found;
	// called off the loop, after each reading of the file. nil: none.
	Connections func(ctx context.Context, f *config.File) ([]tasks.Connection, error)
	// Parser finds results in a task's output; nil for none.
	Parser func(tasks.Task) tasks.Parser
	// Results reads a file of results; false: its format is not known. nil: none is read.
	Results func(t tasks.Task, text []byte, s tasks.Sink) bool
	Logs    *logs.Store
	// Record keeps a run: one that has ended, and one of another system as soon as it
	// is known there. Called one at a time, off the loop.
	Record func(ctx context.Context, r tasks.Run) error
	// Earlier are runs of earlier hosts, the oldest first: those that went on in other
	// systems when the last one ended, and what else is to be looked at. Called once,
	// off the loop; nil: there are none.
	Earlier func(ctx context.Context) ([]tasks.Run, error)
	// Code says what code the workspace holds now; nil: nobody knows. Called off the
	// loop, for runs that tell numbers; it ends by itself before long.
	Code func(ctx context.Context) tasks.Code
	// Numbers are the last run numbers of earlier hosts, by task.
	Numbers map[string]int
	// Usage samples what the running runs take; called only while somebody looks.
	Usage func(ctx context.Context) map[tasks.RunID]tasks.Usage
	// Watch reports settled batches of changes until ctx ends; nil: no watching.
	Watch func(ctx context.Context, status func(watch.Status), f func(watch.Batch)) error
	// Writes says whether a task's tool writes a watched file by itself while it
	// runs; nil: nobody knows of any.
	Writes func(t tasks.Task, file string) bool
	// Port finds a free TCP port.
	Port func() (int, error)
	Now  func() time.Time
}

// errLocked is the answer to whoever starts something in a workspace that no
// person trusts yet.
var errLocked = errors.New("what this directory declares is not trusted yet, so nothing is run; read it, then: sawhorse trust")

// ErrUntrusted is Load's answer when the file's commands wait for a person's trust.
var ErrUntrusted = errors.New("the workspace file changed what it runs and is not trusted yet")

// usageEvery is how often processes are sampled while somebody looks; where
// nothing changes it slowly becomes usageQuiet.
const (
	usageEvery = 2 * time.Second
	usageQuiet = 10 * time.Second
	// usageFirst is how soon after somebody came: not while everything starts.
	usageFirst = 150 * time.Millisecond
)

// Engine is the loop and its state. It implements tasks.Engine.
type Engine struct {
	o     Options
	inbox chan input
	done  chan struct{} // closed when Run has returned

	mu          sync.Mutex // guards state and mailboxes, so that a snapshot and its subscription agree
	state       tasks.State
	mailboxes   map[*mailbox]struct{}
	gone        bool          // no more events will come
	stirred     chan struct{} // signalled when a subscriber comes or a run starts: there is something new to sample
	grown       map[logs.Key]int64
	growing     bool      // growthTimer is armed
	growthTold  time.Time // when growth was told last
	growthTimer *time.Timer
	attached    chan struct{} // closed and made anew when a subscriber comes
	watched     chan struct{} // closed when the workspace is watched, or won't be
	recalled    chan struct{} // closed when the loop was given the runs of earlier hosts

	// Owned by the loop.
	file    *config.File
	live    map[tasks.RunID]*live
	numbers map[string]int
	params  map[tasks.RunID]map[string]string // of runs that have not ended, secrets in clear
	// coding are the runs whose code is asked for; true: they have ended meanwhile.
	coding map[tasks.RunID]bool
	ports  map[string]int // "service.port"; fixed for the life of the host
	crons  map[string]cronEntry
	loops  map[string]*loopWatch
	// env are the variables of runs that have not ended, lastEnv those that each task
	// was last run with: of tasks that follow an operation.
	env     map[tasks.RunID]map[string]string
	lastEnv map[string]map[string]string
	// lastParams are what each task was last run with, for its reruns.
	lastParams map[string]map[string]string
	// sweeps are those that were not at their end when that was looked at last.
	sweeps map[tasks.RunID]sweep
	// missed are files that changed and that no run of a task was told of.
	missed             map[string][]string
	earlier            []tasks.Run          // of earlier hosts, whose tasks are not known yet
	unfollowed         map[tasks.RunID]bool // runs of earlier hosts that nobody follows yet
	connections        map[string]*connection
	looks              map[string]*look
	parsed             sync.Map        // keys of logs of steps that were looked through; any goroutine
	inner              context.Context // of all that the engine starts
	loading, loadAgain bool
	all                bool // everything that starts by itself was asked for
	news               news
	leaving            string
	records            chan tasks.Run
	work               sync.WaitGroup // runs, loads, the watcher
}

var _ tasks.Engine = (*Engine)(nil)

// input is one thing that the loop reacts to.
type input func(e *Engine)

// New prepares an engine; Run makes it go.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &Engine{
		o:          o,
		inbox:      make(chan input, 256), // so that a reporting run seldom waits for the loop
		done:       make(chan struct{}),
		state:      tasks.NewState(),
		mailboxes:  map[*mailbox]struct{}{},
		stirred:    make(chan struct{}, 1),
		grown:      map[logs.Key]int64{},
		live:       map[tasks.RunID]*live{},
		numbers:    maps.Clone(o.Numbers),
		params:     map[tasks.RunID]map[string]string{},
		coding:     map[tasks.RunID]bool{},
		ports:      map[string]int{},
		env:        map[tasks.RunID]map[string]string{},
		lastEnv:    map[string]map[string]string{},
		lastParams: map[string]map[string]string{},
		missed:     map[string][]string{},
		sweeps:     map[tasks.RunID]sweep{},
		unfollowed: map[tasks.RunID]bool{},

		attached:    make(chan struct{}),
		watched:     make(chan struct{}),
		recalled:    make(chan struct{}),
		connections: map[string]*connection{},
		looks:       map[string]*look{},
		crons:       map[string]cronEntry{},
		loops:       map[string]*loopWatch{},
		records:     make(chan tasks.Run, 64), // the recorder is slower than a burst of ends
	}
	if e.numbers == nil {
		e.numbers = map[string]int{}
	}
	o.Logs.OnGrow(e.grew)
	e.state.Apply(tasks.WorkspaceOpened{Workspace: o.Workspace})
	return e
}

// Run reads the workspace file and turns the loop until Down or the end of ctx;
// it returns when everything it started has ended. The error is that of the
// first reading of the file: without one there is nothing to run.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.done)
	defer e.closeMailboxes()
	// What the engine starts outlives ctx: its end begins an orderly stop.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	e.inner = inner
	// Watching needs nothing of the file, and a large tree takes longer than to read it.
	if e.o.Watch != nil {
		e.work.Go(func() { e.watch(inner) })
	} else {
		close(e.watched)
	}
	file, err := e.o.Load(ctx)
	if err != nil {
		e.leave(err.Error()) // it is not read once more
		cancel()
		e.waitForWork()
		return err
	}
	e.configure(file)
	var recorder sync.WaitGroup
	recorder.Go(func() { e.record(context.WithoutCancel(ctx)) })
	if e.o.Usage != nil {
		e.work.Go(func() { e.sample(inner) })
	}
	e.recallEarlier()
	e.findConnections()

	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	ended := ctx.Done()
	for {
		wake := sooner(e.settle(inner), e.lookAway(e.o.Now()))
		e.sweepsEnded()
		wake = sooner(wake, e.stalls(e.o.Now()))
		wake = sooner(wake, e.tellNews(e.o.Now()))
		if e.leaving != "" && len(e.live) == 0 {
			break
		}
		if wake.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(0, wake.Sub(e.o.Now())))
		}
		select {
		case in := <-e.inbox:
			in(e)
			e.drain()
		case <-timer.C:
		case <-ended:
			ended = nil
			e.leave("the host was asked to end")
		}
	}
	cancel()
	e.waitForWork()
	e.flushGrowth()
	close(e.records)
	recorder.Wait()
	e.emit(tasks.HostLeaving{Why: e.leaving})
	return nil
}

// sooner is the earlier of two times, where zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// drain takes what else is there already, so that a burst is settled once.
func (e *Engine) drain() {
	for range cap(e.inbox) {
		select {
		case in := <-e.inbox:
			in(e)
		default:
			return
		}
	}
}

// waitForWork waits for the goroutines of the engine, and goes on taking what
// they still report.
func (e *Engine) waitForWork() {
	finished := make(chan struct{})
	go func() {
		e.work.Wait()
		close(finished)
	}()
	for {
		select {
		case in := <-e.inbox:
			in(e)
			e.wakeAll()
		case <-finished:
			e.drain()
			return
		}
	}
}

// send hands an input to the loop; false when the loop has ended.
func (e *Engine) send(in input) bool {
	select {
	case e.inbox <- in:
		return true
	case <-e.done:
		return false
	}
}

// Do hands a command to the loop and returns its answer; that of an operation
// comes when it is done.
func (e *Engine) Do(ctx context.Context, c tasks.Command) error {
	switch c := c.(type) {
	case tasks.Operate:
		return e.operate(ctx, c)
	case tasks.Cancel:
		if id, outside := e.outsideRun(ctx, c.ID); outside {
			return e.operate(ctx, tasks.Operate{ID: id, Operation: "cancel"})
		}
	}
	if _, ok := c.(tasks.Trust); ok && e.o.Trust != nil {
		// Kept on the caller's time: the loop does no I/O.
		if err := e.o.Trust(ctx); err != nil {
			return err
		}
	}
	reply := make(chan error, 1) // buffered: the loop never waits for a caller that left
	if !e.send(func(e *Engine) { reply <- e.do(c) }) {
		return errGone
	}
	refused, err := answer(ctx, e, reply)
	return cmp.Or(err, refused)
}

// answer waits for what the loop, or what it began, says.
func answer[T any](ctx context.Context, e *Engine, reply <-chan T) (said T, err error) {
	select {
	case said = <-reply:
	case <-ctx.Done():
		err = ctx.Err()
	case <-e.done:
		// The answer may have come with the end.
		select {
		case said = <-reply:
		default:
			err = errGone
		}
	}
	return said, err
}

var errGone = errors.New("the host has ended")

// emit applies events and puts them into every mailbox; tellNews wakes those who wait
// there. Only the loop calls it: it reads the state without the lock. (The growth
// of logs has a way of its own, and touches only what the loop does not read.)
func (e *Engine) emit(events ...tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		e.state.Apply(ev)
		for m := range e.mailboxes {
			m.put(ev)
		}
	}
	e.news.put(e.o.Now())
}

// notice raises a notice with the time of now.
func (e *Engine) notice(n tasks.Notice) {
	n.At = e.o.Now()
	e.emit(tasks.NoticeRaised{Notice: n})
}

// clear takes a notice back, if it stands.
func (e *Engine) clear(notice string) {
	if _, stands := e.state.Notices[notice]; stands {
		e.emit(tasks.NoticeCleared{ID: notice})
	}
}

// recordWait is how long the record of the first runs waits for the workspace to be
// watched, which needs the same cores.
const recordWait = time.Second

// record hands finished runs to Options.Record, one after the other, however
// long that takes: the loop never waits for it.
func (e *Engine) record(ctx context.Context) {
	records, written := e.records, make(chan error, 1) // buffered: the writer never waits either
	var waiting []tasks.Run
	watched, late := e.watched, time.NewTimer(recordWait)
	defer late.Stop()
	busy, said := false, false
	for records != nil || busy || len(waiting) > 0 {
		if !busy && len(waiting) > 0 && (watched == nil || records == nil) {
			r := waiting[0]
			waiting, busy = waiting[1:], true
			go func() { written <- e.o.Record(ctx, r) }()
		}
		select {
		case r, more := <-records:
			switch {
			case !more:
				records = nil
			case e.o.Record != nil:
				waiting = append(waiting, r)
			}
		case <-watched:
			watched = nil
		case <-late.C:
			watched = nil
		case err := <-written:
			busy = false
			if err != nil && !said {
				said = true // once: each run would say the same
				e.offer(tasks.Notice{
					ID: "history", Severity: tasks.Warning, Source: "host",
					Message: fmt.Sprintf("the history of runs: %v", err), Hint: "the runs themselves and their logs are not affected",
				})
			}
		}
	}
}

// sample measures the running runs while there are any and somebody looks.
func (e *Engine) sample(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last map[tasks.RunID]tasks.Usage
	every := usageEvery
	for {
		if !e.measured() {
			select {
			case <-ctx.Done():
				return
			case <-e.stirred:
				timer.Reset(usageFirst)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-e.stirred:
			every = usageEvery
			timer.Reset(usageEvery / 4)
			continue
		case <-timer.C:
		}
		u := e.o.Usage(ctx)
		// An unchanged sample would only make every screen draw again.
		if sameUsage(last, u) {
			every = min(every*3/2, usageQuiet)
		} else {
			last, every = u, usageEvery
			e.send(func(e *Engine) { e.emit(tasks.UsageSampled{At: e.o.Now(), Usage: u}) })
		}
		timer.Reset(every)
	}
}

// measured: there is something to measure and somebody who sees it.
func (e *Engine) measured() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.mailboxes) == 0 {
		return false
	}
	for _, u := range e.state.Units {
		if _, active := e.state.Active(u.Task.Name); active {
			return true
		}
	}
	return false
}

// stir makes the sampler look soon.
func (e *Engine) stir() {
	select {
	case e.stirred <- struct{}{}:
	default:
	}
}

// sameUsage compares as far as a screen shows it: whole percents, 1 % of memory.
func sameUsage(a, b map[tasks.RunID]tasks.Usage) bool {
	return maps.EqualFunc(a, b, func(x, y tasks.Usage) bool {
		moved := x.Memory - y.Memory
		return int(x.CPU+0.5) == int(y.CPU+0.5) && max(moved, -moved) <= x.Memory/100 &&
			x.Processes == y.Processes && x.Threads == y.Threads && x.Files == y.Files && len(x.Ports) == len(y.Ports)
	})
}

// Notify raises a notice from outside the loop: what the host's parts found.
func (e *Engine) Notify(n tasks.Notice) { e.send(func(e *Engine) { e.notice(n) }) }

// offer raises a notice if the loop has room for it: for those that the loop
// itself may be waiting for.
func (e *Engine) offer(n tasks.Notice) {
	select {
	case e.inbox <- func(e *Engine) { e.notice(n) }:
	default:
	}
}
