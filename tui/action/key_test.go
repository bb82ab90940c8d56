package action_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tui/action"
)

func TestAKeyIsKnownHoweverItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"r": "r", "R": "R", "shift+r": "R", "Ctrl+R": "ctrl+r", "^r": "ctrl+r", "ctrl-r": "ctrl+r", "C-r": "ctrl+r",
		"Enter": "enter", "return": "enter", "escape": "esc", " ": "space", "space": "space", "PageUp": "pgup", "page-up": "pgup",
		"shift+tab": "shift+tab", "alt+ctrl+x": "ctrl+alt+x", "F5": "f5", "ctrl+f12": "ctrl+f12", "+": "+", "-": "-",
		"ctrl++": "ctrl++", "alt+-": "alt+-", "é": "é", "?": "?", "ctrl+shift+r": "ctrl+shift+r", "f": "f", "5": "5", "del": "delete",
	} {
		if got, err := action.ParseKey(written); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", written, got, err, want)
		}
	}
	for _, wrong := range []string{"", "ctrlr", "foo", "contrl+r", "ctrl+", "ctrl+m", "ctrl+i", "ctrl+ctrl+r", "shift+1", "f99", "r s"} {
		if got, err := action.ParseKey(wrong); err == nil {
			t.Errorf("%q is taken for %q", wrong, got)
		}
	}
}

func TestAKeyThatIsPressedIsTheOneThatWasWritten(t *testing.T) {
	for written, press := range map[string]tea.KeyPressMsg{
		"ctrl+R": {Code: 'r', Mod: tea.ModCtrl}, "shift+r": {Code: 'r', ShiftedCode: 'R', Text: "R", Mod: tea.ModShift},
		"page-up": {Code: tea.KeyPgUp}, "space": {Code: tea.KeySpace, Text: " "}, "F5": {Code: tea.KeyF5},
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "alt+ctrl+x": {Code: 'x', Mod: tea.ModCtrl | tea.ModAlt},
	} {
		name, err := action.ParseKey(written)
		if err != nil {
			t.Fatal(err)
		}
		set := action.Set{{Actions: []action.Action{{ID: "it", Keys: []string{name}}}}}
		if _, ok := set.Pressed(press); !ok {
			t.Errorf("%q is %q, and pressing it is %v", written, name, action.Names(press))
		}
	}
}

func TestAKeysNameIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.OneOf(rapid.String(), rapid.StringMatching(`((ctrl|alt|shift)[+-]){0,3}([a-zA-Z]|enter|f[0-9]|.)`)).Draw(t, "written")
		name, err := action.ParseKey(written)
		if err != nil {
			return
		}
		if again, err := action.ParseKey(name); err != nil || again != name {
			t.Fatalf("%q is %q, which is %q, %v", written, name, again, err)
		}
	})
}

func TestTheEffectiveMapSaysWhatChangedAndWhatIsHidden(t *testing.T) {
	all := action.Keymap{"quit": {"Q", "w"}}.Bindings(layers())
	got := map[string]string{}
	for _, b := range all {
		if b.Changed() || len(b.Hidden) > 0 {
			got[b.ID] = strings.Join(b.Keys, " ") + " was " + strings.Join(b.Default, " ") + " hidden " + strings.Join(b.Hidden, ", ")
		}
	}
	want := map[string]string{"quit": "Q w was q hidden w in pane", "copy": "y ctrl+y was y ctrl+y hidden y in pane"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheReferenceHasATableForEachPlace(t *testing.T) {
	text := action.Reference([]action.Layer{
		{Name: "screen", Actions: []action.Action{{ID: "bar", Title: "A | b", Keys: []string{"|", "x"}, Verb: "bar", Args: &action.Args{Usage: "A|B"}}}},
		{Name: "log", Actions: []action.Action{{ID: "log.copy", Title: "Copy"}}},
	})
	want := "## Everywhere\n\n| action | keys | command | what it does |\n|---|---|---|---|\n| `bar` | `\\|` `x` | `:bar A\\|B` | A \\| b |\n" +
		"\n## In the log\n\n| action | keys | command | what it does |\n|---|---|---|---|\n| `log.copy` |  |  | Copy |\n"
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
}
