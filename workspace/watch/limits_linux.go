package watch

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// watchProblem says which limit was hit and how to raise it.
func watchProblem(err error) string {
	limit, ok := readLimit("max_user_watches")
	if !ok || !exhausted(err) {
		return fmt.Sprintf("some directories cannot be watched (%v) and are polled", err)
	}
	return fmt.Sprintf("inotify watch limit %d reached, the rest is polled; raise it: sudo sysctl fs.inotify.max_user_watches=%d", limit, max(524288, 2*limit))
}

// instanceProblem is watchProblem for the watcher itself.
func instanceProblem(err error) string {
	limit, ok := readLimit("max_user_instances")
	if !ok || !exhausted(err) {
		return fmt.Sprintf("files cannot be watched (%v) and are polled", err)
	}
	return fmt.Sprintf("inotify instance limit %d reached, everything is polled; raise it: sudo sysctl fs.inotify.max_user_instances=%d", limit, max(512, 2*limit))
}

func readLimit(name string) (int, bool) {
	text, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return n, err == nil
}

// remoteMagic are the filesystems by statfs whose files other machines change.
func remoteMagic(kind int64) (string, bool) {
	switch uint32(kind) {
	case unix.NFS_SUPER_MAGIC:
		return "nfs", true
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "smb", true
	case unix.V9FS_MAGIC:
		return "9p", true
	case unix.FUSE_SUPER_MAGIC:
		return "fuse", true
	case unix.AFS_SUPER_MAGIC:
		return "afs", true
	case unix.CEPH_SUPER_MAGIC:
		return "ceph", true
	}
	return "", false
}

// remoteMounts returns the mount points at or below root, and the one that root
// is on, whose changes do not all make events, with the name of the filesystem.
func remoteMounts(root string) map[string]string {
	mounts := map[string]string{}
	var st unix.Statfs_t
	if err := unix.Statfs(root, &st); err == nil {
		if name, remote := remoteMagic(int64(st.Type)); remote { //nolint:unconvert // 32 bits on some architectures
			mounts[root] = name
		}
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return mounts
	}
	defer f.Close()
	for dir, kind := range readMounts(f) {
		if strings.HasPrefix(dir, root+"/") && remoteKind(kind) {
			mounts[dir] = kind
		}
	}
	return mounts
}

// readMounts reads proc_pid_mountinfo(5): mount point to filesystem type. Of
// several mounts on one directory the last one is seen.
func readMounts(r io.Reader) map[string]string {
	mounts := map[string]string{}
	for sc := bufio.NewScanner(r); sc.Scan(); {
		left, right, ok := strings.Cut(sc.Text(), " - ")
		fields := strings.Fields(left)
		if !ok || len(fields) < 5 {
			continue
		}
		kind, _, _ := strings.Cut(right, " ")
		mounts[filepath.Clean(unescapeMount(fields[4]))] = kind
	}
	return mounts
}

// unescapeMount undoes \040 and the like.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func remoteKind(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "drvfs", "fakeowner", "afs", "ceph", "glusterfs", "lustre", "gpfs", "fuse":
		return true
	}
	return strings.HasPrefix(kind, "fuse.") && kind != "fuse.portal" && kind != "fuse.lxcfs"
}
