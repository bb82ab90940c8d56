package docker_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// run is a service's run as the engine of the workspace sees it.
type run struct {
	mu     sync.Mutex
	log    strings.Builder
	events []tasks.Event
	news   chan struct{}
	cancel context.CancelCauseFunc
	done   chan error
}

var _ tasks.Sink = (*run)(nil)

func (r *run) Log(_ logs.Stream, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Write(p)
	r.tell()
}

func (r *run) Emit(e tasks.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	r.tell()
}

func (r *run) tell() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *run) output() string { r.mu.Lock(); defer r.mu.Unlock(); return r.log.String() }

// until waits for something to hold of the run.
func (r *run) until(t *testing.T, what string, holds func(log string, events []tasks.Event) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		ok := holds(r.log.String(), r.events)
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-r.news:
		case <-deadline:
			t.Fatalf("%s does not come; the log:\n%s\nevents: %+v", what, r.output(), r.events)
		}
	}
}

func (r *run) untilReady(t *testing.T) {
	t.Helper()
	r.until(t, "ready", func(_ string, events []tasks.Event) bool {
		for _, e := range events {
			if _, ok := e.(tasks.RunReady); ok {
				return true
			}
		}
		return false
	})
}

func (r *run) end(t *testing.T, cause error) error {
	t.Helper()
	r.cancel(cause)
	return r.ended(t)
}

func (r *run) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		t.Fatalf("the run does not end; its log:\n%s", r.output())
		return nil
	}
}

// runner is a runner for a workspace, whose containers are gone after the test.
func runner(t *testing.T, dir string) *docker.Runner {
	t.Helper()
	return runnerWith(t, dir, nil)
}

