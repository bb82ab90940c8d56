package resource

import (
	"math"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/chart"
)

// leastChart is the fewest lines in which curves say something.
const leastChart = 8

// curveLines are curves in one chart, in as many lines as there are left, below the
// letter, the name and the last value of each.
func curveLines(f screen.Frame, all []tasks.Curve, left int) []string {
	var lines []string
	var drawn []chart.Curve
	v := chart.View{Cross: math.NaN(), X: screen.Number, Y: screen.Number}
	timed := overTime(all)
	if timed {
		v.X = clockOf(all)
	}
	for i, c := range all {
		line := chart.Curve{Ink: screen.LetterInk(i, f.Ink), Mark: screen.Letter(i), At: i}
		for _, p := range c.Points {
			x := p.Step
			if timed {
				x = float64(p.At.UnixMilli()) / 1000
			}
			line.X, line.Y = append(line.X, x), append(line.Y, p.Value)
		}
		drawn = append(drawn, line)
		l := cell.NewLine(f.W).Put(line.Ink, "  "+line.Mark+" ")
		if n := len(c.Points); n > 0 {
			l.Put(f.Ink.Bold, screen.Number(c.Points[n-1].Value)+"  ")
		}
		lines = append(lines, l.Put(f.Ink.Text, c.Name).String())
	}
	return append(lines, chart.Draw(drawn, f.W-1, max(leastChart, left-len(lines)), v, f.Ink)...)
}

// overTime says whether curves are over the time of their points: these have no steps.
func overTime(all []tasks.Curve) bool {
	for _, c := range all {
		if slices.ContainsFunc(c.Points, func(p tasks.Point) bool { return p.Step != 0 || p.At.IsZero() }) {
			return false
		}
	}
	return true
}

// clockOf writes a moment as finely as the curves' span of time wants it.
func clockOf(all []tasks.Curve) func(float64) string {
	var first, last time.Time
	for _, c := range all {
		if n := len(c.Points); n > 0 {
			if first.IsZero() || c.Points[0].At.Before(first) {
				first = c.Points[0].At
			}
			if c.Points[n-1].At.After(last) {
				last = c.Points[n-1].At
			}
		}
	}
	layout := time.TimeOnly
	if last.Sub(first) > 20*time.Hour {
		layout = "Jan 2 15:04"
	}
	return func(x float64) string { return time.UnixMilli(int64(x * 1000)).Local().Format(layout) }
}
