package watch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// The flow, all on one goroutine but for the last step:
//
//	fsnotify ─┐  event()          settle(): when settler.due() has come
//	poller ───┼─> mark(path) ──>    lost events?    tree.rescan ──> mark
//	rescan ───┘   dirty set         .gitignore?     tree.rescan
//	                                lstat each dirty path: created, modified, removed
//	                                     │
//	                       pending Batch <┘ ──> deliver goroutine ──> f
//
// An event only says that a path is worth a look; what became of it is decided
// by what is on disk when the batch settles, against what was known before. A
// temporary file that is gone again is thus nothing, and a replaced one is
// modified.

// rootCheck is how often a root that was removed is looked for.
const rootCheck = time.Second

// touchedNow is how recent a file's modification time must be for a bare change
// of attributes to count: `touch` is meant as a change, chmod and chown of a
// backup program are not.
const touchedNow = 2 * time.Second

// rescanMargin covers what may lie between the last quiet moment as this clock
// saw it and the time stamps of the files.
const rescanMargin = time.Second

// mark is what is known of a dirty path.
type mark struct {
	known  bool        // there was such a file when the last batch settled
	attrs  bool        // nothing but attributes changed, so far
	looked bool        // only the poller saw it, so far
	info   os.FileInfo // when it was evaluated last; nil: there was none
}

type watcher struct {
	tree    *tree
	settler settler
	status  func(Status)
	// gitBusy tells whether a git command is at work on the tree.
	gitBusy func() bool
	// complete tells whether a file's writer is done with it, pause waits a
	// moment: see quick.
	complete func(file string) bool
	pause    func(time.Duration)

	dirty map[string]mark
	// told are the files of the last batch as it told of them: an editor that copies
	// the old file's attributes to the new one after it was written saves it once.
	told    map[string]os.FileInfo
	tried   bool      // quick has looked at this batch
	lost    bool      // events were dropped since the last settling
	why     string    // why directories were compared for this batch, if they were
	moved   bool      // a directory was renamed: fsnotify's list needs a check
	synced  time.Time // when all events before it had been seen for certain
	ready   bool
	said    Status
	pending *Batch // settled, not yet taken by f
}

func newWatcher(root string, o Options, skip Globs, native source) *watcher {
	ignore := NewIgnore(root)
	return &watcher{
		tree: &tree{
			root: root, ignore: ignore, skip: skip, always: o.Always, native: native, poll: newPoller(pollEvery),
			nodes: map[string]*node{}, polled: map[string]bool{}, closed: map[string]bool{},
		},
		settler:  newSettler(o.Quiet, o.MaxWait),
		status:   o.Status,
		gitBusy:  func() bool { return gitLocked(ignore.repo.gitDir) },
		complete: complete, pause: pause,
		dirty: map[string]mark{},
	}
}

// gitLocked tells whether git holds the lock of the index, as checkout, reset,
// merge and stash do while they write files. An old lock was left behind.
func gitLocked(dir string) bool {
	if dir == "" {
		return false
	}
	info, err := os.Lstat(filepath.Join(dir, "index.lock"))
	return err == nil && time.Since(info.ModTime()) < gitLockWait
}

// run owns the sources and returns when ctx ends and f is not running.
func (w *watcher) run(ctx context.Context, f func(Batch)) error {
	var wg sync.WaitGroup
	batches := make(chan Batch)
	defer wg.Wait()
	defer close(batches)
	wg.Go(func() {
		for b := range batches {
			f(b)
		}
	})
	defer w.tree.poll.Close()
	defer w.tree.native.Close()

	w.synced = time.Now()
	w.tree.done = ctx.Done()
	w.tree.enter("", false)
	w.ready = true
	w.report()
	return w.loop(ctx, batches)
}

func (w *watcher) loop(ctx context.Context, batches chan<- Batch) error {
	timer := time.NewTimer(time.Hour) // re-armed below; until then it means nothing
	timer.Stop()
	defer timer.Stop()
	var rootTimer <-chan time.Time
	for {
		var out chan<- Batch
		var next Batch
		if w.pending != nil {
			out, next = batches, *w.pending
		}
		select {
		case <-ctx.Done():
			return nil
		case ev := <-w.tree.native.Changes():
			w.event(ev, false)
		case ev := <-w.tree.poll.Changes():
			w.event(ev, true)
		case <-w.tree.native.Lost():
			w.lost = true
			w.settler.saw(time.Now(), true)
		case <-timer.C:
			w.settle(time.Now())
		case <-rootTimer:
			rootTimer = nil
			w.findRoot()
		case out <- next:
			w.pending = nil
		}
		if w.settler.open && !w.tried {
			w.quick()
		}
		if w.settler.open {
			timer.Reset(time.Until(w.settler.due()))
		}
		if w.rootGone() && rootTimer == nil {
			rootTimer = time.After(rootCheck)
		}
	}
}

