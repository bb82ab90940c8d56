package paint

import (
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// Paper is what a first picture needs and nothing can change any more: cells for
// all of the screen, and the tables of character widths. That takes as long as
// starting a program does, so it is made while the program still waits for what
// it will show.
type Paper struct{ made chan *canvas }

// NewPaper begins to make paper for the terminal of the options.
func NewPaper(o Options) *Paper {
	if o.Output == nil {
		o.Output = os.Stdout
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	p := &Paper{made: make(chan *canvas, 1)}
	w, h := (&terminal{out: o.Output}).size(o.Env)
	go func() { p.made <- preparedCanvas(o.Env, w, h) }()
	return p
}

// canvas is the one that was made, for the first who asks. A nil Paper makes it now.
func (p *Paper) canvas(env []string, mapsNewlines bool) *canvas {
	if p == nil || p.made == nil {
		return newCanvas(env, mapsNewlines)
	}
	c := <-p.made
	p.made = nil
	c.mapsNewlines = mapsNewlines
	c.diff.SetMapNewline(mapsNewlines)
	return c
}

// preparedCanvas has drawn a picture that nobody sees.
func preparedCanvas(env []string, w, h int) *canvas {
	c := newCanvas(env, false)
	line := "\x1b[38;2;90;90;90m│\x1b[m ● a word " + strings.Repeat(" ", max(0, w-11))
	f := frame{w: w, h: h, painted: true, profile: colorprofile.TrueColor, content: strings.Repeat(line+"\n", h-1) + line}
	c.draw(f)
	c.last, c.lines, c.alone = frame{}, nil, false
	return c
}
