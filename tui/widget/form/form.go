// Package form asks for several values: text, numbers, yes or no, one of a few.
// It checks what is typed and says what is wrong beside the field; it never
// sends anything itself.
package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// Type is what a field's value must be.
type Type int

// The types.
const (
	Text Type = iota
	Int
	Float
	Bool
)

// Field is one value.
type Field struct {
	Name, Description string
	Type              Type
	Value             string
	Choices           []string
	// Suggest are values to complete what is typed; others may be typed, too.
	Suggest          []string
	Required, Secret bool
	// Many are the values of a text that may stand for several: none where it stands
	// for one, as where Many is nil. Of choices several are marked; they stand as a,b.
	Many func(text string) ([]string, error)
	// Late is a field that is asked for only while another one stands for many.
	Late bool
}

// Note is a line above the fields: what the form is about, or a warning.
type Note struct {
	Text string
	Warn bool
}

// Form is the widget.
type Form struct {
	Title, Submit string
	Notes         []Note
	// Refused is why what was sent is not done; empty: nothing was.
	Refused string
	// Keys says in the frame which keys do what the form does not know.
	Keys string
	// Single: one run is what is meant, and how a field stands for many values is
	// said only of one that does.
	Single  bool
	fields  []Field
	inputs  []input.Input
	touched []bool     // the value was edited; the first key replaces it
	marked  [][]string // of a field with choices, those that are marked
	at      int        // len(fields) is the submit button
	problem string
}

// New is a form with the focus in its first field.
func New(title, submit string, fields []Field) *Form {
	f := &Form{Title: title, Submit: submit, fields: fields}
	for _, fd := range fields {
		in := input.New("")
		in.Mask = fd.Secret
		f.inputs = append(f.inputs, in)
		f.touched = append(f.touched, false)
		f.marked = append(f.marked, nil)
	}
	for i, fd := range fields {
		f.set(i, fd.Value)
	}
	return f
}

// set writes a value into a field, as if it had been there from the beginning: the
// next key replaces it. Several choices are marked.
func (f *Form) set(i int, v string) {
	f.touched[i], f.marked[i] = false, nil
	choices := f.fields[i].choices()
	if f.fields[i].Many != nil && len(choices) > 0 && !slices.Contains(choices, v) {
		marked := strings.Split(v, ",")
		if len(marked) > 1 && !slices.ContainsFunc(marked, func(c string) bool { return !slices.Contains(choices, c) }) {
			f.marked[i], v = marked, marked[0]
		}
	}
	f.inputs[i].Set(v)
}

// Outcome is what a key did to the form.
type Outcome int

// The outcomes.
const (
	Open Outcome = iota
	Cancelled
	Submitted
)

// Press takes a key.
func (f *Form) Press(k tea.KeyPressMsg) Outcome {
	switch k.String() {
	case "esc", "ctrl+c":
		return Cancelled
	case "up", "shift+tab":
		f.step(len(f.fields))
		return Open
	case "tab":
		if !f.complete() {
			f.step(1)
		}
		return Open
	case "down":
		f.step(1)
		return Open
	case "enter":
		if f.check() {
			return Submitted
		}
		return Open
	}
	if f.at == len(f.fields) {
		return Open
	}
	f.problem = "" // what is typed may be right now
	fd, in := &f.fields[f.at], &f.inputs[f.at]
	choices := fd.choices()
	if len(choices) == 0 {
		if match := f.matches(f.at); k.String() == "right" && in.AtEnd() && len(match) > 0 {
			in.Set(match[0])
			f.touched[f.at] = true
			return Open
		}
		if k.Text != "" && !f.touched[f.at] {
			in.Set("")
		}
		f.touched[f.at] = true
		in.Press(k)
		return Open
	}
	step := 0
	switch k.String() {
	case "left":
		step = -1
	case "right", "space":
		step = 1
	case ",":
		if fd.Many != nil {
			f.mark(f.at, in.Value())
		}
	}
	if step != 0 {
		f.touched[f.at] = true
		i := slices.Index(choices, in.Value())
		in.Set(choices[(max(i, 0)+step+len(choices))%len(choices)])
	}
	return Open
}

// complete completes what was begun to be typed, if there is what it may become.
func (f *Form) complete() bool {
	if f.at == len(f.fields) || !f.touched[f.at] || f.inputs[f.at].Value() == "" {
		return false
	}
	match := f.matches(f.at)
	if len(match) == 0 || !strings.HasPrefix(match[0], f.inputs[f.at].Value()) {
		return false
	}
	f.inputs[f.at].Set(match[0])
	return true
}

