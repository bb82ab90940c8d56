package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
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

func TestAFileThatPassedAsAWholeAndItsTestsStandForEachOther(t *testing.T) {
	t.Parallel()
	state, s := newState(), New()
	n, suite := 0, "add.test.js"
	run := func(status tasks.Status, narrowed bool, reports ...string) {
		n++
		ran(state, n, tasks.Running, "")
		id := tasks.NewRunID("test", n)
		if narrowed {
			state.Apply(tasks.RunNarrowed{ID: id, Narrowing: tasks.Narrowing{What: "a part", Why: "a reason"}})
		}
		for _, name := range reports {
			result := tasks.TestPassed
			if rest, no := strings.CutSuffix(name, "-"); no {
				name, result = rest, tasks.TestFailed
			}
			state.Apply(tasks.TestReported{ID: id, Test: tasks.TestResult{Suite: suite, Name: name, File: suite, Status: result, Line: -1}})
		}
		state.Apply(tasks.RunEnded{ID: id, Status: status})
	}
	see := func(want ...string) {
		t.Helper()
		s.Follow(screen.Frame{W: 120, H: 12, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
		var got []string
		for _, r := range s.rows {
			got = append(got, r.label+map[int]string{failed: "-"}[r.node.worst()])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %d: -want +got\n%s", n, diff)
		}
		if all := s.model.root.all(); all != len(want)-1 {
			t.Errorf("run %d: %d tests are counted, %d shown", n, all, len(want)-1)
		}
	}
	run(tasks.Succeeded, false, tasks.WholeFile)
	see("add.test.js", "(file)")
	run(tasks.Failed, true, "small-", "big")
	see("add.test.js-", "small-", "big")
	run(tasks.Succeeded, true, tasks.WholeFile) // and what failed before
	see("add.test.js", "small", "big")
	run(tasks.Failed, true, tasks.WholeFile+"-") // it can't be read
	see("add.test.js-", "(file)-", "small", "big")
	run(tasks.Succeeded, false, tasks.WholeFile)
	see("add.test.js", "(file)")
	suite = "cart"
	run(tasks.Succeeded, false, tasks.WholeFile)
	see("cart", "(package)")
}

func TestAFailedTestWhoseSuiteIsGoneHasNoRowOnceARunAnswersForItAndSucceeds(t *testing.T) {
	t.Parallel()
	type report struct {
		name   string
		status tasks.TestStatus
	}
	const pass, fail = tasks.TestPassed, tasks.TestFailed
	before := []report{{"TestOld", fail}, {"TestTable", fail}, {"TestTable/gone", fail}, {"TestTable/kept", pass}, {"TestNested", fail}, {"TestNested/a", fail}}
	for name, c := range map[string]struct {
		end     tasks.Status
		partial bool
		now     []report
		want    []string
	}{
		"what is left passes":  {tasks.Succeeded, false, []report{{"TestNew", pass}}, []string{"cart", "TestTable", "kept", "pay", "TestNew"}},
		"something fails":      {tasks.Failed, false, []report{{"TestNew", fail}}, []string{"cart", "TestOld", "TestTable", "gone", "kept", "TestNested", "a", "pay", "TestNew"}},
		"a chosen test passes": {tasks.Succeeded, true, []report{{"TestNew", pass}}, []string{"cart", "TestOld", "TestTable", "gone", "kept", "TestNested", "a", "pay", "TestNew"}},
		"no test is left":      {tasks.Succeeded, false, nil, []string{"cart", "TestTable", "kept"}},
	} {
		state, s := newState(), New()
		end := func(n int, suite string, status tasks.Status, reports []report) {
			for _, r := range reports {
				state.Apply(tasks.TestReported{ID: tasks.NewRunID("test", n), Test: tasks.TestResult{Suite: suite, Name: r.name, Separator: "/", Status: r.status, Line: -1}})
			}
			state.Apply(tasks.RunEnded{ID: tasks.NewRunID("test", n), Status: status})
		}
		ran(state, 1, tasks.Running, "")
		end(1, "cart", tasks.Failed, before)
		s.Follow(screen.Frame{W: 120, H: 20, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
		second := tasks.Run{ID: "test#2", Task: "test", Number: 2, Status: tasks.Queued}
		if c.partial {
			second.Only = []tasks.TestName{{Suite: "pay", Name: "TestNew"}}
		}
		state.Apply(tasks.RunQueued{Run: second})
		state.Apply(tasks.RunStarted{ID: second.ID})
		state.Apply(tasks.RunNarrowed{ID: second.ID, Narrowing: tasks.Narrowing{What: "a part", Why: "a reason"}})
		end(2, "pay", c.end, c.now)
		s.Follow(screen.Frame{W: 120, H: 20, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
		var got []string
		for _, r := range s.rows {
			got = append(got, r.label)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		counted(t, s)
	}
}

func TestAnAnnotationThatRepeatsAFailureHasItsRow(t *testing.T) {
	t.Parallel()
	at := tasks.Location{File: "cart/cart_test.go", Line: 12}
	failure := tasks.TestReported{ID: "test#1", Test: tasks.TestResult{
		Suite: "cart", Name: "TestTotal", File: at.File, Status: tasks.TestFailed, Location: at, Message: "want 3, got 2", Line: -1,
	}}
	said := func(line int, message string) tasks.Event {
		return tasks.DiagnosticReported{ID: "test#1", Diagnostic: tasks.Diagnostic{
			Severity: tasks.Error, Location: tasks.Location{File: at.File, Line: line, Column: 1}, Message: message, Line: -1,
		}}
	}
	for name, events := range map[string][]tasks.Event{
		"the test first":       {failure, said(12, "TestTotal: want 3, got 2"), said(12, "unused variable"), said(13, "want 3, got 2")},
		"the annotation first": {said(12, "TestTotal: want 3, got 2"), said(12, "unused variable"), said(13, "want 3, got 2"), failure},
		"none but that":        {said(12, "want 3, got 2"), failure},
	} {
		state, s := newState(), New()
		ran(state, 1, tasks.Running, "")
		see := func() (got []string) {
			s.Follow(screen.Frame{W: 120, H: 12, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
			for _, r := range s.rows {
				got = append(got, strings.Repeat("  ", r.depth)+r.label)
			}
			return got
		}
		for _, e := range events {
			state.Apply(e)
			see()
		}
		want := []string{"problems", "  unused variable", "  want 3, got 2", "cart", "  TestTotal"}
		if name == "none but that" {
			want = want[3:]
		}
		if diff := cmp.Diff(want, see()); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestARunThatRanNoTestDoesNotClaimThoseBeforeIt(t *testing.T) {
	t.Parallel()
	state, s := newState(), New()
	first := func() string {
		f := screen.Frame{W: 60, H: 20, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()}
		s.Follow(f)
		return strings.TrimSpace(ansi.Strip(s.View(f)[0]))
	}
	ran(state, 1, tasks.Failed, "TestA+ TestB-")
	if want, got := "run 1  ✖ 1 failed  ✓ 1 passed  1.0s", first(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	ran(state, 2, tasks.Failed, "") // vitest: not found
	if want, got := "run 2  ✖ no test ran  before it: ✖ 1 failed  ✓ 1 passed  1…", first(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	state, s = newState(), New()
	ran(state, 1, tasks.Running, "")
	state.Apply(tasks.DiagnosticReported{ID: "test#1", Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Location: tasks.Location{File: "a.go", Line: 3}, Message: "no"}})
	state.Apply(tasks.RunEnded{ID: "test#1", At: time.Date(2026, 3, 2, 10, 1, 1, 0, time.UTC), Status: tasks.Failed})
	if want, got := "run 1  ▲ 1 problem  1.0s", first(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARunThatCouldNotReadAFileLeavesTheTestsOfTheOthers(t *testing.T) {
	t.Parallel()
	state, s := newState(), New()
	ran(state, 1, tasks.Succeeded, "test_a+ test_b+")
	ran(state, 2, tasks.Failed, "(collection)-") // of all of the task: pytest runs no test then
	s.Follow(screen.Frame{W: 60, H: 20, State: state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
	var got []string
	for _, r := range s.rows {
		got = append(got, r.label)
	}
	if diff := cmp.Diff([]string{"shop", "(collection)", "test_a", "test_b"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
