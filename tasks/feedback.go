package tasks

import "time"

// Feedback is how long after the first change of a file the run told its
// result: a service that it is ready, a task how it ended. false: no change
// began the run, or it has no result (yet).
func (r Run) Feedback() (time.Duration, bool) {
	told := r.ReadyAt
	if told.IsZero() && (r.Status == Succeeded || r.Status == Failed) {
		told = r.EndedAt
	}
	if r.Cause.Changed.IsZero() || told.IsZero() {
		return 0, false
	}
	return max(0, told.Sub(r.Cause.Changed)), true
}
