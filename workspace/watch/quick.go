package watch

import (
	"slices"
	"time"
)

// hush is how long nothing more may happen after a save that is complete: the
// events of one save come within 0.2 ms of each other (p50), and a program that
// saves several files takes less between two of them.
const hush = 300 * time.Microsecond

// quick settles a lone save at once, where it is certain to be complete: one
// file that was there before, that holds something and that nobody has open for
// writing any more, whether it was replaced or written in place. Everything
// else waits for its quiet; what comes after is a batch of its own, so that
// nothing is lost when this is wrong about the rest.
//
// What is complete before the hush needs no second look after it: whatever is
// written meanwhile is an event.
func (w *watcher) quick() {
	rel, ok := w.lone()
	if !ok {
		return
	}
	w.tried = true
	finished := func() bool { return w.complete(w.tree.abs(rel)) && !w.gitBusy() }
	for range 3 {
		already := finished()
		w.pause(time.Until(w.settler.last.Add(hush)))
		select {
		case ev := <-w.tree.native.Changes():
			w.event(ev, false)
			if again, ok := w.lone(); !ok || again != rel {
				return
			}
			continue
		default:
		}
		if len(w.tree.poll.Changes()) == 0 && (already || finished()) {
			w.conclude(time.Now())
		}
		return
	}
}

// lone is the one file that a batch is about so far, if it may settle at once.
func (w *watcher) lone() (rel string, ok bool) {
	if !w.settler.open || w.settler.patient || len(w.dirty) != 1 || w.lost || w.moved || w.pending != nil {
		return "", false
	}
	for rel, m := range w.dirty {
		dir, name := split(rel)
		return rel, m.known && !m.attrs && name != ".gitignore" && !w.tree.polled[dir] && !slices.Contains(w.tree.always, rel)
	}
	return "", false
}
