//go:build linux || darwin

package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func exitOfRun(t *testing.T, err error) tasks.Exit {
	t.Helper()
	e := (*tasks.ExitError)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an ExitError", err)
	}
	return e.Exit
}

func TestAProcessThatIgnoresTermIsKilledAfterTheTimeout(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{true, false} {
		j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Command: role("ignore-term"), TTY: tty})})
		j.sink.untilPrinted(t, "up")
		if got, want := exitOfRun(t, j.stop()), (tasks.Exit{Code: 137, Signal: "KILL"}); got != want {
			t.Errorf("tty %v: got %v, want %v", tty, got, want)
		}
	}
}

func TestTheStopSignalIsTheUnits(t *testing.T) {
	t.Parallel()
	u := config.Unit{Run: `trap 'echo interrupted; exit 0' INT; echo up; while :; do sleep 0.05; done`, Stop: config.Stop{Signal: "INT", Timeout: 20 * time.Second}}
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(u)})
	j.sink.untilPrinted(t, "up")
	if err := j.stop(); err != nil {
		t.Errorf("got %v, want success: it said 0", err)
	}
	if out := j.sink.out(); !strings.HasSuffix(out, "interrupted\n") {
		t.Errorf("printed %q", out)
	}
}

func TestWhenTheLeaderExitsItsChildrenAreEnded(t *testing.T) {
	t.Parallel()
	for _, kind := range []config.Kind{config.Service, config.Task} {
		j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Command: role("leave-children"), Kind: kind})})
		if got, want := exitOfRun(t, j.result()), (tasks.Exit{Code: 3}); got != want {
			t.Errorf("%s: got %v, want the leader's %v", kind, got, want)
		}
		if n := len(j.sink.pids()); n != 2 {
			t.Fatalf("%d children, want 2: %q", n, j.sink.out())
		}
		wantGone(t, j.sink.pids())
	}
}

func TestAMemberThatChangedItsGroupIsEndedToo(t *testing.T) {
	t.Parallel()
	// With job control each background job has a group of its own.
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Run: `set -m; sleep 300 & echo "pid=$! "; wait`})})
	j.sink.until(t, "a pid", func() bool { return len(j.sink.pids()) == 1 })
	_ = j.stop() // how sh ends is not the point
	wantGone(t, j.sink.pids())
}

func TestAnOutsiderThatKeepsThePipeOpenDoesNotHoldTheRun(t *testing.T) {
	t.Parallel()
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Command: role("outsider"), Kind: config.Task})})
	if err := j.result(); err != nil {
		t.Error(err)
	}
	if !strings.HasSuffix(j.sink.out(), "done\n") {
		t.Errorf("printed %q", j.sink.out())
	}
	for _, pid := range j.sink.pids() {
		_ = unix.Kill(pid, unix.SIGKILL) // nobody else knows of it
	}
}

func TestADaemonInItsOwnSessionIsEndedWithItsService(t *testing.T) {
	t.Parallel()
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Command: role("daemon")})})
	j.sink.untilPrinted(t, "leader stays")
	if len(j.sink.pids()) != 1 || !alive(j.sink.pids()[0]) {
		t.Fatalf("no daemon: %q", j.sink.out())
	}
	_ = j.stop() // TERM
	wantGone(t, j.sink.pids())
}

func TestTheDaemonOfATaskLivesUntilTheHostCloses(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("daemon2"), Kind: config.Task})})
	if err := j.result(); err != nil {
		t.Fatal(err)
	}
	if len(j.sink.pids()) != 1 || !alive(j.sink.pids()[0]) {
		t.Fatalf("the daemon did not outlive its task: %q", j.sink.out())
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	wantGone(t, j.sink.pids())
}

func TestAnAdoptedProcessDoesNotStayAZombie(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("daemon")})})
	j.sink.untilPrinted(t, "leader stays")
	daemon := j.sink.pids()[0]
	if err := unix.Kill(daemon, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the daemon is waited for", func() bool { return identify(daemon).start == 0 })
	_ = j.stop() // TERM
}

func TestAGracefulServerBehindAShellLineIsNotHungUp(t *testing.T) {
	t.Parallel()
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{
		Run:  config.ShellWord(role()[0]) + " child graceful; echo never",
		TTY:  true,
		Stop: config.Stop{Timeout: 20 * time.Second},
	})})
	j.sink.untilPrinted(t, "up")
	_ = j.stop() // sh dies of TERM
	if out := j.sink.out(); !strings.Contains(out, "closed in good order\n") || strings.Contains(out, "never") {
		t.Errorf("printed %q", out)
	}
}

func TestEverythingPrintedAtShutdownIsKept(t *testing.T) {
	t.Parallel()
	const lines = 100_000
	var want strings.Builder
	want.WriteString("up\n")
	for i := range lines {
		fmt.Fprintln(&want, i)
	}
	want.WriteString("the end")
	for _, tty := range []bool{true, false} {
		j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{
			Command: role("flood", fmt.Sprint(lines)), TTY: tty, Stop: config.Stop{Timeout: 20 * time.Second},
		})})
		j.sink.untilPrinted(t, "up")
		if err := j.stop(); err != nil {
			t.Error(err)
		}
		if got := j.sink.out(); got != want.String() {
			t.Errorf("tty %v: %d bytes, want %d; ends in %q", tty, len(got), want.Len(), got[max(0, len(got)-20):])
		}
	}
}

func TestARunThatIsLeftAtCloseIsKilledWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("ignore-term")})})
	j.sink.untilPrinted(t, "up")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	if got := exitOfRun(t, j.result()); got.Signal != "KILL" {
		t.Errorf("got %v", got)
	}
	if err := r.Run(t.Context(), tasks.Request{}, newSink()); !errors.Is(err, errClosed) {
		t.Errorf("a run after Close: %v", err)
	}
}

func TestExitCodesAndSignalsAreReported(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	for i, c := range []struct {
		run  string
		want error
	}{
		{"exit 0", nil},
		{"exit 2", &tasks.ExitError{Exit: tasks.Exit{Code: 2}}},
		{"kill -SEGV $$", &tasks.ExitError{Exit: tasks.Exit{Code: 139, Signal: "SEGV"}}},
		{"nosuchcommand 2>/dev/null", &tasks.ExitError{
			Exit:   tasks.Exit{Code: 127},
			Reason: "exit 127: the shell did not find a command; the last line of the log names it",
		}},
	} {
		j := r.begin(t, tasks.Request{Run: tasks.NewRunID("t", i), Task: task(config.Unit{Run: c.run, Kind: config.Task})})
		if diff := cmp.Diff(c.want, j.result()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.run, diff)
		}
	}
}
