package attach

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/windows"
)

// ownedAlone has nothing to ask: a directory in the user's profile is closed to
// others by its inherited rights.
func ownedAlone(string, fs.FileInfo) error { return nil }

// lockDir: the workspace's own lock keeps two hosts apart here.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }

func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
