package tuitest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tui"
)

// User sits in front of a screen. Create one inside synctest.Test.
type User struct {
	t      testing.TB
	screen *tui.Screen
	msgs   chan tea.Msg
	w, h   int
	quit   bool
	// Sent are the raw sequences that the terminal was sent, Ran the programs
	// that were given the terminal.
	Sent []string
	Ran  int
	// Messages counts what the screen was told.
	Messages int
}

// New starts the screen on the engine in a terminal of w by h cells, dark.
func New(tb testing.TB, w, h int, e *Engine, o tui.Options) *User {
	tb.Helper()
	s, err := tui.New(tb.Context(), e, o)
	if err != nil {
		tb.Fatal(err)
	}
	u := &User{t: tb, screen: s, msgs: make(chan tea.Msg, 10_000)}
	tb.Cleanup(func() {
		if !u.quit {
			s.Close()
		}
		// What still waits for a time gets there: a bubble ends with no goroutine
		// left.
		time.Sleep(2 * time.Minute)
	})
	u.run(s.Init())
	u.Resize(w, h)
	return u
}

// run runs a command as Bubble Tea does: by itself, its answer is a message.
func (u *User) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		if msg := cmd(); msg != nil {
			u.msgs <- msg
		}
	}()
}

// settle brings every message that comes without time passing.
func (u *User) settle() {
	u.t.Helper()
	for {
		synctest.Wait()
		select {
		case msg := <-u.msgs:
			u.take(msg)
		default:
			return
		}
	}
}

func (u *User) take(msg tea.Msg) {
	u.t.Helper()
	switch m := msg.(type) {
	case tea.QuitMsg:
		u.quit = true
		u.screen.Close()
		return
	case tea.BatchMsg:
		for _, c := range m {
			u.run(c)
		}
		return
	case tea.RawMsg:
		u.Sent = append(u.Sent, fmt.Sprint(m.Msg))
	}
	if u.private(msg) {
		return
	}
	u.update(msg)
}

// private handles messages whose types Bubble Tea keeps to itself.
func (u *User) private(msg tea.Msg) bool {
	v := reflect.ValueOf(msg)
	switch fmt.Sprintf("%T", msg) {
	case "tea.sequenceMsg":
		for i := range v.Len() {
			if c, ok := reflect.TypeAssert[tea.Cmd](v.Index(i)); ok && c != nil {
				if m := c(); m != nil {
					u.take(m)
				}
			}
		}
		return true
	case "tea.execMsg":
		u.Ran++
		return true
	}
	return false
}

func (u *User) update(msg tea.Msg) {
	u.t.Helper()
	if u.quit {
		return
	}
	if msg = u.screen.Filter(u.screen, msg); msg == nil {
		return
	}
	u.Messages++
	_, cmd := u.screen.Update(msg)
	u.run(cmd)
	u.inBounds(msg)
}

// inBounds fails the test when the picture is not exactly as big as the screen.
func (u *User) inBounds(after tea.Msg) {
	u.t.Helper()
	content := u.screen.View().Content
	if u.w == 0 || u.h == 0 {
		return
	}
	lines := strings.Split(content, "\n")
	if len(lines) != u.h {
		u.t.Fatalf("after %T the picture has %d lines on a screen of %dx%d", after, len(lines), u.w, u.h)
	}
	for y, line := range lines {
		if n := ansi.StringWidth(line); n != u.w {
			u.t.Fatalf("after %T line %d is %d cells wide on a screen of %dx%d:\n%q", after, y, n, u.w, u.h, line)
		}
	}
}

// Send brings any message.
func (u *User) Send(msg tea.Msg) {
	u.t.Helper()
	u.update(msg)
	u.settle()
}

// Resize gives the terminal another size.
func (u *User) Resize(w, h int) {
	u.t.Helper()
	u.w, u.h = w, h
	u.Send(tea.WindowSizeMsg{Width: w, Height: h})
}

