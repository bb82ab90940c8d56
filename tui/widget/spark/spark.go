// Package spark draws a course of numbers in one line or a few. It knows
// numbers only, and never animates.
package spark

import (
	"math"
	"strings"
)

// Block draws the newest values as bars in w by h cells, top line first, scaled from
// low to high; low == high takes the bounds of what is shown.
func Block(values []float64, w, h int, low, high float64) []string {
	lines := make([]string, h)
	if w <= 0 {
		return lines
	}
	values = values[max(0, len(values)-w):]
	if low == high {
		low, high = bounds(values)
	}
	for y := range h {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", w-len(values)))
		for _, v := range values {
			b.WriteRune(bar(v, low, high, h, h-1-y))
		}
		lines[y] = b.String()
	}
	return lines
}

func bounds(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 0, 1
	}
	if low == high {
		return low - 1, high + 1
	}
	return low, high
}

// bar is the rune of a value in the row-th line from below.
func bar(v, low, high float64, h, row int) rune {
	if math.IsNaN(v) || high <= low {
		return ' '
	}
	share := min(max((v-low)/(high-low), 0), 1)
	// A value at the bottom still shows that there is one.
	eighths := max(1, int(math.Round(share*float64(h)*8))) - row*8
	switch {
	case eighths <= 0:
		return ' '
	case eighths >= 8:
		return '█'
	}
	return []rune("▁▂▃▄▅▆▇█")[eighths-1]
}

// Squeeze averages values down to at most n, so that a whole course fits.
func Squeeze(values []float64, n int) []float64 {
	if len(values) <= n || n <= 0 {
		return values
	}
	out := make([]float64, n)
	for i := range out {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		sum := 0.0
		for _, v := range values[from:to] {
			sum += v
		}
		out[i] = sum / float64(to-from)
	}
	return out
}
