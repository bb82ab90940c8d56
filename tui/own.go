package tui

import (
	"fmt"
	"reflect"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// ownID begins the id of an alert that the screen itself raised: the host knows
// nothing of it.
const ownID = "settings/"

// Settings are what a person wants of every screen. The zero value works.
type Settings struct {
	// Theme is a theme's name; empty or "auto": by the terminal's background.
	Theme string
	// Themes are the person's own, beside the built-in ones.
	Themes []theme.Custom
	// Keys is the user's keymap.
	Keys action.Keymap
	// NoMouse leaves the mouse to the terminal until it is asked for.
	NoMouse bool
	// OnQuit is the answer to what happens on quit; Ask: what is remembered.
	OnQuit OnQuit
	// Editor and Pager are command lines; empty: $VISUAL, $EDITOR and $PAGER.
	Editor, Pager string
	// Notify is how to hear of things while looking elsewhere.
	Notify Notify
	// Detach is the key that comes back from a service's terminal: "ctrl+]".
	Detach string
	// Problems are what is wrong with them.
	Problems []Problem
}

// settle takes over a person's settings, the first or others. What is wrong with
// them stands in ATTENTION; what was chosen for this workspace holds.
func (s *Screen) settle(o Settings) {
	s.opt.Settings = o
	s.own = nil
	var errs []error
	s.looks.all, errs = theme.NewSet(o.Themes...)
	if _, ok := s.looks.all.Named(o.Theme); !ok && o.Theme != "" && o.Theme != autoTheme {
		errs = append(errs, fmt.Errorf("there is no theme %q; there are %s", o.Theme, quoted(s.looks.all.Names())))
	}
	for _, err := range errs {
		s.complain(Problem{Message: err.Error()})
	}
	for _, p := range o.Problems {
		s.complain(p)
	}
	s.bind(o.Keys)
	s.mouse = !o.NoMouse
	if s.memory.Mouse != nil {
		s.mouse = *s.memory.Mouse
	}
	s.dress()
}

// settingsMsg are settings that have changed.
type settingsMsg struct{ Settings }

// nextSettings waits for them to change.
func (s *Screen) nextSettings() tea.Cmd {
	changed, ctx := s.opt.Changed, s.ctx
	if changed == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case <-ctx.Done():
		case o, ok := <-changed:
			if ok {
				return settingsMsg{o}
			}
		}
		return nil
	}
}

// resettle takes over settings that were changed while the screen was open.
func (s *Screen) resettle(o Settings) tea.Cmd {
	if reflect.DeepEqual(o, s.opt.Settings) {
		return s.nextSettings()
	}
	s.settle(o)
	s.changed()
	said := s.toast(tasks.Info, "your settings were read again")
	if n := len(s.own); n > 0 {
		said = s.toast(tasks.Warning, fmt.Sprintf("your settings were read again; %d of them can't be as you want: see ATTENTION", n))
	}
	return tea.Batch(said, s.nextSettings())
}

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
	for _, p := range s.logPanes() {
		p.tab.SetKeys(held)
		p.version++
	}
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
