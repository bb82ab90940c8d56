package tui

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
)

// startsSomething says whether a command may make something run.
func startsSomething(c tasks.Command) bool {
	switch c.(type) {
	case tasks.Start, tasks.Restart, tasks.RunTask:
		return true
	}
	return false
}

// askTrust asks before the first thing runs of what a directory declares, and
// then goes on with what was asked for.
func (s *Screen) askTrust(c tasks.Command, what string) {
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: "Trust " + s.state.Workspace.Name + "?", Text: s.whatIsTrusted(c), Opened: s.now,
			Buttons: []dialog.Button{{Label: "Cancel"}, {Label: "Trust and go on", Key: "t", Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			if button == 0 {
				return nil
			}
			return s.send(what, tasks.Trust{}, c)
		},
	}
}

// whatIsTrusted says what runs now and what else may run from then on.
func (s *Screen) whatIsTrusted(c tasks.Command) string {
	var names []string
	switch c := c.(type) {
	case tasks.Start:
		names = c.Names
	case tasks.Restart:
		names = c.Names
	case tasks.RunTask:
		names = []string{c.Name}
	}
	names, _ = s.state.Names(names)
	var text strings.Builder
	const shown = 3
	for i, n := range names {
		if i == shown {
			fmt.Fprintf(&text, "and %d more. ", len(names)-shown)
			break
		}
		spec := s.state.Units[n].Task.Spec
		fmt.Fprintf(&text, "%s runs `%s` (%s). ", n, cmp.Or(spec.Run, strings.Join(spec.Command, " ")), spec.Pos)
	}
	var sources []string
	for _, g := range s.groups() {
		if source, ok := strings.CutPrefix(g, sourceGroup); ok {
			sources = append(sources, source)
		}
	}
	const some = 4
	if n := len(sources); n > some+1 { // one more takes no more room than to say so
		sources = append(sources[:some], fmt.Sprintf("%d more files", n-some))
	}
	declares := "declare"
	if len(sources) == 1 {
		declares = "declares"
	}
	what := fmt.Sprintf("any of the %d commands", len(s.state.Order))
	if len(s.state.Order) == 1 {
		what = "the one command"
	}
	fmt.Fprintf(&text, "From then on %s that %s %s can be run in %s with a key.", what, strings.Join(sources, ", "), declares, s.state.Workspace.Root)
	return text.String()
}
