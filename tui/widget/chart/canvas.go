package chart

import (
	"math"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// scale takes numbers to dots, of which a cell has two by four.
type scale struct {
	from, to, low, high float64
	w, h                int
}

func (s scale) x(v float64) int {
	return int(math.Round((v - s.from) / (s.to - s.from) * float64(s.w-1)))
}

func (s scale) y(v float64) int {
	return s.h - 1 - int(math.Round((v-s.low)/(s.high-s.low)*float64(s.h-1)))
}

// letter is a mark on a curve.
type letter struct {
	text string
	ink  *theme.Ink
}

// canvas is cells of dots, each with the ink of who drew there last.
type canvas struct {
	w, h int
	dots []uint8
	inks []*theme.Ink
	// bad marks the columns in which a value was no number.
	bad []bool
	// marks are the letters on curves, by cell; trace is where the curve that is
	// drawn passes each column, -1: it does not.
	marks map[int]letter
	trace []int
}

func newCanvas(w, h int) *canvas {
	return &canvas{w: w, h: h, dots: make([]uint8, w*h), inks: make([]*theme.Ink, w*h), bad: make([]bool, w), marks: map[int]letter{}, trace: make([]int, w)}
}

// bits are the dots of a braille character, by column and row.
var bits = [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

func (c *canvas) dot(x, y int, ink *theme.Ink) {
	if x < 0 || y < 0 || x >= c.w*2 || y >= c.h*4 {
		return
	}
	i := y/4*c.w + x/2
	c.trace[x/2] = y / 4
	c.dots[i] |= bits[x%2][y%4]
	c.inks[i] = ink
}

// curve connects the points. Points of one column of dots are one stroke from
// their lowest to their highest, so that a million of them cost no million strokes.
func (c *canvas) curve(v Curve, s scale) {
	ink := v.Ink
	for x := range c.trace {
		c.trace[x] = -1
	}
	defer c.mark(v, &ink)
	before, gap := -1, true
	var lastY int
	low, high, at := 0, 0, -1
	flush := func() {
		if at >= 0 {
			c.stroke(at, low, at, high, &ink)
		}
	}
	for i, x := range v.X {
		if i >= len(v.Y) || x < s.from {
			continue
		}
		if x > s.to {
			break
		}
		px := s.x(x)
		if !finite(v.Y[i]) {
			if px >= 0 && px/2 < c.w {
				c.bad[px/2] = true
			}
			gap = true
			continue
		}
		py := s.y(v.Y[i])
		if px != at {
			flush()
			low, high, at = py, py, px
		} else {
			low, high = min(low, py), max(high, py)
		}
		if !gap && before != px {
			c.stroke(before, lastY, px, py, &ink)
		}
		before, lastY, gap = px, py, false
	}
	flush()
}

// markEvery is how far the marks of a curve stand from each other.
const markEvery = 24

// mark puts a curve's letter at its end, and here and there on it.
func (c *canvas) mark(v Curve, ink *theme.Ink) {
	if v.Mark == "" {
		return
	}
	last := -1
	for x, y := range c.trace {
		if y < 0 {
			continue
		}
		last = x
		if (x+markEvery-(7+5*v.At)%markEvery)%markEvery == 0 {
			c.marks[y*c.w+x] = letter{v.Mark, ink}
		}
	}
	if last >= 0 {
		c.marks[c.trace[last]*c.w+last] = letter{v.Mark, ink}
	}
}

// stroke is a straight line of dots.
func (c *canvas) stroke(x0, y0, x1, y1 int, ink *theme.Ink) {
	dx, dy := x1-x0, y1-y0
	steps := max(dx, -dx, dy, -dy)
	if steps > 4*(c.w*2+c.h*4) { // far out of sight
		return
	}
	for i := range steps + 1 {
		share := 0.0
		if steps > 0 {
			share = float64(i) / float64(steps)
		}
		c.dot(x0+int(math.Round(share*float64(dx))), y0+int(math.Round(share*float64(dy))), ink)
	}
}

// row puts one line of cells: dots, the crosshair, and a mark at the bottom where
// a value was no number.
func (c *canvas) row(l *cell.Line, y, cross int, in *theme.Inks) {
	for x := range c.w {
		i := y*c.w + x
		switch {
		case y == c.h-1 && c.bad[x]:
			l.Put(in.Failed, "×")
		case c.marks[i].ink != nil:
			l.Put(*c.marks[i].ink, c.marks[i].text)
		case c.dots[i] != 0:
			l.Put(*c.inks[i], string(rune(0x2800+int(c.dots[i]))))
		case x == cross:
			l.Put(in.Accent, "┊")
		default:
			l.Put(in.Text, " ")
		}
	}
}
