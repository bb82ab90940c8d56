// Package steps is the tab with the parts of a run (stages, jobs, flow tasks) as
// a tree, or as a graph of what waits for what: how each does, how long it takes
// against what is usual, and where its log is. It draws what the state has, and asks nobody.
package steps

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/graph"
)

// OpenLog asks to show a step's log.
type OpenLog struct {
	Key  logs.Key
	Name string // for the heading
}

// Screen is the tab.
type Screen struct {
	selected string // path of the step under the cursor
	at, top  int
	head     int   // lines above the steps, in the last View
	rows     []row // of the last View
	folded   map[string]bool
	moved    bool // a person has chosen: the cursor stays
	graph    drawing
	same     same // the job under the cursor and the task here that does the same
}

// row is a step in the tree.
type row struct {
	path  string
	depth int
	step  tasks.Step
	kids  int
}

// New is the tab with the cursor on what failed first.
func New() *Screen { return &Screen{folded: map[string]bool{}} }

// Move moves the cursor.
func (s *Screen) Move(n int) {
	if len(s.rows) == 0 {
		return
	}
	s.moved = true
	if s.graph.shown {
		s.upright(n)
		return
	}
	s.goTo(s.at + n)
}

func (s *Screen) goTo(i int) {
	s.at = max(0, min(i, len(s.rows)-1))
	s.selected = s.rows[s.at].path
}

// Click puts the cursor on what stands there in the last View.
func (s *Screen) Click(x, y int) bool {
	if s.graph.shown {
		p := s.graph.plan
		x += p.Columns[s.graph.left] - 2
		i := slices.IndexFunc(p.Spots, func(at graph.Spot) bool { return at.Y == s.top+y-s.head && x >= at.X && x < at.X+at.W })
		if y < s.head || i < 0 {
			return false
		}
		s.moved = true
		s.goTo(i)
		return true
	}
	if i := s.top + y - s.head; y >= s.head && i < len(s.rows) {
		s.moved = true
		s.goTo(i)
		return true
	}
	return false
}

// Actions are what can be done with the step under the cursor.
func (s *Screen) Actions() []action.Action {
	open := action.Action{
		ID: "steps.open", Title: "Show the log of the step, or fold it", Hint: "log", Group: "Steps", Keys: []string{"enter"},
		Disabled: "the run has no steps",
	}
	fail := action.Action{
		ID: "steps.failed", Title: "Go to the next failed step", Hint: "next failed", Group: "Steps", Keys: []string{"n"},
		Disabled: "no step failed",
	}
	if s.at < len(s.rows) {
		r := s.rows[s.at]
		open.Disabled = ""
		switch {
		case r.step.Log != "":
			open.Do = func() tea.Cmd { return func() tea.Msg { return OpenLog{Key: r.step.Log, Name: r.step.Name} } }
		case r.kids > 0 && s.graph.shown:
			open.Title, open.Hint = "Show its steps in the tree", "steps"
			open.Do = func() tea.Cmd { s.graph.on = false; s.folded[r.path] = false; return nil }
		case r.kids > 0:
			open.Do = func() tea.Cmd { s.folded[r.path] = !s.folded[r.path]; return nil }
		default:
			open.Disabled = "its system has no log of this step yet"
			if whole, ok := s.within(s.at); ok {
				open.Disabled, open.Title = "", "Show the log of "+whole.Name
				open.Do = func() tea.Cmd { return func() tea.Msg { return OpenLog{Key: whole.Log, Name: whole.Name} } }
			}
		}
	}
	if next := s.next(func(r row) bool { return r.step.Status == tasks.Failed && r.kids == 0 }); next >= 0 {
		fail.Disabled = ""
		fail.Do = func() tea.Cmd { s.moved = true; s.goTo(next); return nil }
	}
	return slices.Concat([]action.Action{open, fail}, s.graphActions(), s.hereActions())
}

// within is the step with a log that a row is a part of: a job, where its steps have no
// logs of their own.
func (s *Screen) within(i int) (tasks.Step, bool) {
	depth := s.rows[i].depth
	for _, r := range slices.Backward(s.rows[:i]) {
		if r.depth >= depth {
			continue
		}
		if depth = r.depth; r.step.Log != "" {
			return r.step, true
		}
	}
	return tasks.Step{}, false
}

// next is the first row behind the cursor that is meant, round the end; -1: none.
func (s *Screen) next(meant func(row) bool) int {
	for i := range s.rows {
		if k := (s.at + 1 + i) % len(s.rows); meant(s.rows[k]) {
			return k
		}
	}
	return -1
}

