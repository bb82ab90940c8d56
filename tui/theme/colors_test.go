package theme_test

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

func TestAPersonChangesSomeColoursOfATheme(t *testing.T) {
	set, errs := theme.NewSet(
		theme.Custom{Name: "mine", Base: "light", Colors: map[string]string{"failed": "#123456", "selected": "#abcdef"}},
		theme.Custom{Name: "a", Base: "drak"},
		theme.Custom{Name: "b", Base: "dark", Colors: map[string]string{"faild": "#123456"}},
		theme.Custom{Name: "c", Base: "dark", Colors: map[string]string{"failed": "red"}},
		theme.Custom{Name: "light", Base: "dark"},
	)
	mine, ok := set.Named("mine")
	if !ok || mine.Dark || mine.Palette().Failed != "#123456" || mine.Palette().SelectedBack != "#abcdef" || mine.Palette().Info != theme.Light().Palette().Info {
		t.Errorf("%v %+v", ok, mine.Palette())
	}
	if theme.Light().Palette().Failed == "#123456" {
		t.Error("the built-in theme changed with it")
	}
	for i, want := range []string{
		`theme a: there is no theme "drak"`, `theme b: there is no colour "faild"`,
		`theme c: failed is "red"`, `theme light: there is such a theme already`,
	} {
		if i >= len(errs) || !strings.HasPrefix(errs[i].Error(), want) {
			t.Errorf("want %s in %v", want, errs)
		}
	}
	if len(set) != len(theme.Names())+1 {
		t.Errorf("themes: %v", set.Names())
	}
}

func TestEveryColourOfAPaletteHasAName(t *testing.T) {
	for _, name := range theme.Colors() {
		c := theme.Custom{Name: "x", Base: "dark", Colors: map[string]string{name: "#010203"}}
		look, err := c.Theme()
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(fmt.Sprintf("%+v", look.Palette()), "#010203"); n != 1 {
			t.Errorf("%s changes %d colours", name, n)
		}
	}
	if fields := strings.Count(fmt.Sprintf("%+v", theme.Dark().Palette()), ":"); fields != len(theme.Colors()) {
		t.Errorf("a palette has %d colours, and %d have a name", fields, len(theme.Colors()))
	}
}

// terminals are sixteen colours as terminals have them, by their numbers.
func terminals() map[string][]string {
	return map[string][]string{
		"vga": strings.Fields(`#000000 #aa0000 #00aa00 #aa5500 #0000aa #aa00aa #00aaaa #aaaaaa
			#555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff`),
		"campbell": strings.Fields(`#0c0c0c #c50f1f #13a10e #c19c00 #0037da #881798 #3a96dd #cccccc
			#767676 #e74856 #16c60c #f9f1a5 #3b78ff #b4009e #61d6d6 #f2f2f2`),
		"xterm": strings.Fields(`#000000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5
			#7f7f7f #ff0000 #00ff00 #ffff00 #5c5cff #ff00ff #00ffff #ffffff`),
	}
}

func TestSixteenColoursCanBeReadOnTheTerminalsThatHaveThem(t *testing.T) {
	for terminal, palette := range terminals() {
		for _, dark := range []bool{true, false} {
			look := theme.Auto(dark).Sixteen()
			back, text := palette[0], palette[7]
			if !dark {
				back, text = palette[15], palette[0]
			}
			number := func(c color.Color) (string, bool) {
				for i := range 16 {
					if c == lipgloss.Color(fmt.Sprint(i)) {
						return palette[i], true
					}
				}
				return "", c == nil || c == lipgloss.NoColor{}
			}
			for name, s := range map[string]lipgloss.Style{
				"text": look.Text, "muted": look.Muted, "faint": look.Faint, "accent": look.Accent, "running": look.Running,
				"succeeded": look.Succeeded, "failed": look.Failed, "warning": look.Warning, "info": look.Info, "debug": look.Debug,
				"border": look.Border, "selected": look.Selected, "selected, out of focus": look.SelectedBlur,
				"match": look.Match, "current match": look.MatchCurrent, "key": look.Key,
			} {
				fg, ok1 := number(s.GetForeground())
				bg, ok2 := number(s.GetBackground())
				if !ok1 || !ok2 {
					t.Errorf("%s is no colour of sixteen: %v on %v", name, s.GetForeground(), s.GetBackground())
					continue
				}
				if fg == "" {
					fg = text
				}
				if bg == "" {
					bg = back
				}
				// Magenta on white is 4.3 in xterm: its colours are its own.
				least := 4.3
				if name == "border" {
					least = 3
				}
				if c := contrast(t, fg, bg); c < least {
					t.Errorf("%s, dark %v: %s has a contrast of %.1f (%s on %s)", terminal, dark, name, c, fg, bg)
				}
			}
		}
	}
}

