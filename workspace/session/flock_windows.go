package session

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is far behind the end of the file: locks on Windows keep others from
// reading the bytes they cover, and the description must stay readable.
func lockAt() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1} }

// tryFlock takes an exclusive or a shared lock, or returns errBusy.
func tryFlock(f *os.File, exclusive bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, lockAt())
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errBusy
	}
	return err
}

func unflock(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, lockAt())
}