// View draws the tree.
func (s *Screen) View(f screen.Frame) []string {
	r, ok := f.Run()
	if !ok || len(r.Steps) == 0 {
		s.rows, s.same, s.graph.shown, s.graph.can = nil, same{}, false, false
		if ok && r.Status.Done() && r.Error != "" {
			return f.Empty("The run ended before it had steps.", r.Error)
		}
		if ok && r.Reason != "" {
			return f.Empty("No steps yet: "+r.Reason+".", "Stages, jobs and tasks of the run appear here as its system tells of them.")
		}
		return f.Empty("No steps yet.", "Stages, jobs and tasks of the run appear here as its system tells of them.")
	}
	s.rows = s.tree(r.Steps)
	s.graph.needs = 0
	for _, r := range s.rows {
		if r.depth == 0 {
			s.graph.needs += len(r.step.Needs)
		}
	}
	s.graph.can = s.graph.needs > 0 && s.graph.needs <= mostNeeds
	s.graph.shown = s.graph.on && s.graph.can && f.W >= leastGraphW && f.H > leastGraphH+2
	if s.graph.shown {
		s.rows = slices.DeleteFunc(s.rows, func(r row) bool { return r.depth > 0 })
	}
	s.settle()
	usual := usuals(f, r)
	lines := s.heading(f, r)
	if s.graph.on && s.graph.needs > mostNeeds {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Muted, "  "+s.tooMany()+": they are shown as a tree").String())
	}
	s.head = len(lines)
	s.lookHere(f)
	beside := s.here(f, r)
	h := f.H - s.head - len(beside)
	if h < 4 {
		beside, h = nil, f.H-s.head
	}
	if s.graph.shown {
		return cell.Block(append(append(lines, s.graphLines(f, h, usual)...), beside...), f.W, f.H)
	}
	if s.at < s.top {
		s.top = s.at
	}
	s.top = max(0, min(max(s.top, s.at-h+1), len(s.rows)-h))
	for i := s.top; i < min(s.top+h, len(s.rows)); i++ {
		lines = append(lines, s.line(f, s.rows[i], i == s.at, usual[s.rows[i].path]))
	}
	return cell.Block(append(lines, beside...), f.W, f.H)
}

// settle finds the cursor's step again; until a person moves it, it stands on
// what failed first.
func (s *Screen) settle() {
	i := slices.IndexFunc(s.rows, func(r row) bool { return r.path == s.selected })
	if i < 0 && s.graph.shown {
		i = slices.IndexFunc(s.rows, func(r row) bool { return strings.HasPrefix(s.selected, r.path+"/") })
	}
	if !s.moved {
		if bad := slices.IndexFunc(s.rows, func(r row) bool { return r.step.Status == tasks.Failed && r.kids == 0 }); bad >= 0 {
			i = bad
		}
	}
	if i < 0 {
		i = min(s.at, len(s.rows)-1)
	}
	s.at = i
	s.selected = s.rows[i].path
}

// tree puts steps below their parents, in the order in which they were told.
// Each stands once; those that are only each other's parents stand at the top.
func (s *Screen) tree(steps []tasks.Step) []row {
	parents := parentsOf(steps)
	kids := make([][]int, len(steps))
	for i, p := range parents {
		if p >= 0 {
			kids[p] = append(kids[p], i)
		}
	}
	var rows []row
	placed := make([]bool, len(steps))
	var walk func(i int, path string, depth int, shown bool)
	walk = func(i int, path string, depth int, shown bool) {
		if placed[i] {
			return
		}
		placed[i] = true
		p := path + "/" + steps[i].Name
		if shown {
			rows = append(rows, row{path: p, depth: depth, step: steps[i], kids: len(kids[i])})
		}
		for _, k := range kids[i] {
			walk(k, p, depth+1, shown && !s.folded[p])
		}
	}
	for i := range steps {
		if parents[i] < 0 {
			walk(i, "", 0, true)
		}
	}
	for i := range steps {
		walk(i, "", 0, true)
	}
	return rows
}

// parentsOf is where each step's parent stands, or -1. A name may be that of several
// steps, as of a job and of a step of it: the parent is the one that is part of none,
// else the first that was told.
func parentsOf(steps []tasks.Step) []int {
	at := map[string]int{}
	for i, st := range steps {
		if old, known := at[st.Name]; !known || st.Parent == "" && steps[old].Parent != "" {
			at[st.Name] = i
		}
	}
	parents := make([]int, len(steps))
	for i, st := range steps {
		p, known := at[st.Parent]
		if parents[i] = p; !known || st.Parent == "" || p == i {
			parents[i] = -1
		}
	}
	return parents
}

