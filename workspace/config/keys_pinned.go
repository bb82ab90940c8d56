package config

import (
	"fmt"
	"maps"
	"slices"
)

// A pinned task is one of another system: `use` names the connection, the other
// keys that are not here are that system's own (`workflow`, `ref`), which whoever
// knows it checks.

// pinnedFields are the keys of a task that another system runs.
func pinnedFields() []field[draft] {
	names := []string{"description", "depends_on", "watch", "groups", "autostart", "hidden", "timeout", "on_busy", "schedule", "confirm", "same_as", "after"}
	fields := []field[draft]{
		give("use", useKind(), func(d *draft, v placed[string]) { d.use = v },
			"The connection that runs it: an integration (`github`) or a name of `integrations`.", tasks, required),
		give("with", valuesKind(), func(d *draft, v placedValues) { maps.Copy(d.with, v.values); maps.Copy(d.withAt, v.at) },
			"The system's own keys, where one of them has a name of this table.", tasks),
		give("inputs", valuesKind(), func(d *draft, v placedValues) { d.values, d.valuesAt = v.values, v.at },
			"Values of its parameters, by name. They stand in its form, and can be changed there.", tasks, alias("parameters")),
	}
	for _, f := range slices.Concat(commonFields(), taskFields()) {
		if slices.Contains(names, f.name) {
			fields = append(fields, f)
		}
	}
	return fields
}

// useKind is the name of a connection.
func useKind() kind[placed[string]] {
	return place(kind[string]{
		shape: &shape{words: "a name", schema: schema{"type": "string", "pattern": namePattern}},
		read: func(r *reader, n *node) (string, bool) {
			if n.kind != textNode || !nameForm().MatchString(n.text) {
				r.must(n, "the name of a connection", "")
				return "", false
			}
			return n.text, true
		},
	})
}

// placedValues are values by name, and where each stands.
type placedValues struct {
	values map[string]string
	at     map[string]Position
}

func valuesKind() kind[placedValues] {
	value := scalar()
	sh := &shape{words: "a mapping of names to values", values: value.shape, names: `.`}
	return kind[placedValues]{shape: sh, read: func(r *reader, n *node) (placedValues, bool) {
		v := placedValues{map[string]string{}, map[string]Position{}}
		if n.kind != mapNode {
			r.must(n, sh.words, "")
			return v, false
		}
		for _, e := range n.entries {
			if e.value.kind == nullNode {
				r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no value", e.key, r.place()), `for an empty one write ""`)
				continue
			}
			r.within(e.key, func() {
				if text, ok := value.read(r, e.value); ok {
					v.values[e.key], v.at[e.key] = text, e.pos
				}
			})
		}
		return v, true
	}}
}

// pinnedShape is a task that another system runs.
func pinnedShape(fields []field[draft]) *shape {
	sh := &shape{words: "a mapping", title: "pinned task", on: onTask, free: scalar().shape}
	for _, f := range fields {
		sh.keys = append(sh.keys, f.key)
	}
	return sh
}

// readPinned reads a task that has `use`.
func (r *reader) readPinned(n *node, d *draft) {
	fields := pinnedFields()
	sh := pinnedShape(fields)
	ours := *n
	ours.entries = nil
	d.with, d.withAt = map[string]string{}, map[string]Position{}
	value := scalar()
	for _, e := range n.entries {
		switch key := unitShapeKey(e.key); {
		case sh.key(e.key) != nil || extension(e.key):
			ours.entries = append(ours.entries, e)
		case key:
			r.at(e.pos, e.length, fmt.Sprintf("%q has no meaning in %s, which %s runs", e.key, r.place(), n.get("use").text), "remove it")
		default:
			r.within(e.key, func() {
				if text, ok := value.read(r, e.value); ok {
					d.with[e.key], d.withAt[e.key] = text, e.pos
				}
			})
		}
	}
	readObject(r, &ours, sh, fields, d)
}

// unitShapeKey says whether a key is one of those of local units.
func unitShapeKey(name string) bool {
	return slices.ContainsFunc(unitFields(), func(f field[draft]) bool { return slices.Contains(f.words(), name) })
}
