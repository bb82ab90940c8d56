//go:build unix

package tui_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/sawhorse-dev/sawhorse/tui"
)

// terminal is a real terminal with an emulator at its other end.
type terminal struct {
	tty *os.File
	*vt.SafeEmulator
	keys io.Writer
	mu   sync.Mutex
	raw  bytes.Buffer
}

func newTerminal(t *testing.T, w, h int) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}); err != nil {
		t.Fatal(err)
	}
	e := &terminal{tty: tty, SafeEmulator: vt.NewSafeEmulator(w, h), keys: master}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			e.mu.Lock()
			e.raw.Write(buf[:n])
			e.mu.Unlock()
			_, _ = e.Write(buf[:n])
		}
	})
	// What the emulator answers to questions comes as keys do.
	wg.Go(func() { _, _ = io.Copy(master, e.SafeEmulator) })
	t.Cleanup(func() {
		_ = tty.Close()
		// Emulator.Close races with its Read; the end of its pipe does not.
		if c, ok := e.InputPipe().(io.Closer); ok {
			_ = c.Close()
		}
		_ = master.Close()
		wg.Wait()
	})
	return e
}

func (t *terminal) written() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.raw.String()
}

func (t *terminal) press(s string) { _, _ = io.WriteString(t.keys, s) }

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("it never came that %s", what)
		case <-tick.C:
		}
	}
}

func TestARealTerminalShowsTheScreenAndGetsItselfBack(t *testing.T) {
	for _, noColor := range []bool{false, true} {
		t.Setenv("TERM", "xterm-256color")
		t.Setenv("NO_COLOR", "")
		term := newTerminal(t, 100, 30)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		type end struct {
			result tui.Result
			err    error
		}
		ended := make(chan end, 1)
		go func() {
			r, err := tui.Run(ctx, busy(), tui.Options{Input: term.tty, Output: term.tty, NoColor: noColor})
			ended <- end{r, err}
		}()
		waitFor(t, "the screen is drawn", func() bool { return strings.Contains(term.Render(), "ATTENTION") })
		term.press("q")
		waitFor(t, "it is asked what happens", func() bool { return strings.Contains(term.Render(), "Leave shop") })
		waitFor(t, "the answer is taken", func() bool {
			term.press("s")
			select {
			case e := <-ended:
				ended <- e
				return true
			default:
				return false
			}
		})
		e := <-ended
		cancel()
		if e.err != nil || !e.result.StopAll {
			t.Errorf("no colour %v: %+v, %v", noColor, e.result, e.err)
		}
		for _, mode := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2031l"} {
			// What was written is there; the emulator may not have read it yet.
			waitFor(t, fmt.Sprintf("the terminal is given back by %q", mode), func() bool { return strings.Contains(term.written(), mode) })
		}
		raw := term.written()
		if coloured := strings.Contains(raw, "38;2;") || strings.Contains(raw, "38;5;") || strings.Contains(raw, "[31m"); coloured && noColor {
			t.Error("there are colours although there must be none")
		}
	}
}
