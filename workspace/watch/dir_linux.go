package watch

import (
	"os"

	"golang.org/x/sys/unix"
)

// openDir opens a directory for listing. os.Open would offer it to the poller
// first, which costs five more calls for each of thousands.
func openDir(abs string) (*os.File, error) {
	for {
		fd, err := unix.Open(abs, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECTORY, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), abs), nil
		}
		if err != unix.EINTR {
			return nil, &os.PathError{Op: "open", Path: abs, Err: err}
		}
	}
}
