package screen

import (
	"fmt"
	"maps"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// Filter is which rows of a table are shown, in the language of the log's filter: a
// column is a field.
//
//	val_loss<0.3 lr=0.1 status!=failed nightly
//
// Each thing whose rows the table shows has its own.
type Filter struct {
	of     string
	typing *input.Input // nil: nobody types
	// texts are those that are set, by what is filtered.
	texts map[string]string
	// query is of the text that was read last; where that is none, of the one before.
	text  string
	query parse.Query
	err   error
}

// Show takes the filter of what is shown, and the text that is typed as it is now.
func (l *Filter) Show(of string) {
	if of != l.of {
		l.of, l.typing = of, nil
	}
	if text := l.texts[of]; text != l.text {
		l.text = text
		q, err := parse.ParseFields(text)
		if l.err = err; err == nil { // while it can't be read, the last that could is in force
			l.query = q
		}
	}
}

// Typing says whether keys go to the filter.
func (l *Filter) Typing() bool { return l.typing != nil }

// End leaves the line that is typed as it is.
func (l *Filter) End() { l.typing = nil }

// Type types into the filter; move moves the table's cursor meanwhile.
func (l *Filter) Type(k tea.KeyPressMsg, move func(int)) {
	switch k.String() {
	case "esc":
		l.typing = nil
		l.set("")
	case "enter":
		l.typing = nil
	case "up":
		move(-1)
	case "down":
		move(1)
	default:
		l.typing.Press(k)
		l.set(l.typing.Value())
	}
}

// Paste types text into the filter.
func (l *Filter) Paste(text string) {
	if l.Typing() {
		l.typing.Insert(text)
		l.set(l.typing.Value())
	}
}

// Texts are the filters that are set, by what they are of.
func (l *Filter) Texts() map[string]string { return maps.Clone(l.texts) }

// SetTexts takes over filters as Texts said before.
func (l *Filter) SetTexts(texts map[string]string) { l.texts = maps.Clone(texts) }

// Text is the filter of what is shown.
func (l *Filter) Text() string { return l.texts[l.of] }

// InForce is the last filter that could be read.
func (l *Filter) InForce() string { return l.query.String() }

func (l *Filter) set(text string) {
	if text = strings.TrimSpace(text); text == "" {
		delete(l.texts, l.of)
		return
	}
	if l.texts == nil {
		l.texts = map[string]string{}
	}
	l.texts[l.of] = text
}

// Actions open and clear the filter of a group's rows; what is what they are called,
// and empty why there is nothing to filter.
func (l *Filter) Actions(group, what, empty string) []action.Action {
	unset := ""
	if l.Text() == "" {
		unset = "no filter is set"
	}
	id := strings.ToLower(group)
	return []action.Action{
		{
			ID: id + ".filter", Title: "Show only " + what + " that fit a filter", Hint: "filter", Group: group, Keys: []string{"/"}, Disabled: empty,
			Do: func() tea.Cmd {
				in := input.New(l.Text())
				l.typing = &in
				return nil
			},
		},
		{
			ID: id + ".unfilter", Title: "Show all " + what + " again", Group: group, Keys: []string{"esc"}, Disabled: unset,
			Do: func() tea.Cmd { l.set(""); return nil },
		},
	}
}

// Fits says whether a row is shown, of which a person reads the text and asks for the
// fields.
func (l *Filter) Fits(text string, fields []parse.Field) bool {
	return l.query.Empty() || l.query.Match(parse.Line{Text: text, Record: &parse.Record{Fields: fields}})
}

// Line is the filter with how many of all rows fit it, while there is one; example is
// what can be typed.
func (l *Filter) Line(f Frame, example string, fitting, all int) []string {
	in, text := f.Ink, l.Text()
	if !l.Typing() && text == "" {
		return nil
	}
	count, ink := fmt.Sprintf("%d of %d", fitting, all), in.Muted
	switch {
	case l.err != nil:
		count, ink = strings.TrimPrefix(l.err.Error(), "filter: "), in.Failed
	case !l.Typing():
		count += ", esc clears"
	}
	line := cell.NewLine(f.W).Put(in.Key, " / ")
	room := max(1, line.Left()-cell.Width(count)-3)
	if l.Typing() {
		line.Painted(l.typing.View(room, true, example, in), room)
	} else {
		line.Column(in.Text, text, room)
	}
	return []string{line.Put(in.Text, "  ").Put(ink, count).String()}
}