// Paste types text into the focused field.
func (f *Form) Paste(s string) {
	if f.at < len(f.inputs) && len(f.fields[f.at].choices()) == 0 {
		if !f.touched[f.at] {
			f.inputs[f.at].Set("")
		}
		f.touched[f.at] = true
		f.inputs[f.at].Insert(s)
	}
}

func (fd Field) choices() []string {
	if len(fd.Choices) > 0 {
		return fd.Choices
	}
	if fd.Type == Bool {
		return []string{"false", "true"}
	}
	return nil
}

// matches are the suggestions that fit what is typed in a field: those that begin
// with it, then those that have it in them. What was not typed by a person fits all.
func (f *Form) matches(i int) []string {
	typed := strings.ToLower(strings.TrimSpace(f.inputs[i].Value()))
	if !f.touched[i] {
		typed = ""
	}
	var begin, within []string
	for _, s := range f.fields[i].Suggest {
		switch low := strings.ToLower(s); {
		case low == typed || !f.touched[i] && s == f.inputs[i].Value():
		case strings.HasPrefix(low, typed):
			begin = append(begin, s)
		case strings.Contains(low, typed):
			within = append(within, s)
		}
	}
	return append(begin, within...)
}

// Value is what stands in a field, and whether the cursor is in it.
func (f *Form) Value(name string) (v string, focused bool) {
	for i, fd := range f.fields {
		if fd.Name == name {
			return strings.TrimSpace(f.value(i)), f.at == i
		}
	}
	return "", false
}

// Replace takes other fields. What was typed stays, and the cursor stays in its field.
func (f *Form) Replace(fields []Field) {
	old := *f
	next := New(f.Title, f.Submit, fields)
	f.fields, f.inputs, f.touched, f.marked, f.problem = fields, next.inputs, next.touched, next.marked, ""
	f.at = len(fields)
	for i, fd := range fields {
		j := slices.IndexFunc(old.fields, func(o Field) bool { return o.Name == fd.Name })
		if j < 0 {
			continue
		}
		if old.at == j {
			f.at = i
		}
		choices := fd.choices()
		if v := old.inputs[j].Value(); old.touched[j] && (len(choices) == 0 || slices.Contains(choices, v)) {
			f.inputs[i], f.touched[i] = old.inputs[j], true
			f.inputs[i].Mask = fd.Secret
			if fd.Many != nil && !slices.ContainsFunc(old.marked[j], func(c string) bool { return !slices.Contains(choices, c) }) {
				f.marked[i] = old.marked[j]
			}
		}
	}
	if old.at < len(old.fields) && f.at == len(fields) {
		f.at = min(old.at, len(fields))
	}
}

// check finds the first field that can't be right and goes there.
func (f *Form) check() bool {
	for i, fd := range f.fields {
		if f.hidden(i) {
			continue
		}
		if why := fd.check(strings.TrimSpace(f.value(i))); why != "" {
			f.at, f.problem = i, why
			return false
		}
	}
	f.problem = ""
	return true
}

func (fd Field) check(v string) string {
	if v == "" {
		if fd.Required {
			return fd.Name + " is required"
		}
		return ""
	}
	if fd.Many != nil {
		many, err := fd.Many(v)
		switch {
		case err != nil:
			return fmt.Sprintf("%s: %v", fd.Name, err)
		case len(many) > 0:
			return ""
		}
	}
	switch fd.Type {
	case Int:
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return fmt.Sprintf("%s must be a whole number, not %q", fd.Name, v)
		}
	case Float:
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return fmt.Sprintf("%s must be a number, not %q", fd.Name, v)
		}
	}
	return ""
}

// Values are the values that are not empty.
func (f *Form) Values() map[string]string {
	values := map[string]string{}
	for i, fd := range f.fields {
		if f.hidden(i) {
			continue
		}
		v := f.value(i)
		if !fd.Secret {
			v = strings.TrimSpace(v)
		}
		if v != "" {
			values[fd.Name] = v
		}
	}
	return values
}

