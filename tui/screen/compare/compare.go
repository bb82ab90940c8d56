// Package compare is the tab with runs beside each other: the parameters that
// differ, the last and the best of each metric, and the curves of all of them in
// one chart. It draws what it is given, and asks nobody.
package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/chart"
)

// Data is what is known of the runs.
type Data struct {
	Runs    []tasks.Subject
	Greater map[string]bool
	Err     error
	// Known: an answer has come; until then there is nothing to show.
	Known bool
	// Note says what a person should know of the answer.
	Note string
}

// Diff asks the root to show what differs between the code of two runs.
type Diff struct{ A, B tasks.Subject }

// Drop asks the root to leave a run out.
type Drop struct{ ID string }

// Screen is the tab, and what a person chose in it.
type Screen struct {
	data   Data
	of     tasks.Comparison
	metric string // the one in the chart
	column int    // the chosen run
	alone  bool   // only the chart is drawn
	byTime bool
	log    bool
	smooth int
	zoom   int // halvings of the shown part, from the beginning
	top    int
}

// smoothings are how much of a value comes from those before it.
var smoothings = []float64{0, 0.6, 0.9, 0.97}

// New is the tab without runs.
func New() *Screen { return &Screen{} }

// Set takes over what is known.
func (s *Screen) Set(d Data) {
	s.data = d
	s.of = tasks.Compare(d.Runs, d.Greater)
	s.column = max(0, min(s.column, len(d.Runs)-1))
	if !slices.ContainsFunc(s.of.Metrics, func(m tasks.ComparedMetric) bool { return m.Name == s.metric }) {
		s.metric = ""
		if len(s.of.Metrics) > 0 {
			s.metric = s.of.Metrics[0].Name
		}
	}
}

// Live says whether one of the runs goes on.
func (s *Screen) Live() bool {
	return slices.ContainsFunc(s.data.Runs, func(r tasks.Subject) bool { return r.Live })
}

// Move chooses another metric.
func (s *Screen) Move(n int) {
	if len(s.of.Metrics) == 0 {
		return
	}
	i := max(0, min(s.at()+n, len(s.of.Metrics)-1))
	s.metric = s.of.Metrics[i].Name
}

func (s *Screen) at() int {
	return slices.IndexFunc(s.of.Metrics, func(m tasks.ComparedMetric) bool { return m.Name == s.metric })
}

// Actions are what can be done with runs beside each other.
func (s *Screen) Actions() []action.Action {
	none, few := "", ""
	switch {
	case len(s.data.Runs) == 0:
		none, few = "there are no runs yet", "there are no runs yet"
	case len(s.data.Runs) == 1:
		few = "there is only one run: mark others with space in the table"
	}
	act := func(id, title, hint, off string, keys []string, do func()) action.Action {
		return action.Action{
			ID: "compare." + id, Title: title, Hint: hint, Group: "Compare", Keys: keys, Disabled: off,
			Do: func() tea.Cmd { do(); return nil },
		}
	}
	alone := "Show only the curves"
	if s.alone {
		alone = "Show the curves and the numbers"
	}
	other := ""
	if s.column == 0 {
		other = "choose another run than the first with → first"
		if len(s.data.Runs) == 2 {
			other = ""
		}
	}
	diff := act("diff", "Show what differs between the code of the first run and the chosen one", "git diff", few, []string{"d"}, nil)
	diff.Disabled = cmp.Or(few, other)
	diff.Do = func() tea.Cmd {
		a, b := s.data.Runs[0], s.data.Runs[max(1, s.column)]
		return func() tea.Msg { return Diff{a, b} }
	}
	drop := act("drop", "Leave the chosen run out", "leave out", few, []string{"space"}, nil)
	drop.Do = func() tea.Cmd {
		id := s.data.Runs[s.column].ID
		return func() tea.Msg { return Drop{id} }
	}
	return []action.Action{
		act("alone", alone, "curves", none, []string{"enter"}, func() { s.alone = !s.alone }),
		diff,
		act("right", "Choose the next run", "", few, []string{"right"}, func() { s.column = min(s.column+1, len(s.data.Runs)-1) }),
		act("left", "Choose the run before", "run", few, []string{"left"}, func() { s.column = max(s.column-1, 0) }),
		drop,
		act("zoom", "Show less of the curves: their beginning, which all of them have", "zoom", none, []string{"+", "="}, func() { s.zoom = min(s.zoom+1, 12) }),
		act("unzoom", "Show more of the curves", "", none, []string{"-"}, func() { s.zoom = max(s.zoom-1, 0) }),
		act("smooth", "Smooth the curves more, or not at all", "smooth", none, []string{"~", "m"}, func() { s.smooth = (s.smooth + 1) % len(smoothings) }),
		act("log", "Draw values by factors (a logarithmic scale), or evenly", "log scale", none, []string{"L"}, func() { s.log = !s.log }),
		act("time", "Draw over time, or over steps", "time/steps", none, []string{"t"}, func() { s.byTime = !s.byTime }),
	}
}

