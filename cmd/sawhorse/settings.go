package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/settings"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
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
	o.Settings = m.wishes()
	return o
}

// wishes are the settings as the screen knows them.
func (m mine) wishes() tui.Settings {
	o := tui.Settings{
		Theme: m.Theme, Keys: m.Keys, NoMouse: !m.Mouse, Editor: m.Editor, Pager: m.Pager, Detach: m.DetachKey,
		Notify:   tui.Notify{When: notify.When(m.Notifications.When), How: notify.How(m.Notifications.How), After: m.Notifications.After},
		Problems: m.problems(),
	}
	for _, t := range m.Themes {
		o.Themes = append(o.Themes, theme.Custom(t))
	}
	switch m.Quit {
	case settings.QuitStops:
		o.OnQuit = tui.Stop
	case settings.QuitLeaves:
		o.OnQuit = tui.Leave
	}
	return o
}

// followMine sends the settings whenever their file has changed after it was read
// at the time read, until ctx ends.
func followMine(ctx context.Context, read time.Time, to chan<- tui.Settings) {
	send := func(m mine) {
		select {
		case <-ctx.Done():
		case to <- m.wishes():
		}
	}
	path, err := settings.Path()
	if err == nil {
		first := true
		err = watch.File(ctx, path, func() {
			// It was read a moment ago, unless it was written since.
			info, err := os.Stat(path)
			if unchanged := first && (err != nil || info.ModTime().Before(read)); !unchanged {
				send(loadMine())
			}
			first = false
		})
	}
	if err != nil {
		m := loadMine()
		if m.err == nil {
			m.err = fmt.Errorf("changes of your settings are not noticed before the next start: %w", err)
		}
		send(m)
	}
}

// warn tells on standard error what is wrong with the settings, for the verbs
// that depend on them.
func (a *app) warn(m mine) {
	problems, ok := errors.AsType[config.Problems](m.err)
	if ok {
		_ = problems.Format(a.err, isTerminal(a.err) && os.Getenv("NO_COLOR") == "")
	}
}
