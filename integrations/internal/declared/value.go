package declared

import (
	"slices"
	"strconv"
	"strings"
)

// Kind is what a value is.
type Kind int

// The kinds. Scalar is a text, a number, or true and false as they are written.
const (
	Missing Kind = iota
	Null
	Scalar
	List
	Map
)

// Value is one value of a YAML or JSON file, with the line it begins on. The
// methods of a missing one answer too, so that a path needs no checks.
type Value struct {
	Kind Kind
	// Text of a scalar; Quoted: it was written as text.
	Text    string
	Quoted  bool
	Line    int
	Entries []Entry // of a map, in the order of the file
	Items   []*Value
}

// Entry is one key of a map.
type Entry struct {
	Key   string
	Line  int
	Value *Value
}

// missing is the answer where nothing is.
func missing() *Value { return &Value{} }

// Get follows keys down; it is never nil.
func (v *Value) Get(keys ...string) *Value {
	for _, k := range keys {
		if v == nil {
			return missing()
		}
		i := slices.IndexFunc(v.Entries, func(e Entry) bool { return e.Key == k })
		if i < 0 {
			return missing()
		}
		v = v.Entries[i].Value
	}
	if v == nil {
		return missing()
	}
	return v
}

// First is the value of the first of several keys that is there.
func (v *Value) First(keys ...string) *Value {
	for _, k := range keys {
		if found := v.Get(k); found.Kind != Missing {
			return found
		}
	}
	return missing()
}

// Has says whether a key is there.
func (v *Value) Has(key string) bool { return v.Get(key).Kind != Missing }

// Is says whether a scalar is true.
func (v *Value) Is() bool { return v.Kind == Scalar && !v.Quoted && strings.EqualFold(v.Text, "true") }

// Isnt says whether a scalar is false.
func (v *Value) Isnt() bool {
	return v.Kind == Scalar && !v.Quoted && strings.EqualFold(v.Text, "false")
}

// Number is a whole number; 0 where there is none.
func (v *Value) Number() int {
	n, err := strconv.Atoi(v.Text)
	if v.Kind != Scalar || err != nil {
		return 0
	}
	return n
}

// Strings is a scalar alone, or the scalars of a list.
func (v *Value) Strings() []string {
	switch v.Kind {
	case Scalar:
		return []string{v.Text}
	case List:
		var all []string
		for _, item := range v.Items {
			if item.Kind == Scalar {
				all = append(all, item.Text)
			}
		}
		return all
	}
	return nil
}

// Texts are the scalars of a map.
func (v *Value) Texts() map[string]string {
	all := map[string]string{}
	for _, e := range v.Entries {
		switch e.Value.Kind {
		case Scalar:
			all[e.Key] = e.Value.Text
		case Null:
			all[e.Key] = ""
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// Unknown are the keys of a map that are not among these, each with its line.
func (v *Value) Unknown(known ...string) []string {
	var all []string
	for _, e := range v.Entries {
		if !slices.Contains(known, e.Key) && !strings.HasPrefix(e.Key, "x-") {
			all = append(all, e.Key+" (line "+strconv.Itoa(e.Line)+")")
		}
	}
	return all
}
