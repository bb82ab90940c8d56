package watch

import "time"

// The numbers behind the debounce. One save by a program takes 0.1 to 2 ms from
// its first to its last event (measured: truncate and write, temporary file and
// rename), so 2 ms without an event end a lone save. Whatever touches more
// files is work by a tool, with gaps of its own; there each further file buys
// 2 ms, up to Options.Quiet.
const (
	quietStep      = 2 * time.Millisecond
	quietMax       = 30 * time.Millisecond
	eventsPerStep  = 8                      // many events of one file (a large write) count as files
	burstMemory    = 100 * time.Millisecond // after a batch, the next one may be its continuation
	maxWait        = time.Second
	gitLockWait    = 10 * time.Second // a git command that takes longer, or died, holds nothing up
	gitLockRecheck = 10 * time.Millisecond
)

// settler decides when a group of events has settled. It is pure: time comes in
// as an argument, and it never looks at a file.
//
//	idle --saw--> open --saw--> open ...
//	               |  due() passed, nothing holds it: close() --> idle
//	               |  hold(until): asked again at until
type settler struct {
	quiet, wait time.Duration // the longest quiet and the longest batch

	open    bool
	first   time.Time // of the batch
	last    time.Time
	held    time.Time // not before this
	files   int
	events  int
	patient bool      // the batch may continue the one before: full quiet from its start
	closed  time.Time // when the last batch settled
}

func newSettler(quiet, wait time.Duration) settler {
	if quiet <= 0 {
		quiet = quietMax
	}
	if wait <= 0 {
		wait = maxWait
	}
	return settler{quiet: quiet, wait: max(wait, quiet)}
}

// saw counts an event; newFile says that it is the batch's first for its file.
func (s *settler) saw(now time.Time, newFile bool) {
	if !s.open {
		s.open, s.first = true, now
		// A burst with gaps just over the quiet would fall apart into one
		// batch a file; with this it falls into two.
		s.patient = !s.closed.IsZero() && now.Sub(s.closed) < burstMemory
	}
	s.last = now
	s.events++
	if newFile {
		s.files++
	}
}

// vanished takes back a file that came and went within the batch: the temporary
// file of an atomic save, which must not make a lone save look like more.
func (s *settler) vanished() { s.files = max(0, s.files-1) }

// due is when the batch settles if nothing more happens.
func (s *settler) due() time.Time {
	quiet := s.quiet
	if !s.patient {
		steps := max(1, s.files, s.events/eventsPerStep)
		quiet = min(quiet, time.Duration(steps)*quietStep)
	}
	at := s.last.Add(quiet)
	if limit := s.first.Add(s.wait); limit.Before(at) {
		at = limit
	}
	if s.held.After(at) {
		at = s.held
	}
	return at
}

// fullQuiet is the time of the full quiet after the last event, for a batch
// that looks like half of a save (see evaluate). A lone save that came to its
// end modifies one file and need not wait for it; nothing else is that urgent.
// The batch's limit holds.
func (s *settler) fullQuiet() time.Time {
	at := s.last.Add(s.quiet)
	if limit := s.first.Add(s.wait); limit.Before(at) {
		return limit
	}
	return at
}

// hold keeps the batch open until then, also past the longest wait.
func (s *settler) hold(until time.Time) { s.held = until }

// close ends the batch.
func (s *settler) close(now time.Time) {
	*s = settler{quiet: s.quiet, wait: s.wait, closed: now}
}
