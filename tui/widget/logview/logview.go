// Package logview shows a window of a log: it follows the end, freezes when the
// user scrolls, highlights, folds stack traces and selects lines. It never reads
// a log itself: it says which rows it needs, and draws those that it was given.
package logview

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"charm.land/lipgloss/v2"
)

// ID names a line for good, wherever it stands in what is shown.
type ID struct {
	Source string
	N      int64
}

// Level is how serious a row is.
type Level uint8

// The levels, in order.
const (
	Unknown Level = iota
	Trace
	Debug
	Info
	Warn
	Error
	Fatal
)

// Kind is where a row comes from.
type Kind uint8

// The kinds.
const (
	Out Kind = iota
	Err
	Note // by the program that shows the log, not by the one that wrote it
)

// Line is a line of an unfolded row.
type Line struct {
	Text  string
	Links []Link
}

// Row is one line of a log, ready to draw: its text is free of control
// characters and of characters about whose width terminals disagree.
type Row struct {
	// Pos is where the row stands in what is shown: First, First+1, ... End-1.
	Pos   int64
	ID    ID
	Time  time.Time
	Kind  Kind
	Level Level
	Text  string
	Spans []Span
	// Structured rows are drawn as level, message and fields; Format is their
	// name ("json").
	Structured bool
	Format     string
	Message    string
	Fields     []Field
	// Unfold is the fields as lines, for a row that is unfolded; nil: a line each.
	Unfold func() []Line
	Links  []Link
	// Stamp is where the text begins behind a time of its own that Time repeats;
	// it is not drawn where the time is.
	Stamp int
	// Part says which line of a stack trace it is, 0 for a line of its own, Idle
	// for one that says nothing; Group is the trace's first line.
	Part  int
	Group ID
	// Break is drawn as a line above the row: "run 12 · cart.go changed".
	Break string
	// Cut is how many bytes of the line are not in Text.
	Cut int64
	// Open: the line has no end yet.
	Open bool
}

// Span is a part of Text that the program coloured; SGR is one escape sequence
// that sets its look.
type Span struct {
	Start, End int
	SGR        string
}

// Field is a named value of a structured row.
type Field struct{ Key, Value string }

// Link is a part of Text that leads somewhere.
type Link struct {
	Start, End int
	URL        string
}

// Bounds is what there is to show.
type Bounds struct {
	First, End int64
	// Dropped lines stood before First and are gone for good.
	Dropped int64
}

// Window is a stretch of rows without holes, from position From on.
type Window struct {
	// Source is the word that SetSource was given: a window that was asked for
	// before the source changed is ignored.
	Source int
	From   int64
	Rows   []Row
	Bounds Bounds
}

// End is the position after the window's last row.
func (w Window) End() int64 { return w.From + int64(len(w.Rows)) }

// Request asks for the rows [From, From+N). With Last, rows that have come
// meanwhile are wanted too: the last N.
type Request struct {
	Source int
	From   int64
	N      int
	Last   bool
}

// TimeColumn says how the time before a row is shown.
type TimeColumn uint8

// The time columns.
const (
	NoTime TimeColumn = iota
	Clock             // 12:04:30.117
	Delta             // since the row above
)

// Options is how rows are drawn.
type Options struct {
	Time TimeColumn
	Wrap bool
	// AsPrinted shows structured rows as the program printed them.
	AsPrinted bool
	// Sources is the width of the column that names each row's source; 0: none.
	Sources int
	// HiddenFields are not drawn in structured rows.
	HiddenFields map[string]bool
	// Zone is where the clock is; nil is local time.
	Zone *time.Location
}

// Styles are the looks that the view needs, by meaning.
type Styles struct {
	Text, Muted, Faint, Accent                                  lipgloss.Style
	Cursor, CursorBlur                                          lipgloss.Style
	Error, Warning, Info, Debug, Note, Key, Match, MatchCurrent lipgloss.Style
	Border                                                      lipgloss.Style
}

// Overview is what the scrollbar ticks: positions of errors and of search hits,
// in no order, as many or as few as are known.
type Overview struct{ Errors, Hits []int64 }

// View is the log view. The zero value is not ready: use New. It is not safe
// for concurrent use.
type View struct {
	looks   looks
	opts    Options
	w, h    int
	focused bool

	source int
	bounds Bounds
	// coming is the end that Grow told of, whose rows are not there yet.
	coming int64
	win    Window
	// boost grows when rows fold so much that a window does not fill the view.
	boost int

	follow bool
	seen   int64 // the end when the view was frozen
	top    int64 // position of the first row drawn, when not following
	sub    int   // how many of its lines are above the view
	reveal int64 // position to bring into view when its rows are there; -1 none
	cursor int64
	anchor int64 // other end of the selection; -1 none
	left   int   // cells scrolled to the right
	// pressed is where the mouse was pressed, pick what was dragged over of its text.
	pressed spot
	pick    chunk

	open  map[ID]bool
	marks map[ID]int64

	search   *regexp.Regexp
	overview Overview

	stale  bool
	cached string
	// shownTop and shownSub are the top line of what is drawn.
	shownTop int64
	shownSub int
	drawn    []drawnLine
}

