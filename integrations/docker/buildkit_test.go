package docker_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// endedSteps are the steps of a run that have ended, as they did.
func endedSteps(x *run) []string {
	var steps []string
	for _, e := range x.events {
		if s, ok := e.(tasks.StepChanged); ok && s.Step.Status.Done() {
			steps = append(steps, string(s.Step.Status)+" "+s.Step.Name)
		}
	}
	return steps
}

func TestABuildReadsSecretsThatStayOutsideOfTheImage(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runnerWith(t, dir, map[string]string{"TEST_TOKEN": "from a variable"})
	write(t, filepath.Join(dir, "token"), "from a file")
	write(t, filepath.Join(dir, "api/Dockerfile"), "FROM part AS base\nFROM base\nRUN --mount=type=secret,id=one --mount=type=secret,id=two \\\n  [\"/part\", \"cat\", \"/run/secrets/one\", \"/run/secrets/two\"]\nCOPY hello.txt /\n")
	write(t, filepath.Join(dir, "api/hello.txt"), "hello\n")
	b := &config.Build{Context: filepath.Join(dir, "api"), Network: "none", Secrets: []config.BuildSecret{
		{ID: "one", File: filepath.Join(dir, "token")}, {ID: "two", Variable: "TEST_TOKEN"},
	}}
	u := unit("api", config.Container{Build: b}, "cat", "/hello.txt", "/run/secrets/one")
	x := begin(t, r, u, nil)
	_ = x.ended(t)
	log := x.output()
	for _, want := range []string{"/run/secrets/one: from a file\n", "/run/secrets/two: from a variable\n", "/hello.txt: hello\n", "open /run/secrets/one: no such file or directory\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing", want)
		}
	}
	want := []string{
		"succeeded base 1/1 FROM docker.io/library/part",
		"succeeded stage-1 1/2 RUN --mount=type=secret,id=one --mount=type=secret,id=two   [\"/part\", \"cat\", \"/run/secrets/one\", \"/run/secrets/two\"]",
		"succeeded stage-1 2/2 COPY hello.txt /",
	}
	if diff := cmp.Diff(want, endedSteps(x)); diff != "" {
		t.Errorf("steps (-want +got):\n%s\n%s", diff, log)
	}
	needs := map[string][]string{}
	for _, e := range x.events {
		if e, ok := e.(tasks.StepChanged); ok && e.Step.Status.Done() {
			needs[e.Step.Name] = e.Step.Needs
		}
	}
	name := func(i int) string { return strings.TrimPrefix(want[i], "succeeded ") }
	follow := map[string][]string{name(0): nil, name(1): {name(0)}, name(2): {name(1)}}
	if diff := cmp.Diff(follow, needs); diff != "" {
		t.Errorf("what the steps are made from (-want +got):\n%s", diff)
	}
}

func TestABuildKitBuildThatFailsSaysItsLine(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	b := &config.Build{Context: filepath.Join(dir, "api"), Network: "none", Secrets: []config.BuildSecret{{ID: "one", Variable: "NO_SUCH_VARIABLE"}}}
	for name, tt := range map[string]struct {
		text, reason string
		line         int
	}{
		"a program": {"FROM part\n\nRUN [\"/part\", \"exit\", \"0\"]\nRUN [\"/part\", \"exit\", \"3\"]\n", "build failed at step 3/3, RUN [\"/part\", \"exit\", \"3\"]: ", 4},
		"a secret":  {"FROM part\nRUN --mount=type=secret,id=one,required [\"/part\", \"exit\", \"0\"]\n", "build failed at step 2/2, RUN --mount=type=secret,id=one,required [\"/part\", \"exit\", \"0\"]: ", 2},
		"a file":    {"FROM part\nCOPY none.txt /\n", "build failed at step 2/2, COPY none.txt /: ", 2},
		"a word":    {"FROM part\nFOO bar\n", "build failed: dockerfile parse error line 2: unknown instruction: FOO", 2},
	} {
		write(t, filepath.Join(dir, "api/Dockerfile"), tt.text)
		x := begin(t, r, unit("api", config.Container{Build: b}, "sleep"), nil)
		err := x.ended(t)
		at := tasks.Location{File: "api/Dockerfile", Line: tt.line}
		if e, ok := errors.AsType[*tasks.ExitError](err); !ok || !strings.HasPrefix(e.Reason, at.String()+": "+tt.reason) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		last, ok := x.events[len(x.events)-1].(tasks.DiagnosticReported)
		if !ok || last.Diagnostic.Location != at {
			t.Errorf("%s: told as %+v", name, x.events[len(x.events)-1])
		}
	}
}

func TestABuildAsksAnSSHAgent(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	socket := filepath.Join(dir, "agent.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 100)
			n, _ := c.Read(buf)
			_, _ = c.Write([]byte("you said " + string(buf[:n])))
			_ = c.Close()
		}
	}()
	write(t, filepath.Join(dir, "api/Dockerfile"), "FROM part\nRUN --mount=type=ssh,required [\"/part\", \"ask\", \"hello\"]\n")
	b := &config.Build{Context: filepath.Join(dir, "api"), Network: "none", Agents: []config.Agent{{ID: "default", Socket: socket}}}
	x := begin(t, r, unit("api", config.Container{Build: b}, "exit", "0"), nil)
	if err := x.ended(t); err != nil || !strings.Contains(x.output(), "you said hello\n") {
		t.Errorf("%v: %s", err, x.output())
	}
	if _, err := os.Stat(socket); err != nil {
		t.Error(err)
	}
}
