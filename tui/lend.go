package tui

import (
	"io"
	"os/exec"

	tea "charm.land/bubbletea/v2"
)

// lent has a program run in the screen's place, and tells whoever takes the
// signals.
func (s *Screen) lent(c tea.ExecCommand, then tea.ExecCallback) tea.Cmd {
	if lend := s.opt.Lend; lend != nil {
		c = lending{c, lend}
	}
	return tea.Exec(c, then)
}

// lending tells when its program has the terminal.
type lending struct {
	tea.ExecCommand
	lend func(lent bool)
}

// Run runs the program.
func (l lending) Run() error {
	l.lend(true)
	defer l.lend(false)
	return l.ExecCommand.Run()
}

// guest is a program that gets the terminal.
type guest struct{ *exec.Cmd }

// SetStdin, SetStdout and SetStderr are called by Bubble Tea before Run.
func (g guest) SetStdin(r io.Reader)  { g.Stdin = r }
func (g guest) SetStdout(w io.Writer) { g.Stdout = w }
func (g guest) SetStderr(w io.Writer) { g.Stderr = w }
