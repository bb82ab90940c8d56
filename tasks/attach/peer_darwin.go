package attach

import (
	"net"

	"golang.org/x/sys/unix"
)

func peerOf(conn *net.UnixConn) (peer, error) {
	return credentials(conn, func(fd int) (peer, error) {
		c, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			return peer{}, err
		}
		// A peer that has gone already has no pid; it is still of that user.
		pid, _ := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		return peer{uid: int(c.Uid), pid: pid}, nil
	})
}