// Press presses keys by their names: "enter", "ctrl+c", "j".
func (u *User) Press(keys ...string) *User {
	u.t.Helper()
	for _, k := range keys {
		u.Send(Key(k))
	}
	return u
}

// Type types text, a key at a time.
func (u *User) Type(text string) *User {
	u.t.Helper()
	for _, r := range text {
		u.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return u
}

// Click clicks at a cell.
func (u *User) Click(x, y int) *User {
	u.t.Helper()
	u.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	u.Send(tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft})
	return u
}

// ClickOn clicks on the first place where the text stands.
func (u *User) ClickOn(text string) *User {
	u.t.Helper()
	for y, line := range strings.Split(u.Screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return u.Click(ansi.StringWidth(before), y)
		}
	}
	u.t.Fatalf("%q is not on the screen:\n%s", text, u.Screen())
	return u
}

// Wheel turns the wheel over a cell; down is positive.
func (u *User) Wheel(x, y, steps int) *User {
	u.t.Helper()
	button := tea.MouseWheelDown
	if steps < 0 {
		button, steps = tea.MouseWheelUp, -steps
	}
	for range steps {
		u.Send(tea.MouseWheelMsg{X: x, Y: y, Button: button})
	}
	return u.Wait(20 * time.Millisecond)
}

// Wait lets time pass.
func (u *User) Wait(d time.Duration) *User {
	u.t.Helper()
	end := time.Now().Add(d)
	for {
		u.settle()
		left := time.Until(end)
		if left <= 0 {
			return u
		}
		time.Sleep(min(left, 10*time.Millisecond))
	}
}

// patience is how long See and Gone wait, in the time of the bubble.
const patience = 3 * time.Second

// See waits until the text is on the screen.
func (u *User) See(texts ...string) *User {
	u.t.Helper()
	for _, text := range texts {
		if !u.until(func() bool { return strings.Contains(u.Screen(), text) }) {
			u.t.Fatalf("%q does not appear:\n%s", text, u.Screen())
		}
	}
	return u
}

// Gone waits until the text is not on the screen.
func (u *User) Gone(text string) *User {
	u.t.Helper()
	if !u.until(func() bool { return !strings.Contains(u.Screen(), text) }) {
		u.t.Fatalf("%q stays:\n%s", text, u.Screen())
	}
	return u
}

func (u *User) until(holds func() bool) bool {
	u.t.Helper()
	end := time.Now().Add(patience)
	for {
		u.settle()
		if holds() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Screen is the text on the screen.
func (u *User) Screen() string { return ansi.Strip(u.Painted()) }

// Painted is the picture with its colours.
func (u *User) Painted() string { return u.screen.View().Content }

// View is the whole view that Bubble Tea is given.
func (u *User) View() tea.View { return u.screen.View() }

// Left says whether the screen was left, and how.
func (u *User) Left() (tui.Result, bool) { return u.screen.Result(), u.quit }

// Model is the screen itself.
func (u *User) Model() *tui.Screen { return u.screen }

// Key is the key press of that name.
func Key(name string) tea.KeyPressMsg {
	var k tea.Key
	rest := name
	for {
		mod, after, ok := strings.Cut(rest, "+")
		if !ok || after == "" {
			break
		}
		switch mod {
		case "ctrl":
			k.Mod |= tea.ModCtrl
		case "alt":
			k.Mod |= tea.ModAlt
		case "shift":
			k.Mod |= tea.ModShift
		}
		rest = after
	}
	named := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "delete": tea.KeyDelete,
	}
	if code, ok := named[rest]; ok {
		k.Code = code
		if rest == "space" {
			k.Text = " "
		}
		return tea.KeyPressMsg(k)
	}
	r := []rune(rest)[0]
	k.Code = r
	if k.Mod&^tea.ModShift == 0 {
		k.Text = rest
	}
	return tea.KeyPressMsg(k)
}
