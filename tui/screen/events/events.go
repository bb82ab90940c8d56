// Package events is the tab that says why a unit is as it is: what it waits
// for, why it ran, and what happened to its last runs.
package events

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// Screen is the tab.
type Screen struct{ pager pager.Pager }

// Move scrolls.
func (s *Screen) Move(n int) { s.pager.Move(n) }

// View draws the reasons, then the runs, newest first.
func (s *Screen) View(f screen.Frame) []string {
	lines := append([]string{f.Head("WHY")}, Why(f)...)
	lines = append(lines, cell.Spaces(f.W), f.Head("WHAT HAPPENED"))
	runs := f.State.Units[f.Unit].Runs
	if len(runs) == 0 {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Faint, "  nothing yet: starts, restarts and ends appear here").String())
	}
	for _, id := range slices.Backward(runs) {
		lines = append(lines, story(f, f.State.Runs[id])...)
	}
	return s.pager.View(lines, f.W, f.H)
}

// Why is the chain of reasons, painted.
func Why(f screen.Frame) []string {
	var lines []string
	for _, w := range screen.Why(f.State, f.Unit, f.Now) {
		ink, mark := f.Ink.Text, ""
		if w.Depth > 0 {
			mark = "↳ "
		}
		if w.Stuck {
			ink, mark = f.Ink.Warning, "▲ "
		}
		indent := strings.Repeat("  ", w.Depth+1)
		for i, s := range cell.Wrap(w.Text, max(10, f.W-len(indent)-4)) {
			if i > 0 {
				mark = "  "
			}
			lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Faint, indent+mark).Put(ink, s).String())
		}
	}
	return lines
}

// story is what happened to one run, last thing first.
func story(f screen.Frame, r tasks.Run) []string {
	in := f.Ink
	var lines []string
	say := func(when string, ink theme.Ink, glyph, text string) {
		for i, s := range cell.Wrap(text, max(10, f.W-16)) {
			if i > 0 {
				when, glyph = "", " "
			}
			lines = append(lines, cell.NewLine(f.W).Put(in.Faint, "  ").Column(in.Faint, when, 10).Put(ink, glyph+" ").Put(in.Text, s).String())
		}
	}
	name := fmt.Sprintf("run %d", r.Number)
	if !r.EndedAt.IsZero() {
		glyph, word := screen.StatusWord(r.Status)
		text := name + " " + word
		if r.Error != "" {
			text += ": " + r.Error
		}
		if d := r.Duration(f.Now); d > 0 {
			text += " after " + screen.Short(d)
		}
		ink := in.Muted
		switch r.Status {
		case tasks.Failed:
			ink = in.Failed
		case tasks.Succeeded:
			ink = in.Succeeded
		}
		say(screen.Clock(r.EndedAt), ink, glyph, text)
	}
	if !r.ReadyAt.IsZero() && r.ReadyAt.Sub(r.StartedAt) > 0 {
		say(screen.Clock(r.ReadyAt), in.Succeeded, "●", name+" ready after "+screen.Short(r.ReadyAt.Sub(r.StartedAt)))
	}
	if !r.StartedAt.IsZero() {
		text := name + " started: " + r.Because()
		if r.PID > 0 {
			text += fmt.Sprintf(" (pid %d)", r.PID)
		}
		say(screen.Clock(r.StartedAt), in.Running, "▸", text)
	} else if r.Status == tasks.Queued {
		say(screen.Clock(r.QueuedAt), in.Muted, "◌", name+" queued: "+r.Cause.String())
	}
	return lines
}
