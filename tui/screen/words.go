package screen

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Short is a duration in few cells: "0.4s", "12s", "3m05s", "2h10m".
func Short(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// Seconds is a number of seconds as Short says it.
func Seconds(sec float64) string { return Short(time.Duration(sec * float64(time.Second))) }

// Clock is the time of day, with seconds.
func Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("15:04:05")
}

// When is the time of day of today, and the day of any other.
func When(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() || t.Unix() <= 0 {
		return Clock(t)
	}
	return t.Format("Jan _2 15:04")
}

// Percent is a share of a core: "2%", "0.4%".
func Percent(p float64) string {
	if p > 0 && p < 0.95 {
		return strconv.FormatFloat(p, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + "%"
}

// Bytes is a size in few cells: "812K", "2.1G".
func Bytes(n int64) string {
	v := float64(n)
	for _, unit := range []string{"B", "K", "M", "G", "T"} {
		if v < 1000 || unit == "T" {
			if v < 10 && unit != "B" {
				return strconv.FormatFloat(v, 'f', 1, 64) + unit
			}
			return strconv.FormatFloat(v, 'f', 0, 64) + unit
		}
		v /= 1024
	}
	return ""
}

// Number is a metric's value in few cells.
func Number(v float64) string {
	if v == float64(int64(v)) && v < 1e6 && v > -1e6 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// StatusWord is a status as people say it, with the glyph that goes with it.
func StatusWord(s tasks.Status) (glyph, word string) {
	switch s {
	case tasks.Queued:
		return "◌", "waiting"
	case tasks.Running, tasks.Stopping:
		return "◐", string(s)
	case tasks.Ready:
		return "●", "up"
	case tasks.Succeeded:
		return "✓", "succeeded"
	case tasks.Failed:
		return "✖", "failed"
	}
	return "○", string(s)
}

// WhyLine is one step of why something is as it is.
type WhyLine struct {
	Depth int
	Text  string
	// Stuck: it will not pass by itself.
	Stuck bool
}

// Why is the chain of reasons for a task's present state: why it waits, on
// what, and why that waits; or why it ran.
func Why(s *tasks.State, name string, now time.Time) []WhyLine {
	return why(s, name, now, 0, map[string]bool{})
}

func why(s *tasks.State, name string, now time.Time, depth int, seen map[string]bool) []WhyLine {
	u, ok := s.Units[name]
	if !ok {
		return []WhyLine{{Depth: depth, Text: name + " is not in the workspace file"}}
	}
	if seen[name] {
		return []WhyLine{{Depth: depth, Text: name + ": see above"}}
	}
	seen[name] = true
	var lines []WhyLine
	say := func(text string) { lines = append(lines, WhyLine{Depth: depth, Text: text}) }

	if r, active := s.Active(name); active {
		glyph, word := StatusWord(r.Status)
		if u.Task.IsService() && r.Status == tasks.Running {
			word = "starting"
		}
		say(fmt.Sprintf("%s %s is %s since %s: %s", glyph, name, word, Clock(r.StartedAt), r.Because()))
		for _, f := range r.Cause.Files {
			lines = append(lines, WhyLine{Depth: depth + 1, Text: f})
		}
		lines = append(lines, leftOut(r, depth+1)...)
		if r.Probe != "" {
			lines = append(lines, WhyLine{Depth: depth + 1, Text: "not ready yet: " + r.Probe})
		}
		for _, h := range r.Holds {
			lines = append(lines, WhyLine{Depth: depth + 1, Text: h.Why, Stuck: h.Stuck})
		}
	}
	if r, waiting := s.Waiting(name); waiting {
		say(fmt.Sprintf("◌ %s waits since %s: %s", name, Clock(r.QueuedAt), r.Cause))
		if wait := r.NotBefore.Sub(now); wait > 0 {
			begins := "it starts in " + Short(wait)
			if r.Attempt > 0 {
				begins = fmt.Sprintf("attempt %d starts in %s", r.Attempt, Short(wait))
			}
			lines = append(lines, WhyLine{Depth: depth + 1, Text: begins})
		}
		for _, h := range r.Holds {
			lines = append(lines, WhyLine{Depth: depth + 1, Text: h.Why, Stuck: h.Stuck})
			if h.On != "" {
				lines = append(lines, why(s, h.On, now, depth+2, seen)...)
			}
		}
		return lines
	}
	if len(lines) > 0 {
		return lines
	}
	last, ended := s.Finished(name)
	switch {
	case !ended && u.Task.IsService():
		say("○ " + name + " was not started; its start key is s")
	case !ended && u.Task.Spec.Watch != nil && u.Up:
		say("○ " + name + " has not run yet; it runs when its files change")
	case !ended && u.Task.Spec.Watch != nil:
		say("○ " + name + " has not run yet")
	case !ended:
		say("○ " + name + " has not run yet; r runs it")
	default:
		glyph, word := StatusWord(last.Status)
		text := fmt.Sprintf("%s %s %s at %s", glyph, name, word, Clock(last.EndedAt))
		if last.Error != "" {
			text += ": " + last.Error
		}
		say(text)
		lines = append(lines, WhyLine{Depth: depth + 1, Text: "it ran because: " + last.Because()})
		for _, f := range last.Cause.Files {
			lines = append(lines, WhyLine{Depth: depth + 2, Text: f})
		}
		lines = append(lines, leftOut(last, depth+1)...)
		if u.Task.IsService() && !u.Up {
			lines = append(lines, WhyLine{Depth: depth + 1, Text: "it stays down until somebody starts it"})
		}
	}
	if !u.Task.IsService() && u.Task.Spec.Watch != nil && !u.Up {
		lines = append(lines, WhyLine{Depth: depth + 1, Text: "saves do not run it: s runs it, and from then on they do"})
	}
	return lines
}

// leftOut says what a run did of its task, why not more, and names some of what
// it skipped.
func leftOut(r tasks.Run, depth int) []WhyLine {
	n := r.Narrowed
	if n == nil {
		return nil
	}
	lines := []WhyLine{{Depth: depth, Text: "it did only " + n.What + ": " + n.Why}}
	const most = 12
	for _, s := range n.Skipped[:min(most, len(n.Skipped))] {
		lines = append(lines, WhyLine{Depth: depth + 1, Text: "skipped " + s})
	}
	if more := len(n.Skipped) - most; more > 0 {
		lines = append(lines, WhyLine{Depth: depth + 1, Text: fmt.Sprintf("and %d more; a runs all of it", more)})
	}
	return lines
}
