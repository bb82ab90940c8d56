package action

import (
	"fmt"
	"slices"
	"strings"
)

// Binding is one action with the keys that it has and would have by default.
type Binding struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Group string `json:"group"`
	// Place is where the keys count: "screen" is everywhere, unless an inner
	// place has the same key.
	Place   string   `json:"place"`
	Keys    []string `json:"keys"`
	Default []string `json:"default"`
	// Verb is the word for the palette, with what stands behind it.
	Verb string `json:"verb,omitempty"`
	// Hidden tells of keys that another place takes: "y in log".
	Hidden []string `json:"hidden,omitempty"`
}

// Bindings is the effective map: every action once, in the order of the layers.
func (m Keymap) Bindings(layers []Layer) []Binding {
	var all []Binding
	for _, l := range layers {
		for i, a := range m.Bind(l.Actions) {
			b := Binding{
				ID: a.ID, Title: a.Title, Group: a.Group, Place: l.Name, Verb: a.Verb,
				Keys: slices.Concat([]string{}, a.Keys), Default: slices.Concat([]string{}, l.Actions[i].Keys),
			}
			if a.Args != nil && a.Args.Usage != "" {
				b.Verb += " " + a.Args.Usage
			}
			if l.Name == outermost {
				b.Hidden = m.hidden(layers, a.Keys)
			}
			all = append(all, b)
		}
	}
	return all
}

// outermost is the layer that all others lie over.
const outermost = "screen"

// hidden are the keys that mean something else in an inner place.
func (m Keymap) hidden(layers []Layer, keys []string) []string {
	var all []string
	for _, k := range keys {
		for _, l := range layers {
			if l.Name != outermost && slices.ContainsFunc(m.Bind(l.Actions), func(a Action) bool { return slices.Contains(a.Keys, k) }) {
				all = append(all, k+" in "+l.Name)
			}
		}
	}
	return all
}

// Changed says whether the keys are not the default ones.
func (b Binding) Changed() bool { return !slices.Equal(b.Keys, b.Default) }

// Reference is every action with its default keys, in Markdown, a table for
// each place.
func Reference(layers []Layer) string {
	var tables []string
	for _, l := range layers {
		title := "In the " + l.Name
		if l.Name == outermost {
			title = "Everywhere"
		}
		var b strings.Builder
		fmt.Fprintf(&b, "## %s\n\n| action | keys | command | what it does |\n|---|---|---|---|\n", title)
		for _, r := range (Keymap{}).Bindings([]Layer{l}) {
			verb := ""
			if r.Verb != "" {
				verb = "`:" + bar(r.Verb) + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.ID, code(r.Keys), verb, bar(r.Title))
		}
		tables = append(tables, b.String())
	}
	return strings.Join(tables, "\n")
}

func code(keys []string) string {
	var all []string
	for _, k := range keys {
		all = append(all, "`"+bar(k)+"`")
	}
	return strings.Join(all, " ")
}

// bar keeps a bar from ending a cell.
func bar(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
