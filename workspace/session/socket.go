package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// SocketPath returns where the host of a state directory listens: host.sock in
// it, or, when that is longer than the system allows for a socket, a name made
// from it in $XDG_RUNTIME_DIR/sawhorse or /tmp/sawhorse-<uid>, which is then
// created for the user alone. The same state directory in the same environment
// gives the same path; clients use the one in HostInfo.
func SocketPath(stateDir string) (string, error) {
	path := filepath.Join(stateDir, "host.sock")
	if fits(path) {
		return path, nil
	}
	sum := sha256.Sum256([]byte(stateDir))
	name := hex.EncodeToString(sum[:8]) + ".sock"
	if session := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(session) {
		dir := filepath.Join(session, "sawhorse")
		if fits(filepath.Join(dir, name)) {
			return socketIn(dir, name)
		}
	}
	return socketIn(filepath.Join(shortTemp(), fmt.Sprintf("sawhorse-%d", os.Geteuid())), name)
}

func socketIn(dir, name string) (string, error) {
	dir, err := privateDir(dir)
	if err != nil {
		return "", fmt.Errorf("directory for the socket: %w", err)
	}
	path := filepath.Join(dir, name)
	if !fits(path) {
		return "", fmt.Errorf("socket path %s is longer than %d bytes; set SAWHORSE_STATE_DIR to a shorter directory", path, socketLimit(runtime.GOOS))
	}
	return path, nil
}

func fits(path string) bool { return len(path) <= socketLimit(runtime.GOOS) }

// socketLimit is the longest path of a unix socket, without the zero byte that
// ends it.
func socketLimit(goos string) int {
	if goos == "linux" {
		return 107
	}
	return 103
}

// shortTemp is not os.TempDir, which on macOS is long, and which TMPDIR makes
// different from one shell to the next.
func shortTemp() string {
	if runtime.GOOS == "windows" {
		return os.TempDir()
	}
	return "/tmp"
}