// seen is a colour as somebody without red or without green cones sees it
// (Viénot, Brettel and Mollon, 1999).
func seen(t *testing.T, hex string, protan bool) [3]float64 {
	t.Helper()
	part := func(from int) float64 { return luminance(t, "#"+strings.Repeat(hex[from:from+2], 3)) }
	r, g, b := part(1), part(3), part(5)
	l, m, s := 17.8824*r+43.5161*g+4.11935*b, 3.45565*r+27.1554*g+3.86714*b, 0.0299566*r+0.184309*g+1.46709*b
	if protan {
		l = 2.02344*m - 2.52581*s
	} else {
		m = 0.494207*l + 1.24827*s
	}
	linear := [3]float64{
		0.0809444479*l - 0.130504409*m + 0.116721066*s,
		-0.0102485335*l + 0.0540193266*m - 0.113614708*s,
		-0.000365296938*l - 0.00412161469*m + 0.693511405*s,
	}
	for i, c := range linear {
		linear[i] = 100 * math.Cbrt(min(1, max(0, c)))
	}
	return linear
}

func TestNobodyNeedsRedAndGreenToTellStatesApart(t *testing.T) {
	for _, name := range []string{"colorblind-dark", "colorblind-light"} {
		look, _ := theme.Named(name)
		p := look.Palette()
		states := map[string]string{"succeeded": p.Succeeded, "failed": p.Failed, "warning": p.Warning, "running": p.Running}
		for _, protan := range []bool{true, false} {
			for a, x := range states {
				for b, y := range states {
					if a >= b {
						continue
					}
					u, v := seen(t, x, protan), seen(t, y, protan)
					d := math.Hypot(math.Hypot(u[0]-v[0], u[1]-v[1]), u[2]-v[2])
					if d < 20 {
						t.Errorf("%s, without red %v: %s and %s are %.0f apart", name, protan, a, b, d)
					}
				}
			}
		}
	}
}

func TestATerminalGetsTheThemeThatItCanShow(t *testing.T) {
	dark := theme.Dark()
	if got := dark.For(colorprofile.TrueColor).Failed.Render("x"); got != dark.Failed.Render("x") {
		t.Errorf("true colour: %q", got)
	}
	if got := dark.For(colorprofile.ANSI256).Failed.Render("x"); got != dark.Failed.Render("x") {
		t.Errorf("256 colours: %q", got)
	}
	if got, want := dark.For(colorprofile.ANSI).Failed.Render("x"), "\x1b[1;91mx\x1b[m"; got != want {
		t.Errorf("16 colours: %q, want %q", got, want)
	}
	plain := dark.For(colorprofile.ASCII)
	for name, s := range map[string]lipgloss.Style{"selected": plain.Selected, "out of focus": plain.SelectedBlur, "match": plain.Match, "failed": plain.Failed} {
		if got := s.Render("x"); got == "x" || strings.Contains(got, "38;") || strings.Contains(got, "48;") {
			t.Errorf("no colours, %s: %q", name, got)
		}
	}
}
