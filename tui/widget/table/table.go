// Package table draws rows in columns, sorted by one of them, with a cursor
// that stays on its row. It knows cells of text, never what they mean.
package table

import (
	"cmp"
	"slices"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Column is a heading and how its cells are laid out.
type Column struct {
	Title string
	// Min is the least width. Grow columns share what is left over.
	Min   int
	Grow  bool
	Right bool
}

// Cell is a text in an ink, with what it is sorted by.
type Cell struct {
	Text string
	Ink  theme.Ink
	// Sort orders numbers; cells with equal Sort are ordered by Text.
	Sort float64
}

// Row is one line.
type Row struct {
	ID    string
	Cells []Cell
}

// Table is the widget.
type Table struct {
	columns []Column
	rows    []Row
	sort    int // column; -1: as given
	desc    bool

	selected string
	at, top  int
	headed   bool
}

// New is a table without rows, in the order that they are given.
func New(columns ...Column) *Table { return &Table{columns: columns, sort: -1} }

// SetRows gives all rows.
func (t *Table) SetRows(rows []Row) {
	t.rows = rows
	t.order()
}

func (t *Table) order() {
	if t.sort >= 0 && t.sort < len(t.columns) {
		slices.SortStableFunc(t.rows, func(a, b Row) int {
			x, y := a.Cells[t.sort], b.Cells[t.sort]
			c := cmp.Or(cmp.Compare(x.Sort, y.Sort), cmp.Compare(x.Text, y.Text))
			if t.desc {
				return -c
			}
			return c
		})
	}
	if i := slices.IndexFunc(t.rows, func(r Row) bool { return r.ID == t.selected }); i >= 0 {
		t.at = i
	}
	t.at = max(0, min(t.at, len(t.rows)-1))
	if t.at < len(t.rows) {
		t.selected = t.rows[t.at].ID
	}
}

// SortBy is the column that orders the rows (-1: as given), and which way.
func (t *Table) SortBy() (column int, descending bool) { return t.sort, t.desc }

// SetSort orders the rows by a column; SetRows applies it.
func (t *Table) SetSort(column int, descending bool) { t.sort, t.desc = column, descending }

// Order is how a table is sorted: by the column of that title; without one, as
// the rows are given.
type Order struct {
	By   string `json:"by,omitempty"`
	Down bool   `json:"down,omitempty"`
}

// Order is how the table is sorted.
func (t *Table) Order() Order {
	if t.sort < 0 || t.sort >= len(t.columns) {
		return Order{}
	}
	return Order{t.columns[t.sort].Title, t.desc}
}

// SetOrder sorts as Order said before; a column that is not there changes nothing.
func (t *Table) SetOrder(o Order) {
	if i := slices.IndexFunc(t.columns, func(c Column) bool { return c.Title == o.By && c.Title != "" }); i >= 0 {
		t.sort, t.desc = i, o.Down
	}
}

// NextSort orders by the next column that has a title, numbers with the largest
// first; after the last one, as given. It returns the column's title.
func (t *Table) NextSort() string {
	t.sort++
	for t.sort < len(t.columns) && t.columns[t.sort].Title == "" {
		t.sort++
	}
	if t.sort >= len(t.columns) {
		t.sort, t.desc = -1, false
		return "given order"
	}
	t.desc = t.columns[t.sort].Right
	return t.columns[t.sort].Title
}

// Reverse turns the order round.
func (t *Table) Reverse() { t.desc = !t.desc }

// Selected is the ID of the row under the cursor.
func (t *Table) Selected() (string, bool) {
	if t.at < len(t.rows) {
		return t.rows[t.at].ID, true
	}
	return "", false
}

// Select puts the cursor on a row, as soon as it is there.
func (t *Table) Select(id string) { t.selected = id }

// Move moves the cursor.
func (t *Table) Move(n int) {
	if len(t.rows) == 0 {
		return
	}
	t.at = max(0, min(t.at+n, len(t.rows)-1))
	t.selected = t.rows[t.at].ID
}

// Click puts the cursor on the row at line y of the last View.
func (t *Table) Click(y int) bool {
	i := t.top + y
	if t.headed {
		i--
	}
	if i < t.top || i >= len(t.rows) {
		return false
	}
	t.at, t.selected = i, t.rows[i].ID
	return true
}

// View draws w by h cells, the heading first when there is room.
func (t *Table) View(w, h int, focused bool, in *theme.Inks) []string {
	widths := t.widths(w - 1)
	var lines []string
	t.headed = h > 2
	if t.headed {
		lines = append(lines, t.heading(w, widths, in))
		h--
	}
	if t.at < t.top {
		t.top = t.at
	}
	if t.at >= t.top+h {
		t.top = t.at - h + 1
	}
	t.top = max(0, min(t.top, len(t.rows)-h))
	for i := t.top; i < min(t.top+h, len(t.rows)); i++ {
		lines = append(lines, t.row(t.rows[i], i == t.at, focused, w, widths, in))
	}
	if t.headed {
		h++
	}
	return cell.Block(lines, w, h)
}

func (t *Table) widths(w int) []int {
	widths := make([]int, len(t.columns))
	grow, used := 0, 0
	for i, c := range t.columns {
		widths[i] = max(c.Min, cell.Width(c.Title)+2)
		if !c.Grow {
			for _, r := range t.rows {
				widths[i] = max(widths[i], cell.Width(r.Cells[i].Text)+1)
			}
			widths[i] = min(widths[i], max(c.Min, 40))
		} else {
			widths[i] = max(c.Min, cell.Width(c.Title)+2)
			grow++
		}
		used += widths[i]
	}
	for i, c := range t.columns {
		if c.Grow && used < w {
			n := (w - used) / grow
			widths[i] += n
			used += n
			grow--
		}
	}
	return widths
}

func (t *Table) heading(w int, widths []int, in *theme.Inks) string {
	l := cell.NewLine(w).Put(in.Heading, " ")
	for i, c := range t.columns {
		title := c.Title
		if i == t.sort {
			title += map[bool]string{false: "↑", true: "↓"}[t.desc]
		}
		put(l, in.Heading, theme.Ink{}, title, widths[i], c.Right)
	}
	return l.String()
}

func (t *Table) row(r Row, selected, focused bool, w int, widths []int, in *theme.Inks) string {
	l := cell.NewLine(w)
	sel := in.SelectedBlur
	mark := in.Faint
	if focused {
		sel, mark = in.Selected, in.Accent
	}
	if selected {
		l.Put(mark, "▌")
	} else {
		l.Put(mark, " ")
	}
	fill := theme.Ink{}
	if selected {
		fill = sel
	}
	for i, c := range t.columns {
		ink := r.Cells[i].Ink
		if selected {
			ink = sel
		}
		put(l, ink, fill, r.Cells[i].Text, widths[i], c.Right)
	}
	return l.Fill(fill, 0).String()
}

func put(l *cell.Line, ink, fill theme.Ink, text string, w int, right bool) {
	w = min(w, l.Left())
	if right {
		l.ColumnRight(ink, text, w-1)
	} else {
		l.Column(ink, text, w-1)
	}
	l.Put(fill, " ")
}
