package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen/events"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// overlay is a box over the screen; it has all keys until it closes itself.
type overlay interface {
	press(s *Screen, k tea.KeyPressMsg) tea.Cmd
	paste(text string)
	scroll(lines int)
	click(s *Screen, x, y int) tea.Cmd
	view(s *Screen) []string
}

// question asks before something is done.
type question struct {
	dialog dialog.Dialog
	// answer is called with the button; 0 is the safe one.
	answer func(button int) tea.Cmd
}

// ask opens a question with Cancel and one other button.
func (s *Screen) ask(c action.Confirm, yes func() tea.Cmd) {
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: c.Title, Text: c.Text, Opened: s.now,
			Buttons: []dialog.Button{{Label: "Cancel"}, {Label: c.Yes, Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			if button == 0 {
				return nil
			}
			return yes()
		},
	}
}

func (q *question) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	return q.take(s, func() (int, bool) { return q.dialog.Press(k, s.now) })
}

func (q *question) click(s *Screen, x, y int) tea.Cmd {
	r := s.boxAt(q.view(s))
	return q.take(s, func() (int, bool) { return q.dialog.Click(x-r.X, y-r.Y, r.W, s.now) })
}

func (q *question) take(s *Screen, answer func() (int, bool)) tea.Cmd {
	button, answered := answer()
	if !answered {
		return nil
	}
	s.overlay = nil
	return q.answer(button)
}

func (q *question) paste(string) {}
func (q *question) scroll(int)   {}

func (q *question) view(s *Screen) []string {
	return q.dialog.View(q.dialog.Width(s.w), s.ink)
}

// quit leaves the screen; what happens to the services is asked once.
func (s *Screen) quit() tea.Cmd {
	if s.nothingRuns() != "" || s.gone != "" || s.opt.ReadOnly {
		return tea.Quit
	}
	choice := s.opt.OnQuit
	if choice == Ask {
		choice = s.memory.OnQuit
	}
	if choice != Ask {
		s.result.StopAll = choice == Stop
		return tea.Quit
	}
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: "Leave " + s.state.Workspace.Name, Opened: s.now,
			Text: "These still run: " + s.runningNames() + ". Leave them running, or stop them? " +
				"Your answer is remembered; :quit ask asks again.",
			Buttons: []dialog.Button{{Label: "Cancel"}, {Label: "Leave running", Key: "l"}, {Label: "Stop everything", Key: "s", Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			switch button {
			case 1:
				return s.leave(Leave)
			case 2:
				return s.leave(Stop)
			}
			return nil
		},
	}
	return nil
}

func (s *Screen) leave(choice OnQuit) tea.Cmd {
	s.memory.OnQuit = choice
	s.result.StopAll = choice == Stop
	return tea.Quit
}

func (s *Screen) quitVerb(words []string) (tea.Cmd, error) {
	if len(words) == 0 {
		return s.quit(), nil
	}
	switch words[0] {
	case "stop":
		s.result.StopAll = !s.opt.ReadOnly
		return tea.Quit, nil
	case "leave":
		return tea.Quit, nil
	case "ask":
		s.memory.OnQuit = Ask
		s.opt.OnQuit = Ask
		return s.toast(tasks.Info, "q asks again what happens to the services"), nil
	}
	return nil, fmt.Errorf("write stop, leave or ask, not %q", words[0])
}

// whyBox shows why a task is as it is.
type whyBox struct {
	name  string
	pager pager.Pager
}

func (s *Screen) openWhy(name string) { s.overlay = &whyBox{name: name} }

func (b *whyBox) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	if !b.pager.Press(k.String()) {
		s.overlay = nil
	}
	return nil
}

func (b *whyBox) paste(string)                      {}
func (b *whyBox) scroll(n int)                      { b.pager.Move(n) }
func (b *whyBox) click(s *Screen, _, _ int) tea.Cmd { s.overlay = nil; return nil }

func (b *whyBox) view(s *Screen) []string {
	w := min(s.w-2, 84)
	f := s.frame(w-2, s.h-6, true)
	f.Unit = b.name
	lines := events.Why(f)
	body := b.pager.View(lines, w-2, max(1, min(len(lines), s.h-6)))
	return dialog.Frame("Why "+b.name+"?", "any key closes", body, w, s.ink)
}
