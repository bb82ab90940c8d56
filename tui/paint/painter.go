package paint

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// patience is how long a terminal that takes nothing can hold up the end.
const patience = time.Second

// painter draws the newest frame on the terminal, soon after it came and no more
// often than every, but for the answers to keys.
type painter struct {
	terminal *terminal
	every    time.Duration

	mu    sync.Mutex // never held while something is written
	next  frame
	queue []byte // to be written before it
	asked bool   // a person pressed a key since the last view that changed something

	wake chan struct{} // holds one: something came since it was last looked
	now  chan struct{} // holds one: what came answers a person, who sees every wait
	stop chan struct{} // closed by close
	done chan struct{} // closed by run
	once sync.Once     // of close

	// pen holds one, by which who puts it in may write to the terminal, and use
	// what follows. It is no mutex since close does not wait for it forever.
	pen    chan struct{}
	canvas *canvas
	away   bool // the terminal is somebody else's
	// drawn counts what was written.
	drawn int
	shown func() // called once, when the first frame is written; nil: it was
}

// newPainter has a goroutine, which close ends.
func newPainter(t *terminal, o Options) *painter {
	p := &painter{
		terminal: t, every: o.Every, canvas: o.Paper.canvas(o.Env, t.mapsNewlines()),
		wake: make(chan struct{}, 1), now: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), pen: make(chan struct{}, 1),
		shown: o.Shown,
	}
	p.next.profile = *o.Profile
	go p.run()
	p.send(questions(o.Env))
	return p
}

// paint has the view drawn.
func (p *painter) paint(v tea.View) { p.set(func(f *frame) { f.view(v) }) }

// set changes what is to be shown.
func (p *painter) set(change func(*frame)) {
	p.mu.Lock()
	old := p.next
	change(&p.next)
	changed := p.next != old
	answer := changed && p.asked
	if changed {
		p.asked = false
	}
	p.mu.Unlock()
	if answer {
		select {
		case p.now <- struct{}{}:
		default:
		}
	}
	if changed {
		p.signal()
	}
}

// ask has the next change drawn at once: a key was pressed.
func (p *painter) ask() {
	p.mu.Lock()
	p.asked = true
	p.mu.Unlock()
}

// send has a sequence written that shows nothing: a question, a clipboard.
func (p *painter) send(seq string) {
	if seq == "" {
		return
	}
	p.mu.Lock()
	p.queue = append(p.queue, seq...)
	p.mu.Unlock()
	p.signal()
}

func (p *painter) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run draws until close. While nothing changes it sleeps without a timer.
func (p *painter) run() {
	defer close(p.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	var last time.Time
	for {
		select {
		case <-p.stop:
			return
		case <-p.wake:
		}
		if wait := p.every - time.Since(last); wait > 0 {
			timer.Reset(wait)
			select {
			case <-p.stop:
				return
			case <-timer.C:
			case <-p.now:
				timer.Stop()
			}
		}
		now := time.Now()
		select {
		case <-p.stop:
			return
		case p.pen <- struct{}{}:
		}
		if p.draw() {
			last = now
		}
		<-p.pen
	}
}

// draw writes what is not yet written, and says whether that is seen: questions
// hold no frame up. The pen is held.
func (p *painter) draw() (seen bool) {
	if p.away {
		return false
	}
	// What came until here is drawn now.
	for _, came := range []chan struct{}{p.wake, p.now} {
		select {
		case <-came:
		default:
		}
	}
	p.mu.Lock()
	f, queue := p.next, p.queue
	p.queue = nil
	p.mu.Unlock()
	b := p.canvas.draw(f)
	p.write(append(queue, b...))
	if seen = len(b) > 0; seen && p.shown != nil {
		p.shown()
		p.shown = nil
	}
	return seen
}

// write writes at once. A terminal that is gone is noticed by who reads the keys.
func (p *painter) write(b []byte) {
	if len(b) == 0 {
		return
	}
	p.drawn++
	_, _ = p.terminal.out.Write(b)
}

// release gives the terminal back for a time; restore takes it again.
func (p *painter) release() {
	p.pen <- struct{}{}
	defer func() { <-p.pen }()
	if p.away {
		return
	}
	p.away = true
	p.write(p.canvas.leave())
	p.terminal.restore()
}

func (p *painter) restore() {
	p.pen <- struct{}{}
	defer func() { <-p.pen }()
	select {
	case <-p.stop:
		return
	default:
	}
	p.away = false
	_ = p.terminal.raw() // it could be made raw before
	p.signal()
}

// again takes a terminal that another program may have used without asking: this
// one was stopped and goes on.
func (p *painter) again() {
	p.pen <- struct{}{}
	defer func() { <-p.pen }()
	if p.away {
		return
	}
	p.write(p.canvas.leave())
	_ = p.terminal.raw() // as in restore
	p.signal()
}

// close gives the terminal back for good. It may be called more than once.
func (p *painter) close() {
	p.once.Do(func() {
		close(p.stop)
		select {
		case p.pen <- struct{}{}:
			<-p.done
			if !p.away {
				p.away = true
				p.write(p.canvas.leave())
			}
			<-p.pen
		case <-time.After(patience):
			// run hangs in a write, and so would this. It ends with the terminal.
		}
		p.terminal.restore()
	})
}

// closeOnPanic is deferred where the model's code runs: a panic is reported on
// the terminal, so that has to be a person's again.
func (p *painter) closeOnPanic() {
	if r := recover(); r != nil {
		p.close()
		panic(r)
	}
}
