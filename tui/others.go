package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
)

// stopTasks stops tasks. A run that goes on in another system and was not begun here
// is somebody's: its cancelling is asked for, and may be refused there.
func (s *Screen) stopTasks(words []string, doing string) tea.Cmd {
	names, _ := s.state.Names(words)
	var others []tasks.Run
	var own []string
	for _, name := range names {
		if r, ok := s.state.Elsewhere(name); ok {
			others = append(others, r)
		} else {
			own = append(own, name)
		}
	}
	if len(others) == 0 {
		return s.do(tasks.Stop{Names: words}, doing)
	}
	var stop tea.Cmd
	if len(own) > 0 {
		stop = s.do(tasks.Stop{Names: own}, doing)
	}
	return tea.Batch(stop, s.askCancel(others))
}

// cancelRun cancels a run, and asks before where it is somebody else's.
func (s *Screen) cancelRun(r tasks.Run) tea.Cmd {
	if other, ok := s.state.Elsewhere(r.Task); ok && other.ID == r.ID {
		return s.askCancel([]tasks.Run{r})
	}
	return s.do(tasks.Cancel{ID: r.ID}, "cancelling "+string(r.ID))
}

// askCancel asks whether runs of others shall be cancelled; it says at once why one
// can't be.
func (s *Screen) askCancel(runs []tasks.Run) tea.Cmd {
	var lines, ids []string
	for _, r := range runs {
		u := s.state.Units[r.Task]
		p := s.state.Providers[u.Task.Provider]
		res, known := s.state.Resources[r.Outside(p.Name)]
		kind, _ := p.Kind(tasks.RunKind)
		switch {
		case !slices.ContainsFunc(kind.Operations, func(o tasks.Operation) bool { return o.Name == "cancel" }):
			return s.toast(tasks.Warning, fmt.Sprintf("%s goes on in %s, which cancels no runs", r.ID, p.Title))
		case known && res.Off["cancel"] != "":
			return s.toast(tasks.Warning, fmt.Sprintf("%s: %s", r.ID, res.Off["cancel"]))
		}
		ids = append(ids, string(r.ID))
		lines = append(lines, fmt.Sprintf("%s: %s, in %s", r.ID, r.Cause, p.Title))
	}
	lines = append(lines, "It was not begun here. Its system may take a while, or refuse.")
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: "Cancel " + strings.Join(ids, ", ") + "?", Text: strings.Join(lines, "\n"), Opened: s.now,
			Buttons: []dialog.Button{{Label: "Let it run"}, {Label: "Cancel it there", Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			if button == 0 {
				return nil
			}
			return s.cancelThere(runs)
		},
	}
	return nil
}

// cancelThere asks the systems and says what they answer.
func (s *Screen) cancelThere(runs []tasks.Run) tea.Cmd {
	engine, ctx := s.engine, s.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, operateTimeout)
		defer cancel()
		var errs []error
		var asked []string
		for _, r := range runs {
			if err := engine.Do(ctx, tasks.Cancel{ID: r.ID}); err != nil {
				errs = append(errs, err)
				continue
			}
			asked = append(asked, string(r.ID))
		}
		return doneMsg{what: "asked to cancel " + strings.Join(asked, ", "), err: errors.Join(errs...)}
	}
}
