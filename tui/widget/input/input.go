// Package input is one line of text that a person edits. It knows keys and
// cells, never what the text is for.
package input

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Input is the widget; the zero value is an empty line.
type Input struct {
	text []rune
	at   int
	// Mask shows dots instead of the text.
	Mask bool
}

// New is an input that holds text, with the cursor at its end.
func New(text string) Input {
	var in Input
	in.Set(text)
	return in
}

// Value is the text.
func (in *Input) Value() string { return string(in.text) }

// AtEnd says whether the cursor stands behind the text.
func (in *Input) AtEnd() bool { return in.at == len(in.text) }

// Set replaces the text and puts the cursor at its end.
func (in *Input) Set(s string) {
	in.text = []rune(strings.Map(printable, s))
	in.at = len(in.text)
}

// Insert types the text at the cursor, as a paste does.
func (in *Input) Insert(s string) {
	add := []rune(strings.Map(printable, s))
	in.text = slices.Insert(in.text, in.at, add...)
	in.at += len(add)
}

func printable(r rune) rune {
	if r == '\n' || r == '\t' || r == '\r' {
		return ' '
	}
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// Press edits; it says whether the key was one of its own.
func (in *Input) Press(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left":
		in.at = max(0, in.at-1)
	case "right":
		in.at = min(len(in.text), in.at+1)
	case "home", "ctrl+home":
		in.at = 0
	case "end", "ctrl+end", "ctrl+e":
		in.at = len(in.text)
	case "backspace", "shift+backspace":
		if in.at > 0 {
			in.text = slices.Delete(in.text, in.at-1, in.at)
			in.at--
		}
	case "delete":
		if in.at < len(in.text) {
			in.text = slices.Delete(in.text, in.at, in.at+1)
		}
	case "ctrl+u":
		in.text = slices.Delete(in.text, 0, in.at)
		in.at = 0
	case "ctrl+w", "alt+backspace":
		from := in.at
		for from > 0 && in.text[from-1] == ' ' {
			from--
		}
		for from > 0 && in.text[from-1] != ' ' {
			from--
		}
		in.text = slices.Delete(in.text, from, in.at)
		in.at = from
	default:
		if k.Text == "" || k.Mod&^tea.ModShift != 0 {
			return false
		}
		in.Insert(k.Text)
	}
	return true
}

// View draws the text in w cells with its cursor when focused; hint stands
// there while the text is empty.
func (in *Input) View(w int, focused bool, hint string, inks *theme.Inks) string {
	l := cell.NewLine(w)
	text := in.text
	if in.Mask {
		text = []rune(strings.Repeat("•", len(in.text)))
	}
	if !focused {
		if len(text) == 0 {
			return l.Put(inks.Faint, hint).String()
		}
		return l.Put(inks.Text, string(text)).String()
	}
	// The part left of the cursor always ends on the screen.
	before := cell.CutLeft(string(text[:in.at]), max(0, w-2))
	l.Put(inks.Text, before)
	if in.at < len(text) {
		l.Put(inks.Reverse, string(text[in.at]))
		l.Put(inks.Text, string(text[in.at+1:]))
	} else {
		l.Put(inks.Reverse, " ")
		if len(text) == 0 {
			l.Put(inks.Faint, hint)
		}
	}
	return l.String()
}
