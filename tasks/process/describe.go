package process

import (
	"strings"
	"time"
)

// shortCommand is an argv as one line that fits in a message; comm stands in
// for programs that show none.
func shortCommand(argv []string, comm string) string {
	line := strings.Join(strings.Fields(strings.Join(argv, " ")), " ")
	if line == "" {
		return comm
	}
	const most = 120
	if r := []rune(line); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return line
}

// since is a past moment as a person says it. How long ago that is, is not said: it
// is read at any time later.
func since(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	layout := "15:04"
	if now.Sub(t) > 20*time.Hour {
		layout = "2006-01-02 15:04"
	}
	return " since " + t.Local().Format(layout)
}
