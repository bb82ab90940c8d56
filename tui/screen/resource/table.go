// Package resource shows outside things: the table of a kind, the tabs that a
// provider's answers fill, and what is taken. It asks nobody anything itself.
package resource

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Table is the resources of a group.
type Table struct {
	table *table.Table
	// of is the group that the cursor belongs to.
	of string
}

// NewTable is a table without rows.
func NewTable() *Table { return &Table{table: newTable()} }

func newTable() *table.Table {
	return table.New(
		table.Column{Title: "", Min: 2}, table.Column{Title: "NAME", Min: 12}, table.Column{Title: "STATE", Min: 9},
		table.Column{Title: "PART OF", Min: 8}, table.Column{Title: "AGE", Min: 6, Right: true},
		table.Column{Title: "", Min: 8, Right: true}, table.Column{Title: "ABOUT", Min: 8, Grow: true},
	)
}

// Open asks the root to select a resource.
type Open struct{ ID tasks.ResourceID }

// Selected is the resource under the cursor.
func (t *Table) Selected() (tasks.ResourceID, bool) {
	id, ok := t.table.Selected()
	return tasks.ResourceID(id), ok
}

// Move moves the cursor.
func (t *Table) Move(n int) { t.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (t *Table) Click(y int) bool { return t.table.Click(y) }

// Actions are what can be done with the table itself.
func (t *Table) Actions() []action.Action {
	id, ok := t.Selected()
	none := ""
	if !ok {
		none = "the table is empty"
	}
	return []action.Action{
		{
			ID: "table.open", Title: "Go to what the row is about", Hint: "open", Group: "Table", Keys: []string{"enter", "right"}, Disabled: none,
			Do: func() tea.Cmd { return func() tea.Msg { return Open{id} } },
		},
		{
			ID: "table.sort", Title: "Sort by the next column", Hint: "sort", Group: "Table", Keys: []string{"o"},
			Do: func() tea.Cmd { t.table.NextSort(); return nil },
		},
		{
			ID: "table.reverse", Title: "Turn the order round", Group: "Table", Keys: []string{"O"},
			Do: func() tea.Cmd { t.table.Reverse(); return nil },
		},
	}
}

// Show takes over the rows of a group.
func (t *Table) Show(group string, all []tasks.Resource, f screen.Frame) {
	if group != t.of {
		t.of = group
		column, down := t.table.SortBy()
		t.table = newTable()
		t.table.SetSort(column, down)
	}
	rows := make([]table.Row, 0, len(all))
	for _, r := range all {
		look := screen.ResourceLook(f.State, r, f.Ink)
		age := screen.Age(r.Since, f.Now)
		about := r.Detail
		if r.Reason != "" {
			about = strings.TrimSpace(r.Reason + "  " + about)
		}
		rows = append(rows, table.Row{ID: string(r.ID), Cells: []table.Cell{
			{Text: look.Glyph, Ink: look.Ink, Sort: float64(look.Rank)},
			{Text: r.Name, Ink: f.Ink.Text},
			{Text: look.Word, Ink: look.Ink, Sort: float64(look.Rank)},
			{Text: r.Group, Ink: f.Ink.Muted},
			{Text: age, Ink: f.Ink.Muted, Sort: f.Now.Sub(r.Since).Seconds()},
			{Text: number(look), Ink: look.NumberInk, Sort: leading(look.Number)},
			{Text: about, Ink: f.Ink.Muted},
		}})
	}
	t.table.SetRows(rows)
}

// number is the number of a row, where the state does not say it already.
func number(l screen.Look) string {
	if l.Number == l.Word {
		return ""
	}
	return l.Number
}

// leading is the number that a text begins with, its unit counted in, so that
// sizes are sorted as sizes.
func leading(text string) float64 {
	n, rest := 0.0, text
	scale := 1.0
	for i, c := range text {
		if c == '.' && scale == 1 {
			scale = 0.1
			continue
		}
		if c < '0' || c > '9' {
			rest = strings.TrimSpace(text[i:])
			break
		}
		if scale < 1 {
			n += float64(c-'0') * scale
			scale /= 10
		} else {
			n = n*10 + float64(c-'0')
		}
		rest = ""
	}
	for i, unit := range []string{"k", "M", "G", "T", "P"} {
		if strings.HasPrefix(rest, unit) && (strings.HasPrefix(rest[1:], "B") || rest[1:] == "") {
			for range i + 1 {
				n *= 1000
			}
		}
	}
	return n
}

// View draws the table.
func (t *Table) View(f screen.Frame) []string { return t.table.View(f.W, f.H, f.Focused, f.Ink) }