// runnerWith is a runner for a person whose environment says something.
func runnerWith(t *testing.T, dir string, env map[string]string) *docker.Runner {
	t.Helper()
	host := engine.Host(t)
	r := docker.NewRunner(docker.RunnerOptions{
		Dir: dir, Name: "shop",
		Place: integrations.Place{State: filepath.Join(dir, "state"), Getenv: func(name string) string { return env[name] }, Declared: []integrations.Declared{{Name: "docker", Options: map[string]string{"host": host}}}},
		Env: func(u config.Unit, _ func(string) (string, bool)) ([]string, error) {
			var all []string
			for k, v := range u.Env {
				all = append(all, k+"="+v)
			}
			return all, nil
		},
	})
	t.Cleanup(func() {
		if err := r.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func begin(t *testing.T, r *docker.Runner, u config.Unit, change func(*tasks.Request)) *run {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	x := &run{news: make(chan struct{}, 1), cancel: cancel, done: make(chan error, 1)}
	if u.Stop.Timeout == 0 {
		u.Stop = config.Stop{Signal: "TERM", Timeout: 5 * time.Second}
	}
	u.Kind = config.Service
	q := tasks.Request{Run: tasks.NewRunID(u.Name, 1), Task: tasks.Task{Name: u.Name, Of: u.Name, Kind: config.Service, Spec: u}}
	if change != nil {
		change(&q)
	}
	go func() { x.done <- r.Run(ctx, q, x) }()
	t.Cleanup(func() { cancel(tasks.ErrCancelled) })
	return x
}

func unit(name string, c config.Container, command ...string) config.Unit {
	return config.Unit{Name: name, Command: command, Container: &c}
}

func TestAServiceIsAContainerThatIsReadyLoggedStoppedAndRemoved(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	u := unit("db", config.Container{Image: "part", Volumes: []config.Volume{{Source: "data", Target: "/data"}, {Source: dir, Target: "/here", Only: "ro"}}}, "serve", ":9000")
	u.Env = map[string]string{"NAME": "db"}
	u.Ports = []config.Port{{Name: "http", Target: 9000}}
	u.Ready = &config.Probe{HTTP: "http://127.0.0.1:${{ ports.http }}/", Every: 50 * time.Millisecond, Timeout: 5 * time.Second, Within: patience}
	port := freePort(t)
	x := begin(t, r, u, func(q *tasks.Request) { q.Ports = map[string]int{"http": port} })
	x.untilReady(t)
	x.until(t, "its output", func(log string, _ []tasks.Event) bool { return strings.Contains(log, "serving on :9000 as db\n") })
	if err := x.end(t, tasks.ErrCancelled); err != nil {
		t.Errorf("a container that was stopped: %v", err)
	}
	if !strings.HasSuffix(x.output(), "bye\n") {
		t.Errorf("it did not end by itself: %q", x.output())
	}
	if err := r.Down(t.Context()); err != nil {
		t.Error(err)
	}
	list, err := api.ContainerList(t.Context(), client.ContainerListOptions{All: true})
	if err != nil || len(list.Items) != 0 {
		t.Errorf("containers are left: %+v, %v", list.Items, err)
	}
	volumes, err := api.VolumeList(t.Context(), client.VolumeListOptions{})
	if err != nil || len(volumes.Items) != 1 || !strings.HasSuffix(volumes.Items[0].Name, "_data") {
		t.Errorf("a volume with a name is kept: %+v, %v", volumes.Items, err)
	}
	for _, v := range volumes.Items {
		_, _ = api.VolumeRemove(t.Context(), v.Name, client.VolumeRemoveOptions{})
	}
}

func TestAContainerThatAHostLeftIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	u := unit("ticker", config.Container{Image: "part"}, "tick", "10ms")
	first := runner(t, dir)
	x := begin(t, first, u, nil)
	x.until(t, "its output", func(log string, _ []tasks.Event) bool { return strings.Contains(log, "tick 5\n") })
	if err := x.end(t, tasks.ErrLeaving); !errors.Is(err, context.Canceled) {
		t.Errorf("left: %v", err)
	}
	second := runner(t, dir)
	y := begin(t, second, u, nil)
	y.untilReady(t)
	y.until(t, "what it goes on to say", func(log string, _ []tasks.Event) bool { return strings.Count(log, "\ntick ") > 5 })
	if !strings.HasPrefix(y.output(), "took over the container ") || strings.Contains(y.output(), "\ntick 1\n") {
		t.Errorf("not taken over: %.200q", y.output())
	}
	u.Command = []string{"tick", "11ms"}
	_ = y.end(t, tasks.ErrCancelled)
	z := begin(t, second, u, nil)
	z.until(t, "a new container", func(log string, _ []tasks.Event) bool {
		return strings.Contains(log, "its container is made anew") && strings.Contains(log, "\ntick 1\n")
	})
	_ = z.end(t, tasks.ErrCancelled)
}

func TestAnEndSaysWhy(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	err := begin(t, r, unit("bad", config.Container{Image: "part"}, "exit", "3"), nil).ended(t)
	if e, ok := errors.AsType[*tasks.ExitError](err); !ok || e.Exit.Code != 3 {
		t.Errorf("exit 3: %v", err)
	}
	err = begin(t, r, unit("nothing", config.Container{Image: "no-such-image:here", Pull: config.PullNever}), nil).ended(t)
	if e, ok := errors.AsType[*tasks.StartError](err); !ok || e.Reason != "the image no-such-image:here is not there, and pull is never" {
		t.Errorf("no image: %v", err)
	}
	x := begin(t, r, unit("shot", config.Container{Image: "part"}, "sleep"), nil)
	x.untilReady(t)
	list, err := api.ContainerList(t.Context(), client.ContainerListOptions{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := api.ContainerRemove(t.Context(), list.Items[0].ID, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if err := x.ended(t); err == nil {
		t.Error("a container that somebody removed ended well")
	}
}

func TestABuildHasStepsAndAFailedOneItsLine(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	files := map[string]string{
		"api/Dockerfile":    "# the api\nFROM part\n\nARG WHO\nENV NAME=$WHO\nCOPY hello.txt \\\n  /hello.txt\n",
		"api/hello.txt":     "hello\n",
		"api/secret.txt":    "no\n",
		"api/.dockerignore": "secret*\n",
	}
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	u := unit("api", config.Container{Build: &config.Build{Context: filepath.Join(dir, "api"), Args: map[string]string{"WHO": "me"}}}, "cat", "/hello.txt")
	x := begin(t, r, u, nil)
	if err := x.ended(t); err != nil {
		t.Fatalf("%v: %s", err, x.output())
	}
	var steps []string
	for _, e := range x.events {
		if s, ok := e.(tasks.StepChanged); ok && s.Step.Status.Done() {
			steps = append(steps, string(s.Step.Status)+" "+s.Step.Name)
		}
	}
	want := []string{"succeeded 1/4 FROM part", "succeeded 2/4 ARG WHO", "succeeded 3/4 ENV NAME=$WHO", "succeeded 4/4 COPY hello.txt   /hello.txt"}
	if diff := cmp.Diff(want, steps); diff != "" || !strings.Contains(x.output(), "/hello.txt: hello\n") {
		t.Errorf("(-want +got):\n%s%s", diff, x.output())
	}

	write(t, filepath.Join(dir, "api/Dockerfile"), "# the api\nFROM part\n\nCOPY hello.txt /\nCOPY secret.txt /\n")
	x = begin(t, r, u, nil)
	err := x.ended(t)
	const reason = "api/Dockerfile:5: build failed at step 3, COPY secret.txt /: "
	if e, ok := errors.AsType[*tasks.ExitError](err); !ok || !strings.HasPrefix(e.Reason, reason) || !strings.Contains(e.Reason, "secret.txt") {
		t.Errorf("%v", err)
	}
	last, ok := x.events[len(x.events)-1].(tasks.DiagnosticReported)
	if !ok || last.Diagnostic.Location != (tasks.Location{File: "api/Dockerfile", Line: 5}) {
		t.Errorf("told as %+v", x.events[len(x.events)-1])
	}
}

func TestAServiceOutlivesItsEngineOnlyAsFarAsItsContainerDoes(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	x := begin(t, r, unit("lone", config.Container{Image: "part"}, "sleep"), nil)
	x.untilReady(t)
	engine.Restart(t, nil)
	// Without live-restore the engine ends its containers, and says so afterwards.
	if err := x.ended(t); err != nil {
		if _, ok := errors.AsType[*tasks.ExitError](err); !ok {
			t.Errorf("%v", err)
		}
	}
	y := begin(t, r, unit("lone", config.Container{Image: "part"}, "sleep"), nil)
	y.untilReady(t)
	_ = y.end(t, tasks.ErrCancelled)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAServiceTakesIsSampled(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	x := begin(t, r, unit("busy", config.Container{Image: "part"}, "tick", "10us"), nil)
	x.untilReady(t)
	if u := r.Usage(t.Context())["busy#1"]; u.Memory < 100_000 || u.Processes < 1 {
		t.Errorf("the first sample: %+v", u)
	}
	deadline := time.Now().Add(patience)
	for r.Usage(t.Context())["busy#1"].CPU <= 0 {
		if time.Now().After(deadline) {
			t.Fatal("it takes no time of the processor")
		}
	}
	_ = x.end(t, tasks.ErrCancelled)
	if all := r.Usage(t.Context()); len(all) != 0 {
		t.Errorf("what does not run takes %+v", all)
	}
}
