package tests

import (
	"cmp"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// Actions are what can be done with the list itself.
func (s *Screen) Actions() []action.Action {
	n := s.node()
	none, noFold, noFilter := "", "", ""
	open := "open"
	switch {
	case n == nil:
		none = "no test is shown"
	case len(n.kids) > 0 && !n.reason():
		open = "fold"
	}
	if none == "" && len(n.kids) == 0 {
		noFold = "there is nothing below it"
	}
	if s.view.filter == "" {
		noFilter = "no filter is set"
	}
	do := func(f func()) func() tea.Cmd { return func() tea.Cmd { f(); return nil } }
	a := func(id, title, hint, disabled string, f func(), keys ...string) action.Action {
		return action.Action{ID: "tests." + id, Title: title, Hint: hint, Group: "Tests", Keys: keys, Disabled: disabled, Do: do(f)}
	}
	return []action.Action{
		a("open", "Open what the test said, or fold what is below it", open, none, s.enter, "enter"),
		a("fold", "Fold or open what is below it", "", cmp.Or(none, noFold), func() { s.fold(n, !n.open) }, "space"),
		a("in", "Open what is below it, or what it said", "", none, s.in, "right"),
		a("out", "Fold it, or go to what it is part of", "", cmp.Or(none, s.noOut()), s.out, "left"),
		a("filter", "Filter the tests", "filter", none, func() { in := input.New(s.view.filter); s.filtering = &in }, "/"),
		a("unfilter", "Show all tests again", "", noFilter, func() { s.setFilter("") }, "esc"),
		a("view", "Show the tree, failures, the slowest, or the flaky and slow ones", "view", "", s.nextMode, "v"),
		a("order", "Order the tree by failures, as they ran, by name or by time", "", s.noOrder(), s.nextOrder, "O"),
		a("fold-all", "Fold the whole tree, or open it", "", cmp.Or(none, s.noOrder()), s.foldAll, "Z"),
	}
}

// OpenPlace asks the root for the editor at a place.
type OpenPlace struct{ Location tasks.Location }

// FailureActions are what can be done in a failure that is open.
func (s *Screen) FailureActions() []action.Action {
	d := &s.document
	closed := ""
	if !s.open {
		closed = "no failure is open"
	}
	step := func(n int) func() tea.Cmd {
		return func() tea.Cmd { d.move(d.next(n) - d.at); return nil }
	}
	folded := closed
	if folded == "" && (d.at >= len(d.lines) || d.lines[d.at].fold < 0) {
		folded = "nothing is folded here"
	}
	nowhere := ""
	if _, _, ok := d.selected(); !ok {
		nowhere = "it names no file that is there"
	}
	a := func(id, title, hint, disabled string, do func() tea.Cmd, keys ...string) action.Action {
		return action.Action{ID: "failure." + id, Title: title, Hint: hint, Group: "Tests", Keys: keys, Disabled: disabled, Do: do}
	}
	return []action.Action{
		a("back", "Back to the list of tests", "back", closed, func() tea.Cmd { s.leave(); return nil }, "esc", "left"),
		a("next", "Next place that it names", "next place", cmp.Or(closed, nowhere), step(1), "n"),
		a("previous", "Previous place that it names", "", cmp.Or(closed, nowhere), step(-1), "N"),
		a("edit", "Open the place in the editor", "edit", cmp.Or(closed, nowhere), func() tea.Cmd {
			at, _, _ := d.selected()
			return func() tea.Msg { return OpenPlace{at} }
		}, "enter"),
		a("unfold", "Show the frames of libraries", "unfold", folded, func() tea.Cmd { d.unfold(); return nil }, "space", "right"),
	}
}

func (s *Screen) noOut() string {
	n := s.node()
	if n == nil || (len(n.kids) == 0 || !n.open) && (n.parent == nil || n.parent == s.model.root) || s.mode != treeMode && len(n.kids) == 0 {
		return "it is part of nothing else"
	}
	return ""
}

func (s *Screen) noOrder() string {
	if s.mode != treeMode {
		return "this list has its own order; v shows the tree"
	}
	return ""
}

// in opens a fold, goes into an open one, or opens a failure.
func (s *Screen) in() {
	n := s.node()
	switch {
	case len(n.kids) > 0 && s.mode == treeMode && !n.open:
		s.fold(n, true)
	case len(n.kids) > 0 && s.mode == treeMode && s.at+1 < len(s.rows):
		s.point(s.at + 1)
	default:
		s.open = true
		s.document.reset()
	}
}

// out folds what is open, or goes up.
func (s *Screen) out() {
	n := s.node()
	if len(n.kids) > 0 && n.open && s.mode == treeMode {
		s.fold(n, false)
		return
	}
	for p := n.parent; p != nil; p = p.parent {
		if i := s.index(p); i >= 0 {
			s.point(i)
			return
		}
	}
}

func (s *Screen) nextMode() {
	s.mode = (s.mode + 1) % modes
	s.open = false
	s.settle()
}

func (s *Screen) nextOrder() {
	s.order = (s.order + 1) % orders
	s.settle()
}

// foldAll folds every package, or opens all when nothing is open.
func (s *Screen) foldAll() {
	open := true
	for _, n := range s.model.root.kids {
		if n.open && len(n.kids) > 0 {
			open = false
		}
	}
	for _, n := range s.model.byID {
		if len(n.kids) > 0 && (open || n.parent == s.model.root) {
			n.open = open
			s.view.opened[n.id] = open
		}
	}
	s.list()
}

// Typing says whether keys go to the filter.
func (s *Screen) Typing() bool { return s.filtering != nil }

// Key types into the filter.
func (s *Screen) Key(k tea.KeyPressMsg) {
	switch k.String() {
	case "esc":
		s.filtering = nil
		s.setFilter("")
	case "enter":
		s.filtering = nil
	case "up":
		s.Move(-1)
	case "down":
		s.Move(1)
	default:
		s.filtering.Press(k)
		s.setFilter(s.filtering.Value())
	}
}

// Paste types text into the filter.
func (s *Screen) Paste(text string) {
	if s.filtering != nil {
		s.filtering.Insert(text)
		s.setFilter(s.filtering.Value())
	}
}

func (s *Screen) setFilter(text string) {
	s.view.filter = text
	s.list()
}
