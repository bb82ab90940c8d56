package tests

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// roomy is from which height on more than one line says what the list shows.
const roomy = 12

// head is what the newest run comes to, what it left out and why, and the
// filter.
func (s *Screen) head(f screen.Frame) []string {
	in := f.Ink
	r := f.State.Runs[s.model.newest]
	l := cell.NewLine(f.W).Put(in.Muted, fmt.Sprintf(" run %d  ", r.Number))
	none := r.Status == tasks.Failed && len(r.Tests) == 0 && s.model.root.all() > 0
	if none {
		l.Put(in.Failed, "✖ no test ran").Put(in.Faint, "  before it: ")
	}
	for rank, n := range s.model.root.count {
		if n > 0 {
			glyph, word, ink := look(rank, in)
			l.Put(pick(none, in.Faint, ink), fmt.Sprintf("%s %d %s", glyph, n, word))
			if rank == running {
				l.Put(in.Muted, s.model.root.waited(f.Now))
			}
			l.Put(in.Text, "  ")
		}
	}
	if p := s.model.byID[problemsID]; p != nil {
		l.Put(in.Warning, fmt.Sprintf("▲ %s", tasks.Counted(len(p.kids), "problem"))).Put(in.Text, "  ")
	}
	switch d, ok := r.Feedback(); {
	case ok:
		l.Put(in.Muted, screen.Short(d)+" from save to result  ")
	case r.Status.Done():
		l.Put(in.Muted, screen.Short(r.Duration(f.Now))+"  ")
	}
	if f.H < roomy {
		return append([]string{l.Put(in.Faint, r.Because()).String()}, s.filterLine(f)...)
	}
	because := cell.NewLine(f.W).Put(in.Muted, " "+r.Because())
	if n := r.Narrowed; n != nil {
		// Why begins with the cause, when that is the reason.
		if why := strings.TrimLeft(strings.TrimPrefix(n.Why, r.Cause.String()), ", "); why != "" {
			because.Put(in.Faint, ", "+why)
		}
	}
	if r.BrokeOff() {
		because.Put(in.Warning, "  "+s.behind())
	}
	lines := []string{l.String(), because.String()}
	if n := len(s.pinned); n > 0 {
		lines = append(lines, cell.NewLine(f.W).Put(in.Accent, " "+tasks.Counted(n, "test")+" pinned").
			Put(in.Faint, "  saves run only what is pinned; t takes the pin off").String())
	}
	if s.mode != treeMode || s.order != failuresFirst {
		l := cell.NewLine(f.W).Put(in.Accent, " "+s.mode.String())
		if s.mode == treeMode {
			l = cell.NewLine(f.W).Put(in.Accent, " "+s.order.String())
		}
		key := "  v shows others"
		if s.mode == treeMode {
			key = "  O orders otherwise"
		}
		lines = append(lines, l.Put(in.Faint, key).String())
	}
	return append(lines, s.filterLine(f)...)
}

// behind says what a run that ended with its first failure has left out.
func (s *Screen) behind() string {
	left := 0
	s.model.root.tests(func(n *node) {
		if n.run != s.model.newest && len(n.kids) == 0 {
			left++
		}
	})
	switch left {
	case 0:
		return "ended at its first failure"
	case 1:
		return "ended at its first failure: 1 test of before was not run"
	}
	return fmt.Sprintf("ended at its first failure: %d tests of before were not run", left)
}

// filterLine is the filter, while there is one.
func (s *Screen) filterLine(f screen.Frame) []string {
	in := f.Ink
	if s.filtering != nil || s.view.filter != "" {
		l := cell.NewLine(f.W).Put(in.Key, " / ")
		if s.filtering != nil {
			l.Painted(s.filtering.View(l.Left()-1, true, "filter tests…", in), l.Left()-1)
		} else {
			l.Put(in.Text, s.view.filter).Put(in.Faint, fmt.Sprintf("  %s, esc clears", tasks.Counted(len(s.rows), "row")))
		}
		return []string{l.String()}
	}
	return nil
}

