package tui_test

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

// variables are an environment.
func variables(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if n, v, _ := strings.Cut(pair, "="); n == name {
				return v
			}
		}
		return ""
	}
}

func TestWhoLooksElsewhereIsToldOfALongRun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		u := tuitest.New(t, 120, 36, e, tui.Options{Env: variables("TERM_PROGRAM=ghostty")})
		build := func(took time.Duration) []string {
			u.Sent = nil
			id := e.Start("build", tasks.Cause{Kind: tasks.ByPerson})
			u.Wait(took)
			e.End(id, 0)
			u.Wait(time.Second)
			return u.Sent
		}
		if sent := build(20 * time.Second); len(sent) > 0 {
			t.Errorf("a terminal that is looked at is sent %q", sent)
		}
		u.Send(tea.BlurMsg{})
		if sent := build(5 * time.Second); len(sent) > 0 {
			t.Errorf("a short run is told: %q", sent)
		}
		if sent := build(20 * time.Second); len(sent) != 1 || !strings.Contains(sent[0], "777;notify;shop;✓ build succeeded after 20s") {
			t.Errorf("sent %q", sent)
		}
		u.Press(":").Type("notify off").Press("enter")
		if sent := build(20 * time.Second); len(sent) > 0 {
			t.Errorf("after :notify off: %q", sent)
		}
		u.Press(":").Type("notify default").Press("enter")
		u.Send(tea.FocusMsg{})
		if sent := build(20 * time.Second); len(sent) > 0 {
			t.Errorf("back again: %q", sent)
		}
	})
}

func TestWhatHappensAtOnceIsOneNotification(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		web, api := e.Up("web"), e.Up("api")
		u := tuitest.New(t, 120, 36, e, tui.Options{Env: variables("TERM=xterm-kitty"), Settings: tui.Settings{Notify: tui.Notify{When: notify.Always}}})
		u.Wait(time.Minute)
		u.Sent = nil
		e.End(web, 1)
		e.End(api, 1)
		u.Wait(time.Second)
		if len(u.Sent) != 1 || !strings.Contains(u.Sent[0], "✖ web went down: exit 1; ✖ api went down: exit 1") {
			t.Errorf("sent %q", u.Sent)
		}
	})
}

func TestTheWindowShowsTheWorstState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		u := tuitest.New(t, 120, 36, e, tui.Options{Env: variables("TERM_PROGRAM=ghostty")})
		shows := func(title string, state tea.ProgressBarState) {
			t.Helper()
			u.Wait(time.Second)
			v := u.View()
			got := tea.ProgressBarNone
			if v.ProgressBar != nil {
				got = v.ProgressBar.State
			}
			if v.WindowTitle != title || got != state {
				t.Errorf("title %q, progress %v; want %q, %v", v.WindowTitle, got, title, state)
			}
		}
		shows("● shop — sawhorse", tea.ProgressBarNone)
		id := e.Start("build", tasks.Cause{Kind: tasks.ByPerson})
		shows("◐ shop — sawhorse", tea.ProgressBarIndeterminate)
		e.End(id, 2)
		shows("✖ 1 shop — sawhorse", tea.ProgressBarError)
		e.Emit(tasks.WorkspaceOpened{Workspace: tasks.Workspace{Name: "a\x1b]0;b\a"}})
		u.Wait(time.Second)
		if got := u.View().WindowTitle; strings.ContainsAny(got, "\x1b\a") {
			t.Errorf("title %q", got)
		}
		elsewhere := tuitest.New(t, 120, 36, e, tui.Options{Env: variables("TERM=xterm-256color")})
		if elsewhere.View().ProgressBar != nil {
			t.Error("a terminal that may not know it is sent progress")
		}
	})
}
