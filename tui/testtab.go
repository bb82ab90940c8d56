package tui

import (
	"cmp"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
)

// onTests says whether the Tests tab has the focus.
func (s *Screen) onTests() bool { return s.focus == detailPane && s.detail.tab() == testsTab }

// testPlace is the test or diagnostic under the cursor, if there is one.
func (s *Screen) testPlace() (tests.Place, bool) {
	if s.onTests() {
		return s.detail.tests.Selected()
	}
	return tests.Place{}, false
}

// testLayers are the actions of the Tests tab, those of an open failure first.
func (s *Screen) testLayers() []action.Layer {
	t := s.detail.tests
	list := action.Layer{Name: "tests", Actions: slices.Concat(t.Actions(), s.testRuns())}
	if !t.Open() {
		return []action.Layer{list}
	}
	// What the list means by these keys is of no use in a failure.
	list.Actions = slices.DeleteFunc(list.Actions, func(a action.Action) bool {
		return slices.Contains([]string{"tests.open", "tests.fold", "tests.in", "tests.out", "tests.filter", "tests.unfilter", "tests.near"}, a.ID)
	})
	for i, a := range list.Actions {
		if a.ID != "tests.this" && a.ID != "tests.output" {
			list.Actions[i].Hint = "" // what is asked for here comes first
		}
	}
	return []action.Layer{{Name: "failure", Actions: t.FailureActions()}, list}
}

// testRuns are the ways to run a part of the shown task, and what leads from a
// test elsewhere.
func (s *Screen) testRuns() []action.Action {
	t, unit := s.detail.tests, s.detail.unit
	names, title := t.Names()
	none, noFailed, noLine := "", "", ""
	if len(names) == 0 {
		none, title = "put the cursor on a test first", "this test"
	}
	if t.Failed() == 0 {
		noFailed = "no test is known to fail"
	}
	place, ok := t.Selected()
	if !ok || place.Line < 0 {
		noLine = "it is not known where the log tells of it"
	}
	run := func(id, what, hint, key, disabled string, c tasks.RunTask) action.Action {
		c.Name = unit
		return action.Action{
			ID: "tests." + id, Title: what, Hint: hint, Group: "Tests", Keys: []string{key}, Disabled: disabled, Writes: true,
			Do: func() tea.Cmd { return s.do(c, "running "+c.Detail+" of "+unit) },
		}
	}
	pinned := s.state.Units[unit].Pinned
	pin := action.Action{
		ID: "tests.pin", Title: "Pin " + title + ": saves run only this", Hint: "only this", Group: "Tests", Keys: []string{"t"}, Disabled: none, Writes: true,
		Do: func() tea.Cmd {
			return s.do(tasks.PinTests{Task: unit, Tests: names}, fmt.Sprintf("saves run only %s; t again takes that off", title))
		},
	}
	if len(pinned) > 0 && (len(names) == 0 || slices.Equal(pinned, names)) {
		pin.Title, pin.Hint, pin.Disabled = "Take the pin off: saves run what they affect", "unpin", ""
		pin.Do = func() tea.Cmd { return s.do(tasks.PinTests{Task: unit}, "saves run what they affect again") }
	}
	return []action.Action{
		run("this", "Run "+title+" alone", "run this", "r", none, tasks.RunTask{Only: names, Detail: "only " + title}),
		run("failed", "Run what failed", "failed", "f", noFailed, tasks.RunTask{Scope: tasks.ScopeFailed, Detail: "what failed"}),
		run("all", "Run all tests", "all", "a", "", tasks.RunTask{Scope: tasks.ScopeAll, Detail: "all"}),
		run("near", "Run the tests near the last change", "near", "n", "", tasks.RunTask{Scope: tasks.ScopeNear, Detail: "what is near the last change"}),
		pin,
		{
			ID: "tests.output", Title: "Show it in the log", Hint: "log", Group: "Tests", Keys: []string{"o"}, Disabled: noLine,
			Do: func() tea.Cmd { return s.goToLine(unit, cmp.Or(place.Log, s.state.Runs[place.Run].Log), place.Line) },
		},
	}
}

// openFailure shows the test or the problem that an alert is about in its task's
// Tests tab, with what it said; false: the tab does not know it.
func (s *Screen) openFailure(a tasks.Alert) (known bool) {
	if u := s.state.Units[a.Task].Task; u.IsService() || a.Test.Name == "" && a.Location.File == "" {
		return false
	}
	s.tree.Select(a.Task)
	before := s.detail.tab()
	s.detail.show(s)
	s.detail.setTab(testsTab)
	if s.detail.tab() != testsTab {
		return false
	}
	s.setFocus(detailPane)
	r := s.rects.Detail
	f := s.frame(r.W, max(0, r.H-2), true)
	if a.Test.Name != "" {
		known = s.detail.tests.Go(f, a.Test)
	} else {
		known = s.detail.tests.GoTo(f, a.Location, a.Message)
	}
	if !known {
		s.detail.setTab(before)
	}
	return known
}
