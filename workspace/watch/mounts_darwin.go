package watch

import "golang.org/x/sys/unix"

// remoteMounts returns root when the filesystem it is on belongs to another
// machine, whose changes make no events here. Mounts below it are not looked for.
func remoteMounts(root string) map[string]string {
	var st unix.Statfs_t
	if err := unix.Statfs(root, &st); err != nil {
		return nil
	}
	switch kind := unix.ByteSliceToString(st.Fstypename[:]); kind {
	case "nfs", "smbfs", "afpfs", "webdav", "ftp", "virtiofs", "osxfuse", "macfuse", "fuse-t":
		return map[string]string{root: kind}
	}
	return nil
}
