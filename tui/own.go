package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
)

// ownID begins the id of an alert that the screen itself raised: the host knows
// nothing of it.
const ownID = "settings/"

// Problem is something wrong with a person's settings, for ATTENTION.
type Problem struct {
	Location tasks.Location
	Message  string
	Hint     string
}

// complain raises what is wrong with the settings.
func (s *Screen) complain(p Problem) {
	s.own = append(s.own, tasks.Alert{
		ID: tasks.AlertID(ownID + p.Location.String() + "/" + p.Message), Severity: tasks.Warning, Source: "config",
		Title: "settings", Location: p.Location, Message: p.Message, Hint: p.Hint, At: s.now, Line: -1,
	})
}

// bind takes over a person's keys; those that can't be, keep their defaults.
func (s *Screen) bind(want action.Keymap) {
	held, clashes := action.Resolve(s.Layers(), want)
	for _, c := range clashes {
		s.complain(Problem{Message: c.String()})
	}
	// Whoever unbinds the way out by mistake could not even read how to undo it.
	if keys, bound := held["quit"]; bound && len(keys) == 0 {
		delete(held, "quit")
		s.complain(Problem{Message: "keys: quit needs a key; it keeps its default"})
	}
	s.keys = held
}

// acknowledge takes alerts out of ATTENTION: the screen's own at once, the
// others by the host.
func (s *Screen) acknowledge(alerts []tasks.Alert) tea.Cmd {
	var ids []tasks.AlertID
	for _, a := range alerts {
		mine := len(s.own)
		s.own = slices.DeleteFunc(s.own, func(o tasks.Alert) bool { return o.ID == a.ID })
		if len(s.own) == mine {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		s.changed()
		return s.toast(tasks.Info, "acknowledged; it comes back with the next screen")
	}
	s.changed()
	return s.do(tasks.Acknowledge{Alerts: ids}, "acknowledged; it comes back when it happens again")
}

// Layers is every action that there is, with its default keys, without a
// workspace: what settings are checked against, and what the docs are made of.
func Layers() []action.Layer { return blank().Layers() }
