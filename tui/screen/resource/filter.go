package resource

import (
	"fmt"
	"maps"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// filter is which rows of a question are shown, in the language of the log's filter:
// a column is a field.
//
//	val_loss<0.3 lr=0.1 status!=failed nightly
type filter struct {
	typing *input.Input // nil: nobody types
	// texts are those that are set, by question.
	texts map[string]string
	// query is of the text that was read last; where that is none, of the one before.
	text  string
	query parse.Query
	err   error
	// fitting is how many of the answer's rows fit.
	fitting int
}

// Typing says whether keys go to the filter.
func (r *Rows) Typing() bool { return r.filter.typing != nil }

// Key types into the filter.
func (r *Rows) Key(k tea.KeyPressMsg) {
	switch k.String() {
	case "esc":
		r.filter.typing = nil
		r.setFilter("")
	case "enter":
		r.filter.typing = nil
	case "up":
		r.Move(-1)
	case "down":
		r.Move(1)
	default:
		r.filter.typing.Press(k)
		r.setFilter(r.filter.typing.Value())
	}
}

// Paste types text into the filter.
func (r *Rows) Paste(text string) {
	if r.Typing() {
		r.filter.typing.Insert(text)
		r.setFilter(r.filter.typing.Value())
	}
}

// Filters are those that are set, by question.
func (r *Rows) Filters() map[string]string { return maps.Clone(r.filter.texts) }

// SetFilters takes over filters as Filters said before.
func (r *Rows) SetFilters(texts map[string]string) { r.filter.texts = maps.Clone(texts) }

func (r *Rows) setFilter(text string) {
	if text = strings.TrimSpace(text); text == "" {
		delete(r.filter.texts, r.of)
		return
	}
	if r.filter.texts == nil {
		r.filter.texts = map[string]string{}
	}
	r.filter.texts[r.of] = text
}

// openFilter lets a person type the filter of the shown question.
func (r *Rows) openFilter() {
	in := input.New(r.filter.texts[r.of])
	r.filter.typing = &in
}

// read makes a query of a text. While it can't be one, the last that could is in force.
func (f *filter) read(text string) {
	if text == f.text {
		return
	}
	f.text = text
	q, err := parse.ParseFields(text)
	if f.err = err; err == nil {
		f.query = q
	}
}

// fit are the rows of an answer that the filter lets pass.
func (r *Rows) fit(a tasks.Result) [][]string {
	if r.filter.query.Empty() {
		return a.Rows
	}
	names := fieldNames(a.Columns)
	var all [][]string
	for _, row := range a.Rows {
		record := parse.Record{Fields: make([]parse.Field, 0, len(names))}
		for _, n := range names {
			record.Fields = append(record.Fields, parse.Field{Key: n.name, Value: at(row, n.column)})
		}
		if r.filter.query.Match(parse.Line{Text: strings.Join(row, " "), Record: &record}) {
			all = append(all, row)
		}
	}
	return all
}

// fieldName is a name by which a column is asked for.
type fieldName struct {
	name   string
	column int
}

// fieldNames are the names of columns: as their system says, without what kind of thing
// they are of, and with a dot for a slash, which begins a regular expression.
func fieldNames(columns []tasks.Column) (all []fieldName) {
	for i, c := range columns {
		all = append(all, fieldName{c.Name, i})
		if short := title(c.Name); short != c.Name {
			all = append(all, fieldName{short, i})
		}
		if dotted := strings.ReplaceAll(title(c.Name), "/", "."); dotted != title(c.Name) {
			all = append(all, fieldName{dotted, i})
		}
	}
	return all
}

// filterLine is the filter with how many rows fit it, while there is one.
func (r *Rows) filterLine(f screen.Frame, rows int) []string {
	in, text := f.Ink, r.filter.texts[r.of]
	if !r.Typing() && text == "" {
		return nil
	}
	count, ink := fmt.Sprintf("%d of %d", r.filter.fitting, rows), in.Muted
	switch {
	case r.filter.err != nil:
		count, ink = strings.TrimPrefix(r.filter.err.Error(), "filter: "), in.Failed
	case !r.Typing():
		count += ", esc clears"
	}
	l := cell.NewLine(f.W).Put(in.Key, " / ")
	room := max(1, l.Left()-cell.Width(count)-3)
	if r.Typing() {
		l.Painted(r.filter.typing.View(room, true, "a text, loss<0.3, lr=0.1, status!=failed…", in), room)
	} else {
		l.Column(in.Text, text, room)
	}
	return []string{l.Put(in.Text, "  ").Put(ink, count).String()}
}
