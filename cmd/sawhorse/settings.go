package main

import (
	"errors"
	"os"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/settings"
)

// known is what the settings may name.
func known() settings.Known {
	k := settings.Known{Themes: theme.Names(), Colors: theme.Colors(), Key: action.ParseKey}
	for _, l := range tui.Layers() {
		for _, a := range l.Actions {
			k.Actions = append(k.Actions, a.ID)
		}
	}
	return k
}

// mine is what a person wants, and what is wrong with how they said it.
type mine struct {
	settings.Settings
	err error
}

func loadMine() mine {
	s, err := settings.Load(known())
	return mine{s, err}
}

// problems are what is wrong, for the screen.
func (m mine) problems() []tui.Problem {
	if m.err == nil {
		return nil
	}
	problems, ok := errors.AsType[config.Problems](m.err)
	if !ok {
		return []tui.Problem{{Message: m.err.Error()}}
	}
	var all []tui.Problem
	for _, p := range problems {
		all = append(all, tui.Problem{
			Location: tasks.Location{File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Column}, Message: p.Message, Hint: p.Hint,
		})
	}
	return all
}

// options puts a person's wishes into the screen's.
func (m mine) options(o tui.Options) tui.Options {
	o.Theme, o.Keys, o.NoMouse, o.Editor, o.Pager, o.Detach = m.Theme, m.Keys, !m.Mouse, m.Editor, m.Pager, m.DetachKey
	for _, t := range m.Themes {
		o.Themes = append(o.Themes, theme.Custom(t))
	}
	switch m.Quit {
	case settings.QuitStops:
		o.OnQuit = tui.Stop
	case settings.QuitLeaves:
		o.OnQuit = tui.Leave
	}
	o.Notify = tui.Notify{When: notify.When(m.Notifications.When), How: notify.How(m.Notifications.How), After: m.Notifications.After}
	o.Problems = m.problems()
	return o
}

// detach is the byte that gives a terminal back.
func (m mine) detach() byte { return m.DetachKey[len("ctrl+")] & 0x1f }

// warn tells on standard error what is wrong with the settings, for the verbs
// that depend on them.
func (a *app) warn(m mine) {
	problems, ok := errors.AsType[config.Problems](m.err)
	if ok {
		_ = problems.Format(a.err, isTerminal(a.err) && os.Getenv("NO_COLOR") == "")
	}
}
