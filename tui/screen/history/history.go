// Package history is the tab with a task's runs, newest first: outcome, time,
// how long a save waited for it, cause. It shows the runs that the state keeps and
// those that are remembered from before, which are read in a command.
package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Screen is the table of runs.
type Screen struct {
	table    *table.Table
	remember Remember
	unit     string
	// older are the runs that are remembered; asked is the newest finished one when
	// they were read, at when that was.
	older   []Past
	runs    []tasks.Run // of older, those of the task
	asked   tasks.RunID
	at      time.Time
	reading bool
	err     error
	shown   map[string]tasks.Run
	marks   map[string]*screen.Marks // by task
	// filter is which of them are in the table; above how many lines stand over that.
	filter screen.Filter
	above  int
}

// Past is a run that is remembered, with how many of its tests failed.
type Past struct {
	Run      tasks.Run
	Failures int
}

// Remember reads the newest runs of a task that are remembered, newest first.
// It is called from a command, and may take its time.
type Remember func(ctx context.Context, task string) ([]Past, error)

// Open asks the root to show the log of a run.
type Open struct{ Run tasks.Run }

// Compare asks the root to show runs beside each other.
type Compare struct{ Runs []string }

// Marks are those of the shown task.
func (s *Screen) Marks() *screen.Marks {
	m := s.marks[s.unit]
	if m == nil {
		m = &screen.Marks{}
		s.marks[s.unit] = m
	}
	return m
}

// Run is a run that the table shows.
func (s *Screen) Run(id string) (tasks.Run, bool) {
	r, ok := s.shown[id]
	return r, ok
}

// Older are the runs of a task that are remembered, as far as they were read.
func (s *Screen) Older(task string) []tasks.Run {
	if task != s.unit {
		return nil
	}
	return s.runs
}

// read is what was remembered.
type read struct {
	unit  string
	older []Past
	err   error
}

// reread is how soon the past is read again after another run.
const reread = 20 * time.Second

// UseMemory says where older runs are read.
func (s *Screen) UseMemory(r Remember) { s.remember = r }

// Owns says whether a message is an answer to this tab.
func (s *Screen) Owns(msg tea.Msg) bool {
	_, ok := msg.(read)
	return ok
}

// Update takes what was read.
func (s *Screen) Update(msg tea.Msg) {
	if m, ok := msg.(read); ok {
		s.reading = false
		if m.unit == s.unit {
			s.older, s.err = m.older, m.err
			s.runs = nil
			for _, p := range m.older {
				if p.Run.Task == m.unit {
					s.runs = append(s.runs, p.Run)
				}
			}
		}
	}
}

// Follow reads the older runs of the shown task, and again when the state may
// have dropped some. Only a tab that is shown follows.
func (s *Screen) Follow(f screen.Frame) tea.Cmd {
	if f.Unit != s.unit {
		s.unit, s.older, s.runs, s.err, s.asked, s.at = f.Unit, nil, nil, nil, "", time.Time{}
	}
	last, _ := f.State.Finished(f.Unit)
	if s.remember == nil || s.reading || !s.at.IsZero() && (last.ID == s.asked || f.Now.Sub(s.at) < reread) {
		return nil
	}
	s.reading, s.asked, s.at = true, last.ID, f.Now
	remember, unit := s.remember, f.Unit
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		older, err := remember(ctx, unit)
		return read{unit, older, err}
	}
}

// New is the screen, newest run first.
func New() *Screen {
	return &Screen{marks: map[string]*screen.Marks{}, table: table.New(
		table.Column{Title: "", Min: 2}, table.Column{Title: "RUN", Min: 5, Right: true}, table.Column{Title: "OUTCOME", Min: 10},
		table.Column{Title: "STARTED", Min: 9}, table.Column{Title: "TOOK", Min: 7, Right: true},
		table.Column{Title: "FAILS", Min: 6, Right: true}, table.Column{Title: "CAUSE", Min: 10, Grow: true},
		table.Column{Title: "FEEDBACK", Min: 9, Right: true}, // the last: the first to go where it is narrow
	)}
}

// Order is how the runs are sorted.
func (s *Screen) Order() table.Order { return s.table.Order() }

// SetOrder sorts them as before.
func (s *Screen) SetOrder(o table.Order) { s.table.SetOrder(o) }

