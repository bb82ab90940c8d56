package theme

import "charm.land/lipgloss/v2"

// Sixteen is the theme for a terminal that has only its own sixteen colours.
// The nearest ones by number would be unreadable on many, so that each meaning
// has one that is known to stand out on such a background, and what has none is
// in the terminal's own text colour.
func (t Theme) Sixteen() Theme {
	p := Palette{
		Accent: "14", Running: "14", Succeeded: "10", Failed: "9", Warning: "11", Info: "14", Border: "7",
		SelectedText: "15", SelectedBack: "4", MatchText: "0", MatchBack: "11", MatchCurrentBack: "14",
	}
	if !t.Dark {
		// Green, cyan and yellow can't be read on white.
		p.Accent, p.Running, p.Succeeded, p.Failed, p.Warning, p.Info, p.Border = "4", "4", "", "1", "5", "4", "8"
	}
	p.SelectedBlurBack = "7"
	small := New(t.Name, t.Dark, p)
	small.SelectedBlur = lipgloss.NewStyle().Foreground(lipgloss.Color("0")).Background(lipgloss.Color("7"))
	if !t.Dark {
		small.Succeeded = small.Succeeded.Bold(true)
	}
	return small
}
