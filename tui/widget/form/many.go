package form

import (
	"fmt"
	"slices"
	"strings"
)

// Times is how often all combinations of the fields that stand for many values are
// to be done, and the part of each; 0: no field does.
func (f *Form) Times() (n int, parts []string) {
	for i, fd := range f.fields {
		if fd.Many == nil {
			continue
		}
		if k, err := fd.Many(strings.TrimSpace(f.value(i))); err == nil && len(k) > 0 {
			n = max(n, 1) * len(k)
			parts = append(parts, fmt.Sprintf("%s %d", fd.Name, len(k)))
		}
	}
	return n, parts
}

// several is what a field stands for when it stands for many values, else how it
// would.
func (f *Form) several(i int) string {
	fd := f.fields[i]
	if fd.Many == nil {
		return ""
	}
	many, err := fd.Many(strings.TrimSpace(f.value(i)))
	switch {
	case err != nil:
		return err.Error()
	case len(many) > 0:
		return strings.Join(many, " ")
	case f.Single:
		return ""
	case len(fd.choices()) > 0:
		return "for a sweep: , marks one"
	}
	return "for a sweep: 1,2  or  LOW..HIGH log COUNT"
}

// hidden says whether a field is not asked for.
func (f *Form) hidden(i int) bool {
	if !f.fields[i].Late {
		return false
	}
	n, _ := f.Times()
	return n == 0
}

// step moves the cursor to the next place that is shown, round the end.
func (f *Form) step(n int) {
	for range len(f.fields) + 1 {
		f.at = (f.at + n) % (len(f.fields) + 1)
		if f.at == len(f.fields) || !f.hidden(f.at) {
			return
		}
	}
}

// mark marks a choice, or takes its mark away.
func (f *Form) mark(i int, choice string) {
	f.touched[i] = true
	if at := slices.Index(f.marked[i], choice); at >= 0 {
		f.marked[i] = slices.Delete(slices.Clone(f.marked[i]), at, at+1)
		return
	}
	// In the order in which they stand.
	var marked []string
	for _, c := range f.fields[i].choices() {
		if c == choice || slices.Contains(f.marked[i], c) {
			marked = append(marked, c)
		}
	}
	f.marked[i] = marked
}

// value is what stands in a field: what is typed or chosen, or all that is marked.
func (f *Form) value(i int) string {
	if len(f.marked[i]) > 0 {
		return strings.Join(f.marked[i], ",")
	}
	return f.inputs[i].Value()
}

// Fill writes values into the fields of these names, as if they had been typed.
func (f *Form) Fill(values map[string]string) {
	for i, fd := range f.fields {
		v, ok := values[fd.Name]
		if choices := fd.choices(); ok && (len(choices) == 0 || !slices.ContainsFunc(strings.Split(v, ","), func(c string) bool { return !slices.Contains(choices, c) })) {
			f.set(i, v)
		}
	}
	if f.problem = ""; f.at < len(f.fields) && f.hidden(f.at) {
		f.step(1)
	}
}
