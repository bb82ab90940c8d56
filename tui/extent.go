package tui

import (
	"cmp"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// extentActions run less than all of the task that the tree is on. Their keys
// are those of the Tests tab; r runs all of it, so that a belongs to ATTENTION
// here until a pin makes the difference. In the log, f and n follow and find.
func (s *Screen) extentActions() []action.Action {
	name := s.selected()
	u := s.state.Units[name]
	none, noFailed, noPin := "", "", "it has no pinned tests, so that r runs all of it"
	last, ran := s.state.Finished(name)
	if _, outside := s.resourceAt(); outside || u.Task.Remote() {
		return s.extentThere()
	}
	switch {
	case name == "" || u.Task.IsService():
		none, name = "select a task first", "a task"
	case s.formFirst(u.Task):
		none = "it tells of no tests: r asks for its parameters and runs it"
	case ran && last.Status == tasks.Succeeded && screen.Failures(last) == 0:
		noFailed = "nothing of it failed last time"
	}
	if len(u.Pinned) > 0 {
		noPin = ""
	}
	run := func(id, title, hint, key, disabled, detail string, scope tasks.Scope) action.Action {
		c := tasks.RunTask{Name: name, Scope: scope, Detail: detail}
		return action.Action{
			ID: "tree." + id, Title: title, Hint: hint, Group: "Tree", Keys: []string{key}, Disabled: disabled, Writes: true,
			Do: func() tea.Cmd { return s.do(c, "running "+detail+" of "+name) },
		}
	}
	return []action.Action{
		run("failed", "Run only what failed last time", "", "f", cmp.Or(none, noFailed), "what failed", tasks.ScopeFailed),
		run("near", "Run only what the last change can affect", "", "n", none, "what is near the last change", tasks.ScopeNear),
		run("all", "Run all of it, in spite of its pin", "", "a", cmp.Or(none, noPin), "all", tasks.ScopeAll),
	}
}

// formFirst says whether a part of a task would be all of it, with values that
// nobody chose: a training has parameters and numbers, and no tests.
func (s *Screen) formFirst(t tasks.Task) bool {
	told := tellsOf(&s.state, t.Name)
	return len(t.Spec.Params) > 0 && told.numbers && !told.tests
}

// extentThere are the same keys for a task of another system, which may know how to
// do again what failed in a run, and nothing of changes here.
func (s *Screen) extentThere() []action.Action {
	failed := action.Action{
		ID: "tree.failed", Title: "Run only what failed last time", Group: "Tree", Keys: []string{"f"}, Writes: true,
		Disabled: "its system does not run again what failed",
	}
	if r, ok := s.resource(); ok {
		for _, op := range s.kindOf(r).Operations {
			if op.Key != "f" {
				continue
			}
			a := s.operation(r, op)
			failed.Title, failed.Hint, failed.Disabled, failed.Do = a.Title, pick(a.Disabled == "", "rerun failed", ""), a.Disabled, a.Do
		}
	}
	off := func(id, title, key, why string) action.Action {
		return action.Action{ID: "tree." + id, Title: title, Group: "Tree", Keys: []string{key}, Disabled: why, Writes: true}
	}
	return []action.Action{
		failed,
		off("near", "Run only what the last change can affect", "n", "its system knows of no change here"),
		off("all", "Run all of it, in spite of its pin", "a", "it has no pinned tests, so that r runs all of it"),
	}
}
