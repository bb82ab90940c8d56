// Package history is the tab with a task's runs, newest first: outcome, time,
// how long a save waited for it, cause. It shows the runs that the state keeps.
package history

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Screen is the table of runs.
type Screen struct{ table *table.Table }

// New is the screen, newest run first.
func New() *Screen {
	return &Screen{table: table.New(
		table.Column{Title: "", Min: 2}, table.Column{Title: "RUN", Min: 5, Right: true}, table.Column{Title: "OUTCOME", Min: 10},
		table.Column{Title: "STARTED", Min: 9}, table.Column{Title: "TOOK", Min: 7, Right: true},
		table.Column{Title: "FAILS", Min: 6, Right: true}, table.Column{Title: "CAUSE", Min: 10, Grow: true},
		table.Column{Title: "FEEDBACK", Min: 9, Right: true}, // the last: the first to go where it is narrow
	)}
}

// Selected is the run under the cursor.
func (s *Screen) Selected() (tasks.RunID, bool) {
	id, ok := s.table.Selected()
	return tasks.RunID(id), ok
}

// Move moves the cursor.
func (s *Screen) Move(n int) { s.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (s *Screen) Click(y int) bool { return s.table.Click(y) }

// Actions are what can be done with the table itself.
func (s *Screen) Actions() []action.Action {
	return []action.Action{
		{
			ID: "history.sort", Title: "Sort runs by the next column", Hint: "sort", Group: "History", Keys: []string{"o"},
			Do: func() tea.Cmd { s.table.NextSort(); return nil },
		},
		{
			ID: "history.reverse", Title: "Turn the order of runs round", Group: "History", Keys: []string{"O"},
			Do: func() tea.Cmd { s.table.Reverse(); return nil },
		},
	}
}

// View draws the table.
func (s *Screen) View(f screen.Frame) []string {
	ids := f.State.Units[f.Unit].Runs
	if len(ids) == 0 {
		return f.Empty("No runs yet.", "Every run appears here with its cause, its outcome and how long it took. Older ones: sawhorse history "+f.Unit)
	}
	in := f.Ink
	var rows []table.Row
	for _, id := range slices.Backward(ids) {
		r := f.State.Runs[id]
		glyph, word := screen.StatusWord(r.Status)
		ink := in.Muted
		switch r.Status {
		case tasks.Succeeded, tasks.Ready:
			ink = in.Succeeded
		case tasks.Failed:
			ink = in.Failed
			if r.Exit != nil && r.Exit.Code != 1 {
				word = r.Exit.String()
			}
		case tasks.Running, tasks.Stopping:
			ink = in.Running
		}
		took := table.Cell{Ink: in.Text, Sort: r.Duration(f.Now).Seconds()}
		if d := r.Duration(f.Now); d > 0 {
			took.Text = screen.Short(d)
		}
		// From saving a file to the result of the run that it began.
		feedback := table.Cell{Ink: in.Text}
		if d, ok := r.Feedback(); ok {
			feedback.Text, feedback.Sort = screen.Short(d), d.Seconds()
		}
		fails := table.Cell{Ink: in.Failed, Sort: float64(screen.Failures(r))}
		if n := screen.Failures(r); n > 0 {
			fails.Text = fmt.Sprint(n)
		}
		rows = append(rows, table.Row{ID: string(id), Cells: []table.Cell{
			{Text: glyph, Ink: ink},
			{Text: fmt.Sprint(r.Number), Ink: in.Text, Sort: float64(r.Number)},
			{Text: word, Ink: ink},
			{Text: screen.Clock(r.StartedAt), Ink: in.Muted, Sort: float64(r.StartedAt.UnixNano())},
			took, fails,
			{Text: r.Because(), Ink: in.Muted},
			feedback,
		}})
	}
	s.table.SetRows(rows)
	return s.table.View(f.W, f.H, f.Focused, f.Ink)
}
