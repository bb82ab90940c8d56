package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

func TestAPackageOfSeveralFilesHasThemAsALevelAndOneOfOneFileHasNot(t *testing.T) {
	t.Parallel()
	state, s := newState(), New()
	ran(state, 1, tasks.Running, "")
	for _, r := range []struct {
		suite, name, file string
		status            tasks.TestStatus
	}{
		{"cart", "TestTotal", "cart/total_test.go", tasks.TestPassed},
		{"cart", "TestAdd", "cart/add_test.go", tasks.TestFailed},
		{"cart", "TestAdd/twice", "cart/add_test.go", tasks.TestFailed},
		{"cart", "TestRemove", "cart/add_test.go", tasks.TestPassed},
		{"pay", "TestPay", "pay/pay_test.go", tasks.TestPassed},
		{"pay", "TestRefund", "pay/pay_test.go", tasks.TestPassed},
		{"unit/test_cart.py", "test_total", "unit/test_cart.py", tasks.TestPassed},
	} {
		state.Apply(tasks.TestReported{ID: "test#1", Test: tasks.TestResult{Suite: r.suite, Name: r.name, Separator: "/", File: r.file, Status: r.status, Line: -1}})
	}
	state.Apply(tasks.RunEnded{ID: "test#1", Status: tasks.Failed})
	s.Follow(screen.Frame{W: 120, H: 12, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
	var got []string
	for _, r := range s.rows {
		got = append(got, strings.Repeat("  ", r.depth)+r.label)
	}
	want := []string{
		"cart", "  add_test.go", "    TestAdd", "      twice", "    TestRemove", "  total_test.go › TestTotal",
		"pay", "  TestPay", "  TestRefund",
		"unit/test_cart.py", "  test_total",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	s.point(1)
	if p, ok := s.Selected(); !ok || p.Title != "cart  add_test.go" || p.Location != (tasks.Location{File: "cart/add_test.go"}) {
		t.Errorf("the row of a file leads to %+v", p)
	}
	names, title := s.Names()
	if want := []tasks.TestName{{Suite: "cart", Name: "TestAdd"}, {Suite: "cart", Name: "TestRemove"}}; cmp.Diff(want, names) != "" || title != "add_test.go" {
		t.Errorf("it names %v of %q", names, title)
	}
}

func TestAFileThatPassedAsAWholeGivesWayToItsTests(t *testing.T) {
	t.Parallel()
	state, s := newState(), New()
	report := func(run tasks.RunID, name string, status tasks.TestStatus) {
		state.Apply(tasks.TestReported{ID: run, Test: tasks.TestResult{Suite: "add.test.js", Name: name, File: "add.test.js", Status: status, Line: -1}})
	}
	rows := func() (labels []string) {
		s.Follow(screen.Frame{W: 120, H: 12, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
		for _, r := range s.rows {
			labels = append(labels, r.label)
		}
		return labels
	}
	ran(state, 1, tasks.Running, "")
	report("test#1", tasks.WholeFile, tasks.TestPassed)
	state.Apply(tasks.RunEnded{ID: "test#1", Status: tasks.Succeeded})
	if diff := cmp.Diff([]string{"add.test.js", "(file)"}, rows()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	ran(state, 2, tasks.Running, "")
	state.Apply(tasks.RunNarrowed{ID: "test#2", Narrowing: tasks.Narrowing{What: "a part", Why: "a reason"}})
	report("test#2", "small", tasks.TestFailed)
	report("test#2", "big", tasks.TestPassed)
	state.Apply(tasks.RunEnded{ID: "test#2", Status: tasks.Failed})
	if diff := cmp.Diff([]string{"add.test.js", "small", "big"}, rows()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if c := s.model.root.count; c[passed] != 1 || c[failed] != 1 {
		t.Errorf("counted %v", c)
	}
}
