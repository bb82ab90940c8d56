package watch

import (
	"os"
	"runtime"
	"slices"
	"sync"
)

// enter watches a directory and all below it. It returns the files it found
// when they count as changes; otherwise they count as known.
//
// Each directory is watched before it is listed: what appears in between is
// seen twice rather than never.
func (t *tree) enter(rel string, changes bool) []touched {
	e := entering{tree: t, changes: changes, slots: make(chan struct{}, max(8, 2*runtime.GOMAXPROCS(0)))}
	e.visit(backlog{found: []string{rel}})
	e.wg.Wait()
	return e.files
}

// entering is one walk of enter. It is parallel because on a cold cache it waits
// for the disk; its goroutines are bounded, and none is waited for by another.
type entering struct {
	*tree
	changes bool
	slots   chan struct{}
	wg      sync.WaitGroup
	// watching is held while watches are set. The system sets one at a time, so who
	// holds it sets those of all that he has found, and the others list meanwhile.
	watching sync.Mutex
	files    []touched // guarded by tree.mu
}

// backlog is what one goroutine of a walk still has to do.
type backlog struct {
	found   []string // directories to watch
	watched []string // directories to list
}

func (b *backlog) len() int { return len(b.found) + len(b.watched) }

// half takes half of a backlog away.
func (b *backlog) half() backlog {
	f, w := len(b.found)/2, (len(b.watched)+1)/2
	theirs := backlog{slices.Clone(b.found[:f]), slices.Clone(b.watched[:w])}
	b.found, b.watched = b.found[f:], b.watched[w:]
	return theirs
}

// visit works a backlog off. Who has more than one directory before him gives half
// of them away while a slot is free.
func (e *entering) visit(b backlog) {
	for b.len() > 0 {
		select {
		case <-e.done:
			return
		default:
		}
		e.watch(&b)
		last := len(b.watched) - 1
		folders, files := e.enterOne(b.watched[last], e.changes)
		b.watched, b.found = b.watched[:last], append(b.found, folders...)
		if len(files) > 0 {
			e.mu.Lock()
			e.files = append(e.files, files...)
			e.mu.Unlock()
		}
		if b.len() < 2 {
			continue
		}
		select {
		case e.slots <- struct{}{}:
			theirs := b.half()
			e.wg.Go(func() {
				e.visit(theirs)
				<-e.slots
			})
		default:
		}
	}
}

// watch sets the watches of what was found; while another does that, it waits only
// when there is nothing to list.
func (e *entering) watch(b *backlog) {
	if len(b.found) == 0 {
		return
	}
	if len(b.watched) == 0 {
		e.watching.Lock()
	} else if !e.watching.TryLock() {
		return
	}
	answers := make([]error, len(b.found))
	for i, dir := range b.found {
		answers[i] = e.native.Add(e.abs(dir))
	}
	e.watching.Unlock()
	for i, dir := range b.found {
		e.attached(dir, answers[i])
	}
	b.watched, b.found = append(b.watched, b.found...), b.found[:0]
}

// enterOne lists a directory that is watched; it returns the directories to enter
// next.
func (t *tree) enterOne(rel string, changes bool) (folders []string, files []touched) {
	entries, id, err := list(t.abs(rel))
	if err != nil && len(entries) == 0 && os.IsNotExist(err) {
		t.detach(rel)
		return nil, nil
	}
	t.readIgnore(rel, entries)
	n := &node{id: id, names: make(map[string]kind, len(entries))}
	skipped := 0
	for _, e := range entries {
		if !e.dir {
			if changes {
				files = append(files, touched{rel: join(rel, e.name)})
			} else {
				n.names[e.name] = file
			}
			continue
		}
		child := join(rel, e.name)
		if t.prunes(child, e.name) {
			n.names[e.name] = pruned
			skipped++
		} else {
			n.names[e.name] = folder
			folders = append(folders, child)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nodes[rel] = n
	t.pruned += skipped
	if os.IsPermission(err) {
		t.closed[rel] = true
	}
	if dir, name := split(rel); rel != "" {
		if parent := t.nodes[dir]; parent != nil {
			t.setName(parent, name, folder)
		}
	}
	return folders, files
}
