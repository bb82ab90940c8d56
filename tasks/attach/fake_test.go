package attach_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a condition may take on a loaded machine.
const patience = 30 * time.Second

// fakeEngine keeps a state and gives each subscriber a mailbox that merges
// LogGrew, as the real one does.
type fakeEngine struct {
	refuse error

	mu       sync.Mutex
	state    tasks.State
	boxes    map[*box]struct{}
	gone     bool
	commands []tasks.Command
}

type box struct {
	pending []tasks.Event
	growth  map[logs.Key]int
	signal  chan struct{}
}

func newEngine() *fakeEngine {
	return &fakeEngine{state: tasks.NewState(), boxes: map[*box]struct{}{}}
}

func (e *fakeEngine) Do(_ context.Context, c tasks.Command) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.commands = append(e.commands, c)
	return e.refuse
}

// Query answers with the question, and refuses what it is told to.
func (e *fakeEngine) Query(_ context.Context, q tasks.Query) (tasks.Result, error) {
	return tasks.Result{Text: q.Provider + " " + q.Name, Rows: [][]string{{q.Args["x"]}}}, e.refuse
}

func (e *fakeEngine) Subscribe(ctx context.Context) (tasks.State, <-chan []tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make(chan []tasks.Event)
	if e.gone {
		close(out)
		return e.state.Clone(), out
	}
	b := &box{growth: map[logs.Key]int{}, signal: make(chan struct{}, 1)}
	e.boxes[b] = struct{}{}
	go e.deliver(ctx, b, out)
	return e.state.Clone(), out
}

func (e *fakeEngine) deliver(ctx context.Context, b *box, out chan<- []tasks.Event) {
	defer close(out)
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.boxes, b)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.signal:
		}
		e.mu.Lock()
		batch, last := b.pending, e.gone
		b.pending = nil
		clear(b.growth)
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

func (e *fakeEngine) emit(events ...tasks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		e.state.Apply(ev)
		for b := range e.boxes {
			b.put(ev)
		}
	}
}

func (b *box) put(ev tasks.Event) {
	if g, ok := ev.(tasks.LogGrew); ok {
		if i, waiting := b.growth[g.Key]; waiting {
			b.pending[i] = ev
			return
		}
		b.growth[g.Key] = len(b.pending)
	}
	b.pending = append(b.pending, ev)
	b.wake()
}

func (b *box) wake() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// end closes every subscription after what it still holds.
func (e *fakeEngine) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	for b := range e.boxes {
		b.wake()
	}
}

func (e *fakeEngine) snapshot() tasks.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.Clone()
}

func (e *fakeEngine) subscribers() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.boxes)
}

func (e *fakeEngine) did() []tasks.Command {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]tasks.Command(nil), e.commands...)
}

// fakeTerminals has one terminal a run: what is typed comes back.
type fakeTerminals struct {
	mu   sync.Mutex
	open map[tasks.RunID]*fakeTerminal
}

func (f *fakeTerminals) Terminal(_ context.Context, id tasks.RunID) (tasks.Terminal, error) {
	if id == "build#1" {
		return nil, errors.New("build#1 has no terminal: it has `tty: false`")
	}
	t := &fakeTerminal{printed: make(chan []byte, 16), closed: make(chan struct{}), ended: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[id] = t
	return t, nil
}

func (f *fakeTerminals) of(id tasks.RunID) *fakeTerminal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open[id]
}

type fakeTerminal struct {
	printed       chan []byte
	rest          []byte
	ended, closed chan struct{}
	once          sync.Once

	mu      sync.Mutex
	columns int
	rows    int
}

func (t *fakeTerminal) Write(p []byte) (int, error) {
	select {
	case t.printed <- append([]byte(nil), p...):
		return len(p), nil
	case <-t.closed:
		return 0, errors.New("closed")
	}
}

func (t *fakeTerminal) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		select {
		case t.rest = <-t.printed:
		case <-t.ended:
			return 0, errors.New("db#3 has ended")
		case <-t.closed:
			return 0, errors.New("closed")
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

func (t *fakeTerminal) Resize(columns, rows int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.columns, t.rows = columns, rows
	return nil
}

func (t *fakeTerminal) size() (columns, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.columns, t.rows
}

func (t *fakeTerminal) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}
