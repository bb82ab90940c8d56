// Package graph lays out what depends on each other in columns, from what needs
// nothing to what comes last, with lines between them. It knows widths and edges
// only, and what it returns is a function of these.
package graph

import (
	"cmp"
	"slices"
)

// Node is one thing. Needs are the indexes of those that come before it; those that
// would close a circle are left out.
type Node struct {
	W     int
	Needs []int
}

// Spot is where a node's text stands.
type Spot struct{ X, Y, W, Level int }

// Edge is one that is drawn. What follows from others is not: of a, b that needs a,
// and c that needs both, c's line to a.
type Edge struct {
	From, To int
	corners  []point // where its line begins, turns and ends
	covered  bool    // others that are drawn lie on all of its line
}

type point struct{ x, y int }

// Plan is where everything stands.
type Plan struct {
	W, H  int
	Spots []Spot // by node
	Edges []Edge
	// Columns are where the levels begin.
	Columns []int
}

// Room is what there is.
type Room struct {
	// W is the width that texts are cut for, down to Least cells each.
	W, Least int
}

// vertex is a node in its level, or the line of one that passes through it to those
// behind.
type vertex struct {
	node  int // whose line it is, where it is a passage
	pass  bool
	level int
	row   int
	after []int // vertices of the level before it
	then  []int // and of the next one
}

// sheet is a plan in the making.
type sheet struct {
	nodes    []Node
	vertices []vertex
	levels   [][]int // vertices, from above
	gaps     []gap   // behind each level
	edges    []Edge
	routes   [][]int // the vertices that each edge goes through
}

// Lay makes a plan.
func Lay(nodes []Node, room Room) Plan {
	s := &sheet{nodes: nodes}
	s.layer(reduced(uncircled(nodes)))
	for level := range s.levels {
		s.place(level)
	}
	for i := range s.gaps {
		s.gaps[i].lanes()
	}
	return s.plan(room)
}

// uncircled are the needs without doubles and without those that close a circle.
func uncircled(nodes []Node) [][]int {
	needs := make([][]int, len(nodes))
	const walking, done = 1, 2
	state := make([]int, len(nodes))
	named := make([]int, len(nodes)) // who named it last, counted from 1
	var walk func(int)
	walk = func(i int) {
		state[i] = walking
		for _, n := range nodes[i].Needs {
			if n >= 0 && n < len(nodes) && state[n] == 0 {
				walk(n)
			}
		}
		for _, n := range nodes[i].Needs {
			if n < 0 || n >= len(nodes) || state[n] == walking || named[n] == i+1 {
				continue
			}
			named[n] = i + 1
			needs[i] = append(needs[i], n)
		}
		state[i] = done
	}
	for i := range nodes {
		if state[i] == 0 {
			walk(i)
		}
	}
	return needs
}

// reduced are the needs that do not follow from others.
func reduced(needs [][]int) [][]int {
	words := (len(needs) + 63) / 64
	before := make([][]uint64, len(needs)) // all that come before a node, as bits
	var gather func(int) []uint64
	gather = func(i int) []uint64 {
		if before[i] == nil {
			before[i] = make([]uint64, words)
			for _, n := range needs[i] {
				for w, bits := range gather(n) {
					before[i][w] |= bits
				}
				before[i][n/64] |= 1 << (n % 64)
			}
		}
		return before[i]
	}
	kept := make([][]int, len(needs))
	follow := make([]uint64, words) // all that come before what a node needs
	for i := range needs {
		clear(follow)
		for _, n := range needs[i] {
			for w, bits := range gather(n) {
				follow[w] |= bits
			}
		}
		for _, n := range needs[i] {
			if follow[n/64]&(1<<(n%64)) == 0 {
				kept[i] = append(kept[i], n)
			}
		}
	}
	return kept
}

// layer puts the nodes into levels, and passages where an edge skips one.
func (s *sheet) layer(needs [][]int) {
	levels := make([]int, len(needs))
	for i := range levels {
		levels[i] = -1
	}
	var level func(int) int
	level = func(i int) int {
		if levels[i] < 0 {
			levels[i] = 0
			for _, n := range needs[i] {
				levels[i] = max(levels[i], level(n)+1)
			}
		}
		return levels[i]
	}
	most := 0
	for i := range needs {
		most = max(most, level(i)+1)
		s.vertices = append(s.vertices, vertex{node: i, level: levels[i]})
	}
	s.levels, s.gaps = make([][]int, most), make([]gap, most)
	passages := map[[2]int]int{} // by node and level
	for i, of := range needs {
		for _, n := range of {
			route, from := []int{n}, n
			for l := levels[n] + 1; l < levels[i]; l++ {
				p, known := passages[[2]int{n, l}]
				if !known {
					p = len(s.vertices)
					passages[[2]int{n, l}] = p
					s.vertices = append(s.vertices, vertex{node: n, pass: true, level: l})
					s.join(from, p)
				}
				route, from = append(route, p), p
			}
			s.join(from, i)
			s.edges, s.routes = append(s.edges, Edge{From: n, To: i}), append(s.routes, append(route, i))
		}
	}
	for i, v := range s.vertices {
		s.levels[v.level] = append(s.levels[v.level], i)
	}
}

