package notify

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// How is the way to tell a terminal.
type How string

// The ways. Empty is Auto.
const (
	Auto   How = "auto"
	OSC9   How = "osc9"   // iTerm2 and those that follow it: one text
	OSC777 How = "osc777" // urxvt and those that follow it: title and text
	OSC99  How = "osc99"  // kitty
	Bell   How = "bell"
	Off    How = "off"
)

// Ways are all ways, for settings and completion.
func Ways() []How { return []How{Auto, OSC9, OSC777, OSC99, Bell, Off} }

// Or is the way itself, or the one that the terminal of this environment
// understands.
func (h How) Or(env func(string) string) How {
	if h == "" || h == Auto {
		return detect(env)
	}
	return h
}

// detect finds out what the terminal understands by what it says of itself in
// the environment. Inside of tmux that is the terminal around it. Whatever is
// not known understands a bell.
func detect(env func(string) string) How {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return env(n) != "" })
	}
	term := strings.TrimPrefix(env("TERM"), "xterm-")
	switch env("TERM_PROGRAM") {
	case "iTerm.app", "WarpTerminal":
		return OSC9
	case "WezTerm", "ghostty", "rio", "contour":
		return OSC777
	case "Apple_Terminal", "vscode", "Hyper":
		return Bell
	}
	switch {
	case has("KITTY_WINDOW_ID", "KITTY_PID") || term == "kitty":
		return OSC99
	case has("GHOSTTY_RESOURCES_DIR", "WEZTERM_PANE", "WEZTERM_EXECUTABLE", "KONSOLE_VERSION"),
		term == "ghostty", term == "wezterm", strings.HasPrefix(term, "foot"), strings.HasPrefix(term, "rxvt-unicode"), strings.HasPrefix(term, "contour"):
		return OSC777
	case has("ITERM_SESSION_ID") || env("LC_TERMINAL") == "iTerm2":
		return OSC9
	}
	return Bell
}

// longest bounds a notification: desktops cut them, and terminals drop long
// sequences without a word.
const longest = 240

// Sequence is what tells the terminal of title and text; names and messages of
// other programs in them are made harmless. Empty for Off.
func Sequence(how How, title, text string, inTmux bool) string {
	title, text = clean(title), clean(text)
	seq := ""
	switch how {
	case OSC9:
		// ConEmu takes a number first as a command of its own, so that a word comes
		// first.
		seq = ansi.Notify("Sawhorse: " + title + ": " + text)
	case OSC777:
		seq = "\x1b]777;notify;" + strings.ReplaceAll(title, ";", ",") + ";" + text + "\a"
	case OSC99:
		// The same id replaces what was told before.
		seq = ansi.DesktopNotification(title, "i=sawhorse", "d=0", "p=title") + ansi.DesktopNotification(text, "i=sawhorse", "d=1", "p=body")
	case Bell:
		return "\a"
	default:
		return ""
	}
	if inTmux {
		// tmux hands nothing on unless allow-passthrough is set; the bell marks the
		// window in any case.
		return ansi.TmuxPassthrough(seq) + "\a"
	}
	return seq
}

func clean(s string) string {
	s = cell.Clean(s)
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest-1]) + "…"
	}
	return s
}
