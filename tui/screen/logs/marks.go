package logs

import (
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// toggleMark marks the line under the cursor, or takes its mark away.
func (t *Tab) toggleMark() {
	if id, marked, ok := t.view.ToggleMark(); ok {
		t.keepMark(id, marked)
	}
}

// keepMark remembers a mark, or forgets it. What Prefs gave away stays as it was.
func (t *Tab) keepMark(id logview.ID, marked bool) {
	key := logs.Key(id.Source)
	lines := slices.Clone(t.prefs.Marks[key])
	i, known := slices.BinarySearch(lines, id.N)
	switch {
	case marked && !known:
		lines = slices.Insert(lines, i, id.N)
	case !marked && known:
		lines = slices.Delete(lines, i, i+1)
	default:
		return
	}
	all := maps.Clone(t.prefs.Marks)
	if all == nil {
		all = map[logs.Key][]int64{}
	}
	if all[key] = lines; len(lines) == 0 {
		delete(all, key)
	}
	t.prefs.Marks = all
}

// marks are the marked lines of the logs that are shown, with their positions as
// far as they are known without reading.
func (t *Tab) marks() map[logview.ID]int64 {
	marks := map[logview.ID]int64{}
	for _, k := range t.target.keys {
		for _, n := range t.prefs.Marks[k] {
			pos := n
			if len(t.target.keys) > 1 || t.filter != nil || n < t.target.lo || t.target.hi >= 0 && n >= t.target.hi {
				pos = logview.Unplaced
			}
			marks[logview.ID{Source: string(k), N: n}] = pos
		}
	}
	return marks
}

// placeMarks looks where the marked lines stand, and which of them are gone.
func (t *Tab) placeMarks() tea.Cmd {
	marks := t.marks()
	if t.src == nil || len(marks) == 0 {
		return nil
	}
	src, parts, ctx, gen := t.src, t.parts, t.ctx, t.gen
	return func() tea.Msg {
		m := marksFound{of: of{t, gen}, at: map[logview.ID]int64{}}
		for id := range marks {
			m.at[id] = logview.Unplaced
			part := parts[slices.IndexFunc(parts, func(p *single) bool { return p.name == id.Source })]
			if lost, err := part.lost(id.N); err == nil && lost {
				m.gone = append(m.gone, id)
				continue
			}
			if pos, ok, err := src.place(ctx, part.key, id.N); err == nil && ok {
				m.at[id] = pos
			}
		}
		return m
	}
}
