package steps

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func step(parent, name string, status tasks.Status, took time.Duration) tasks.Step {
	s := tasks.Step{Name: name, Parent: parent, Status: status, StartedAt: began}
	if status.Done() {
		s.EndedAt = began.Add(took)
	}
	return s
}

func frame(w, h int, runs ...tasks.Run) screen.Frame {
	s := tasks.NewState()
	u := tasks.Unit{Task: tasks.Task{Name: "ci"}}
	for i, r := range runs {
		r.ID, r.Task, r.StartedAt = tasks.NewRunID("ci", i+1), "ci", began
		s.Runs[r.ID] = r
		u.Runs = append(u.Runs, r.ID)
	}
	s.Units["ci"] = u
	return screen.Frame{W: w, H: h, State: &s, Unit: "ci", Now: began.Add(time.Minute), Ink: theme.Dark().Inks(), Focused: true}
}

func drawn(s *Screen, f screen.Frame) string { return ansi.Strip(strings.Join(s.View(f), "\n")) }

func TestStepsAreATreeAndTheCursorStandsOnWhatFailed(t *testing.T) {
	build := step("", "build", tasks.Succeeded, 4*time.Second)
	unit := step("test", "unit", tasks.Failed, 9*time.Second)
	unit.Log = "ci#2/test/unit"
	f := frame(
		60, 8,
		tasks.Run{Status: tasks.Succeeded, Steps: []tasks.Step{step("test", "unit", tasks.Succeeded, 3*time.Second)}},
		tasks.Run{
			Status: tasks.Failed, Native: "failure", Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "push by ada"},
			Steps: []tasks.Step{build, step("", "test", tasks.Failed, 10*time.Second), step("test", "lint", tasks.Succeeded, time.Second), unit},
		},
	)
	s := New()
	text := drawn(s, f)
	for _, want := range []string{"#2 failed (failure)  push by ada", "✓ build  succeeded", "▾ ✖ test  failed", "    ✓ lint", "▌     ✖ unit  failed", "9.0s of 3.0s"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	open := s.Actions()[0]
	if open.Disabled != "" || open.Do()() != (OpenLog{Key: "ci#2/test/unit", Name: "unit"}) {
		t.Errorf("its log: %+v", open)
	}
	s.Move(-2)
	if a := s.Actions()[0]; a.Disabled != "" {
		t.Fatalf("fold: %s", a.Disabled)
	} else {
		a.Do()
	}
	if text = drawn(s, f); strings.Contains(text, "unit") || !strings.Contains(text, "▸ ✖ test") {
		t.Errorf("folded:\n%s", text)
	}
}

func TestAStepWithoutALogShowsThatOfItsJob(t *testing.T) {
	job := step("", "test", tasks.Failed, 10*time.Second)
	job.Log = "ci#1/test"
	f := frame(60, 8, tasks.Run{Status: tasks.Failed, Steps: []tasks.Step{
		step("", "build", tasks.Succeeded, time.Second), job, step("test", "lint", tasks.Succeeded, time.Second), step("test", "unit", tasks.Failed, time.Second),
	}})
	s := New()
	drawn(s, f) // the cursor is on unit
	if open := s.Actions()[0]; open.Title != "Show the log of test" || open.Do()() != (OpenLog{Key: "ci#1/test", Name: "test"}) {
		t.Errorf("%+v", open)
	}
	s.Move(-3)
	if open := s.Actions()[0]; open.Disabled != "its system has no log of this step yet" {
		t.Errorf("a job beside it: %+v", open)
	}
}

func TestWithoutStepsItSaysWhyItWaits(t *testing.T) {
	s := New()
	text := drawn(s, frame(60, 8, tasks.Run{Status: tasks.Queued, Reason: "no worker polls pool gpu"}))
	if !strings.Contains(text, "No steps yet: no worker polls pool gpu.") {
		t.Errorf("drawn:\n%s", text)
	}
	for _, a := range s.Actions() {
		if a.Disabled == "" {
			t.Errorf("%s is on", a.ID)
		}
	}
	text = squeezed(drawn(s, frame(60, 8, tasks.Run{Status: tasks.Failed, Error: "trigger Deploy: there is no branch ma"})))
	if !strings.Contains(text, "The run ended before it had steps.\n  trigger Deploy: there is no branch ma") {
		t.Errorf("ended:\n%s", text)
	}
}

func TestAReasonThatHasNoRoomBesideTheStateStandsBelow(t *testing.T) {
	waits := tasks.Run{Status: tasks.Running, Native: "waiting", Reason: "the deployment to production waits for approval, which you may give", Steps: release().Steps}
	for w, want := range map[int]string{
		130: "  ◐ #1 running (waiting)  the deployment to production waits for approval, which you may give",
		58:  "  ◐ #1 running (waiting)                            1m00s\n    the deployment to production waits for approval,\n    which you may give\n  ▾ ✓ build",
	} {
		s := New()
		if text := squeezed(drawn(s, frame(w, 12, waits))); !strings.HasPrefix(text, want) {
			t.Errorf("in %d cells:\n%s", w, text)
		}
		if s.Click(4, 0) || w == 58 && (s.Click(4, 2) || !s.Click(4, 3) || s.selected != "/build") {
			t.Errorf("a click in %d cells chooses %s", w, s.selected)
		}
	}
}

