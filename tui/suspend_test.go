package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestTheShellBehindTheScreenGetsTheTerminalWithAKey(t *testing.T) {
	s := blank()
	s.opt.Suspends = true
	a, ok := s.Actions().Pressed(tea.KeyPressMsg{Code: 'z', Mod: tea.ModCtrl})
	if !ok || !a.Enabled() {
		t.Fatalf("ctrl+z is %q: %s", a.ID, a.Disabled)
	}
	if msg := s.run(a)(); msg != (tea.SuspendMsg{}) {
		t.Errorf("it asks for %T", msg)
	}
}
