package paint

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// paper is an emulator that takes what a canvas draws.
type paper struct {
	*vt.Emulator
	canvas *canvas
	frame  frame
}

func newPaper(w, h int) *paper {
	p := &paper{Emulator: vt.NewEmulator(w, h), canvas: newCanvas([]string{"TERM=xterm-256color"}, false)}
	p.frame.w, p.frame.h, p.frame.profile = w, h, colorprofile.TrueColor
	return p
}

// show draws a view and returns what was written.
func (p *paper) show(v tea.View) string {
	p.frame.view(v)
	return p.draw()
}

func (p *paper) draw() string {
	b := string(p.canvas.draw(p.frame))
	_, _ = p.WriteString(b)
	return b
}

func (p *paper) resize(w, h int) {
	p.Resize(w, h)
	p.frame.w, p.frame.h = w, h
}

// picture is every cell of a screen, with what can be seen of its style.
func picture(s interface {
	CellAt(x, y int) *uv.Cell
}, w, h int,
) []string {
	var lines []string
	for y := range h {
		var b strings.Builder
		for x := range w {
			c := s.CellAt(x, y)
			if c == nil {
				c = &uv.EmptyCell
			}
			if c.Width == 0 {
				continue // behind a wide one
			}
			style := c.Style
			if c.Content == " " && style.Attrs == 0 && style.Underline == 0 {
				style.Fg = nil // of nothing
			}
			fmt.Fprintf(&b, "%s%s", style.Diff(&uv.Style{}), c.Content)
		}
		lines = append(lines, b.String())
	}
	return lines
}

// wanted is what a view looks like, drawn at once on an empty screen.
func wanted(content string, w, h int, m ansi.Method) []string {
	cells := uv.NewScreenBuffer(w, h)
	cells.Method = m
	uv.NewStyledString(content).Draw(cells, cells.Bounds())
	return picture(cells, w, h)
}

func (p *paper) check(t interface {
	Helper()
	Fatalf(string, ...any)
}, after string,
) {
	t.Helper()
	w, h := p.frame.w, p.frame.h
	if diff := cmp.Diff(wanted(p.frame.content, w, h, p.frame.method()), picture(p, w, h)); diff != "" {
		t.Fatalf("%s: the terminal shows something else (-view +terminal):\n%s", after, diff)
	}
}

func TestTheTerminalShowsTheViewWhateverWasThereBefore(t *testing.T) {
	ended := []string{
		"a", "ready", " ", "      ", "●", "日本語", "✖ failed", "│", "─────", "é", "\x1b[31mred\x1b[m", "\x1b[1;4mbold\x1b[m", "\x1b[48;2;10;20;30m \x1b[m",
		"\x1b[7mreversed\x1b[0m",
	}
	open := append(slices.Clone(ended), "\x1b[38;5;200mpink", "\x1b[48;5;20m", "\x1b[m")
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom(ended)
		if rapid.Bool().Draw(t, "styles go on in the next line") {
			words = rapid.SampledFrom(open)
		}
		line := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(words, 0, 12).Draw(t, "words"), "") })
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		p := newPaper(w, h)
		if rapid.Bool().Draw(t, "prepared") {
			p.canvas = preparedCanvas(p.canvas.env, rapid.IntRange(1, 40).Draw(t, "w"), h)
		}
		p.frame.sync = rapid.Bool().Draw(t, "sync")
		var lines []string
		for range rapid.IntRange(1, 12).Draw(t, "frames") {
			switch rapid.SampledFrom([]string{"all", "line", "line", "scroll", "resize", "same"}).Draw(t, "change") {
			case "all":
				lines = rapid.SliceOfN(line, 1, 14).Draw(t, "lines")
			case "line":
				if len(lines) > 0 {
					lines[rapid.IntRange(0, len(lines)-1).Draw(t, "y")] = line.Draw(t, "line")
				}
			case "scroll":
				if len(lines) > 0 {
					lines = append(lines[1:], line.Draw(t, "line"))
				}
			case "resize":
				p.resize(rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h"))
			}
			if len(lines) == 0 {
				continue
			}
			p.show(tea.NewView(strings.Join(lines, "\n")))
			if !p.frame.painted {
				continue
			}
			p.check(t, "in between")
		}
	})
}

func TestALineStandsAloneWhenNothingOfItGoesOn(t *testing.T) {
	for line, want := range map[string]bool{
		"":                                       true,
		"words":                                  true,
		"\x1b[31mred\x1b[m":                      true,
		"\x1b[31mred\x1b[0m, plain":              true,
		"\x1b[31mred":                            false,
		"\x1b[m\x1b[1m":                          false,
		"\x1b[m\x1b[K":                           false,
		"\x1b]8;;file:///a\x1b\\a\x1b]8;;\x1b\\": true,
		"\x1b]8;;file:///a\aa\x1b]8;;\a":         true,
		"\x1b]8;;file:///a\aa":                   false,
	} {
		if got := alone(line); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	p := newPaper(80, 24)
	lines := make([]string, 24)
	for i := range lines {
		lines[i] = fmt.Sprintf("\x1b[32mline\x1b[m %d with words in it", i)
	}
	first := p.show(tea.NewView(strings.Join(lines, "\n")))
	if again := p.show(tea.NewView(strings.Join(lines, "\n"))); again != "" {
		t.Errorf("the same view was written twice: %q", again)
	}
	lines[3] = "\x1b[32mline\x1b[m 3 with birds in it"
	one := p.show(tea.NewView(strings.Join(lines, "\n")))
	if len(one) == 0 || len(one) > 40 || len(one) > len(first)/10 {
		t.Errorf("a word was changed with %d bytes (all took %d): %q", len(one), len(first), one)
	}
	p.check(t, "after a word")
}

func TestFramesAreMarkedOnlyWhereTheTerminalUnderstands(t *testing.T) {
	p := newPaper(20, 4)
	v := tea.NewView("one")
	v.Cursor = tea.NewCursor(1, 1)
	plain := p.show(v)
	if strings.Contains(plain, "?2026h") {
		t.Errorf("marked though nobody said that it may be: %q", plain)
	}
	v.Content = "two"
	if b := p.show(v); !strings.HasPrefix(b, ansi.ResetModeTextCursorEnable) || !strings.HasSuffix(b, ansi.SetModeTextCursorEnable) {
		t.Errorf("the cursor is seen running about: %q", b)
	}
	p.frame.report(tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeReset})
	v.Content = "three"
	if b := p.show(v); !strings.HasPrefix(b, ansi.SetModeSynchronizedOutput) || !strings.HasSuffix(b, ansi.ResetModeSynchronizedOutput) ||
		strings.Contains(b, "?25") {
		t.Errorf("not marked, or the cursor hidden needlessly: %q", b)
	}
	p.frame.report(tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeNotRecognized})
	v.Content = "four"
	if b := p.show(v); strings.Contains(b, "?2026") {
		t.Errorf("marked though the terminal does not know it: %q", b)
	}
}

