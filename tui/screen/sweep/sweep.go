// Package sweep is the tab with the runs of a task's newest sweep as a matrix:
// what varies, how each does, its number now and at its best. It draws what the
// state has, and asks nobody.
package sweep

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Open asks to show a run of the sweep.
type Open struct{ ID tasks.RunID }

// Screen is the tab.
type Screen struct {
	table   *table.Table
	columns []string // that it was made with
	metric  string   // the one that the last View showed
	unit    string   // whose runs they are
	ranked  string   // the metric by which a person ranks these; empty: nobody does
	chosen  string   // the one that a person wants to see; empty: the one that decides, which may come after others
	metrics []string // of the last View
	order   table.Order
}

// New is the tab in the order in which the runs were asked for.
func New() *Screen { return &Screen{table: table.New()} }

// Move moves the cursor.
func (s *Screen) Move(n int) { s.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (s *Screen) Click(y int) bool { return s.table.Click(y - above) }

// above is how many lines stand over the table.
const above = 2

// Selected is the run under the cursor.
func (s *Screen) Selected() (tasks.RunID, bool) {
	id, ok := s.table.Selected()
	return tasks.RunID(id), ok
}

// Actions are what can be done with the matrix itself.
func (s *Screen) Actions() []action.Action {
	none, alone := "", ""
	id, ok := s.Selected()
	if !ok {
		none = "nothing was swept yet"
	}
	if len(s.metrics) < 2 {
		alone = "there is no other number"
	}
	return []action.Action{
		{
			ID: "sweep.open", Title: "Show the curves of the run, or its log", Hint: "open", Group: "Sweep", Keys: []string{"enter", "right"}, Disabled: none,
			Do: func() tea.Cmd { return func() tea.Msg { return Open{id} } },
		},
		{
			ID: "sweep.best", Title: "Sort the runs by their number, the best first", Hint: "best first", Group: "Sweep", Keys: []string{"m"}, Disabled: none,
			Do: func() tea.Cmd { s.bestFirst(); return nil },
		},
		{
			ID: "sweep.metric", Title: "Show another number of the runs", Hint: "number", Group: "Sweep", Keys: []string{"M"}, Disabled: alone,
			Do: func() tea.Cmd { s.nextMetric(); return nil },
		},
		{
			ID: "sweep.sort", Title: "Sort the runs by the next column", Hint: "sort", Group: "Sweep", Keys: []string{"o"}, Disabled: none,
			Do: func() tea.Cmd { s.table.NextSort(); s.order = s.table.Order(); return nil },
		},
		{
			ID: "sweep.reverse", Title: "Turn the order of the runs round", Group: "Sweep", Keys: []string{"O"}, Disabled: none,
			Do: func() tea.Cmd { s.table.Reverse(); s.order = s.table.Order(); return nil },
		},
	}
}

func (s *Screen) bestFirst() {
	down := tasks.MoreIsBetter(s.metric)
	if s.order.By == bestTitle && s.order.Down == down {
		s.order = table.Order{}
		s.table.SetSort(-1, false)
		return
	}
	s.order = table.Order{By: bestTitle, Down: down}
	s.table.SetOrder(s.order)
}

func (s *Screen) nextMetric() {
	sorted := s.order.By == bestTitle
	s.chosen = s.metrics[(slices.Index(s.metrics, s.metric)+1)%len(s.metrics)]
	if sorted { // what is better may be the other way round
		s.order.Down = tasks.MoreIsBetter(s.chosen)
	}
}

const bestTitle = "BEST"

// RankBy says by which metric a person ranks the runs of a task; empty: by the one
// that decides for want of that.
func (s *Screen) RankBy(unit, metric string) {
	if unit != s.unit || metric != s.ranked {
		s.unit, s.ranked, s.chosen = unit, metric, metric
	}
}

// View draws the matrix.
func (s *Screen) View(f screen.Frame) []string {
	w, ok := f.State.LastSweep(f.Unit)
	if !ok {
		return f.Empty("Nothing was swept yet.", "A value like 1e-4..1e-2 log 5, or a,b,c, in the form of a run makes a run for each.")
	}
	runs := f.State.SweepRuns(w.ID)
	all := tasks.Run{Metrics: map[string]tasks.Series{}}
	for _, r := range runs {
		maps.Copy(all.Metrics, r.Metrics)
	}
	s.metric = s.chosen
	if s.metrics = all.MetricNames(); !slices.Contains(s.metrics, s.metric) {
		s.metric = all.Primary()
	}
	s.columnsOf(w)
	best := tasks.BestOf(runs, s.metric)
	rows := make([]table.Row, len(runs))
	for i, r := range runs {
		rows[i] = s.row(f, w, r, i == best)
	}
	s.table.SetRows(rows)
	lines := []string{s.heading(f, w, runs, best), cell.Spaces(f.W)}
	return cell.Block(append(lines, s.table.View(f.W, max(1, f.H-above), f.Focused, f.Ink)...), f.W, f.H)
}

// columnsOf makes the table anew when others vary than before.
func (s *Screen) columnsOf(w tasks.Sweep) {
	shown := s.metric
	if shown == "" {
		shown = "NUMBER"
	}
	titles := slices.Concat([]string{"", "RUN"}, w.Swept, []string{"STATE", shown, bestTitle, "TOOK"})
	if slices.Equal(titles, s.columns) {
		return
	}
	selected, had := s.table.Selected()
	var columns []table.Column
	for i, title := range titles {
		column := table.Column{Title: title, Right: i == 1 || i > 1+len(w.Swept) && title != "STATE", Min: 4}
		switch {
		case i == 0:
			column.Min = 2
		case title == "STATE":
			column.Min, column.Grow = 10, true
		}
		columns = append(columns, column)
	}
	s.columns, s.table = titles, table.New(columns...)
	s.table.SetOrder(s.order)
	if had {
		s.table.Select(selected)
	}
}

// heading says how far the sweep is, and which run of those that ended is best.
func (s *Screen) heading(f screen.Frame, w tasks.Sweep, runs []tasks.Run, best int) string {
	in := f.Ink
	count := map[tasks.Status]int{}
	done := 0
	for _, r := range runs {
		count[r.Status]++
		if r.Status.Done() && r.Status != tasks.Skipped {
			done++
		}
	}
	l := cell.NewLine(f.W).Put(in.Muted, "  ").Put(in.Bold, string(w.ID)).
		Put(in.Muted, fmt.Sprintf("  %d of %d ended", done, w.Runs))
	if going := count[tasks.Running] + count[tasks.Ready] + count[tasks.Stopping]; going > 0 {
		l.Put(in.Running, fmt.Sprintf("  ◐ %d of %d at once", going, w.Parallel))
	}
	if n := count[tasks.Failed]; n > 0 {
		l.Put(in.Failed, fmt.Sprintf("  ✖ %d failed", n))
	}
	if n := count[tasks.Skipped]; n > 0 {
		l.Put(in.Muted, fmt.Sprintf("  %d not started", n))
	}
	if best >= 0 {
		r := runs[best]
		l.Put(in.Succeeded, "  ★ "+s.metric+" "+screen.Number(r.Metrics[s.metric].Last.Value)).Put(in.Muted, "  "+Varied(w, r))
	}
	return l.String()
}

// Varied are the values of a run that vary in its sweep: "lr=0.1 hidden=4".
func Varied(w tasks.Sweep, r tasks.Run) string {
	var parts []string
	for _, name := range w.Swept {
		parts = append(parts, name+"="+r.Params[name])
	}
	return strings.Join(parts, " ")
}

func (s *Screen) row(f screen.Frame, w tasks.Sweep, r tasks.Run, best bool) table.Row {
	in := f.Ink
	glyph, word := screen.StatusWord(r.Status)
	ink := in.Muted
	switch r.Status {
	case tasks.Succeeded:
		ink = in.Succeeded
	case tasks.Failed:
		ink = in.Failed
		if r.Exit != nil {
			word += "  " + r.Exit.String()
		} else if r.Error != "" {
			word += "  " + r.Error
		}
	case tasks.Running, tasks.Stopping, tasks.Ready:
		ink = in.Running
	case tasks.Skipped:
		word = "not started"
	}
	text := in.Text
	if best {
		glyph, text = "★", in.Bold
	}
	cells := []table.Cell{{Text: glyph, Ink: ink}, {Text: fmt.Sprint(r.Number), Ink: text, Sort: float64(r.Number)}}
	for _, name := range w.Swept {
		v := r.Params[name]
		cells = append(cells, table.Cell{Text: v, Ink: text, Sort: number(v)})
	}
	m := r.Metrics[s.metric]
	now, top := table.Cell{Ink: text, Sort: s.worst()}, table.Cell{Ink: text, Sort: s.worst()}
	if len(m.Points) > 0 {
		now = s.value(m.Last.Value, text, in)
		if p, ok := m.Best(tasks.MoreIsBetter(s.metric)); ok {
			top = s.value(p.Value, text, in)
		}
	}
	took := table.Cell{Ink: in.Muted, Sort: r.Duration(f.Now).Seconds()}
	if d := r.Duration(f.Now); d > 0 {
		took.Text = screen.Short(d)
	}
	return table.Row{ID: string(r.ID), Cells: append(cells, table.Cell{Text: word, Ink: ink}, now, top, took)}
}

func (s *Screen) value(v float64, ink theme.Ink, in *theme.Inks) table.Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return table.Cell{Text: screen.Number(v), Ink: in.Failed, Sort: s.worst()}
	}
	return table.Cell{Text: screen.Number(v), Ink: ink, Sort: v}
}

// worst is where what has no number stands when the best are first.
func (s *Screen) worst() float64 {
	if tasks.MoreIsBetter(s.metric) {
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// number is what a value is sorted by; words are by themselves.
func number(text string) float64 {
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
		return v
	}
	return 0
}
