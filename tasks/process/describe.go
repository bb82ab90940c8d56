package process

import (
	"fmt"
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

// since is a past moment as a person says it: "since 12:04 (3m ago)".
func since(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	layout := "15:04"
	if now.Sub(t) > 20*time.Hour {
		layout = "2006-01-02 15:04"
	}
	return fmt.Sprintf(" since %s (%s ago)", t.Local().Format(layout), age(now.Sub(t)))
}

// age is a duration in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d/time.Second)))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d/time.Hour))
	}
	return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
}