// event takes in one event of a source; looked says that it is the poller.
func (w *watcher) event(ev fsnotify.Event, looked bool) {
	rel, ok := w.tree.rel(ev.Name)
	if !ok {
		return
	}
	if rel == "" {
		if ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
			w.loseRoot()
		}
		return
	}
	dir, name := split(rel)
	parent := w.tree.nodes[dir]
	if parent == nil || hidden(name) {
		return // of a directory that was left in the meantime, or nothing to tell
	}
	if ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
		if k := parent.names[name]; k == folder || k == pruned {
			w.moved = w.moved || ev.Has(fsnotify.Rename)
			w.markAll(w.tree.leave(rel))
			// The event may be that of another directory, which was moved
			// away before its removal but is still known by its old path.
			if info, err := os.Lstat(ev.Name); err == nil && info.IsDir() {
				w.appeared(rel, name, info)
			}
			return
		}
		if m, marked := w.dirty[rel]; marked && !m.known {
			w.settler.vanished()
		}
	}
	if ev.Has(fsnotify.Create) {
		if info, err := os.Lstat(ev.Name); err == nil && info.IsDir() {
			w.appeared(rel, name, info)
			return
		}
		w.markAll(w.tree.leave(rel)) // of a directory that it takes the place of
	}
	if k := parent.names[name]; k == folder || k == pruned {
		if w.tree.closed[rel] { // what was in it is not known, so that all of it may be new
			w.markAll(w.tree.leave(rel))
			w.markAll(w.tree.enter(rel, true))
			w.report()
		}
		return // a directory's own times and attributes
	}
	if !w.tree.ignores(rel, name) {
		w.mark(touched{rel, parent.names[name] == file}, ev.Op == fsnotify.Chmod, looked)
	}
}

// appeared watches a new directory. Files may have been written into it before
// it was watched, so what it holds counts as changed.
func (w *watcher) appeared(rel, name string, info os.FileInfo) {
	dir, _ := split(rel)
	parent := w.tree.nodes[dir]
	if parent.names[name] == file {
		w.mark(touched{rel, true}, false, false) // it takes the place of a file
	}
	if w.tree.prunes(rel, name) {
		w.markAll(w.tree.leave(rel))
		w.tree.setName(parent, name, pruned)
		return
	}
	if n := w.tree.nodes[rel]; n != nil && n.id == idOf(info) {
		// It was found by the listing of its parent already. Adding it again
		// costs nothing and makes sure.
		w.tree.attach(rel)
		w.markAll(w.tree.rescan(rel, time.Time{}, false))
		return
	}
	w.markAll(w.tree.leave(rel))
	w.markAll(w.tree.enter(rel, true))
}

func (w *watcher) markAll(files []touched) {
	for _, f := range files {
		if _, name := split(f.rel); !hidden(name) {
			w.mark(f, false, false)
		}
	}
}

// mark makes a path dirty. Whether it was known counts from the first mark:
// later ones may see a directory that was left and entered since.
func (w *watcher) mark(f touched, attrs, looked bool) {
	m, marked := w.dirty[f.rel]
	if !marked {
		m = mark{known: f.known, attrs: true, looked: true}
	}
	m.attrs, m.looked = m.attrs && attrs, m.looked && looked
	w.dirty[f.rel] = m
	w.settler.saw(time.Now(), !marked)
}

// settle makes a batch of what is dirty when the time has come.
func (w *watcher) settle(now time.Time) {
	if now.Before(w.settler.due()) || !w.settler.open {
		return
	}
	if w.gitBusy() {
		w.settler.hold(now.Add(gitLockRecheck))
		return
	}
	w.conclude(now)
}

// conclude makes the batch, unless it looks like half of a save.
func (w *watcher) conclude(now time.Time) {
	w.repair()
	changes, halfSaved := w.evaluate(now)
	if full := w.settler.fullQuiet(); halfSaved && now.Before(full) {
		w.settler.hold(full)
		return
	}
	b := Batch{Paths: changes, FirstEvent: w.settler.first, Settled: now, Rescan: w.why != "", Why: w.why}
	w.commit(changes)
	w.settler.close(now)
	w.tried = false
	w.synced, w.why = now, ""
	w.pending = merge(w.pending, b)
	w.report()
}

// repair deals with what the events do not tell: lost ones, directories that
// fsnotify has lost track of, and new rules of what is ignored.
func (w *watcher) repair() {
	since := w.synced.Add(-rescanMargin)
	if w.lost {
		w.lost = false
		w.why = fmt.Sprintf("the system dropped events; %d directories were compared", len(w.tree.nodes))
		w.markAll(w.tree.rescan("", since, true))
		w.moved = true
	}
	for rel := range w.dirty {
		if dir, name := split(rel); name == ".gitignore" {
			w.tree.ignore.load(dir)
			w.markAll(w.tree.rescan(dir, time.Time{}, true))
		}
	}
	if w.moved {
		w.moved = false
		for _, rel := range w.tree.audit() {
			w.tree.attach(rel)
			w.markAll(w.tree.rescan(rel, since, false))
		}
	}
}

