package config

import (
	"slices"
	"strings"
)

// nodeKind is what a YAML value is.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	intNode
	floatNode
	textNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"empty", "a boolean", "a number", "a number", "text", "a list", "a mapping"}[k]
}

// node is a YAML value with its place: anchors, aliases, tags and merge keys
// are resolved. Nodes are shared where the file uses an alias, so they are
// never changed after parsing.
type node struct {
	kind    nodeKind
	text    string // scalars, as written
	pos     Position
	length  int // characters on the first line, for the caret
	items   []*node
	entries []entry
	size    int // nodes below and with this one, counted as if not shared
}

// entry is one key of a mapping.
type entry struct {
	key    string
	pos    Position
	length int
	value  *node
	bare   bool // the key is not in the file: the value stands for the mapping
}

func (n *node) scalar() bool { return n.kind <= textNode && n.kind != nullNode }

// get is the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// merge puts over on top of base: mappings merge deep, everything else is
// replaced. The shape tells which keys are two words for the same thing, so
// that over's word removes base's, and where null removes an entry. Removals
// of what is not there are handed to missing.
func merge(base, over *node, sh *shape, missing func(e entry, names []string)) *node {
	base, over = sh.spread(base), sh.spread(over)
	if base.kind != mapNode || over.kind != mapNode {
		return over
	}
	merged := *base
	merged.entries = nil
	index := map[string]int{}
	for _, e := range base.entries {
		if !sh.replaced(e.key, over) {
			index[sh.canonical(e.key)] = len(merged.entries)
			merged.entries = append(merged.entries, e)
		}
	}
	for _, e := range over.entries {
		key := sh.canonical(e.key)
		at, there := index[key]
		delete(index, key) // a second word for it in over is a problem of its own
		switch {
		case e.value.kind == nullNode && sh != nil && sh.removable && there:
			merged.entries[at].value = nil
		case e.value.kind == nullNode && sh != nil && sh.removable:
			missing(e, base.names())
		case there:
			merged.entries[at].value = merge(merged.entries[at].value, e.value, sh.child(e.key), missing)
		default:
			merged.entries = append(merged.entries, e)
		}
	}
	merged.entries = slices.DeleteFunc(merged.entries, func(e entry) bool { return e.value == nil })
	return &merged
}

func (n *node) names() []string {
	names := make([]string, 0, len(n.entries))
	for _, e := range n.entries {
		names = append(names, e.key)
	}
	return names
}

// extension reports whether a key is left to other tools.
func extension(key string) bool { return strings.HasPrefix(key, "x-") }
