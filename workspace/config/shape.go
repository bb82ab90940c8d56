package config

import (
	"fmt"
	"slices"
)

// The one description of every key. A kind is a type of value: how it is read
// from the file, and its shape, which is all that the schema, the reference,
// merging and did-you-mean need to know of it. An object is a kind with named
// keys.
//
//	table of fields (keys.go) ──> object ──> reader            values + problems
//	                                └──────> shape ──> Schema, Reference, merge

// shape is what a value may look like, without the Go type it is read into.
type shape struct {
	// words name the type in the reference and in messages: "a duration".
	words string
	// schema is the JSON Schema of the value; objects derive theirs from keys.
	schema schema
	// title names an object in the reference and in the schema.
	title string
	// keys are those of a mapping with fixed keys.
	keys []key
	// bare is the key that a value stands for which is not a mapping.
	bare string
	// bareList: also a list stands for that key.
	bareList bool
	// oneOf are slots of which exactly one must be filled.
	oneOf []string
	// values is the shape of every value of a mapping with free keys; names is
	// the pattern of those keys.
	values *shape
	names  string
	// elements is the shape of the elements, when the value may be a list.
	elements *shape
	// removable: null in sawhorse.local.yml removes an entry.
	removable bool
	// free is the shape of what other keys hold, where any may stand.
	free *shape
	// other is another mapping that the value may be.
	other *shape
	// closed: keys that begin with x- are errors too.
	closed bool
	// on leaves out the keys of the other kind of unit; 0: all belong here.
	on on
}

// key describes one key of an object.
type key struct {
	name    string
	aliases []string
	doc     string
	def     string // the default, for the reference
	on      on
	// slots are what the key sets. Two keys with a slot in common cannot be
	// given together. Default: the key's name.
	slots []string
	// foreign: a word of another tool, with its own shape.
	foreign  bool
	required bool
	shape    *shape
}

// on says which kind of unit a key belongs to.
type on uint8

const (
	onService on = 1 << iota
	onTask
	onBoth = onService | onTask
)

func onKind(k Kind) on {
	if k == Task {
		return onTask
	}
	return onService
}

// words of a key: its name and its aliases.
func (k key) words() []string { return append([]string{k.name}, k.aliases...) }

func (s *shape) key(written string) *key {
	if s == nil {
		return nil
	}
	for i := range s.keys {
		if s.keys[i].name == written || slices.Contains(s.keys[i].aliases, written) {
			return &s.keys[i]
		}
	}
	return nil
}

// belongs reports whether a key may stand in this mapping.
func (s *shape) belongs(k key) bool { return s.on == 0 || k.on&s.on != 0 }

// canonical is the name behind an alias.
func (s *shape) canonical(written string) string {
	if k := s.key(written); k != nil {
		return k.name
	}
	return written
}

func (s *shape) child(written string) *shape {
	if k := s.key(written); k != nil {
		return k.shape
	}
	if s != nil {
		return s.values
	}
	return nil
}

// spread writes a bare value as the mapping that it stands for.
func (s *shape) spread(n *node) *node {
	if s == nil || s.bare == "" || !n.scalar() && (n.kind != listNode || !s.bareList) {
		return n
	}
	return &node{
		kind: mapNode, pos: n.pos, length: n.length, size: n.size + 1,
		entries: []entry{{key: s.bare, pos: n.pos, length: n.length, value: n, bare: true}},
	}
}

// replaced reports whether over fills a slot of key by another word.
func (s *shape) replaced(written string, over *node) bool {
	k := s.key(written)
	if k == nil {
		return false
	}
	return slices.ContainsFunc(over.entries, func(e entry) bool {
		other := s.key(e.key)
		return other != nil && other.name != k.name && overlap(k.slots, other.slots) != ""
	})
}

// overlap is the first slot in both, or "".
func overlap(a, b []string) string {
	for _, slot := range a {
		if slices.Contains(b, slot) {
			return slot
		}
	}
	return ""
}

// kind reads a value of type V. When it cannot, it has reported why.
type kind[V any] struct {
	shape *shape
	read  func(r *reader, n *node) (V, bool)
}

// field is a key and where its value goes in T.
type field[T any] struct {
	key
	set func(r *reader, n *node, into *T)
}

type option func(*key)

func alias(words ...string) option { return func(k *key) { k.aliases = words } }
func fallback(def string) option   { return func(k *key) { k.def = def } }
func slots(names ...string) option { return func(k *key) { k.slots = names } }
func foreign(k *key)               { k.foreign = true }
func required(k *key)              { k.required = true }
func services(k *key)              { k.on = onService }
func tasks(k *key)                 { k.on = onTask }

// give describes a key whose value put stores in T.
func give[T, V any](name string, k kind[V], put func(into *T, v V), doc string, opts ...option) field[T] {
	f := field[T]{key: key{name: name, doc: doc, on: onBoth, shape: k.shape, slots: []string{name}}}
	for _, opt := range opts {
		opt(&f.key)
	}
	f.set = func(r *reader, n *node, into *T) {
		if v, ok := k.read(r, n); ok {
			put(into, v)
		}
	}
	return f
}

// object is the kind of a mapping with the given keys; sh carries what else is
// known of its shape.
func object[T any](sh shape, fields []field[T]) kind[T] {
	for _, f := range fields {
		sh.keys = append(sh.keys, f.key)
	}
	s := &sh
	return kind[T]{shape: s, read: func(r *reader, n *node) (T, bool) {
		var into T
		return into, readObject(r, n, s, fields, &into)
	}}
}

func readObject[T any](r *reader, n *node, s *shape, fields []field[T], into *T) bool {
	n = s.spread(n)
	if n.kind != mapNode {
		r.problem(n, fmt.Sprintf("%s must be %s, not %s", r.place(), s.words, n.kind), "")
		return false
	}
	before := len(r.problems)
	filled := map[string]entry{}
	misspelled := false // then a key that seems to be missing may be this one
	for _, e := range n.entries {
		i := slices.IndexFunc(fields, func(f field[T]) bool { return slices.Contains(f.words(), e.key) })
		if i < 0 {
			if s.closed || !extension(e.key) {
				r.unknownKey(e, s)
				misspelled = true
			}
			continue
		}
		f := fields[i]
		if !s.belongs(f.key) {
			r.wrongKind(e, f.key)
			continue
		}
		if !r.fill(e, f.key, filled) {
			continue
		}
		if e.value.kind == nullNode && !s.nullable(f.key) {
			r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no value", e.key, r.place()), "give it a value or remove the key")
			continue
		}
		if e.bare {
			f.set(r, e.value, into)
			continue
		}
		r.within(e.key, func() { f.set(r, e.value, into) })
	}
	for _, f := range fields {
		if _, ok := filled[f.name]; f.required && !ok && !misspelled {
			r.lacks(n, f.key)
		}
	}
	if len(s.oneOf) > 0 && !misspelled && !slices.ContainsFunc(s.oneOf, func(slot string) bool {
		_, ok := filled[slot]
		return ok
	}) {
		r.lacksAll(n, s.choices())
	}
	return len(r.problems) == before
}

// nullable: a key without a value counts as an empty mapping.
func (s *shape) nullable(k key) bool { return k.shape.removable }

// choices are the native keys that fill one of the slots of oneOf.
func (s *shape) choices() string {
	text := ""
	for _, k := range s.keys {
		if !k.foreign && s.belongs(k) && overlap(k.slots, s.oneOf) != "" {
			if text != "" {
				text += " or "
			}
			text += k.name
		}
	}
	return text
}
