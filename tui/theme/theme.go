// Package theme gives colours by meaning (running, failed, muted) for dark and
// light terminals. It never says anything by colour alone: the words and glyphs
// belong to who draws.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// Theme is a set of styles by meaning.
type Theme struct {
	Name string
	Dark bool

	Text, Muted, Faint lipgloss.Style
	// Accent is for what can be acted on; Selected for the row under the cursor,
	// SelectedBlur for the same row while another pane has the focus.
	Accent, Selected, SelectedBlur lipgloss.Style
	// The states of runs, and the levels of log lines and alerts.
	Running, Succeeded, Failed, Warning, Info, Debug lipgloss.Style
	// Border is for the thin lines between panes.
	Border lipgloss.Style
	// Match is a search hit, MatchCurrent the one under the cursor.
	Match, MatchCurrent lipgloss.Style
	// Key is a key in the hint line and in help, Header the line at the top.
	Key, Header lipgloss.Style

	palette Palette
}

// Palette is what a theme is made of: one colour a meaning, as #rrggbb.
type Palette struct {
	// Background is the colour that the theme is meant to stand on. The terminal's
	// own background stays, unless it is dark for a light theme, or light for a dark
	// one.
	Background string
	// Text is empty for the terminal's own foreground.
	Text, Muted, Faint, Accent                       string
	Running, Succeeded, Failed, Warning, Info, Debug string
	Border                                           string
	// SelectedBack, SelectedBlurBack and MatchBack are backgrounds under text of
	// the colours SelectedText and MatchText.
	SelectedText, SelectedBack, SelectedBlurBack string
	MatchText, MatchBack, MatchCurrentBack       string
}

// Palette is what the theme was made of.
func (t Theme) Palette() Palette { return t.palette }

// Ground is the background that the theme is meant to stand on, and the colour of
// text that has none of its own.
func (t Theme) Ground() (paper, pen color.Color) {
	text := t.palette.Text
	switch {
	case text == "" && t.Dark:
		text = "#e6e6e6"
	case text == "":
		text = "#1a1a1a"
	}
	return hex(t.palette.Background), hex(text)
}

// Auto is the built-in theme for the terminal's background.
func Auto(dark bool) Theme {
	if dark {
		return Dark()
	}
	return Light()
}

// New makes a theme of a palette.
func New(name string, dark bool, p Palette) Theme {
	fg := func(c string) lipgloss.Style {
		s := lipgloss.NewStyle()
		if c != "" {
			s = s.Foreground(hex(c))
		}
		return s
	}
	on := func(text, back string) lipgloss.Style { return fg(text).Background(hex(back)) }
	return Theme{
		Name: name, Dark: dark,
		Text: fg(p.Text), Muted: fg(p.Muted), Faint: fg(p.Faint), Accent: fg(p.Accent),
		Selected: on(p.SelectedText, p.SelectedBack).Bold(true), SelectedBlur: on(p.SelectedText, p.SelectedBlurBack),
		Running: fg(p.Running), Succeeded: fg(p.Succeeded), Failed: fg(p.Failed).Bold(true),
		Warning: fg(p.Warning), Info: fg(p.Info), Debug: fg(p.Debug),
		Border: fg(p.Border),
		Match:  on(p.MatchText, p.MatchBack), MatchCurrent: on(p.MatchText, p.MatchCurrentBack).Bold(true).Underline(true),
		Key: fg(p.Accent).Bold(true), Header: fg(p.Text).Bold(true),
		palette: p,
	}
}

func hex(s string) color.Color { return lipgloss.Color(s) }

// Named returns a built-in theme.
func Named(name string) (Theme, bool) {
	for _, t := range builtin() {
		if t.Name == name {
			return t, true
		}
	}
	return Theme{}, false
}

// Names lists the built-in themes.
func Names() []string {
	var names []string
	for _, t := range builtin() {
		names = append(names, t.Name)
	}
	return names
}