// View draws the runs.
func (s *Screen) View(f screen.Frame) []string {
	switch {
	case s.data.Err != nil && len(s.data.Runs) == 0:
		return f.Empty("The runs can't be compared: "+s.data.Err.Error(), "")
	case !s.data.Known:
		return f.Empty("Asking for the runs…", "")
	case len(s.data.Runs) == 0:
		return f.Empty("No runs are marked.", "space marks a run in the table, v compares the marked ones.")
	}
	curves := 0
	if len(s.of.Metrics) > 0 {
		curves = max(9, f.H*2/5)
		if s.alone || f.H < 14 && s.alone {
			curves = f.H
		} else if f.H < 16 {
			curves = 0
		}
	}
	var lines []string
	if room := f.H - curves; room > 0 {
		all, at := s.table(f)
		if curves > 0 && len(all) < room {
			curves, room = f.H-len(all), len(all)
		}
		lines = s.window(all, at, room, f.W)
	}
	if curves > 0 {
		lines = append(lines, s.chart(f, f.W, curves)...)
	}
	return cell.Block(lines, f.W, f.H)
}

// table are the numbers, and the line of the chosen metric.
func (s *Screen) table(f screen.Frame) (lines []string, at int) {
	lines, at = Table(f, s.of, Choice{Column: s.column, Metric: s.metric, Focused: f.Focused})
	if s.data.Err != nil {
		lines = append(f.Fact(f.Ink.Failed, "not renewed", s.data.Err.Error()), lines...)
	} else if s.data.Note != "" {
		lines = append(f.Fact(f.Ink.Faint, "", s.data.Note), lines...)
	}
	return lines, at
}

// window is the part of lines that has the line at; the first one, with the runs'
// names, stays.
func (s *Screen) window(lines []string, at, h, w int) []string {
	if len(lines) <= h || h < 2 {
		s.top = 0
		return cell.Block(lines, w, h)
	}
	body, room := lines[1:], h-1
	at = max(0, at-1)
	s.top = max(min(s.top, at), at+2-room) // what is best stands below what is last
	s.top = max(0, min(s.top, len(body)-room))
	if at < room && s.at() <= 0 {
		s.top = 0
	}
	return append([]string{lines[0]}, body[s.top:s.top+room]...)
}

// chart are the curves of the chosen metric.
func (s *Screen) chart(f screen.Frame, w, h int) []string {
	i := s.at()
	if i < 0 {
		return nil
	}
	m := s.of.Metrics[i]
	var curves []chart.Curve
	order := make([]int, 0, len(s.data.Runs)) // the chosen one on top
	order = append(order, s.column)
	for k := range s.data.Runs {
		if k != s.column {
			order = append(order, k)
		}
	}
	for _, k := range order {
		series := s.data.Runs[k].Metrics[m.Name]
		if len(series.Points) == 0 && m.Of[k].Has {
			series.Points = []tasks.Point{series.Last}
		}
		c := chart.Curve{Ink: screen.LetterInk(k, f.Ink), Mark: screen.Letter(k), At: k}
		last := math.Inf(-1)
		for _, p := range series.Points {
			x := p.Step
			if s.byTime {
				x = p.At.Sub(series.Points[0].At).Seconds()
			}
			last = max(last, x) // a step that comes again, after a resumed training
			c.X, c.Y = append(c.X, last), append(c.Y, p.Value)
		}
		curves = append(curves, c)
	}
	v := chart.View{Log: s.log, Smooth: smoothings[s.smooth], Cross: math.NaN(), Y: screen.Number, X: screen.Number}
	if from, to, ok := extent(curves); ok && s.zoom > 0 {
		v.From, v.To = from, from+(to-from)/float64(int(1)<<s.zoom)
	}
	over := "over steps"
	if s.byTime {
		v.X = func(sec float64) string { return screen.Seconds(sec) }
		over = "over time"
	}
	want := "less is better"
	if m.More {
		want = "more is better"
	}
	head := cell.NewLine(w).Put(f.Ink.Text, " ").Put(f.Ink.Bold, m.Name).Put(f.Ink.Faint, "  "+want+", "+over)
	if s.smooth > 0 {
		head.Put(f.Ink.Faint, fmt.Sprintf(", smoothed %g", v.Smooth))
	}
	if s.zoom > 0 {
		head.Put(f.Ink.Faint, fmt.Sprintf(", ×%d", 1<<s.zoom))
	}
	if s.log {
		head.Put(f.Ink.Faint, ", log scale")
	}
	lines := []string{head.String()}
	if s.alone { // else the names stand above
		for k, r := range s.data.Runs {
			l := cell.NewLine(w).Put(screen.LetterInk(k, f.Ink), "  "+screen.Letter(k)+" ").Put(f.Ink.Text, r.Name)
			if e := m.Of[k]; e.Has {
				l.Put(f.Ink.Muted, "  "+screen.Number(e.Last.Value)+", best "+screen.Number(e.Best.Value)+" at step "+screen.Number(e.Best.Step))
			}
			lines = append(lines, l.String())
		}
	}
	return append(lines, chart.Draw(curves, w, max(3, h-len(lines)), v, f.Ink)...)
}

// Fail says that the runs can't be told; what was told before stays.
func (s *Screen) Fail(err error) {
	s.data.Err, s.data.Known = err, true
}

// Column is which of the runs is chosen.
func (s *Screen) Column() int { return s.column }

// extent is from where to where the curves go.
func extent(curves []chart.Curve) (from, to float64, ok bool) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		if n := len(c.X); n > 0 {
			from, to = min(from, c.X[0]), max(to, c.X[n-1])
		}
	}
	return from, to, from < to
}