func TestWhateverStepsAreToldTheyStayInTheirRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "", "日本語の長い名前"})
		status := rapid.SampledFrom([]tasks.Status{tasks.Queued, tasks.Running, tasks.Succeeded, tasks.Failed, tasks.Skipped})
		var steps []tasks.Step
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			st := step(name.Draw(t, "parent"), name.Draw(t, "name"), status.Draw(t, "status"), time.Second)
			st.Needs = rapid.SliceOfN(name, 0, 3).Draw(t, "needs")
			steps = append(steps, st)
		}
		w, h := rapid.IntRange(1, 80).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		reason := rapid.SampledFrom([]string{"", "no runner", strings.Repeat("waits for approval ", 9)}).Draw(t, "reason")
		f := frame(w, h, tasks.Run{Status: tasks.Running, Steps: steps, Reason: reason})
		s := New()
		s.SetGraph(rapid.Bool().Draw(t, "graph"))
		for range rapid.IntRange(1, 10).Draw(t, "keys") {
			lines := s.View(f)
			if len(lines) != h {
				t.Fatalf("%d lines of %d", len(lines), h)
			}
			for _, l := range lines {
				if got := ansi.StringWidth(l); got > w {
					t.Fatalf("a line of %d cells in %d: %q", got, w, ansi.Strip(l))
				}
			}
			s.Move(rapid.IntRange(-3, 3).Draw(t, "move"))
			s.Click(rapid.IntRange(-1, w).Draw(t, "x"), rapid.IntRange(-1, h).Draw(t, "y"))
			actions := s.Actions()
			if a := actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]; a.Disabled == "" {
				a.Do()
			}
		}
	})
}

func TestTheFailingJobStandsBesideTheSameTaskHere(t *testing.T) {
	job := step("", "unit (linux)", tasks.Failed, 9*time.Second)
	job.Log = "github/run/9/unit"
	f := frame(90, 20, tasks.Run{
		Status: tasks.Failed, External: "9", Steps: []tasks.Step{job, step("unit (linux)", "go test", tasks.Failed, 8*time.Second)},
		Tests: []tasks.TestResult{
			{Suite: "unit (linux) › shop/cart", Name: "TestTotal", Status: tasks.TestFailed, Message: "want 3"},
			{Suite: "unit (linux) › shop/cart", Name: "TestTax", Status: tasks.TestFailed, Message: "want 7"},
			{Suite: "unit (mac) › shop/cart", Name: "TestMac", Status: tasks.TestFailed, Message: "no mac"},
		},
	})
	f.State.Order = []string{"ci", "test"}
	u := f.State.Units["ci"]
	u.Task.Provider = "github"
	f.State.Units["ci"] = u
	f.State.Units["test"] = tasks.Unit{Task: tasks.Task{Name: "test"}}
	here := f.State.Units["test"]
	here.Task.Spec.SameAs = []string{"unit (linux)"}
	f.State.Units["test"] = here
	s := New()
	if text := drawn(s, f); !strings.Contains(text, "here   ○ has not run: h runs it") {
		t.Error(text)
	}
	f.State.Runs["test#1"] = tasks.Run{
		ID: "test#1", Task: "test", Status: tasks.Failed, StartedAt: began, EndedAt: began.Add(2 * time.Second),
		Tests: []tasks.TestResult{
			{Suite: "cart", Name: "TestTotal", Status: tasks.TestPassed},
			{Suite: "cart", Name: "TestTax", Status: tasks.TestFailed},
			{Suite: "cart", Name: "TestLocal", Status: tasks.TestFailed, Message: "only here"},
		},
	}
	here.Runs = []tasks.RunID{"test#1"}
	f.State.Units["test"] = here
	text := drawn(s, f)
	for _, want := range []string{
		"── unit (linux) beside test here ─", "there  ✖ failed  9.0s", "here   ✖ failed  2.0s  <1m ago",
		"TestTotal  there ✖ here ✓  want 3\n  TestTax  there ✖ here ✖  want 7\n  TestLocal  there – here ✖  only here",
	} {
		if !strings.Contains(squeezed(text), want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "TestMac") {
		t.Error("a test of another job stands there")
	}
	told := map[string]any{}
	for _, a := range s.Actions() {
		if a.Do != nil && strings.HasPrefix(a.ID, "steps.") && a.Disabled == "" {
			if cmd := a.Do(); cmd != nil {
				told[a.ID] = cmd()
			}
		}
	}
	if told["steps.here"] != (RunHere{"test"}) || told["steps.beside"] != (ShowBeside{OpenLog{Key: "github/run/9/unit", Name: "unit (linux)"}, "test"}) {
		t.Errorf("the actions tell %v", told)
	}
}

// squeezed is text without the blanks at the ends of its lines.
func squeezed(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

func TestAStepIsBelowItsJobWhateverElseHasTheNameOfEither(t *testing.T) {
	f := frame(60, 12, tasks.Run{Status: tasks.Succeeded, Steps: []tasks.Step{
		step("", "setup", tasks.Succeeded, time.Second), step("setup", "build", tasks.Succeeded, time.Second),
		step("", "build", tasks.Succeeded, time.Second), step("build", "compile", tasks.Succeeded, time.Second), step("build", "build", tasks.Succeeded, time.Second),
	}})
	var got []string
	for _, line := range strings.Split(drawn(New(), f), "\n")[1:6] {
		name, _, _ := strings.Cut(line, "  succeeded")
		got = append(got, name)
	}
	want := []string{"▌ ▾ ✓ setup", "      ✓ build", "  ▾ ✓ build", "      ✓ compile", "      ✓ build"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
