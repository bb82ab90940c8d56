package watch

import (
	"errors"
	"sync"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// source gives events of the direct children of the directories that were
// added, and of those directories themselves. The channels stay the same and
// are not closed before Close.
type source interface {
	// Add may be called again for a directory, which changes nothing.
	Add(dir string) error
	Remove(dir string) error
	// WatchList is what is really watched, which after renames is not always
	// what was added.
	WatchList() []string
	Changes() <-chan fsnotify.Event
	// Lost has a value when events were dropped.
	Lost() <-chan struct{}
	Close() error
}

var (
	_ source = (*native)(nil)
	_ source = (*poller)(nil)
	_ source = silent{}
)

// eventBuffer lets the kernel's queue be read on while a new directory is
// being scanned.
const eventBuffer = 1024

// native is the operating system's own events, by one fsnotify watcher.
type native struct {
	*fsnotify.Watcher
	lost chan struct{} // one slot: losing twice before a rescan is losing once
	done sync.WaitGroup
}

// newNative falls back to a silent source when the system gives no watcher;
// the second result then says so.
func newNative() (source, string) {
	w, err := fsnotify.NewBufferedWatcher(eventBuffer)
	if err != nil {
		return silent{err}, instanceProblem(err)
	}
	n := &native{Watcher: w, lost: make(chan struct{}, 1)}
	n.done.Go(n.readErrors)
	return n, ""
}

// readErrors has a goroutine of its own because fsnotify may report an error
// while it holds the lock that Add wants. Errors other than an overflow (a
// failed removal of a watch, a read error) mean that events may be missing,
// too.
func (n *native) readErrors() {
	for range n.Errors {
		select {
		case n.lost <- struct{}{}:
		default:
		}
	}
}

func (n *native) Changes() <-chan fsnotify.Event { return n.Events }

func (n *native) Lost() <-chan struct{} { return n.lost }

func (n *native) Close() error {
	err := n.Watcher.Close()
	n.done.Wait()
	return err
}

// silent is a source that can watch nothing.
type silent struct{ err error }

func (s silent) Add(string) error             { return s.err }
func (silent) Remove(string) error            { return nil }
func (silent) WatchList() []string            { return nil }
func (silent) Changes() <-chan fsnotify.Event { return nil }
func (silent) Lost() <-chan struct{}          { return nil }
func (silent) Close() error                   { return nil }

// exhausted tells whether a failed Add means that the system's watches or file
// descriptors are used up, and not that the directory is gone or unreadable.
func exhausted(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
