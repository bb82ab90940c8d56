package resource

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// filterExample is what can be typed into the filter.
const filterExample = "a text, loss<0.3, lr=0.1, status!=failed…"

// Typing says whether keys go to the filter.
func (r *Rows) Typing() bool { return r.filter.Typing() }

// Key types into the filter.
func (r *Rows) Key(k tea.KeyPressMsg) { r.filter.Type(k, r.Move) }

// Paste types text into the filter.
func (r *Rows) Paste(text string) { r.filter.Paste(text) }

// Filters are those that are set, by question.
func (r *Rows) Filters() map[string]string { return r.filter.Texts() }

// SetFilters takes over filters as Filters said before.
func (r *Rows) SetFilters(texts map[string]string) { r.filter.SetTexts(texts) }

// fit are the rows of an answer that the filter lets pass.
func (r *Rows) fit(a tasks.Result) [][]string {
	if r.filter.InForce() == "" {
		return a.Rows
	}
	names := fieldNames(a.Columns)
	var all [][]string
	for _, row := range a.Rows {
		fields := make([]parse.Field, 0, len(names))
		for _, n := range names {
			fields = append(fields, parse.Field{Key: n.name, Value: at(row, n.column)})
		}
		if r.filter.Fits(strings.Join(row, " "), fields) {
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
