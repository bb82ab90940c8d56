package theme

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Ink is a style made ready: what is written before and after a text. Painting
// with it costs a concatenation, where lipgloss.Style.Render costs microseconds.
type Ink struct{ open, close string }

// NewInk makes a style ready.
func NewInk(s lipgloss.Style) Ink {
	before, after, ok := strings.Cut(s.Render("x"), "x")
	if !ok {
		return Ink{}
	}
	return Ink{open: before, close: after}
}

// Paint is the text in this ink. The text must not hold escapes or newlines.
func (i Ink) Paint(text string) string {
	if i.open == "" || text == "" {
		return text
	}
	return i.open + text + i.close
}

// Append writes the text in this ink.
func (i Ink) Append(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	b.WriteString(i.open)
	b.WriteString(text)
	b.WriteString(i.close)
}

// Inks are the styles of a theme made ready.
type Inks struct {
	Text, Muted, Faint, Accent, Selected, SelectedBlur               Ink
	Running, Succeeded, Failed, Warning, Info, Debug                 Ink
	Border, Match, MatchCurrent, Key, Header, Bold, Reverse, Heading Ink
	// Expected and Actual are the two sides of a comparison, and their words that
	// differ.
	Expected, Actual, ExpectedWord, ActualWord Ink
}

// Inks makes the theme's styles ready; keep the result for as long as the theme.
func (t Theme) Inks() *Inks {
	return &Inks{
		Text: NewInk(t.Text), Muted: NewInk(t.Muted), Faint: NewInk(t.Faint), Accent: NewInk(t.Accent),
		Selected: NewInk(t.Selected), SelectedBlur: NewInk(t.SelectedBlur),
		Running: NewInk(t.Running), Succeeded: NewInk(t.Succeeded), Failed: NewInk(t.Failed),
		Warning: NewInk(t.Warning), Info: NewInk(t.Info), Debug: NewInk(t.Debug),
		Border: NewInk(t.Border), Match: NewInk(t.Match), MatchCurrent: NewInk(t.MatchCurrent),
		Key: NewInk(t.Key), Header: NewInk(t.Header),
		Bold: NewInk(lipgloss.NewStyle().Bold(true)), Reverse: NewInk(lipgloss.NewStyle().Reverse(true)),
		Heading:  NewInk(t.Muted.Bold(true)),
		Expected: NewInk(t.Succeeded), Actual: NewInk(t.Failed.Bold(false)),
		ExpectedWord: NewInk(t.Succeeded.Reverse(true)), ActualWord: NewInk(t.Failed.Bold(false).Reverse(true)),
	}
}
