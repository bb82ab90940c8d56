package tui_test

import (
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

func TestThePaletteSaysWhatAWholeCommandDoes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		u.Press(":").Type("logs web grep=fo").See("↵ Show a log, or several merged by time").Gone("nothing matches").Press("esc")
		u.Press(":").Type("nosuchthing").See("nothing matches").Press("esc")
	})
}

func TestThePaletteFindsAVerbByItsLetters(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		u.Press(":").Type("rsta")
		for line := range strings.Lines(u.Screen()) {
			if _, row, first := strings.Cut(line, "│▌ "); first && !strings.HasPrefix(row, "restart") {
				t.Errorf("the first row is %q", row)
			}
		}
	})
}
