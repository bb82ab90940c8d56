package paint

import (
	"image/color"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// full asks for everything that a view can ask for.
func full() tea.View {
	v := tea.NewView("text")
	v.ReportFocus, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "● shop"
	v.Cursor = tea.NewCursor(0, 0)
	v.Cursor.Color, v.ForegroundColor, v.BackgroundColor = color.White, color.Black, color.RGBA{R: 1, G: 2, B: 3, A: 255}
	v.ProgressBar = tea.NewProgressBar(tea.ProgressBarError, 40)
	v.KeyboardEnhancements.ReportEventTypes = true
	return v
}

func TestEverySettingIsTakenBackInTheOtherOrder(t *testing.T) {
	s := settingsOf(full())
	s[unicodeCore] = setting{on: ansi.SetModeUnicodeCore, off: ansi.ResetModeUnicodeCore}
	on, off := settings{}.to(s), s.to(settings{})
	at := -1
	for i, one := range s {
		if one.on == "" || one.off == "" {
			t.Errorf("setting %d is not set by a view that sets everything", i)
		}
		if next := strings.Index(on, one.on); next <= at {
			t.Errorf("%q is not set, or not in order, in %q", one.on, on)
		} else {
			at = next
		}
	}
	if !strings.HasPrefix(on, ansi.SetModeAltScreenSaveCursor) || !strings.HasSuffix(off, ansi.ResetModeAltScreenSaveCursor) {
		t.Errorf("the screen is not the first to be entered and the last to be left: %q, %q", on, off)
	}
	for _, one := range s {
		if !strings.Contains(off, one.off) {
			t.Errorf("%q is not taken back in %q", one.on, off)
		}
	}
	if s.to(s) != "" || (settings{}).to(settings{}) != "" {
		t.Error("nothing changed, and something is written")
	}
}

func TestAChangedSettingIsSetAloneAndStacksDoNotGrow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*tea.View)
		want   string
	}{
		"title":    {func(v *tea.View) { v.WindowTitle = "✖ shop" }, ansi.SetWindowTitle("✖ shop")},
		"no title": {func(v *tea.View) { v.WindowTitle = "" }, ansi.SetWindowTitle("")},
		"no mouse": {
			func(v *tea.View) { v.MouseMode = tea.MouseModeNone },
			ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr,
		},
		"all motion": {
			func(v *tea.View) { v.MouseMode = tea.MouseModeAllMotion },
			ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr + ansi.SetModeMouseAnyEvent + ansi.SetModeMouseExtSgr,
		},
		"keyboard": {
			func(v *tea.View) { v.KeyboardEnhancements = tea.KeyboardEnhancements{} },
			ansi.ResetModifyOtherKeys + ansi.PopKittyKeyboard(1) + ansi.SetModifyOtherKeys2 + ansi.PushKittyKeyboard(1) + ansi.RequestKittyKeyboard,
		},
		"no paste":    {func(v *tea.View) { v.DisableBracketedPasteMode = true }, ansi.ResetModeBracketedPaste},
		"no focus":    {func(v *tea.View) { v.ReportFocus = false }, ansi.ResetModeFocusEvent},
		"progress":    {func(v *tea.View) { v.ProgressBar = tea.NewProgressBar(tea.ProgressBarDefault, 50) }, ansi.SetProgressBar(50)},
		"no progress": {func(v *tea.View) { v.ProgressBar = tea.NewProgressBar(tea.ProgressBarNone, 0) }, ansi.ResetProgressBar},
		"foreground":  {func(v *tea.View) { v.ForegroundColor = color.White }, ansi.SetForegroundColor("#ffffff")},
		"background":  {func(v *tea.View) { v.BackgroundColor = nil }, ansi.ResetBackgroundColor},
	} {
		v := full()
		c.change(&v)
		if got := settingsOf(full()).to(settingsOf(v)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTerminalsThatWouldPrintTheQuestionAreNotAsked(t *testing.T) {
	for env, want := range map[string]bool{
		"TERM=xterm-256color":                                       true,
		"TERM=xterm-256color TERM_PROGRAM=vscode":                   true,
		"TERM=xterm-256color TERM_PROGRAM=Apple_Terminal":           false,
		"TERM=xterm-256color SSH_TTY=/dev/pts/1":                    false,
		"TERM=xterm-ghostty SSH_TTY=/dev/pts/1":                     true,
		"TERM=xterm-256color SSH_TTY=/dev/pts/1 TERM_PROGRAM=iTerm": false,
		"WT_SESSION=1 SSH_TTY=/dev/pts/1":                           true,
	} {
		if got := questions(strings.Fields(env)) != ""; got != want {
			t.Errorf("%s: asked %v, want %v", env, got, want)
		}
	}
}
