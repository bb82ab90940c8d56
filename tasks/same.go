package tasks

import (
	"slices"
	"strings"
)

// stepSeparator stands between a step and the suite of the tests that its log tells
// of: two jobs may run the same tests, on other systems.
const stepSeparator = " › "

// SuiteOf is what a suite is called that the log of a step tells of.
func SuiteOf(step, suite string) string {
	switch {
	case step == "":
		return suite
	case suite == "":
		return step
	}
	return step + stepSeparator + suite
}

// Step is the step whose log tells of the test, and its suite there.
func (t TestResult) Step() (step, suite string) {
	step, suite, ok := strings.Cut(t.Suite, stepSeparator)
	if !ok {
		return "", t.Suite
	}
	return step, suite
}

// SameHere is the task of this machine that does what a job of a pipeline does:
// the one that says so with same_as, else the one of its name.
func (s State) SameHere(job string) (Task, bool) {
	var named Task
	for _, name := range s.Order {
		t := s.Units[name].Task
		switch {
		case t.Provider != "" || t.IsService():
		case slices.Contains(t.Spec.SameAs, job):
			return t, true
		case t.Name == job:
			named = t
		}
	}
	return named, named.Name != ""
}

// TestBeside is a test as a job of a pipeline and the same task here have it. An
// empty status: it is not told of there.
type TestBeside struct {
	TestName
	There, Here TestStatus
	// Message is what failed, there if it did.
	Message string
}

// Beside are the tests that failed in a job or in the same task here, those that
// fail only there first.
func Beside(job string, there, here Run) []TestBeside {
	var all []TestBeside
	seen := map[int]bool{}
	for _, t := range there.Failures() {
		step, suite := t.Step()
		if step != "" && step != job {
			continue
		}
		b := TestBeside{TestName: TestName{Suite: suite, Name: t.Name}, There: t.Status, Message: t.Message}
		if i := slices.IndexFunc(here.Tests, func(o TestResult) bool { return o.SameAs(TestResult{Suite: suite, Name: t.Name}) }); i >= 0 {
			b.Here, seen[i] = here.Tests[i].Status, true
		}
		all = append(all, b)
	}
	follows := here.follows()
	for i, t := range here.Tests {
		if t.Status != TestFailed || seen[i] || follows(t) {
			continue
		}
		b := TestBeside{TestName: TestName{Suite: t.Suite, Name: t.Name}, Here: t.Status, Message: t.Message}
		for _, o := range there.Tests {
			if step, suite := o.Step(); (step == "" || step == job) && t.SameAs(TestResult{Suite: suite, Name: o.Name}) {
				b.There = o.Status
			}
		}
		all = append(all, b)
	}
	slices.SortStableFunc(all, func(a, b TestBeside) int { return a.rank() - b.rank() })
	return all
}

func (b TestBeside) rank() int {
	switch {
	case b.There == TestFailed && b.Here != TestFailed:
		return 0
	case b.There == TestFailed:
		return 1
	}
	return 2
}

// SameAs says whether two are of the same test: their suites may be written with more
// of the path on one side.
func (t TestResult) SameAs(o TestResult) bool {
	return t.Name == o.Name && (t.Suite == o.Suite || t.Suite == "" || o.Suite == "" ||
		strings.HasSuffix(o.Suite, "/"+t.Suite) || strings.HasSuffix(t.Suite, "/"+o.Suite))
}
