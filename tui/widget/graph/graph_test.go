package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawn is a plan as text; nodes are named by letters.
func drawn(nodes []Node, w int, mark func(Edge) Mark) string {
	p := Lay(nodes, Room{W: w, Least: 3})
	cells := p.Draw(0, 0, p.W, p.H, mark)
	var b strings.Builder
	for y, row := range cells {
		line := make([]rune, p.W)
		for x := range line {
			line[x] = ' '
			if row[x].Rune != 0 {
				line[x] = row[x].Rune
			}
		}
		for i, s := range p.Spots {
			if s.Y == y {
				text := strings.Repeat(string(rune('a'+i)), s.W)
				copy(line[s.X:], []rune(text))
			}
		}
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

func plain(Edge) Mark { return Mark{} }

func TestGraphsAreDrawnInColumns(t *testing.T) {
	for _, tt := range []struct {
		name  string
		nodes []Node
		w     int
		want  string
	}{
		{"a chain", []Node{{W: 3}, {W: 5, Needs: []int{0}}, {W: 2, Needs: []int{1}}}, 40, `
aaa ── bbbbb ── cc
`},
		{"out and in again", []Node{{W: 3}, {W: 5, Needs: []int{0}}, {W: 2, Needs: []int{0}}, {W: 4, Needs: []int{0}}, {W: 3, Needs: []int{1, 2, 3}}}, 40, `
aaa ─┬─ bbbbb ─┬─ eee
     ├─ cc ────┤
     └─ dddd ──┘
`},
		{"each with each is one line", []Node{{W: 2}, {W: 2}, {W: 2, Needs: []int{0, 1}}, {W: 2, Needs: []int{0, 1}}}, 40, `
aa ─┬─ cc
bb ─┴─ dd
`},
		{"what skips a level goes through it", []Node{{W: 2}, {W: 2}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{2}}, {W: 2, Needs: []int{3, 1}}}, 40, `
aa ── cc ── dd ─┬─ ee
bb ─────────────┘
`},
		{"what follows from others is not drawn", []Node{{W: 2}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{0, 1}}}, 40, `
aa ── bb ── cc
`},
		{"what leaves a row turns before others come in", []Node{{W: 2}, {W: 2}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{0, 1}}}, 40, `
aa ───┬─ cc
bb ─┐ ├─ dd
    └─┴─ ee
`},
		{"lines that cross do not touch", []Node{{W: 2}, {W: 2}, {W: 2}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{1}}, {W: 2, Needs: []int{0, 2}}}, 40, `
aa ─┬─ dd
bb ─│─ ee
cc ─┴─ ff
`},
		{"circles are opened", []Node{{W: 2, Needs: []int{1, 0}}, {W: 2, Needs: []int{0}}}, 40, `
bb ── aa
`},
		{"where there is little room texts are short", []Node{{W: 20}, {W: 9, Needs: []int{0}}, {W: 30, Needs: []int{1}}}, 26, `
aaaaaa ── bbbbbb ── cccccc
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := drawn(tt.nodes, tt.w, plain); got != strings.TrimPrefix(tt.want, "\n") {
				t.Errorf("got\n%swant%s", got, tt.want)
			}
		})
	}
}

func TestAHeavyLineIsThickAlsoWhereItMeetsOthers(t *testing.T) {
	nodes := []Node{{W: 2}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{0}}, {W: 2, Needs: []int{1, 2}}}
	got := drawn(nodes, 40, func(e Edge) Mark { return Mark{Heavy: e.From == 2 || e.To == 2} })
	if want := "aa ━┱─ bb ─┲━ dd\n    ┗━ cc ━┛\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// anyNodes draws nodes with needs among them, also themselves and circles.
func anyNodes(t *rapid.T) []Node {
	nodes := make([]Node, rapid.IntRange(0, 24).Draw(t, "nodes"))
	for i := range nodes {
		nodes[i].W = rapid.IntRange(0, 30).Draw(t, "width")
		for range rapid.IntRange(0, 4).Draw(t, "needs") {
			nodes[i].Needs = append(nodes[i].Needs, rapid.IntRange(-1, len(nodes)).Draw(t, "need"))
		}
	}
	return nodes
}

func TestNothingLiesOnAnythingElseAndEveryEdgeIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := anyNodes(t)
		p := Lay(nodes, Room{W: rapid.IntRange(0, 120).Draw(t, "room"), Least: rapid.IntRange(1, 14).Draw(t, "least")})
		taken := map[point]string{}
		for i, s := range p.Spots {
			for x := s.X; x < s.X+s.W; x++ {
				at := point{x, s.Y}
				if x < 0 || x >= p.W || s.Y < 0 || s.Y >= p.H || taken[at] != "" {
					t.Fatalf("node %d at %v in %dx%d lies on %q", i, at, p.W, p.H, taken[at])
				}
				taken[at] = fmt.Sprint("node ", i)
			}
		}
		for _, e := range p.Edges {
			from, to := p.Spots[e.From], p.Spots[e.To]
			if from.Level >= to.Level || !slices.Contains(nodes[e.To].Needs, e.From) {
				t.Fatalf("an edge that goes back, or is none: %+v", e)
			}
			path := e.cells(nil)
			first, last := path[0], path[len(path)-1]
			if first != (point{from.X + from.W + 1, from.Y}) || last != (point{to.X - 2, to.Y}) {
				t.Fatalf("the edge %d-%d goes from %v to %v; its nodes stand at %+v and %+v", e.From, e.To, first, last, from, to)
			}
			for i, at := range path {
				if taken[at] != "" || at.x < 0 || at.x >= p.W || at.y < 0 || at.y >= p.H {
					t.Fatalf("the edge %d-%d goes through %v, where is %q", e.From, e.To, at, taken[at])
				}
				if i > 0 {
					if d := (point{at.x - path[i-1].x, at.y - path[i-1].y}); d.x*d.x+d.y*d.y != 1 || d.x < 0 {
						t.Fatalf("the edge %d-%d jumps by %v", e.From, e.To, d)
					}
				}
			}
		}
		everyNeed(t, nodes, p)
		noFalseJoin(t, p)
		for _, row := range p.Draw(0, 0, p.W, p.H, func(e Edge) Mark { return Mark{Heavy: e.From%2 == 0, Lit: e.To%2 == 0} }) {
			for _, c := range row {
				if c.Rune != 0 && !strings.ContainsRune(lines, c.Rune) {
					t.Fatalf("%q", c.Rune)
				}
			}
		}
	})
}

func TestLinesThatOthersCoverChangeNothingOfThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := anyNodes(t)
		wide := rapid.IntRange(1, 7).Draw(t, "wide")
		for i := range nodes { // most of one level need all of the one before
			for k := range wide {
				if rapid.IntRange(0, 9).Draw(t, "all") > 0 {
					nodes[i].Needs = append(nodes[i].Needs, (i/wide-1)*wide+k)
				}
			}
		}
		p := Lay(nodes, Room{W: 200, Least: 4})
		at := rapid.IntRange(0, len(p.Spots)).Draw(t, "at")
		mark := func(e Edge) Mark { return Mark{Heavy: (e.From+e.To)%3 == at%3, Lit: e.From == at || e.To == at} }
		got := p.Draw(0, 0, p.W, p.H, mark)
		for i := range p.Edges {
			p.Edges[i].covered = false
		}
		if diff := cmp.Diff(p.Draw(0, 0, p.W, p.H, mark), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStepsThatAllNeedAllOfTheStepsBeforeAreDrawnWithFewLines(t *testing.T) {
	const wide = 300
	nodes := make([]Node, 2*wide)
	for i := range wide {
		for k := range wide {
			nodes[wide+i].Needs = append(nodes[wide+i].Needs, k)
		}
	}
	p := Lay(nodes, Room{W: 100, Least: 16})
	drawn := 0
	for _, e := range p.Edges {
		if !e.covered {
			drawn++
		}
	}
	if len(p.Edges) != wide*wide || drawn != 4*wide-4 {
		t.Errorf("%d of %d lines are drawn", drawn, len(p.Edges))
	}
}

// everyNeed fails when a need is neither drawn nor follows from what is, but for those
// that would close a circle.
func everyNeed(t *rapid.T, nodes []Node, p Plan) {
	t.Helper()
	var leads func(from, to int) bool
	leads = func(from, to int) bool {
		return from == to || slices.ContainsFunc(p.Edges, func(e Edge) bool { return e.From == from && leads(e.To, to) })
	}
	for i, n := range nodes {
		for _, need := range n.Needs {
			if need < 0 || need >= len(nodes) || leads(need, i) {
				continue
			}
			if !leads(i, need) {
				t.Fatalf("%d needs %d, which is not drawn: %+v", i, need, p.Edges)
			}
		}
	}
}

// noFalseJoin fails where two lines touch and neither's node leads to the end of the
// other: they may only cross.
func noFalseJoin(t *rapid.T, p Plan) {
	t.Helper()
	type pass struct {
		edge int
		axes [2]bool
	}
	cells := map[point][]pass{}
	for i, e := range p.Edges {
		path := e.cells(nil)
		for k, at := range path {
			in, out := left, right
			if k > 0 {
				in = side(at, path[k-1])
			}
			if k < len(path)-1 {
				out = side(at, path[k+1])
			}
			var ps pass
			ps.edge = i
			ps.axes[in%2], ps.axes[out%2] = true, true
			cells[at] = append(cells[at], ps)
		}
	}
	leads := func(from, to int) bool {
		return slices.ContainsFunc(p.Edges, func(e Edge) bool { return e.From == from && e.To == to })
	}
	related := func(a, b Edge) bool { return a.From == b.From || leads(a.From, b.To) || leads(b.From, a.To) }
	for at, all := range cells {
		for i, a := range all {
			for _, b := range all[:i] {
				crosses := a.axes[0] != b.axes[0] && a.axes[1] != b.axes[1]
				if x, y := p.Edges[a.edge], p.Edges[b.edge]; !crosses && !related(x, y) {
					t.Fatalf("%d-%d and %d-%d touch at %v", x.From, x.To, y.From, y.To, at)
				}
			}
		}
	}
}
