package screen

import (
	"slices"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// mostMarks is how many rows can be marked: more stand beside each other nowhere.
const mostMarks = 12

// Marks are rows that a person has chosen, by their ids and in the order of the
// choosing. Each has a letter.
type Marks struct{ ids []string }

// Toggle marks a row, or takes its mark away; false: there are too many.
func (m *Marks) Toggle(id string) bool {
	if i := slices.Index(m.ids, id); i >= 0 {
		m.ids = slices.Delete(slices.Clone(m.ids), i, i+1)
		return true
	}
	if len(m.ids) >= mostMarks {
		return false
	}
	m.ids = append(slices.Clip(m.ids), id)
	return true
}

// Clear takes all marks away.
func (m *Marks) Clear() { m.ids = nil }

// All are the marked rows.
func (m *Marks) All() []string { return m.ids }

// Letter is a row's letter; empty: it is not marked.
func (m *Marks) Letter(id string) string {
	i := slices.Index(m.ids, id)
	if i < 0 {
		return ""
	}
	return Letter(i)
}

// Chosen are the marked rows; with the one under the cursor where a single other
// one is marked, and that one alone where none is.
func (m *Marks) Chosen(cursor string) []string {
	switch {
	case cursor == "" || len(m.ids) > 1 || slices.Contains(m.ids, cursor):
		return m.ids
	case len(m.ids) == 1:
		return []string{m.ids[0], cursor}
	}
	return []string{cursor}
}

// Letter names the i-th of some things beside each other.
func Letter(i int) string { return string(rune('A' + i)) }

// LetterInk is the colour of the i-th of some things beside each other. Its letter
// is shown with it, since there are more things than colours.
func LetterInk(i int, in *theme.Inks) theme.Ink {
	inks := []theme.Ink{in.Running, in.Warning, in.Succeeded, in.Accent, in.Failed, in.Info, in.Debug}
	return inks[i%len(inks)]
}
