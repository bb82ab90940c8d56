package tests

import (
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// trendRuns is how many of the newest runs a trend shows.
const trendRuns = 7

// trend is how each test ended in the newest finished runs of a task. It is put
// together again only when another run has ended.
type trend struct {
	upTo  tasks.RunID
	marks map[string]string // by the row's ID, oldest first
}

// follow makes t the trend of the unit's tests.
func (t *trend) follow(s *tasks.State, unit string) {
	var runs []tasks.Run // newest first
	for _, id := range slices.Backward(s.Units[unit].Runs) {
		r := s.Runs[id]
		if len(runs) < trendRuns && len(r.Tests) > 0 && (r.Status == tasks.Succeeded || r.Status == tasks.Failed) {
			runs = append(runs, r)
		}
	}
	newest := tasks.RunID("")
	if len(runs) > 0 {
		newest = runs[0].ID
	}
	if newest == t.upTo {
		return
	}
	*t = trend{upTo: newest, marks: map[string]string{}}
	for _, r := range slices.Backward(runs) {
		for _, test := range r.Tests {
			switch id := rowID(test); test.Status {
			case tasks.TestPassed:
				t.marks[id] += "✓"
			case tasks.TestFailed:
				t.marks[id] += "✖"
			}
		}
	}
}

// of is the trend of a row whose result has changed: what was only ever the
// same says nothing new, and takes no room.
func (t *trend) of(id string) string {
	marks := t.marks[id]
	if strings.Contains(marks, "✓") && strings.Contains(marks, "✖") {
		return marks
	}
	return ""
}

func rowID(t tasks.TestResult) string { return t.Suite + "\x00" + t.Name }
