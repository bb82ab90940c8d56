package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// watched is a file that is watched.
type watched struct {
	t       *testing.T
	changes chan struct{}
}

// watchFile watches until the test ends.
func watchFile(t *testing.T, path string) watched {
	t.Helper()
	w := watched{t, make(chan struct{}, 100)} // more than a test causes
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- watch.File(ctx, path, func() { w.changes <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// until does something again and again until the change is heard of: the watch
// may only be on its way.
func (w watched) until(what string, do func()) {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		do()
		select {
		case <-w.changes:
			return
		case <-time.After(200 * time.Millisecond):
		case <-deadline:
			w.t.Fatalf("not heard of: %s", what)
		}
	}
}

func TestAFileIsWatchedHoweverItIsSaved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "er", "config.yml")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	text := func() []byte { n++; return make([]byte, n) }
	w := watchFile(t, path)
	w.until("the beginning", func() {})
	w.until("created with its directories", func() {
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, text(), 0o600))
	})
	w.until("written", func() { must(os.WriteFile(path, text(), 0o600)) })
	w.until("replaced", func() {
		must(os.WriteFile(path+".tmp", text(), 0o600))
		must(os.Rename(path+".tmp", path))
	})
	w.until("its directory removed and made again", func() {
		must(os.RemoveAll(filepath.Join(dir, "deep")))
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, text(), 0o600))
	})
	elsewhere := filepath.Join(dir, "dotfiles")
	must(os.Mkdir(elsewhere, 0o755))
	w.until("made a link", func() {
		must(os.WriteFile(filepath.Join(elsewhere, "config.yml"), text(), 0o600))
		_ = os.Remove(path)
		must(os.Symlink(filepath.Join("..", "..", "dotfiles", "config.yml"), path))
	})
	w.until("written where the link leads to", func() { must(os.WriteFile(filepath.Join(elsewhere, "config.yml"), text(), 0o600)) })
	w.until("removed", func() {
		_ = os.Remove(path)
		n++
		if n%2 == 0 {
			must(os.WriteFile(path, text(), 0o600))
		}
	})
}
