package input_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

func press(in *input.Input, keys ...tea.Key) {
	for _, k := range keys {
		in.Press(tea.KeyPressMsg(k))
	}
}

func TestALineIsEditedInItsMiddle(t *testing.T) {
	in := input.New("restart web now")
	press(&in, tea.Key{Code: 'w', Mod: tea.ModCtrl}, tea.Key{Code: tea.KeyBackspace}, tea.Key{Code: tea.KeyLeft}, tea.Key{Code: tea.KeyLeft},
		tea.Key{Code: 'X', Text: "X"}, tea.Key{Code: tea.KeyDelete})
	if got := in.Value(); got != "restart wXb" {
		t.Errorf("got %q", got)
	}
	press(&in, tea.Key{Code: 'u', Mod: tea.ModCtrl})
	if got := in.Value(); got != "b" {
		t.Errorf("got %q", got)
	}
	in.Insert("a\nb\x1b")
	if got := in.Value(); got != "a bb" {
		t.Errorf("a paste brought %q", got)
	}
	if in.Press(tea.KeyPressMsg{Code: tea.KeyEnter}) || in.Press(tea.KeyPressMsg{Code: 'x', Mod: tea.ModCtrl}) {
		t.Error("a key that is not its own was taken")
	}
}

func TestASecretIsNeverDrawn(t *testing.T) {
	in := input.New("hunter2")
	in.Mask = true
	for _, focused := range []bool{true, false} {
		if got := ansi.Strip(in.View(20, focused, "", theme.Dark().Inks())); strings.Contains(got, "hunter2") || !strings.Contains(got, "•••••••") {
			t.Errorf("drawn as %q", got)
		}
	}
}

func TestTheCursorStaysInSight(t *testing.T) {
	in := input.New(strings.Repeat("漢", 40))
	for _, w := range []int{1, 2, 3, 10} {
		if got := in.View(w, true, "", theme.Dark().Inks()); ansi.StringWidth(got) != w || w > 1 && !strings.Contains(got, "\x1b[7m") {
			t.Errorf("%d cells: %q", w, got)
		}
	}
}
