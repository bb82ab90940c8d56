package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// press takes a key: an open dialog first, then a text that is being typed,
// then the actions of the focused pane, then those of the screen.
func (s *Screen) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.rects.Small:
		if a, ok := s.Actions().Pressed(k); ok && a.ID == "quit" {
			return s.run(a)
		}
		return nil
	case s.overlay != nil:
		return s.overlay.press(s, k)
	case s.filtering != nil:
		s.typeFilter(k)
		return nil
	case s.typingInTab():
		s.detail.touched++
		s.detail.filtered().Key(k)
		return nil
	case s.typingInLog():
		log, _ := s.focusedLog()
		return log.did(log.tab.Key(k))
	}
	if a, ok := s.Actions().Pressed(k); ok {
		s.detail.touched++
		if log, ok := s.focusedLog(); ok {
			log.version++
		}
		return s.run(a)
	}
	if a, ok := s.takenOut(k); ok {
		return s.toast(tasks.Warning, a.Title+": this screen is read-only (--read-only)")
	}
	key := action.KeyName(cell.Clean(k.String()))
	if what, ok := s.elsewhere(k); ok {
		return s.toast(tasks.Info, key+" means nothing here; "+what)
	}
	return s.toast(tasks.Info, key+" means nothing here; "+s.keyName("help", ":help")+" shows every key")
}

// elsewhere says what the key means in other places: "in the log: Mark the line".
func (s *Screen) elsewhere(k tea.KeyPressMsg) (string, bool) {
	var places []string
	for _, l := range s.Layers() {
		if a, ok := (action.Set{{Name: l.Name, Actions: s.keys.Bind(l.Actions)}}).Pressed(k); ok {
			places = append(places, "in the "+l.Name+": "+a.Title)
		}
	}
	return strings.Join(places, ", "), len(places) > 0
}

// takenOut is the action that the key would mean on a screen that is not
// read-only.
func (s *Screen) takenOut(k tea.KeyPressMsg) (action.Action, bool) {
	if !s.opt.ReadOnly {
		return action.Action{}, false
	}
	return action.Set{{Name: "screen", Actions: s.keys.Bind(s.globalActions())}}.Pressed(k)
}

// keyName is the key of an action, or what stands for it without one.
func (s *Screen) keyName(id, without string) string {
	if a, ok := s.Actions().Find(id); ok && a.Key() != "" {
		return action.KeyName(a.Key())
	}
	return without
}

// typingFilter says whether keys go to a filter of what is listed.
func (s *Screen) typingFilter() bool {
	return s.filtering != nil || s.typingInTab()
}

// typingInTab says whether keys go to the filter of what a tab lists.
func (s *Screen) typingInTab() bool {
	tab := s.detail.filtered()
	return s.focus == detailPane && tab != nil && tab.Typing()
}

// typingInLog says whether keys go to a line that is typed in the Logs tab.
func (s *Screen) typingInLog() bool {
	log, ok := s.focusedLog()
	return ok && log.tab.Typing()
}

func (s *Screen) paste(text string) tea.Cmd {
	switch {
	case s.overlay != nil:
		s.overlay.paste(text)
	case s.filtering != nil:
		s.filtering.Insert(text)
		s.tree.SetFilter(s.filtering.Value())
	case s.typingInTab():
		s.detail.touched++
		s.detail.filtered().Paste(text)
	default:
		if log, ok := s.focusedLog(); ok {
			return log.did(log.tab.Paste(text))
		}
	}
	return nil
}

func (s *Screen) filterTree() {
	in := input.New(s.tree.Filter())
	s.filtering = &in
}

func (s *Screen) typeFilter(k tea.KeyPressMsg) {
	switch k.String() {
	case "esc":
		s.filtering = nil
		s.tree.SetFilter("")
	case "enter":
		s.filtering = nil
	case "up":
		s.tree.Move(-1)
	case "down":
		s.tree.Move(1)
	default:
		s.filtering.Press(k)
		s.tree.SetFilter(s.filtering.Value())
	}
}

// cycle focuses the next pane that is shown.
func (s *Screen) cycle(n int) {
	s.prefs.Zoom = false
	order := []pane{treePane, detailPane}
	for i := range s.pins {
		order = append(order, firstPin+pane(i))
	}
	order = append(order, stripPane)
	at := slices.Index(order, s.focus)
	for range order {
		at = (at + n + len(order)) % len(order)
		p := order[at]
		r := layout(s.w, s.h, p, s.prefs)
		shown := map[pane]bool{treePane: !r.Tree.Empty(), detailPane: !r.Detail.Empty(), stripPane: !r.Strip.Empty()}
		for i, pin := range r.Pins {
			shown[firstPin+pane(i)] = !pin.Empty()
		}
		if p == stripPane && len(s.alerts) == 0 {
			continue
		}
		if shown[p] {
			s.setFocus(p)
			return
		}
	}
}

