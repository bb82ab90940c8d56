package tree_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/tree"
)

func nodes(names ...string) []tree.Node {
	all := []tree.Node{{ID: "g", Label: "GROUP", Value: fmt.Sprint(len(names))}}
	for _, n := range names {
		all = append(all, tree.Node{ID: n, Group: "g", Glyph: "●", Label: n, Detail: "about " + n, Value: "1%"})
	}
	return all
}

func selected(t *tree.Tree) string {
	n, _ := t.Selected()
	return n.ID
}

func TestTheSelectionStaysOnItsRow(t *testing.T) {
	var tr tree.Tree
	tr.SetNodes(nodes("a", "b", "c", "d"))
	tr.Select("c")
	tr.SetNodes(nodes("new", "c", "d"))
	if got := selected(&tr); got != "c" {
		t.Errorf("selected %q", got)
	}
	tr.SetNodes(nodes("new", "d"))
	if got := selected(&tr); got != "d" {
		t.Errorf("when its row goes the neighbour is selected, not %q", got)
	}
	tr.SetNodes(nil)
	if _, ok := tr.Selected(); ok {
		t.Error("something is selected in an empty tree")
	}
}

func TestARowThatIsSelectedByNameIsOpenedAndUnfiltered(t *testing.T) {
	var tr tree.Tree
	tr.SetNodes(nodes("api", "web"))
	tr.Toggle("g")
	tr.SetFilter("web")
	if !tr.Select("api") || selected(&tr) != "api" || tr.Filter() != "" || tr.IsCollapsed("g") {
		t.Errorf("selected %q, filter %q, collapsed %v", selected(&tr), tr.Filter(), tr.Collapsed())
	}
	if tr.Select("nobody") {
		t.Error("an unknown row was selected")
	}
}

func TestTheFilterKeepsHeadingsOfWhatMatches(t *testing.T) {
	var tr tree.Tree
	tr.SetNodes(nodes("api", "web", "worker"))
	tr.SetFilter("w")
	text := ansi.Strip(strings.Join(tr.View(40, 6, true, theme.Dark().Inks()), "\n"))
	for _, want := range []string{"GROUP", "web", "worker"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "api") {
		t.Errorf("api is still there:\n%s", text)
	}
}

func TestTheWheelShowsOtherRowsAndLeavesTheCursor(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("unit-%02d", i))
	}
	var tr tree.Tree
	tr.SetNodes(nodes(names...))
	in := theme.Dark().Inks()
	tr.View(40, 10, true, in)
	tr.Scroll(15)
	if text := strings.Join(tr.View(40, 10, true, in), "\n"); !strings.Contains(text, "unit-20") || selected(&tr) != "unit-00" {
		t.Errorf("selected %q in\n%s", selected(&tr), ansi.Strip(text))
	}
	tr.Move(1)
	if text := strings.Join(tr.View(40, 10, true, in), "\n"); !strings.Contains(text, "unit-01") {
		t.Errorf("the cursor is out of sight:\n%s", ansi.Strip(text))
	}
}

func TestAnyTreeIsDrawnInItsPlaceWithTheCursorInSight(t *testing.T) {
	in := theme.Dark().Inks()
	rapid.Check(t, func(t *rapid.T) {
		var tr tree.Tree
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z漢-]{1,30}`), 0, 60, rapid.ID).Draw(t, "names")
		tr.SetNodes(nodes(names...))
		for _, step := range rapid.SliceOf(rapid.IntRange(-70, 70)).Draw(t, "steps") {
			switch {
			case step == 0:
				tr.Toggle("g")
			case step%7 == 0 && len(names) > 0:
				tr.SetNodes(nodes(slices.Delete(slices.Clone(names), 0, step%len(names)*step/max(1, step*step))...))
			case step%5 == 0:
				tr.Scroll(step)
			default:
				tr.Move(step)
			}
		}
		tr.Move(0)
		w, h := rapid.IntRange(10, 60).Draw(t, "w"), rapid.IntRange(1, 30).Draw(t, "h")
		lines := tr.View(w, h, true, in)
		if len(lines) != h {
			t.Fatalf("%d lines, want %d", len(lines), h)
		}
		cursor := false
		for _, l := range lines {
			if ansi.StringWidth(l) != w {
				t.Fatalf("%d cells, want %d: %q", ansi.StringWidth(l), w, l)
			}
			cursor = cursor || strings.Contains(l, "▌")
		}
		if _, ok := tr.Selected(); ok && !cursor {
			t.Fatalf("no cursor in %q", lines)
		}
	})
}
