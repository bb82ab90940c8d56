// Package tree draws groups of rows and remembers which is selected. It keeps
// the selection on the same row when others come and go, and never moves it by
// itself.
package tree

import (
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Node is a row: a group's heading, or one of its members.
type Node struct {
	// ID names the row for good; Group is the ID of the heading above it, empty
	// for a heading.
	ID, Group string
	Glyph     string
	GlyphInk  theme.Ink
	Label     string
	// Detail stands behind the label where there is room, Value at the right end.
	Detail, Value string
	ValueInk      theme.Ink
	// Folded: the group is folded until a person opens it.
	Folded bool
}

// Tree is the widget.
type Tree struct {
	nodes     []Node
	collapsed map[string]bool // what a person said, by group
	folded    map[string]bool // what holds until they did
	filter    string
	// preferred is selected as soon as it is there, unless the cursor moved before.
	preferred string

	visible  []int // indices into nodes
	selected string
	// at is where selected was last seen among visible: its neighbour is chosen
	// when it goes.
	at, top int
	// loose: the wheel has scrolled, the cursor may be out of sight until it moves.
	loose bool
	// touched: a person has put the cursor where it is.
	touched bool
	version int
}

// Version changes when the picture may have changed.
func (t *Tree) Version() int { return t.version }

// SetNodes gives all rows, headings first in their groups.
func (t *Tree) SetNodes(nodes []Node) {
	t.nodes = nodes
	t.folded = nil
	for _, n := range nodes {
		if n.Group == "" && n.Folded {
			if t.folded == nil {
				t.folded = map[string]bool{}
			}
			t.folded[n.ID] = true
		}
	}
	t.refresh()
}

// SetFilter shows only the rows whose label holds all the words.
func (t *Tree) SetFilter(f string) {
	if f != t.filter {
		t.filter = f
		t.refresh()
	}
}

// Filter is what SetFilter was given.
func (t *Tree) Filter() string { return t.filter }

// Collapsed lists the groups that a person folded, Opened those that they opened.
func (t *Tree) Collapsed() []string { return t.said(true) }

// Opened lists the groups that a person opened.
func (t *Tree) Opened() []string { return t.said(false) }

func (t *Tree) said(collapsed bool) []string {
	var ids []string
	for id, c := range t.collapsed {
		if c == collapsed {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// SetCollapsed folds or opens a group.
func (t *Tree) SetCollapsed(id string, c bool) {
	if t.collapsed == nil {
		t.collapsed = map[string]bool{}
	}
	t.collapsed[id] = c
	t.refresh()
}

// Toggle folds or opens the group.
func (t *Tree) Toggle(id string) { t.SetCollapsed(id, !t.IsCollapsed(id)) }

// IsCollapsed says whether the group is folded.
func (t *Tree) IsCollapsed(id string) bool {
	if c, said := t.collapsed[id]; said {
		return c
	}
	return t.folded[id]
}

// Selected is the row under the cursor; false when there is none.
func (t *Tree) Selected() (Node, bool) {
	if t.at < len(t.visible) {
		return t.nodes[t.visible[t.at]], true
	}
	return Node{}, false
}

// Select puts the cursor on the row, opening its group and dropping the filter
// when they hide it; it says whether there is such a row.
func (t *Tree) Select(id string) bool {
	i := slices.IndexFunc(t.nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return false
	}
	t.selected, t.loose, t.preferred, t.touched = id, false, "", true
	if !t.shows(t.nodes[i]) {
		t.filter = ""
		t.SetCollapsed(t.nodes[i].Group, false)
	}
	t.refresh()
	return true
}

// Prefer is Select for a row that may come later.
func (t *Tree) Prefer(id string) {
	t.selected, t.preferred = id, id
	t.refresh()
}

// Move moves the cursor by n rows, not beyond the ends.
func (t *Tree) Move(n int) {
	if len(t.visible) == 0 {
		return
	}
	t.loose, t.preferred, t.touched = false, "", true
	t.at = min(max(t.at+n, 0), len(t.visible)-1)
	t.selected = t.nodes[t.visible[t.at]].ID
	t.version++
}

// Parent moves the cursor to the heading of its group.
func (t *Tree) Parent() {
	if n, ok := t.Selected(); ok && n.Group != "" {
		t.Select(n.Group)
	}
}

// Click puts the cursor on the row at line y of the last View; it says whether
// there is one.
func (t *Tree) Click(y int) bool {
	i := t.top + y
	if y < 0 || i >= len(t.visible) {
		return false
	}
	t.at, t.preferred, t.touched = i, "", true
	t.selected = t.nodes[t.visible[i]].ID
	t.version++
	return true
}

func (t *Tree) shows(n Node) bool {
	if t.filter == "" {
		return n.Group == "" || !t.IsCollapsed(n.Group)
	}
	if n.Group == "" {
		return false
	}
	label := strings.ToLower(n.Label + " " + n.Detail)
	for w := range strings.FieldsSeq(strings.ToLower(t.filter)) {
		if !strings.Contains(label, w) {
			return false
		}
	}
	return true
}

func (t *Tree) refresh() {
	t.version++
	t.visible = t.visible[:0]
	var groups map[string]bool
	if t.filter != "" {
		// A heading stays as long as one of its members does.
		groups = map[string]bool{}
		for _, n := range t.nodes {
			if t.shows(n) {
				groups[n.Group] = true
			}
		}
	}
	found := -1
	for i, n := range t.nodes {
		if !t.shows(n) && !groups[n.ID] {
			continue
		}
		if n.ID == t.selected && (found < 0 || t.preferred == "") || n.ID == t.preferred {
			found = len(t.visible)
		}
		t.visible = append(t.visible, i)
	}
	if found >= 0 && !t.touched && t.preferred == "" && t.nodes[t.visible[found]].Group == "" {
		found = -1 // a heading that was all there was: now there may be more
		t.selected = ""
	}
	if found >= 0 {
		t.at = found
		t.selected = t.nodes[t.visible[found]].ID
		return
	}
	if len(t.visible) == 0 {
		t.at = 0
		return
	}
	t.at = min(t.at, len(t.visible)-1)
	if t.selected == "" || !t.touched && t.preferred == "" {
		// Nothing was chosen yet: the first member, not its heading.
		for i, v := range t.visible {
			if t.nodes[v].Group != "" {
				t.at = i
				break
			}
		}
	}
	t.selected = t.nodes[t.visible[t.at]].ID
}

// View draws w by h cells. narrow drops the details and the indent.
func (t *Tree) View(w, h int, focused bool, in *theme.Inks) []string {
	t.scroll(h)
	lines := make([]string, 0, h)
	name := t.nameWidth(w)
	for y := range h {
		i := t.top + y
		if i >= len(t.visible) {
			break
		}
		lines = append(lines, t.row(t.nodes[t.visible[i]], i == t.at, focused, w, name, in))
	}
	if len(lines) == 0 && t.filter != "" {
		lines = append(lines, cell.NewLine(w).Put(in.Muted, " nothing matches “"+t.filter+"”").String())
		lines = append(lines, cell.NewLine(w).Put(in.Faint, " esc clears the filter").String())
	}
	return cell.Block(lines, w, h)
}

func (t *Tree) scroll(h int) {
	if t.at < t.top && !t.loose {
		t.top = t.at
	}
	if t.at >= t.top+h && !t.loose {
		t.top = t.at - h + 1
	}
	t.top = max(0, min(t.top, len(t.visible)-h))
}

// narrow is the width under which details and indents are left out.
const narrow = 28

// nameWidth is the column of the labels: as wide as the widest, within reason.
func (t *Tree) nameWidth(w int) int {
	widest := 4
	for _, i := range t.visible {
		if t.nodes[i].Group != "" {
			widest = max(widest, cell.Width(t.nodes[i].Label))
		}
	}
	if w < narrow {
		return w
	}
	return min(widest+2, max(8, w*3/5))
}

func (t *Tree) row(n Node, selected, focused bool, w, name int, in *theme.Inks) string {
	l := cell.NewLine(w)
	text, muted, mark := in.Text, in.Faint, " "
	glyph, value := n.GlyphInk, n.ValueInk
	if selected {
		mark = "▌"
		text = in.SelectedBlur
		if focused {
			text = in.Selected
		}
		muted, glyph, value = text, text, text
	}
	fill := theme.Ink{}
	if selected {
		fill = text
	}
	l.Put(pick(selected && focused, in.Accent, in.Faint), mark)
	if n.Group == "" {
		arrow := "▾ "
		if t.IsCollapsed(n.ID) && t.filter == "" {
			arrow = "▸ "
		}
		heading := in.Heading
		if selected {
			heading = text
		}
		l.Put(heading, arrow+cell.Cut(n.Label, l.Left()-cell.Width(n.Value)-3))
		l.Fill(fill, cell.Width(n.Value)+1).Put(pick(selected, text, value), n.Value).Fill(fill, 0)
		return l.String()
	}
	if w >= narrow {
		l.Put(fill, "  ")
	}
	l.Put(glyph, n.Glyph).Put(fill, " ")
	val := n.Value
	room := l.Left() - 1
	vw := min(cell.Width(val), max(room-6, room/2))
	if w < narrow {
		l.Column(text, n.Label, room-vw-min(1, vw)).Put(fill, " ")
	} else {
		l.Column(text, n.Label, min(name, room-vw-1))
		if left := l.Left() - vw - 2; left >= 4 {
			l.Put(muted, cell.Cut(n.Detail, left))
		}
	}
	l.Fill(fill, vw+1).ColumnRight(value, val, vw).Fill(fill, 0)
	return l.String()
}

func pick(c bool, a, b theme.Ink) theme.Ink {
	if c {
		return a
	}
	return b
}

// Scroll shows other rows and leaves the cursor where it is.
func (t *Tree) Scroll(n int) {
	t.top += n
	t.loose = true
	t.version++
}
