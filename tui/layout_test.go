package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"
)

func TestTheLayoutHasTheBreakpointsThatItWasDrawnWith(t *testing.T) {
	var b strings.Builder
	for _, p := range []struct {
		name  string
		focus pane
		prefs prefs
	}{
		{"tree focused, 3 alerts", treePane, prefs{Alerts: 3}},
		{"detail focused, no alerts", detailPane, prefs{}},
		{"tree hidden", detailPane, prefs{TreeHidden: true, Alerts: 3}},
		{"detail zoomed", detailPane, prefs{Zoom: true, Alerts: 3}},
		{"one pin", treePane, prefs{Pins: 1}},
		{"three pins", treePane, prefs{Pins: 3, Alerts: 3}},
		{"the second pin zoomed", firstPin + 1, prefs{Pins: 3, Zoom: true}},
		{"attention open", stripPane, prefs{StripOpen: true, Alerts: 30}},
		{"attention zoomed", stripPane, prefs{Zoom: true, Alerts: 30}},
	} {
		fmt.Fprintf(&b, "# %s\n", p.name)
		for _, s := range [][2]int{{200, 50}, {160, 40}, {159, 40}, {120, 36}, {100, 30}, {99, 29}, {80, 24}, {60, 16}, {59, 16}, {50, 15}, {36, 10}, {35, 10}, {36, 9}} {
			fmt.Fprintf(&b, "%dx%d: %s\n", s[0], s[1], describe(layout(s[0], s[1], p.focus, p.prefs)))
		}
	}
	golden.RequireEqual(t, []byte(b.String()))
}

func describe(r rects) string {
	if r.Small {
		return "too small"
	}
	var parts []string
	for _, p := range []struct {
		name string
		rect
	}{{"tree", r.Tree}, {"detail", r.Detail}, {"side", r.Side}, {"strip", r.Strip}, {"rule", r.HintRule}, {"pin", r.Pins[0]}, {"pin", r.Pins[1]}, {"pin", r.Pins[2]}} {
		if !p.Empty() {
			parts = append(parts, fmt.Sprintf("%s %dx%d+%d+%d", p.name, p.W, p.H, p.X, p.Y))
		}
	}
	return strings.Join(parts, "  ")
}

func TestNoPaneLeavesTheScreenOrCoversAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 400).Draw(t, "w"), rapid.IntRange(0, 120).Draw(t, "h")
		focus := pane(rapid.IntRange(0, 5).Draw(t, "focus"))
		p := prefs{
			TreeHidden: rapid.Bool().Draw(t, "hidden"), StripOpen: rapid.Bool().Draw(t, "open"), Zoom: rapid.Bool().Draw(t, "zoom"),
			TreeWidth: rapid.IntRange(0, 300).Draw(t, "tree"), Alerts: rapid.IntRange(0, 300).Draw(t, "alerts"),
			Pins: rapid.IntRange(0, 5).Draw(t, "pins"),
		}
		r := layout(w, h, focus, p)
		if r.Small != (w < leastWidth || h < leastHeight) {
			t.Fatalf("small: %v", r.Small)
		}
		if r.Small {
			return
		}
		taken := make(map[[2]int]string)
		for _, pane := range []struct {
			name string
			rect
		}{{"header", r.Header}, {"tree", r.Tree}, {"detail", r.Detail}, {"side", r.Side}, {"strip", r.Strip}, {"rule", r.HintRule}, {"hints", r.Hints}, {"pin 1", r.Pins[0]}, {"pin 2", r.Pins[1]}, {"pin 3", r.Pins[2]}} {
			if pane.Empty() {
				continue
			}
			if pane.X < 0 || pane.Y < 0 || pane.X+pane.W > w || pane.Y+pane.H > h {
				t.Fatalf("%s leaves %dx%d: %+v", pane.name, w, h, pane.rect)
			}
			for y := pane.Y; y < pane.Y+pane.H; y++ {
				for _, x := range []int{pane.X, pane.X + pane.W - 1} {
					if other, ok := taken[[2]int{x, y}]; ok && other != pane.name {
						t.Fatalf("%s covers %s", pane.name, other)
					}
					taken[[2]int{x, y}] = pane.name
				}
			}
		}
		if r.Tree.Empty() && r.Detail.Empty() && r.Pins == [maxPins]rect{} && r.Strip.H < h-3 {
			t.Fatal("nothing to see")
		}
	})
}
