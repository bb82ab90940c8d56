package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
)

// still is a watcher whose loop the test turns by hand.
type still struct {
	*testing.T
	*watcher
	root  string
	told  chan fsnotify.Event // what the watcher may see of the native events so far
	marks int
}

// heard is a source of which the watcher sees what the test lets through.
type heard struct {
	source
	told chan fsnotify.Event
}

func (h heard) Changes() <-chan fsnotify.Event { return h.told }

func newStill(t *testing.T, files ...string) *still {
	t.Helper()
	s := &still{T: t, root: t.TempDir(), told: make(chan fsnotify.Event, eventBuffer)}
	for _, f := range files {
		s.write(f, "before")
	}
	native, _ := newNative()
	s.watcher = newWatcher(s.root, Options{}, Globs{}, heard{native, s.told})
	t.Cleanup(func() { s.tree.poll.Close(); s.tree.native.Close() })
	s.tree.enter("", false)
	s.pause = func(time.Duration) {}
	return s
}

func (s *still) write(name, text string) {
	s.Helper()
	file := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// next takes in one event and looks whether it can be settled.
func (s *still) next() *Batch {
	s.Helper()
	for len(s.told) == 0 {
		s.hear()
	}
	s.event(<-s.told, false)
	s.quick()
	return s.pending
}

// hear lets the next native event through.
func (s *still) hear() fsnotify.Event {
	s.Helper()
	select {
	case ev := <-s.tree.native.(heard).source.Changes():
		s.told <- ev
		return ev
	case <-time.After(patience):
		s.Fatal("no event came")
		return fsnotify.Event{}
	}
}

// written waits until the system has told of all that was done so far: until it tells
// of a file that is made now, whose event says nothing to a watcher.
func (s *still) written() {
	s.Helper()
	s.marks++
	mark := filepath.Join(s.root, fmt.Sprintf(".mark%d.swp", s.marks))
	f, err := os.Create(mark)
	if err != nil {
		s.Fatal(err)
	}
	f.Close()
	for {
		if s.hear().Name == mark {
			return
		}
	}
}

func leases(t *testing.T, root string) {
	t.Helper()
	probe := filepath.Join(root, ".probe.swp")
	if err := os.WriteFile(probe, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !complete(probe) {
		t.Skipf("%s and the file system here cannot tell whether a file is complete", runtime.GOOS)
	}
}

func TestASaveThatReplacesOneFileIsABatchAtOnce(t *testing.T) {
	s := newStill(t, "a.go")
	leases(t, s.root)
	s.write("a.go~", "after") // hidden: its events say nothing
	rename(t, s.root, "a.go~", "a.go")
	for s.pending == nil {
		s.next()
	}
	if diff := cmp.Diff([]Change{{"a.go", Modified}}, s.pending.Paths); diff != "" {
		t.Error(diff)
	}
	if s.settler.open || len(s.dirty) > 0 {
		t.Error("the batch is open still")
	}
}

func TestAFileThatSomebodyStillWritesWaits(t *testing.T) {
	s := newStill(t, "a.go")
	leases(t, s.root)
	f, err := os.OpenFile(filepath.Join(s.root, "a.go"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	for !s.settler.open && s.pending == nil {
		s.next()
	}
	if s.pending != nil {
		t.Errorf("settled: %v", s.pending.Paths)
	}
}

func TestWhatIsNoLoneSaveWaits(t *testing.T) {
	for name, do := range map[string]func(s *still){
		"a new file":    func(s *still) { s.write("new.go", "x") },
		"an empty file": func(s *still) { s.write("a.go", "") },
		"rules":         func(s *still) { s.write(".gitignore", "x\n") },
		"a second file soon after": func(s *still) {
			s.pause = func(time.Duration) {
				s.pause = func(time.Duration) {}
				s.write("b.go", "after")
				s.written()
			}
			s.write("a.go", "after")
		},
		"while git works": func(s *still) {
			s.gitBusy = func() bool { return true }
			s.write("a.go", "after")
		},
		"what goes on a batch": func(s *still) {
			s.settler.close(time.Now())
			s.write("a.go", "after")
		},
	} {
		s := newStill(t, "a.go", "b.go", ".gitignore")
		s.complete = func(file string) bool { info, err := os.Stat(file); return err == nil && info.Size() > 0 }
		do(s)
		s.written()
		if b := s.next(); b != nil {
			t.Errorf("%s: settled at once: %v", name, b.Paths)
		}
	}
}

func TestASaveSoonAfterIsABatchOfItsOwn(t *testing.T) {
	root := t.TempDir()
	for _, f := range []string{"a.go", "b.go"} {
		if err := os.WriteFile(filepath.Join(root, f), []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ob := observe(t, root, Options{}, nil)
	for range 20 {
		for _, f := range []string{"a.go", "b.go"} {
			if err := os.WriteFile(filepath.Join(root, f), []byte("after"), 0o600); err != nil {
				t.Fatal(err)
			}
			ob.expect(map[string]Op{f: Modified})
		}
	}
}
