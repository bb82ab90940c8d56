package tui

// pane is a part of the screen that can have the focus.
type pane int

// The panes.
const (
	treePane pane = iota
	detailPane
	stripPane
	// firstPin is the first of the pinned logs; the others follow it.
	firstPin
)

// maxPins is how many logs can be pinned.
const maxPins = 3

// rect is a part of the screen in cells; an empty one is not shown.
type rect struct{ X, Y, W, H int }

// Empty says that nothing is drawn there.
func (r rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Contains says whether the cell is in the rectangle.
func (r rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// prefs are the wishes that the layout honours.
type prefs struct {
	TreeHidden bool `json:"tree_hidden,omitempty"`
	// TreeWidth is the tree's columns; 0: what fits the screen.
	TreeWidth int `json:"tree_width,omitempty"`
	// StripOpen gives ATTENTION half of the screen.
	StripOpen bool `json:"strip_open,omitempty"`
	Zoom      bool `json:"-"`
	// Alerts is how many rows the strip has to show, Pins how many logs are pinned.
	Alerts int `json:"-"`
	Pins   int `json:"-"`
}

// rects is where everything stands.
type rects struct {
	// Small: the screen is too small for anything; only a message is shown.
	Small  bool
	Header rect // one line; below it, a thin line
	Tree   rect
	Detail rect // its first two lines are the tabs and a thin line
	Side   rect // stats of the selection, on wide screens without pins
	// Body is what tree, detail, side and pins share.
	Body rect
	// Pins are the pinned logs that there is room for: in a column beside the
	// detail, or below it. Their first line is the name in a thin line.
	Pins [maxPins]rect
	// Strip is ATTENTION; its first line is the title in a thin line.
	Strip rect
	// HintRule is the thin line above the hints.
	HintRule rect
	Hints    rect
	// Wall and SideWall are the columns of the thin lines behind the tree and before
	// the side or the pins; -1 without one.
	Wall, SideWall int
}

// The least screen that anything useful fits in.
const (
	leastWidth  = 36
	leastHeight = 10
)

// layout says where everything stands on a screen of w by h cells.
func layout(w, h int, focus pane, p prefs) rects {
	r := rects{Wall: -1, SideWall: -1}
	if w < leastWidth || h < leastHeight {
		r.Small = true
		return r
	}
	r.Header = rect{0, 0, w, 1}
	r.Hints = rect{0, h - 1, w, 1}
	top, bottom := 2, h-1
	if h >= 30 {
		bottom--
		r.HintRule = rect{0, bottom, w, 1}
	}
	if p.Zoom && focus == stripPane {
		r.Strip = rect{0, top - 1, w, bottom - top + 1}
		return r
	}
	if n := stripRows(h, p, focus); n > 0 && !p.Zoom {
		bottom -= n + 1
		r.Strip = rect{0, bottom, w, n + 1}
	}
	body := rect{0, top, w, bottom - top}
	r.Body = body
	tree := treeWidth(w, p)
	switch {
	case p.Zoom && focus == treePane:
		r.Tree = body
	case p.Zoom && focus >= firstPin && focus < firstPin+pane(min(p.Pins, maxPins)):
		r.Pins[focus-firstPin] = body
		return r
	case p.Zoom:
		r.Detail = body
		return r
	case tree == 0 && (focus != treePane || p.TreeHidden):
		r.Detail = body
	case tree == 0:
		r.Tree = body
	default:
		r.Tree = rect{0, top, tree, body.H}
		r.Wall = tree
		r.Detail = rect{tree + 1, top, w - tree - 1, body.H}
		if w >= 160 && p.Pins == 0 {
			const side = 34
			r.Detail.W -= side + 1
			r.SideWall = r.Detail.X + r.Detail.W
			r.Side = rect{r.SideWall + 1, top, side, body.H}
		}
	}
	r.pin(min(p.Pins, maxPins))
	return r
}

// The least that a pin, and the detail above pins, are of use with.
const (
	leastPinRows    = 5
	leastDetailRows = 7
	leastPinColumns = 55
)

// pin gives the pins a part of the detail's room: half of it where both can
// stand side by side, else rows below it.
func (r *rects) pin(n int) {
	d := r.Detail
	if n == 0 || d.Empty() {
		return
	}
	if d.W > 2*leastPinColumns {
		r.Detail.W = (d.W - 1) / 2
		r.SideWall = d.X + r.Detail.W
		column := rect{r.SideWall + 1, d.Y, d.W - r.Detail.W - 1, d.H}
		r.stack(column, min(n, max(1, d.H/leastPinRows)))
		return
	}
	for n > 0 && d.H-n*leastPinRows < leastDetailRows {
		n--
	}
	if n == 0 {
		return
	}
	below := n * max(leastPinRows, d.H/(n+1))
	r.Detail.H = d.H - below
	r.stack(rect{d.X, d.Y + r.Detail.H, d.W, below}, n)
}

// stack puts n pins below each other.
func (r *rects) stack(room rect, n int) {
	for i := range n {
		from, to := room.H*i/n, room.H*(i+1)/n
		r.Pins[i] = rect{room.X, room.Y + from, room.W, to - from}
	}
}

// treeWidth is the tree's columns beside the detail; 0: there is no place for
// both.
func treeWidth(w int, p prefs) int {
	switch {
	case p.TreeHidden || w < 60:
		return 0
	case p.TreeWidth > 0:
		return max(16, min(p.TreeWidth, w-40))
	case w < 100:
		return 22
	case w < 160:
		return 35
	}
	return 40
}

// stripRows is how many alerts the strip shows; one line says that there are
// none.
func stripRows(h int, p prefs, focus pane) int {
	switch {
	case h < 16 && focus != stripPane && !p.StripOpen:
		return 0
	case p.Alerts == 0:
		return 1
	case p.StripOpen:
		return max(1, min(max(4, p.Alerts), h/2-2))
	case h >= 30:
		return 4
	}
	return 1
}
