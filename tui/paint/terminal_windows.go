package paint

import (
	"fmt"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/windows"
)

// raw turns off what the console does with keys itself, and has keys sent and
// sequences understood as other terminals do.
func (t *terminal) raw() error {
	if f, ok := isTerminal(t.in); ok {
		before, err := term.MakeRaw(f.Fd())
		if err != nil {
			return err
		}
		if t.keys == nil {
			t.keys = before
		}
		if err := add(f.Fd(), windows.ENABLE_VIRTUAL_TERMINAL_INPUT); err != nil {
			return err
		}
	}
	if f, ok := isTerminal(t.out); ok {
		before, err := term.GetState(f.Fd())
		if err != nil {
			return fmt.Errorf("read the console's mode: %w", err)
		}
		if t.screen == nil {
			t.screen = before
		}
		return add(f.Fd(), windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING|windows.DISABLE_NEWLINE_AUTO_RETURN)
	}
	return nil
}

// add turns modes of a console on.
func add(fd uintptr, modes uint32) error {
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(fd), &mode); err != nil {
		return fmt.Errorf("read the console's mode: %w", err)
	}
	if err := windows.SetConsoleMode(windows.Handle(fd), mode|modes); err != nil {
		return fmt.Errorf("set the console's mode: %w", err)
	}
	return nil
}

// mapsNewlines says that the console does not: raw turned it off.
func (t *terminal) mapsNewlines() bool { return false }

// watch has nothing to watch: the console tells its size among the keys.
func (t *terminal) watch(_, _ func()) (stop func()) { return func() {} }
