package config

import (
	"fmt"
	"strings"
)

// reader collects what reading a tree of nodes brings to light.
type reader struct {
	sources  map[string]source
	main     string // the name of the file that others are merged onto
	problems Problems
	// unit is the one that is being read, nil outside of a unit.
	unit *draft
	// path are the keys on the way to the value, below the unit.
	path []string
	// references are the ${{ ... }} met so far.
	references []reference
}

// reference is a ${{ ... }} in the file.
type reference struct {
	name   string
	unit   *draft // nil: in the workspace's own env
	pos    Position
	length int
}

// problem reports what is wrong with a value.
func (r *reader) problem(n *node, message, hint string, related ...Related) {
	r.at(n.pos, n.length, message, hint, related...)
}

// maxProblems is more than anybody reads; it bounds what a hostile file costs.
const maxProblems = 500

// full: no further problem is reported.
func (r *reader) full() bool { return len(r.problems) > maxProblems }

// at reports a problem at a place.
func (r *reader) at(pos Position, length int, message, hint string, related ...Related) {
	if len(r.problems) == maxProblems {
		message, hint, related = fmt.Sprintf("more than %d problems; the others are not shown", maxProblems), "", nil
	}
	if r.full() {
		return
	}
	r.problems = append(r.problems, Problem{
		Pos: pos, Length: length, Message: message, Hint: hint,
		Source: r.sources[pos.File].line(pos.Line), Related: related,
	})
}

// place names the value that is being read: `ready.http of service "api"`.
func (r *reader) place() string {
	path := strings.Join(r.path, ".")
	switch {
	case r.unit == nil && path == "":
		return "the file"
	case r.unit == nil:
		return path
	case path == "":
		return r.unit.title()
	}
	return path + " of " + r.unit.title()
}

// within reads what is below a key.
func (r *reader) within(key string, read func()) {
	r.path = append(r.path, key)
	read()
	r.path = r.path[:len(r.path)-1]
}

func (r *reader) unknownKey(e entry, s *shape) {
	var candidates []string
	for _, k := range s.keys {
		if s.belongs(k) {
			candidates = append(candidates, k.words()...)
		}
	}
	hint := didYouMean(e.key, candidates)
	if hint == "" && !s.closed {
		hint = "see the key reference; keys that begin with x- are ignored"
	}
	r.at(e.pos, e.length, fmt.Sprintf("unknown key %q in %s", clip(e.key), r.place()), hint)
}

func (r *reader) wrongKind(e entry, k key) {
	other, hint := "tasks", ""
	if k.on == onService {
		other = "services"
	}
	switch {
	case k.name == "params" || k.name == "timeout":
		hint = "move it to a task, or remove the key"
	case k.on == onTask:
		hint = fmt.Sprintf("move %q to tasks: if it is meant to end", r.unit.name)
	default:
		hint = fmt.Sprintf("move %q to services: if it is meant to stay up", r.unit.name)
	}
	r.at(e.pos, e.length, fmt.Sprintf("%q is for %s, and %q is a %s", e.key, other, r.unit.name, r.unit.kind), hint)
}

// lacks reports a key that is missing from a mapping.
func (r *reader) lacks(n *node, k key) {
	if r.unit == nil && len(r.path) == 0 && k.name == "version" {
		r.at(r.start(), 1, "the file has no version", fmt.Sprintf("add this as its first line: version: %d", Version))
		return
	}
	r.problem(n, fmt.Sprintf("%s has no %s", r.place(), k.name), fmt.Sprintf("add %s: %s", k.name, k.shape.words))
}

// lacksAll reports that a mapping has none of the keys of which it needs one.
func (r *reader) lacksAll(n *node, choices string) {
	pos, length, hint := n.pos, n.length, ""
	if r.unit != nil && len(r.path) == 0 {
		pos, length, hint = r.unit.pos, r.unit.length, "say what it runs: run: go run ."
	}
	r.at(pos, length, fmt.Sprintf("%s has no %s", r.place(), choices), hint)
}

// start is the first character of the main file.
func (r *reader) start() Position { return Position{File: r.main, Line: 1, Column: 1} }

// fill notes which slots a key fills and reports two keys for one slot.
func (r *reader) fill(e entry, k key, filled map[string]entry) bool {
	for _, slot := range k.slots {
		if first, taken := filled[slot]; taken {
			message := fmt.Sprintf("%q cannot be given together with %q in %s", e.key, first.key, r.place())
			if first.key == e.key {
				message = fmt.Sprintf("key %q is given twice in %s", e.key, r.place())
			}
			r.at(e.pos, e.length, message, "keep one of them", Related{Pos: first.pos, Message: "the first one"})
			return false
		}
	}
	for _, slot := range k.slots {
		filled[slot] = e
	}
	filled[k.name] = e
	return true
}

// maxReferences is how many references are looked up in the text of the file;
// the others are said to be where their value begins.
const maxReferences = 5000

// template notes the ${{ ... }} of a value and reports those that cannot be read.
func (r *reader) template(n *node) bool {
	parts, err := scan(n.text)
	if err != nil {
		r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), `write ${{ ports.name }}; for the text itself, $${{`)
		return false
	}
	pos := n.pos
	for _, p := range parts {
		if p.ref == "" {
			continue
		}
		at := pos
		if len(r.references) < maxReferences {
			at = r.sources[n.pos.File].find(p.text, pos)
		}
		r.references = append(r.references, reference{name: p.ref, unit: r.unit, pos: at, length: caretLength(p.text)})
		if at != pos {
			pos = Position{File: at.File, Line: at.Line, Column: at.Column + 1}
		}
	}
	return true
}
