package action

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Keymap is what a user binds: action ID to keys. An empty list unbinds.
type Keymap map[string][]string

// Clash is a binding that can't be as the user wants it; only this one keeps
// the keys that it had.
type Clash struct {
	ID, Key string
	With    string // the other action's ID; empty when ID is unknown
	Near    string // an ID that may have been meant
}

// String names both sides and what was done.
func (c Clash) String() string {
	if c.With == "" {
		if c.Near != "" {
			return fmt.Sprintf("keys: there is no action %q; did you mean %q?", c.ID, c.Near)
		}
		return fmt.Sprintf("keys: there is no action %q; see `sawhorse keys`", c.ID)
	}
	return fmt.Sprintf("keys: %s can't be bound to %s: that is the key of %s; it keeps its default", c.ID, c.Key, c.With)
}

// Resolve checks what a user binds against every layer that there is, and
// returns the bindings that hold.
func Resolve(layers []Layer, want Keymap) (Keymap, []Clash) {
	var clashes []Clash
	held := maps.Clone(want)
	known := map[string]bool{}
	for _, l := range layers {
		for _, a := range l.Actions {
			known[a.ID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if !known[id] {
			clashes = append(clashes, Clash{ID: id, Near: near(id, known)})
			delete(held, id)
		}
	}
	// Giving back one binding may clash with another one: until none is left.
	for {
		c, ok := firstClash(layers, held)
		if !ok {
			return held, clashes
		}
		clashes = append(clashes, c)
		delete(held, c.ID)
	}
}

func firstClash(layers []Layer, held Keymap) (Clash, bool) {
	for _, l := range layers {
		owner := map[string]string{}
		// moved says that the user gave the action a key that is not its own.
		moved := map[[2]string]bool{}
		for i, a := range held.Bind(l.Actions) {
			_, bound := held[a.ID]
			for _, k := range a.Keys {
				moved[[2]string{a.ID, k}] = bound && !slices.Contains(l.Actions[i].Keys, k)
				other, taken := owner[k]
				if !taken || other == a.ID {
					owner[k] = a.ID
					continue
				}
				// The one that was moved there gives way; of two, the later one.
				switch {
				case moved[[2]string{a.ID, k}]:
					return Clash{ID: a.ID, Key: k, With: other}, true
				case moved[[2]string{other, k}]:
					return Clash{ID: other, Key: k, With: a.ID}, true
				}
			}
		}
	}
	return Clash{}, false
}

// Bind returns the actions with the user's keys.
func (m Keymap) Bind(actions []Action) []Action {
	if len(m) == 0 {
		return actions
	}
	bound := slices.Clone(actions)
	for i, a := range bound {
		if keys, ok := m[a.ID]; ok {
			bound[i].Keys = keys
		}
	}
	return bound
}

// Duplicates names every key that two actions of one layer share: a mistake in
// the table.
func Duplicates(layers []Layer) []string {
	var found []string
	for _, l := range layers {
		owner := map[string]string{}
		for _, a := range l.Actions {
			for _, k := range a.Keys {
				if other, taken := owner[k]; taken {
					found = append(found, fmt.Sprintf("%s: %s is the key of %s and %s", l.Name, k, other, a.ID))
				}
				owner[k] = a.ID
			}
		}
	}
	return found
}

// near is a known ID that shares its last word or its start with id.
func near(id string, known map[string]bool) string {
	_, last, _ := strings.Cut(id, ".")
	for _, k := range slices.Sorted(maps.Keys(known)) {
		_, kl, _ := strings.Cut(k, ".")
		if kl == last && last != "" || strings.HasPrefix(k, id) || kl == id {
			return k
		}
	}
	return ""
}
