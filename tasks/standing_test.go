package tasks

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatARunDidNotReachStaysRed(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "test", Of: "test"}}})
	n := 0
	run := func(breaks bool, status Status, results map[string]TestStatus) (left []string) {
		n++
		id := NewRunID("test", n)
		s.Apply(RunQueued{Run: Run{ID: id, Task: "test", Number: n}})
		s.Apply(RunStarted{ID: id, Breaks: breaks, At: noon(60 * n)})
		for name, status := range results {
			s.Apply(TestReported{ID: id, Test: TestResult{Suite: "cart", Name: name, Status: status}})
		}
		s.Apply(RunEnded{ID: id, Status: status, At: noon(60*n + 30)})
		for _, a := range s.Alerts() {
			if a.Test.Name != "" {
				left = append(left, a.Test.Name)
			}
		}
		slices.Sort(left)
		return left
	}
	pass, fail := TestPassed, TestFailed
	run(false, Failed, map[string]TestStatus{"TestA": fail, "TestB": fail, "TestC": fail})
	got := run(true, Failed, map[string]TestStatus{"TestA": pass, "TestB": fail})
	if diff := cmp.Diff([]string{"TestB", "TestC"}, got); diff != "" {
		t.Errorf("behind the first failure: %s", diff)
	}
	if got := s.Left("test"); got != 1 {
		t.Errorf("%d are left", got)
	}
	if got := run(true, Succeeded, map[string]TestStatus{"TestA": pass, "TestB": pass}); len(got) > 0 {
		t.Errorf("after a success there is %q", got)
	}
}
