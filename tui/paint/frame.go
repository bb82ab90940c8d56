package paint

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// frame is everything that decides what the terminal shows. Frames that are
// equal look the same, so there is nothing to draw between them.
type frame struct {
	content  string
	painted  bool // there was a view with something in it
	w, h     int
	cursor   tea.Position
	shown    bool // the cursor
	settings settings
	profile  colorprofile.Profile
	sync     bool // the terminal shows what is between two marks at once
	// redraws counts how often everything was to be drawn anew.
	redraws int
}

// view takes over a view. Views without content that come before the first one
// with some are not worth a frame.
func (f *frame) view(v tea.View) {
	f.content = v.Content
	f.painted = f.painted || v.Content != ""
	f.cursor, f.shown = tea.Position{}, v.Cursor != nil
	if f.shown {
		f.cursor = v.Cursor.Position
	}
	grapheme := f.settings[unicodeCore]
	f.settings = settingsOf(v)
	f.settings[unicodeCore] = grapheme
}

// report takes over what the terminal says about a mode that it was asked about.
func (f *frame) report(m tea.ModeReportMsg) {
	switch m.Mode {
	case ansi.ModeSynchronizedOutput:
		f.sync = m.Value == ansi.ModeReset
	case ansi.ModeUnicodeCore:
		switch m.Value {
		case ansi.ModeReset, ansi.ModeSet, ansi.ModePermanentlySet:
			f.settings[unicodeCore] = setting{on: ansi.SetModeUnicodeCore, off: ansi.ResetModeUnicodeCore}
		}
	}
}

// method is how the terminal measures characters.
func (f *frame) method() ansi.Method {
	if f.settings[unicodeCore].on != "" {
		return ansi.GraphemeWidth
	}
	return ansi.WcWidth
}

// questions asks the terminal for modes that are only used when it has them. Not
// asked are those that print the question (Apple's) and, as Bubble Tea does it,
// those behind SSH of which nothing is known.
func questions(env []string) string {
	e := uv.Environ(env)
	program, named := e.LookupEnv("TERM_PROGRAM")
	_, ssh := e.LookupEnv("SSH_TTY")
	_, windows := e.LookupEnv("WT_SESSION")
	known := windows
	for _, name := range []string{"ghostty", "wezterm", "alacritty", "kitty", "rio"} {
		known = known || strings.Contains(e.Getenv("TERM"), name)
	}
	if known || !ssh && (!named || !strings.Contains(program, "Apple")) {
		return ansi.RequestModeSynchronizedOutput + ansi.RequestModeUnicodeCore
	}
	return ""
}