// usuals are how long each step took in the runs before, the middle one.
func usuals(f screen.Frame, r tasks.Run) map[string]time.Duration {
	took := map[string][]time.Duration{}
	for _, id := range f.State.Units[f.Unit].Runs {
		other := f.State.Runs[id]
		if id == r.ID {
			continue
		}
		for _, st := range other.Steps {
			if st.Status == tasks.Succeeded && !st.StartedAt.IsZero() && !st.EndedAt.IsZero() {
				key := st.Parent + "/" + st.Name
				took[key] = append(took[key], st.EndedAt.Sub(st.StartedAt))
			}
		}
	}
	usual := map[string]time.Duration{}
	for key, all := range took {
		slices.Sort(all)
		usual[key] = all[len(all)/2]
	}
	byPath := map[string]time.Duration{}
	for _, st := range r.Steps {
		if d, ok := usual[st.Parent+"/"+st.Name]; ok {
			parent := ""
			if st.Parent != "" {
				parent = "/" + st.Parent
			}
			byPath[parent+"/"+st.Name] = d
		}
	}
	return byPath
}

// heading says how the run stands; a reason that has no room beside it stands below.
func (s *Screen) heading(f screen.Frame, r tasks.Run) []string {
	in := f.Ink
	l := cell.NewLine(f.W)
	glyph, word := screen.StatusWord(r.Status)
	l.Put(inkOf(r.Status, in.Running, in), "  "+glyph+" ").Put(in.Bold, "#"+strings.TrimPrefix(string(r.ID), r.Task+"#")).Put(in.Text, " "+word)
	if r.Native != "" && !strings.EqualFold(r.Native, word) {
		l.Put(in.Muted, " ("+r.Native+")")
	}
	took := screen.Short(r.Duration(f.Now))
	cause := r.Cause.String()
	reason := r.Reason
	if len(r.Holds) > 0 {
		reason = r.Holds[0].Why
	}
	var below []string
	switch need := cell.Width(reason) + cell.Width(cause) + cell.Width(took) + 6; {
	case reason == "":
	case need <= l.Left() || f.H < 8:
		l.Put(in.Warning, "  "+reason)
	default:
		for _, text := range cell.Wrap(reason, f.W-6) {
			below = append(below, cell.NewLine(f.W).Put(in.Warning, "    "+text).String())
		}
	}
	l.Put(in.Muted, "  "+cause)
	l.Fill(in.Text, cell.Width(took)+1)
	return append([]string{l.Put(in.Muted, took+" ").String()}, below[:min(len(below), 2)]...)
}

func (s *Screen) line(f screen.Frame, r row, selected bool, usual time.Duration) string {
	in := f.Ink
	l := cell.NewLine(f.W)
	text, muted, fill, status := in.Text, in.Muted, theme.Ink{}, inkOf(r.step.Status, in.Running, in)
	mark := "  "
	if selected {
		mark = "▌ "
		fill = in.SelectedBlur
		if f.Focused {
			fill = in.Selected
		}
		text, muted, status = fill, fill, fill
	}
	glyph, word := screen.StatusWord(r.step.Status)
	fold := "  "
	if r.kids > 0 {
		fold = "▾ "
		if s.folded[r.path] {
			fold = "▸ "
		}
	}
	tail := took(r.step, usual, f.Now)
	l.Put(fill, mark+strings.Repeat("  ", r.depth)).Put(muted, fold).Put(status, glyph+" ")
	l.Put(text, cell.Cut(r.step.Name, max(4, l.Left()-cell.Width(tail)-cell.Width(word)-4)))
	l.Put(muted, "  "+word)
	l.Fill(fill, cell.Width(tail)+1)
	return l.Put(muted, tail).Fill(fill, 0).String()
}

// took is how long the step took or has taken, and how long it usually does where
// that is another time; of one that waits, about how long it will take.
func took(st tasks.Step, usual time.Duration, now time.Time) string {
	if st.StartedAt.IsZero() {
		if usual > 0 && st.Status == tasks.Queued {
			return "~" + screen.Short(usual)
		}
		return ""
	}
	end := now
	if !st.EndedAt.IsZero() {
		end = st.EndedAt
	}
	d := max(0, end.Sub(st.StartedAt))
	text := screen.Short(d)
	if usual > 0 && (d > usual*3/2 || st.EndedAt.IsZero()) {
		text += " of " + screen.Short(usual)
	}
	return text
}

func inkOf(s tasks.Status, running theme.Ink, in *theme.Inks) theme.Ink {
	switch s {
	case tasks.Succeeded, tasks.Ready:
		return in.Succeeded
	case tasks.Failed:
		return in.Failed
	case tasks.Running, tasks.Stopping:
		return running
	}
	return in.Muted
}