// evaluate looks at every dirty path. halfSaved says that a file is gone, empty
// or new, as it is for a moment while an editor saves: moved away, truncated, or
// a temporary file that is yet to be renamed.
func (w *watcher) evaluate(now time.Time) (changes []Change, halfSaved bool) {
	for rel, m := range w.dirty {
		dir, name := split(rel)
		if !slices.Contains(w.tree.always, rel) && (w.tree.ignore.Match(rel, false) || w.tree.skip.Match(rel) || hidden(name)) {
			continue
		}
		info, err := os.Lstat(w.tree.abs(rel))
		there := err == nil && !info.IsDir() && w.tree.nodes[dir] != nil
		m.info = info
		w.dirty[rel] = m
		switch {
		case there && m.looked && w.tree.poll.told(w.tree.abs(rel), info): // by an event, while the poller looked
		case there && m.attrs && (now.Sub(info.ModTime()).Abs() > touchedNow || alike(w.told[rel], info)):
		case there && m.known:
			changes = append(changes, Change{rel, Modified})
			halfSaved = halfSaved || info.Size() == 0
		case there:
			changes = append(changes, Change{rel, Created})
			halfSaved = true
		case m.known:
			changes = append(changes, Change{rel, Removed})
			halfSaved = true
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, halfSaved
}

// commit makes the names of the settled files known.
func (w *watcher) commit(changes []Change) {
	if len(changes) > 0 { // nothing new was told: the old is still true
		w.told = map[string]os.FileInfo{}
	}
	for _, c := range changes {
		dir, name := split(c.Path)
		if info := w.dirty[c.Path].info; info != nil && len(w.told) < mostTold {
			w.told[c.Path] = info
		}
		if w.tree.polled[dir] {
			w.tree.poll.refresh(w.tree.abs(c.Path), w.dirty[c.Path].info)
		}
		n := w.tree.nodes[dir]
		switch {
		case n == nil:
		case c.Op != Removed:
			w.tree.setName(n, name, file)
		case n.names[name] == file:
			w.tree.setName(n, name, 0)
		}
	}
	clear(w.dirty)
}

// mostTold is more than a person saves at once.
const mostTold = 64

// alike says whether a file is as it was: another one, other contents and other
// permissions would show.
func alike(was, is os.FileInfo) bool {
	return was != nil && os.SameFile(was, is) && was.Size() == is.Size() && was.Mode() == is.Mode() && was.ModTime().Equal(is.ModTime())
}

// merge adds a batch to one that f has not taken yet; nil when nothing is left.
func merge(old *Batch, b Batch) *Batch {
	if old != nil {
		ops := map[string]Op{}
		for _, c := range old.Paths {
			ops[c.Path] = c.Op
		}
		for _, c := range b.Paths {
			switch was := ops[c.Path]; {
			case was == Created && c.Op == Removed:
				delete(ops, c.Path)
			case was == Created:
			case was == Removed && c.Op == Created:
				ops[c.Path] = Modified
			default:
				ops[c.Path] = c.Op
			}
		}
		b.Paths = nil
		for _, path := range slices.Sorted(maps.Keys(ops)) {
			b.Paths = append(b.Paths, Change{path, ops[path]})
		}
		b.FirstEvent = old.FirstEvent
		b.Rescan = b.Rescan || old.Rescan
		b.Why = cmp.Or(b.Why, old.Why)
	}
	if len(b.Paths) == 0 {
		return nil
	}
	return &b
}

// loseRoot reports that everything is gone.
func (w *watcher) loseRoot() {
	w.markAll(w.tree.leave(""))
	w.settler.saw(time.Now(), false)
	w.report()
	w.findRoot()
}

func (w *watcher) rootGone() bool { return w.tree.nodes[""] == nil }

// findRoot goes on when the root is back.
func (w *watcher) findRoot() {
	info, err := os.Lstat(w.tree.root)
	if err != nil || !info.IsDir() {
		return
	}
	w.tree.ignore = NewIgnore(w.tree.root)
	w.markAll(w.tree.enter("", true))
	w.report()
}

// report tells the status when it is another one.
func (w *watcher) report() {
	if w.status == nil {
		return
	}
	var problems []string
	if w.rootGone() {
		problems = append(problems, fmt.Sprintf("%s was removed; watching goes on when it is back", w.tree.root))
	}
	for _, p := range []string{w.tree.limit, w.tree.remoteProblem(), w.tree.closedProblem()} {
		if p != "" {
			problems = append(problems, p)
		}
	}
	s := Status{
		Dirs: len(w.tree.nodes), Pruned: w.tree.pruned, Polling: w.tree.pollingTop(),
		Problem: strings.Join(problems, "; "), Ready: w.ready,
	}
	if s.Dirs != w.said.Dirs || s.Pruned != w.said.Pruned || s.Problem != w.said.Problem || s.Ready != w.said.Ready || !slices.Equal(s.Polling, w.said.Polling) {
		w.said = s
		w.status(s)
	}
}
