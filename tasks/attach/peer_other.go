//go:build !linux && !darwin

package attach

import (
	"net"
	"os"
)

// peerOf trusts the rights of the directory: this system is not asked who is
// at the other end.
func peerOf(*net.UnixConn) (user int, err error) { return os.Getuid(), nil }
