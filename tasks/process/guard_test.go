//go:build linux || darwin

package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// hostOfFamilies is a host with ten services of three generations, the last of
// which ignores TERM, and a daemon. It prints their pids.
func hostOfFamilies(stateDir string) {
	r, err := New(Options{StateDir: stateDir, Root: stateDir, Executable: os.Args[0], GuardArgs: []string{"guard", stateDir}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := range 11 {
		u := config.Unit{Name: fmt.Sprintf("s%02d", i), Kind: config.Service, Command: role("family"), TTY: i%2 == 0}
		if i == 10 {
			u.Command = role("daemon")
		}
		go func() {
			fmt.Println(r.Run(context.Background(), tasks.Request{Run: tasks.NewRunID(u.Name, 1), Task: tasks.Task{Name: u.Name, Kind: u.Kind, Spec: u}}, printing{}))
		}()
	}
	forever()
}

// printing is the sink of hostOfFamilies.
type printing struct{}

func (printing) Log(_ logs.Stream, p []byte) { _, _ = os.Stdout.Write(p) }
func (printing) Emit(tasks.Event)            {}

// startHost starts it and waits until all its processes are up.
func startHost(t *testing.T, stateDir string) (*exec.Cmd, []int) {
	t.Helper()
	out := &printed{}
	host := exec.Command(os.Args[0], "host", stateDir)
	host.Stdout, host.Stderr = out, out
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Process.Kill() })
	eventually(t, 30*time.Second, "all processes are up", func() bool {
		text := out.String()
		return len(pidsIn(text)) == 31 && strings.Count(text, "up\n") == 10
	})
	return host, pidsIn(out.String())
}

type printed struct {
	mu   sync.Mutex
	text []byte
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, b...)
	return len(b), nil
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text)
}

func living(pids []int) []int {
	var left []int
	for _, p := range readProcs() {
		if !p.dead && slices.Contains(pids, p.pid) {
			left = append(left, p.pid)
		}
	}
	return left
}

// kill ends the host as nothing can be prevented. What it leaves open to its
// output keeps Wait from returning, so that is not waited for.
func kill(t *testing.T, host *exec.Cmd) {
	t.Helper()
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // killed
}

func TestNothingOutlivesAHostThatIsKilled(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	host, pids := startHost(t, state)
	kill(t, host)
	eventually(t, 20*time.Second, "everything is gone", func() bool { return len(living(pids)) == 0 })

	crash, err := TakeCrash(state)
	if err != nil || crash == nil {
		t.Fatalf("no crash: %v", err)
	}
	if crash.Host != host.Process.Pid || len(crash.Runs) != 11 || crash.Runs[3] != "s03#1" || len(crash.Survivors) != 0 {
		t.Errorf("got %+v", crash)
	}
	// Those under a pty may have died of its end before the guardian looked: the
	// five families on pipes, what ignores TERM and the daemon have not.
	if n := len(crash.Ended); n < 5*3+5+1 {
		t.Errorf("%d processes are named: %+v", n, crash.Ended)
	}
	if again, err := TakeCrash(state); again != nil || err != nil {
		t.Errorf("a crash is told twice: %v %v", again, err)
	}
	if left, _ := os.ReadDir(state); len(left) != 0 {
		t.Errorf("left in the state directory: %v", left)
	}
}

func TestTheNextStartCleansUpWhenTheGuardianIsKilledToo(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	host, pids := startHost(t, state)
	posts, err := filepath.Glob(filepath.Join(state, postName+"*"))
	if err != nil || len(posts) != 1 {
		t.Fatalf("posts %v, %v", posts, err)
	}
	if crash, err := TakeCrash(state); crash != nil || err != nil {
		t.Fatalf("a living host is taken for dead: %+v, %v", crash, err)
	}
	guards := 0
	for _, p := range readProcs() {
		if p.ppid == host.Process.Pid && strings.Contains(commandLine(p), " -c trap ") {
			// Stopped first, so that it does not meet the host's end.
			_ = unix.Kill(p.pid, unix.SIGSTOP)
			guards++
			defer func() { _ = unix.Kill(p.pid, unix.SIGKILL) }()
			kill(t, host)
			_ = unix.Kill(p.pid, unix.SIGKILL)
		}
	}
	if guards != 1 {
		t.Fatalf("%d guardians", guards)
	}
	crash, err := TakeCrash(state)
	if err != nil || crash == nil || crash.Host != host.Process.Pid {
		t.Fatalf("crash %+v, %v", crash, err)
	}
	if left := living(pids); len(left) != 0 {
		t.Errorf("alive: %v", left)
	}
}

func TestAGuardianThatIsKilledIsReplacedAndKnowsWhatRuns(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	warned := make(chan error, 10)
	r := newRunner(t, Options{
		StateDir: state, Executable: os.Args[0], GuardArgs: []string{"guard", state},
		Warn: func(err error) { warned <- err },
	})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("sleep")})})
	j.sink.untilPrinted(t, "up")
	first := r.guard.pid()
	if err := unix.Kill(first, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "another guardian", func() bool { return r.guard.pid() != first })
	if err := <-warned; !strings.Contains(err.Error(), "starting another") {
		t.Errorf("warned of %v", err)
	}
	if !alive(j.childPID()) {
		t.Error("the run suffered")
	}
	_ = j.stop() // TERM
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(state); len(left) != 0 {
		t.Errorf("left in the state directory: %v", left)
	}
	if crash, err := TakeCrash(state); crash != nil || err != nil {
		t.Errorf("a crash without one: %+v %v", crash, err)
	}
}

func (j *job) childPID() int {
	for _, e := range j.sink.all() {
		if p, ok := e.(tasks.ProcessStarted); ok {
			return p.PID
		}
	}
	return 0
}
