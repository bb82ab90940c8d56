package resource

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// Compare asks the root to show rows beside each other.
type Compare struct{ Rows []string }

// Rows is a tab whose answer has rows that can be chosen: runs, versions.
type Rows struct {
	table *table.Table
	marks map[string]*screen.Marks // by question
	order map[string]table.Order   // by view
	of    string
	view  tasks.View
	// left is how many columns behind the name are out of sight, more whether there
	// are others.
	left int
	more bool
	made made
	// filter is which of them are shown; above how many lines stand over them.
	filter screen.Filter
	above  int
	empty  bool // the answer has none
	// fitting is how many of the answer's rows fit.
	fitting int
}

// made is what the table was made of: five thousand rows are not made for a key.
type made struct {
	of      string
	answer  *[]string // its first row
	rows    int
	marks   string
	filter  string
	columns string
	order   table.Order
	w, left int
	day     int
	ink     *theme.Inks
}

// NewRows is a tab without rows.
func NewRows() *Rows {
	return &Rows{table: table.New(), marks: map[string]*screen.Marks{}, order: map[string]table.Order{}}
}

// Marks are those of the shown question.
func (r *Rows) Marks() *screen.Marks {
	m := r.marks[r.of]
	if m == nil {
		m = &screen.Marks{}
		r.marks[r.of] = m
	}
	return m
}

// Selected is what the row under the cursor is called in its system.
func (r *Rows) Selected() (string, bool) { return r.table.Selected() }

// Move moves the cursor.
func (r *Rows) Move(n int) { r.table.Move(n) }

// Click puts the cursor on a line of the last View.
func (r *Rows) Click(y int) bool { return r.table.Click(y - r.above) }

// Actions are what can be done with the rows.
func (r *Rows) Actions() []action.Action {
	id, ok := r.Selected()
	none, compare := "", ""
	if !ok {
		none = "there are no rows"
	}
	empty := ""
	if r.empty {
		empty = "there are no rows"
	}
	title := "Show all of the row"
	chosen := r.Marks().Chosen(id)
	if len(chosen) > 1 {
		title = fmt.Sprintf("Compare the %d marked ones", len(chosen))
	}
	if r.view.Compare == "" {
		compare = "these can't be compared"
	}
	return append([]action.Action{
		{
			ID: "rows.mark", Title: "Mark the row, or take its mark away", Hint: "mark", Group: "Rows", Keys: []string{"space"}, Disabled: none,
			Do: func() tea.Cmd {
				if r.Marks().Toggle(id) {
					r.table.Move(1)
				}
				return nil
			},
		},
		{
			ID: "rows.compare", Title: title, Hint: "compare", Group: "Rows", Keys: []string{"v", "enter"}, Disabled: cmp.Or(none, compare),
			Do: func() tea.Cmd { return func() tea.Msg { return Compare{chosen} } },
		},
		{
			ID: "rows.unmark", Title: "Take all marks away", Group: "Rows", Keys: []string{"V"}, Disabled: none,
			Do: func() tea.Cmd { r.Marks().Clear(); return nil },
		},
		{
			ID: "rows.sort", Title: "Sort by the next column", Hint: "sort", Group: "Rows", Keys: []string{"o"},
			Do: func() tea.Cmd { r.table.NextSort(); r.order[r.view.Query] = r.table.Order(); return nil },
		},
		{
			ID: "rows.reverse", Title: "Turn the order round", Group: "Rows", Keys: []string{"O"},
			Do: func() tea.Cmd { r.table.Reverse(); r.order[r.view.Query] = r.table.Order(); return nil },
		},
		{
			ID: "rows.right", Title: "Show the columns to the right", Group: "Rows", Keys: []string{"right"},
			Do: func() tea.Cmd {
				if r.more {
					r.left++
				}
				return nil
			},
		},
		{
			ID: "rows.left", Title: "Show the columns to the left", Group: "Rows", Keys: []string{"left"},
			Do: func() tea.Cmd { r.left = max(0, r.left-1); return nil },
		},
	}, r.filter.Actions("Rows", "rows", empty)...)
}

// View draws the rows, or why there are none.
func (r *Rows) View(f screen.Frame, of string, v tasks.View, a Answer) []string {
	if of != r.of {
		r.of, r.left, r.made = of, 0, made{}
	}
	r.filter.Show(of)
	r.view, r.above = v, 0
	var notes []string
	if a.Err != nil {
		notes = f.Fact(f.Ink.Failed, "no answer", a.Err.Error())
	}
	rows := a.Result.Rows
	if r.empty = len(rows) == 0; r.empty {
		r.filter.End()
		r.table.SetRows(nil)
		switch {
		case a.Err != nil:
			return cell.Block(notes, f.W, f.H)
		case !a.Known:
			return f.Empty("asking…", "")
		}
		return f.Empty("There is nothing here yet.", "")
	}
	r.fill(f, a.Result)
	if len(notes) > 0 && f.H < 4 {
		notes = nil
	}
	head := slices.Concat(notes, r.filter.Line(f, filterExample, r.fitting, len(rows)))
	r.above = len(head)
	if r.fitting == 0 {
		f.H -= len(head)
		return append(head, f.Empty("No row fits the filter.", "")...)
	}
	foot := r.foot(f, a.Result)
	h := f.H - len(head) - len(foot)
	return slices.Concat(head, r.table.View(f.W, max(1, h), f.Focused, f.Ink), foot)
}

