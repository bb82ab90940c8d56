package paint

import (
	"bytes"
	"runtime"

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
	diff  *uv.TerminalRenderer
	body  *bytes.Buffer // what diff writes
	out   bytes.Buffer
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
	c.cells = uv.NewScreenBuffer(0, 0)
	c.diff = uv.NewTerminalRenderer(c.body, c.env)
	c.diff.SetFullscreen(true)
	c.diff.SetRelativeCursor(false)
	c.diff.SetTabStops(-1)
	c.diff.SetMapNewline(c.mapsNewlines)
	// Windows' terminals scroll regions wrongly.
	c.diff.SetScrollOptim(runtime.GOOS != "windows")
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
		c.diff.Erase()
	}
	uv.NewStyledString(f.content).Draw(c.cells, c.cells.Bounds())
	c.diff.Render(c.cells.RenderBuffer)
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
