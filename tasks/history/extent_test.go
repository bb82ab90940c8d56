package history_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

func results(rs ...string) func(*tasks.Run) {
	return func(r *tasks.Run) {
		for _, name := range rs {
			t := tasks.TestResult{Suite: "cart", Name: name[1:], Status: tasks.TestPassed, Line: -1}
			if name[0] == '-' {
				t.Status, r.Status, r.Error = tasks.TestFailed, tasks.Failed, "exit 1"
			}
			r.Tests = append(r.Tests, t)
		}
	}
}

func cart(names ...string) (all []tasks.TestName) {
	for _, n := range names {
		all = append(all, tasks.TestName{Suite: "cart", Name: n})
	}
	return all
}

func TestHowATaskStandsIsTheSumOfItsRunsSinceTheLastWholeOne(t *testing.T) {
	narrowed := func(r *tasks.Run) { r.Narrowed = &tasks.Narrowing{What: "1 of 2 packages", Why: "a.go changed"} }
	only := func(names ...string) func(*tasks.Run) {
		return func(r *tasks.Run) { r.Only, r.Narrowed = cart(names...), &tasks.Narrowing{What: "1 test"} }
	}
	broke := func(r *tasks.Run) {
		r.Diagnostics = []tasks.Diagnostic{{Severity: tasks.Error, Location: tasks.Location{File: "a.go", Line: 1}}, {Severity: tasks.Warning, Location: tasks.Location{File: "b.go", Line: 1}}}
	}
	cancelled := func(r *tasks.Run) { r.Status = tasks.Cancelled }
	for name, c := range map[string]struct {
		runs []tasks.Run
		want history.Standing
	}{
		"it never ran": {nil, history.Standing{}},
		"all passed":   {[]tasks.Run{finished("test", 1, results("+A", "+B"))}, history.Standing{}},
		"a whole run failed": {
			[]tasks.Run{finished("test", 1, results("-Old")), finished("test", 2, results("-A", "+B", "-C"))},
			history.Standing{Red: true, Failed: cart("A", "C")},
		},
		"one of them passed alone": {
			[]tasks.Run{finished("test", 1, results("-A", "-B")), finished("test", 2, only("A"), results("+A"))},
			history.Standing{Failed: cart("B")},
		},
		"a narrowed run found another": {
			[]tasks.Run{finished("test", 1, results("-A", "+B")), finished("test", 2, narrowed, results("-B"), broke)},
			history.Standing{Red: true, Failed: cart("B"), Broken: []string{"a.go"}},
		},
		"a narrowed run that succeeded answered for what failed": {
			[]tasks.Run{finished("test", 1, results("-A")), finished("test", 2, narrowed)},
			history.Standing{},
		},
		"a run that was cancelled says nothing": {
			[]tasks.Run{finished("test", 1, results("-A")), finished("test", 2, cancelled)},
			history.Standing{Red: true, Failed: cart("A")},
		},
	} {
		s, _ := store(t, c.runs...)
		got, err := s.Standing(t.Context(), "test")
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestEveryTestThatWasEverReportedIsKnown(t *testing.T) {
	s, _ := store(t, finished("test", 1, results("+A")), finished("test", 2, results("+B")), finished("lint", 1, results("+C")))
	got, err := s.Known(t.Context(), "test")
	if diff := cmp.Diff(cart("A", "B"), got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestARunIsKnownToBeOfItsSweep(t *testing.T) {
	w := &tasks.Sweep{ID: "train#1", Swept: []string{"lr"}, Parallel: 2, Runs: 6}
	s, _ := store(t, finished("train", 1, func(r *tasks.Run) { r.Sweep = w }), finished("train", 7))
	runs, err := s.Runs(t.Context(), history.Filter{Task: "train"})
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	for _, r := range runs {
		want := w
		if r.Number == 7 {
			want = nil
		}
		if diff := cmp.Diff(want, r.Sweep); diff != "" {
			t.Errorf("%s: %s", r.ID, diff)
		}
	}
}
