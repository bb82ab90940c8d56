package watch

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMountsAreReadWithTheirTypes(t *testing.T) {
	t.Parallel()
	const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home/u/my\040shop/share rw - nfs4 server:/x rw,addr=10.0.0.1
31 22 0:41 / /mnt/c rw,noatime - 9p C:\134 rw
torn line
`
	want := map[string]string{"/": "ext4", "/home/u/my shop/share": "nfs4", "/mnt/c": "9p"}
	if diff := cmp.Diff(want, readMounts(strings.NewReader(mountinfo))); diff != "" {
		t.Error(diff)
	}
	for kind, remote := range map[string]bool{"ext4": false, "overlay": false, "nfs4": true, "fuse.sshfs": true, "fuse.lxcfs": false, "9p": true} {
		if remoteKind(kind) != remote {
			t.Errorf("remoteKind(%q) = %v", kind, !remote)
		}
	}
}

func TestAnExhaustedLimitComesWithItsValueAndTheCommandThatRaisesIt(t *testing.T) {
	t.Parallel()
	limit, ok := readLimit("max_user_watches")
	if !ok {
		t.Skip("no inotify here")
	}
	got := watchProblem(fmt.Errorf("add: %w", syscall.ENOSPC))
	for _, want := range []string{fmt.Sprintf("limit %d", limit), "sudo sysctl fs.inotify.max_user_watches="} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not contain %q", got, want)
		}
	}
}
