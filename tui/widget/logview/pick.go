package logview

import "github.com/clipperhouse/displaywidth"

// spot is a character that the mouse is on: the bytes [from, to) of a line that
// is drawn of a row.
type spot struct {
	row      ID
	text     string
	from, to int
}

// spotAt is the character that is drawn in cell x of line y; in a row's margin it
// is the line's first one.
func (v *View) spotAt(x, y int) (spot, bool) {
	v.layout()
	if y < 0 || y >= len(v.drawn) {
		return spot{}, false
	}
	d := v.drawn[y]
	sub := d.sub - v.extra(d.row)
	if sub < 0 {
		return spot{}, false // the line above a row is no part of it
	}
	r := &v.win.Rows[d.row]
	text := v.content(d.row).text
	part, skip := chunk{0, len(text)}, v.left
	if v.opts.Wrap || v.open[r.ID] {
		var field Line
		part, field = v.wrapped(r, v.content(d.row), sub)
		skip = 0
		if field.Text != "" {
			text = field.Text
		}
	}
	from, to := characterAt(text[part.start:part.end], max(0, x-v.prefixWidth())+skip)
	return spot{row: r.ID, text: text, from: part.start + from, to: part.start + to}, true
}

// characterAt is the character in a cell of a text; behind the text it is empty.
func characterAt(text string, cell int) (from, to int) {
	at, x := 0, 0
	g := displaywidth.StringGraphemes(text)
	for g.Next() {
		n := len(g.Value())
		if x += g.Width(); x > cell {
			return at, at + n
		}
		at += n
	}
	return at, at
}

// Picked is the part of one line that was dragged over; empty while whole rows
// are selected.
func (v *View) Picked() string {
	if v.anchor < 0 || v.anchor != v.cursor {
		return ""
	}
	return v.pressed.text[v.pick.start:v.pick.end]
}

// pickTo selects the characters from the pressed one to the one that the mouse is
// on now, as long as that is one of the same line.
func (v *View) pickTo(x, y int) {
	v.pick = chunk{}
	now, ok := v.spotAt(x, y)
	if ok && now.row == v.pressed.row && now.text == v.pressed.text {
		v.pick = chunk{min(now.from, v.pressed.from), max(now.to, v.pressed.to)}
	}
}

// picks is the picked part of a text of a row, as something to highlight.
func (v *View) picks(r *Row, text string) []run {
	if v.Picked() == "" || r.ID != v.pressed.row || text != v.pressed.text {
		return nil
	}
	return []run{{start: v.pick.start, end: v.pick.end}}
}
