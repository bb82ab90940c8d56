package tui_test

import (
	"encoding/json"
	"image/color"
	"io/fs"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

// failedIn is what paints a failure in a theme.
func failedIn(t *testing.T, name string) string {
	t.Helper()
	look, ok := theme.Named(name)
	if !ok {
		t.Fatalf("no theme %s", name)
	}
	return open(look)
}

// open is the sequence before a failure's text.
func open(look theme.Theme) string {
	before, _, _ := strings.Cut(look.Failed.Render("x"), "x")
	return before
}

func wears(t *testing.T, u *tuitest.User, sequence string) {
	t.Helper()
	if !strings.Contains(u.Painted(), sequence) {
		t.Errorf("nothing is painted in %q", sequence)
	}
}

// keeps is where a screen's memory is kept.
func keeps(o tui.Options) tui.Options {
	kept := map[string][]byte{}
	o.Save = func(name string, v any) (err error) { kept[name], err = json.Marshal(v); return err }
	o.Load = func(name string, v any) error {
		if kept[name] == nil {
			return fs.ErrNotExist
		}
		return json.Unmarshal(kept[name], v)
	}
	return o
}

func TestTheColoursFollowTheTerminalWhileItChanges(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		wears(t, u, failedIn(t, "dark"))
		u.Send(tea.BackgroundColorMsg{Color: color.White})
		wears(t, u, failedIn(t, "light"))
		u.Press(":").Type("theme north").Press("enter")
		u.Send(tea.BackgroundColorMsg{Color: color.Black})
		wears(t, u, failedIn(t, "north"))
		u.Press(":").Type("theme auto").Press("enter")
		wears(t, u, failedIn(t, "light"))
		if v := u.View(); v.BackgroundColor != nil {
			t.Error("the terminal's own background does not come back")
		}
		u.Send(uv.DarkColorSchemeEvent{})
		wears(t, u, failedIn(t, "dark"))
		u.Send(tea.BackgroundColorMsg{Color: color.White})
		wears(t, u, failedIn(t, "light"))
	})
}

func TestAThemeBringsItsBackgroundWhereTheTerminalsWouldHideIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{Settings: tui.Settings{Theme: "paper"}})
		if v := u.View(); v.BackgroundColor != nil {
			t.Error("a terminal that has not told is changed")
		}
		u.Send(tea.BackgroundColorMsg{Color: color.White})
		if v := u.View(); v.BackgroundColor != nil {
			t.Error("a light terminal is changed for a light theme")
		}
		u.Send(uv.DarkColorSchemeEvent{})
		if v := u.View(); v.BackgroundColor == nil || v.ForegroundColor == nil {
			t.Error("a light theme stands on a dark terminal")
		}
		u.Send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		if v := u.View(); v.BackgroundColor != nil {
			t.Error("a terminal of sixteen colours is changed")
		}
		wears(t, u, "\x1b[1;91m")
	})
}

func TestAThemeIsShownWhileItsNameIsChosen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		u.Press(":").Type("theme har")
		wears(t, u, failedIn(t, "harvest"))
		u.Press("esc")
		wears(t, u, failedIn(t, "dark"))
		u.Press(":").Type("theme north").Press("backspace", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace")
		wears(t, u, failedIn(t, "dark"))
		u.Press("ctrl+u").Type("theme paper").Press("enter")
		wears(t, u, failedIn(t, "paper"))
		u.Press(":").Type("theme none").Press("enter").See("there is no theme").Press("esc")
		wears(t, u, failedIn(t, "paper"))
	})
}

func TestAPersonsThemeAndTheWorkspacesChoice(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		mine := theme.Custom{Name: "mine", Base: "light", Colors: map[string]string{"failed": "#010203"}}
		own, err := mine.Theme()
		if err != nil {
			t.Fatal(err)
		}
		o := keeps(tui.Options{Settings: tui.Settings{Theme: "mine", Themes: []theme.Custom{mine}}})
		u := tuitest.New(t, 120, 36, busy(), o)
		wears(t, u, open(own))
		u.Press(":").Type("theme dusk").Press("enter").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, busy(), o)
		wears(t, next, failedIn(t, "dusk"))
		next.Press(":").Type("theme default").Press("enter")
		wears(t, next, open(own))
	})
}

