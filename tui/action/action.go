// Package action holds the table of everything a user can do: its title, its
// keys, why it is off, what it asks first. Keys, palette, help and hint line
// are all read from it; it never decides what an action means.
package action

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Action is one thing that a user can do now. Screens build their actions anew
// for each state, so that Disabled is always true of what is on the screen.
type Action struct {
	// ID is the name in the keymap file: "task.restart". It never changes.
	ID string
	// Title is what it does, for help and palette: "Restart api".
	Title string
	// Hint is one or two words for the hint line; empty: not shown there.
	Hint string
	// Group is the heading in help: "Tasks", "Log", "View".
	Group string
	// Keys as Bubble Tea names them: "r", "ctrl+l", "shift+tab", "space".
	Keys []string
	// Disabled is why it can't be done now; empty when it can.
	Disabled string
	// Dangerous actions are taken out by --read-only, and ask when Confirm is set.
	Dangerous bool
	// Writes says that it changes what runs: taken out by --read-only.
	Writes bool
	// Confirm is asked first.
	Confirm *Confirm
	// Verb is the word for the palette's command line: "restart". With Args it
	// takes arguments.
	Verb string
	// Args says what arguments the verb takes; nil: none.
	Args *Args
	// Do does it. It runs in Update: it may change the screen's structs, and it
	// returns a command for everything that waits.
	Do func() tea.Cmd
}

// Confirm is a question before an action, answered with Cancel by default.
type Confirm struct {
	Title string // "Stop everything?"
	Text  string // names the target and the context
	Yes   string // the button: "Stop everything"
}

// Args are the arguments of a verb in the palette.
type Args struct {
	// Usage is shown behind the verb: "NAME...", "NAME [param=value...]".
	Usage string
	// Complete lists what may stand as the next word after the words so far.
	Complete func(words []string) []string
	// Preview shows what the words would do while they are chosen, and with none
	// what was there before; nil: nothing is shown.
	Preview func(words []string)
	// Do is the action with arguments; the error is shown to the user, who can
	// go on typing.
	Do func(words []string) (tea.Cmd, error)
}

// Enabled says whether it can be done now.
func (a Action) Enabled() bool { return a.Disabled == "" && a.Do != nil }

// Key is the first key, for the hint line; empty without one.
func (a Action) Key() string {
	if len(a.Keys) == 0 {
		return ""
	}
	return a.Keys[0]
}

// Layer is the actions of one place: a pane, a tab, or the whole screen.
type Layer struct {
	Name    string
	Actions []Action
}

// Set is what can be done now: layers from the innermost to the outermost. The
// innermost wins a key.
type Set []Layer

// All is every action, innermost first, each with the keys that really lead to
// it: those that an inner layer has taken are left out. What can't be done takes no
// key from what can.
func (s Set) All() []Action {
	var all []Action
	taken := map[string]bool{} // by a layer within; true: by what can be done now
	for _, l := range s {
		for _, a := range l.Actions {
			lost := func(k string) bool {
				by, ok := taken[k]
				return ok && (by || !a.Enabled())
			}
			if slices.ContainsFunc(a.Keys, lost) {
				a.Keys = slices.DeleteFunc(slices.Clone(a.Keys), lost)
			}
			all = append(all, a)
		}
		for _, a := range l.Actions {
			for _, k := range a.Keys {
				taken[k] = taken[k] || a.Enabled()
			}
		}
	}
	return all
}

// Find returns the action with that ID.
func (s Set) Find(id string) (Action, bool) {
	for _, l := range s {
		for _, a := range l.Actions {
			if a.ID == id {
				return a, true
			}
		}
	}
	return Action{}, false
}

// Pressed returns the action that a key press means: the innermost that can be
// done now; when none can, the innermost, which says why.
func (s Set) Pressed(k tea.KeyPressMsg) (Action, bool) {
	var off *Action
	for _, name := range Names(k) {
		for _, l := range s {
			for _, a := range l.Actions {
				switch {
				case !slices.Contains(a.Keys, name):
				case a.Disabled == "":
					return a, true
				case off == nil:
					off = &a
				}
			}
		}
	}
	if off != nil {
		return *off, true
	}
	return Action{}, false
}

// Names are the names that a key press answers to: what it types, what was
// struck, and the key at the same place of a US keyboard, in that order.
func Names(k tea.KeyPressMsg) []string {
	names := []string{k.String()}
	add := func(n string) {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	add(k.Keystroke())
	// A Cyrillic or Greek layout types no Latin letter at all; the terminal
	// tells which key it was.
	if k.BaseCode != 0 && k.BaseCode != k.Code && k.Code > 0x7f && k.Mod&^tea.ModShift == 0 {
		base := string(k.BaseCode)
		if k.Mod.Contains(tea.ModShift) {
			base = strings.ToUpper(base)
		}
		add(base)
	}
	return names
}

// Keys shows keys as people read them: "↵", "tab", "^l".
func Keys(keys ...string) string {
	shown := make([]string, len(keys))
	for i, k := range keys {
		shown[i] = KeyName(k)
	}
	return strings.Join(shown, " ")
}

// KeyName shows one key as people read it.
func KeyName(k string) string {
	switch k {
	case "enter":
		return "↵"
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "shift+tab":
		return "⇧tab"
	case "pgdown":
		return "pgdn"
	}
	if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return "^" + rest
	}
	return k
}
