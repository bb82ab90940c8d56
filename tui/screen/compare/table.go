package compare

import (
	"fmt"
	"math"
	"strconv"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Choice is what is chosen in a table; its zero: nothing is, and the first run is
// the first column.
type Choice struct {
	Column  int
	Metric  string
	Focused bool
}

// better marks the better value: a sign, since colours are not enough.
const better = "★"

const (
	leastColumn = 9
	mostColumn  = 26
	mostLabel   = 22
)

// grid lays out a label and a column a run, as many as there is room for.
type grid struct {
	f           screen.Frame
	label       int
	widths      []int
	first, last int // the shown columns
	choice      Choice
}

// Table draws a comparison, a line a row; at is the line of the chosen metric. The
// first line has the runs' names.
func Table(f screen.Frame, c tasks.Comparison, choice Choice) (lines []string, at int) {
	g := newGrid(f, c, choice)
	lines = append(lines, g.names(c))
	for _, fact := range c.Facts {
		lines = append(lines, g.row(f.Ink.Muted, fact.Name, func(i int) (theme.Ink, string) { return f.Ink.Muted, fact.Values[i] }))
	}
	if code := codes(c); code != nil {
		lines = append(lines, g.row(f.Ink.Muted, "commit", func(i int) (theme.Ink, string) { return f.Ink.Muted, code[i] }))
	}
	if c.Among > 1 || len(c.Params) > 0 {
		lines = append(lines, g.head(paramsHead(c)))
	}
	for _, p := range c.Params {
		lines = append(lines, g.row(f.Ink.Text, p.Name, func(i int) (theme.Ink, string) {
			if p.Values[i] == "" {
				return f.Ink.Faint, "–"
			}
			return f.Ink.Text, p.Values[i]
		}))
	}
	if len(c.Metrics) > 0 {
		text := "METRICS"
		if c.Among > 1 {
			text += "  " + better + " is the better one"
		}
		lines = append(lines, g.head(text))
	}
	for _, m := range c.Metrics {
		chosen := choice.Metric == m.Name
		if chosen {
			at = len(lines)
		}
		lines = append(lines, g.metric(m, chosen)...)
	}
	return lines, at
}

func paramsHead(c tasks.Comparison) string {
	switch {
	case c.Among < 2:
		return "PARAMETERS"
	case len(c.Params) == 0 && c.Same == 0:
		return "PARAMETERS  none are known"
	case len(c.Params) == 0:
		return fmt.Sprintf("PARAMETERS  all %d are the same", c.Same)
	case c.Same == 0:
		return "PARAMETERS that differ"
	}
	return fmt.Sprintf("PARAMETERS that differ; %d are the same", c.Same)
}

// codes are the commits; nil: none is known. A star says that not all of it was
// committed.
func codes(c tasks.Comparison) []string {
	all := make([]string, len(c.Subjects))
	known := false
	for i, s := range c.Subjects {
		if s.Code.Commit == "" {
			continue
		}
		known = true
		all[i] = s.Code.Commit[:min(len(s.Code.Commit), 7)]
		if s.Code.Patch != "" || s.Code.Cut {
			all[i] += "+changes"
		}
	}
	if !known {
		return nil
	}
	return all
}

func newGrid(f screen.Frame, c tasks.Comparison, choice Choice) grid {
	g := grid{f: f, choice: choice, widths: make([]int, len(c.Subjects))}
	code := codes(c)
	label := 8
	for _, r := range c.Facts {
		label = max(label, cell.Width(r.Name))
	}
	for _, r := range c.Params {
		label = max(label, cell.Width(r.Name))
	}
	for _, m := range c.Metrics {
		label = max(label, cell.Width(m.Name))
	}
	g.label = min(label, mostLabel, max(8, f.W/3)) + 4
	whole, sum := make([]int, len(c.Subjects)), 0
	for i, s := range c.Subjects {
		w := max(leastColumn, min(cell.Width(s.Name)+2, 18))
		for _, r := range c.Params {
			w = max(w, cell.Width(r.Values[i]))
		}
		if code != nil {
			w = max(w, cell.Width(code[i]))
		}
		for _, m := range c.Metrics {
			w = max(w, cell.Width(best(m.Of[i]))+2)
		}
		g.widths[i], whole[i] = min(w, mostColumn), w
		for _, r := range c.Facts {
			whole[i] = max(whole[i], cell.Width(r.Values[i]))
		}
		whole[i] = min(whole[i], mostColumn)
		sum += whole[i] + 2
	}
	if sum <= f.W-g.label { // else facts are cut, so that more runs stand beside each other
		g.widths = whole
	}
	// The columns up to the chosen one, as many before it as fit.
	g.first, g.last = choice.Column, choice.Column
	room := f.W - g.label
	for used := 0; g.first > 0; g.first-- {
		if used += g.widths[g.first] + 2; used+g.widths[g.first-1]+2 > room {
			break
		}
	}
	used := 0
	for g.last = g.first; g.last < len(g.widths); g.last++ {
		if used += g.widths[g.last] + 2; used > room && g.last > g.first {
			break
		}
	}
	return g
}

func (g grid) names(c tasks.Comparison) string {
	in := g.f.Ink
	l := cell.NewLine(g.f.W)
	hidden := ""
	if g.first > 0 || g.last < len(g.widths) {
		hidden = fmt.Sprintf(" ←→ %d of %d", g.last-g.first, len(g.widths))
	}
	l.Column(in.Faint, hidden, g.label)
	for i := g.first; i < g.last; i++ {
		letter, name := screen.LetterInk(i, in), in.Bold
		fill := in.Text
		if g.choice.Focused && i == g.choice.Column && len(g.widths) > 1 {
			letter, name, fill = in.Selected, in.Selected, in.Selected
		}
		text := cell.Cut(c.Subjects[i].Name, g.widths[i]-2)
		l.Put(in.Text, cell.Spaces(g.widths[i]-2-cell.Width(text))).Put(letter, screen.Letter(i)).Put(fill, " ").Put(name, text).Put(in.Text, "  ")
	}
	return l.String()
}

func (g grid) head(text string) string {
	return cell.NewLine(g.f.W).Put(g.f.Ink.Heading, " "+text).String()
}

func (g grid) row(ink theme.Ink, label string, of func(i int) (theme.Ink, string)) string {
	l := cell.NewLine(g.f.W).Put(g.f.Ink.Text, "   ").Column(ink, label, g.label-3)
	return g.cells(l, of)
}

func (g grid) cells(l *cell.Line, of func(i int) (theme.Ink, string)) string {
	for i := g.first; i < g.last; i++ {
		ink, text := of(i)
		l.ColumnRight(ink, text, g.widths[i]).Put(g.f.Ink.Text, "  ")
	}
	return l.String()
}

// metric is a line of the last values, and one of the best where these are others.
func (g grid) metric(m tasks.ComparedMetric, chosen bool) []string {
	in := g.f.Ink
	label, mark := in.Text, "   "
	if chosen {
		label = in.Bold
		if g.choice.Focused {
			mark = " ▌ "
		}
	}
	value := func(e tasks.MetricEnds, p tasks.Point, top bool, text string) (theme.Ink, string) {
		switch {
		case !e.Has:
			return in.Faint, "–"
		case top:
			return in.Succeeded, better + " " + text
		case math.IsNaN(p.Value) || math.IsInf(p.Value, 0):
			return in.Failed, text
		}
		return in.Text, text
	}
	l := cell.NewLine(g.f.W).Put(in.Accent, mark).Column(label, m.Name, g.label-3)
	lines := []string{g.cells(l, func(i int) (theme.Ink, string) {
		return value(m.Of[i], m.Of[i].Last, m.BestLast == i, number(m.Of[i].Last.Value))
	})}
	other := false
	for _, e := range m.Of {
		other = other || e.Has && e.Best.Value != e.Last.Value && !math.IsNaN(e.Best.Value)
	}
	if other {
		l := cell.NewLine(g.f.W).Put(in.Text, "   ").Column(in.Faint, "  best", g.label-3)
		lines = append(lines, g.cells(l, func(i int) (theme.Ink, string) {
			return value(m.Of[i], m.Of[i].Best, m.BestBest == i, best(m.Of[i]))
		}))
	}
	return lines
}

// best is the best value, and when it was.
func best(e tasks.MetricEnds) string {
	return number(e.Best.Value) + "@" + screen.Number(e.Best.Step)
}

// number is a metric with as many digits as two of a kind differ in.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e6 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 5, 64)
}
