//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newWorld makes a world with a workspace file in its work directory.
func newWorld(t *testing.T, file string) (w world, dir string) {
	t.Helper()
	base := t.TempDir()
	w = world{home: filepath.Join(base, "home"), state: filepath.Join(base, "state")}
	dir = filepath.Join(base, "work")
	for _, d := range []string{w.home, dir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "sawhorse.yml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
	})
	return w, dir
}

// sawhorse runs the program in a world and returns what it printed.
func (w world) sawhorse(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program := theProgram(t)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, w.environ(program)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sawhorse %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// fifty is a workspace of fifty services in layers of five: each waits for one
// of the layer before, and has a child of its own.
func fifty() string {
	var b strings.Builder
	b.WriteString("version: 1\nservices:\n")
	for i := range 50 {
		after := ""
		if i >= 5 {
			after = fmt.Sprintf(", depends_on: [s%02d]", i-5)
		}
		fmt.Fprintf(&b, "  s%02d: {run: 'sleep 1000 & echo up; wait', ready: {log: up}%s}\n", i, after)
	}
	return b.String()
}

func TestFiftyServicesComeUpAndLeaveNothing(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, fifty())
	w.sawhorse(t, dir, "trust")
	ready := func(when string) {
		t.Helper()
		if got := strings.Count(w.sawhorse(t, dir, "ps"), " ready "); got != 50 {
			t.Fatalf("%s: %d services are ready, want 50", when, got)
		}
	}
	w.sawhorse(t, dir, "up", "-d")
	ready("after up")
	w.sawhorse(t, dir, "down")
	if err := w.empty(time.Second); err != nil {
		t.Fatalf("after down: %v", err)
	}

	w.sawhorse(t, dir, "up", "-d")
	ready("up again")
	pid, err := w.host()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := w.empty(5 * time.Second); err != nil {
		t.Fatalf("after kill -9 of the host: %v", err)
	}
}
