package attach_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

func TestNobodyListensIsNoHost(t *testing.T) {
	dir := stateDir(t)
	stale := filepath.Join(dir, "stale.sock")
	leaveStale(t, stale)
	for name, path := range map[string]string{
		"no socket":             filepath.Join(dir, "none.sock"),
		"no directory":          filepath.Join(dir, "none", "host.sock"),
		"a host that is gone":   stale,
		"a path of great width": filepath.Join(dir, strings.Repeat("x", 120), "host.sock"),
	} {
		if _, err := attach.Dial(t.Context(), path, "1"); !errors.Is(err, attach.ErrNoHost) {
			t.Errorf("%s: Dial: %v", name, err)
		}
	}
}

// leaveStale leaves a socket as a host does that was killed.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
}

func TestASocketOfAHostThatIsGoneIsTakenOver(t *testing.T) {
	path := filepath.Join(stateDir(t), "host.sock")
	leaveStale(t, path)
	l, err := attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %o", info.Mode().Perm())
	}
}

func TestASocketThatIsAnsweredIsLeftAlone(t *testing.T) {
	h := startHost(t)
	if _, err := attach.Listen(h.path); !errors.Is(err, attach.ErrHostRunning) {
		t.Errorf("Listen: %v", err)
	}
	h.dial(t)
}

func TestAFileInTheWayIsLeftAlone(t *testing.T) {
	path := filepath.Join(stateDir(t), "host.sock")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := attach.Listen(path); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("Listen: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "precious" {
		t.Errorf("the file is now %q, %v", got, err)
	}
}

func TestADirectoryThatIsOpenToOthersIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are inherited there")
	}
	dir := filepath.Join(stateDir(t), "open")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := attach.Listen(filepath.Join(dir, "host.sock"))
	if err == nil || !strings.Contains(err.Error(), "chmod 700 "+dir) {
		t.Errorf("Listen: %v", err)
	}
}

func TestAPathThatIsTooLongForASocketWorksAllTheSame(t *testing.T) {
	dir := filepath.Join(stateDir(t), strings.Repeat("long", 30))
	path := filepath.Join(dir, "host.sock")
	l, err := attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := attach.Listen(path); !errors.Is(err, attach.ErrHostRunning) {
		t.Errorf("a second Listen: %v", err)
	}
	target, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, gone := range []string{path, target, filepath.Dir(target)} {
		if _, err := os.Lstat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", gone, err)
		}
	}
	// A host that was killed leaves the link.
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	l, err = attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

func TestOnlyOneOfManyHostsGetsAStaleSocket(t *testing.T) {
	for range 50 {
		raceForAStaleSocket(t)
	}
}

func raceForAStaleSocket(t *testing.T) {
	t.Helper()
	path := filepath.Join(stateDir(t), "host.sock")
	leaveStale(t, path)
	const hosts = 8
	type result struct {
		l   net.Listener
		err error
	}
	results := make(chan result, hosts)
	for range hosts {
		go func() {
			l, err := attach.Listen(path)
			results <- result{l, err}
		}()
	}
	won := 0
	for range hosts {
		switch r := <-results; {
		case r.err == nil:
			won++
			defer r.l.Close()
		case !errors.Is(r.err, attach.ErrHostRunning):
			t.Errorf("Listen: %v", r.err)
		}
	}
	if won != 1 {
		t.Errorf("%d hosts listen", won)
	}
}

func TestARunIDWithSlashAndHashReachesItsTerminal(t *testing.T) {
	h := startHost(t)
	term, err := h.dial(t).Terminal(t.Context(), tasks.NewRunID("worker/2", 12))
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	if h.terminals.of("worker/2#12") == nil {
		t.Error("another run was asked for")
	}
}

// dying is a host that was killed: its socket is there a little longer than what it
// had to say.
func dying(t *testing.T, path string, after int) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for range after {
			if conn, err := l.Accept(); err == nil {
				_ = conn.Close()
			}
		}
		_ = l.Close()
	}()
	t.Cleanup(func() { _ = l.Close(); <-gone })
}

func TestAHostThatIsAboutToBeGoneIsNoHost(t *testing.T) {
	path := filepath.Join(stateDir(t), "host.sock")
	dying(t, path, 3)
	if _, err := attach.Dial(t.Context(), path, "1"); !errors.Is(err, attach.ErrNoHost) {
		t.Errorf("Dial: %v", err)
	}
	l, err := attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
