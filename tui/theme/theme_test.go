package theme_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// luminance is that of WCAG 2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestEveryThemeCanBeRead(t *testing.T) {
	if n := len(theme.Names()); n < 6 {
		t.Errorf("%d built-in themes, want at least six", n)
	}
	for _, name := range theme.Names() {
		look, _ := theme.Named(name)
		p := look.Palette()
		t.Run(name, func(t *testing.T) {
			least := 4.5 // WCAG AA
			if strings.HasPrefix(name, "contrast") {
				least = 7 // AAA
			}
			for meaning, colour := range map[string]string{
				"muted": p.Muted, "faint": p.Faint, "accent": p.Accent, "running": p.Running, "succeeded": p.Succeeded,
				"failed": p.Failed, "warning": p.Warning, "info": p.Info, "debug": p.Debug,
			} {
				if c := contrast(t, colour, p.Background); c < least {
					t.Errorf("%s has a contrast of %.1f on the background, want %.1f", meaning, c, least)
				}
			}
			for _, pair := range [][3]string{
				{"selected", p.SelectedText, p.SelectedBack},
				{"selected, out of focus", p.SelectedText, p.SelectedBlurBack},
				{"match", p.MatchText, p.MatchBack},
				{"current match", p.MatchText, p.MatchCurrentBack},
			} {
				if c := contrast(t, pair[1], pair[2]); c < least {
					t.Errorf("%s has a contrast of %.1f, want %.1f", pair[0], c, least)
				}
			}
			// What is drawn on the selected row and in matches is its own text; what is
			// drawn beside them must be told from the background. 3:1 is for lines and glyphs.
			if c := contrast(t, p.Border, p.Background); c < 3 {
				t.Errorf("the border has a contrast of %.1f on the background, want 3", c)
			}
			if p.Text != "" {
				if c := contrast(t, p.Text, p.Background); c < least {
					t.Errorf("text has a contrast of %.1f on the background, want %.1f", c, least)
				}
			}
			if dark := luminance(t, p.Background) < 0.5; dark != look.Dark {
				t.Errorf("Dark is %v on %s", look.Dark, p.Background)
			}
		})
	}
}

func TestAnInkPaintsAsItsStyleRenders(t *testing.T) {
	for _, name := range theme.Names() {
		look, _ := theme.Named(name)
		in := look.Inks()
		if got, want := in.Failed.Paint("broken"), look.Failed.Render("broken"); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if got := in.Failed.Paint(""); got != "" {
			t.Errorf("nothing is painted as %q", got)
		}
	}
}
