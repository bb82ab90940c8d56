// Package curves is the tab with the metrics of a run as charts that grow while
// it goes on: all of them in a grid, or one with a crosshair. It draws what the
// state has, and asks nobody.
package curves

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/chart"
)

// Screen is the tab, and what a person chose in it.
type Screen struct {
	metric string // the chosen one
	alone  bool   // only that one is drawn
	byTime bool
	log    bool
	smooth int // index of smoothings
	zoom   int // halvings of the shown part
	cross  float64
	top    int // the first row of the grid

	ranks map[string]string // by task: the metric that says which run is best

	older []tasks.Run // that the state has no more

	names []string // of the last View
	task  string
	rank  string
	steps []float64
	shown [2]float64 // from and to, of the chosen metric
}

// smoothings are how much of a value comes from those before it.
var smoothings = []float64{0, 0.6, 0.9, 0.97}

// New is the tab with all metrics in a grid.
func New() *Screen { return &Screen{cross: math.NaN()} }

// Move chooses another metric.
func (s *Screen) Move(n int) {
	if len(s.names) == 0 {
		return
	}
	i := max(0, min(slices.Index(s.names, s.metric)+n, len(s.names)-1))
	s.metric = s.names[i]
}

// Actions are what can be done with the charts.
func (s *Screen) Actions() []action.Action {
	none := ""
	if len(s.names) == 0 {
		none = "the run has reported no numbers yet"
	}
	act := func(id, title, hint string, keys []string, do func()) action.Action {
		return action.Action{
			ID: "curves." + id, Title: title, Hint: hint, Group: "Curves", Keys: keys, Disabled: none,
			Do: func() tea.Cmd { do(); return nil },
		}
	}
	alone := "Show only this curve"
	if s.alone {
		alone = "Show all curves"
	}
	back := act("clear", "Take the crosshair away", "", []string{"esc"}, func() {
		if math.IsNaN(s.cross) {
			s.alone, s.zoom = false, 0
		}
		s.cross = math.NaN()
	})
	if math.IsNaN(s.cross) && !s.alone && s.zoom == 0 {
		back.Disabled = "there is none"
	}
	return []action.Action{
		act("alone", alone, "one/all", []string{"enter"}, func() { s.alone = !s.alone }),
		act("right", "Move the crosshair to the right", "", []string{"right"}, func() { s.step(1) }),
		act("left", "Move the crosshair to the left", "crosshair", []string{"left"}, func() { s.step(-1) }),
		back,
		act("zoom", "Show less of the curve: its newest part, or what is around the crosshair", "zoom", []string{"+", "="}, func() { s.zoom = min(s.zoom+1, 12) }),
		act("unzoom", "Show more of the curve", "", []string{"-"}, func() { s.zoom = max(s.zoom-1, 0) }),
		act("smooth", "Smooth the curves more, or not at all", "smooth", []string{"~", "m"}, func() { s.smooth = (s.smooth + 1) % len(smoothings) }),
		act("log", "Draw values by factors (a logarithmic scale), or evenly", "log scale", []string{"L"}, func() { s.log = !s.log }),
		act("rank", "Let this metric say which run is the best one", "", []string{"*"}, func() {
			if s.ranks == nil {
				s.ranks = map[string]string{}
			}
			s.ranks[s.task] = s.metric
		}),
		act("time", "Draw over time, or over steps", "time/steps", []string{"t"}, func() { s.byTime = !s.byTime; s.cross, s.zoom, s.steps = math.NaN(), 0, nil }),
	}
}

// step moves the crosshair by points; without one it appears at the end.
func (s *Screen) step(n int) {
	if len(s.steps) == 0 {
		return
	}
	if math.IsNaN(s.cross) {
		s.cross = s.steps[len(s.steps)-1]
		return
	}
	i, exact := slices.BinarySearch(s.steps, s.cross)
	if !exact && n > 0 {
		i--
	}
	// Over a long curve one press goes a cell and not a point further.
	n *= max(1, len(s.steps)/(200<<min(s.zoom, 8)))
	s.cross = s.steps[max(0, min(i+n, len(s.steps)-1))]
}

// View draws the charts.
func (s *Screen) View(f screen.Frame) []string {
	r, ok := f.Run()
	s.names = nil
	if ok {
		s.names = r.MetricNames()
	}
	if len(s.names) == 0 {
		return f.Empty("No numbers yet.", "Curves appear here as soon as the run prints numbers over steps, like step=12 loss=0.53, or a tracker tells of them.")
	}
	if !slices.Contains(s.names, s.metric) {
		s.metric = s.names[0]
	}
	s.task, s.rank = r.Task, s.rankedBy(r)
	ghost, hasGhost := s.best(f, r, s.rank)
	if s.alone || f.H < 10 {
		return s.one(f, r, s.metric, ghost, hasGhost, f.W, f.H, true)
	}
	return s.grid(f, r, ghost, hasGhost)
}

