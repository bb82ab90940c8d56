package notify

import (
	"strconv"
	"strings"
)

// ShowsProgress says whether the terminal is known to show progress (OSC 9;4).
// Others take that for a notification, so that none is sent to a terminal that is
// not known, or through tmux.
func ShowsProgress(env func(string) string) bool {
	if env("TMUX") != "" {
		return false
	}
	switch env("TERM_PROGRAM") {
	case "ghostty":
		return true
	case "iTerm.app":
		return atLeast(env("TERM_PROGRAM_VERSION"), 3, 6, 6)
	}
	vte, err := strconv.Atoi(env("VTE_VERSION"))
	return env("WT_SESSION") != "" || env("ConEmuANSI") == "ON" || env("TERM") == "xterm-ghostty" || err == nil && vte >= 7900
}

// atLeast compares dotted versions.
func atLeast(version string, least ...int) bool {
	parts := strings.Split(version, ".")
	for i, want := range least {
		have := 0
		if i < len(parts) {
			have, _ = strconv.Atoi(parts[i])
		}
		if have != want {
			return have > want
		}
	}
	return true
}