func TestATerminalIsGivenTheColoursThatItHas(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		u.Send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		wears(t, u, "\x1b[1;91m")
		if strings.Contains(u.Painted(), "38;2;") {
			t.Error("there are colours that the terminal has not")
		}
		u.Send(tea.ColorProfileMsg{Profile: colorprofile.ASCII})
		wears(t, u, "\x1b[7m")
		if strings.Contains(u.Painted(), "\x1b[1;91m") {
			t.Error("there are colours")
		}
	})
}

func TestWrongSettingsAreRowsOfAttentionUntilTheyAreSeen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		u := tuitest.New(t, 120, 36, e, tui.Options{Settings: tui.Settings{
			Theme: "nrod",
			Problems: []tui.Problem{{
				Location: tasks.Location{File: "/home/me/config.yml", Line: 3, Column: 1},
				Message:  `unknown key "mous"`, Hint: `did you mean "mouse"?`,
			}},
		}})
		u.See("ATTENTION 2", `there is no theme "nrod"`, "config.yml:3:1", `unknown key "mous" (did you mean "mouse"?)`)
		u.Press("D").See("nothing needs you")
		if n := len(e.Commands()); n > 0 {
			t.Errorf("the host was sent %v", e.Commands())
		}
		e.Emit(tasks.NoticeRaised{Notice: tasks.Notice{ID: "x", Severity: tasks.Warning, Source: "watch", Message: "later", At: time.Now()}})
		u.See("later", "ATTENTION 1")
	})
}

func TestSettingsThatChangeAreTakenOverAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		changed := make(chan tui.Settings)
		u := tuitest.New(t, 120, 36, busy(), tui.Options{Changed: changed, Settings: tui.Settings{Keys: action.Keymap{"view.zoom": {"q"}}}})
		u.See("view.zoom can't be bound to q")
		mine := theme.Custom{Name: "mine", Base: "light", Colors: map[string]string{"failed": "#010203"}}
		own, err := mine.Theme()
		if err != nil {
			t.Fatal(err)
		}
		good := tui.Settings{Theme: "mine", Themes: []theme.Custom{mine}, NoMouse: true, Keys: action.Keymap{"view.zoom": {"Z"}}}
		changed <- good
		u.See("your settings were read again").Gone("can't be bound")
		wears(t, u, open(own))
		if u.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is still taken")
		}
		u.Press("Z").Gone("ATTENTION").Press("Z").See("ATTENTION")
		changed <- good
		u.Wait(8 * time.Second).Gone("your settings were read again")

		// What is wrong is told by name, and what can be, holds.
		changed <- tui.Settings{Keys: action.Keymap{"view.zoom": {"q"}, "task.restart": {"ctrl+y"}}, Theme: "nrod"}
		u.See("2 of them can't be as you want", `view.zoom can't be bound to q: that is the key of quit`, `there is no theme "nrod"`)
		wears(t, u, failedIn(t, "dark"))
		u.Press("ctrl+y").See("restarting web").Wait(8 * time.Second)
		u.Press("z").Gone("ATTENTION")
		close(changed)
	})
}

func TestTheWayOutCannotBeUnbound(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, tuitest.NewEngine(), tui.Options{Settings: tui.Settings{Keys: map[string][]string{"quit": {}}}})
		u.See("quit needs a key")
		u.Press("q").Wait(time.Millisecond)
		if _, left := u.Left(); !left {
			t.Error("q does not leave")
		}
	})
}

func TestAFilterOfTheTreeIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u := tuitest.New(t, 120, 36, busy(), o)
		u.Press("/").Type("dep").Press("enter").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, busy(), o)
		next.See("/ dep", "deploy").Gone("● web").Press("esc").See("● web")
	})
}

func TestAFilterOfAHistoryIsRememberedForItsTask(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u := tuitest.New(t, 120, 36, busy(), o)
		u.Press(":").Type("go test").Press("enter", "3", "tab", "/").Type("outcome=failed").Press("enter").See("1 of 1").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, busy(), o)
		next.See("outcome=failed", "1 of 1, esc clears").Press(":").Type("go deploy").Press("enter").Gone("outcome=failed")
	})
}

func TestTheMouseIsTheTerminalsWhenAPersonWantsItSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{Settings: tui.Settings{NoMouse: true}})
		u := tuitest.New(t, 120, 36, busy(), o)
		if u.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is taken")
		}
		u.Press("M").Wait(5 * time.Second)
		if next := tuitest.New(t, 120, 36, busy(), o); next.View().MouseMode == tea.MouseModeNone {
			t.Error("what was chosen in this workspace is forgotten")
		}
	})
}
