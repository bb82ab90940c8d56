package paint

import (
	"fmt"
	"io"
	"os"
	"strconv"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/term"
)

// terminal is the two streams of a terminal, and how it was found.
type terminal struct {
	in  io.Reader
	out io.Writer
	// opened was opened here, because standard input is something else.
	opened []*os.File
	// keys and screen are how in and out were; nil while nothing was changed.
	keys, screen *term.State
}

func openTerminal(in io.Reader, out io.Writer) (*terminal, error) {
	t := &terminal{in: in, out: out}
	if t.out == nil {
		t.out = os.Stdout
	}
	if t.in != nil {
		return t, nil
	}
	t.in = os.Stdin
	if _, ok := isTerminal(os.Stdin); ok {
		return t, nil
	}
	keys, screen, err := tea.OpenTTY()
	if err != nil {
		return nil, fmt.Errorf("standard input is no terminal, and there is no other to take keys from: %w", err)
	}
	t.in, t.opened = keys, []*os.File{keys}
	if screen != keys {
		t.opened = append(t.opened, screen)
	}
	return t, nil
}

// close closes what was opened here.
func (t *terminal) close() {
	for _, f := range t.opened {
		_ = f.Close()
	}
}

// restore undoes raw.
func (t *terminal) restore() {
	if f, ok := isTerminal(t.in); ok && t.keys != nil {
		_ = term.Restore(f.Fd(), t.keys)
	}
	if f, ok := isTerminal(t.out); ok && t.screen != nil {
		_ = term.Restore(f.Fd(), t.screen)
	}
}

// size is the terminal's; where it has none, what the environment says, or the
// size of terminals when they were made of glass.
func (t *terminal) size(env []string) (w, h int) {
	if f, ok := isTerminal(t.out); ok {
		w, h, _ = term.GetSize(f.Fd())
	}
	or := func(n int, name string, otherwise int) int {
		if n > 0 {
			return n
		}
		if n, err := strconv.Atoi(uv.Environ(env).Getenv(name)); err == nil && n > 0 {
			return n
		}
		return otherwise
	}
	return or(w, "COLUMNS", 80), or(h, "LINES", 24)
}
