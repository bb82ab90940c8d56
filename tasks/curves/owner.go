package curves

import (
	"maps"
	"slices"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// writer is who writes a file, as far as that can be seen.
type writer int

const (
	unknown writer = iota
	ours           // a process of the run
	another
)

// mine says whether it is this run that writes a file: because the file says so, else
// because a process of the run has it open, else because no other run goes on. ok is
// false when that can't be told yet.
func (f *follower) mine(file string, s *source) (mine, ok bool) {
	if s.reader.By != nil {
		if id := s.reader.By(); id != "" {
			return id == f.run, true
		}
	}
	switch f.writerOf(file, int(f.session.Load())) {
	case ours:
		return true, true
	case another:
		// In a directory that the task names, it may be a container that writes for it.
		if f.detected || !f.alone() {
			return false, true
		}
	}
	// What nobody holds open is of the run that began to write into its directory.
	if id := f.owner(s.reader.Home); id != "" {
		return id == f.run, true
	}
	return true, f.alone()
}

// Emit hands an event on, and hears by which process the run began.
func (f *follower) Emit(ev tasks.Event) {
	if p, ok := ev.(tasks.ProcessStarted); ok {
		f.session.Store(int64(p.PID))
	}
	f.Sink.Emit(ev)
}

// begin and end say which runs go on.
func (r *Runner) begin(f *follower) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active = append(r.active, f)
}

func (r *Runner) end(f *follower) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.owners, func(_ string, id tasks.RunID) bool { return id == f.run })
	r.active = slices.DeleteFunc(r.active, func(o *follower) bool { return o == f })
}

func (r *Runner) alone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.active) == 1
}

// owner is the run that goes on and writes into a directory; "": none is known.
func (r *Runner) owner(home string) tasks.RunID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.owners[home]
}

func (r *Runner) own(home string, id tasks.RunID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owners[home] = id
}
