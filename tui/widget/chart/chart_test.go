package chart

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

func inks() *theme.Inks { return theme.Dark().Inks() }

func formatted(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// plain is a chart without its colours.
func plain(lines []string) string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimRight(ansi.Strip(l), " "))
	}
	return strings.Join(out, "\n")
}

func curve(ys ...float64) Curve {
	c := Curve{Y: ys}
	for i := range ys {
		c.X = append(c.X, float64(i))
	}
	return c
}

func view() View { return View{Cross: math.NaN(), X: formatted, Y: formatted} }

func TestACurveFallsFromTheUpperLeftToTheLowerRight(t *testing.T) {
	got := plain(Draw([]Curve{curve(4, 2, 1, 0)}, 22, 5, view(), inks()))
	if !strings.HasPrefix(got, "4│") || !strings.Contains(got, "\n0│") || !strings.HasSuffix(got, " 3") {
		t.Errorf("drawn:\n%s", got)
	}
	first, last := strings.Split(got, "\n")[0], strings.Split(got, "\n")[3]
	if strings.IndexFunc(first, isDot) > strings.IndexFunc(last, isDot) {
		t.Errorf("it does not fall:\n%s", got)
	}
}

func isDot(r rune) bool { return r > 0x2800 && r <= 0x28ff }

func TestWhatIsNoNumberIsAMarkAndAGap(t *testing.T) {
	got := plain(Draw([]Curve{curve(1, 2, math.NaN(), math.Inf(1), 2, 1)}, 30, 5, view(), inks()))
	if n := strings.Count(got, "×"); n != 2 {
		t.Errorf("%d marks:\n%s", n, got)
	}
	if strings.Contains(got, "Inf") || strings.Contains(got, "NaN") {
		t.Errorf("the axis is of numbers:\n%s", got)
	}
}

func TestALogarithmicScaleShowsFactors(t *testing.T) {
	v := view()
	v.Log = true
	got := plain(Draw([]Curve{curve(1000, 100, 10, 1, 0, -1)}, 30, 9, v, inks()))
	if !strings.Contains(got, "1000│") || !strings.Contains(got, "   1│") || strings.Count(got, "×") != 2 {
		t.Errorf("drawn:\n%s", got)
	}
}

func TestTheCrosshairStandsWhereItIsAsked(t *testing.T) {
	v := view()
	v.Cross = 2
	got := plain(Draw([]Curve{curve(0, 0, 0, 0, 9)}, 25, 6, v, inks()))
	if !strings.Contains(got, "┊") {
		t.Errorf("no crosshair:\n%s", got)
	}
	v.Cross = 200
	if got = plain(Draw([]Curve{curve(0, 1)}, 25, 6, v, inks())); strings.Contains(got, "┊") {
		t.Errorf("a crosshair outside:\n%s", got)
	}
}

func TestSmoothingKeepsTheLevelAndTheGaps(t *testing.T) {
	got := smooth([]float64{5, 5, math.NaN(), 5}, 0.9)
	if got[0] != 5 || math.Abs(got[1]-5) > 1e-12 || !math.IsNaN(got[2]) || math.Abs(got[3]-5) > 1e-12 {
		t.Errorf("smoothed to %v", got)
	}
	if diff := cmp.Diff([]float64{1, 2}, smooth([]float64{1, 2}, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestTheValueAtAPlaceIsOfTheLastPointBeforeIt(t *testing.T) {
	c := Curve{X: []float64{1, 2, 2, 5}, Y: []float64{10, 20, 21, 50}}
	for x, want := range map[float64]float64{1: 10, 1.5: 10, 2: 21, 4.9: 21, 7: 50} {
		if got, ok := c.Value(x); !ok || got != want {
			t.Errorf("at %v: %v, %v", x, got, ok)
		}
	}
	if _, ok := c.Value(0); ok {
		t.Error("there is a value before the first")
	}
}

func TestNoChartLeavesItsRoom(t *testing.T) {
	in := inks()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0}))
		var curves []Curve
		for range rapid.IntRange(0, 3).Draw(t, "curves") {
			c := curve(rapid.SliceOfN(number, 0, 60).Draw(t, "ys")...)
			curves = append(curves, c)
		}
		w, h := rapid.IntRange(0, 60).Draw(t, "w"), rapid.IntRange(0, 12).Draw(t, "h")
		v := view()
		v.Log = rapid.Bool().Draw(t, "log")
		v.Smooth = rapid.SampledFrom([]float64{0, 0.9}).Draw(t, "smooth")
		v.Cross = number.Draw(t, "cross")
		if rapid.Bool().Draw(t, "zoomed") {
			v.From, v.To = 3, 9
		}
		lines := Draw(curves, w, h, v, in)
		if len(lines) != h {
			t.Fatalf("%d lines of %d", len(lines), h)
		}
		for _, l := range lines {
			if got := ansi.StringWidth(l); got != w {
				t.Fatalf("a line of %d cells in %d: %q", got, w, l)
			}
		}
	})
}

func BenchmarkAMillionPoints(b *testing.B) {
	ys := make([]float64, 1_000_000)
	for i := range ys {
		ys[i] = math.Sin(float64(i) / 1e4)
	}
	c, in := curve(ys...), inks()
	for b.Loop() {
		Draw([]Curve{c}, 120, 30, view(), in)
	}
}
