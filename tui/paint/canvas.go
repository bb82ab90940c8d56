package paint

import (
	"bytes"
	"runtime"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// canvas turns frames into the bytes that bring the terminal from the last one to
// the next. It writes nowhere and knows no time.
type canvas struct {
	env []string
	// mapsNewlines: the terminal goes to the first column at a newline.
	mapsNewlines bool

	last  frame // what the terminal shows; zero: what it was before
	cells uv.ScreenBuffer
	// lines are what cells were made of, and alone says that no line's style goes
	// on in the next one.
	lines []string
	alone bool
	// widths measures as the terminal does.
	widths widths
	diff   *uv.TerminalRenderer
	body   *bytes.Buffer // what diff writes
	out    bytes.Buffer
}

func newCanvas(env []string, mapsNewlines bool) *canvas {
	c := &canvas{env: env, mapsNewlines: mapsNewlines, body: &bytes.Buffer{}}
	c.forget()
	return c
}

// forget starts anew: the terminal is as it was before the first frame.
func (c *canvas) forget() {
	c.last = frame{}
	c.body.Reset()
	c.cells, c.lines, c.alone = uv.NewScreenBuffer(0, 0), nil, false
	c.diff = uv.NewTerminalRenderer(c.body, c.env)
	c.diff.SetFullscreen(true)
	c.diff.SetRelativeCursor(false)
	c.diff.SetTabStops(-1)
	c.diff.SetMapNewline(c.mapsNewlines)
}

// draw is what makes the terminal show the frame; it is good until the next call.
// Empty: it shows it already.
func (c *canvas) draw(f frame) []byte {
	c.out.Reset()
	if f == c.last || !f.painted || f.w <= 0 || f.h <= 0 {
		return nil
	}
	old := c.last
	c.last = f
	c.out.WriteString(old.settings.to(f.settings))
	if !old.painted {
		// The terminal's own cursor is shown until it is hidden.
		old.shown = true
	}
	c.fill(f, old)
	if f.shown {
		c.diff.MoveTo(f.cursor.X, f.cursor.Y)
	}
	_ = c.diff.Flush() // to memory

	moves := c.body.Len() > 0
	if moves && f.sync {
		c.out.WriteString(ansi.SetModeSynchronizedOutput)
	}
	// Where a frame is not shown at once, a cursor would be seen to run about.
	hide := old.shown && (!f.shown || moves && !f.sync)
	if hide {
		c.out.WriteString(ansi.ResetModeTextCursorEnable)
	}
	c.out.Write(c.body.Bytes())
	c.body.Reset()
	if f.shown && (hide || !old.shown) {
		c.out.WriteString(ansi.SetModeTextCursorEnable)
	}
	if moves && f.sync {
		c.out.WriteString(ansi.ResetModeSynchronizedOutput)
	}
	return c.out.Bytes()
}

// fill brings the cells from the old frame to the next.
func (c *canvas) fill(f, old frame) {
	resized := f.w != old.w || f.h != old.h
	anew := resized || f.redraws != old.redraws || f.profile != old.profile || f.method() != old.method() || !old.painted
	if !anew && f.content == old.content {
		return
	}
	if resized {
		c.cells.Touched = nil
		c.cells.Resize(f.w, f.h)
		c.diff.Resize(f.w, f.h)
	}
	if anew {
		c.diff.SetColorProfile(f.profile)
		c.diff.SetGraphemeWidth(f.method() == ansi.GraphemeWidth)
		c.cells.Method = f.method()
		c.widths = widths{method: f.method()}
		c.diff.Erase()
	}
	was := c.lines
	changed := c.put(f.content, anew)
	// How lines were scrolled is looked for where many of them are new and some
	// stood elsewhere before: it costs more than drawing a few, and where panes
	// stand side by side none is scrolled. Windows' terminals scroll regions wrongly.
	c.diff.SetScrollOptim(runtime.GOOS != "windows" && changed > f.h/2 && moved(was, c.lines) > changed/4)
	c.diff.Render(c.cells.RenderBuffer)
}

// moved counts the lines that stood elsewhere before.
func moved(was, lines []string) int {
	before := make(map[string]bool, len(was))
	for y, line := range was {
		if y >= len(lines) || lines[y] != line {
			before[line] = true
		}
	}
	n := 0
	for y, line := range lines {
		if (y >= len(was) || was[y] != line) && before[line] {
			n++
		}
	}
	return n
}

// put makes cells of the content, and says of how many lines: of those that are
// not as they were, where each line stands alone. Most frames change a few lines,
// and taking a line apart is most of the work.
func (c *canvas) put(content string, anew bool) (changed int) {
	was, wasAlone := c.lines, c.alone
	c.lines = strings.Split(content, "\n")
	same := func(y int) bool { return y < len(was) && y < len(c.lines) && was[y] == c.lines[y] }
	c.alone = true
	for y, line := range c.lines {
		if (!wasAlone || !same(y)) && !alone(line) {
			c.alone = false
			break
		}
	}
	if anew || !c.alone || !wasAlone {
		uv.NewStyledString(content).Draw(c.cells, c.cells.Bounds())
		return c.cells.Height()
	}
	at := func(lines []string, y int) string {
		if y < len(lines) {
			return lines[y]
		}
		return ""
	}
	for y := range min(c.cells.Height(), max(len(was), len(c.lines))) {
		if same(y) {
			continue
		}
		p := c.between(at(was, y), at(c.lines, y))
		uv.NewStyledString(p.text).Draw(over{c.cells, p.covers}, uv.Rect(p.x, y, min(p.w, c.cells.Width()-p.x), 1))
		changed++
	}
	return changed
}

// over is a screen to draw on. What covers all of its place is not cleared before.
type over struct {
	uv.ScreenBuffer
	covers bool
}

func (o over) SetCell(x, y int, c *uv.Cell) {
	if c != nil || !o.covers {
		o.ScreenBuffer.SetCell(x, y, c)
	}
}

// alone says whether a line surely ends without a style and without a link.
func alone(line string) bool {
	const csi, link = "\x1b[", "\x1b]8;"
	if i := strings.LastIndex(line, link); i >= 0 {
		end := line[i+len(link):]
		if !strings.HasPrefix(end, ";\a") && !strings.HasPrefix(end, ";\x1b\\") {
			return false
		}
	}
	i := strings.LastIndex(line, csi)
	if i < 0 {
		return true
	}
	end := line[i+len(csi):]
	return strings.HasPrefix(end, "m") || strings.HasPrefix(end, "0m")
}

// leave is what gives the terminal back as it was before the first frame.
func (c *canvas) leave() []byte {
	c.out.Reset()
	if c.last.painted {
		// A terminal without an alternate screen goes on below.
		c.out.WriteString(ansi.CursorPosition(1, c.last.h))
		c.out.WriteString(c.last.settings.to(settings{}))
		c.out.WriteString(ansi.SetModeTextCursorEnable)
	}
	c.forget()
	return c.out.Bytes()
}
