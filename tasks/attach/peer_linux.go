package attach

import (
	"net"

	"golang.org/x/sys/unix"
)

func peerOf(conn *net.UnixConn) (peer, error) {
	return credentials(conn, func(fd int) (peer, error) {
		c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return peer{}, err
		}
		return peer{uid: int(c.Uid), pid: int(c.Pid)}, nil
	})
}
