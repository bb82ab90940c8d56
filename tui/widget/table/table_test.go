package table_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

func rows() []table.Row {
	return []table.Row{
		{ID: "b", Cells: []table.Cell{{Text: "b"}, {Text: "9ms", Sort: 0.009}}},
		{ID: "a", Cells: []table.Cell{{Text: "a"}, {Text: "1.2s", Sort: 1.2}}},
		{ID: "c", Cells: []table.Cell{{Text: "c"}, {Text: "", Sort: 0}}},
	}
}

func order(t *table.Table) []string {
	var names []string
	for _, l := range t.View(30, 5, true, theme.Dark().Inks())[1:4] {
		names = append(names, strings.Fields(strings.TrimLeft(ansi.Strip(l), "▌ "))[0])
	}
	return names
}

func TestATableIsSortedByWhatItsCellsMean(t *testing.T) {
	tb := table.New(table.Column{Title: "NAME"}, table.Column{Title: "TOOK", Right: true, Grow: true})
	tb.SetRows(rows())
	var got [][]string
	got = append(got, order(tb))
	for range 2 {
		tb.NextSort()
		tb.SetRows(rows())
		got = append(got, order(tb))
	}
	tb.Reverse()
	tb.SetRows(rows())
	got = append(got, order(tb))
	want := [][]string{{"b", "a", "c"}, {"a", "b", "c"}, {"a", "b", "c"}, {"c", "b", "a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheCursorOfATableStaysOnItsRow(t *testing.T) {
	tb := table.New(table.Column{Title: "NAME"}, table.Column{Title: "TOOK"})
	tb.SetRows(rows())
	tb.Move(1)
	tb.NextSort()
	tb.SetRows(rows())
	if id, _ := tb.Selected(); id != "a" {
		t.Errorf("selected %q", id)
	}
	tb.View(30, 5, true, theme.Dark().Inks())
	if !tb.Click(3) {
		t.Error("nothing at line 3")
	}
	if id, _ := tb.Selected(); id != "c" {
		t.Errorf("the click selected %q", id)
	}
	if tb.Click(0) || tb.Click(9) {
		t.Error("a click beside the rows selected something")
	}
}

func TestTheOrderOfATableCanBeKept(t *testing.T) {
	fresh := func() *table.Table {
		return table.New(table.Column{}, table.Column{Title: "NAME"}, table.Column{Title: "TOOK", Right: true})
	}
	tb := fresh()
	if got := tb.Order(); got != (table.Order{}) {
		t.Errorf("a new table is sorted %v", got)
	}
	for _, want := range []table.Order{{By: "NAME"}, {By: "TOOK", Down: true}, {}} {
		tb.NextSort()
		if got := tb.Order(); got != want {
			t.Errorf("sorted %v, want %v", got, want)
		}
		other := fresh()
		other.SetOrder(tb.Order())
		if got := other.Order(); got != want {
			t.Errorf("kept %v, want %v", got, want)
		}
	}
	tb.SetOrder(table.Order{By: "GONE"})
	if got := tb.Order(); got != (table.Order{}) {
		t.Errorf("sorted %v by a column that is not there", got)
	}
}
