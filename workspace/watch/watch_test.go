package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

// observer collects what a watch reports.
type observer struct {
	t    fatal
	root string
	stop func()

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every report
	batches []Batch
	status  Status
}

type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

func newObserver(t fatal, root string) *observer {
	return &observer{t: t, root: root, changed: make(chan struct{})}
}

func (ob *observer) note(f func()) {
	ob.mu.Lock()
	defer ob.mu.Unlock()
	f()
	close(ob.changed)
	ob.changed = make(chan struct{})
}

// wait returns when ok, which is called with the lock held.
func (ob *observer) wait(what string, ok func() bool) {
	ob.t.Helper()
	deadline := time.After(patience)
	for {
		ob.mu.Lock()
		done, changed := ok(), ob.changed
		ob.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			ob.mu.Lock()
			defer ob.mu.Unlock()
			ob.t.Fatalf("waited in vain for %s; batches: %v; status: %+v", what, summary(ob.batches), ob.status)
		}
	}
}

func summary(bs []Batch) string {
	var b strings.Builder
	for _, batch := range bs {
		if len(batch.Paths) > 20 {
			fmt.Fprintf(&b, "[%d changes] ", len(batch.Paths))
		} else {
			fmt.Fprintf(&b, "%v ", batch.Paths)
		}
	}
	return b.String()
}

// observe watches root until the test ends and returns when it is ready.
// change, if not nil, sees the watcher before it runs.
func observe(t *testing.T, root string, o Options, change func(*watcher)) *observer {
	t.Helper()
	ob := newObserver(t, root)
	ob.start(o, change)
	t.Cleanup(ob.stop)
	return ob
}

func (ob *observer) start(o Options, change func(*watcher)) {
	ob.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o.Status = func(s Status) { ob.note(func() { ob.status = s }) }
	onBatch := func(b Batch) { ob.note(func() { ob.batches = append(ob.batches, b) }) }
	var wg sync.WaitGroup
	wg.Go(func() {
		var err error
		if change == nil {
			err = Watch(ctx, ob.root, o, onBatch)
		} else {
			skip, _ := NewGlobs(o.Ignore, nil)
			source, _ := newNative()
			w := newWatcher(ob.root, o, skip, source)
			change(w)
			err = w.run(ctx, onBatch)
		}
		if err != nil {
			ob.note(func() { ob.status.Problem = "Watch returned " + err.Error() })
		}
	})
	ob.stop = func() { cancel(); wg.Wait() }
	ob.wait("ready", func() bool { return ob.status.Ready })
}

// net is what all batches together say, "" for nothing.
func (ob *observer) net() map[string]Op {
	all := map[string]Op{}
	for _, b := range ob.batches {
		for _, c := range b.Paths {
			all[c.Path] = c.Op
		}
	}
	return all
}

