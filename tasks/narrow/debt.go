package narrow

import (
	"slices"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// debt is what no run of a task has answered for yet. A run that is narrowed
// without it would turn green while something is red.
type debt struct {
	files  []string // changed since the last success
	last   []string // changed by the last cause that had files
	failed bool     // the last run failed; of tests and broken
	tests  []tasks.TestName
	broken []string // files with errors
	all    bool     // nobody knows what: everything
}

// mostOwed is when running everything is the better answer.
const mostOwed = 2000

// with is the debt when a request comes in: what its cause and the run before it add.
func (d debt) with(q tasks.Request) debt {
	if q.Cause.Kind == tasks.ByWatch && len(q.Cause.Files) > 0 {
		d.last = q.Cause.Files
		d.files = merged(d.files, q.Cause.Files)
	}
	if d.failed {
		d.tests = mergedTests(d.tests, q.Failed)
		d.broken = merged(d.broken, q.Broken)
		if len(d.tests)+len(d.broken) == 0 {
			d.all = true // it failed, and said nothing of where
		}
	}
	if len(d.files)+len(d.tests)+len(d.broken) > mostOwed {
		d.all = true
	}
	return d
}

// after is the debt when a run has ended: cut off, well, or not; breaks: with its first
// failure, so that nobody knows of the rest.
func (d debt) after(a amount, err error, cut, breaks bool) debt {
	switch {
	case err == nil && (a == everything || a == affected):
		return debt{last: d.last}
	case cut || a == some && err == nil: // it answered for nothing, or for less
		return d
	case a == everything:
		return debt{last: d.last, failed: true, all: breaks}
	}
	// The next request knows which of the tests that were in it still fail.
	if a != some {
		d.tests = nil
	}
	if a == affected {
		d.broken = nil
	}
	d.failed = err != nil || len(d.broken) > 0
	return d
}

func mergedTests(a, b []tasks.TestName) []tasks.TestName {
	all := slices.Clone(a)
	for _, t := range b {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}
