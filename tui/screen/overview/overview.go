// Package overview is the table of a group's members, shown when its heading is
// selected. It reads the state and changes nothing.
package overview

import (
	"time"

	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"

	tea "charm.land/bubbletea/v2"
)

// Screen is the table and its order.
type Screen struct {
	services, tasks *table.Table
	asTasks         bool
}

// New is the screen, in the order of the workspace file.
func New() *Screen {
	return &Screen{
		services: table.New(
			table.Column{Title: "", Min: 2}, table.Column{Title: "NAME", Min: 10}, table.Column{Title: "STATE", Min: 9},
			table.Column{Title: "CPU", Min: 6, Right: true}, table.Column{Title: "MEM", Min: 6, Right: true},
			table.Column{Title: "AGE", Min: 6, Right: true}, table.Column{Title: "RESTARTS", Right: true},
			table.Column{Title: "ABOUT", Min: 8, Grow: true},
		),
		tasks: table.New(
			table.Column{Title: "", Min: 2}, table.Column{Title: "NAME", Min: 10}, table.Column{Title: "STATE", Min: 9},
			table.Column{Title: "TOOK", Min: 7, Right: true}, table.Column{Title: "ENDED", Min: 9, Right: true},
			table.Column{Title: "TESTS", Min: 8, Right: true}, table.Column{Title: "CAUSE", Min: 8, Grow: true},
		),
	}
}

func (s *Screen) table() *table.Table {
	if s.asTasks {
		return s.tasks
	}
	return s.services
}

// Orders are how the two tables are sorted.
func (s *Screen) Orders() (services, tasks table.Order) { return s.services.Order(), s.tasks.Order() }

// SetOrders sorts them as before.
func (s *Screen) SetOrders(services, tasks table.Order) {
	s.services.SetOrder(services)
	s.tasks.SetOrder(tasks)
}

// Open asks the root to select a task.
type Open struct{ Name string }

// Selected is the task under the cursor.
func (s *Screen) Selected() (string, bool) { return s.table().Selected() }

// Move moves the cursor.
func (s *Screen) Move(n int) { s.table().Move(n) }

// Click puts the cursor on a line of the last View.
func (s *Screen) Click(y int) bool { return s.table().Click(y) }

// Actions are what can be done with the table itself.
func (s *Screen) Actions() []action.Action {
	name, ok := s.table().Selected()
	none := ""
	if !ok {
		none = "the table is empty"
	}
	return []action.Action{
		{
			ID: "table.open", Title: "Go to what the row is about", Hint: "open", Group: "Table", Keys: []string{"enter", "right"}, Disabled: none,
			Do: func() tea.Cmd { return func() tea.Msg { return Open{name} } },
		},
		{
			ID: "table.sort", Title: "Sort by the next column", Hint: "sort", Group: "Table", Keys: []string{"o"},
			Do: func() tea.Cmd { s.table().NextSort(); return nil },
		},
		{
			ID: "table.reverse", Title: "Turn the order round", Group: "Table", Keys: []string{"O"},
			Do: func() tea.Cmd { s.table().Reverse(); return nil },
		},
	}
}

// View draws the table.
func (s *Screen) View(f screen.Frame) []string {
	if len(f.Group) == 0 {
		return f.Empty("Nothing here yet.", "The workspace file, sawhorse.yml, declares services: and tasks:.")
	}
	s.asTasks = !f.State.Units[f.Group[0]].Task.IsService()
	rows := make([]table.Row, 0, len(f.Group))
	for _, name := range f.Group {
		if s.asTasks {
			rows = append(rows, taskRow(f, name))
		} else {
			rows = append(rows, serviceRow(f, name))
		}
	}
	s.table().SetRows(rows)
	return s.table().View(f.W, f.H, f.Focused, f.Ink)
}

func serviceRow(f screen.Frame, name string) table.Row {
	in := f.Ink
	look := screen.LookOf(f.State, name, f.Now, in)
	u := f.State.Units[name]
	row := table.Row{ID: name, Cells: []table.Cell{
		{Text: look.Glyph, Ink: look.Ink, Sort: float64(look.Rank)},
		{Text: name, Ink: in.Text},
		{Text: look.Word, Ink: look.Ink, Sort: float64(look.Rank)},
		{Ink: in.Text},
		{Ink: in.Text},
		{Ink: in.Muted},
		{Text: number(u.Restarts), Ink: in.Text, Sort: float64(u.Restarts)},
		{Text: look.Detail, Ink: in.Muted},
	}}
	r, ok := f.State.Active(name)
	if !ok {
		return row
	}
	if use, ok := f.State.Usage[r.ID]; ok {
		row.Cells[3].Text, row.Cells[3].Sort = screen.Percent(use.CPU), use.CPU
		row.Cells[4].Text, row.Cells[4].Sort = screen.Bytes(use.Memory), float64(use.Memory)
	}
	// Ages in whole minutes from the first one on, so that a still table needs
	// no redrawing.
	age := f.Now.Sub(r.StartedAt)
	row.Cells[5].Sort = age.Seconds()
	row.Cells[5].Text = "<1m"
	if age >= time.Minute {
		row.Cells[5].Text = screen.Short(age.Truncate(time.Minute))
	}
	return row
}

func taskRow(f screen.Frame, name string) table.Row {
	in := f.Ink
	look := screen.LookOf(f.State, name, f.Now, in)
	row := table.Row{ID: name, Cells: []table.Cell{
		{Text: look.Glyph, Ink: look.Ink, Sort: float64(look.Rank)},
		{Text: name, Ink: in.Text},
		{Text: look.Word, Ink: look.Ink, Sort: float64(look.Rank)},
		{Ink: in.Text},
		{Ink: in.Muted},
		{Ink: in.Text},
		{Text: look.Detail, Ink: in.Muted},
	}}
	r, ok := f.State.Current(name)
	if !ok {
		return row
	}
	if d := r.Duration(f.Now); d > 0 {
		row.Cells[3].Text, row.Cells[3].Sort = screen.Short(d), d.Seconds()
	}
	row.Cells[4].Text, row.Cells[4].Sort = screen.Clock(r.EndedAt), float64(r.EndedAt.Unix())
	if n := len(r.Tests); n > 0 {
		bad := screen.Failures(r)
		row.Cells[5].Text, row.Cells[5].Sort = number(n)+" ok", float64(bad)
		if bad > 0 {
			row.Cells[5].Text, row.Cells[5].Ink = number(bad)+"/"+number(n)+" ✖", in.Failed
		}
	}
	row.Cells[6].Text = r.Because()
	return row
}
