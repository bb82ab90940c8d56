package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// writing is a source that writes a file into each directory it is asked to watch.
type writing struct {
	source
	t *testing.T
}

func (w writing) Add(dir string) error {
	err := w.source.Add(dir)
	if file := os.WriteFile(filepath.Join(dir, "late"), nil, 0o600); file != nil {
		w.t.Error(file)
	}
	return err
}

func TestWhatIsWrittenWhenADirectoryIsWatchedIsListed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	want := map[string]bool{"": true}
	for i := range 12 {
		for j := range 12 {
			dir := fmt.Sprintf("%d/%d/%d", i, i*j%5, j)
			if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(dir)), 0o700); err != nil {
				t.Fatal(err)
			}
			for ; dir != ""; dir, _ = split(dir) {
				want[dir] = true
			}
		}
	}
	native, problem := newNative()
	if problem != "" {
		t.Skip(problem)
	}
	w := newWatcher(root, Options{}, Globs{}, writing{native, t})
	defer w.tree.poll.Close()
	defer native.Close()
	w.tree.enter("", false)
	for dir := range want {
		n := w.tree.nodes[dir]
		if n == nil {
			t.Errorf("%q was not entered", dir)
		} else if n.names["late"] != file {
			t.Errorf("%q was listed before it was watched: %v", dir, n.names)
		}
	}
	if len(w.tree.nodes) != len(want) {
		t.Errorf("%d directories instead of %d", len(w.tree.nodes), len(want))
	}
}

func TestADirectoryThatMayNotBeReadIsNamedAndWatchedWhenItMay(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := tempDir(t)
	write(t, root, "closed/a.go", "old")
	closed := filepath.Join(root, "closed")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
	ob := observe(t, root, Options{}, nil)
	ob.wait("its name", func() bool {
		return ob.status.Problem == "closed may not be read by you: changes there are not seen; chmod u+rx, or name it in .gitignore"
	})
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	ob.expect(map[string]Op{"closed/a.go": Created})
	ob.wait("nothing to be wrong", func() bool { return ob.status.Problem == "" })
	write(t, root, "closed/b.go", "new")
	ob.wait("closed/b.go", func() bool { _, seen := ob.net()["closed/b.go"]; return seen })
}
