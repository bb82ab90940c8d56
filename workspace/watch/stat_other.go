//go:build !linux && !darwin

package watch

import (
	"os"
	"time"
)

// fileID is always the same here: a directory that takes the name of another
// is noticed by its events only.
type fileID struct{}

func idOf(os.FileInfo) fileID { return fileID{} }

// changeTime is the best there is: when the content was written, unless a
// program has set it.
func changeTime(info os.FileInfo) time.Time { return info.ModTime() }
