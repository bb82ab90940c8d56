package tests

import (
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// trendRuns is how many of the newest runs a trend shows.
const trendRuns = 7

// trend is how tests ended in the newest finished runs of a task that the state
// keeps, oldest first. A run is looked at once, when it has ended.
type trend struct {
	unit string
	runs []verdicts
}

// verdicts are the passes and failures of a run; true is a failure.
type verdicts struct {
	id    tasks.RunID
	tests map[nodeID]bool
}

// follow makes t the trend of the unit's tests.
func (t *trend) follow(s *tasks.State, unit string) {
	if unit != t.unit {
		*t = trend{unit: unit}
	}
	var runs []verdicts // newest first
	for _, id := range slices.Backward(s.Units[unit].Runs) {
		if len(runs) == trendRuns {
			break
		}
		r := s.Runs[id]
		if len(r.Tests) == 0 || r.Status != tasks.Succeeded && r.Status != tasks.Failed {
			continue
		}
		if i := slices.IndexFunc(t.runs, func(v verdicts) bool { return v.id == id }); i >= 0 {
			runs = append(runs, t.runs[i])
			continue
		}
		v := verdicts{id, make(map[nodeID]bool, len(r.Tests))}
		for i := range r.Tests {
			if test := &r.Tests[i]; test.Status == tasks.TestPassed || test.Status == tasks.TestFailed {
				v.tests[idOf(test)] = test.Status == tasks.TestFailed
			}
		}
		runs = append(runs, v)
	}
	slices.Reverse(runs)
	t.runs = runs
}

// of is how a test ended, oldest first.
func (t *trend) of(id nodeID) (course []PastResult) {
	for _, v := range t.runs {
		if failed, ok := v.tests[id]; ok {
			course = append(course, PastResult{v.id, failed})
		}
	}
	return course
}

// marks are the newest results as marks, those that are remembered first.
func marks(before, newer []PastResult) string {
	all := slices.Clone(before)
	for _, r := range newer {
		if !slices.ContainsFunc(before, func(b PastResult) bool { return b.Run == r.Run }) {
			all = append(all, r)
		}
	}
	var b strings.Builder
	for _, r := range all[max(0, len(all)-trendRuns):] {
		if r.Failed {
			b.WriteString("✖")
		} else {
			b.WriteString("✓")
		}
	}
	return b.String()
}