// expect waits for exactly these changes since the last call, in any number of
// batches.
func (ob *observer) expect(want map[string]Op) {
	ob.t.Helper()
	ob.wait(fmt.Sprintf("%v", want), func() bool { return maps.Equal(ob.net(), want) })
	ob.note(func() { ob.batches = nil })
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryWayOfSavingIsOneModification(t *testing.T) {
	t.Parallel()
	remove := func(dir, rel string) error { return os.Remove(filepath.Join(dir, rel)) }
	put := func(dir, rel string) error { return os.WriteFile(filepath.Join(dir, rel), []byte("new"), 0o666) }
	move := func(dir, from, to string) error {
		return os.Rename(filepath.Join(dir, from), filepath.Join(dir, to))
	}
	for name, save := range map[string]func(dir string) error{
		"truncate and write":   func(dir string) error { return put(dir, "a.go") },
		"temporary and rename": func(dir string) error { return errors.Join(put(dir, "a.go.tmp1"), move(dir, "a.go.tmp1", "a.go")) },
		"vim": func(dir string) error {
			return errors.Join(put(dir, "4913"), remove(dir, "4913"), move(dir, "a.go", "a.go~"), put(dir, "a.go"), remove(dir, "a.go~"))
		},
		"touch": func(dir string) error {
			now := time.Now()
			return os.Chtimes(filepath.Join(dir, "a.go"), now, now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := tempDir(t)
			write(t, root, "a.go", "old")
			ob := observe(t, root, Options{Quiet: 200 * ms}, nil)
			for range 2 {
				if err := save(root); err != nil {
					t.Fatal(err)
				}
				ob.expect(map[string]Op{"a.go": Modified})
			}
		})
	}
}

func TestAttributesThatAnEditorPutsBackAfterASaveAreNoSecondOne(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "a.go", "old")
	write(t, root, "b.go", "old")
	ob := observe(t, root, Options{}, nil)
	aside := tempDir(t)
	replace := func(name string) { // in one event, which can't fall into two batches
		t.Helper()
		write(t, aside, name, "new")
		if err := os.Rename(filepath.Join(aside, name), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	replace("a.go")
	ob.expect(map[string]Op{"a.go": Modified})
	info, err := os.Lstat(filepath.Join(root, "a.go"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "a.go"), info.Mode()); err != nil {
		t.Fatal(err)
	}
	replace("b.go") // its event comes after that of a.go
	ob.expect(map[string]Op{"b.go": Modified})
}

func TestAFileIsAlikeUntilSomethingOfItChanges(t *testing.T) {
	root := tempDir(t)
	name := filepath.Join(root, "a.sh")
	look := func() os.FileInfo {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	write(t, root, "a.sh", "old")
	was := look()
	if alike(nil, was) || !alike(was, look()) {
		t.Error("a file that nobody touched")
	}
	for change, do := range map[string]func() error{
		"permissions": func() error { return os.Chmod(name, 0o700) },
		"time":        func() error { return os.Chtimes(name, time.Time{}, was.ModTime().Add(time.Second)) },
		"another one": func() error { return os.Rename(filepath.Join(root, "b.sh"), name) },
	} {
		write(t, root, "a.sh", "old")
		write(t, root, "b.sh", "old")
		same := was.ModTime()
		_, _, _ = os.Chtimes(name, same, same), os.Chtimes(filepath.Join(root, "b.sh"), same, same), os.Chmod(name, was.Mode())
		before := look()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if alike(before, look()) {
			t.Errorf("%s: it is said to be alike", change)
		}
	}
}

func TestFilesAreCreatedModifiedAndRemoved(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	ob := observe(t, root, Options{}, nil)
	write(t, root, "a", "1")
	ob.expect(map[string]Op{"a": Created})
	write(t, root, "a", "2")
	ob.expect(map[string]Op{"a": Modified})
	rename(t, root, "a", "b")
	ob.expect(map[string]Op{"a": Removed, "b": Created})
	if err := os.Remove(filepath.Join(root, "b")); err != nil {
		t.Fatal(err)
	}
	ob.expect(map[string]Op{"b": Removed})
}

func TestWhatEditorsLeaveBesideAFileIsNeverReported(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	ob := observe(t, root, Options{}, nil)
	for _, name := range []string{".a.go.swp", "4913", "a.go~", ".#a.go", "#a.go#", "a.go___jb_tmp___", ".DS_Store"} {
		write(t, root, name, "x")
	}
	write(t, root, "last", "x")
	ob.expect(map[string]Op{"last": Created})
}

func TestChangesInARenamedDirectoryHaveItsNewName(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "a/b/c/f", "1")
	ob := observe(t, root, Options{}, nil)
	rename(t, root, "a", "z")
	ob.expect(map[string]Op{"a/b/c/f": Removed, "z/b/c/f": Created})
	write(t, root, "z/b/c/f", "2")
	ob.expect(map[string]Op{"z/b/c/f": Modified})
	// Another directory takes the old name.
	write(t, root, "a/b/g", "1")
	ob.expect(map[string]Op{"a/b/g": Created})
	rename(t, root, "z/b", "a/moved")
	ob.expect(map[string]Op{"z/b/c/f": Removed, "a/moved/c/f": Created})
	write(t, root, "a/moved/c/f", "3")
	write(t, root, "a/b/g", "3")
	ob.expect(map[string]Op{"a/moved/c/f": Modified, "a/b/g": Modified})
}

func TestAllFilesOfNewDirectoriesAreSeen(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	ob := observe(t, root, Options{}, nil)
	want := map[string]Op{}
	for i := range 500 {
		rel := fmt.Sprintf("x%d/y/z/f%d", i%50, i)
		write(t, root, rel, "1")
		want[rel] = Created
	}
	ob.wait("500 new files", func() bool { return cmp.Equal(slices.Sorted(maps.Keys(ob.net())), slices.Sorted(maps.Keys(want))) })
}

func TestAGitCheckoutIsOneBatch(t *testing.T) {
	root := gitRepo(t)
	for i := range 2000 {
		write(t, root, fmt.Sprintf("d%d/f%d", i%40, i), "one\n")
	}
	git(t, root, "add", ".")
	git(t, root, "commit", "-qm", "one")
	for i := range 2000 {
		write(t, root, fmt.Sprintf("d%d/f%d", i%40, i), "two\n")
	}
	git(t, root, "commit", "-qam", "two")
	ob := observe(t, root, Options{}, nil)
	git(t, root, "checkout", "-q", "HEAD~")
	ob.wait("2000 changes", func() bool { return len(ob.net()) == 2000 })
	if n := len(ob.batches); n != 1 {
		t.Errorf("the checkout came as %d batches: %s", n, summary(ob.batches))
	}
}

func TestIgnoredTreesCostNoWatches(t *testing.T) {
	root := gitRepo(t)
	for i := range 100 {
		write(t, root, fmt.Sprintf("node_modules/p%d/lib/i.js", i), "")
		write(t, root, fmt.Sprintf("target/d%d/o", i), "")
		write(t, root, fmt.Sprintf("data/d%d/o", i), "")
	}
	write(t, root, "src/a/__pycache__/main.pyc", "")
	write(t, root, "src/a/main.rs", "")
	write(t, root, ".gitignore", "target/\n*.log\n")
	ob := observe(t, root, Options{Ignore: []string{"data"}}, nil)
	// root, src, src/a; .git, node_modules, target, data and __pycache__ are not entered.
	if ob.status.Dirs != 3 || ob.status.Pruned != 5 {
		t.Errorf("%d directories watched and %d pruned, want 3 and 5", ob.status.Dirs, ob.status.Pruned)
	}
	write(t, root, "target/d1/new", "")
	write(t, root, "src/a/__pycache__/new.pyc", "")
	write(t, root, "src/x.log", "")
	write(t, root, "src/a/last", "x")
	ob.expect(map[string]Op{"src/a/last": Created})
}

func TestEditsOfGitignoreTakeEffect(t *testing.T) {
	root := gitRepo(t)
	write(t, root, "out/deep/f", "1")
	write(t, root, "keep/f", "1")
	write(t, root, ".gitignore", "out/\n")
	ob := observe(t, root, Options{}, nil)
	write(t, root, ".gitignore", "keep/\n")
	ob.wait("other directories", func() bool { return ob.status.Dirs == 3 && ob.status.Pruned == 2 })
	ob.expect(map[string]Op{".gitignore": Modified})
	write(t, root, "keep/f", "2")
	write(t, root, "out/deep/f", "2")
	ob.expect(map[string]Op{"out/deep/f": Modified})
}

func TestLinksAreNotFollowedButTheRootMayBeOne(t *testing.T) {
	t.Parallel()
	outside, root := tempDir(t), tempDir(t)
	write(t, outside, "big/f", "1")
	link := filepath.Join(tempDir(t), "link")
	for from, to := range map[string]string{filepath.Join(root, "in"): outside, link: root} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip(err)
		}
	}
	ob := observe(t, link, Options{}, nil)
	if ob.status.Dirs != 1 {
		t.Errorf("%d directories watched, want 1", ob.status.Dirs)
	}
	write(t, root, "f", "x")
	ob.expect(map[string]Op{"f": Created})
}

