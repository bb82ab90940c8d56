package logs

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
	"unicode"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// hostile is what a program may print to do something to the user's terminal.
var hostile = []string{
	"\x1b]52;c;aGFja2Vk\x07clipboard", "\x1b]0;owned\x07title", "\x1b]2;owned\x1b\\title", "\x1b]1337;File=:AAAA\x07iterm",
	"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "\x1b]9;4;1;50\x07progress", "\x1b]777;notify;a;b\x07note", "\x1b]10;?\x07\x1b]11;#ff0000\x07colours",
	"\x1bP+q544e\x1b\\dcs", "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\tmux", "\x1b_Gf=24;AAAA\x1b\\apc", "\x1bXsos\x1b\\", "\x1b^pm\x1b\\",
	"\x1b[2J\x1b[H\x1b[3Jclear", "\x1b[10A\x1b[10Dup", "\x1b[999;999Hfar", "\x1b[5;5rregion", "\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?2004hmodes",
	"\x1b[6n\x1b[c\x1b[>c\x1b[?6n\x1b[5n\x1b]4;1;?\x07queries", "\x1bc\x1b7\x1b8\x1bD\x1bM\x1bEreset", "\x1b(0lqqk\x1b(B\x0e\x0fcharset", "\x1b#8align", "\x1b[!psoft", "\x1b[20hlnm",
	"\x1b[5m\x1b[8mhidden\x1b[28m", "\x1b[31mred without end", "\x1b[38;2;1;2;3;48;5;9mcolours", "\x1b[38;5mshort", "\x1b[99999999999m", "\x1b[1;2;3;4;5;6;7;8;9mall",
	"\u009b2J\u009d0;owned\u009c\u0090q\u009c", "\x9b2J\x9d0;owned\x9c", "\x85\x84\u0085next line",
	"a\u202eevil\u202c\u2066b\u2069\u200f", "z\u200be\u200br\u200co\u200d\u2060\ufeffw", "\U000e0041\U000e007ftags", "soft\u00adhyphen", "a\u2028b\u2029c\u0085d",
	"\xff\xfe\xc0\x80\xed\xa0\x80\xf8\x88\x80\x80\x80invalid", "\xe2\x82", "\xf0\x9f\x98",
	"\u0301\u0301lonely", "Z" + strings.Repeat("\u0301", 60) + "algo", "👨\u200d👩\u200d👧\u200d👦 🇩🇪🇩 👍🏽 ⚠\ufe0f 1\ufe0f\u20e3 ☺\ufe0e", "日本語テキスト", "한국어 \u1100\u1161\u11a8", "क्षि स्ते ก็ำ ﷽ ꧅ 𒐫",
	"\u0600\u0601 1\u06dd", "ｆｕｌｌ ﾊﾝｶｸ", "\t\ttabs\tand\bback\b\b\b", "\rover\rwrite", "\x00\x01\x02\x03\x04\x05\x06\a\b\v\f\x0e\x1a\x1c\x7f",
	`{"level":"info","msg":"\u001b]0;owned\u0007\u202e\u009b2J\r\n\u0000","k\u001b[2J":"\u001b[31m"}`, `level=info msg="\x1b]0;x" a="b\tc" d=e`,
	"http://evil/\x1b]0;x\x07 http://ok/ü?q=%1b /etc/\u202epasswd:12 a.go:1", strings.Repeat("👩\u200d", 200), strings.Repeat("\x1b[", 200), strings.Repeat("日", 300), strings.Repeat("x\x1b[7m", 300),
}

// harmless fails for every sequence that is not a colour or a link of our own.
func harmless(t *testing.T, out string) {
	t.Helper()
	for s := out; s != ""; {
		seq, w, n, _ := ansi.DecodeSequence(s, 0, nil)
		s = s[n:]
		switch {
		case w > 0 || seq == "\n":
		case unicode.In([]rune(seq)[0], unicode.Mn, unicode.Me): // on the letter before
		case strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m") && strings.Trim(seq[2:], "0123456789;m") == "":
		case strings.HasPrefix(seq, "\x1b]8;;") && strings.HasSuffix(seq, "\x1b\\"):
			for _, c := range seq[5 : len(seq)-2] {
				if c <= ' ' || c > '~' {
					t.Fatalf("a link has %q", seq)
				}
			}
		default:
			t.Fatalf("%q reached the terminal", seq)
		}
	}
}

func TestNoLineCanLeaveItsCells(t *testing.T) {
	for _, c := range []struct {
		w, h      int
		wrap      bool
		printed   bool
		graphemes bool
	}{
		{100, 90, false, false, true},
		{100, 90, false, true, false},
		{33, 200, true, false, true},
		{33, 200, true, true, false},
		{12, 90, false, false, false},
		{3, 40, true, true, true},
	} {
		t.Run(fmt.Sprintf("%dx%d wrap %v", c.w, c.h, c.wrap), func(t *testing.T) {
			at(t, c.w, c.h, func(t *testing.T, d *desk) {
				d.declare("api", config.Service)
				d.print("api", hostile...)
				d.tab.SetPrefs(Prefs{Wrap: c.wrap, AsPrinted: c.printed})
				d.sync("api")
				for left := range 4 {
					d.tab.view.SetSearch(nil)
					out := d.tab.View(Frame{c.w, c.h, true})
					harmless(t, out)
					onTerminal(t, out, c.w, c.h, c.graphemes)
					if c.wrap {
						break
					}
					d.run(d.tab.WheelSideways(left + 1))
				}
			})
		})
	}
}

// onTerminal draws between two posts and asserts that they stand.
func onTerminal(t *testing.T, out string, w, h int, graphemes bool) {
	t.Helper()
	const post = "##"
	em := vt.NewEmulator(w+2*len(post), h)
	defer func() { _ = em.Close() }()
	if graphemes {
		_, _ = em.WriteString(ansi.SetModeUnicodeCore)
	}
	bad := func(what string) { t.Errorf("a log line changed the %s", what) }
	em.SetCallbacks(vt.Callbacks{
		Bell:             func() { bad("bell") },
		Title:            func(string) { bad("title") },
		IconName:         func(string) { bad("icon name") },
		AltScreen:        func(bool) { bad("screen") },
		CursorVisibility: func(bool) { bad("cursor") },
		CursorColor:      func(color.Color) { bad("cursor's colour") },
		BackgroundColor:  func(color.Color) { bad("background") },
		ForegroundColor:  func(color.Color) { bad("foreground") },
		WorkingDirectory: func(string) { bad("working directory") },
		EnableMode:       func(m ansi.Mode) { bad(fmt.Sprint("mode ", m)) },
		DisableMode:      func(m ansi.Mode) { bad(fmt.Sprint("mode ", m)) },
	})
	for y, line := range strings.Split(out, "\n") {
		_, _ = em.WriteString(ansi.CursorPosition(1, y+1) + post + line + post)
		if at := em.CursorPosition(); at.Y != y {
			t.Fatalf("line %d left the cursor at %v: %q", y, at, line)
		}
	}
	for y := range h {
		for _, x := range []int{0, 1, w + 2, w + 3} {
			c := em.CellAt(x, y)
			if c == nil || c.Content != "#" || !c.Style.IsZero() || c.Link != (uv.Link{}) {
				t.Errorf("line %d wrote over column %d: %q: %s", y, x, c, strings.Split(out, "\n")[y])
			}
		}
	}
}
