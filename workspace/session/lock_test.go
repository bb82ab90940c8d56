package session

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain is also the other process: one that tries to become the host and
// holds the lock until its input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("SESSION_TEST_LOCK")
	if dir == "" {
		os.Exit(m.Run())
	}
	lock, err := TryLock(dir, HostInfo{PID: os.Getpid(), Started: time.Unix(1, 0), Version: "v1", Socket: "s", Root: "/r"})
	var locked *LockedError
	switch {
	case errors.As(err, &locked):
		fmt.Println("locked by", locked.Host.PID)
		os.Exit(0)
	case err != nil:
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("host", os.Getpid())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := lock.Unlock(); err != nil {
		os.Exit(1)
	}
}

type process struct {
	*exec.Cmd
	stdin io.Closer
	said  string // its first line
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	p, err := tryStart(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	return p
}

func tryStart(dir string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.Command(exe)}
	p.Env = append(os.Environ(), "SESSION_TEST_LOCK="+dir)
	stdin, err := p.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	stdout, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	p.said = strings.TrimSpace(line)
	return p, err
}

func host(t *testing.T, dir string) (HostInfo, bool) {
	t.Helper()
	info, alive, err := ReadHost(dir)
	if err != nil {
		t.Fatal(err)
	}
	return info, alive
}

func TestOfManyProcessesOneBecomesTheHost(t *testing.T) {
	dir := t.TempDir()
	const n = 8
	var wg sync.WaitGroup
	processes := make([]*process, n)
	errs := make([]error, n)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { // in the way of all of them
		for {
			select {
			case <-stop:
				return
			default:
				if _, _, err := ReadHost(dir); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for i := range n {
		wg.Go(func() { processes[i], errs[i] = tryStart(dir) })
	}
	wg.Wait()
	close(stop)
	readers.Wait()
	hosts := 0
	for i, p := range processes {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if strings.HasPrefix(p.said, "host") {
			hosts++
		} else if !strings.HasPrefix(p.said, "locked by") {
			t.Errorf("a process said %q", p.said)
		}
		_ = p.stdin.Close()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	}
	if hosts != 1 {
		t.Errorf("%d hosts, want 1", hosts)
	}
}

func TestTheLockTellsWhetherAHostIsAlive(t *testing.T) {
	dir := t.TempDir()
	if info, alive := host(t, dir); alive || info.PID != 0 {
		t.Errorf("a host before the first: %+v, alive %v", info, alive)
	}
	p := startProcess(t, dir)
	want := HostInfo{PID: p.Process.Pid, Started: time.Unix(1, 0), Version: "v1", Socket: "s", Root: "/r"}
	info, alive := host(t, dir)
	if diff := cmp.Diff(want, info); diff != "" || !alive {
		t.Errorf("alive %v: %s", alive, diff)
	}
	var locked *LockedError
	if _, err := TryLock(dir, HostInfo{}); !errors.As(err, &locked) || locked.Host.PID != p.Process.Pid {
		t.Errorf("TryLock beside a host: %v", err)
	}

	// Killed: its description stays, without the lock.
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	if info, alive := host(t, dir); alive || info.PID != p.Process.Pid {
		t.Errorf("after a kill: %+v, alive %v", info, alive)
	}

	// The next one takes over, and ends in order.
	p = startProcess(t, dir)
	if info, alive := host(t, dir); !alive || info.PID != p.Process.Pid {
		t.Errorf("the next host: %+v, alive %v", info, alive)
	}
	_ = p.stdin.Close()
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	if info, alive := host(t, dir); alive || info.PID != 0 {
		t.Errorf("after an orderly end: %+v, alive %v", info, alive)
	}
}

func TestAHostCanCorrectWhatItSays(t *testing.T) {
	dir := t.TempDir()
	lock, err := TryLock(dir, HostInfo{PID: 1, Socket: strings.Repeat("long", 50)})
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Update(HostInfo{PID: 1, Socket: "short"}); err != nil {
		t.Fatal(err)
	}
	if info, alive := host(t, dir); !alive || info.Socket != "short" {
		t.Errorf("%+v, alive %v", info, alive)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestAHostKilledWhileItWroteIsNotAlive(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "host.lock"), []byte(`{"pid":12`), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, alive := host(t, dir); alive || info.PID != 0 {
		t.Errorf("%+v, alive %v", info, alive)
	}
}

func TestHostsListsAllWorkspacesWithState(t *testing.T) {
	ownState(t)
	if hosts, err := Hosts(); err != nil || len(hosts) != 0 {
		t.Errorf("Hosts of nothing: %v, %v", hosts, err)
	}
	one, two := stateDir(t, t.TempDir()), stateDir(t, t.TempDir())
	lock, err := TryLock(one, HostInfo{PID: 7, Root: "/one"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Unlock() })
	hosts, err := Hosts()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Host{}
	for _, h := range hosts {
		got[h.StateDir] = h
	}
	want := map[string]Host{
		one: {StateDir: one, Info: HostInfo{PID: 7, Root: "/one"}, Alive: true},
		two: {StateDir: two},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
