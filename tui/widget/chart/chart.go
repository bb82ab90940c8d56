// Package chart draws curves of numbers with an axis on either side, in dots of
// braille. It knows numbers only, and never animates.
package chart

import (
	"math"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Curve is one line; X never falls. A Y that is no number is a gap with a mark.
type Curve struct {
	X, Y []float64
	Ink  theme.Ink
	// Raw curves are drawn as they are, also where the others are smoothed.
	Raw bool
	// Mark stands on the curve here and there, so that several can be told from each
	// other without colours: a letter. At shifts where, a number for each curve.
	Mark string
	At   int
}

// View says which part of the curves is drawn, and how.
type View struct {
	// From and To bound X; equal: all of it.
	From, To float64
	// Log: Y grows by factors. What is not above zero is left out.
	Log bool
	// Smooth is how much of each value comes from those before it, from 0 to
	// less than 1.
	Smooth float64
	// Cross is the X of the crosshair; NaN: none.
	Cross float64
	// X and Y write a number at an axis.
	X, Y func(float64) string
}

// least is the smallest room in which a curve says anything.
const leastWidth, leastHeight = 12, 3

// Draw draws the curves in w by h cells, the first on top of the others.
func Draw(curves []Curve, w, h int, v View, in *theme.Inks) []string {
	if w < leastWidth || h < leastHeight {
		return cell.Block(nil, w, h)
	}
	curves = prepared(curves, v)
	from, to := v.From, v.To
	if from == to {
		from, to = boundsX(curves)
	}
	low, high := boundsY(curves, from, to)
	top, middle, bottom := label(v, high), label(v, (low+high)/2), label(v, low)
	left := max(cell.Width(top), cell.Width(middle), cell.Width(bottom))
	left = min(left, w/3)
	c := newCanvas(w-left-1, h-1)
	s := scale{from: from, to: to, low: low, high: high, w: c.w * 2, h: c.h * 4}
	for _, v := range slices.Backward(curves) {
		c.curve(v, s)
	}
	cross := -1
	if !math.IsNaN(v.Cross) && v.Cross >= from && v.Cross <= to {
		cross = s.x(v.Cross) / 2
	}
	lines := make([]string, 0, h)
	for y := range c.h {
		text := ""
		switch y {
		case 0:
			text = top
		case c.h - 1:
			text = bottom
		case (c.h - 1) / 2:
			if c.h >= 7 {
				text = middle
			}
		}
		l := cell.NewLine(w).ColumnRight(in.Faint, text, left).Put(in.Border, "│")
		c.row(l, y, cross, in)
		lines = append(lines, l.String())
	}
	return append(lines, axis(v, from, to, left, w, in))
}

// label is a number at the side of the chart.
func label(v View, y float64) string {
	if v.Log {
		y = math.Pow(10, y)
	}
	return v.Y(y)
}

func axis(v View, from, to float64, left, w int, in *theme.Inks) string {
	a, b := v.X(from), v.X(to)
	l := cell.NewLine(w).Put(in.Faint, strings.Repeat(" ", left)).Put(in.Border, "└").Put(in.Faint, a)
	if room := l.Left() - cell.Width(b); room > 1 {
		l.Rule(in.Border, cell.Width(b)+1).Put(in.Faint, " "+b)
	}
	return l.String()
}

// prepared is the curves as they are drawn: smoothed, and in the scale of Y.
func prepared(curves []Curve, v View) []Curve {
	out := make([]Curve, len(curves))
	for i, c := range curves {
		ys := c.Y
		if !c.Raw {
			ys = smooth(ys, v.Smooth)
		}
		if v.Log {
			logs := make([]float64, len(ys))
			for j, y := range ys {
				logs[j] = math.Log10(y) // of what is not above zero: no number
			}
			ys = logs
		}
		out[i] = Curve{X: c.X, Y: ys, Ink: c.Ink, Raw: c.Raw, Mark: c.Mark, At: c.At}
	}
	return out
}

// smooth is a moving average that weighs what is older less and less, without the
// pull to zero that it has at its beginning. Gaps stay gaps.
func smooth(values []float64, share float64) []float64 {
	if share <= 0 {
		return values
	}
	out := make([]float64, len(values))
	sum, weight := 0.0, 0.0
	for i, v := range values {
		if !finite(v) {
			out[i] = v
			continue
		}
		sum = sum*share + v*(1-share)
		weight = weight*share + (1 - share)
		out[i] = sum / weight
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func boundsX(curves []Curve) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		if n := len(c.X); n > 0 {
			from, to = min(from, c.X[0]), max(to, c.X[n-1])
		}
	}
	switch {
	case from > to:
		return 0, 1
	case from == to:
		return from, from + 1
	}
	return from, to
}

// boundsY are those of the part that is drawn.
func boundsY(curves []Curve, from, to float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for i, y := range c.Y[:min(len(c.X), len(c.Y))] {
			if finite(y) && c.X[i] >= from && c.X[i] <= to {
				low, high = min(low, y), max(high, y)
			}
		}
	}
	switch {
	case low > high:
		return 0, 1
	case low == high:
		half := math.Abs(low) / 10
		if half == 0 {
			half = 1
		}
		return low - half, high + half
	}
	return low, high
}

// Value is a curve's value at x: of the last point that is not behind it. false:
// there is none yet.
func (c Curve) Value(x float64) (float64, bool) {
	i, j := 0, len(c.X)
	for i < j {
		if m := (i + j) / 2; c.X[m] <= x {
			i = m + 1
		} else {
			j = m
		}
	}
	if i == 0 || i > len(c.Y) {
		return 0, false
	}
	return c.Y[i-1], true
}