// grid draws every metric, as many beside each other as are wide enough.
func (s *Screen) grid(f screen.Frame, r, ghost tasks.Run, hasGhost bool) []string {
	g := arrange(len(s.names), f.W, f.H)
	columns, w := g.columns, f.W/g.columns
	at := slices.Index(s.names, s.metric) / columns
	s.top = max(min(s.top, at), at-g.shown+1)
	s.top = max(0, min(s.top, g.rows-g.shown))
	var lines []string
	for row := s.top; row < min(s.top+g.shown, g.rows); row++ {
		h := g.height(row - s.top)
		boxes := make([][]string, columns)
		for i := range columns {
			width := w - 1 // a blank tells it from the next one
			if i == columns-1 {
				width = f.W - w*i
			}
			if k := row*columns + i; k < len(s.names) {
				boxes[i] = s.one(f, r, s.names[k], ghost, hasGhost, width, h, false)
			} else {
				boxes[i] = cell.Block(nil, width, h)
			}
			if i < columns-1 {
				for y := range boxes[i] {
					boxes[i][y] += " "
				}
			}
		}
		for y := range h {
			var line strings.Builder
			for i := range boxes {
				line.WriteString(boxes[i][y])
			}
			lines = append(lines, line.String())
		}
	}
	if g.shown < g.rows {
		above, below := s.top*columns, max(0, len(s.names)-(s.top+g.shown)*columns)
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Muted, hidden(above, below)).String())
	}
	return cell.Block(lines, f.W, f.H)
}

// hidden says what of the grid is out of sight.
func hidden(above, below int) string {
	var parts []string
	if above > 0 {
		parts = append(parts, fmt.Sprintf("↑ %d more", above))
	}
	if below > 0 {
		parts = append(parts, fmt.Sprintf("↓ %d more", below))
	}
	return " " + strings.Join(parts, "  ")
}

// layout is how many charts stand beside and below each other.
type layout struct {
	columns, rows int
	shown         int // rows that are in sight
	room          int // lines for these
}

// A chart says nothing in less than this.
const leastColumn, leastRow = 38, 7

// arrange finds room for n charts in w by h cells; a line says what has none.
func arrange(n, w, h int) layout {
	l := layout{columns: max(1, min(w/leastColumn, n)), room: h}
	// Two wide charts are read better below than beside each other.
	for l.columns > 1 && (n+l.columns-2)/(l.columns-1)*2*leastRow <= h {
		l.columns--
	}
	l.rows = (n + l.columns - 1) / l.columns
	if l.shown = l.rows; l.rows*leastRow > h {
		l.room--
		l.shown = max(1, l.room/leastRow)
	}
	return l
}

// height is that of the i-th row in sight: together they fill the room.
func (l layout) height(i int) int {
	h := l.room / l.shown
	if i < l.room%l.shown {
		h++
	}
	return h
}

