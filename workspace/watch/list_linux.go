package watch

import (
	"bytes"
	"encoding/binary"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// What getdents64(2) writes for each name: its inode, 8 bytes of no use here, the
// length of the whole, the type, the name and a zero.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// listings are the buffers that directories are read into.
var listings = sync.Pool{New: func() any { return new([8192]byte) }}

// list lists a directory in the order of the disk, and says which one it is. An
// os.File and an os.DirEntry would take as long as all else that a walk does.
func list(abs string) ([]entry, fileID, error) {
	fd, err := unix.Open(abs, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECTORY, 0)
	for err == unix.EINTR {
		fd, err = unix.Open(abs, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECTORY, 0)
	}
	if err != nil {
		return nil, fileID{}, &os.PathError{Op: "open", Path: abs, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fileID{}, &os.PathError{Op: "stat", Path: abs, Err: err}
	}
	id := fileID{uint64(st.Dev), st.Ino} //nolint:unconvert // 32 bits on some architectures
	buf := listings.Get().(*[8192]byte)
	defer listings.Put(buf)
	var entries []entry
	for {
		n, err := unix.Getdents(fd, buf[:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return entries, id, &os.PathError{Op: "list", Path: abs, Err: err}
		case n == 0:
			return entries, id, nil
		default:
			entries = appendEntries(entries, fd, buf[:n])
		}
	}
}

// appendEntries reads what getdents64 has written. Some filesystems do not say
// what a name stands for.
func appendEntries(entries []entry, fd int, dirents []byte) []entry {
	for len(dirents) > direntName {
		d := dirents[:binary.NativeEndian.Uint16(dirents[direntLength:])]
		dirents = dirents[len(d):]
		name := d[direntName:]
		name = name[:bytes.IndexByte(name, 0)]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		e := entry{name: string(name), dir: d[direntType] == unix.DT_DIR}
		if d[direntType] == unix.DT_UNKNOWN {
			var st unix.Stat_t
			if unix.Fstatat(fd, e.name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
				continue // gone since
			}
			e.dir = st.Mode&unix.S_IFMT == unix.S_IFDIR
		}
		entries = append(entries, e)
	}
	return entries
}
