// Package tests is the tab with a task's tests, as a tree of packages, classes,
// tests and subtests, and with what a failed one says beside it. It shows what
// the runs reported, reads logs and sources in commands only, and starts nothing.
package tests

import (
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// Screen is the tab.
//
//	state ── Follow ──> model ──> rows ──────────────> View: the visible window
//	            └─ what the selected test lacks ─> read ─> Update ─> document ─┘
type Screen struct {
	model model
	views map[string]*view // by task
	mode  mode
	order order
	past  past

	view *view // of the task that is shown
	rows []row
	// at is the cursor's row, top the first one that is drawn.
	at, top int
	loose   bool // the wheel has scrolled, the cursor may be out of sight
	// structure is what the rows were made of; live says that a run goes on, and
	// the rows keep their order.
	structure int
	live      bool
	settled   bool
	seen      int // the state's version

	filtering *input.Input
	pinned    map[tasks.TestName]bool

	document document
	open     bool // a person is in the failure
	reader   reader

	drawn struct{ list, failure box }
}

// view is how a person looks at the tests of one task.
type view struct {
	// opened are the nodes that a person opened or folded.
	opened map[nodeID]bool
	at     nodeID
	// chosen: a person put the cursor there; else it is on the first failure.
	chosen bool
	filter string
}

// box is where a part of the tab was drawn.
type box struct{ x, y, w, h int }

func (b box) contains(x, y int) bool { return x >= b.x && x < b.x+b.w && y >= b.y && y < b.y+b.h }

// New is the tab, showing the tree.
func New() *Screen {
	s := &Screen{views: map[string]*view{}}
	s.view = s.viewOf("")
	s.model.reset("")
	s.reader.sources = map[string]source{}
	return s
}

func (s *Screen) viewOf(unit string) *view {
	v := s.views[unit]
	if v == nil {
		v = &view{opened: map[nodeID]bool{}}
		s.views[unit] = v
	}
	return v
}

// Follow takes over the state and the room, and says what has to be read for
// what is shown. Only a tab that is shown follows.
func (s *Screen) Follow(f screen.Frame) tea.Cmd {
	s.follow(f)
	return tea.Batch(s.read(f), s.past.load(f))
}

func (s *Screen) follow(f screen.Frame) {
	if f.Version != 0 && f.Version == s.seen && f.Unit == s.model.unit && s.settled {
		return // nothing has happened: a person moves about
	}
	s.seen = f.Version
	if f.Unit != s.model.unit {
		s.view = s.viewOf(f.Unit)
		s.open, s.filtering, s.settled, s.top, s.at = false, nil, false, 0, 0
	}
	version := s.model.version
	anew := s.model.follow(f.State, f.Unit)
	_, live := f.State.Active(f.Unit)
	switch {
	case !s.settled, s.live && !live, !live && version != s.model.version:
		s.settle()
	case anew || s.structure != s.model.structure:
		if anew {
			s.arrange()
		}
		s.list()
	default:
		s.append()
	}
	s.live = live
	if pins := f.State.Units[f.Unit].Pinned; len(pins)+len(s.pinned) > 0 {
		s.pinned = make(map[tasks.TestName]bool, len(pins))
		for _, name := range pins {
			s.pinned[name] = true
		}
	}
	s.model.changed = s.model.changed[:0]
	s.past.trend.follow(f.State, f.Unit)
}

// Place is where the cursor leads, and what is copied of it.
type Place struct {
	// Title is the test's whole name; Text what a person wants to paste.
	Title, Text string
	Location    tasks.Location
	// Line is of Log, the run's own where that is empty; -1: not known.
	Run  tasks.RunID
	Log  logs.Key
	Line int64
}

// Selected is what the cursor is on; false when there is nothing.
func (s *Screen) Selected() (Place, bool) {
	n := s.node()
	if n == nil {
		return Place{}, false
	}
	p := Place{Title: n.full(), Text: n.full(), Run: n.run, Log: n.log(), Line: -1}
	switch {
	case n.diagnostic != nil:
		d := n.diagnostic
		p.Title, p.Text = d.Message, d.Location.String()+": "+d.Message
		p.Location, p.Line = d.Location, d.Line
	case n.file:
		p.Location = n.where()
	case n.has:
		p.Location, p.Line = s.where(n), n.result.Line
	}
	if s.open {
		if text := s.document.text(); text != "" {
			p.Text = text
		}
		if l, line, ok := s.document.selected(); ok {
			p.Location = l
			if line >= 0 {
				p.Line = line
			}
		}
	}
	return p, true
}

// Names are the tests under the cursor: one, or all of a package; Title says
// which.
func (s *Screen) Names() (names []tasks.TestName, title string) {
	n := s.node()
	if n == nil || n.diagnostic != nil || n.id == problemsID {
		return nil, ""
	}
	if n.has {
		return []tasks.TestName{{Suite: n.result.Suite, Name: n.result.Name}}, n.label
	}
	n.tests(func(t *node) {
		if t.parent == nil || !t.parent.has { // a test runs its subtests itself
			names = append(names, tasks.TestName{Suite: t.result.Suite, Name: t.result.Name})
		}
	})
	return names, n.label
}

// Failed is how many tests of the shown task are known to fail.
func (s *Screen) Failed() int { return s.model.root.count[failed] }

// Go opens a test; false: it is not known.
func (s *Screen) Go(f screen.Frame, name tasks.TestName) bool {
	s.follow(f)
	return s.show(nodeID{name.Suite, name.Name})
}

// GoTo opens what a compiler or linter said of a place; false: it is not known.
func (s *Screen) GoTo(f screen.Frame, at tasks.Location, message string) bool {
	s.follow(f)
	return s.show(problemID(at, message))
}

func (s *Screen) show(id nodeID) bool {
	n := s.model.byID[id]
	if n == nil {
		return false
	}
	s.view.filter, s.filtering = "", nil
	if s.mode != treeMode && !n.listed {
		s.mode = treeMode
	}
	for p := n.parent; p != nil; p = p.parent {
		p.open = true
		if p != s.model.root {
			s.view.opened[p.id] = true
		}
	}
	s.view.at, s.view.chosen = n.id, true
	s.list()
	s.open = true
	s.document.reset()
	return true
}

func (s *Screen) node() *node {
	if s.at < len(s.rows) {
		return s.rows[s.at].node
	}
	return nil
}

// Open says whether a person is in the failure.
func (s *Screen) Open() bool { return s.open }

// Move moves the cursor of the list, or of the failure that is open.
func (s *Screen) Move(n int) {
	if s.open {
		s.document.move(n)
		return
	}
	if len(s.rows) == 0 {
		return
	}
	s.point(max(0, min(s.at+n, len(s.rows)-1)))
}

// point puts the cursor on a row, as a person does.
func (s *Screen) point(i int) {
	s.at, s.loose = i, false
	s.view.at, s.view.chosen = s.rows[i].node.id, true
}

// Page is how many lines are in sight where the cursor is.
func (s *Screen) Page() int {
	if s.open {
		return s.document.h
	}
	return s.drawn.list.h
}

// Wheel scrolls what is under the mouse.
func (s *Screen) Wheel(x, y, n int) {
	if s.drawn.failure.contains(x, y) {
		s.document.scroll(n)
		return
	}
	s.top += n
	s.loose = true
}

// Click puts the cursor where the mouse is; on the row that it is on already,
// it opens that.
func (s *Screen) Click(x, y int) {
	switch {
	case s.drawn.failure.contains(x, y):
		s.open = true
		s.document.click(y - s.drawn.failure.y)
	case s.drawn.list.contains(x, y):
		i := s.top + y - s.drawn.list.y
		if i < 0 || i >= len(s.rows) {
			return
		}
		again := i == s.at && !s.open
		s.open = false
		s.point(i)
		if again {
			s.enter()
		}
	}
}

// The widths and heights from which on list and failure stand side by side, or
// below each other.
const (
	sideBySide = 80
	stacked    = 22
	sourceBox  = 16 // the least height of a failure with the source at its end
)

// split says where list and failure stand.
func (s *Screen) split(w, h int) (list, failure box) {
	switch {
	case w >= sideBySide:
		left := max(32, min(w*2/5, 70))
		return box{0, 0, left, h}, box{left + 1, 0, w - left - 1, h}
	case s.open && h >= stacked:
		top := max(5, h/4)
		return box{0, 0, w, top}, box{0, top + 1, w, h - top - 1}
	case s.open:
		return box{}, box{0, 0, w, h}
	}
	return box{0, 0, w, h}, box{}
}

// View draws the summary, and list and failure below it.
func (s *Screen) View(f screen.Frame) []string {
	if len(s.model.byID) == 0 {
		return s.empty(f)
	}
	head := s.head(f)
	h := f.H - len(head)
	if h <= 0 {
		return cell.Block(head, f.W, f.H)
	}
	list, failure := s.split(f.W, h)
	s.drawn.list, s.drawn.failure = list, failure
	s.drawn.list.y, s.drawn.failure.y = list.y+len(head), failure.y+len(head)
	var left, right []string
	if list.w > 0 {
		left = s.listLines(f, list.w, list.h)
	}
	if failure.w > 0 {
		right = s.failureLines(f, failure.w, failure.h)
	}
	lines := head
	switch {
	case left == nil:
		lines = append(lines, right...)
	case right == nil:
		lines = append(lines, left...)
	case failure.x > 0:
		wall := f.Ink.Border.Paint("│")
		for i := range left {
			lines = append(lines, left[i]+wall+right[i])
		}
	default:
		lines = append(append(append(lines, left...), f.Ink.Border.Paint(cell.Rule(f.W))), right...)
	}
	return cell.Block(lines, f.W, f.H)
}

// empty says why there are no tests.
func (s *Screen) empty(f screen.Frame) []string {
	u := f.State.Units[f.Unit]
	r, ok := f.Run()
	formats := "Results are found in the output of go test, pytest, jest, vitest, cargo, TAP and many compilers. In sawhorse.yml " +
		"format: names another one (or a pattern), results: the JUnit XML, SARIF or JSON files that the task writes."
	if len(u.Task.Spec.Format) > 0 {
		formats = "They are read as its format: in sawhorse.yml says; sawhorse logs " + f.Unit + " shows what it printed."
	}
	switch {
	case !ok && u.Task.Spec.Watch != nil:
		return f.Empty("No tests are known: "+f.Unit+" has not run yet. It runs when its files change.", "r runs it now. "+formats)
	case !ok:
		return f.Empty("No tests are known: "+f.Unit+" has not run yet.", "r runs it. "+formats)
	case r.Status == tasks.Queued:
		return f.Empty("No tests are known: the run waits.", "w says what for.")
	case r.Status.Active():
		return f.Empty("No tests are known: run "+strconv.Itoa(r.Number)+" goes on and has told of none so far.", formats)
	}
	return f.Empty("Run "+strconv.Itoa(r.Number)+" told of no tests and of no file:line problem.", formats)
}

// enter opens what the cursor is on: a failure, or a fold.
func (s *Screen) enter() {
	n := s.node()
	switch {
	case n == nil:
	case n.has && (len(n.kids) == 0 || n.reason()) || n.diagnostic != nil:
		s.open = true
		s.document.reset()
	default:
		s.fold(n, !n.open)
	}
}

// fold opens or folds a node, as a person does.
func (s *Screen) fold(n *node, open bool) {
	if len(n.kids) == 0 {
		return
	}
	n.open = open
	s.view.opened[n.id] = open
	s.list()
}

// leave goes back from the failure to the list.
func (s *Screen) leave() {
	s.open = false
	s.document.reset()
}

// index is the row of a node; -1: it has none.
func (s *Screen) index(n *node) int {
	return slices.IndexFunc(s.rows, func(r row) bool { return r.node == n })
}