func TestARemovedRootIsSaidAndFoundAgain(t *testing.T) {
	t.Parallel()
	root := filepath.Join(tempDir(t), "root")
	write(t, root, "d/f", "1")
	ob := observe(t, root, Options{}, nil)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	ob.wait("a problem", func() bool { return strings.Contains(ob.status.Problem, "was removed") })
	ob.expect(map[string]Op{"d/f": Removed})
	write(t, root, "d/g", "1")
	ob.expect(map[string]Op{"d/g": Created})
	if ob.status.Problem != "" {
		t.Errorf("the problem stays: %s", ob.status.Problem)
	}
	write(t, root, "d/g", "2")
	ob.expect(map[string]Op{"d/g": Modified})
}

func TestWhileABatchIsWorkedOnTheNextOnesAreMerged(t *testing.T) {
	t.Parallel()
	root := tempDir(t)
	write(t, root, "gone", "1")
	ctx, cancel := context.WithCancel(t.Context())
	release, entered := make(chan struct{}), make(chan Batch, 10)
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = Watch(ctx, root, Options{Status: func(s Status) {
			if s.Ready {
				select {
				case <-ready:
				default:
					close(ready)
				}
			}
		}}, func(b Batch) {
			entered <- b
			<-release
		})
	})
	<-ready
	write(t, root, "first", "1")
	<-entered
	other := observe(t, root, Options{}, nil) // sees what the first one merges
	write(t, root, "new", "1")
	other.expect(map[string]Op{"new": Created})
	write(t, root, "new", "2")
	other.expect(map[string]Op{"new": Modified})
	if err := os.Remove(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}
	other.expect(map[string]Op{"gone": Removed})
	close(release)
	got := map[string]Op{}
	for len(got) < 2 {
		for _, c := range (<-entered).Paths {
			if got[c.Path] == 0 { // it may hear of the last of them later
				got[c.Path] = c.Op
			}
		}
	}
	if diff := cmp.Diff(map[string]Op{"new": Created, "gone": Removed}, got); diff != "" {
		t.Error(diff)
	}
	cancel()
	wg.Wait()
}

