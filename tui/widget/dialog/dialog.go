// Package dialog asks a question with buttons, or shows a box of lines. Its
// first button is the safe one and has the focus; keys that were struck before
// the box could be seen do nothing, and it says so.
package dialog

import (
	"cmp"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Grace is how long a dialog that guards something is deaf to confirming keys,
// so that what was typed for another place can't answer it.
const Grace = 400 * time.Millisecond

// Button is one answer.
type Button struct {
	Label string
	// Key answers at once: "s".
	Key string
	// Danger is drawn as such.
	Danger bool
}

// Dialog is the widget. Buttons[0] is the safe answer: Esc gives it.
type Dialog struct {
	Title string
	Text  string
	// Lines are drawn below the text as they are, two cells narrower than the box;
	// Hint stands in its border.
	Lines   []string
	Hint    string
	Buttons []Button
	// Opened starts the grace period.
	Opened time.Time

	at   int
	said string // of the last key that did nothing, above the buttons
}

// What a dialog says of a key that did nothing.
const (
	tooSoon = "struck before this could be read: once more"
	unknown = "← → choose, enter answers, esc cancels"
)

// Press takes a key: answered says that a button was chosen, and which.
func (d *Dialog) Press(k tea.KeyPressMsg, now time.Time) (button int, answered bool) {
	name := k.String()
	d.said = ""
	switch name {
	case "esc", "ctrl+c":
		return 0, true
	case "left", "shift+tab", "up":
		d.at = (d.at + len(d.Buttons) - 1) % len(d.Buttons)
		return 0, false
	case "right", "tab", "down":
		d.at = (d.at + 1) % len(d.Buttons)
		return 0, false
	}
	if now.Sub(d.Opened) < Grace {
		d.said = tooSoon
		return 0, false
	}
	if name == "enter" || name == "space" {
		return d.at, true
	}
	for i, b := range d.Buttons {
		if b.Key != "" && b.Key == name {
			return i, true
		}
	}
	d.said = unknown
	return 0, false
}

// Click answers with the button at x, y of the last View.
func (d *Dialog) Click(x, y, w int, now time.Time) (button int, answered bool) {
	if y != d.height(w)-2 {
		return 0, false
	}
	at := margin
	for i, b := range d.Buttons {
		n := cell.Width(b.label())
		if x >= at && x < at+n {
			if now.Sub(d.Opened) < Grace {
				d.said = tooSoon
				return 0, false
			}
			return i, true
		}
		at += n + 2
	}
	return 0, false
}

const margin = 3

func (b Button) label() string {
	if b.Key != "" {
		return "[ " + b.Label + " (" + b.Key + ") ]"
	}
	return "[ " + b.Label + " ]"
}

func (d *Dialog) height(w int) int { return len(cell.Wrap(d.Text, w-2*margin)) + len(d.Lines) + 5 }

// Width is how wide the dialog wants to be in a screen of that width.
func (d *Dialog) Width(screen int) int {
	need := 2 * margin
	for _, b := range d.Buttons {
		need += cell.Width(b.label()) + 2
	}
	return max(20, min(screen-2, max(need, min(66, cell.Width(d.Title)+10, screen-2), min(66, screen-2))))
}

// View draws the box, w cells wide.
func (d *Dialog) View(w int, in *theme.Inks) []string {
	body := []string{""}
	for _, s := range cell.Wrap(d.Text, w-2*margin) {
		body = append(body, cell.NewLine(w-2).Put(in.Text, "  "+s).String())
	}
	above := ""
	if d.said != "" {
		above = cell.NewLine(w-2).Put(in.Warning, "  "+cell.Cut(d.said, w-4)).String()
	}
	body = append(append(body, d.Lines...), above)
	l := cell.NewLine(w-2).Put(in.Text, "  ")
	for i, b := range d.Buttons {
		ink := in.Muted
		if b.Danger {
			ink = in.Failed
		}
		if i == d.at {
			ink = in.Selected
			label := b.label()
			l.Put(ink, "▸"+label[1:len(label)-1]+"◂")
		} else {
			l.Put(ink, b.label())
		}
		l.Put(in.Text, "  ")
	}
	body = append(body, l.String())
	return Frame(d.Title, d.Hint, body, w, in)
}

// Frame draws a box around lines, each empty or as wide as the box is inside, with
// its title and its hint in the border.
func Frame(title, hint string, body []string, w int, in *theme.Inks) []string {
	lines := make([]string, 0, len(body)+2)
	top := cell.NewLine(w).Put(in.Accent, "╭─ ")
	top.Put(in.Bold, cell.Cut(title, w-6)).Put(in.Accent, " ").Rule(in.Accent, 1).Put(in.Accent, "╮")
	lines = append(lines, top.String())
	side := in.Accent.Paint("│")
	for _, s := range body {
		lines = append(lines, side+cmp.Or(s, cell.Spaces(w-2))+side)
	}
	bottom := cell.NewLine(w).Put(in.Accent, "╰")
	if hint != "" {
		bottom.Rule(in.Accent, min(w-2, cell.Width(hint)+4)).Put(in.Faint, " "+cell.Cut(hint, w-6)+" ")
	}
	bottom.Rule(in.Accent, 1).Put(in.Accent, "╯")
	return append(lines, bottom.String())
}
