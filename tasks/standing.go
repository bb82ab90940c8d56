package tasks

import (
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Partial says whether a run answers for less than what may be red: for tests
// that a person chose, or for what is near. One that a save narrowed is not: it
// takes over what was red before.
func (r Run) Partial() bool {
	return r.Narrowed != nil && (len(r.Only) > 0 || r.Scope == ScopeNear)
}

// BrokeOff says whether a run ended with its first failure: how the tests are that it
// does not name is not known.
func (r Run) BrokeOff() bool {
	return r.Status == Failed && (r.Breaks || r.Narrowed != nil && r.Narrowed.Breaks)
}

// Breaks says whether a command ends with its first failure, as far as its own words
// tell: those of go test, pytest, jest, vitest, mocha and unittest.
func Breaks(u config.Unit) bool {
	words := append(strings.Fields(u.Run), u.Command...)
	by := func(tools ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(tools, path.Base(w)) })
	}
	return slices.ContainsFunc(words, func(w string) bool {
		flag, value, _ := strings.Cut(w, "=")
		switch flag {
		case "-failfast", "--failfast":
			return value != "false" && value != "0"
		case "-x", "--exitfirst", "--maxfail":
			return by("pytest", "py.test")
		case "--bail", "-b":
			return by("jest", "vitest", "mocha")
		case "-f":
			return by("unittest")
		}
		return false
	})
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
	if killed || (r.Breaks || r.Narrowed != nil && r.Narrowed.Breaks) && r.Status != Succeeded {
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

// tells says whether a run says how a test is: Answers, or all of its suite passed.
func (r Run) tells(t TestName) bool {
	return r.Answers(t) || slices.ContainsFunc(r.Tests, func(o TestResult) bool {
		return o.Suite == t.Suite && o.Name == WholeFile && o.Status == TestPassed
	})
}

// Whole says whether a run answers for all of its task.
func (r Run) Whole() bool { return !r.Partial() && !r.BrokeOff() }

// left are the runs before one that is not whole back to one that is, newest first,
// each with only those of its failures and errors that nothing newer answers for.
func (s State) left(newest Run) []Run {
	if newest.Whole() {
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
			if !slices.ContainsFunc(newer, func(n Run) bool { return n.tells(name) }) {
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
		if r.Whole() {
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
