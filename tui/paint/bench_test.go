package paint

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

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
