package screen

import (
	"cmp"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// ResourceLook is how an outside thing looks now.
func ResourceLook(s *tasks.State, r tasks.Resource, in *theme.Inks) Look {
	l := Look{Detail: r.Detail, Number: cmp.Or(r.Number, r.Native), NumberInk: in.Muted}
	switch r.Phase {
	case tasks.PhaseUp:
		l.Glyph, l.Ink, l.Word, l.Rank = "●", in.Succeeded, "up", 4
	case tasks.PhaseBusy:
		l.Glyph, l.Ink, l.Word, l.NumberInk, l.Rank = "◐", in.Running, "busy", in.Running, 2
	case tasks.PhaseWarning:
		l.Glyph, l.Ink, l.Word, l.NumberInk, l.Rank = "▲", in.Warning, "warning", in.Warning, 1
	case tasks.PhaseFailed:
		l.Glyph, l.Ink, l.Word, l.NumberInk, l.Rank = "✖", in.Failed, "failed", in.Failed, 0
	default:
		l.Glyph, l.Ink, l.Word, l.Rank = "○", in.Faint, "off", 6
	}
	l.Word = cmp.Or(r.Native, l.Word)
	if u, ok := s.Used[r.ID]; ok && r.Phase == tasks.PhaseUp {
		l.Number = Percent(u.CPU)
	}
	if r.Doing != "" {
		l.Glyph, l.Ink, l.Number, l.NumberInk, l.Rank = "◐", in.Running, r.Doing+"…", in.Running, 2
	}
	return l
}

// Age is how long ago something was, in whole minutes from the first one on, so
// that what does not change needs no drawing.
func Age(since, now time.Time) string {
	if since.IsZero() {
		return ""
	}
	d := now.Sub(since)
	switch {
	case d < time.Minute:
		return "<1m"
	case d < 48*time.Hour:
		return Short(d.Truncate(time.Minute))
	}
	return Number(float64(d/(24*time.Hour))) + "d"
}
