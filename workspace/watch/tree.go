package watch

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// kind is what a name in a directory stands for.
type kind uint8

const (
	file   kind = iota + 1
	folder      // watched
	pruned      // a directory that is not entered
)

// node is a watched directory: which one it is, and the names in it. The names
// of files are those of the last settled batch; those of directories are
// current. Names cost a listing only, which the scan needs anyway; no file is
// looked at before it changes.
type node struct {
	id    fileID
	names map[string]kind
}

// touched is a file worth a look; known: there was such a file when the last
// batch settled.
type touched struct {
	rel   string
	known bool
}

// tree is what is known of the directories below root, and sees to it that
// exactly those that are not ignored are watched. Paths are relative with
// slashes; "" is root. Its methods are for one goroutine, though some of them
// use several inside.
type tree struct {
	root   string
	ignore *Ignore
	skip   Globs
	always []string // files that are never ignored
	native source
	poll   *poller
	remote map[string]string // mount points without (all) events, absolute
	done   <-chan struct{}   // closed: stop entering directories

	mu     sync.Mutex // of what follows, while directories are entered in parallel
	nodes  map[string]*node
	pruned int
	polled map[string]bool
	closed map[string]bool // directories that may not be read
	limit  string          // why directories are polled that could have had events
}

func (t *tree) abs(rel string) string {
	if rel == "" {
		return t.root
	}
	return t.root + string(os.PathSeparator) + filepath.FromSlash(rel)
}

