package steps

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/graph"
)

// The graph shows the steps that are part of no other by what they wait for: each
// stands to the right of those that it needs.
const (
	// leastText is how short names become before the graph is moved sideways.
	leastText = 16
	// leastName is how much of a name is kept before its time goes.
	leastName = 8
	// leastGraph is the room below which steps are a tree.
	leastGraphW, leastGraphH = 24, 3
	// roomForTime keeps the columns where they are while times grow.
	roomForTime = 5
	// mostNeeds is how often steps may need another one in all: more is no picture, and
	// is not laid out.
	mostNeeds = 200_000
)

// drawing is the graph of the last View, as long as its nodes are the same.
type drawing struct {
	on    bool // a person wants it
	shown bool // and it was drawn
	nodes []graph.Node
	room  graph.Room
	plan  graph.Plan
	left  int // the first level that is shown
	can   bool
	needs int // how often one step needs another
}

// Graph says whether the steps are shown as a graph where their system tells what
// they wait for.
func (s *Screen) Graph() bool { return s.graph.on }

// SetGraph chooses between the graph and the tree.
func (s *Screen) SetGraph(on bool) { s.graph.on = on }

// graphActions are to change to the graph and back, and to move in it.
func (s *Screen) graphActions() []action.Action {
	change := action.Action{
		ID: "steps.graph", Title: "Show the steps as a graph of what waits for what, or as a tree", Hint: "graph", Group: "Steps", Keys: []string{"m"},
		Do: func() tea.Cmd { s.graph.on = !s.graph.on; return nil },
	}
	if s.graph.on {
		change.Hint = "tree"
	}
	switch {
	case s.graph.needs > mostNeeds:
		change.Hint, change.Disabled = "", s.tooMany()
	case !s.graph.can:
		change.Hint, change.Disabled = "", "nothing is told of what waits for what in this run"
	}
	side := func(id, title, key string, by int) action.Action {
		a := action.Action{
			ID: "steps." + id, Title: title, Group: "Steps", Keys: []string{key},
			Do: func() tea.Cmd { s.sideways(by); return nil },
		}
		if !s.graph.shown {
			a.Disabled = "the steps are shown as a tree"
		}
		return a
	}
	return []action.Action{change, side("left", "To what the step waits for", "left", -1), side("right", "To what waits for the step", "right", 1)}
}

// tooMany says why there is no graph of what waits for what, although that is told.
func (s *Screen) tooMany() string {
	return fmt.Sprintf("the steps wait for each other in %d ways, too many for a graph", s.graph.needs)
}

// level are the rows in the level of one, from above.
func (s *Screen) level(of int) (rows []int) {
	for i, spot := range s.graph.plan.Spots {
		if spot.Level == of {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return s.graph.plan.Spots[a].Y - s.graph.plan.Spots[b].Y })
	return rows
}

// upright moves the cursor within its level.
func (s *Screen) upright(n int) {
	rows := s.level(s.graph.plan.Spots[s.at].Level)
	i := slices.Index(rows, s.at)
	s.goTo(rows[max(0, min(i+n, len(rows)-1))])
}

// sideways moves the cursor along a line, to the nearest of the next level if there is
// one there, else to the nearest of all.
func (s *Screen) sideways(by int) {
	if s.at >= len(s.graph.plan.Spots) {
		return
	}
	spots := s.graph.plan.Spots
	here, best, rank := spots[s.at], -1, 0
	near := func(i, extra int) {
		d := spots[i].Y - here.Y
		if r := extra + 2*max(d, -d); best < 0 || r < rank {
			best, rank = i, r
		}
	}
	for _, e := range s.graph.plan.Edges {
		from, to := e.From, e.To
		if by < 0 {
			from, to = to, from
		}
		if from == s.at {
			near(to, 1000*max(by*(spots[to].Level-here.Level)-1, 0))
		}
	}
	if best < 0 {
		for _, i := range s.level(here.Level + by) {
			near(i, 0)
		}
	}
	if best >= 0 {
		s.moved = true
		s.goTo(best)
	}
}

