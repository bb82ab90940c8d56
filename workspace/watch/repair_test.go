package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
)

// faulty is a native source that fails or forgets as told.
type faulty struct {
	source
	full    func(dir string) bool // no watch is left for it
	deaf    func() bool           // events are dropped
	changes chan fsnotify.Event
	lost    chan struct{}
	done    sync.WaitGroup
	stop    chan struct{}
}

func newFaulty(s source, full func(string) bool, deaf func() bool) *faulty {
	f := &faulty{source: s, full: full, deaf: deaf, changes: make(chan fsnotify.Event), lost: make(chan struct{}, 1), stop: make(chan struct{})}
	f.done.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			case ev := <-s.Changes():
				if f.deaf() {
					select {
					case f.lost <- struct{}{}:
					default:
					}
					continue
				}
				select {
				case f.changes <- ev:
				case <-f.stop:
					return
				}
			}
		}
	})
	return f
}

func (f *faulty) Add(dir string) error {
	if f.full(dir) {
		return fmt.Errorf("add watch: %w", syscall.ENOSPC)
	}
	return f.source.Add(dir)
}

func (f *faulty) Changes() <-chan fsnotify.Event { return f.changes }

func (f *faulty) Lost() <-chan struct{} { return f.lost }

func (f *faulty) Close() error {
	close(f.stop)
	f.done.Wait()
	return f.source.Close()
}

func never() bool { return false }

func TestDroppedEventsAreMadeUpForByComparing(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "old/f", "1")
	write(t, root, "gone/f", "1")
	var mu sync.Mutex
	deaf := true
	ob := observe(t, root, Options{Quiet: 100 * ms}, func(w *watcher) {
		w.tree.native = newFaulty(w.tree.native, func(string) bool { return false }, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return deaf
		})
	})
	write(t, root, "old/f", "2")
	write(t, root, "new/deep/f", "1")
	if err := os.RemoveAll(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}
	ob.wait("all changes", func() bool {
		net := ob.net()
		return net["old/f"] == Modified && net["new/deep/f"] == Created && net["gone/f"] == Removed
	})
	if b := ob.batches[0]; !b.Rescan || !strings.Contains(b.Why, "dropped events") {
		t.Errorf("the batch does not say that it was found by comparing: %+v", b)
	}
	mu.Lock()
	deaf = false
	mu.Unlock()
	write(t, root, "new/deep/g", "1")
	ob.wait("a change in a directory found by comparing", func() bool { return ob.net()["new/deep/g"] == Created })
}

func TestWithoutWatchesLeftTheRestIsPolledAndSaidSo(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "a/f", "1")
	write(t, root, "b/deep/f", "1")
	ob := observe(t, root, Options{}, func(w *watcher) {
		w.tree.poll.every = 20 * ms
		w.tree.native = newFaulty(w.tree.native, func(dir string) bool { return strings.Contains(dir, filepath.Join(root, "b")) }, never)
	})
	if diff := cmp.Diff([]string{"b"}, ob.status.Polling); diff != "" {
		t.Error("polling:", diff)
	}
	if p := ob.status.Problem; !strings.Contains(p, "polled") {
		t.Errorf("the problem does not say what is done: %q", p)
	}
	write(t, root, "a/f", "22")
	write(t, root, "b/deep/f", "22")
	ob.expect(map[string]Op{"a/f": Modified, "b/deep/f": Modified})
	write(t, root, "b/new/g", "1")
	ob.expect(map[string]Op{"b/new/g": Created})
	if err := os.RemoveAll(filepath.Join(root, "b", "deep")); err != nil {
		t.Fatal(err)
	}
	ob.expect(map[string]Op{"b/deep/f": Removed})
}

func TestWithoutAnyWatcherEverythingIsPolled(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "a/f", "1")
	ob := observe(t, root, Options{}, func(w *watcher) {
		w.tree.native.Close()
		w.tree.native, w.tree.limit = silent{syscall.EMFILE}, instanceProblem(syscall.EMFILE)
		w.tree.poll.every = 20 * ms
	})
	if ob.status.Polling[0] != "." || !strings.Contains(ob.status.Problem, "polled") {
		t.Errorf("status does not say it: %+v", ob.status)
	}
	write(t, root, "a/f", "22")
	ob.expect(map[string]Op{"a/f": Modified})
}

func TestARemoteMountIsPolledBesideItsEventsWithoutReportingTwice(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "share/f", "1")
	ob := observe(t, root, Options{}, func(w *watcher) {
		w.tree.remote = map[string]string{filepath.Join(root, "share"): "nfs4"}
		w.tree.poll.every = 20 * ms
	})
	if !strings.Contains(ob.status.Problem, "share is on nfs4") {
		t.Errorf("problem: %q", ob.status.Problem)
	}
	write(t, root, "share/f", "22")
	ob.expect(map[string]Op{"share/f": Modified})
	// Several looks later nothing more was said of f.
	write(t, root, "share/g", "1")
	ob.expect(map[string]Op{"share/g": Created})
	write(t, root, "h", "1")
	ob.expect(map[string]Op{"h": Created})
}

func TestALookThatCameLateTellsNothingTwice(t *testing.T) {
	s := newStill(t, "share/f")
	share := filepath.Join(s.root, "share")
	if err := s.tree.poll.Add(share); err != nil {
		t.Fatal(err)
	}
	s.tree.polled["share"] = true
	changed := fsnotify.Event{Name: filepath.Join(share, "f"), Op: fsnotify.Write}
	told := func(looked bool) []Change {
		s.event(changed, looked)
		s.conclude(time.Now())
		b := s.pending
		s.pending = nil
		if b == nil {
			return nil
		}
		return b.Paths
	}
	modified := []Change{{"share/f", Modified}}
	s.write("share/f", "after")
	if diff := cmp.Diff(modified, told(false)); diff != "" {
		t.Error("by an event:", diff)
	}
	if diff := cmp.Diff([]Change(nil), told(true)); diff != "" {
		t.Error("the same by a look:", diff)
	}
	s.write("share/f", "after that")
	if diff := cmp.Diff(modified, told(true)); diff != "" {
		t.Error("another change by a look:", diff)
	}
	if diff := cmp.Diff(modified, told(false)); diff != "" {
		t.Error("an event is told whatever the file looks like:", diff)
	}
}