// New is a view that follows an empty log.
func New(s Styles) *View {
	v := &View{follow: true, anchor: -1, reveal: -1, boost: 1, open: map[ID]bool{}, marks: map[ID]int64{}, stale: true, focused: true}
	v.SetStyles(s)
	return v
}

// SetStyles changes how everything looks.
func (v *View) SetStyles(s Styles) {
	v.looks = newLooks(s)
	v.stale = true
}

// SetOptions changes how rows are drawn.
func (v *View) SetOptions(o Options) {
	if v.opts.Wrap != o.Wrap {
		v.left, v.sub = 0, 0
	}
	o.HiddenFields = maps.Clone(o.HiddenFields)
	v.opts, v.stale = o, true
	v.keepCursorInView()
}

// Options is how rows are drawn now.
func (v *View) Options() Options { return v.opts }

// SetSize gives the view its place.
func (v *View) SetSize(w, h int) {
	if w == v.w && h == v.h {
		return
	}
	v.w, v.h, v.stale = w, h, true
	if !v.follow {
		v.sub = 0
		v.keepCursorInView()
	}
}

// SetFocused says whether keys go to the view; only the cursor looks different.
func (v *View) SetFocused(f bool) {
	if f != v.focused {
		v.focused, v.stale = f, true
	}
}

// SetSource begins anew with another log or another filter; its rows will have
// other positions. The old rows stay until new ones come.
func (v *View) SetSource(source int, b Bounds) {
	v.source, v.bounds, v.coming, v.boost = source, b, b.End, 1
	v.overview = Overview{}
	clear(v.marks)
	v.anchor, v.reveal, v.left = -1, -1, 0
	v.follow, v.seen = true, b.End
	v.cursor = max(b.First, b.End-1)
	v.stale = true
}

// Renew goes on with the same positions under another word for the source. Rows
// that still stay from the source before are not its own, and become so by nothing.
func (v *View) Renew(source int) {
	if v.win.Source == v.source {
		v.win.Source = source
	}
	v.source, v.stale = source, true
}

// Outdate has the rows read once more, since they are to be drawn otherwise; until
// then they stay.
func (v *View) Outdate() { v.win.Source = outdated }

// outdated is the source of rows that are none of the source's; words for sources
// are never negative.
const outdated = -1

// Source is the word that SetSource or Renew was given last.
func (v *View) Source() int { return v.source }

// SetBounds says that there is more, or less, to show.
func (v *View) SetBounds(b Bounds) {
	if b == v.bounds {
		return
	}
	if b.End < v.bounds.End {
		v.coming = 0 // the log began anew
	}
	v.bounds, v.coming, v.stale = b, max(b.End, v.coming), true
	if v.follow {
		v.seen = b.End
		v.cursor = max(b.First, b.End-1)
	}
	v.clamp()
}

// Grow says that there are more rows. A view that follows shows them and their
// number at once, when it is given them: until then nothing of it changes.
func (v *View) Grow(b Bounds) {
	old := v.bounds
	if !v.follow || v.h <= 0 || old.End <= old.First || len(v.win.Rows) == 0 || b != (Bounds{old.First, b.End, old.Dropped}) || b.End < old.End {
		v.SetBounds(b)
		return
	}
	v.coming = max(v.coming, b.End)
}

// Bounds is what there is to show.
func (v *View) Bounds() Bounds { return v.bounds }

// SetWindow gives the view the rows that it asked for. A window of another
// source, or without rows while there are some, is ignored.
func (v *View) SetWindow(w Window) {
	if w.Source != v.source {
		return
	}
	if w.Bounds.End < v.bounds.End && w.Bounds.First >= v.bounds.First {
		w.Bounds.End = v.bounds.End // news overtook the window
	}
	v.SetBounds(w.Bounds)
	v.win, v.stale = w, true
	for _, r := range w.Rows {
		if _, marked := v.marks[r.ID]; marked {
			v.marks[r.ID] = r.Pos
		}
	}
	if v.reveal >= 0 && v.has(v.reveal) {
		v.centre(v.reveal)
		v.reveal = -1
	} else if !v.follow {
		v.keepCursorInView()
	}
}

// SetSearch highlights what the expression matches; nil highlights nothing.
func (v *View) SetSearch(re *regexp.Regexp) {
	v.search, v.overview.Hits, v.stale = re, nil, true
}

// SetOverview gives the scrollbar its ticks.
func (v *View) SetOverview(o Overview) { v.overview, v.stale = o, true }

