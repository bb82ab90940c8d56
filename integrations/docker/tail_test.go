package docker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// tail follows a container's log until it is stopped.
func tail(t *testing.T, p *docker.Provider, id string, l tasks.LogWriter, used func(tasks.Usage)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	r := tasks.Resource{ID: tasks.NewResourceID("docker", "container", id), Kind: "container", Name: "it"}
	go func() { done <- p.Tail(ctx, r, l, used) }()
	return func() {
		cancel()
		<-done //nolint:errcheck // how it ended is its own affair
	}
}

func TestALogIsFollowedOverRestartsAndConnectionsWithNothingTwice(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	id := start(t, api, "ticker", container.Config{}, container.HostConfig{}, "tick", "3ms")
	w.until(t, "ticker", phase(tasks.PhaseUp))
	l := newLogStore()
	// Looked at three times, with pauses in which it goes on.
	for i := range 3 {
		stop := tail(t, p, id, l, nil)
		l.until(t, fmt.Sprintf("tick %d\n", (i+1)*200))
		stop()
	}
	stop := tail(t, p, id, l, nil)
	defer stop()
	if _, err := api.ContainerRestart(t.Context(), id, client.ContainerRestartOptions{Timeout: new(int)}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for strings.Count(l.String(), "\ntick 1\n")+strings.Count(l.String()[:7], "tick 1\n") < 2 {
		if time.Now().After(deadline) {
			t.Fatal("the log does not go on after a restart")
		}
		<-l.grew
	}
	n := 0
	for line := range strings.Lines(l.String()) {
		n++
		if line == "tick 1\n" {
			n = 1
		}
		if line != fmt.Sprintf("tick %d\n", n) {
			t.Fatalf("line %d of a run is %q", n, line)
		}
	}
}

func TestTheLastLinesOfALongLogComeFirst(t *testing.T) {
	const lines = 1_000_000
	p, api := connect(t, t.TempDir())
	id := start(t, api, "chatty", container.Config{}, container.HostConfig{}, "print", fmt.Sprint(lines))
	waited := api.ContainerWait(t.Context(), id, client.ContainerWaitOptions{})
	select {
	case <-waited.Result:
	case err := <-waited.Error:
		t.Fatal(err)
	}
	l := newLogStore()
	stop := tail(t, p, id, l, nil)
	defer stop()
	l.until(t, fmt.Sprintf("line %d\n", lines))
	got := strings.Split(strings.TrimSuffix(l.String(), "\n"), "\n")
	first := lines - 10_000 + 1
	if len(got) != 10_001 || !strings.Contains(got[0], "older lines are left out") || got[1] != fmt.Sprint("line ", first) {
		t.Errorf("%d lines, the first ones %q", len(got), got[:2])
	}
}

func TestALineLongerThanTheEnginesBufferIsOneLine(t *testing.T) {
	p, api := connect(t, t.TempDir())
	id := start(t, api, "long", container.Config{}, container.HostConfig{}, "long", "100000")
	l := newLogStore()
	stop := tail(t, p, id, l, nil)
	defer stop()
	l.until(t, "after\n")
	l.until(t, "x\n")
	want := strings.Repeat("x", 100000) + "\n"
	if got := l.text[0].String(); got != want {
		t.Errorf("%d characters, want %d", len(got), len(want))
	}
	if got := l.text[1].String(); got != "after\n" {
		t.Errorf("stderr: %q", got)
	}
}

func TestATerminalsLogIsReadToo(t *testing.T) {
	p, api := connect(t, t.TempDir())
	id := start(t, api, "tty", container.Config{Tty: true}, container.HostConfig{}, "print", "3")
	l := newLogStore()
	stop := tail(t, p, id, l, nil)
	defer stop()
	l.until(t, "line 3")
	if got := strings.ReplaceAll(l.String(), "\r", ""); got != "line 1\nline 2\nline 3\n" {
		t.Errorf("%q", got)
	}
}

func TestUsageIsSampledWhileItIsLookedAt(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	id := start(t, api, "busy", container.Config{}, container.HostConfig{}, "tick", "10us")
	w.until(t, "busy", phase(tasks.PhaseUp))
	samples := make(chan tasks.Usage, 100)
	stop := tail(t, p, id, newLogStore(), func(u tasks.Usage) { samples <- u })
	defer stop()
	select {
	case u := <-samples:
		if u.Memory < 100_000 || u.Processes < 1 || u.CPU <= 0 {
			t.Errorf("%+v", u)
		}
	case <-time.After(patience):
		t.Fatal("nothing is sampled")
	}
}

func TestAShellIsOpenedOrSaidToBeMissing(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	id := start(t, api, "bare", container.Config{}, container.HostConfig{}, "sleep")
	w.until(t, "bare", phase(tasks.PhaseUp))
	_, err := p.Open(t.Context(), tasks.NewResourceID("docker", "container", id))
	if err == nil || err.Error() != "the image part has no shell" {
		t.Errorf("an image without a shell: %v", err)
	}
}
