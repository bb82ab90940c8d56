package theme

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// For is the theme for what a terminal can show: as it is, in sixteen colours,
// or in none.
func (t Theme) For(p colorprofile.Profile) Theme {
	switch p {
	case colorprofile.ANSI:
		return t.Sixteen()
	case colorprofile.ASCII, colorprofile.NoTTY:
		return t.Plain()
	}
	return t
}

// Plain is the theme without colours: what a background would tell is told by
// bold, underline and reverse.
func (t Theme) Plain() Theme {
	s := lipgloss.NewStyle
	return Theme{
		Name: t.Name, Dark: t.Dark, palette: t.palette,
		Selected: s().Reverse(true), SelectedBlur: s().Bold(true),
		Failed: s().Bold(true), Key: s().Bold(true), Header: s().Bold(true),
		Match: s().Reverse(true), MatchCurrent: s().Reverse(true).Bold(true).Underline(true),
	}
}
