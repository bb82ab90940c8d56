package tui

import (
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
	switch {
	case name == "" || u.Task.IsService():
		none, name = "select a task first", "a task"
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
		run("failed", "Run only what failed last time", "", "f", or(none, noFailed), "what failed", tasks.ScopeFailed),
		run("near", "Run only what the last change can affect", "", "n", none, "what is near the last change", tasks.ScopeNear),
		run("all", "Run all of it, in spite of its pin", "", "a", or(none, noPin), "all", tasks.ScopeAll),
	}
}