func (t *tree) rel(abs string) (string, bool) {
	rest, ok := strings.CutPrefix(abs, t.root)
	if !ok || rest == "" {
		return "", ok
	}
	if t.root[len(t.root)-1] != os.PathSeparator {
		if rest[0] != os.PathSeparator {
			return "", false
		}
		rest = rest[1:]
	}
	return filepath.ToSlash(rest), true
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// split is path.Split without the slash.
func split(rel string) (dir, name string) {
	i := strings.LastIndexByte(rel, '/')
	return rel[:max(i, 0)], rel[i+1:]
}

// entry is a name in a directory.
type entry struct {
	name string
	dir  bool
}

// hidden tells whether nobody wants to hear of this name, ever: git's own
// directory, and what editors leave beside a file while it is edited or saved.
func hidden(name string) bool {
	switch name {
	case ".git", "4913", ".DS_Store": // vim tries with 4913 whether it may write here
		return true
	}
	switch name[0] {
	case '#':
		return len(name) > 1 && name[len(name)-1] == '#' // Emacs
	case '.':
		if strings.HasPrefix(name, ".#") || strings.HasPrefix(name, ".goutputstream-") { // Emacs, GLib
			return true
		}
	}
	if name[len(name)-1] == '~' {
		return true
	}
	switch filepath.Ext(name) {
	case ".swp", ".swo", ".swn", ".swx", ".swpx", ".kate-swp":
		return true
	}
	return strings.HasSuffix(name, "___jb_tmp___") || strings.HasSuffix(name, "___jb_old___")
}

// prunes tells whether a directory is not entered; its parent is.
func (t *tree) prunes(rel, name string) bool {
	return hidden(name) || name == "node_modules" || name == "__pycache__" || t.skip.covers(rel) || t.ignore.matchEntry(rel, true)
}

// ignores tells whether changes of a file are not reported; its directory is
// watched.
func (t *tree) ignores(rel, name string) bool {
	if slices.Contains(t.always, rel) {
		return false
	}
	return hidden(name) || t.skip.Match(rel) || t.ignore.matchEntry(rel, false)
}

// readIgnore reads a directory's .gitignore if the listing has one.
func (t *tree) readIgnore(rel string, entries []entry) {
	if slices.Contains(entries, entry{name: ".gitignore"}) {
		t.ignore.load(rel)
	} else {
		t.ignore.set(rel, nil)
	}
}

// setName keeps the count of pruned directories right. mu is held.
func (t *tree) setName(n *node, name string, k kind) {
	if n.names[name] == pruned {
		t.pruned--
	}
	switch k {
	case 0:
		delete(n.names, name)
		return
	case pruned:
		t.pruned++
	}
	n.names[name] = k
}

// attach asks for the events of one directory, and polls it where there are
// none or where they tell only half.
func (t *tree) attach(rel string) {
	t.attached(rel, t.native.Add(t.abs(rel)))
}

// attached is the second half of attach, with the answer of the system.
func (t *tree) attached(rel string, err error) {
	abs := t.abs(rel)
	remote := t.isRemote(abs)
	if !remote && (err == nil || os.IsNotExist(err)) {
		return
	}
	if t.poll.Add(abs) != nil {
		return // unreadable: enterOne says so
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polled[rel] = true
	if err != nil && t.limit == "" && !remote {
		t.limit = watchProblem(err)
	}
}

func (t *tree) isRemote(abs string) bool {
	for mount := range t.remote {
		if abs == mount || strings.HasPrefix(abs, mount+string(os.PathSeparator)) {
			return true
		}
	}
	return false
}

// detach ends the watching of one directory. fsnotify keeps the old path of a
// directory that was renamed, and then takes adding the new path for done; so
// each one has to be removed by the path it was added with. That it is gone
// already is fine.
func (t *tree) detach(rel string) {
	abs := t.abs(rel)
	_ = t.native.Remove(abs)
	_ = t.poll.Remove(abs)
	t.mu.Lock()
	delete(t.polled, rel)
	delete(t.closed, rel)
	t.mu.Unlock()
	t.ignore.forget(rel)
}

// leave ends the watching of a directory and all below it, and returns the
// files that were known there and not ignored by the rules there.
func (t *tree) leave(rel string) (files []touched) {
	if dir, name := split(rel); rel != "" {
		if parent := t.nodes[dir]; parent != nil && parent.names[name] != file {
			t.setName(parent, name, 0)
		}
	}
	n := t.nodes[rel]
	if n == nil {
		return nil
	}
	for name, k := range n.names {
		switch child := join(rel, name); k {
		case file:
			if !t.ignores(child, name) {
				files = append(files, touched{child, true})
			}
		case folder:
			files = append(files, t.leave(child)...)
		case pruned:
			t.pruned--
		}
	}
	delete(t.nodes, rel)
	t.detach(rel)
	return files
}

// rescan compares a directory with the disk and repairs what is watched. It
// returns the files that appeared, went, or changed after since (never, when
// since is zero). deep goes on below.
func (t *tree) rescan(rel string, since time.Time, deep bool) (files []touched) {
	n := t.nodes[rel]
	if n == nil {
		return nil
	}
	entries, id, err := list(t.abs(rel))
	if err != nil && len(entries) == 0 {
		if os.IsNotExist(err) {
			return t.leave(rel)
		}
		return nil // unreadable: what is known of it stays
	}
	if id != n.id {
		// Another directory has taken its name.
		return append(t.leave(rel), t.enter(rel, true)...)
	}
	t.readIgnore(rel, entries)
	there := make(map[string]bool, len(entries))
	for _, e := range entries {
		name := e.name
		there[name] = true
		child, was := join(rel, name), n.names[name]
		switch {
		case !e.dir:
			if was != file {
				files = append(files, t.leave(child)...)
				files = append(files, touched{rel: child})
			} else if !since.IsZero() && changedAfter(t.abs(child), since) {
				files = append(files, touched{child, true})
			}
		case t.prunes(child, name):
			if was != pruned {
				t.leave(child) // it is ignored now, which is no change of its files
				t.setName(n, name, pruned)
			}
		case was == folder && t.nodes[child] != nil:
			if deep {
				files = append(files, t.rescan(child, since, true)...)
			}
		default:
			if was == file {
				files = append(files, touched{child, true})
			}
			// What was ignored until now is no change.
			files = append(files, t.enter(child, was != pruned)...)
		}
	}
	for name, was := range n.names {
		if there[name] {
			continue
		}
		child := join(rel, name)
		if was == file {
			files = append(files, touched{child, true})
		} else {
			files = append(files, t.leave(child)...)
		}
	}
	return files
}

func changedAfter(abs string, since time.Time) bool {
	info, err := os.Lstat(abs)
	if err != nil {
		return true
	}
	return changeTime(info).After(since) || info.ModTime().After(since)
}

// audit returns the directories that ought to be watched and are not.
func (t *tree) audit() (missing []string) {
	watched := map[string]bool{}
	for _, abs := range t.native.WatchList() {
		watched[abs] = true
	}
	for rel := range t.nodes {
		if !watched[t.abs(rel)] && !t.polled[rel] {
			missing = append(missing, rel)
		}
	}
	return missing
}

// pollingTop returns the polled directories that are not inside of another one.
func (t *tree) pollingTop() (top []string) {
	for rel := range t.polled {
		if dir, _ := split(rel); rel == "" || !t.polled[dir] {
			top = append(top, cmp.Or(rel, "."))
		}
	}
	slices.Sort(top)
	return top
}

// closedProblem names the directories that may not be read.
func (t *tree) closedProblem() string {
	if len(t.closed) == 0 {
		return ""
	}
	all := slices.Sorted(maps.Keys(t.closed))
	names, more := strings.Join(all[:min(len(all), 3)], ", "), ""
	if len(all) > 3 {
		more = fmt.Sprintf(" and %d more", len(all)-3)
	}
	return names + more + " may not be read by you: changes there are not seen; chmod u+rx, or name it in .gitignore"
}

// remoteProblem says which mounts are polled although they have events.
func (t *tree) remoteProblem() string {
	var parts []string
	for mount, kind := range t.remote {
		rel, _ := t.rel(mount)
		if t.isRemote(t.root) {
			rel = "."
		} else if !t.polled[rel] {
			continue // ignored
		}
		parts = append(parts, path.Clean(cmp.Or(rel, "."))+" is on "+kind)
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ") + ", where changes made elsewhere give no events; it is polled"
}
