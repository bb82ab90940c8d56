package graph

import "unicode/utf8"

// Mark is how an edge is drawn: Heavy with thick lines; Lit says only that it is meant.
type Mark struct{ Heavy, Lit bool }

// Cell is a piece of a line; Rune 0: there is none.
type Cell struct {
	Rune rune
	Lit  bool
}

// arms are the lines that leave a cell: up, right, down, left; 1 thin, 2 thick.
type arms struct {
	n    [4]uint8
	lit  [2]bool // upright, level
	turn bool    // a line turns here, or others join it
}

// The sides of a cell.
const (
	up = iota
	right
	down
	left
)

// lines are the characters for arms, by 27 up + 9 right + 3 down + left, from 1 on.
const lines = "╴╸╷┐┑╻┒┓╶─╾┌┬┭┎┰┱╺╼━┍┮┯┏┲┳╵┘┙│┤┥╽┧┪└┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"

// Draw draws the edges in a part of the plan: h rows of w cells.
func (p Plan) Draw(x, y, w, h int, mark func(Edge) Mark) [][]Cell {
	grid := make([][]arms, h)
	for i := range grid {
		grid[i] = make([]arms, w)
	}
	var path []point
	for _, e := range p.Edges {
		m := mark(e)
		if e.covered && m == (Mark{}) {
			continue
		}
		path = e.cells(path[:0])
		weight := uint8(1)
		if m.Heavy {
			weight = 2
		}
		for i, at := range path {
			if at.x < x || at.x >= x+w || at.y < y || at.y >= y+h {
				continue
			}
			in, out := left, right
			if i > 0 {
				in = side(at, path[i-1])
			}
			if i < len(path)-1 {
				out = side(at, path[i+1])
			}
			a := &grid[at.y-y][at.x-x]
			for _, s := range []int{in, out} {
				a.n[s] = max(a.n[s], weight)
				a.lit[s%2] = a.lit[s%2] || m.Lit
			}
			a.turn = a.turn || in%2 != out%2
		}
	}
	cells := make([][]Cell, h)
	for i, row := range grid {
		cells[i] = make([]Cell, w)
		for k, a := range row {
			cells[i][k] = a.cell()
		}
	}
	return cells
}

// side is where the next cell of a path lies.
func side(at, next point) int {
	switch {
	case next.y < at.y:
		return up
	case next.y > at.y:
		return down
	case next.x < at.x:
		return left
	}
	return right
}

// cell draws the arms. Lines that only cross do not touch: one passes over the other.
func (a arms) cell() Cell {
	n, lit := a.n, a.lit[0] || a.lit[1]
	if n == [4]uint8{} {
		return Cell{}
	}
	if !a.turn && n[up] > 0 && n[right] > 0 {
		above := 0 // the upright one
		if n[right] > n[up] || n[right] == n[up] && a.lit[1] && !a.lit[0] {
			above = 1
		}
		n[1-above], n[3-above] = 0, 0
		lit = a.lit[above]
	}
	i := 27*int(n[up]) + 9*int(n[right]) + 3*int(n[down]) + int(n[left])
	line, _ := utf8.DecodeRuneInString(lines[len("─")*(i-1):])
	return Cell{Rune: line, Lit: lit}
}