// Move moves the cursor.
func (s *Screen) Move(n int) { s.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (s *Screen) Click(y int) bool { return s.table.Click(y - s.above) }

// Actions are what can be done with the table itself.
func (s *Screen) Actions() []action.Action {
	id, _ := s.table.Selected()
	r, ok := s.shown[id]
	none := ""
	switch {
	case !ok:
		none = "there is no run"
	case r.Log == "":
		none = "it has no log"
	}
	absent, title := "", "Show the numbers of the run"
	if !ok {
		absent = "there is no run"
	}
	empty := ""
	if len(s.shown) == 0 {
		empty = "there are no runs"
	}
	chosen := s.Marks().Chosen(id)
	if len(chosen) > 1 {
		title = fmt.Sprintf("Compare the %d marked runs", len(chosen))
	}
	return append([]action.Action{
		{
			ID: "history.open", Title: "Show the log of the run", Hint: "log", Group: "History", Keys: []string{"enter", "right"}, Disabled: none,
			Do: func() tea.Cmd { return func() tea.Msg { return Open{r} } },
		},
		{
			ID: "history.mark", Title: "Mark the run, or take its mark away", Hint: "mark", Group: "History", Keys: []string{"space"}, Disabled: absent,
			Do: func() tea.Cmd {
				if s.Marks().Toggle(id) {
					s.table.Move(1)
				}
				return nil
			},
		},
		{
			ID: "history.compare", Title: title, Hint: "compare", Group: "History", Keys: []string{"v"}, Disabled: absent,
			Do: func() tea.Cmd { return func() tea.Msg { return Compare{chosen} } },
		},
		{
			ID: "history.unmark", Title: "Take all marks away", Group: "History", Keys: []string{"V"}, Disabled: absent,
			Do: func() tea.Cmd { s.Marks().Clear(); return nil },
		},
		{
			ID: "history.sort", Title: "Sort runs by the next column", Hint: "sort", Group: "History", Keys: []string{"o"},
			Do: func() tea.Cmd { s.table.NextSort(); return nil },
		},
		{
			ID: "history.reverse", Title: "Turn the order of runs round", Group: "History", Keys: []string{"O"},
			Do: func() tea.Cmd { s.table.Reverse(); return nil },
		},
	}, s.filter.Actions("History", "runs", empty)...)
}

// View draws the table.
func (s *Screen) View(f screen.Frame) []string {
	s.filter.Show(f.Unit)
	var rows []table.Row
	s.shown, s.above = map[string]tasks.Run{}, 0
	add := func(p Past) {
		s.shown[string(p.Run.ID)] = p.Run
		if s.fits(f, p) {
			rows = append(rows, s.row(f, p.Run, p.Failures))
		}
	}
	for _, id := range slices.Backward(f.State.Units[f.Unit].Runs) {
		r := f.State.Runs[id]
		add(Past{r, screen.Failures(r)})
	}
	for _, p := range s.older {
		if _, there := s.shown[string(p.Run.ID)]; !there && p.Run.Task == f.Unit {
			add(p)
		}
	}
	s.table.SetRows(rows)
	if len(s.shown) == 0 {
		s.filter.End()
		return s.none(f)
	}
	head := s.filter.Line(f, filterExample, len(rows), len(s.shown))
	s.above = len(head)
	f.H = max(1, f.H-len(head))
	if len(rows) == 0 {
		return append(head, f.Empty("No run fits the filter.", "")...)
	}
	return append(head, s.table.View(f.W, f.H, f.Focused, f.Ink)...)
}

// none says why there are no runs.
func (s *Screen) none(f screen.Frame) []string {
	switch {
	case s.reading:
		return f.Empty("Reading the runs that are remembered…", "")
	case s.err != nil:
		return f.Empty("No runs yet, and those from before can't be read.", s.err.Error())
	}
	return f.Empty("No runs yet.", "Every run appears here with its cause, its outcome and how long it took.")
}

// failedWord is how a run failed, in a word.
func failedWord(r tasks.Run) string {
	if r.Exit != nil && r.Exit.Code != 1 {
		return r.Exit.String()
	}
	_, word := screen.StatusWord(r.Status)
	return word
}

func (s *Screen) row(f screen.Frame, r tasks.Run, failures int) table.Row {
	in := f.Ink
	glyph, word := screen.StatusWord(r.Status)
	ink := in.Muted
	switch r.Status {
	case tasks.Succeeded, tasks.Ready:
		ink = in.Succeeded
	case tasks.Failed:
		ink, word = in.Failed, failedWord(r)
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
	fails := table.Cell{Ink: in.Failed, Sort: float64(failures)}
	if failures > 0 {
		fails.Text = fmt.Sprint(failures)
	}
	number := table.Cell{Text: fmt.Sprint(r.Number), Ink: in.Text, Sort: float64(r.Number)}
	if letter := s.Marks().Letter(string(r.ID)); letter != "" {
		number.Text, number.Ink = letter+" "+number.Text, screen.LetterInk(int(letter[0]-'A'), in)
	}
	return table.Row{ID: string(r.ID), Cells: []table.Cell{
		{Text: glyph, Ink: ink},
		number,
		{Text: word, Ink: ink},
		{Text: screen.When(r.StartedAt, f.Now), Ink: in.Muted, Sort: float64(r.StartedAt.UnixNano())},
		took, fails,
		{Text: r.Because(), Ink: in.Muted},
		feedback,
	}}
}
