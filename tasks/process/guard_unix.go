//go:build linux || darwin

package process

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// canGuard: this system can have a guardian.
const canGuard = true

// Guard is the guardian: the body of the hidden verb that Options.Executable
// and GuardArgs name. r is its standard input. It returns when the host has
// said goodbye, or when all that the dead host left is ended and written down
// for TakeCrash.
//
// It takes over its process: it ignores the signals that end a session, so that
// a person or a system that ends everything lets it do its work first.
func Guard(r io.Reader, stateDir string) error {
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
	debug.SetGCPercent(20)
	debug.SetMemoryLimit(16 << 20)
	debug.FreeOSMemory() // what the program's packages took when it began

	w := watched{runs: map[tasks.RunID]ident{}}
	lines := bufio.NewReaderSize(r, 4<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if said, ok := jsonLine(line); ok {
			if said.Is == "bye" {
				return w.leave()
			}
			if e := w.hear(said, stateDir); e != nil {
				return e
			}
		}
		if err == nil {
			continue
		}
		if w.post == nil {
			return nil // no host ever spoke
		}
		crash := w.clean()
		err = crash.write(stateDir)
		return errors.Join(err, w.leave())
	}
}

// watched is what a guardian knows of its host.
type watched struct {
	token string
	host  ident
	runs  map[tasks.RunID]ident
	post  *os.File // locked for as long as the guardian lives
}

func (w *watched) hear(said word, stateDir string) error {
	switch said.Is {
	case "host":
		w.token, w.host = said.Token, ident{said.PID, said.Start}
		return w.takePost(stateDir, said)
	case "start":
		w.runs[said.Run] = ident{said.PID, said.Start}
	case "end":
		delete(w.runs, said.Run)
	}
	return nil
}

// postName is the file by which TakeCrash finds a guardian at work.
const postName = "guard-"

// takePost makes the file that says who guards whom, and locks it. An earlier
// guardian of the same host is dead when this one starts, or about to be.
func (w *watched) takePost(stateDir string, said word) error {
	path := filepath.Join(stateDir, postName+said.Token)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("take up guard: %w", err)
	}
	if err := lockWithin(f, time.Second); err != nil {
		return errors.Join(fmt.Errorf("take up guard: %w", err), f.Close())
	}
	text, err := json.Marshal(said)
	if err == nil {
		err = os.WriteFile(path, text, 0o600) // the same file: its lock stays
	}
	w.post = f
	return err
}

// leave removes the file, then its lock.
func (w *watched) leave() error {
	if w.post == nil {
		return nil
	}
	return errors.Join(os.Remove(w.post.Name()), w.post.Close())
}

// clean ends everything of the host's and says what it was.
func (w *watched) clean() *Crash {
	crash := &Crash{Host: w.host.pid, At: time.Now(), Runs: []tasks.RunID{}, Ended: []tasks.Process{}}
	var roots []ident
	for id, leader := range w.runs {
		crash.Runs = append(crash.Runs, id)
		roots = append(roots, leader)
	}
	slices.Sort(crash.Runs)
	f := newFamily(&census{read: readProcs}, tagPrefix(w.token), func() int { return 0 }, roots...)
	for _, p := range f.members(f.census.take(), anywhere, true) {
		crash.Ended = append(crash.Ended, p.describe())
	}
	for _, p := range f.end(ending{grace: sweepGrace, reach: anywhere}) {
		crash.Survivors = append(crash.Survivors, p.describe())
	}
	return crash
}

// settleGuards waits for guardians whose host is gone, and does the work of
// those that are gone too.
func settleGuards(stateDir string) error {
	posts, err := filepath.Glob(filepath.Join(stateDir, postName+"*"))
	if err != nil {
		return err
	}
	var problems []error
	for _, path := range posts {
		problems = append(problems, settleGuard(stateDir, path))
	}
	return errors.Join(problems...)
}

// guardPatience is more than a guardian needs: two graces and the writing.
const guardPatience = 6 * time.Second

func settleGuard(stateDir, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has just left
	}
	if err != nil {
		return fmt.Errorf("look after the last host: %w", err)
	}
	w := watched{post: f, token: strings.TrimPrefix(filepath.Base(path), postName)}
	text, err := io.ReadAll(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if said, ok := jsonLine(text); ok {
		w.host = ident{said.PID, said.Start}
		if w.host.start != 0 && identify(w.host.pid) == w.host {
			return f.Close() // another host of this workspace, alive
		}
	}
	if err := lockWithin(f, guardPatience); err != nil {
		return errors.Join(fmt.Errorf("the guardian of the last host (pid %d) is still ending processes: %w", w.host.pid, err), f.Close())
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return f.Close() // it has done its work
	}
	crash := w.clean()
	return errors.Join(crash.write(stateDir), w.leave())
}

// lockWithin locks f for this process alone.
func lockWithin(f *os.File, patience time.Duration) error {
	giveUp := time.Now().Add(patience)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err
		}
		if time.Now().After(giveUp) {
			return err
		}
		<-time.After(10 * time.Millisecond)
	}
}
