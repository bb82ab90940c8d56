package parse

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

func TestCleanShowsWhatATerminalWouldLeaveOnTheLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "GET /api/cart 200", "GET /api/cart 200"},
		{"tab", "a\tb", "a       b"},
		{"tab after a wide character", "日\tb", "日      b"},
		{"progress bar", "10%\r20%\r30%", "30%"},
		{"progress bar at rest", "30%\r", "30%"},
		{"progress bar erased with colour", "\x1b[2K\x1b[1G10%\x1b[2K\x1b[1G\x1b[32m100%\x1b[0m", "100%"},
		{"crlf", "line\r\n", "line"},
		{"spinner", "work |\b/\b-\b\\", "work \\"},
		{"window title", "a\x1b]0;owned\x07b", "ab"},
		{"clipboard", "a\x1b]52;c;aGk=\x1b\\b", "ab"},
		{"hyperlink", "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"open string sequence", "a\x1bPq no end", "a"},
		{"cursor up and clear", "a\x1b[5A\x1b[2Jb\x1b[10;10Hc", "abc"},
		{"device query", "a\x1b[6n\x1b[c\x1b[?1049hb", "ab"},
		{"alternate charset", "a\x1b(0b\x0ec\x0f", "abc"},
		{"bell", "ding\a", "ding␇"},
		{"nul and delete", "\x00\x7f", "␀␡"},
		{"eight-bit control in UTF-8", "a\u009b31mb", "a\ufffd31mb"},
		{"eight-bit control as a byte", "a\x9b31mb", "a\ufffd31mb"},
		{"invalid UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"bidi override", "a\u202eb", "a<U+202E>b"},
		{"zero width space", "a\u200bb", "a<U+200B>b"},
		{"byte order mark", "\ufeffhello é", "hello é"},
		{"tag character", "a\U000e0041b", "a<U+E0041>b"},
		{"combining mark alone", "\u0301x", "\ufffdx"},
		{"combining mark", "e\u0301", "e\u0301"},
		{"warning sign with selector", "⚠\ufe0f done", "⚠ done"},
		{"family", "👨\u200d👩\u200d👧", "👨👩👧"},
		{"flag", "🇩🇪", "🇩🇪"},
		{"skin tone", "👍🏽", "👍"},
		{"wide", "日本語", "日本語"},
		{"lone escape", "a\x1b", "a␛"},
		{"newline within", "a\nb", "a␊b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in).Plain; got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanKeepsColoursAsSpans(t *testing.T) {
	got := Clean("a\x1b[1;31mred\x1b[39mbold\x1b[0m\x1b[38;5;208mo\x1b[48:2::1:2:3mb\x1b[5;8m!")
	want := Text{Plain: "aredboldob!", Spans: []Span{
		{1, 4, "\x1b[1;31m"},
		{4, 8, "\x1b[1m"},
		{8, 9, "\x1b[38;5;208m"},
		{9, 11, "\x1b[38;5;208;48;2;1;2;3m"},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCleanOfPlainTextAllocatesNothing(t *testing.T) {
	line := strings.Repeat("GET /api/cart 200 12ms ", 5)
	if n := testing.AllocsPerRun(100, func() { _ = Clean(line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// checkSafe asserts what every clean text promises.
func checkSafe(t *testing.T, in string, text Text) {
	t.Helper()
	if !utf8.ValidString(text.Plain) {
		t.Fatalf("%q: not UTF-8: %q", in, text.Plain)
	}
	for _, r := range text.Plain {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Bidi_Control, r) {
			t.Fatalf("%q: %U survived in %q", in, r, text.Plain)
		}
	}
	if g, w := ansi.StringWidth(text.Plain), ansi.StringWidthWc(text.Plain); g != w {
		t.Fatalf("%q: terminals disagree on the width of %q: %d or %d", in, text.Plain, g, w)
	}
	end, parts, from := 0, 0, 0
	for _, s := range text.Spans {
		if s.Start < end || s.End <= s.Start || s.End > len(text.Plain) {
			t.Fatalf("%q: span %v out of order in %q", in, s, text.Plain)
		}
		end = s.End
		if params, ok := strings.CutPrefix(s.SGR, "\x1b["); !ok || strings.Trim(params[:len(params)-1], "0123456789;") != "" || !strings.HasSuffix(params, "m") {
			t.Fatalf("%q: span has %q", in, s.SGR)
		}
		parts += ansi.StringWidth(text.Plain[from:s.Start]) + ansi.StringWidth(text.Plain[s.Start:s.End])
		from = s.End
	}
	parts += ansi.StringWidth(text.Plain[from:])
	if w := ansi.StringWidth(text.Plain); w != parts {
		t.Fatalf("%q: spans split a character of %q", in, text.Plain)
	}
}

func FuzzCleanIsSafe(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b]52;c;x\x07", "a\rb", "\u202e", "👨\u200d👩", "\xff\x9b", "e\u0301\u0301", "\x1b[38;5m", "\x1b[38:2:1m",
		"क्षि स्ते", "\u0600 1", "ᄀ\x1b[1mᅡ", "🇩\x1b[1m🇪", "\b\b\b", "ab\x1b[1m\b\b\bx", "\u0301", "1\ufe0f\u20e3", "日\b", "\t\t\b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		checkSafe(t, in, Clean(in))
		checkSafe(t, in, Text{Plain: Flat(in)})
	})
}

func TestStripLeavesTheTextAsItWasPrinted(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb é 👨\u200d👩":                    "a\tb é 👨\u200d👩",
		"\x1b[31mred\x1b[0m\r":               "red",
		"\x1b]52;c;aGk=\x07a\x1b]0;t\x1b\\b": "ab",
		"a\bb\x7f\x00c":                      "abc",
	} {
		if got := Strip(in); got != want {
			t.Errorf("Strip(%q) = %q, want %q", in, got, want)
		}
	}
}
