package process

import (
	"os"

	"golang.org/x/sys/unix"
)

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// openPipe makes a pipe whose read end is under the runtime's poller.
func openPipe() (r, w *os.File, err error) { return os.Pipe() }

// readEnd is a pty's master under the runtime's poller, where a read can be
// interrupted: pty.Open leaves it in blocking mode.
func readEnd(f *os.File) (*os.File, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	polled := false
	err = conn.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		polled = err == nil && flags&unix.O_NONBLOCK != 0
	})
	if err != nil || polled {
		return f, err
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd) // nothing was written
		return nil, err
	}
	_ = f.Close() // its copy lives
	return os.NewFile(uintptr(fd), f.Name()), nil
}
