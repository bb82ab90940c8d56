//go:build !linux

package watch

import "os"

// list lists a directory in the order of the disk, and says which one it is.
func list(abs string) ([]entry, fileID, error) {
	d, err := os.Open(abs)
	if err != nil {
		return nil, fileID{}, err
	}
	defer d.Close()
	info, err := d.Stat()
	if err != nil {
		return nil, fileID{}, err
	}
	found, err := d.ReadDir(-1)
	entries := make([]entry, len(found))
	for i, e := range found {
		entries[i] = entry{e.Name(), e.IsDir()}
	}
	return entries, idOf(info), err
}
