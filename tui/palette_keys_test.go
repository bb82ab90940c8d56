package tui_test

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

func TestThePaletteGoesOnWhereNothingMatches(t *testing.T) {
	for _, key := range []string{"down", "pgdown", "up", "pgup", "tab"} {
		inBubble(t, func(t *testing.T) {
			u := tuitest.New(t, 120, 36, busy(), tui.Options{})
			u.Press(":").Type("no such thing").Press(key, "enter").See("nothing matches")
		})
	}
}