// back undoes the innermost thing that is in the way.
func (s *Screen) back() {
	switch {
	case s.prefs.Zoom:
		s.prefs.Zoom = false
		s.setFocus(s.focus)
	case s.focus == stripPane && s.prefs.StripOpen:
		s.prefs.StripOpen = false
		s.setFocus(treePane)
	case s.focus == treePane && s.tree.Filter() != "":
		s.tree.SetFilter("")
	case s.focus == detailPane && s.detail.closeStep():
	case s.focus != treePane:
		s.prefs.TreeHidden = s.prefs.TreeHidden && s.w >= 60
		s.setFocus(treePane)
	}
}

// leadsBack says whether back is the way to the tree, which something else covers.
func (s *Screen) leadsBack() bool {
	return s.focus == detailPane && s.rects.Tree.Empty() && (s.prefs.Zoom || s.w < 60)
}

// move moves the cursor of the focused pane.
func (s *Screen) move(n int) {
	switch s.focus {
	case treePane:
		s.tree.Move(n)
	case detailPane:
		s.detail.move(n)
	case stripPane:
		s.strip.move(n)
	}
}

// page is how far a page goes in the focused pane.
func (s *Screen) page() int {
	h := map[pane]int{treePane: s.rects.Tree.H, detailPane: s.rects.Detail.H - 2, stripPane: s.rects.Strip.H - 1}[s.focus]
	if s.onTests() {
		h = s.detail.tests.Page()
	}
	return max(1, h-1)
}

func (s *Screen) widen(n int) {
	w := s.rects.Tree.W
	s.prefs.TreeWidth = max(16, min(w+n, s.w-40))
	s.arrange()
}

// hints draws the hint line: what can be done here, then how to find the rest.
func (s *Screen) hints() []string {
	type key struct {
		w, version, touched, strip int
		focus                      pane
		pins                       int
		unit, node, tab            string
		typing, prompt             bool
	}
	n, _ := s.tree.Selected()
	k := key{s.w, s.version, s.detail.touched, s.strip.at, s.focus, len(s.pins), s.detail.unit, n.ID, s.detail.tab(), s.typingFilter(), s.typingInLog()}
	return s.panes.hints.get(k, func() []string { return []string{s.hintLine()} })
}

func (s *Screen) hintLine() string {
	in := s.ink
	l := cell.NewLine(s.w).Put(in.Text, " ")
	if s.typingFilter() {
		return put(l, in, "↵ keep", "esc clear", "↑↓ move").String()
	}
	if s.typingInLog() {
		return put(l, in, "↵ done", "esc cancel").String()
	}
	set := s.Actions()
	fixed := []string{}
	for _, id := range []string{"palette", "help", "quit"} {
		if a, ok := set.Find(id); ok && a.Key() != "" {
			fixed = append(fixed, action.KeyName(a.Key())+" "+a.Hint)
		}
	}
	room := 2
	for _, f := range fixed {
		room += cell.Width(f) + 2
	}
	all := set.All()
	if s.onTests() {
		all = preferred(all, "failure.back", "failure.next", "tests.open", "failure.edit", "tests.this", "edit", "task.why")
	}
	if s.rects.Tree.Empty() {
		all = preferred(all, "move.back", "view.tree")
	}
	for _, a := range all {
		if a.Hint == "" || !a.Enabled() || a.Key() == "" || a.ID == "palette" || a.ID == "help" || a.ID == "quit" {
			continue
		}
		text := action.KeyName(a.Key()) + " " + a.Hint
		if l.Left() < cell.Width(text)+2+room {
			continue
		}
		put(l, in, text)
	}
	return put(l, in, fixed...).String()
}

// preferred puts the actions of these IDs first, in this order.
func preferred(all []action.Action, ids ...string) []action.Action {
	rank := func(a action.Action) int {
		if i := slices.Index(ids, a.ID); i >= 0 {
			return i
		}
		return len(ids)
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b action.Action) int { return rank(a) - rank(b) })
}

// put adds "key what" pairs.
func put(l *cell.Line, in *theme.Inks, hints ...string) *cell.Line {
	for _, h := range hints {
		k, what, _ := strings.Cut(h, " ")
		l.Put(in.Key, k).Put(in.Muted, " "+what).Put(in.Text, "  ")
	}
	return l
}
