package logview

// place is a drawn line: the sub-th line of a row of the window.
type place struct{ row, sub int }

// drawnLine is a line of the view.
type drawnLine struct {
	row, sub int
	last     bool // the row's last line
}

// shownFrames is how many lines of a folded stack trace are drawn below its head:
// those whose Part is not above it.
const shownFrames = 2

// Parts of a trace for lines that are folded first: Folded for one that is of
// less interest than those that are drawn, Idle for one that says nothing.
const (
	Folded = shownFrames + 1
	Idle   = 1000
)

// folded says whether a position is not drawn because its stack trace is folded.
func (v *View) folded(pos int64) bool {
	i, ok := v.index(pos)
	return ok && v.hidden(i)
}

func (v *View) hidden(i int) bool {
	r := &v.win.Rows[i]
	return r.Part > shownFrames && !v.open[r.Group]
}

// more is how many rows are folded away right behind row i; none where all of
// them say nothing.
func (v *View) more(i int) int {
	r := &v.win.Rows[i]
	trace := r.Group
	if r.Part == 0 {
		trace = r.ID
	}
	if v.open[trace] || v.hidden(i) {
		return 0
	}
	n, says := 0, r.Part > 0
	for j := i + 1; j < len(v.win.Rows) && j < i+2000; j++ {
		next := &v.win.Rows[j]
		if next.Part > shownFrames && next.Group == trace {
			n++
			says = says || next.Part < Idle
		} else if next.ID.Source == r.ID.Source {
			break
		}
	}
	if !says {
		return 0
	}
	return n
}

// extra is how many lines stand above the text of row i.
func (v *View) extra(i int) int {
	n := 0
	if v.gapAbove(i) {
		n++
	}
	if v.win.Rows[i].Break != "" {
		n++
	}
	return n
}

func (v *View) gapAbove(i int) bool {
	return v.bounds.Dropped > 0 && v.win.Rows[i].Pos == v.bounds.First
}

// count is how many lines row i takes.
func (v *View) count(i int) int {
	if v.hidden(i) {
		return 0
	}
	n := v.extra(i)
	r := &v.win.Rows[i]
	if !v.opts.Wrap && !v.open[r.ID] {
		return n + 1
	}
	n += len(v.chunks(v.content(i).text))
	if v.fieldLines(r) {
		for _, line := range r.unfolded() {
			n += len(v.chunks(line.Text))
		}
	}
	return n
}

// fieldLines says whether row r is unfolded into its fields.
func (v *View) fieldLines(r *Row) bool {
	return v.open[r.ID] && r.Structured && !v.opts.AsPrinted
}

// unfolded is the row's fields as lines.
func (r *Row) unfolded() []Line {
	if r.Unfold != nil {
		return r.Unfold()
	}
	lines := make([]Line, len(r.Fields))
	for i, f := range r.Fields {
		lines[i].Text = "    " + f.Key + ": " + f.Value
	}
	return lines
}

// walk goes n lines down, or up when n is negative, as far as rows are loaded.
func (v *View) walk(p place, n int) place {
	for ; n > 0; n-- {
		if p.sub+1 < v.count(p.row) {
			p.sub++
			continue
		}
		next := p.row + 1
		for next < len(v.win.Rows) && v.count(next) == 0 {
			next++
		}
		if next >= len(v.win.Rows) {
			return p
		}
		p = place{row: next}
	}
	for ; n < 0; n++ {
		if p.sub > 0 {
			p.sub--
			continue
		}
		prev := p.row - 1
		for prev >= 0 && v.count(prev) == 0 {
			prev--
		}
		if prev < 0 {
			return p
		}
		p = place{row: prev, sub: v.count(prev) - 1}
	}
	return p
}

// layout finds which lines are drawn.
func (v *View) layout() {
	v.drawn = v.drawn[:0]
	rows := v.win.Rows
	if len(rows) == 0 || v.h <= 0 || v.w <= 0 {
		return
	}
	last := len(rows) - 1
	for last > 0 && v.count(last) == 0 {
		last--
	}
	// The lowest place that the top may have, so that no space is left empty.
	lowest := v.walk(place{last, max(0, v.count(last)-1)}, -(v.h - 1))
	at := lowest
	if !v.follow && v.win.Source == v.source {
		top, sub := v.top, v.sub
		if !v.has(top) {
			top, sub = v.shownTop, v.shownSub // what was drawn, until the rows are there
		}
		p := place{row: int(min(max(top-v.win.From, 0), int64(last)))}
		for p.row > 0 && v.count(p.row) == 0 {
			p.row--
		}
		p.sub = min(sub, max(0, v.count(p.row)-1))
		if p.row < lowest.row || p.row == lowest.row && p.sub < lowest.sub {
			at = p
		}
	}
	v.shownTop, v.shownSub = rows[at.row].Pos, at.sub
	for i := at.row; i < len(rows) && len(v.drawn) < v.h; i++ {
		n := v.count(i)
		sub := 0
		if i == at.row {
			sub = at.sub
		}
		for ; sub < n && len(v.drawn) < v.h; sub++ {
			v.drawn = append(v.drawn, drawnLine{row: i, sub: sub, last: sub == n-1})
		}
	}
}
