package logview

import "slices"

// Follow goes to the end and stays there as rows come.
func (v *View) Follow() {
	v.follow, v.seen, v.boost = true, v.bounds.End, 1
	v.cursor, v.reveal = max(v.bounds.First, v.bounds.End-1), -1
	v.stale = true
}

// Freeze keeps what is shown while rows come.
func (v *View) Freeze() {
	v.freeze()
	v.stale = true
}

func (v *View) freeze() {
	if !v.follow {
		return
	}
	v.layout()
	v.follow, v.seen = false, v.bounds.End
	v.bounds.End = max(v.bounds.End, v.coming)
	if len(v.drawn) > 0 {
		first := v.drawn[0]
		v.top, v.sub = v.win.Rows[first.row].Pos, first.sub
		if i, ok := v.index(v.cursor); !ok || i > v.drawn[len(v.drawn)-1].row {
			v.cursor = v.win.Rows[v.drawn[len(v.drawn)-1].row].Pos
		}
	} else {
		v.top, v.sub = max(v.bounds.First, v.bounds.End-int64(v.h)), 0
	}
	v.clamp()
}

// Move moves the cursor by n rows that are not folded away. Moving down from
// the last row follows the log again.
func (v *View) Move(n int) {
	if v.bounds.End <= v.bounds.First {
		return
	}
	if n > 0 && (v.follow || v.cursor >= v.bounds.End-1) {
		if v.anchor < 0 {
			v.Follow()
		}
		return
	}
	v.freeze()
	v.reveal = -1
	step := int64(1)
	if n < 0 {
		step, n = -1, -n
	}
	for range n {
		next := v.cursor + step
		for v.folded(next) && next > v.bounds.First && next < v.bounds.End-1 {
			next += step
		}
		if next < v.bounds.First || next >= v.bounds.End || v.folded(next) {
			break
		}
		v.cursor = next
	}
	v.keepCursorInView()
	v.stale = true
}

// Page moves the view by n pages and the cursor with it.
func (v *View) Page(n int) { v.scroll(n*max(1, v.h-1), true) }

// Scroll moves what is shown by n lines; the cursor stays as long as it is in
// view. Scrolling down at the end follows the log again.
func (v *View) Scroll(n int) { v.scroll(n, false) }

func (v *View) scroll(n int, withCursor bool) {
	if v.bounds.End <= v.bounds.First || n == 0 || n > 0 && v.follow {
		return
	}
	v.freeze()
	v.layout()
	if len(v.drawn) == 0 {
		return
	}
	last := v.drawn[len(v.drawn)-1]
	if n > 0 && v.win.Rows[last.row].Pos >= v.bounds.End-1 && last.last {
		if v.anchor < 0 {
			v.Follow()
		}
		return
	}
	at := place{v.drawn[0].row, v.drawn[0].sub}
	moved := v.walk(at, n)
	v.top, v.sub = v.win.Rows[moved.row].Pos, moved.sub
	if n < 0 && moved.row == 0 && v.win.From > v.bounds.First {
		// The rest of the way is not loaded yet.
		v.top = max(v.bounds.First, v.top-int64(max(0, -n-v.linesBetween(moved, at))))
	}
	v.reveal, v.stale = -1, true
	v.layout()
	if len(v.drawn) == 0 {
		return
	}
	first, end := v.win.Rows[v.drawn[0].row].Pos, v.win.Rows[v.drawn[len(v.drawn)-1].row].Pos
	switch {
	case withCursor && n < 0:
		v.cursor = first
	case withCursor:
		v.cursor = end
	default:
		v.cursor = min(max(v.cursor, first), end)
	}
	v.clamp()
}

func (v *View) linesBetween(a, b place) int {
	n := b.sub - a.sub
	for i := a.row; i < b.row; i++ {
		n += v.count(i)
	}
	return n
}

// ScrollSideways moves what is shown by n cells to the right.
func (v *View) ScrollSideways(n int) {
	if v.opts.Wrap {
		return
	}
	if left := max(0, v.left+n); left != v.left {
		v.left, v.stale = left, true
	}
}

// Home goes to the first row.
func (v *View) Home() { v.Jump(v.bounds.First) }

