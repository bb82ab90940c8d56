package logs

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// Bounds of an unfolded line: more than anybody reads, and less than could make
// the screen wait.
const (
	detailLines = 400
	detailDepth = 12
	detailIn    = "  "
)

// newline is what stands for a line's end in the text of a field.
const newline = "⏎"

// detail is a structured line unfolded: a line for each field, what is in an
// object below its name, and a text of several lines as several.
func detail(fields []parse.Field) []string {
	d := unfolding{}
	for _, f := range fields {
		if !d.nested("    ", f.Key+": ", f.Value) {
			d.text("    ", f.Key+": ", f.Value)
		}
	}
	return d.lines
}

// unfolding collects lines.
type unfolding struct{ lines []string }

func (d *unfolding) line(text string) {
	switch n := len(d.lines); {
	case n < detailLines:
		d.lines = append(d.lines, text)
	case n == detailLines:
		d.lines = append(d.lines, "    … more: i shows the line as it was printed")
	}
}

// text adds a value, its further lines below its name.
func (d *unfolding) text(indent, name, value string) {
	if !strings.Contains(value, newline) {
		d.line(indent + name + value)
		return
	}
	d.line(indent + strings.TrimRight(name, " "))
	for l := range strings.SplitSeq(value, newline) {
		d.line(indent + detailIn + l)
	}
}

// nested adds an object or a list; false when the value is neither.
func (d *unfolding) nested(indent, name, value string) bool {
	if value == "" || value[0] != '{' && value[0] != '[' || !json.Valid([]byte(value)) {
		return false
	}
	in := json.NewDecoder(strings.NewReader(value))
	in.UseNumber()
	return d.value(in, indent, name, 0) == nil
}

// value adds the decoder's next value.
func (d *unfolding) value(in *json.Decoder, indent, name string, depth int) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		return d.inside(in, t, indent, name, depth)
	case string:
		d.text(indent, name, parse.Flat(t))
	case nil:
		d.line(indent + name + "null")
	default:
		d.line(indent + name + fmt.Sprint(t))
	}
	return nil
}

// inside adds what is between the brackets.
func (d *unfolding) inside(in *json.Decoder, open json.Delim, indent, name string, depth int) error {
	if depth >= detailDepth || len(d.lines) > detailLines {
		return io.ErrShortBuffer // nobody reads that far
	}
	if !in.More() {
		d.line(indent + name + map[json.Delim]string{'{': "{}", '[': "[]"}[open])
		_, err := in.Token()
		return err
	}
	d.line(indent + strings.TrimRight(name, " "))
	for in.More() {
		item := "- "
		if open == '{' {
			key, err := in.Token()
			if err != nil {
				return err
			}
			item = parse.Flat(fmt.Sprint(key)) + ": "
		}
		if err := d.value(in, indent+detailIn, item, depth+1); err != nil {
			return err
		}
	}
	_, err := in.Token()
	return err
}