// View draws the form as a box of at most w by h cells.
func (f *Form) View(w, h int, in *theme.Inks) []string {
	label := 6
	for _, fd := range f.fields {
		label = max(label, cell.Width(fd.Name)+2)
	}
	label = min(label, w/3)
	var body []string
	for _, n := range f.Notes {
		mark, ink := "  ", in.Muted
		if n.Warn {
			mark, ink = "▲ ", in.Warning
		}
		body = append(body, noteLines(n.Text, mark, w, ink)...)
	}
	if f.Refused != "" {
		body = append(body, noteLines(f.Refused, "✖ ", w, in.Failed)...)
	}
	if len(body) > 0 {
		body = append(body, "")
	}
	line := 0
	for i, fd := range f.fields {
		if f.hidden(i) {
			continue
		}
		if i == f.at {
			line = len(body)
		}
		body = append(body, f.field(i, fd, label, w-2, in))
		if i == f.at {
			note, ink := fd.Description, in.Faint
			if f.problem != "" {
				note, ink = "✖ "+f.problem, in.Failed
			}
			if note != "" {
				body = append(body, cell.NewLine(w-2).Put(in.Text, cell.Spaces(label+4)).Put(ink, note).String())
			}
			if many := f.several(i); many != "" && f.problem == "" {
				body = append(body, cell.NewLine(w-2).Put(in.Text, cell.Spaces(label+4)).Put(in.Faint, cell.Cut(many, w-label-7)).String())
			}
			if match := f.matches(i); len(match) > 0 {
				body = append(body, cell.NewLine(w-2).Put(in.Text, cell.Spaces(label+4)).Put(in.Accent, "→ ").
					Put(in.Text, match[0]).Put(in.Faint, "  "+strings.Join(match[1:], "  ")).String())
			}
		}
	}
	button := cell.NewLine(w-2).Put(in.Text, cell.Spaces(label+4))
	submit := f.Submit
	if n, parts := f.Times(); n > 0 {
		submit = fmt.Sprintf("%s %d times", f.Submit, n)
		body = append(body, "", cell.NewLine(w-2).Put(in.Text, cell.Spaces(label+4)).
			Put(in.Running, fmt.Sprintf("%d runs", n)).Put(in.Muted, "  "+strings.Join(parts, " × ")).String())
	}
	if f.at == len(f.fields) {
		line = len(body) + 1
		button.Put(in.Selected, "▸ "+submit+" ◂")
	} else {
		button.Put(in.Accent, "[ "+submit+" ]")
	}
	body = append(body, "", button.String())
	if room := max(1, h-2); len(body) > room {
		from := max(0, min(line-room/2, len(body)-room))
		body = body[from : from+room]
	}
	keys := "↵ " + strings.ToLower(f.Submit) + "  ↑↓ field  esc cancel"
	if f.Keys != "" {
		keys += "  " + f.Keys
	}
	return dialog.Frame(f.Title, keys, body, w, in)
}

// noteLines are a text above the fields, with a mark before its first line.
func noteLines(text, mark string, w int, ink theme.Ink) (lines []string) {
	for _, part := range cell.Wrap(text, w-6) {
		lines = append(lines, cell.NewLine(w-2).Put(ink, mark+part).String())
		mark = "  "
	}
	return lines
}

func (f *Form) field(i int, fd Field, label, w int, in *theme.Inks) string {
	l := cell.NewLine(w)
	mark, ink := "  ", in.Muted
	if i == f.at {
		mark, ink = "▌ ", in.Text
	}
	name := fd.Name
	if fd.Required {
		name += "*"
	}
	l.Put(in.Accent, mark).Column(ink, name, label).Put(in.Text, "  ")
	if choices := fd.choices(); len(choices) > 0 {
		v := f.inputs[i].Value()
		if i != f.at {
			return l.Put(in.Text, f.value(i)).String()
		}
		if len(choices) > 6 {
			l.Put(in.Accent, "◂ ").Put(in.Selected, v).Put(in.Accent, " ▸")
			if len(f.marked[i]) > 0 {
				l.Put(in.Running, "  "+f.value(i))
			}
			return l.String()
		}
		for _, c := range choices {
			ink, mark := in.Muted, " "
			if slices.Contains(f.marked[i], c) {
				ink, mark = in.Running, "✓"
			}
			if c == v {
				l.Put(in.Selected, mark+"("+c+")").Put(in.Text, " ")
			} else {
				l.Put(ink, mark+" "+c+"  ")
			}
		}
		return l.String()
	}
	hint := ""
	switch fd.Type {
	case Int:
		hint = "a whole number"
	case Float:
		hint = "a number"
	}
	room := l.Left() - 1
	return l.Painted(f.inputs[i].View(room, i == f.at, hint, in), room).String()
}