// foot says how many are marked and what is left out.
func (r *Rows) foot(f screen.Frame, a tasks.Result) []string {
	var parts []string
	if n := len(r.Marks().All()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d marked", n))
	}
	if len(a.Rows) > f.H-3 && r.filter.Text() == "" {
		parts = append(parts, fmt.Sprintf("%d rows", len(a.Rows)))
	}
	if r.more || r.left > 0 {
		parts = append(parts, "←→ more columns")
	}
	if a.More != "" {
		parts = append(parts, a.More)
	}
	if len(parts) == 0 || f.H < 6 {
		return nil
	}
	return []string{cell.NewLine(f.W).Put(f.Ink.Faint, "  "+strings.Join(parts, " · ")).String()}
}

// shown is a column as it is drawn.
type shown struct {
	at    int // of the answer
	title string
	width int
	want  int // for its longest cell
	right bool
}

// fill makes the table's rows, if anything is other than before.
func (r *Rows) fill(f screen.Frame, a tasks.Result) {
	key := slices.IndexFunc(a.Columns, func(c tasks.Column) bool { return c.Name == r.view.Key })
	if key < 0 {
		r.table.SetRows(nil)
		return
	}
	now := made{
		filter: r.filter.InForce(), of: r.of, answer: &a.Rows[0], rows: len(a.Rows), marks: strings.Join(r.Marks().All(), ","),
		order: r.order[r.view.Query], day: f.Now.YearDay(), ink: f.Ink, w: f.W, left: r.left,
	}
	was := r.made
	was.columns = ""
	if now == was {
		return
	}
	a.Rows = r.fit(a)
	if r.fitting = len(a.Rows); r.fitting == 0 {
		r.made = now
		r.table.SetRows(nil)
		return
	}
	columns := r.columns(f, a, key)
	now.columns = fmt.Sprint(columns)
	selected, chosen := r.table.Selected()
	if now.columns != r.made.columns || now.of != r.made.of {
		heads := []table.Column{{Min: 2}}
		for _, c := range columns {
			heads = append(heads, table.Column{Title: c.title, Min: c.width, Right: c.right})
		}
		r.table = table.New(heads...)
		r.table.SetOrder(r.order[r.view.Query])
	}
	if chosen && now.of == r.made.of {
		r.table.Select(selected)
	}
	r.made = now
	rows := make([]table.Row, 0, len(a.Rows))
	for _, row := range a.Rows {
		id := at(row, key)
		line := table.Row{ID: id, Cells: make([]table.Cell, 0, len(columns)+1)}
		line.Cells = append(line.Cells, r.markCell(f, id))
		for _, c := range columns {
			line.Cells = append(line.Cells, cellOf(f, a.Columns[c.at], at(row, c.at)))
		}
		rows = append(rows, line)
	}
	r.table.SetRows(rows)
}

func (r *Rows) markCell(f screen.Frame, id string) table.Cell {
	letter := r.Marks().Letter(id)
	if letter == "" {
		return table.Cell{Sort: math.MaxFloat64}
	}
	return table.Cell{Text: letter, Ink: screen.LetterInk(int(letter[0]-'A'), f.Ink), Sort: float64(letter[0])}
}

func at(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// mostCell is how wide a column is at most while others want to be seen, too.
const mostCell = 24

// columns are those that there is room for, from the one that is leftmost now: the
// first always, ids that nobody reads last. What is longer has the room that is left.
func (r *Rows) columns(f screen.Frame, a tasks.Result, key int) []shown {
	order := make([]int, 0, len(a.Columns))
	for i := range a.Columns {
		order = append(order, i)
	}
	if isHash(at(a.Rows[0], key)) {
		order = append(slices.Delete(order, key, key+1), key)
	}
	var all []shown
	used := 4
	r.more = false
	for n, i := range order {
		if n > 0 && n <= r.left {
			continue
		}
		c := a.Columns[i]
		s := shown{at: i, title: strings.ToUpper(title(c.Name)), right: c.Number}
		s.width = max(cell.Width(s.title)+2, 4)
		for _, row := range a.Rows[:min(len(a.Rows), 200)] { // those that are seen first
			s.width = max(s.width, cell.Width(textOf(f, c, at(row, i)))+1)
		}
		s.want, s.width = s.width, min(s.width, mostCell)
		if used+s.width > f.W && n > 0 {
			r.more = true
			break
		}
		used += s.width
		all = append(all, s)
	}
	for i := len(all) - 1; i >= 0 && used < f.W; i-- {
		more := min(all[i].want-all[i].width, f.W-used)
		all[i].width, used = all[i].width+more, used+more
	}
	return all
}

// title leaves out what kind of thing the column is of.
func title(name string) string {
	for _, kind := range []string{"metrics.", "params."} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			return rest
		}
	}
	return name
}

// isHash says whether a text is an id that nobody reads to its end.
func isHash(text string) bool {
	return len(text) >= 32 && strings.Trim(text, "0123456789abcdef-") == ""
}

func textOf(f screen.Frame, c tasks.Column, text string) string {
	if text == "" {
		return ""
	}
	if isHash(text) {
		return text[:8]
	}
	if c.Number {
		n, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
			return text
		case c.Unit == "s":
			return screen.Seconds(n)
		}
		return screen.Number(n)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return screen.When(t, f.Now)
	}
	return text
}

func cellOf(f screen.Frame, c tasks.Column, text string) table.Cell {
	out := table.Cell{Text: textOf(f, c, text), Ink: f.Ink.Text}
	if c.Number {
		n, err := strconv.ParseFloat(text, 64)
		if out.Sort = n; err != nil || math.IsNaN(n) {
			out.Sort, out.Ink = math.Inf(-1), f.Ink.Muted
		}
		return out
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		out.Sort, out.Ink = float64(t.UnixNano()), f.Ink.Muted
	}
	switch text {
	case "running", "scheduled", "pending", "pending_registration":
		out.Ink = f.Ink.Running
	case "failed", "killed", "failed_registration":
		out.Ink = f.Ink.Failed
	}
	return out
}
