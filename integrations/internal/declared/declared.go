// Package declared reads the files in which a repository says what it can do.
// It opens small ordinary files only, and runs nothing.
package declared

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// largest is more than any such file that people write.
const largest = 2 << 20

// Read returns a file's text; ok is false when it is not there. A pipe or a
// device of that name is an error: reading it might never end.
func Read(dir, name string) (text []byte, ok bool, err error) {
	file := filepath.Join(dir, name)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case info.IsDir():
		return nil, false, nil
	case !info.Mode().IsRegular():
		return nil, false, fmt.Errorf("%s is not an ordinary file", name)
	case info.Size() > largest:
		return nil, false, fmt.Errorf("%s is larger than %d MB", name, largest>>20)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, largest))
	return text, err == nil, err
}

// First reads the first of several names that is there.
func First(dir string, names ...string) (text []byte, name string, err error) {
	for _, name := range names {
		text, ok, err := Read(dir, name)
		if ok || err != nil {
			return text, name, err
		}
	}
	return nil, "", nil
}

// Has says whether a file or directory of that name is there.
func Has(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