// look is how a rank is shown: never by colour alone.
func look(rank int, in *theme.Inks) (glyph, word string, ink theme.Ink) {
	switch rank {
	case failed:
		return "✖", "failed", in.Failed
	case running:
		return "◐", "running", in.Running
	case passed:
		return "✓", "passed", in.Succeeded
	}
	return "○", "skipped", in.Muted
}

// listLines draws the rows that there is room for.
func (s *Screen) listLines(f screen.Frame, w, h int) []string {
	if !s.loose {
		if s.at < s.top {
			s.top = s.at
		}
		if s.at >= s.top+h {
			s.top = s.at - h + 1
		}
	}
	s.top = max(0, min(s.top, len(s.rows)-h))
	lines := make([]string, 0, h)
	for i := s.top; i < min(s.top+h, len(s.rows)); i++ {
		lines = append(lines, s.rowLine(f, s.rows[i], i == s.at, w))
	}
	if len(lines) == 0 {
		lines = append(lines, cell.NewLine(w).Put(f.Ink.Muted, " "+s.nothing()).String())
	}
	return cell.Block(lines, w, h)
}

// nothing says why a list has no rows.
func (s *Screen) nothing() string {
	switch {
	case s.view.filter != "":
		return "nothing matches “" + s.view.filter + "”"
	case s.mode == failuresMode:
		return "nothing fails; v shows all tests"
	case s.mode == slowestMode:
		return "no test told how long it took"
	case s.mode == flakyMode:
		return "no test is known to be flaky or slow"
	}
	return "no tests"
}

// rowLine draws a row: a test with its word and time, a group with its counts.
func (s *Screen) rowLine(f screen.Frame, r row, selected bool, w int) string {
	in, n := f.Ink, r.node
	ink := func(i theme.Ink) theme.Ink { return i }
	fill, mark := theme.Ink{}, " "
	if selected {
		over := in.SelectedBlur
		if f.Focused && !s.open {
			over = in.Selected
		}
		fill, mark = over, "▌"
		ink = func(theme.Ink) theme.Ink { return over }
	}
	l := cell.NewLine(w).Put(pick(selected && f.Focused && !s.open, in.Accent, in.Faint), mark)
	l.Put(fill, cell.Spaces(min(r.depth*2, w/3)))
	switch {
	case len(n.kids) == 0 || s.mode != treeMode:
		l.Put(fill, pick(s.mode == treeMode, "  ", ""))
	case n.open || s.view.filter != "":
		l.Put(ink(in.Muted), "▾ ")
	default:
		l.Put(ink(in.Muted), "▸ ")
	}
	glyph, word, state := look(n.worst(), in)
	text := in.Text
	switch {
	case n.diagnostic != nil:
		glyph, word, state = severity(n.diagnostic, in)
	case n.id == problemsID:
		glyph, word, state = "▲", "", in.Warning
	case n.has && n.run != s.model.newest:
		// Known from an earlier run: it stands, but is not of now.
		state, text = in.Faint, in.Muted
	}
	l.Put(ink(state), glyph).Put(fill, " ")
	right := s.right(n, word, w, f.Now)
	room := l.Left() - right.width
	if n.diagnostic != nil {
		at := n.diagnostic.Location
		if s.mode == treeMode {
			at = tasks.Location{File: path.Base(at.File), Line: at.Line}
		}
		where := cell.CutLeft(at.String(), max(8, room/2))
		l.Put(ink(in.Accent), where).Put(fill, " ")
		room -= cell.Width(where) + 1
	}
	l.Put(ink(text), cell.Cut(r.label, room))
	if n.has && n.result.Message != "" && w >= sideBySide {
		if left := l.Left() - right.width - 2; left > 10 {
			l.Put(fill, "  ").Put(ink(in.Faint), cell.Cut(n.result.Message, left))
		}
	}
	l.Fill(fill, right.width)
	for _, p := range right.parts {
		l.Put(ink(p.ink(in)), p.text)
	}
	return l.Fill(fill, 0).String()
}

