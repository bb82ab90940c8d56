package tui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// detachKey comes back from a service's terminal: telnet's key, which programs
// leave alone.
const detachKey = "ctrl+]"

// noTerminal says why a task's terminal can't be taken.
func (s *Screen) noTerminal(name string) string {
	r, active := s.state.Active(name)
	switch {
	case s.opt.Interactor == nil:
		return "this host gives no terminals"
	case !active:
		return name + " is not running"
	case !s.state.Units[name].Task.Spec.TTY:
		return name + " runs on pipes: set tty: true in the workspace file"
	case r.Status == tasks.Stopping:
		return name + " is stopping"
	}
	return ""
}

// takeTerminal gives the whole terminal to the program until the detach key.
func (s *Screen) takeTerminal(name string) tea.Cmd {
	r, _ := s.state.Active(name)
	interactor, ctx, key := s.opt.Interactor, s.ctx, cmp.Or(s.opt.Detach, detachKey)
	dir, rows := s.state.Workspace.LogDir, s.h-2
	return func() tea.Msg {
		t, err := interactor.Terminal(ctx, r.ID)
		if err != nil {
			return noticeMsg{tasks.Error, fmt.Sprintf("the terminal of %s: %v", name, err)}
		}
		visit := &session{ctx: ctx, name: name, terminal: t, key: key, before: lastLines(dir, r.Log, r.FirstLine, rows)}
		return s.lent(visit, func(err error) tea.Msg {
			switch {
			case err != nil:
				return noticeMsg{tasks.Error, fmt.Sprintf("the terminal of %s: %v", name, err)}
			case visit.ended:
				return noticeMsg{tasks.Info, "back; " + name + " has ended"}
			}
			return noticeMsg{tasks.Info, "back; " + name + " goes on"}
		})()
	}
}

// lastLines is the end of what a run has printed, up to rows lines: a prompt that
// waits says what for. A program that fills the screen paints it anew.
func lastLines(dir string, key logs.Key, first int64, rows int) string {
	r, err := logs.OpenReader(dir, key)
	if err != nil {
		return "" // it has printed nothing
	}
	defer r.Close()
	from, end, err := r.Bounds()
	if err != nil {
		return ""
	}
	from = max(from, first, end-int64(rows))
	lines, err := r.Lines(from, int(max(0, end-from)), logs.TextLimit, nil)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, l := range lines {
		if l.Stream == logs.Note {
			continue
		}
		b.WriteString(parse.Strip(string(l.Text)))
		if !l.Open {
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// session is the time that a service has the terminal. It implements
// tea.ExecCommand.
type session struct {
	ctx      context.Context
	name     string
	terminal tasks.Terminal
	key      string
	before   string // what the program has printed
	ended    bool   // it was the program that came to its end
	in       io.Reader
	out      io.Writer
}

// SetStdin, SetStdout and SetStderr are called by Bubble Tea before Run.
func (t *session) SetStdin(r io.Reader)  { t.in = r }
func (t *session) SetStdout(w io.Writer) { t.out = w }
func (t *session) SetStderr(io.Writer)   {}

// Run copies keys to the program and its output to the terminal until the
// detach key is pressed or the program ends.
func (t *session) Run() error {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	restore, err := raw(t.in)
	if err != nil {
		return errors.Join(err, t.terminal.Close())
	}
	defer restore()
	// A program that fills the screen paints over the line; the title stays.
	fmt.Fprintf(t.out, "\x1b[?1049h\x1b[2J\x1b[H%s\x1b[7m %s: this is its terminal; %s comes back \x1b[0m\r\n%s",
		ansi.SetWindowTitle(t.name+": "+t.key+" comes back"), t.name, t.key, t.before)

	keys, err := cancelreader.NewReader(t.in)
	if err != nil {
		return errors.Join(err, t.terminal.Close())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		followSize(ctx, t.out, func(columns, rows int) { _ = t.terminal.Resize(columns, rows) })
	})
	wg.Go(func() {
		defer cancel()
		_, _ = io.Copy(&Alternate{Out: t.out, Kept: true}, t.terminal)
		keys.Cancel()
	})
	t.ended = t.forward(keys)
	cancel()
	err = t.terminal.Close()
	wg.Wait()
	_ = keys.Close()
	fmt.Fprint(t.out, ResetTerminal+"\x1b[?1049l"+ansi.SetWindowTitle(""))
	return err
}

// forward copies keys until the detach key, or until the program has ended.
func (t *session) forward(keys io.Reader) (ended bool) {
	ends := DetachSequences(t.key)
	buf := make([]byte, 4096)
	for {
		n, err := keys.Read(buf)
		data := buf[:n]
		for _, end := range ends {
			if before, _, found := bytes.Cut(data, end); found {
				_, _ = t.terminal.Write(before)
				return false
			}
		}
		if n > 0 {
			if _, werr := t.terminal.Write(data); werr != nil {
				return true
			}
		}
		if err != nil {
			return errors.Is(err, cancelreader.ErrCanceled)
		}
	}
}

// DetachSequences are the bytes that a terminal may send for a ctrl key: alone,
// in the kitty keyboard protocol, and in xterm's modifyOtherKeys.
func DetachSequences(key string) [][]byte {
	c, ok := strings.CutPrefix(strings.ToLower(key), "ctrl+")
	if !ok || len(c) != 1 {
		c = "]"
	}
	return [][]byte{
		{c[0] & 0x1f},
		fmt.Appendf(nil, "\x1b[%d;5u", c[0]),
		fmt.Appendf(nil, "\x1b[27;5;%d~", c[0]),
	}
}

// raw turns off what the terminal does with keys itself.
func raw(in io.Reader) (restore func(), err error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return func() {}, nil
	}
	state, err := term.MakeRaw(f.Fd())
	if err != nil {
		return nil, fmt.Errorf("make the terminal raw: %w", err)
	}
	return func() { _ = term.Restore(f.Fd(), state) }, nil
}

// size is the terminal's size; ok is false when it is none.
func size(out io.Writer) (columns, rows int, ok bool) {
	f, isFile := out.(*os.File)
	if !isFile {
		return 0, 0, false
	}
	columns, rows, err := term.GetSize(f.Fd())
	return columns, rows, err == nil
}
