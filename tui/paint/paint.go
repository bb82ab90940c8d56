// Package paint runs a Bubble Tea program that draws when something changed and
// sleeps otherwise: the first change after a pause and the answer to a key at once,
// further ones at most once a frame. It never draws a frame that nobody asked for, never reads or
// writes in Update or View, and gives the terminal back however the program ends.
package paint

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// defaultEvery is more often than eyes and most terminals follow, and seldom
// enough that a flood of news is drawn a few times only.
const defaultEvery = 8 * time.Millisecond

// Options are what a program is run with. The zero value works.
type Options struct {
	// Input and Output are the terminal; nil: standard input and output.
	Input  io.Reader
	Output io.Writer
	// Env is what is known of the terminal; nil: the environment.
	Env []string
	// Filter sees every message before the model does, as tea.WithFilter's.
	Filter func(tea.Model, tea.Msg) tea.Msg
	// Profile is the colours that the terminal has; nil: found out.
	Profile *colorprofile.Profile
	// Every is the least time between two frames that no key asked for; 0: 8 ms.
	Every time.Duration
	// Paper was made before, for this terminal; nil: it is made now.
	Paper *Paper
	// Shown is called once, when the first picture is on the terminal; may be nil.
	Shown func()
}

// Run runs the model until it quits or ctx ends, which is no error, and returns
// what became of it.
//
// Views are whole screens: they are shown in the terminal's alternate screen,
// whatever AltScreen says, and OnMouse and ProgramStatus are not looked at.
// Commands work as they do in Bubble Tea: tea.Exec and tea.Suspend lend the
// terminal to others, tea.Raw and the requests for colours are sent with the next
// frame. Only tea.Println has no meaning, and what Bubble Tea keeps to itself
// (tea.SetClipboard) is up to a second late: send such by tea.Raw.
//
//	Update, View --> painter.paint (stores the newest frame) --wake--> painter.run --> canvas.draw --> terminal
//	keys, SIGWINCH --> Update
//
// Bubble Tea's own renderer wakes up for every frame that could be, all its life;
// docs/drawing.md has the numbers.
func Run(ctx context.Context, model tea.Model, o Options) (tea.Model, error) {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	t, err := openTerminal(o.Input, o.Output)
	if err != nil {
		return model, err
	}
	defer t.close()
	if o.Profile == nil {
		found := colorprofile.Detect(t.out, o.Env)
		o.Profile = &found
	}
	if err := t.raw(); err != nil {
		return model, fmt.Errorf("take the keys of the terminal: %w", err)
	}
	p := newPainter(t, o)
	defer p.close()
	r := newRoot(model, p, o.Filter)
	w, h := t.size(o.Env)
	program := tea.NewProgram(
		r, tea.WithFilter(r.filter), tea.WithInput(t.in), tea.WithOutput(t.out),
		tea.WithEnvironment(o.Env), tea.WithColorProfile(*o.Profile), tea.WithWindowSize(w, h),
		// Nothing is drawn by Bubble Tea. Its ticker goes on, as slowly as it can.
		tea.WithoutRenderer(), tea.WithFPS(1),
	)
	stop := t.watch(
		func() {
			w, h := t.size(o.Env)
			program.Send(tea.WindowSizeMsg{Width: w, Height: h})
		},
		p.again,
	)
	// By then Send waits for nobody.
	defer stop()
	// With a context of its own, Bubble Tea leaves its reader of keys behind.
	defer context.AfterFunc(ctx, program.Quit)()
	_, err = program.Run()
	return r.model, err
}

// isTerminal says whether a stream is a terminal.
func isTerminal(stream any) (term.File, bool) {
	f, ok := stream.(term.File)
	return f, ok && term.IsTerminal(f.Fd())
}