// tail is what stands at the right end of a row.
type tail struct {
	parts []part
	width int
}

type part struct {
	text string
	ink  func(*theme.Inks) theme.Ink
}

func (t *tail) add(ink func(*theme.Inks) theme.Ink, text string) {
	if text != "" {
		t.parts = append(t.parts, part{text, ink})
		t.width += cell.Width(text)
	}
}

// right is the trend, the marks, the word and the time of a test, or the counts
// of a group: as much as there is room for.
func (s *Screen) right(n *node, word string, w int, now time.Time) tail {
	var t tail
	muted := func(in *theme.Inks) theme.Ink { return in.Muted }
	warning := func(in *theme.Inks) theme.Ink { return in.Warning }
	if n.diagnostic != nil {
		if w >= 44 {
			t.add(muted, "  "+word)
		}
		return t
	}
	if len(n.kids) > 0 && (!n.has || !n.open) {
		for rank, c := range n.count {
			if c > 0 {
				glyph, _, _ := look(rank, &theme.Inks{})
				t.add(func(in *theme.Inks) theme.Ink { _, _, ink := look(rank, in); return ink }, " "+glyph+strconv.Itoa(c))
			}
		}
		if n.id == problemsID {
			t.add(warning, " "+strconv.Itoa(len(n.kids)))
		}
		t.add(muted, " ")
		return t
	}
	if !n.has {
		return t
	}
	if s.pinned[tasks.TestName{Suite: n.result.Suite, Name: n.result.Name}] {
		t.add(func(in *theme.Inks) theme.Ink { return in.Accent }, "  pinned")
	}
	if marks := s.past.marks(n); w >= 40 && changing(marks) {
		t.add(muted, "  "+marks)
	}
	if p, ok := s.past.of(n); ok && w >= 28 {
		if p.Flaky != "" {
			t.add(warning, "  flaky")
		}
		if p.Slow != "" && (p.Flaky == "" || w >= 40) {
			t.add(warning, "  slow")
		}
	}
	if w >= 44 {
		t.add(muted, "  "+word)
	}
	if took := n.took(now); took > 0 {
		t.add(muted, cell.FitRight(screen.Short(took), 7))
	}
	t.add(muted, " ")
	return t
}

// took is how long a test ran, or has been running.
func (n *node) took(now time.Time) time.Duration {
	return max(n.running(now), n.result.Duration)
}

// running is for how many whole seconds a test has been running; 0: it is not.
func (n *node) running(now time.Time) time.Duration {
	t := n.result
	if t.Status != tasks.TestRunning || t.Began.IsZero() {
		return 0
	}
	return max(0, now.Sub(t.Began).Truncate(time.Second))
}

// waited names the test below a node that has been running for the longest; nothing
// while all of them have only begun.
func (n *node) waited(now time.Time) string {
	var longest *node
	var walk func(n *node)
	walk = func(n *node) {
		below := 0
		for _, k := range n.kids {
			if k.count[running] > 0 {
				below++
				walk(k)
			}
		}
		if below == 0 && (longest == nil || n.took(now) > longest.took(now)) {
			longest = n
		}
	}
	walk(n)
	if longest == nil || longest.took(now) < time.Second {
		return ""
	}
	return fmt.Sprintf(": %s %s", longest.full(), screen.Short(longest.took(now)))
}

func severity(d *tasks.Diagnostic, in *theme.Inks) (glyph, word string, ink theme.Ink) {
	if d.Severity == tasks.Error {
		return "✖", "error", in.Failed
	}
	return "▲", strings.TrimSpace(string(d.Severity)), in.Warning
}

func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}

// slowest is the time of a node's slowest test.
func slowest(n *node) (slow *node) {
	n.tests(func(t *node) {
		if len(t.kids) == 0 && (slow == nil || t.result.Duration > slow.result.Duration) {
			slow = t
		}
	})
	if slow == nil || slow.result.Duration < time.Millisecond {
		return nil
	}
	return slow
}
