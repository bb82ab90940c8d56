package engine

import (
	"context"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// mailbox keeps a subscriber's events until it takes them: a slow one gets
// longer batches. Guarded by Engine.mu but for signal.
type mailbox struct {
	pending []tasks.Event
	// growth is where in pending each log's LogGrew stands: only the newest counts.
	growth map[logs.Key]int
	usage  int           // the same for UsageSampled; -1: none
	signal chan struct{} // one slot: "there is something", or closed: it was the last
	closed bool
}

func newMailbox() *mailbox {
	return &mailbox{growth: map[logs.Key]int{}, usage: -1, signal: make(chan struct{}, 1)}
}

func (m *mailbox) put(ev tasks.Event) {
	switch ev := ev.(type) {
	case tasks.LogGrew:
		if i, ok := m.growth[ev.Key]; ok {
			m.pending[i] = ev
			return
		}
		m.growth[ev.Key] = len(m.pending)
	case tasks.LogRestarted:
		// What has grown since then must not be put before it.
		delete(m.growth, ev.Key)
	case tasks.UsageSampled:
		if m.usage >= 0 {
			m.pending[m.usage] = ev
			return
		}
		m.usage = len(m.pending)
	}
	m.pending = append(m.pending, ev)
}

func (m *mailbox) take() []tasks.Event {
	p := m.pending
	m.pending, m.usage = nil, -1
	clear(m.growth)
	return p
}

func (m *mailbox) wake() {
	if m.closed || len(m.pending) == 0 {
		return
	}
	select {
	case m.signal <- struct{}{}:
	default:
	}
}

// news decides when the subscribers are woken for what stands in their mailboxes:
// at the end of a turn of the loop, but a moment later when a program has just been
// started. A screen that draws meanwhile would take the core that the program is to
// begin on. Owned by the loop.
type news struct {
	since  time.Time // of the first event that nobody was woken for; zero: there is none
	begins time.Time // when the newest run was handed to its runner; zero: one has ended since
}

// newsWait is how long news waits for a program to begin. It is a small part of
// what passes until a screen draws.
const newsWait = 2 * time.Millisecond

func (n *news) put(now time.Time) {
	if n.since.IsZero() {
		n.since = now
	}
}

// due is when the subscribers are to be woken; zero: there is nothing to tell.
func (n *news) due() time.Time {
	if n.since.IsZero() || n.begins.IsZero() {
		return n.since
	}
	return sooner(n.since, n.begins).Add(newsWait)
}

// tellNews wakes the subscribers if there is news that is due; it returns when news
// will be.
func (e *Engine) tellNews(now time.Time) time.Time {
	due := e.news.due()
	if due.After(now) {
		return due
	}
	if !due.IsZero() {
		e.wakeAll()
	}
	return time.Time{}
}

func (e *Engine) wakeAll() {
	e.news.since = time.Time{}
	e.mu.Lock()
	defer e.mu.Unlock()
	for m := range e.mailboxes {
		m.wake()
	}
}

// Subscribe returns the state and all events after it. The channel is closed
// when ctx ends or the engine has ended.
func (e *Engine) Subscribe(ctx context.Context) (tasks.State, <-chan []tasks.Event) {
	m := newMailbox()
	out := make(chan []tasks.Event)
	e.mu.Lock()
	state := e.state.Clone()
	gone := e.gone
	if !gone {
		e.mailboxes[m] = struct{}{}
		close(e.attached)
		e.attached = make(chan struct{})
	}
	e.mu.Unlock()
	if gone {
		close(out)
		return state, out
	}
	e.stir()
	go e.deliver(ctx, m, out)
	return state, out
}

// deliver owns out; it ends with ctx or when the mailbox is closed and empty.
func (e *Engine) deliver(ctx context.Context, m *mailbox, out chan<- []tasks.Event) {
	defer close(out)
	defer func() {
		e.mu.Lock()
		delete(e.mailboxes, m)
		e.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.signal:
		}
		e.mu.Lock()
		batch, last := m.take(), m.closed
		e.mu.Unlock()
		if len(batch) > 0 {
			select {
			case out <- batch:
			case <-ctx.Done():
				return
			}
		}
		if last {
			return
		}
	}
}

func (e *Engine) closeMailboxes() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	for m := range e.mailboxes {
		m.closed = true
		close(m.signal)
	}
}

const (
	// growthEvery is how often growing logs are told of: as often as a screen draws.
	growthEvery = 16 * time.Millisecond
	// growthTogether is how long a log that grows waits for others: what many
	// programs print at one time is one piece of news.
	growthTogether = time.Millisecond
)

// grew notes that a log has grown, if only its open last line; many notes
// become one event.
func (e *Engine) grew(key logs.Key, lines int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.grown[key] = max(e.grown[key], lines) // the store's calls may overtake each other
	if e.growing {
		return
	}
	e.growing = true
	wait := max(growthTogether, growthEvery-time.Since(e.growthTold))
	if e.growthTimer == nil {
		e.growthTimer = time.AfterFunc(wait, e.growthDue)
		return
	}
	e.growthTimer.Reset(wait)
}

func (e *Engine) growthDue() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.growing, e.growthTold = false, time.Now()
	e.emitGrowthLocked()
}

func (e *Engine) emitGrowthLocked() {
	for key, lines := range e.grown {
		ev := tasks.LogGrew{Key: key, Lines: lines}
		e.state.Apply(ev)
		for m := range e.mailboxes {
			m.put(ev)
		}
	}
	clear(e.grown)
	for m := range e.mailboxes {
		m.wake()
	}
}

// flushGrowth tells what has not been told and stops the timer.
func (e *Engine) flushGrowth() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.emitGrowthLocked()
	if e.growthTimer != nil {
		e.growthTimer.Stop()
	}
}
