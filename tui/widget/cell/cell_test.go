package cell_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

func TestNoTextLeavesItsCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a\x1b[31m]0;\a漢é\u202e\u200d👩🏽\t\n\x9b")))).Draw(t, "text")
		w := rapid.IntRange(0, 40).Draw(t, "w")
		for name, got := range map[string]string{"fit": cell.Fit(s, w), "right": cell.FitRight(s, w), "tail": cell.FitTail(s, w)} {
			if n := ansi.StringWidth(got); n != w {
				t.Fatalf("%s is %d cells wide, want %d: %q", name, n, w, got)
			}
			harmless(t, got)
		}
		for _, line := range cell.Wrap(s, w) {
			if ansi.StringWidth(line) > w {
				t.Fatalf("%q is wider than %d", line, w)
			}
			harmless(t, line)
		}
		in := theme.Dark().Inks()
		l := cell.NewLine(w).Put(in.Failed, s).Column(in.Text, s, 5).ColumnRight(in.Text, s, 5).Fill(in.Text, 2).Put(in.Text, s).String()
		if ansi.StringWidth(l) != w {
			t.Fatalf("the line is %d cells wide, want %d: %q", ansi.StringWidth(l), w, l)
		}
	})
}

func harmless(t *rapid.T, s string) {
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u202e' {
			t.Fatalf("%q lets %U through", s, r)
		}
	}
}

func TestWhatIsCutSaysSo(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{cell.Cut("internal/cart", 8), "interna…"},
		{cell.CutLeft("internal/cart/cart.go", 8), "…cart.go"},
		{cell.Cut("漢字漢字", 5), "漢字…"},
		{cell.Cut("fits", 4), "fits"},
		{cell.Clean("a\x1b[31mb\x1b[0m\tc\u202ed"), "ab c·d"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestABoxCoversOnlyItsPlace(t *testing.T) {
	red := theme.NewInk(theme.Dark().Failed)
	base := []string{red.Paint("aaaaaaaaaa"), "漢字漢字漢字", red.Paint("cccccccccc")}
	got := cell.Over(base, []string{"XX", "YY"}, 3, 1)
	var plain []string
	for _, l := range got {
		plain = append(plain, ansi.Strip(l))
	}
	if got, want := strings.Join(plain, "|"), "aaaaaaaaaa|漢 XX 字漢字|cccYYccccc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
