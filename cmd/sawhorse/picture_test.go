//go:build unix

package main

import (
	"flag"
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

// updatePicture takes the picture of the README anew: scripts/screenshot
var updatePicture = flag.Bool("update-picture", false, "take docs/images/demo.svg anew")

// TestThePictureOfTheReadmeIsATerminal draws the demo, and its Tests tab, as a
// real terminal shows them, when it is asked to; always, it looks that the
// pictures of the README and of the docs are there.
func TestThePictureOfTheReadmeIsATerminal(t *testing.T) {
	path := filepath.Join(repository, "docs", "images", "demo.svg")
	ofTests := filepath.Join(repository, "docs", "images", "tests.svg")
	if *updatePicture {
		w, dir := newWorld(t, "version: 1\ntasks: {unused: 'true'}\n")
		// What else is installed on the machine that draws it is not the demo's.
		bin := filepath.Join(dir, "bin")
		if err := os.Mkdir(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/bin/sh", filepath.Join(bin, "sh")); err != nil {
			t.Fatal(err)
		}
		p := sit(t, w, dir, 120, 36, []string{"PATH=" + bin}, "demo", "--into", filepath.Join(dir, "shop"))
		p.see("● db ", "● api ", "● worker ", "ATTENTION 1")
		p.command("run train steps=1000").see("◐ train")
		p.command("go worker").see("job failed: the order has no lines", "run 2 .*restart|restart 1")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(p.svg()), 0o644); err != nil {
			t.Fatal(err)
		}
		p.command("go test").press("enter", "2").see("▶ 4 │", "TestNoDiscount").press("enter")
		p.press("n", "n").see("▶ 3 │ total")
		if err := os.WriteFile(ofTests, []byte(p.svg()), 0o644); err != nil {
			t.Fatal(err)
		}
		p.command("quit stop").leaves()
	}
	for path, wanted := range map[string][]string{
		path:    {"ATTENTION", "SERVICES", "cart_test.txt:4"},
		ofTests: {"TestDiscount", "OUTPUT", "cart/total.rule:3"},
	} {
		picture, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wanted {
			if !strings.Contains(string(picture), want) {
				t.Errorf("%s does not show %s; take it anew: scripts/screenshot", filepath.Base(path), want)
			}
		}
	}
}

// One cell of the picture, in SVG units.
const (
	cellWidth, cellHeight = 8.4, 18
	margin                = 12
)

// svg is the terminal as a picture: one text element for each stretch of a style.
func (p *person) svg() string {
	width, height := p.screen.Width(), p.screen.Height()
	ground, ink := "#1a1b1e", "#d8dade"
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n",
		float64(width)*cellWidth+2*margin, height*cellHeight+2*margin)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", ground)
	for y := range height {
		for x := 0; x < width; {
			cell := p.cell(x, y)
			text, from := "", x
			for ; x < width; x++ {
				next := p.cell(x, y)
				if !next.Style.Equal(&cell.Style) {
					break
				}
				text += next.Content
			}
			stretch(&b, text, from, x, y, cell.Style, ground, ink)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// cell is what stands at a place; what was never drawn is a space.
func (p *person) cell(x, y int) uv.Cell {
	c := p.screen.CellAt(x, y)
	if c == nil {
		return uv.Cell{Content: " ", Width: 1}
	}
	out := *c
	if out.Content == "" && out.Width > 0 {
		out.Content = " "
	}
	return out
}

func stretch(b *strings.Builder, text string, from, to, y int, s uv.Style, ground, ink string) {
	fg, bg := webColor(s.Fg, ink), webColor(s.Bg, ground)
	if s.Attrs&uv.AttrReverse != 0 {
		fg, bg = bg, fg
	}
	left, width := margin+float64(from)*cellWidth, float64(to-from)*cellWidth
	if bg != ground {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, margin+y*cellHeight, width, cellHeight, bg)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	extra := ""
	if s.Attrs&uv.AttrBold != 0 {
		extra += ` font-weight="bold"`
	}
	if s.Attrs&uv.AttrItalic != 0 {
		extra += ` font-style="italic"`
	}
	if s.Attrs&uv.AttrFaint != 0 {
		extra += ` opacity="0.6"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" fill="%s" textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve"%s>%s</text>`+"\n",
		left, margin+y*cellHeight+13, fg, width, extra, html.EscapeString(text))
}

func webColor(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