// lay makes the nodes of the rows, and their plan.
func (s *Screen) lay(f screen.Frame, h int, usual map[string]time.Duration) {
	index := map[string]int{}
	for i, r := range s.rows {
		index[r.step.Name] = i
	}
	nodes := make([]graph.Node, len(s.rows))
	for i, r := range s.rows {
		nodes[i].W = 2 + cell.Width(r.step.Name)
		if tail := took(r.step, usual[r.path], f.Now); tail != "" {
			nodes[i].W += 1 + max(roomForTime, cell.Width(tail))
		}
		for _, name := range r.step.Needs {
			if n, ok := index[name]; ok {
				nodes[i].Needs = append(nodes[i].Needs, n)
			}
		}
	}
	g, room := &s.graph, graph.Room{W: f.W - 2, Least: leastText}
	same := slices.EqualFunc(g.nodes, nodes, func(a, b graph.Node) bool { return a.W == b.W && slices.Equal(a.Needs, b.Needs) })
	if !same || room != g.room {
		g.nodes, g.room, g.plan = nodes, room, graph.Lay(nodes, room)
	}
	s.top = max(0, min(s.top, g.plan.H-h))
	here := g.plan.Spots[s.at]
	s.top = max(min(s.top, here.Y), here.Y-h+1)
	g.left = min(g.left, here.Level)
	for g.left < here.Level && here.X+here.W-g.plan.Columns[g.left] > room.W {
		g.left++
	}
	for g.left > 0 && g.plan.W-g.plan.Columns[g.left-1] <= room.W {
		g.left--
	}
}

// graphLines draw the graph, and what is to be said of the step under the cursor.
func (s *Screen) graphLines(f screen.Frame, h int, usual map[string]time.Duration) []string {
	in := f.Ink
	steps := make([]tasks.Step, len(s.rows))
	paths := map[string]string{}
	for i, r := range s.rows {
		steps[i], paths[r.step.Name] = r.step, r.path
	}
	chain, sum := critical(steps, func(st tasks.Step) time.Duration { return usual[paths[st.Name]] }, f.Now)
	about := s.about(f, chain, sum, usual)
	if h -= len(about) + 1; h < leastGraphH {
		about, h = nil, h+len(about)+1
	}
	s.lay(f, h, usual)
	if about != nil {
		about = append([]string{s.beyond(f)}, about...)
	}
	p, x := s.graph.plan, s.graph.plan.Columns[s.graph.left]
	then := map[int]int{} // of each step of the chain but the last
	for i, from := range chain[:max(0, len(chain)-1)] {
		then[from] = chain[i+1]
	}
	cells := p.Draw(x, s.top, f.W-2, h, func(e graph.Edge) graph.Mark {
		to, on := then[e.From]
		return graph.Mark{Heavy: on && to == e.To, Lit: e.From == s.at || e.To == s.at}
	})
	standing := make([][]int, h) // the rows in each line, from the left
	for _, l := range p.Columns[s.graph.left:] {
		for i, spot := range p.Spots {
			if y := spot.Y - s.top; spot.X == l && y >= 0 && y < h {
				standing[y] = append(standing[y], i)
			}
		}
	}
	lines := make([]string, 0, h+len(about))
	for y, row := range cells {
		l := cell.NewLine(f.W).Put(in.Text, "  ")
		at := 0
		wires := func(until int) {
			for until = min(until, len(row)); at < until; at++ {
				c := row[at]
				switch {
				case c.Rune == 0:
					l.Put(in.Text, " ")
				case c.Lit:
					l.Put(in.Accent, string(c.Rune))
				default:
					l.Put(in.Border, string(c.Rune))
				}
			}
		}
		for _, i := range standing[y] {
			spot := p.Spots[i]
			wires(spot.X - x)
			w := min(spot.W, l.Left())
			s.node(f, l, i, w, slices.Contains(chain, i), usual[s.rows[i].path])
			at += w
		}
		wires(len(row))
		lines = append(lines, l.String())
	}
	return append(lines, about...)
}

