package tasks

import (
	"path"
	"slices"
	"strings"
)

// Partial says whether a run answers for less than what may be red: for tests
// that a person chose, or for what is near. One that a save narrowed is not: it
// takes over what was red before.
func (r Run) Partial() bool {
	return r.Narrowed != nil && (len(r.Only) > 0 || r.Scope == ScopeNear)
}

// Answers says whether a run tells how a test is now: it reported the test, or
// was asked for it, for what it is part of, or for a part of it, or ran all of its suite.
func (r Run) Answers(t TestName) bool {
	return r.Scope == ScopeNear && len(r.Only) == 0 && r.Through(t.Suite) || slices.ContainsFunc(r.Only, func(o TestName) bool {
		return o.Suite == t.Suite && (o.Name == "" || o.Name == t.Name || partOf(t.Name, o.Name) || partOf(o.Name, t.Name))
	}) || slices.ContainsFunc(r.Tests, func(o TestResult) bool { return o.Suite == t.Suite && o.Name == t.Name })
}

// Through says whether a run told of tests of a suite and of nothing that kept it from
// others of it. Of those that it was to run and did not name, none failed then: many
// tools name no test that passed.
func (r Run) Through(suite string) (through bool) {
	killed := r.Exit != nil && r.Exit.Signal != "" || strings.HasPrefix(r.Error, ErrTimeout.Error())
	if killed || r.Narrowed != nil && r.Narrowed.Breaks && r.Status != Succeeded {
		return false
	}
	for i := range r.Tests {
		t := &r.Tests[i]
		if t.Suite != suite {
			continue
		}
		if t.Status == TestRunning || t.Status == TestFailed && (strings.HasPrefix(t.Name, "(") || t.brokeOff()) {
			return false
		}
		through = true
	}
	return through
}

// brokeOff says whether the program that ran a failed test ended with it.
func (t *TestResult) brokeOff() bool {
	return slices.ContainsFunc([]string{"panic: ", "fatal error: ", "timed out after ", "did not finish"}, func(s string) bool { return strings.HasPrefix(t.Message, s) })
}

// partOf: a/b is part of a, and so are a::b, a > b and a[b].
func partOf(sub, of string) bool {
	rest, ok := strings.CutPrefix(sub, of)
	return ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "::") || strings.HasPrefix(rest, " > ") || strings.HasPrefix(rest, "["))
}

// left are the runs before a partial one back to one that is not, newest first,
// each with only those of its failures and errors that nothing newer answers for.
func (s State) left(newest Run) []Run {
	if !newest.Partial() {
		return nil
	}
	runs := s.Units[newest.Task].Runs
	at := slices.Index(runs, newest.ID)
	newer := []Run{newest}
	var all []Run
	for _, id := range slices.Backward(runs[:max(at, 0)]) {
		r := s.Runs[id]
		if r.Status != Succeeded && r.Status != Failed || r.StartedAt.IsZero() || r.Cached != "" {
			continue
		}
		old := r
		old.Tests, old.Diagnostics = nil, nil
		for _, t := range r.Failures() {
			name := TestName{Suite: t.Suite, Name: t.Name}
			if !slices.ContainsFunc(newer, func(n Run) bool { return n.Answers(name) }) {
				old.Tests = append(old.Tests, t)
			}
		}
		for _, d := range r.Diagnostics {
			dir := path.Dir(d.Location.File)
			asked := slices.ContainsFunc(newest.Only, func(o TestName) bool { return o.Suite == dir || o.Suite == d.Location.File })
			near := newest.Scope == ScopeNear && (newest.Through(dir) || newest.Through(d.Location.File))
			if d.Severity == Error && !asked && !near {
				old.Diagnostics = append(old.Diagnostics, d)
			}
		}
		if len(old.Tests)+len(old.Diagnostics) > 0 {
			all = append(all, old)
		}
		if !r.Partial() {
			break
		}
		newer = append(newer, r)
	}
	return all
}

// Left is how many tests and places are red that a task's newest run, being
// partial, says nothing of.
func (s State) Left(task string) int {
	r, ok := s.verdict(task)
	if !ok {
		return 0
	}
	n := 0
	for _, old := range s.left(r) {
		n += len(old.Tests) + len(old.Diagnostics)
	}
	return n
}
