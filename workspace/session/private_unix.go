//go:build unix

package session

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// checkPrivate refuses a directory or file that is not the user's or that
// others can write to, and takes away what others may read.
func checkPrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		// The way to the target was not looked at; what the link was meant
		// for can be said by SAWHORSE_STATE_DIR.
		return fmt.Errorf("%s is a symbolic link (%w); remove it, or set SAWHORSE_STATE_DIR to the directory it leads to", path, ErrNotPrivate)
	}
	if owner := ownerOf(info); owner != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, not to you (user %d) (%w); remove it, or set SAWHORSE_STATE_DIR to a directory of your own", path, owner, os.Geteuid(), ErrNotPrivate)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written to by others (mode %04o, %w); if you trust what is in it: chmod go-rwx %s", path, info.Mode().Perm(), ErrNotPrivate, path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		if err := os.Chmod(path, perm&0o700); err != nil {
			return fmt.Errorf("make %s private: %w", path, err)
		}
	}
	return nil
}

// checkWay refuses when somebody else could put another directory in the place
// of path: each directory above must belong to the user or root, and must not
// be writable for all, unless it is sticky as /tmp is. Writable for a group is
// let pass here: many systems give each user a group of their own and home
// directories such modes, and what the group could put there instead would not
// belong to the user, which checkPrivate sees. What does not exist yet will be
// the user's.
func checkWay(path string) error {
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil {
			// Links on the way (/tmp on macOS, /home on some servers): who
			// could change one can write to the directory it is in, so both
			// the way to it and the one to its target are looked at.
			target, err := filepath.EvalSymlinks(dir)
			if err != nil {
				return fmt.Errorf("check the way to the state directory: %w", err)
			}
			if err := checkAbove(dir); err != nil || target == dir {
				return err
			}
			return checkAbove(target)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// checkAbove is checkWay for a directory that exists.
func checkAbove(path string) error {
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Lstat(dir)
		if err != nil {
			return fmt.Errorf("check the way to the state directory: %w", err)
		}
		if owner := ownerOf(info); owner != os.Geteuid() && owner != 0 {
			return fmt.Errorf("%s, above the state directory, belongs to user %d (%w); set SAWHORSE_STATE_DIR to a directory of your own", dir, owner, ErrNotPrivate)
		}
		if isLink := info.Mode()&fs.ModeSymlink != 0; !isLink && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("%s, above the state directory, can be written to by everybody (mode %04o, %w); chmod o-w %s, or set SAWHORSE_STATE_DIR to a directory of your own", dir, info.Mode().Perm(), ErrNotPrivate, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func ownerOf(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