func (s *sheet) join(from, to int) {
	s.vertices[from].then = append(s.vertices[from].then, to)
	s.vertices[to].after = append(s.vertices[to].after, from)
}

// place gives the vertices of a level their rows: beside what they come from, in an
// order that crosses few lines, and never so that a line would run into another.
func (s *sheet) place(level int) {
	if level == 0 {
		for row, i := range s.levels[0] {
			s.vertices[i].row = row
		}
		return
	}
	g := &s.gaps[level-1]
	g.open(s, s.levels[level-1])
	mean := func(i int) float64 {
		sum := 0
		for _, a := range s.vertices[i].after {
			sum += s.vertices[a].row
		}
		return float64(sum) / float64(max(1, len(s.vertices[i].after)))
	}
	slices.SortStableFunc(s.levels[level], func(a, b int) int { return cmp.Compare(mean(a), mean(b)) })
	next := 0
	for _, i := range s.levels[level] {
		v := &s.vertices[i]
		row := s.vertices[v.after[0]].row
		for _, a := range v.after {
			row = min(row, s.vertices[a].row)
		}
		for row = max(row, next); !g.fits(i, row); {
			row++
		}
		v.row, next = row, row+1
	}
}

// plan turns levels, rows and lanes into cells.
func (s *sheet) plan(room Room) Plan {
	wide := make([]int, len(s.levels))
	for _, v := range s.vertices {
		if !v.pass {
			wide[v.level] = max(wide[v.level], s.nodes[v.node].W)
		}
	}
	widest, pitch := s.fit(wide, room)
	p := Plan{Spots: make([]Spot, len(s.nodes)), Columns: make([]int, len(s.levels))}
	x := 0
	for l := range s.levels {
		wide[l] = max(1, min(wide[l], widest))
		p.Columns[l] = x
		s.gaps[l].x = x + wide[l]
		p.W = x + wide[l]
		x = p.W + s.gaps[l].width(pitch)
	}
	for _, v := range s.vertices {
		p.H = max(p.H, v.row+1)
		if !v.pass {
			p.Spots[v.node] = Spot{X: p.Columns[v.level], Y: v.row, W: max(1, min(s.nodes[v.node].W, widest)), Level: v.level}
		}
	}
	for i := range s.gaps {
		s.gaps[i].ends()
	}
	for i, e := range s.edges {
		route := s.routes[i]
		e.corners = s.route(p, route, pitch)
		e.covered = len(route) == 2 && s.gaps[s.vertices[route[0]].level].covers(route[0], route[1])
		p.Edges = append(p.Edges, e)
	}
	return p
}

// fit is how wide texts may be, and how far apart lanes are, so that all has room; the
// least of both where it has not.
func (s *sheet) fit(wide []int, room Room) (widest, pitch int) {
	for _, pitch = range []int{2, 1} {
		for widest = slices.Max(append(wide, room.Least)); widest >= room.Least; widest-- {
			sum := 0
			for l := range wide {
				sum += max(1, min(wide[l], widest))
				if l < len(wide)-1 {
					sum += s.gaps[l].width(pitch)
				}
			}
			if sum <= room.W {
				return widest, pitch
			}
		}
	}
	return max(1, room.Least), 1
}

// cells are those of the line, appended to path.
func (e Edge) cells(path []point) []point {
	path = append(path, e.corners[0])
	for _, c := range e.corners[1:] {
		for last := path[len(path)-1]; last.x < c.x; last = path[len(path)-1] {
			path = append(path, point{last.x + 1, last.y})
		}
		for last := path[len(path)-1]; last.y != c.y; last = path[len(path)-1] {
			path = append(path, point{last.x, last.y + cmp.Compare(c.y, last.y)})
		}
	}
	return path
}

// route are the corners of a line through vertices.
func (s *sheet) route(p Plan, route []int, pitch int) []point {
	corners := make([]point, 0, 2*len(route))
	to := func(x, y int) { corners = append(corners, point{x, y}) }
	from := p.Spots[s.vertices[route[0]].node]
	to(from.X+from.W+1, from.Y)
	for i, next := range route[1:] {
		v, row := s.vertices[route[i]], s.vertices[next].row
		if v.row != row {
			lane := s.gaps[v.level].lane(route[i], pitch)
			to(lane, v.row)
			to(lane, row)
		}
	}
	last := p.Spots[s.vertices[route[len(route)-1]].node]
	to(last.X-2, last.Y)
	return corners
}
