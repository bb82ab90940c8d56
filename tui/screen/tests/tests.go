// Package tests is the tab with a task's test results and diagnostics, failures
// first. It shows what the runs reported and starts nothing.
package tests

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Place is what a row leads to.
type Place struct {
	Title, Message string
	Location       tasks.Location
	Log            logs.Key
	Line           int64
}

// Screen is the table of results.
type Screen struct {
	table    *table.Table
	onlyFail bool
	places   map[string]Place
	trend    trend
}

// New is the screen, showing all results.
func New() *Screen {
	return &Screen{table: table.New(
		table.Column{Title: "", Min: 2}, table.Column{Title: "TEST", Min: 16, Grow: true},
		table.Column{Title: "TOOK", Min: 7, Right: true}, table.Column{Title: "WHERE", Min: 8},
		table.Column{Title: "MESSAGE", Min: 10, Grow: true},
	)}
}

// Selected is where the row under the cursor leads.
func (s *Screen) Selected() (Place, bool) {
	id, ok := s.table.Selected()
	if !ok {
		return Place{}, false
	}
	p, ok := s.places[id]
	return p, ok
}

// Move moves the cursor.
func (s *Screen) Move(n int) { s.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (s *Screen) Click(y int) bool { return s.table.Click(y - 1) }

// Actions are what can be done with the table itself.
func (s *Screen) Actions() []action.Action {
	title := "Show only failures"
	if s.onlyFail {
		title = "Show all tests"
	}
	return []action.Action{
		{
			ID: "tests.failures", Title: title, Hint: "failures", Group: "Tests", Keys: []string{"f"},
			Do: func() tea.Cmd { s.onlyFail = !s.onlyFail; return nil },
		},
		{
			ID: "tests.sort", Title: "Sort tests by the next column", Hint: "sort", Group: "Tests", Keys: []string{"o"},
			Do: func() tea.Cmd { s.table.NextSort(); return nil },
		},
		{
			ID: "tests.reverse", Title: "Turn the order of tests round", Group: "Tests", Keys: []string{"O"},
			Do: func() tea.Cmd { s.table.Reverse(); return nil },
		},
	}
}

// shown is the run whose results are shown: a running one as soon as it has any.
func shown(f screen.Frame) (tasks.Run, bool) {
	if r, ok := f.State.Active(f.Unit); ok && len(r.Tests)+len(r.Diagnostics) > 0 {
		return r, true
	}
	if r, ok := f.State.Finished(f.Unit); ok {
		return r, true
	}
	return f.Run()
}

// View draws a line of counts and the table.
func (s *Screen) View(f screen.Frame) []string {
	r, ok := shown(f)
	if !ok {
		return f.Empty("No results: the task has not run.", "r runs it; tests and file:line diagnostics found in its output appear here.")
	}
	if len(r.Tests)+len(r.Diagnostics) == 0 {
		return f.Empty(fmt.Sprintf("Run %d reported no tests and no diagnostics.", r.Number),
			"Results are found in the output of go test, pytest, jest and compilers.")
	}
	s.table.SetRows(s.rows(f, r))
	lines := []string{summary(f, r)}
	return append(lines, s.table.View(f.W, f.H-1, f.Focused, f.Ink)...)
}

func summary(f screen.Frame, r tasks.Run) string {
	count := map[tasks.TestStatus]int{}
	for _, t := range r.Tests {
		count[t.Status]++
	}
	in := f.Ink
	l := cell.NewLine(f.W).Put(in.Muted, fmt.Sprintf(" run %d  ", r.Number))
	if n := count[tasks.TestFailed]; n > 0 {
		l.Put(in.Failed, fmt.Sprintf("✖ %d failed  ", n))
	}
	if n := count[tasks.TestPassed]; n > 0 {
		l.Put(in.Succeeded, fmt.Sprintf("✓ %d passed  ", n))
	}
	if n := count[tasks.TestRunning]; n > 0 {
		l.Put(in.Running, fmt.Sprintf("◐ %d running  ", n))
	}
	if n := count[tasks.TestSkipped]; n > 0 {
		l.Put(in.Muted, fmt.Sprintf("○ %d skipped  ", n))
	}
	if n := len(r.Diagnostics); n > 0 {
		l.Put(in.Warning, fmt.Sprintf("▲ %d diagnostics  ", n))
	}
	return l.Put(in.Faint, r.Cause.String()).String()
}

func (s *Screen) rows(f screen.Frame, r tasks.Run) []table.Row {
	s.places = map[string]Place{}
	s.trend.follow(f.State, f.Unit)
	in := f.Ink
	results := slices.Clone(r.Tests)
	slices.SortStableFunc(results, func(a, b tasks.TestResult) int { return cmp.Compare(rank(a.Status), rank(b.Status)) })
	var rows []table.Row
	for i, d := range r.Diagnostics {
		id := fmt.Sprintf("diagnostic %d", i)
		glyph, ink := "▲", in.Warning
		if d.Severity == tasks.Error {
			glyph, ink = "✖", in.Failed
		}
		if s.onlyFail && d.Severity != tasks.Error {
			continue
		}
		s.places[id] = Place{Title: r.Task, Message: d.Message, Location: d.Location, Log: r.Log, Line: d.Line}
		rows = append(rows, table.Row{ID: id, Cells: []table.Cell{
			{Text: glyph, Ink: ink},
			{Text: strings.TrimSpace("diagnostic " + d.Code), Ink: in.Muted},
			{Ink: in.Muted},
			{Text: d.Location.String(), Ink: in.Accent},
			{Text: d.Message, Ink: in.Text},
		}})
	}
	for _, t := range results {
		if s.onlyFail && t.Status != tasks.TestFailed {
			continue
		}
		id := rowID(t)
		s.places[id] = Place{Title: strings.TrimSpace(t.Suite + " " + t.Name), Message: t.Message, Location: t.Location, Log: r.Log, Line: t.Line}
		glyph, ink := look(t.Status, f)
		took := table.Cell{Ink: in.Muted, Sort: t.Duration.Seconds()}
		if t.Duration > 0 {
			took.Text = screen.Short(t.Duration)
		}
		rows = append(rows, table.Row{ID: id, Cells: []table.Cell{
			{Text: glyph, Ink: ink, Sort: float64(rank(t.Status))},
			{Text: strings.TrimSpace(t.Suite + "  " + t.Name), Ink: in.Text},
			took,
			{Text: t.Location.String(), Ink: in.Accent},
			{Text: strings.TrimSpace(s.trend.of(id) + "  " + t.Message), Ink: in.Muted},
		}})
	}
	return rows
}

func rank(s tasks.TestStatus) int {
	return slices.Index([]tasks.TestStatus{tasks.TestFailed, tasks.TestRunning, tasks.TestPassed, tasks.TestSkipped}, s)
}

func look(s tasks.TestStatus, f screen.Frame) (string, theme.Ink) {
	switch s {
	case tasks.TestFailed:
		return "✖", f.Ink.Failed
	case tasks.TestRunning:
		return "◐", f.Ink.Running
	case tasks.TestPassed:
		return "✓", f.Ink.Succeeded
	}
	return "○", f.Ink.Muted
}