func TestMergingKeepsWhatIsTrueInTheEnd(t *testing.T) {
	t.Parallel()
	one := func(op Op) Batch { return Batch{Paths: []Change{{"f", op}}} }
	for _, c := range []struct{ a, b, want Op }{
		{Created, Modified, Created},
		{Created, Removed, 0},
		{Removed, Created, Modified},
		{Modified, Removed, Removed},
		{Modified, Modified, Modified},
	} {
		a := one(c.a)
		got := merge(&a, one(c.b))
		switch {
		case c.want == 0 && got != nil, c.want != 0 && (got == nil || got.Paths[0].Op != c.want):
			t.Errorf("%v then %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestWatchingAMissingDirectoryIsAnError(t *testing.T) {
	t.Parallel()
	err := Watch(t.Context(), filepath.Join(t.TempDir(), "none"), Options{}, func(Batch) {})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Watch: %v", err)
	}
}

// The property that matters most: whatever is done to the files, once all is
// quiet the batches have mentioned every file that is not as it was, and the
// last word on each file is true.
func TestNoLastChangeIsEverLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		root, err := os.MkdirTemp("", "watch") //nolint:usetesting // one for each of many checks
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(root)
		if root, err = filepath.EvalSymlinks(root); err != nil {
			rt.Fatal(err)
		}
		dirs := []string{"a", "b", "a/c", "b/d", "a/c/e"}
		names := []string{"f", "g", "h.go"}
		path := func() string {
			return filepath.Join(root, rapid.SampledFrom(dirs).Draw(rt, "dir"), rapid.SampledFrom(names).Draw(rt, "name"))
		}
		n := 0
		put := func(p string) {
			n++
			if os.MkdirAll(filepath.Dir(p), 0o777) == nil {
				_ = os.WriteFile(p, []byte(fmt.Sprint(n)), 0o666)
			}
		}
		for range rapid.IntRange(0, 5).Draw(rt, "files") {
			put(path())
		}
		before := contents(root)
		ob := newObserver(rt, root)
		ob.start(Options{Quiet: 4 * ms}, nil)
		defer ob.stop()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"write", "write", "atomic", "remove", "removeAll", "move", "pause"}).Draw(rt, "do") {
			case "write":
				put(path())
			case "atomic":
				p := path()
				put(p + ".tmp")
				_ = os.Rename(p+".tmp", p)
			case "remove":
				_ = os.Remove(path())
			case "removeAll":
				_ = os.RemoveAll(filepath.Join(root, rapid.SampledFrom(dirs).Draw(rt, "dir")))
			case "move":
				_ = os.Rename(filepath.Join(root, rapid.SampledFrom(dirs).Draw(rt, "from")), filepath.Join(root, rapid.SampledFrom(dirs).Draw(rt, "to")))
			case "pause":
				// Let a batch settle in the middle of it.
				put(filepath.Join(root, fmt.Sprintf("pause%d", n)))
				name := fmt.Sprintf("pause%d", n-1)
				ob.wait(name, func() bool { return ob.net()[name] == Created })
			}
		}
		put(filepath.Join(root, "end"))
		ob.wait("the end", func() bool { return ob.net()["end"] == Created })
		after := contents(root)
		ob.wait("all changes", func() bool {
			net := ob.net()
			for p, text := range after {
				if before[p] != text && net[p] != Created && net[p] != Modified {
					return false
				}
			}
			for p := range before {
				if _, ok := after[p]; !ok && net[p] != Removed {
					return false
				}
			}
			return true
		})
		// And what is watched is what is there.
		for _, dir := range append(dirs, ".") {
			if info, err := os.Stat(filepath.Join(root, dir)); err == nil && info.IsDir() {
				put(filepath.Join(root, dir, "probe"))
				rel := strings.TrimPrefix(dir+"/probe", "./")
				ob.wait(rel, func() bool { return ob.net()[rel] != 0 && ob.net()[rel] != Removed })
			}
		}
	})
}

func contents(root string) map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, _ := os.ReadFile(path)
			rel, _ := filepath.Rel(root, path)
			all[filepath.ToSlash(rel)] = string(text)
		}
		return nil
	})
	return all
}
