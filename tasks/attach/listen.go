package attach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// maxPath is the longest address that a unix socket takes on every system we
// run on (macOS: 104 bytes with the NUL).
const maxPath = 103

// answerTime is how long a host may take to accept a connection.
const answerTime = 2 * time.Second

// Listen makes the socket of a host at path, in a directory that is the user's
// own (0700; made when it is missing). A socket that nobody answers on is taken
// away, one that answers is ErrHostRunning. Every connection of another user is
// closed before it is seen. Where path is too long for a socket, a symbolic
// link to a short one stands there.
func Listen(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l := &listener{path: path, uid: os.Getuid()}
	address := path
	if len(path) > maxPath {
		if l.short, err = os.MkdirTemp("", shortPrefix); err != nil {
			return nil, fmt.Errorf("make a directory for the host's socket: %w", err)
		}
		address = filepath.Join(l.short, "host.sock")
	}
	if l.UnixListener, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"}); err != nil {
		l.clean()
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	err = os.Chmod(address, 0o600)
	if err == nil && address != path {
		err = os.Symlink(address, path)
	}
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("make the host's socket: %w", err)
	}
	return l, nil
}

// shortPrefix begins the name of a directory that holds nothing but a socket.
const shortPrefix = "sawhorse-"

// privateDir makes sure that dir exists and is the user's own.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the state directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the state directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	return ownedAlone(dir, info)
}

// removeStale takes away what a host that is gone left at path.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the host's socket: %w", err)
	}
	if info.Mode().IsRegular() || info.IsDir() {
		return fmt.Errorf("%s is in the way of the host's socket: move it away", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	switch conn, err := connect(ctx, path); {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("%w (%s)", ErrHostRunning, path)
	case !errors.Is(err, ErrNoHost):
		return fmt.Errorf("ask who listens on %s: %w", path, err)
	}
	if target, err := os.Readlink(path); err == nil && strings.HasPrefix(filepath.Base(filepath.Dir(target)), shortPrefix) {
		_ = os.Remove(target)
		_ = os.Remove(filepath.Dir(target)) // only when nothing else is in it
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket of a host that is gone: %w", err)
	}
	return nil
}

// connect opens a connection to whoever listens at path; ErrNoHost when nobody does.
func connect(ctx context.Context, path string) (*net.UnixConn, error) {
	address := path
	if len(path) > maxPath {
		target, err := os.Readlink(path)
		if err != nil {
			return nil, fmt.Errorf("%w (%s)", ErrNoHost, path)
		}
		address = target
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", address)
	switch {
	case err == nil:
		return conn.(*net.UnixConn), nil
	case errors.Is(err, fs.ErrNotExist), refused(err):
		return nil, fmt.Errorf("%w (%s)", ErrNoHost, path)
	}
	return nil, err
}

// listener lets only its own user in.
type listener struct {
	*net.UnixListener
	path  string
	short string // the directory of the socket when path is a link to it
	uid   int

	closing sync.Once
	closed  error
}

// Accept waits for the next connection of the same user.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if user, err := peerOf(conn); err == nil && user == l.uid {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// Close ends Accept and takes the socket away.
func (l *listener) Close() error {
	l.closing.Do(func() {
		l.closed = l.UnixListener.Close() // removes the socket
		l.clean()
	})
	return l.closed
}

func (l *listener) clean() {
	if l.short == "" {
		return
	}
	if target, err := os.Readlink(l.path); err == nil && filepath.Dir(target) == l.short {
		_ = os.Remove(l.path)
	}
	_ = os.RemoveAll(l.short)
}

// credentials runs ask on the descriptor of conn.
func credentials(conn *net.UnixConn, ask func(fd int) (int, error)) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var user int
	var asked error
	if err := raw.Control(func(fd uintptr) { user, asked = ask(int(fd)) }); err != nil {
		return 0, err
	}
	return user, asked
}
