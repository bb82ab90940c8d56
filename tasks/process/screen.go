package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

var _ tasks.Terminal = (*viewer)(nil)

// screen is a run's pty with those who look at it.
type screen struct {
	tty *os.File

	mu      sync.Mutex
	ended   bool
	viewers []*viewer
}

// open adds a viewer, until ctx ends.
func (s *screen) open(ctx context.Context, name string) (*viewer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, fmt.Errorf("%s has ended", name)
	}
	v := &viewer{screen: s, name: name, more: make(chan struct{}, 1), closed: make(chan struct{})}
	v.unhook = context.AfterFunc(ctx, func() { _ = v.Close() }) // always nil
	s.viewers = append(s.viewers, v)
	return v, nil
}

// show copies output to the viewers. It never waits for one.
//
// The pty does not turn "\n" into "\r\n", so that the log is what was printed;
// a viewer's terminal needs it done, except while a program is in raw mode and
// moves the cursor itself.
func (s *screen) show(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.viewers) == 0 || len(p) == 0 {
		return
	}
	if cooked(s.tty) {
		p = bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))
	}
	for _, v := range s.viewers {
		v.add(p)
	}
}

// watched says whether somebody looks at a pty, if there is one.
func (s *screen) watched() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers) > 0
}

// end tells the viewers that nothing more comes.
func (s *screen) end() {
	s.mu.Lock()
	viewers := s.viewers
	s.viewers, s.ended = nil, true
	s.mu.Unlock()
	for _, v := range viewers {
		v.finish()
	}
}

func (s *screen) remove(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewers = slices.DeleteFunc(s.viewers, func(w *viewer) bool { return w == v })
}

// viewerMost bounds what waits for a slow viewer.
const viewerMost = 256 << 10

// viewer is one attached terminal.
type viewer struct {
	screen *screen
	name   string
	unhook func() bool
	more   chan struct{} // one token: there is something to read
	closed chan struct{} // closed by Close

	mu       sync.Mutex
	waiting  []byte
	lost     int
	finished bool // by the run's end: what waits is still read
	shut     bool // by Close
}

func (v *viewer) add(p []byte) {
	v.mu.Lock()
	v.waiting = append(v.waiting, p...)
	if over := len(v.waiting) - viewerMost; over > 0 {
		v.lost += over
		v.waiting = slices.Delete(v.waiting, 0, over)
	}
	v.mu.Unlock()
	v.wake()
}

func (v *viewer) wake() {
	select {
	case v.more <- struct{}{}:
	default:
	}
}

func (v *viewer) finish() {
	v.mu.Lock()
	v.finished = true
	v.mu.Unlock()
	v.wake()
}

// Read gives what the program printed since the viewer came. When the viewer
// was too slow, a mark stands for what is lost.
func (v *viewer) Read(p []byte) (int, error) {
	for {
		v.mu.Lock()
		switch {
		case v.shut:
			v.mu.Unlock()
			return 0, os.ErrClosed
		case v.lost > 0:
			mark := fmt.Sprintf("\r\n[%d bytes were not shown: too fast]\r\n", v.lost)
			v.waiting = append([]byte(mark), v.waiting...)
			v.lost = 0
		}
		n := copy(p, v.waiting)
		v.waiting = v.waiting[n:]
		if len(v.waiting) == 0 {
			v.waiting = nil // let the room of a burst go
		}
		finished := v.finished
		v.mu.Unlock()
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if finished {
			return 0, io.EOF
		}
		select {
		case <-v.more:
		case <-v.closed:
		}
	}
}

// writeLimit is how long typed text waits for a program that does not read.
const writeLimit = 2 * time.Second

// Write types p into the program.
func (v *viewer) Write(p []byte) (int, error) {
	v.mu.Lock()
	shut, finished := v.shut, v.finished
	v.mu.Unlock()
	switch {
	case shut:
		return 0, os.ErrClosed
	case finished:
		return 0, fmt.Errorf("%s has ended", v.name)
	}
	n, err := typeInto(v.screen.tty, p, writeLimit)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("%s does not read what is typed", v.name)
	case errors.Is(err, os.ErrClosed):
		err = fmt.Errorf("%s has ended", v.name)
	}
	return n, err
}

// Resize makes the pty that size; of several viewers the last one wins.
func (v *viewer) Resize(columns, rows int) error {
	if columns < 1 || rows < 1 || columns > 0xffff || rows > 0xffff {
		return fmt.Errorf("a terminal of %dx%d cannot be", columns, rows)
	}
	return resize(v.screen.tty, columns, rows)
}

// Close leaves the program alone.
func (v *viewer) Close() error {
	v.mu.Lock()
	was := v.shut
	v.shut, v.waiting = true, nil
	v.mu.Unlock()
	if was {
		return nil
	}
	v.unhook()
	v.screen.remove(v)
	close(v.closed)
	return nil
}
