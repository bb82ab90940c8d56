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

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// yardEngine is an engine with the image "part", whose program does what its
// arguments say.
func yardEngine(t *testing.T) (engine *integrationtest.Engine, host string) {
	t.Helper()
	engine = &integrationtest.Engine{}
	t.Cleanup(engine.Stop)
	host = engine.Host(t)
	program := filepath.Join(t.TempDir(), "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, "../../integrations/docker/testdata/part")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	image, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	engine.Image(t, "part", image)
	return engine, host
}

// A host that is killed, again and again, loses no line of a container that runs
// on, and tells none twice.
func TestTheLogOfAContainerIsWholeOverKilledHosts(t *testing.T) {
	t.Parallel()
	_, host := yardEngine(t)
	w, dir := newWorld(t, fmt.Sprintf("version: 1\nintegrations:\n  docker: {host: %q}\nservices:\n  ticker: {image: part, command: [tick, 500us]}\n", host))
	w.sawhorse(t, dir, "trust")
	ticks := func() []string {
		var all []string
		for line := range strings.Lines(w.sawhorse(t, dir, "logs", "ticker")) {
			if strings.HasPrefix(line, "tick ") {
				all = append(all, strings.TrimSpace(line))
			}
		}
		return all
	}
	for n := range 3 {
		before := 0
		if n > 0 {
			before = len(ticks())
		}
		w.sawhorse(t, dir, "up", "-d")
		for deadline := time.Now().Add(patience); len(ticks()) < before+1000; {
			if time.Now().After(deadline) {
				t.Fatalf("the log does not go on: %d lines", len(ticks()))
			}
		}
		pid, err := w.host()
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := w.empty(patience); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range ticks() {
		if want := fmt.Sprintf("tick %d", i+1); line != want {
			t.Fatalf("line %d is %q", i+1, line)
		}
	}
}

// In a directory that declares nothing, what there is to see is the engine.
func TestWhereNothingIsDeclaredTheEngineIsShown(t *testing.T) {
	t.Parallel()
	engine, host := yardEngine(t)
	w, dir := newWorld(t, "version: 1\n")
	nothing := filepath.Join(filepath.Dir(dir), "nothing")
	if err := os.Mkdir(nothing, 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"DOCKER_HOST=" + host}
	ps := func() (string, error) {
		program := theProgram(t)
		cmd := exec.CommandContext(t.Context(), program, "ps")
		cmd.Dir, cmd.Env = nothing, append(w.environ(program), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if said, err := ps(); err == nil || !strings.Contains(said, "no sawhorse.yml in "+nothing) {
		t.Errorf("an engine without containers: %v\n%s", err, said)
	}
	engine.Run(t, "ticker", "part", "tick", "300ms")
	said, err := ps()
	if err != nil || !strings.Contains(said, "● ticker  running") {
		t.Errorf("%v\n%s", err, said)
	}
	if err := w.empty(patience); err != nil {
		t.Error(err)
	}
	p := sit(t, w, nothing, 120, 36, env)
	p.see("CONTAINERS +1/1", "● ticker", "tick 3").press("q")
	if code := p.leaves(); code != 0 {
		t.Errorf("the screen ended with %d", code)
	}
	if err := w.empty(patience); err != nil { // the host has gone with the last who looked
		t.Error(err)
	}
}
