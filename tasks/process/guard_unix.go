//go:build linux || darwin

package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// canGuard: this system can have a guardian.
const canGuard = true

// Guard is the guardian: the body of the hidden verb that Options.Executable
// and GuardArgs name, called with the token that follows those arguments. r is
// its standard input. It returns when the host has said goodbye, or when all
// that the dead host left is ended and written down for TakeCrash.
//
// It takes over its process: it ignores the signals that end a session, so that
// a person or a system that ends everything lets it do its work first.
func Guard(r io.Reader, stateDir, token string) error {
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
	if word, err := io.ReadAll(r); err != nil || string(word) == "bye\n" {
		return err
	}
	path := filepath.Join(stateDir, postName+token)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the host has left in good order
	}
	if err != nil {
		return fmt.Errorf("look after the host: %w", err)
	}
	return clean(stateDir, path, read(text))
}

// postName is how the file begins by which TakeCrash finds a guardian at work;
// the token follows.
const postName = "guard-"

// takePost makes the file that says what runs, and locks it.
func takePost(stateDir, token string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(stateDir, postName+token), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take up guard: %w", err)
	}
	if err := lockWithin(f, time.Second); err != nil {
		return nil, errors.Join(fmt.Errorf("take up guard: %w", err), f.Close())
	}
	return f, nil
}

// read takes what stands in a post, and nothing from one that is cut in two.
func read(text []byte) post {
	var p post
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if err := json.Unmarshal(first, &p); err != nil {
		return post{}
	}
	return p
}

// clean ends everything of the host's, writes down what it was, and removes the
// post.
func clean(stateDir, path string, p post) error {
	crash := &Crash{Host: p.PID, At: time.Now(), Runs: []tasks.RunID{}, Ended: []tasks.Process{}}
	var roots []ident
	for id, leader := range p.Runs {
		crash.Runs = append(crash.Runs, id)
		roots = append(roots, ident{leader.PID, leader.Start})
	}
	slices.Sort(crash.Runs)
	token := strings.TrimPrefix(filepath.Base(path), postName)
	f := newFamily(&census{read: readProcs}, tagPrefix(token), func() int { return 0 }, roots...)
	for _, p := range f.members(f.census.take(), anywhere, true) {
		crash.Ended = append(crash.Ended, p.describe())
	}
	for _, p := range f.end(ending{grace: sweepGrace, reach: anywhere}) {
		crash.Survivors = append(crash.Survivors, p.describe())
	}
	return errors.Join(crash.write(stateDir), os.Remove(path))
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
	text, err := io.ReadAll(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	p := read(text)
	if host := (ident{p.PID, p.Start}); host.start != 0 && identify(host.pid) == host {
		return f.Close() // another host of this workspace, alive
	}
	if err := lockWithin(f, guardPatience); err != nil {
		return errors.Join(fmt.Errorf("the guardian of the last host (pid %d) is still ending processes: %w", p.PID, err), f.Close())
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return f.Close() // it has done its work
	}
	return errors.Join(clean(stateDir, path, p), f.Close())
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
