package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// The guardian is a process of its own that reads what runs from a pipe. When
// the host is killed, however hard, the pipe ends without a goodbye, and the
// guardian ends what ran:
//
//	host ── host, start, end, ..., bye ──> guardian     bye: it leaves
//	  x                            EOF ──> guardian     no bye: TERM, KILL, crash.json
//
// A word is one line of JSON.
type word struct {
	Is    string      `json:"is"` // host, start, end, bye
	Run   tasks.RunID `json:"run,omitempty"`
	PID   int         `json:"pid,omitempty"`
	Start int64       `json:"start,omitempty"`
	Token string      `json:"token,omitempty"`
}

// guardian is the host's end: it tells what runs, and starts another guardian
// when one is gone. A nil guardian does nothing.
type guardian struct {
	argv     []string
	stateDir string
	token    string
	warn     func(error)

	mu      sync.Mutex
	process *exec.Cmd
	pipe    *os.File // nil while there is no guardian
	runs    map[tasks.RunID]ident
	leaving bool

	quit    chan struct{}
	watcher sync.WaitGroup
}

func startGuardian(argv []string, stateDir, token string, warn func(error)) (*guardian, error) {
	g := &guardian{
		argv: argv, stateDir: stateDir, token: token, warn: warn,
		runs: map[tasks.RunID]ident{}, quit: make(chan struct{}),
	}
	if err := g.launch(); err != nil {
		return nil, err
	}
	g.watcher.Go(g.watch)
	return g, nil
}

// launch starts a guardian and tells it everything. The caller holds mu, or is
// alone.
func (g *guardian) launch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(g.argv[0], g.argv[1:]...)
	cmd.Stdin = r
	cmd.Dir = g.stateDir
	inOwnSession(cmd)
	err = cmd.Start()
	_ = r.Close() // the guardian has its own
	if err != nil {
		_ = w.Close() // nothing was written
		return err
	}
	g.process, g.pipe = cmd, w
	self := hostStart()
	g.tell(word{Is: "host", PID: self.pid, Start: self.start, Token: g.token})
	for id, leader := range g.runs {
		g.tell(word{Is: "start", Run: id, PID: leader.pid, Start: leader.start})
	}
	return nil
}

// watch replaces a guardian that has ended, at growing intervals when that
// keeps happening.
func (g *guardian) watch() {
	const slowest = 10 * time.Second
	pause := 50 * time.Millisecond
	for {
		begun := time.Now()
		err := g.process.Wait()
		if g.stopped() {
			return
		}
		if time.Since(begun) > slowest {
			pause = 50 * time.Millisecond
		}
		if err == nil {
			err = errors.New("it left")
		}
		g.warn(fmt.Errorf("the guardian that ends processes when the host is killed has ended (%w); starting another", err))
		for {
			select {
			case <-time.After(pause):
			case <-g.quit:
				return
			}
			pause = min(2*pause, slowest)
			if g.relaunch() == nil {
				break
			}
		}
	}
}

// stopped closes the pipe of a dead guardian and says whether it was sent away.
func (g *guardian) stopped() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_ = g.pipe.Close() // nobody reads it
		g.pipe = nil
	}
	return g.leaving
}

func (g *guardian) relaunch() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leaving {
		return nil
	}
	return g.launch()
}

// tell says a word. A guardian that does not take it is stuck: it is killed,
// and the watcher starts another.
func (g *guardian) tell(w word) {
	if g.pipe == nil {
		return
	}
	line, err := json.Marshal(w)
	if err != nil {
		return // of strings and numbers: cannot be
	}
	_ = g.pipe.SetWriteDeadline(time.Now().Add(time.Second)) // a pipe has deadlines
	if _, err := g.pipe.Write(append(line, '\n')); errors.Is(err, os.ErrDeadlineExceeded) {
		_ = g.process.Process.Kill() // gone already, else
	}
}

func (g *guardian) add(id tasks.RunID, leader ident) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs[id] = leader
	g.tell(word{Is: "start", Run: id, PID: leader.pid, Start: leader.start})
}

func (g *guardian) remove(id tasks.RunID) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.runs, id)
	g.tell(word{Is: "end", Run: id})
}

// pid is the guardian's; 0 for none.
func (g *guardian) pid() int {
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.process == nil || g.process.Process == nil {
		return 0
	}
	return g.process.Process.Pid
}

// close sends the guardian away and waits for it.
func (g *guardian) close() error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	g.leaving = true
	g.tell(word{Is: "bye"})
	process := g.process.Process
	g.mu.Unlock()
	close(g.quit)
	stuck := time.AfterFunc(2*time.Second, func() { _ = process.Kill() }) // gone already, else
	g.watcher.Wait()
	stuck.Stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_ = g.pipe.Close() // nobody reads it
		g.pipe = nil
	}
	return nil
}

// jsonLine decodes one word.
func jsonLine(line []byte) (word, bool) {
	var w word
	err := json.Unmarshal(bytes.TrimSpace(line), &w)
	return w, err == nil
}
