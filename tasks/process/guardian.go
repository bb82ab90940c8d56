package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// The guardian is a process of its own that waits at a pipe. When the host is
// killed, however hard, the pipe ends without a goodbye, and the guardian ends
// what ran, which the host has written into its post:
//
//	host ── bye ──> guardian     it leaves
//	  x     EOF ──> guardian     no bye: TERM, KILL, crash.json
//
// What waits is a shell, which is a hundredth of this program in memory and
// starts in a quarter of the time; it becomes this program when there is work.
type guardian struct {
	argv     []string
	stateDir string
	warn     func(error)

	mu      sync.Mutex
	process *exec.Cmd
	pipe    *os.File // nil while there is no guardian
	post    *os.File // locked for as long as this host or its guardian lives
	says    post     // what stands in it
	leaving bool

	quit    chan struct{}
	watcher sync.WaitGroup
}

// post is what the guardian, or the next host when both are killed, knows of a
// host: a file in the state directory, named after the token.
type post struct {
	PID   int                     `json:"pid"`
	Start int64                   `json:"start"`
	Runs  map[tasks.RunID]running `json:"runs"`
}

// running is the leader of a run.
type running struct {
	PID   int   `json:"pid"`
	Start int64 `json:"start"`
}

// startGuardian takes up a post and starts who watches it. A nil guardian does
// nothing.
func startGuardian(argv []string, stateDir, token string, warn func(error)) (*guardian, error) {
	self := hostStart()
	g := &guardian{
		argv: append(slices.Clone(argv), token), stateDir: stateDir, warn: warn,
		says: post{PID: self.pid, Start: self.start, Runs: map[tasks.RunID]running{}},
		quit: make(chan struct{}),
	}
	var err error
	if g.post, err = takePost(stateDir, token); err != nil {
		return nil, err
	}
	if err = g.write(); err == nil {
		err = g.launch()
	}
	if err != nil {
		return nil, errors.Join(err, g.leavePost())
	}
	g.watcher.Go(g.watch)
	return g, nil
}

// waiting is the guardian's script: $0 and its arguments are what to become.
// The descriptor is this very program, also when another version has taken its
// path in the meantime.
const waiting = `trap '' TERM INT HUP QUIT PIPE
read -r word
[ "$word" = bye ] && exit 0
[ -x /proc/self/fd/4 ] && exec /proc/self/fd/4 "$@"
exec "$0" "$@"`

// launch starts a guardian. The caller holds mu, or is alone.
func (g *guardian) launch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	program, err := os.Open(g.argv[0])
	if err != nil {
		return errors.Join(err, r.Close(), w.Close())
	}
	argv := g.argv
	if sh, err := exec.LookPath("sh"); err == nil {
		argv = append([]string{sh, "-c", waiting}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = r
	cmd.Dir = g.stateDir
	cmd.ExtraFiles = []*os.File{g.post, program} // 3, whose lock it keeps, and 4
	inOwnSession(cmd)
	err = cmd.Start()
	_, _ = r.Close(), program.Close() // the guardian has its own
	if err != nil {
		_ = w.Close() // nothing was written
		return err
	}
	g.process, g.pipe = cmd, w
	return nil
}

// write brings the post up to date, where it stands: its lock is that of the
// file. The first line counts, so it is whole before an older, longer one's end
// is cut off. One that a kill has cut in two still has the token in its name, by
// which everything is found that keeps its environment.
func (g *guardian) write() error {
	text, err := json.Marshal(g.says)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if _, err := g.post.WriteAt(text, 0); err != nil {
		return fmt.Errorf("write down what runs: %w", err)
	}
	return g.post.Truncate(int64(len(text)))
}

// leavePost removes the file, then its lock.
func (g *guardian) leavePost() error {
	return errors.Join(os.Remove(g.post.Name()), g.post.Close())
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

func (g *guardian) add(id tasks.RunID, leader ident) {
	g.change(func(runs map[tasks.RunID]running) { runs[id] = running{leader.pid, leader.start} })
}

func (g *guardian) remove(id tasks.RunID) {
	g.change(func(runs map[tasks.RunID]running) { delete(runs, id) })
}

func (g *guardian) change(how func(map[tasks.RunID]running)) {
	if g == nil {
		return
	}
	g.mu.Lock()
	how(g.says.Runs)
	err := g.write()
	g.mu.Unlock()
	if err != nil {
		g.warn(err)
	}
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
	if g.pipe != nil {
		_, _ = g.pipe.WriteString("bye\n") // to nobody, if it is gone already
	}
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
	return g.leavePost()
}
