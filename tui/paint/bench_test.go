package paint

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// BenchmarkPanes is a frame in which a log has scrolled between two panes in which
// nothing has changed.
func BenchmarkPanes(b *testing.B) {
	c := newCanvas([]string{"TERM=xterm-256color"}, false)
	f := frame{w: 200, h: 50, profile: colorprofile.TrueColor, sync: true}
	wall := "\x1b[38;2;90;90;90m│\x1b[m"
	right := " \x1b[38;2;90;90;90mup since\x1b[m 12:04" + strings.Repeat(" ", 18)
	lines := make([]string, f.h)
	for i := 0; b.Loop(); i += 20 {
		for y := range lines {
			text := fmt.Sprintf("\x1b[38;2;90;90;90m  \x1b[munit00 n=%08d ts=%012d %s", i+y, (i+y)*977, strings.Repeat("x", 60))
			lines[y] = fmt.Sprintf(" ● service %02d", y) + strings.Repeat(" ", 26) + wall + text + strings.Repeat(" ", 24) + wall + right
		}
		f.view(tea.NewView(strings.Join(lines, "\n")))
		c.draw(f)
	}
}

// BenchmarkDraw is a frame in which some lines are new, as in a list with a
// moved cursor (2), and as in a log that scrolls (all of it).
func BenchmarkDraw(b *testing.B) {
	for _, size := range []struct{ w, h int }{{120, 36}, {240, 66}} {
		for _, changed := range []int{2, size.h - 4} {
			b.Run(fmt.Sprintf("%dx%d/lines=%d", size.w, size.h, changed), func(b *testing.B) {
				c := newCanvas([]string{"TERM=xterm-256color"}, false)
				f := frame{w: size.w, h: size.h, profile: colorprofile.TrueColor, sync: true}
				lines := make([]string, size.h)
				for y := range lines {
					lines[y] = strings.Repeat("\x1b[38;2;90;90;90m│\x1b[m some words ", size.w/13)
				}
				bytes := 0
				for i := 0; b.Loop(); i++ {
					for y := range changed {
						lines[2+y] = fmt.Sprintf("\x1b[38;2;90;90;90m12:04:%02d\x1b[m \x1b[1mapi\x1b[m line %d of a service \x1b[32mwith\x1b[m words │", i%60, i+y)
					}
					f.view(tea.NewView(strings.Join(lines, "\n")))
					bytes += len(c.draw(f))
				}
				b.ReportMetric(float64(bytes)/float64(b.N), "bytes/frame")
			})
		}
	}
}
