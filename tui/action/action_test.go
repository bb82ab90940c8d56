package action_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tui/action"
)

func layers() []action.Layer {
	do := func() tea.Cmd { return nil }
	return []action.Layer{
		{Name: "pane", Actions: []action.Action{
			{ID: "log.copy", Keys: []string{"y"}, Do: do}, {ID: "log.wrap", Keys: []string{"w"}, Do: do},
		}},
		{Name: "screen", Actions: []action.Action{
			{ID: "copy", Keys: []string{"y", "ctrl+y"}, Do: do}, {ID: "quit", Keys: []string{"q"}, Do: do}, {ID: "zoom", Keys: []string{"z"}, Do: do},
		}},
	}
}

func TestTheInnermostLayerWinsAKey(t *testing.T) {
	set := action.Set(layers())
	a, ok := set.Pressed(tea.KeyPressMsg{Code: 'y', Text: "y"})
	if !ok || a.ID != "log.copy" {
		t.Errorf("y is %q", a.ID)
	}
	keys := map[string]string{}
	for _, a := range set.All() {
		keys[a.ID] = strings.Join(a.Keys, " ")
	}
	want := map[string]string{"log.copy": "y", "log.wrap": "w", "copy": "ctrl+y", "quit": "q", "zoom": "z"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}

func TestAKeyOfWhatCantBeDoneNowIsThatOfTheLayerAround(t *testing.T) {
	set := action.Set(layers())
	set[0].Actions[0].Disabled = "nothing is selected"
	a, ok := set.Pressed(tea.KeyPressMsg{Code: 'y', Text: "y"})
	if !ok || a.ID != "copy" {
		t.Errorf("y is %q", a.ID)
	}
	keys := map[string]string{}
	for _, a := range set.All() {
		keys[a.ID] = strings.Join(a.Keys, " ")
	}
	if keys["copy"] != "y ctrl+y" {
		t.Errorf("the keys of copy are shown as %q", keys["copy"])
	}
	set[1].Actions[0].Disabled = "nothing is here"
	if a, _ = set.Pressed(tea.KeyPressMsg{Code: 'y', Text: "y"}); a.ID != "log.copy" {
		t.Errorf("the reason is that of %q", a.ID)
	}
}

func TestAKeyOfAnotherAlphabetIsKnownByItsPlace(t *testing.T) {
	a, ok := action.Set(layers()).Pressed(tea.KeyPressMsg{Code: 'й', BaseCode: 'q', Text: "й"})
	if !ok || a.ID != "quit" {
		t.Errorf("й on the place of q is %q", a.ID)
	}
}

func TestAKeymapIsTakenWithoutWhatClashes(t *testing.T) {
	tests := map[string]struct {
		want, held action.Keymap
		clashes    []string
	}{
		"a free key": {
			want: action.Keymap{"quit": {"ctrl+q"}}, held: action.Keymap{"quit": {"ctrl+q"}},
		},
		"a taken key": {
			want: action.Keymap{"quit": {"z"}, "zoom": {"z"}, "copy": {"c"}}, held: action.Keymap{"zoom": {"z"}, "copy": {"c"}},
			clashes: []string{"keys: quit can't be bound to z: that is the key of zoom; it keeps its default"},
		},
		"two that change places": {
			want: action.Keymap{"quit": {"z"}, "zoom": {"q"}}, held: action.Keymap{"quit": {"z"}, "zoom": {"q"}},
		},
		"one that gives its key away": {
			want: action.Keymap{"zoom": {}, "quit": {"z", "Q"}}, held: action.Keymap{"zoom": {}, "quit": {"z", "Q"}},
		},
		"the same key in another layer": {
			want: action.Keymap{"log.wrap": {"q"}}, held: action.Keymap{"log.wrap": {"q"}},
		},
		"an unknown action": {
			want: action.Keymap{"view.zoom": {"Z"}}, held: action.Keymap{},
			clashes: []string{`keys: there is no action "view.zoom"; see ` + "`sawhorse keys`"},
		},
		"an action that is nearly known": {
			want: action.Keymap{"log.copied": {"Z"}, "text.copy": {"Y"}}, held: action.Keymap{},
			clashes: []string{`keys: there is no action "log.copied"; see ` + "`sawhorse keys`", `keys: there is no action "text.copy"; did you mean "log.copy"?`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			held, clashes := action.Resolve(layers(), tt.want)
			if diff := cmp.Diff(tt.held, held); diff != "" {
				t.Error(diff)
			}
			var said []string
			for _, c := range clashes {
				said = append(said, c.String())
			}
			if diff := cmp.Diff(tt.clashes, said); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDuplicatesAreNamed(t *testing.T) {
	l := layers()
	l[1].Actions[2].Keys = []string{"q"}
	if diff := cmp.Diff([]string{"screen: q is the key of quit and zoom"}, action.Duplicates(l)); diff != "" {
		t.Error(diff)
	}
}

func TestKeysAreShownAsPeopleReadThem(t *testing.T) {
	if got := action.Keys("enter", "ctrl+r", "shift+tab", "z", "up"); got != "↵ ^r ⇧tab z ↑" {
		t.Error(got)
	}
}