func TestColoursAreThoseThatTheTerminalHas(t *testing.T) {
	for profile, want := range map[colorprofile.Profile]string{
		colorprofile.TrueColor: "38;2;255;95;135", colorprofile.ANSI256: "38;5;", colorprofile.ANSI: "[9", colorprofile.ASCII: "\x1b[1m",
	} {
		p := newPaper(20, 2)
		p.frame.profile = profile
		b := p.show(tea.NewView("\x1b[1;38;2;255;95;135mpink\x1b[m"))
		if !strings.Contains(b, want) {
			t.Errorf("%v: no %q in %q", profile, want, b)
		}
		if profile == colorprofile.ASCII && strings.Contains(b, "38;") {
			t.Errorf("a colour without colours: %q", b)
		}
	}
	p := newPaper(20, 2)
	p.show(tea.NewView("\x1b[38;2;255;95;135mpink\x1b[m"))
	p.frame.profile = colorprofile.ASCII
	if b := p.draw(); !strings.Contains(b, "pink") {
		t.Errorf("new colours, and nothing was drawn anew: %q", b)
	}
}

func TestWideCharactersAreMeasuredAsTheTerminalDoes(t *testing.T) {
	const family = "👨‍👩‍👧‍👦"
	p := newPaper(30, 3)
	b := p.show(tea.NewView("日本 " + family + "|"))
	if strings.Contains(b, "?2027") {
		t.Errorf("unicode mode though the terminal has none: %q", b)
	}
	p.frame.report(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset})
	if b := p.draw(); !strings.Contains(b, ansi.SetModeUnicodeCore) {
		t.Errorf("the terminal measures clusters, and was not asked to: %q", b)
	}
	if c := p.canvas.cells.CellAt(7, 0); c == nil || c.Content != "|" {
		t.Errorf("after a cluster of two cells comes %v", c)
	}
	if b := string(p.canvas.leave()); !strings.Contains(b, ansi.ResetModeUnicodeCore) {
		t.Errorf("unicode mode stays: %q", b)
	}
}

func TestTheCursorIsWhereTheViewSays(t *testing.T) {
	p := newPaper(20, 5)
	visible := true
	p.SetCallbacks(vt.Callbacks{CursorVisibility: func(v bool) { visible = v }})
	p.show(tea.NewView("text"))
	if visible {
		t.Error("a cursor nobody asked for")
	}
	v := tea.NewView("text")
	v.Cursor = tea.NewCursor(3, 2)
	v.Cursor.Shape, v.Cursor.Blink = tea.CursorBar, false
	b := p.show(v)
	if at := p.CursorPosition(); !visible || at.X != 3 || at.Y != 2 || !strings.Contains(b, ansi.SetCursorStyle(6)) {
		t.Errorf("visible %v at %v after %q", visible, at, b)
	}
	v.Cursor.X = 4
	p.show(v)
	if at := p.CursorPosition(); !visible || at.X != 4 {
		t.Errorf("moved: visible %v at %v", visible, at)
	}
	b = p.show(tea.NewView("text"))
	if visible || !strings.Contains(b, ansi.SetCursorStyle(0)) {
		t.Errorf("hidden again: visible %v after %q", visible, b)
	}
}

func TestLeavingAndComingBackDrawsEverything(t *testing.T) {
	p := newPaper(30, 4)
	_, _ = io.WriteString(p, "the shell")
	p.show(tea.NewView("the screen\nof a program"))
	if !p.IsAltScreen() {
		t.Error("not on a screen of its own")
	}
	_, _ = p.Write(p.canvas.leave())
	if p.IsAltScreen() || !strings.Contains(p.String(), "the shell") || strings.Contains(p.String(), "program") {
		t.Errorf("left:\n%s", p)
	}
	if b := p.canvas.leave(); len(b) > 0 {
		t.Errorf("left twice: %q", b)
	}
	p.draw()
	if !p.IsAltScreen() {
		t.Error("not back")
	}
	p.check(t, "back")
}

func TestEmptyViewsBeforeTheFirstAreNotShown(t *testing.T) {
	p := newPaper(30, 4)
	if b := p.show(tea.NewView("")); b != "" {
		t.Errorf("%q", b)
	}
	p.show(tea.NewView("text"))
	p.show(tea.NewView(""))
	p.check(t, "emptied")
}
