//go:build !linux

package watch

import "os"

// openDir opens a directory for listing.
func openDir(abs string) (*os.File, error) { return os.Open(abs) }
