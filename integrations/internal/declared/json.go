package declared

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/tailscale/hujson"
)

// JSON reads a JSON file as editors write their settings: comments and commas
// too many are nothing to complain of. It is never nil.
func JSON(name string, text []byte) (*Value, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(bytes.TrimSpace(text)) == 0 {
		return missing(), fmt.Errorf("read %s: it is empty", name)
	}
	clean, err := hujson.Standardize(bytes.Clone(text)) // comments become blanks, so that lines stay
	if err != nil {
		return missing(), fmt.Errorf("read %s: %w", name, err)
	}
	d := json.NewDecoder(bytes.NewReader(clean))
	d.UseNumber()
	r := jsonReader{d: d, text: clean}
	v, err := r.value(0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("there is more behind its end")
		}
	}
	if err != nil {
		return missing(), fmt.Errorf("read %s: line %d: %w", name, r.line(), err)
	}
	return v, nil
}

type jsonReader struct {
	d    *json.Decoder
	text []byte
	// seen and lines count the lines up to an offset, which only grows.
	seen, lines int
}

// line is that of the token that was read last.
func (r *jsonReader) line() int {
	at := min(int(r.d.InputOffset()), len(r.text))
	r.lines += bytes.Count(r.text[r.seen:at], []byte("\n"))
	r.seen = at
	return r.lines + 1
}

func (r *jsonReader) value(depth int) (*Value, error) {
	t, err := r.d.Token()
	if err != nil {
		return missing(), err
	}
	v := &Value{Line: r.line()}
	if depth > mostNested {
		return v, fmt.Errorf("values are nested deeper than %d levels", mostNested)
	}
	switch t := t.(type) {
	case nil:
		v.Kind = Null
	case string:
		v.Kind, v.Text, v.Quoted = Scalar, t, true
	case json.Delim:
		if t == '[' {
			v.Kind = List
			err = r.items(v, depth)
		} else {
			v.Kind = Map
			err = r.entries(v, depth)
		}
	default:
		v.Kind, v.Text = Scalar, fmt.Sprint(t)
	}
	return v, err
}

func (r *jsonReader) items(v *Value, depth int) error {
	for r.d.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.Items = append(v.Items, item)
	}
	_, err := r.d.Token()
	return err
}

func (r *jsonReader) entries(v *Value, depth int) error {
	at := map[string]int{}
	for r.d.More() {
		t, err := r.d.Token()
		if err != nil {
			return err
		}
		e := Entry{Key: fmt.Sprint(t), Line: r.line()}
		if e.Value, err = r.value(depth + 1); err != nil {
			return err
		}
		if i, twice := at[e.Key]; twice {
			v.Entries[i] = e
			continue
		}
		at[e.Key] = len(v.Entries)
		v.Entries = append(v.Entries, e)
	}
	_, err := r.d.Token()
	return err
}
