//go:build linux || darwin

package paint

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"
)

// childVariable makes this test's program a program on a terminal.
const childVariable = "PAINT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		// Bubble Tea's reader hands over what was typed while the program ended, and
		// nobody takes it any more: in a process it goes with that.
		goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).sendEvents"))
		return
	}
	if _, err := Run(context.Background(), &model{content: "a child", update: childKeys}, Options{}); err != nil {
		os.Exit(1)
	}
}

// childKeys does what its keys say.
func childKeys(m *model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	fails := func() tea.Msg { panic("oh") }
	switch k.String() {
	case "q":
		return tea.Quit
	case "u":
		panic("oh")
	case "c":
		return fails
	case "b":
		return tea.Batch(func() tea.Msg { return nil }, fails)
	case "s":
		return tea.Sequence(func() tea.Msg { return nil }, fails)
	case "v":
		m.panics = true
	case "z":
		return tea.Suspend
	}
	return nil
}

// startChild runs childKeys on the person's terminal.
func (p *person) startChild() *exec.Cmd {
	p.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), exe)
	cmd.Env = append(os.Environ(), childVariable+"=1", "TERM=xterm-256color", "TERM_PROGRAM=", "GOTRACEBACK=single")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.tty, p.tty, p.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Kill() })
	p.sees("a child")
	return cmd
}

func TestTheTerminalIsGivenBackBeforeAPanicIsReported(t *testing.T) {
	for key, where := range map[string]string{"u": "Update", "v": "View", "c": "a command", "b": "a batch", "s": "a sequence"} {
		t.Run(where, func(t *testing.T) {
			p := sit(t, 80, 20)
			cmd := p.startChild()
			p.press(key)
			if err := cmd.Wait(); err == nil {
				t.Error("a panic is no success")
			}
			p.wait("it is reported", func() bool { return strings.Contains(p.written(), "Caught panic") })
			p.hasTheTerminalBack()
			raw := p.written()
			if left, said := strings.Index(raw, ansi.ResetModeAltScreenSaveCursor), strings.Index(raw, "Caught panic"); said < left {
				t.Errorf("the report is lost with the screen: left at %d, reported at %d", left, said)
			}
		})
	}
}

func TestTheTerminalIsGivenBackOnTheSignalToEnd(t *testing.T) {
	p := sit(t, 80, 20)
	cmd := p.startChild()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	p.hasTheTerminalBack()
}

func TestSuspendedTheTerminalIsAPersonsUntilItGoesOn(t *testing.T) {
	p := sit(t, 80, 20)
	cmd := p.startChild()
	p.press("z")
	p.wait("the screen is left", func() bool { return !p.inAltScreen() })
	p.wait("the terminal gathers lines", func() bool { return p.termios().Lflag == p.before.Lflag })
	// Of a session of its own nothing is ever stopped: it waits to go on.
	p.wait("the screen is back", func() bool {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		return p.inAltScreen() && strings.Contains(p.text(), "a child")
	})
	p.press("q")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	p.hasTheTerminalBack()
}

func TestAProcessThatWasStoppedTakesTheTerminalAgain(t *testing.T) {
	p := sit(t, 80, 20)
	cmd := p.startChild()
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	_, _ = p.tty.WriteString("\x1b[2J")
	p.wait("something else is seen", func() bool { return !strings.Contains(p.text(), "a child") })
	_ = cmd.Process.Signal(syscall.SIGCONT)
	p.sees("a child")
	p.press("q")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	p.hasTheTerminalBack()
}