// node draws a step in w cells.
func (s *Screen) node(f screen.Frame, l *cell.Line, i, w int, heavy bool, usual time.Duration) {
	in, st := f.Ink, s.rows[i].step
	name, muted, status := in.Text, in.Muted, inkOf(st.Status, in.Running, in)
	if heavy {
		name = in.Bold
	}
	if i == s.at {
		name = in.SelectedBlur
		if f.Focused {
			name = in.Selected
		}
		muted, status = name, name
	}
	glyph, _ := screen.StatusWord(st.Status)
	tail := took(st, usual, f.Now)
	least := 2 + min(cell.Width(st.Name), leastName) + 1
	if w < least+cell.Width(tail) {
		tail, _, _ = strings.Cut(tail, " of ")
	}
	if w < least+cell.Width(tail) {
		tail = ""
	}
	if tail != "" {
		tail = " " + tail
	}
	text := s.short(i, max(0, w-2-cell.Width(tail)))
	l.Put(status, cell.Cut(glyph+" ", w)).Put(name, text).Put(muted, cell.FitRight(tail, max(0, w-2-cell.Width(text))))
}

// short is a name in w cells: without its end, or without its beginning where another
// step of its level begins in the same way.
func (s *Screen) short(i, w int) string {
	name := s.rows[i].step.Name
	cut := cell.Cut(name, w)
	begins, shorter := strings.CutSuffix(cut, "…")
	if !shorter {
		return cut
	}
	for k, r := range s.rows {
		if k != i && s.graph.plan.Spots[k].Level == s.graph.plan.Spots[i].Level && strings.HasPrefix(r.step.Name, begins) {
			return cell.CutLeft(name, w)
		}
	}
	return cut
}

// beyond says what of the graph is not shown, on the line below it.
func (s *Screen) beyond(f screen.Frame) string {
	p, l := s.graph.plan, cell.NewLine(f.W)
	more := 0
	for level, x := range p.Columns {
		wide := 0
		for _, spot := range p.Spots {
			if spot.Level == level {
				wide = max(wide, spot.W)
			}
		}
		if x+wide-p.Columns[s.graph.left] > f.W-2 {
			more++
		}
	}
	if s.graph.left > 0 {
		l.Put(f.Ink.Border, "──").Put(f.Ink.Muted, fmt.Sprintf(" ◂ %d more ", s.graph.left))
	}
	if more > 0 {
		text := fmt.Sprintf(" %d more ▸ ", more)
		return l.Rule(f.Ink.Border, cell.Width(text)+2).Put(f.Ink.Muted, text).Put(f.Ink.Border, "──").String()
	}
	return l.Rule(f.Ink.Border, 0).String()
}

// about says of the step under the cursor what the graph may have had no room for.
func (s *Screen) about(f screen.Frame, chain []int, sum time.Duration, usual map[string]time.Duration) []string {
	in, r := f.Ink, s.rows[s.at]
	glyph, word := screen.StatusWord(r.step.Status)
	first := cell.NewLine(f.W).Put(inkOf(r.step.Status, in.Running, in), "  "+glyph+" ").Put(in.Bold, r.step.Name).Put(in.Muted, "  "+word)
	if t := took(r.step, usual[r.path], f.Now); t != "" {
		first.Put(in.Muted, "  "+t)
	}
	if slices.Contains(chain, s.at) && len(chain) > 1 {
		first.Put(in.Text, fmt.Sprintf("  ━ on the critical path: %s", screen.Short(sum)))
	}
	var then []string
	for _, o := range s.rows {
		if slices.Contains(o.step.Needs, r.step.Name) {
			then = append(then, o.step.Name)
		}
	}
	second := cell.NewLine(f.W)
	put := func(label string, names []string) {
		if len(names) > 0 {
			second.Put(in.Muted, "  "+label).Put(in.Text, cell.Cut(strings.Join(names, ", "), max(8, f.W/2-len(label)-2)))
		}
	}
	put("needs ", r.step.Needs)
	put("then ", then)
	return []string{first.String(), second.String()}
}
