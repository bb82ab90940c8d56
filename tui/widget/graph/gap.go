package graph

import (
	"cmp"
	"fmt"
	"slices"
)

// gap is the room between two levels, in which lines change their row. Those that
// lead to the same vertices are one net with one upright line, its lane.
//
//	a ─┬─ c     a and b are a net: both lead to c and to d
//	b ─┴─ d
type gap struct {
	x     int // where it begins
	nets  []net
	of    map[int]int          // the net of a vertex before it
	exits map[int]int          // the net that leaves in a row
	after map[int]map[int]bool // hard: the lanes of these stand to the right of a net's
	soft  [][2]int             // the same, where nothing speaks against it
	many  int                  // lanes
	v     []vertex
}

type net struct {
	from, to  []int // vertices
	low, high int   // its rows
	lane      int   // -1: it is straight and needs none
	// first and last are its uppermost and lowest vertex on each side.
	first, last [2]int
}

// open gathers the nets that leave the vertices before the gap.
func (g *gap) open(s *sheet, before []int) {
	g.v = s.vertices
	g.of, g.exits, g.after = map[int]int{}, map[int]int{}, map[int]map[int]bool{}
	known := map[string]int{}
	for _, i := range before {
		then := slices.Sorted(slices.Values(s.vertices[i].then))
		if len(then) == 0 {
			continue
		}
		key := fmt.Sprint(then)
		n, ok := known[key]
		if !ok {
			n = len(g.nets)
			known[key] = n
			g.nets = append(g.nets, net{to: then})
		}
		g.nets[n].from = append(g.nets[n].from, i)
		g.of[i], g.exits[s.vertices[i].row] = n, n
	}
}

// fits says whether a vertex may stand in a row behind the gap, and takes note of
// what follows if so: the line that leaves in that row must turn before others come
// in, and in no circle of such lines can each turn before the next.
func (g *gap) fits(vertex, row int) bool {
	exit, leaves := g.exits[row]
	if !leaves {
		return true
	}
	in := g.arriving(vertex)
	if slices.Contains(in, exit) {
		for _, n := range in {
			if n != exit {
				g.soft = append(g.soft, [2]int{exit, n})
			}
		}
		return true
	}
	for _, n := range in {
		if g.leads(n, exit) {
			return false
		}
	}
	for _, n := range in {
		g.order(exit, n)
	}
	return true
}

func (g *gap) arriving(vertex int) (nets []int) {
	for _, a := range g.v[vertex].after {
		if n := g.of[a]; !slices.Contains(nets, n) {
			nets = append(nets, n)
		}
	}
	return nets
}

func (g *gap) order(first, then int) {
	if g.after[first] == nil {
		g.after[first] = map[int]bool{}
	}
	g.after[first][then] = true
}

// leads says whether one net is known to stand before another, or is it.
func (g *gap) leads(first, then int) bool {
	seen := map[int]bool{}
	var walk func(int) bool
	walk = func(n int) bool {
		if n == then {
			return true
		}
		seen[n] = true
		for next := range g.after[n] {
			if !seen[next] && walk(next) {
				return true
			}
		}
		return false
	}
	return walk(first)
}

// lanes gives the nets that change their row their lanes, from the left: those with
// more ends first, so that what comes in last leads to one end only.
func (g *gap) lanes() {
	for _, s := range g.soft {
		if !g.leads(s[1], s[0]) {
			g.order(s[0], s[1])
		}
	}
	left := make([]int, 0, len(g.nets))
	for n := range g.nets {
		g.nets[n].span(g.v)
		left = append(left, n)
	}
	slices.SortStableFunc(left, func(a, b int) int {
		x, y := g.nets[a], g.nets[b]
		return cmp.Or(cmp.Compare(len(y.to), len(x.to)), cmp.Compare(x.low, y.low))
	})
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(n int) bool {
			return !slices.ContainsFunc(left, func(m int) bool { return g.after[m][n] })
		})
		n := left[i]
		left = slices.Delete(left, i, i+1)
		g.nets[n].lane = g.free(n)
		g.many = max(g.many, g.nets[n].lane+1)
	}
}

// free is the first lane that a net may have; -1: it needs none.
func (g *gap) free(n int) int {
	me := g.nets[n]
	if me.low == me.high {
		return -1
	}
	lane := 0
	for m, o := range g.nets {
		if g.after[m][n] {
			lane = max(lane, o.lane+1)
		}
	}
	taken := func(o net) bool { return o.lane == lane && o.low <= me.high && me.low <= o.high }
	for slices.ContainsFunc(g.nets, taken) {
		lane++
	}
	return lane
}

// span finds the net's rows; its lane is not given yet.
func (n *net) span(v []vertex) {
	n.lane = -1
	n.low, n.high = v[n.from[0]].row, v[n.from[0]].row
	for _, i := range slices.Concat(n.from, n.to) {
		n.low, n.high = min(n.low, v[i].row), max(n.high, v[i].row)
	}
}

// ends finds the uppermost and the lowest vertices of the nets.
func (g *gap) ends() {
	for i := range g.nets {
		n := &g.nets[i]
		for side, of := range [][]int{n.from, n.to} {
			byRow := func(a, b int) int { return cmp.Compare(g.v[a].row, g.v[b].row) }
			n.first[side], n.last[side] = slices.MinFunc(of, byRow), slices.MaxFunc(of, byRow)
		}
	}
}

// covers says whether all of the line between two vertices belongs to other lines of
// their net, too: it is one of neither's outermost. Of a hundred that lead to a hundred,
// four hundred lines are the picture.
func (g *gap) covers(from, to int) bool {
	n := g.nets[g.of[from]]
	outer := func(v, side int) bool { return v == n.first[side] || v == n.last[side] }
	return !outer(from, 0) && !outer(to, 1)
}

// width is how wide the gap is: a blank, a line, the lanes, a line, a blank.
func (g *gap) width(pitch int) int {
	return 4 + max(0, (g.many-1)*pitch+1)
}

// lane is the column in which the line of a vertex changes its row.
func (g *gap) lane(vertex, pitch int) int {
	return g.x + 2 + g.nets[g.of[vertex]].lane*pitch
}
