package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heardGrowth follows a Growth until the test ends.
type heardGrowth struct {
	*testing.T
	dir   string
	told  chan []string
	stop  context.CancelFunc
	ended chan error
}

func grow(t *testing.T, dir string, enter func(string, fs.DirEntry) bool) *heardGrowth {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	h := &heardGrowth{T: t, dir: dir, told: make(chan []string, 100), stop: stop, ended: make(chan error, 1)}
	go func() {
		h.ended <- Growth{Dir: dir, Enter: enter}.Watch(ctx, func(files []string) {
			var short []string
			for _, file := range files {
				rel, err := filepath.Rel(dir, file)
				if err != nil {
					t.Error(err)
				}
				short = append(short, filepath.ToSlash(rel))
			}
			h.told <- short
		})
	}()
	t.Cleanup(stop)
	return h
}

// sees waits until each of the files was told of.
func (h *heardGrowth) sees(files ...string) {
	h.Helper()
	deadline := time.After(20 * time.Second)
	for left := slices.Clone(files); len(left) > 0; {
		select {
		case some := <-h.told:
			left = slices.DeleteFunc(left, func(f string) bool { return slices.Contains(some, f) })
		case <-deadline:
			h.Fatalf("not told of: %s", strings.Join(left, ", "))
		}
	}
}

func adds(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("more\n"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatGrowsIsToldAlsoWhenGitIgnoresIt(t *testing.T) {
	dir := t.TempDir()
	adds(t, dir, "runs/old/events", ".gitignore")
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("runs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := grow(t, dir, nil)
	if diff := cmp.Diff([]string{".gitignore", "runs/old/events"}, <-h.told); diff != "" {
		t.Fatalf("at first: %s", diff)
	}
	adds(t, dir, "runs/old/events")
	h.sees("runs/old/events")
	adds(t, dir, "runs/new/deep/events")
	h.sees("runs/new/deep/events")
	adds(t, dir, "runs/new/deep/events")
	h.sees("runs/new/deep/events")
	h.stop()
	if err := <-h.ended; err != nil {
		t.Fatal(err)
	}
	all := []string{".gitignore", "runs/new/deep/events", "runs/old/events"}
	close(h.told)
	var last []string
	for some := range h.told {
		last = some
	}
	if diff := cmp.Diff(all, last); diff != "" {
		t.Errorf("at last: %s", diff)
	}
}

func TestADirectoryThatIsNotThereYetIsWaitedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "runs")
	h := grow(t, dir, nil)
	h.none()
	adds(t, dir, "one/events")
	h.sees("one/events")
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	adds(t, dir, "two/events")
	h.sees("two/events")
}

func (h *heardGrowth) none() {
	h.Helper()
	if first := <-h.told; len(first) > 0 {
		h.Errorf("at first %q", first)
	}
}

func TestOnlyWhatIsWantedOfWhatWasThereIsWatched(t *testing.T) {
	dir := t.TempDir()
	adds(t, dir, "runs/a/events", "modules/a/b/index.js")
	h := grow(t, dir, func(rel string, _ fs.DirEntry) bool { return strings.HasPrefix(rel, "runs") })
	if diff := cmp.Diff([]string{"runs/a/events"}, <-h.told); diff != "" {
		t.Fatal(diff)
	}
	adds(t, dir, "modules/a/b/index.js", "fresh/events")
	h.sees("fresh/events") // comes later, so it is watched
	h.stop()
	if err := <-h.ended; err != nil {
		t.Error(err)
	}
	close(h.told)
	for some := range h.told {
		if slices.Contains(some, "modules/a/b/index.js") {
			t.Error("what is not wanted was told of")
		}
	}
}
