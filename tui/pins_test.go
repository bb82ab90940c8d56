package tui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestPinnedLogsStandBesideOrBelow(t *testing.T) {
	for name, size := range map[string][2]int{"200x50": {200, 50}, "120x36": {120, 36}, "80x24": {80, 24}, "50x15": {50, 15}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				u := tuitest.New(t, size[0], size[1], busy(), tui.Options{})
				u.Press(":").Type("pin web db").Press("enter")
				u.Press(":").Type("go worker").Press("enter").Wait(100 * time.Millisecond)
				if size[0] < 60 {
					u.Press("enter")
				}
				golden.RequireEqual(t, []byte(u.Screen()))
			})
		})
	}
}

func TestPinsAreThereAgainInTheNextScreen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u := tuitest.New(t, 120, 36, busy(), o)
		u.Press(":").Type("pin api db").Press("enter").See("─ ◌ api", "─ ◐ db")
		// What is done in a pin is its own: the other logs are not wrapped.
		u.Press("tab", "tab", "w").See("wrap ●").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, busy(), o)
		next.See("─ ◌ api", "─ ◐ db")
		if n := strings.Count(next.Screen(), "wrap ●"); n != 1 {
			t.Errorf("%d logs are wrapped\n%s", n, next.Screen())
		}
	})
}

func TestKeysAndMouseReachThePinThatHasTheFocus(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press(":").Type("pin docs").Press("enter")
		u.Press(":").Type("go web").Press("enter")
		u.ClickOn("─ ○ docs").See("s start")
		u.Press("s").Wait(50 * time.Millisecond)
		if all := e.Commands(); len(all) != 1 || all[0].(tasks.Start).Names[0] != "docs" {
			t.Errorf("sent %v", all)
		}
		u.Press("/").Type("x/y").See("x/y").Press("esc")
		u.Press("z").Gone("SERVICES").See("docs stopped").Press("z").See("SERVICES")
		u.Press("esc").See("/ filter")
	})
}

func TestAPinOfWhatIsGoneSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press(":").Type("pin docs").Press("enter").See("docs stopped")
		e.Configure(config.Unit{Name: "web", Kind: config.Service, Run: "true"})
		u.See("docs not declared").Resize(60, 12)
		u.Resize(36, 10)
		u.Resize(200, 60)
		u.See("docs not declared").Press("P").Gone("docs")
	})
}
