//go:build linux || darwin

package process

import (
	"os"

	"golang.org/x/sys/unix"
)

// cooked says whether the program has left the terminal as openPty made it:
// output processing on, newline translation off.
func cooked(tty *os.File) bool {
	var left bool
	conn, err := tty.SyscallConn()
	if err != nil {
		return false
	}
	_ = conn.Control(func(fd uintptr) { // closed: there is no mode
		mode, err := unix.IoctlGetTermios(int(fd), getTermios)
		left = err == nil && mode.Oflag&unix.OPOST != 0 && mode.Oflag&unix.ONLCR == 0
	})
	return left
}

// resize does not use pty.Setsize, which puts the file into blocking mode.
func resize(tty *os.File, columns, rows int) error {
	conn, err := tty.SyscallConn()
	if err != nil {
		return err
	}
	var problem error
	err = conn.Control(func(fd uintptr) {
		problem = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)})
	})
	if err != nil {
		return err
	}
	return problem
}
