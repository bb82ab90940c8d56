//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// person sits in front of a real terminal in which the real program runs: sees,
// presses, sees.
type person struct {
	t      *testing.T
	w      world
	cmd    *exec.Cmd
	master *os.File
	screen *vt.SafeEmulator
	drawn  chan struct{} // buffered: that something changed is enough to know
	ended  chan error    // buffered: the program's end, once
	mu     sync.Mutex
	raw    []byte // everything that was sent to the terminal
}

// sit starts the program in a terminal of w by h cells; env overrides.
func sit(t *testing.T, in world, dir string, width, height int, env []string, args ...string) *person {
	t.Helper()
	program := theProgram(t)
	p := &person{
		t: t, w: in, cmd: exec.Command(program, args...), screen: vt.NewSafeEmulator(width, height),
		drawn: make(chan struct{}, 1), ended: make(chan error, 1),
	}
	p.cmd.Dir = dir
	p.cmd.Env = append(append(in.environ(program), "TERM=xterm-256color", "COLORTERM=truecolor"), env...)
	master, err := pty.StartWithSize(p.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		t.Fatal(err)
	}
	p.master = master
	var owned sync.WaitGroup
	owned.Go(p.draw)
	// What the terminal answers to questions comes as keys do.
	owned.Go(func() { _, _ = io.Copy(master, p.screen) })
	owned.Go(func() { p.ended <- p.cmd.Wait() })
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		// Emulator.Close races with its Read; the end of its pipe does not.
		if c, ok := p.screen.InputPipe().(io.Closer); ok {
			_ = c.Close()
		}
		_ = master.Close()
		owned.Wait()
	})
	return p
}

func (p *person) draw() {
	buf := make([]byte, 32<<10)
	var titles titleFilter
	for {
		n, err := p.master.Read(buf)
		if n > 0 {
			p.mu.Lock()
			p.raw = append(p.raw, buf[:n]...)
			p.mu.Unlock()
			_, _ = p.screen.Write(titles.without(buf[:n]))
			select {
			case p.drawn <- struct{}{}:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// titleFilter takes the titles of the window and notifications out of what is sent
// to the terminal. The emulator takes the byte 0x9C in a ✓ or ✖ for the end of one,
// and shows the rest of it on the screen.
type titleFilter struct{ begun []byte }

func (f *titleFilter) without(p []byte) []byte {
	titles := []string{"\x1b]2;", "\x1b]777;"}
	rest := append(f.begun, p...)
	f.begun = nil
	var out []byte
	for {
		i := -1
		for _, title := range titles {
			if at := bytes.Index(rest, []byte(title)); at >= 0 && (i < 0 || at < i) {
				i = at
			}
		}
		if i < 0 {
			begun := 0 // the next bytes may make it one
			for _, title := range titles {
				for n := begun + 1; n < len(title); n++ {
					if bytes.HasSuffix(rest, []byte(title[:n])) {
						begun = n
					}
				}
			}
			f.begun = bytes.Clone(rest[len(rest)-begun:])
			return append(out, rest[:len(rest)-begun]...)
		}
		out = append(out, rest[:i]...)
		end := bytes.IndexByte(rest[i:], '\a')
		if end < 0 {
			f.begun = bytes.Clone(rest[i:])
			return out
		}
		rest = rest[i+end+1:]
	}
}

// text is what the terminal shows now.
func (p *person) text() string { return ansi.Strip(p.screen.Render()) }

func (p *person) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.raw)
}

// until waits for a condition, looking whenever something was drawn.
func (p *person) until(what string, holds func() bool) *person {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * glance)
	defer tick.Stop()
	for !holds() {
		select {
		case <-p.drawn:
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("not within %v: %s\n%s", patience, what, p.text())
		}
	}
	return p
}

// see waits until all patterns are on the screen.
func (p *person) see(patterns ...string) *person {
	p.t.Helper()
	for _, pattern := range patterns {
		re := regexp.MustCompile("(?m)" + pattern)
		p.until("see "+pattern, func() bool { return re.MatchString(p.text()) })
	}
	return p
}

// gone waits until none of the patterns is on the screen.
func (p *person) gone(patterns ...string) *person {
	p.t.Helper()
	for _, pattern := range patterns {
		re := regexp.MustCompile("(?m)" + pattern)
		p.until("gone "+pattern, func() bool { return !re.MatchString(p.text()) })
	}
	return p
}

// press sends keys; what is not a key's name is typed as it stands.
func (p *person) press(keys ...string) *person {
	p.t.Helper()
	named := map[string]string{
		"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
		"ctrl+c": "\x03", "ctrl+]": "\x1d", "end": "\x1b[F", "home": "\x1b[H", "backspace": "\x7f",
	}
	for _, k := range keys {
		if seq, ok := named[k]; ok {
			k = seq
		}
		if _, err := io.WriteString(p.master, k); err != nil {
			p.t.Fatalf("press %q: %v\n%s", keys, err, p.text())
		}
	}
	return p
}

// command types a line into the palette.
func (p *person) command(line string) *person {
	p.t.Helper()
	return p.press(":").see("╭─ Commands|: *$|› ").press(line, "enter")
}

// looksAway takes the focus from the terminal.
func (p *person) looksAway() *person {
	p.t.Helper()
	return p.press("\x1b[O")
}

// hears waits until the terminal was told of a notification like this.
func (p *person) hears(pattern string) *person {
	p.t.Helper()
	re := regexp.MustCompile(`\x1b\]777;notify;[^;\a]*;` + pattern)
	return p.until("hear "+pattern, func() bool { return re.MatchString(p.written()) })
}

func (p *person) resize(width, height int) *person {
	p.t.Helper()
	p.screen.Resize(width, height)
	if err := pty.Setsize(p.master, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// leaves waits for the end of the program and returns its exit code.
func (p *person) leaves() int {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		return 0
	case <-time.After(patience):
		p.t.Fatalf("the program did not end\n%s", p.text())
	}
	return -1
}

// insist presses a key of a dialog, which for a moment takes none, until the
// program ends, and returns its exit code.
func (p *person) insist(key string) int {
	p.t.Helper()
	var last time.Time
	p.until("the end after "+key, func() bool {
		select {
		case err := <-p.ended:
			p.ended <- err
			return true
		default:
			// A terminal that is given back echoes the key, which is something to
			// look at: without a pause the keys would fill the screen.
			if time.Since(last) > 10*glance {
				last = time.Now()
				_, _ = io.WriteString(p.master, key)
			}
			return false
		}
	})
	return p.leaves()
}

// killed kills the program as nothing can prevent.
func (p *person) killed() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	p.leaves()
}

func TestAPersonSeesNoTitleOnTheScreen(t *testing.T) {
	const sent = "one\x1b]2;✖ shop\atwo\x1b]11;?\athree\x1b]2;✓ shop\afo\x1b]777;notify;shop;✓ a\aur"
	for size := 1; size <= len(sent); size++ {
		var f titleFilter
		var got []byte
		for rest := []byte(sent); len(rest) > 0; {
			n := min(size, len(rest))
			got = append(got, f.without(rest[:n])...)
			rest = rest[n:]
		}
		if want := "onetwo\x1b]11;?\athreefour"; string(got) != want {
			t.Fatalf("in pieces of %d: %q, want %q", size, got, want)
		}
	}
}
