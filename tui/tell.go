package tui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Notify is how a person wants to hear of things while they look elsewhere. The
// zero value works.
type Notify struct {
	When notify.When
	How  notify.How
	// After is how long a run must have taken for its end to be told; 0: 10 s.
	After time.Duration
}

const notifyAfter = 10 * time.Second

// hear keeps what an event has to say until the batch is taken.
func (s *Screen) hear(e tasks.Event) {
	after := s.opt.Notify.After
	if after == 0 {
		after = notifyAfter
	}
	if news := notify.News(&s.state, e, after); news != "" {
		s.news = append(s.news, news)
	}
}

// tellMsg is the moment to tell what was heard.
type tellMsg struct{}

// tellAfter gathers what happens in one go: several services that go down with
// the one that they need are one notification.
const tellAfter = 300 * time.Millisecond

// tellLater tells what was heard, and what else is heard in a moment.
func (s *Screen) tellLater() tea.Cmd {
	if len(s.news) == 0 || s.telling {
		return nil
	}
	s.telling = true
	return s.later(tellAfter, tellMsg{})
}

// tell notifies of what was heard, when somebody wants to know.
func (s *Screen) tell() tea.Cmd {
	news := s.news
	s.news, s.telling = nil, false
	if len(news) == 0 || !s.opt.Notify.When.Wanted(s.focused) {
		return nil
	}
	return s.notification(notify.Text(news))
}

// way is how this workspace's notifications are sent.
func (s *Screen) way() notify.How {
	return notify.How(cmp.Or(s.memory.Notify, string(s.opt.Notify.How))).Or(s.opt.Env)
}

func (s *Screen) notification(text string) tea.Cmd {
	seq := notify.Sequence(s.way(), s.state.Workspace.Name, text, s.opt.Env("TMUX") != "")
	if seq == "" {
		return nil
	}
	return tea.Raw(seq)
}

// notifyAction changes how this workspace notifies.
func (s *Screen) notifyAction() action.Action {
	words := []string{"test", defaultTheme}
	for _, w := range notify.Ways() {
		words = append(words, string(w))
	}
	return action.Action{
		ID: "notify", Title: "Say how this workspace notifies", Group: "Screen", Verb: "notify",
		Args: &action.Args{
			Usage:    "HOW|off|test",
			Complete: func(given []string) []string { return only(given, words) },
			Do: func(given []string) (tea.Cmd, error) {
				switch {
				case len(given) == 0:
					return s.toast(tasks.Info, s.notifying()), nil
				case !slices.Contains(words, given[0]):
					return nil, fmt.Errorf("write one of %s, not %q", quoted(words), given[0])
				case given[0] == "test":
					return tea.Batch(s.notification("this is how it looks"), s.toast(tasks.Info, s.notifying())), nil
				}
				s.memory.Notify = given[0]
				if given[0] == defaultTheme {
					s.memory.Notify = ""
				}
				return s.toast(tasks.Info, s.notifying()), nil
			},
		},
		Do: func() tea.Cmd { return s.toast(tasks.Info, s.notifying()) },
	}
}

// notifying says how this workspace notifies now.
func (s *Screen) notifying() string {
	when := "while the terminal does not have the focus"
	if s.opt.Notify.When == notify.Always {
		when = "always"
	}
	way := s.way()
	if way == notify.Off || s.opt.Notify.When == notify.Never {
		return "notifications are off for this workspace; :notify auto sends them"
	}
	return fmt.Sprintf("notifications by %s, %s; :notify off sends none from this workspace", way, when)
}

// title is the window's: the worst state first.
func (s *Screen) title() string {
	name := cell.Clean(s.state.Workspace.Name) + " — sawhorse"
	t := s.digest
	switch {
	case s.gone != "":
		return "✖ " + name + ": host gone"
	case t.fail > 0:
		return fmt.Sprintf("✖ %d %s", t.fail, name)
	case t.warn > 0:
		return fmt.Sprintf("▲ %d %s", t.warn, name)
	case t.running > 0:
		return "◐ " + name
	}
	return "● " + name
}

// progress is what the terminal shows on its tab or in the task bar: red while
// something is broken, moving while something runs.
func (s *Screen) progress() *tea.ProgressBar {
	switch {
	case !s.progresses:
		return nil
	case s.gone != "" || s.digest.fail > 0:
		return tea.NewProgressBar(tea.ProgressBarError, 100)
	case s.digest.running > 0:
		return tea.NewProgressBar(tea.ProgressBarIndeterminate, 0)
	}
	return nil
}