// one draws a heading and a chart.
func (s *Screen) one(f screen.Frame, r tasks.Run, name string, ghost tasks.Run, hasGhost bool, w, h int, alone bool) []string {
	in := f.Ink
	chosen := name == s.metric
	m := r.Metrics[name]
	live := s.curve(r, m)
	live.Ink = in.Running
	if r.Status == tasks.Failed {
		live.Ink = in.Failed
	}
	curves := []chart.Curve{live}
	if s.smooth > 0 {
		raw := live
		raw.Ink, raw.Raw = in.Faint, true
		curves = append(curves, raw)
	}
	beside := ""
	var old chart.Curve
	if g, ok := ghost.Metrics[name]; hasGhost && ok {
		old = s.curve(ghost, g)
		old.Ink = in.Faint
		curves = append(curves, old)
		beside = fmt.Sprintf("best #%d %s", ghost.Number, screen.Number(g.Last.Value))
	}
	v := chart.View{Log: s.log, Smooth: smoothings[s.smooth], Cross: s.cross, Y: screen.Number, X: screen.Number}
	if s.byTime {
		v.X = func(sec float64) string { return screen.Short(time.Duration(sec * float64(time.Second))) }
	}
	v.From, v.To = s.part(live.X)
	if chosen {
		s.steps, s.shown = live.X, [2]float64{v.From, v.To}
	}
	head := cell.NewLine(w)
	title := in.Text
	if chosen {
		title = in.Bold
	}
	head.Put(in.Accent, map[bool]string{true: "▌", false: " "}[chosen && f.Focused]).Put(title, name)
	if name == s.rank && (hasGhost || name == s.ranks[r.Task]) {
		head.Put(in.Accent, "*") // by which the other one is the best
	}
	head.Put(in.Text, "  ")
	value := m.Last.Value
	where := "at " + s.place(m.Last.Step, r, m.Last)
	if at, ok := live.Value(s.cross); ok && !math.IsNaN(s.cross) {
		value, where = at, "at "+v.X(s.cross)
		if at, ok := old.Value(s.cross); ok {
			beside = fmt.Sprintf("best #%d %s", ghost.Number, screen.Number(at))
		}
	}
	number := in.Text
	if math.IsNaN(value) || math.IsInf(value, 0) {
		number = in.Failed
	}
	head.Put(number, screen.Number(value))
	if beside != "" {
		beside = "  " + beside
	}
	if where = " " + where; cell.Width(where)+cell.Width(beside) <= head.Left() || beside == "" {
		head.Put(in.Muted, where)
	}
	head.Put(in.Faint, beside)
	if flags := s.flags(); alone && flags != "" {
		head.Fill(in.Text, cell.Width(flags)+1).Put(in.Muted, flags)
	}
	return cell.Block(append([]string{head.String()}, chart.Draw(curves, w, h-1, v, in)...), w, h)
}

func (s *Screen) flags() string {
	text := ""
	if s.log {
		text += "log  "
	}
	if s.smooth > 0 {
		text += fmt.Sprintf("smooth %g  ", smoothings[s.smooth])
	}
	if s.zoom > 0 {
		text += fmt.Sprintf("×%d", 1<<s.zoom)
	}
	return text
}

func (s *Screen) place(step float64, r tasks.Run, p tasks.Point) string {
	if s.byTime {
		return screen.Short(p.At.Sub(r.StartedAt))
	}
	return "step " + screen.Number(step)
}

// curve is a metric over steps, or over the seconds since the run began.
func (s *Screen) curve(r tasks.Run, m tasks.Series) chart.Curve {
	c := chart.Curve{X: make([]float64, 0, len(m.Points)), Y: make([]float64, 0, len(m.Points))}
	last := math.Inf(-1)
	for _, p := range m.Points {
		x := p.Step
		if s.byTime {
			x = p.At.Sub(r.StartedAt).Seconds()
		}
		if x < last { // a step that comes again, after a resumed training
			x = last
		}
		last = x
		c.X, c.Y = append(c.X, x), append(c.Y, p.Value)
	}
	return c
}

// part is what a zoomed chart shows: around the crosshair, else the newest.
func (s *Screen) part(x []float64) (from, to float64) {
	if s.zoom == 0 || len(x) < 2 {
		return 0, 0
	}
	first, last := x[0], x[len(x)-1]
	width := (last - first) / float64(int(1)<<s.zoom)
	if math.IsNaN(s.cross) {
		return last - width, last
	}
	from = max(first, min(s.cross-width/2, last-width))
	return from, from + width
}

// rankedBy is the metric that says which run of a task is best: the one that a person
// chose, where the run has it.
func (s *Screen) rankedBy(r tasks.Run) string {
	if chosen := s.ranks[r.Task]; r.Metrics[chosen].Points != nil {
		return chosen
	}
	return r.Primary()
}

// Ranks are the metrics that a person chose to rank a task's runs by, to be remembered.
func (s *Screen) Ranks() map[string]string { return s.ranks }

// SetRanks gives back what was remembered.
func (s *Screen) SetRanks(ranks map[string]string) { s.ranks = maps.Clone(ranks) }

// SetOlder are runs of the shown task that are remembered from before: the best one may
// be among them.
func (s *Screen) SetOlder(runs []tasks.Run) { s.older = runs }

// best is the finished run of the same task that got furthest, as a ghost beside the
// one that is looked at.
func (s *Screen) best(f screen.Frame, r tasks.Run, metric string) (tasks.Run, bool) {
	var others []tasks.Run
	for _, other := range s.older {
		if _, there := f.State.Runs[other.ID]; !there && other.Task == r.Task {
			others = append(others, other)
		}
	}
	for _, id := range f.State.Units[f.Unit].Runs {
		if id != r.ID {
			others = append(others, f.State.Runs[id])
		}
	}
	i := tasks.BestOf(others, metric)
	if i < 0 {
		return tasks.Run{}, false
	}
	return others[i], true
}