// Need says which rows the view lacks; false when it lacks none.
func (v *View) Need() (Request, bool) {
	if v.h <= 0 || v.bounds.End <= v.bounds.First {
		return Request{}, false
	}
	n := int64(max(3*v.h, 64) * v.boost)
	var from, to, top int64 // what is to be seen, with some reach
	end := v.bounds.End
	if v.follow {
		end = max(end, v.coming)
		from, to = max(end-n, v.bounds.First), end
	} else {
		top = v.top
		if v.reveal >= 0 {
			top = v.reveal - int64(v.h/2)
		}
		reach := int64(v.h/2) * int64(v.boost)
		from, to = top-reach, top+int64(v.h)+reach
		from, to = max(from, v.bounds.First), min(to, end)
	}
	if v.win.Source == v.source && v.win.From <= from && v.win.End() >= to && (!v.follow || v.win.End() == to) {
		if v.short() {
			return v.Need() // now for more
		}
		return Request{}, false
	}
	if !v.follow {
		from = top - n/3
	}
	from = max(v.bounds.First, min(from, end-n))
	n = min(n, end-from)
	return Request{Source: v.source, From: from, N: int(n), Last: v.follow}, true
}

const maxBoost = 64

// short says that folding leaves the view with fewer lines than it has place
// for, although there are more rows; it asks for more of them then.
func (v *View) short() bool {
	if v.boost >= maxBoost || len(v.win.Rows) == 0 {
		return false
	}
	more := v.win.From > v.bounds.First || v.win.End() < v.bounds.End
	if !more {
		return false
	}
	v.layout()
	if len(v.drawn) >= v.h {
		return false
	}
	v.boost *= 2
	return true
}

// Following says whether the view shows the end and stays there.
func (v *View) Following() bool { return v.follow }

// New is how many rows have come since the view was frozen.
func (v *View) New() int64 {
	if v.follow {
		return 0
	}
	return max(0, v.bounds.End-max(v.seen, v.bounds.First))
}

// Cursor is the row under the cursor, when it is loaded.
func (v *View) Cursor() (Row, bool) {
	if i, ok := v.index(v.cursor); ok {
		return v.win.Rows[i], true
	}
	return Row{}, false
}

// CursorPos is the position of the cursor.
func (v *View) CursorPos() int64 { return v.cursor }

// Selection is the selected stretch of positions, [from, to); one row when no
// range is selected.
func (v *View) Selection() (from, to int64) {
	if v.bounds.End <= v.bounds.First {
		return 0, 0
	}
	if v.anchor < 0 {
		return v.cursor, v.cursor + 1
	}
	return min(v.cursor, v.anchor), max(v.cursor, v.anchor) + 1
}

// Selecting says whether a range is selected.
func (v *View) Selecting() bool { return v.anchor >= 0 }

// ToggleMark marks the row under the cursor, or takes its mark away, and says
// which row that is; not ok when it is not loaded.
func (v *View) ToggleMark() (id ID, marked, ok bool) {
	r, ok := v.Cursor()
	if !ok {
		return ID{}, false, false
	}
	v.stale = true
	if _, marked := v.marks[r.ID]; marked {
		delete(v.marks, r.ID)
		return r.ID, false, true
	}
	v.marks[r.ID] = r.Pos
	return r.ID, true, true
}

// Unplaced is the position of a marked row that is not known, or not shown.
const Unplaced = -1

// SetMarks marks these rows and no others; their positions may be Unplaced.
func (v *View) SetMarks(marks map[ID]int64) { v.marks, v.stale = maps.Clone(marks), true }

// PlaceMarks says where rows stand, of which some may not be marked any more.
func (v *View) PlaceMarks(at map[ID]int64) {
	for id, pos := range at {
		if _, marked := v.marks[id]; marked {
			v.marks[id], v.stale = pos, true
		}
	}
}

// Marks are the known positions of the marked rows, in order.
func (v *View) Marks() []int64 {
	placed := slices.Sorted(maps.Values(v.marks))
	return slices.DeleteFunc(placed, func(pos int64) bool { return pos == Unplaced })
}

// ToggleOpen unfolds the row under the cursor: the fields of a structured row,
// the frames of a stack trace, the whole of a long line.
func (v *View) ToggleOpen() {
	r, ok := v.Cursor()
	if !ok {
		return
	}
	id := r.ID
	if r.Part > 0 {
		id = r.Group
	}
	if v.open[id] {
		delete(v.open, id)
	} else {
		v.open[id] = true
	}
	v.stale = true
	v.freeze()
	v.keepCursorInView()
}

// index is where a position stands in the window.
func (v *View) index(pos int64) (int, bool) {
	i := pos - v.win.From
	if v.win.Source != v.source || i < 0 || i >= int64(len(v.win.Rows)) {
		return 0, false
	}
	return int(i), true
}

func (v *View) has(pos int64) bool {
	_, ok := v.index(pos)
	return ok
}

// Fields are the names of the fields of the rows that are loaded, in the order in
// which they come.
func (v *View) Fields() []string {
	var names []string
	for i := range v.win.Rows {
		for _, f := range v.win.Rows[i].Fields {
			if !slices.Contains(names, f.Key) {
				names = append(names, f.Key)
			}
		}
	}
	return names
}