// Jump puts the cursor on a position and shows it with what is around it.
func (v *View) Jump(pos int64) {
	if v.bounds.End <= v.bounds.First {
		return
	}
	v.freeze()
	v.boost = 1
	v.cursor = min(max(pos, v.bounds.First), v.bounds.End-1)
	v.stale = true
	if i, ok := v.index(v.cursor); ok {
		if r := v.win.Rows[i]; v.folded(v.cursor) {
			v.open[r.Group] = true
		}
		v.reveal = -1
		v.layout()
		for _, d := range v.drawn {
			if d.row == i {
				return // already in view
			}
		}
		v.centre(v.cursor)
		return
	}
	v.reveal = v.cursor
	v.top, v.sub = max(v.bounds.First, v.cursor-int64(v.h/2)), 0
}

// Select begins a selection at the cursor, or ends it.
func (v *View) Select() {
	v.stale = true
	if v.anchor >= 0 {
		v.anchor = -1
		return
	}
	v.freeze()
	v.anchor, v.pick = v.cursor, chunk{}
}

// Unselect takes the selection away.
func (v *View) Unselect() { v.anchor, v.stale = -1, true }

// Click puts the cursor on the row that is drawn in line y; x is the cell that a
// drag begins in.
func (v *View) Click(x, y int) bool {
	pos, ok := v.at(y)
	if !ok {
		return false
	}
	v.freeze()
	v.pressed, _ = v.spotAt(x, y)
	v.pick = chunk{}
	v.cursor, v.anchor, v.reveal, v.stale = pos, -1, -1, true
	v.clamp()
	return true
}

// Drag selects from the row that was clicked to the one drawn in line y; above
// and below the view it scrolls. Within one line it selects characters.
func (v *View) Drag(x, y int) {
	if v.bounds.End <= v.bounds.First {
		return
	}
	v.freeze()
	if v.anchor < 0 {
		v.anchor = v.cursor
	}
	switch {
	case y < 0:
		v.Move(-1)
	case y >= v.h:
		v.Move(1)
	default:
		if pos, ok := v.at(y); ok {
			v.cursor, v.reveal = pos, -1
		}
	}
	v.clamp()
	v.pickTo(x, y)
	v.stale = true
}

// at is the position that is drawn in line y.
func (v *View) at(y int) (int64, bool) {
	v.layout()
	if y < 0 || y >= len(v.drawn) {
		return 0, false
	}
	return v.win.Rows[v.drawn[y].row].Pos, true
}

// NextMark goes to the next mark in direction dir, 1 or -1; false without one.
func (v *View) NextMark(dir int) bool {
	marks := v.Marks()
	if dir < 0 {
		slices.Reverse(marks)
	}
	for _, m := range marks {
		if (m-v.cursor)*int64(dir) > 0 {
			v.Jump(m)
			return true
		}
	}
	return false
}

// clamp keeps positions within the bounds.
func (v *View) clamp() {
	first, last := v.bounds.First, max(v.bounds.First, v.bounds.End-1)
	v.cursor = min(max(v.cursor, first), last)
	v.top = min(max(v.top, first), last)
	if v.anchor >= 0 {
		v.anchor = min(max(v.anchor, first), last)
	}
	if v.reveal >= 0 {
		v.reveal = min(max(v.reveal, first), last)
	}
}

// centre shows pos in the middle.
func (v *View) centre(pos int64) {
	i, ok := v.index(pos)
	if !ok {
		return
	}
	if r := v.win.Rows[i]; v.folded(pos) {
		v.open[r.Group] = true
	}
	p := v.walk(place{row: i}, -v.h/2)
	v.top, v.sub, v.stale = v.win.Rows[p.row].Pos, p.sub, true
}

// keepCursorInView scrolls as little as needed.
func (v *View) keepCursorInView() {
	if v.follow || v.reveal >= 0 {
		return
	}
	i, ok := v.index(v.cursor)
	if !ok {
		v.reveal = v.cursor
		if v.cursor < v.top {
			v.top, v.sub = v.cursor, 0
		}
		v.stale = true
		return
	}
	v.stale = true
	v.layout()
	if len(v.drawn) == 0 {
		return
	}
	first, last := v.drawn[0], v.drawn[len(v.drawn)-1]
	switch {
	case i < first.row || i == first.row && first.sub > 0:
		v.top, v.sub = v.cursor, 0
	case i > last.row || i == last.row && !last.last:
		// A row that is folded away takes no line.
		p := v.walk(place{row: i, sub: max(0, v.count(i)-1)}, -(v.h - 1))
		if p.row == i && p.sub > 0 {
			p.sub = 0 // higher than the view: its beginning
		}
		v.top, v.sub = v.win.Rows[p.row].Pos, p.sub
	}
	v.stale = true
}
