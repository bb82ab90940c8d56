package docker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAContainerIsToldOfFromItsStartToItsRemoval(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	id := start(t, api, "life", container.Config{}, container.HostConfig{}, "sleep")
	r := w.until(t, "life", phase(tasks.PhaseUp))
	if r.ID != tasks.NewResourceID("docker", "container", id) || r.Native != "running" || r.Own {
		t.Errorf("running: %+v", r)
	}
	for _, step := range []struct {
		operation string
		phase     tasks.Phase
		native    string
	}{
		{"pause", tasks.PhaseOff, "paused"},
		{"unpause", tasks.PhaseUp, "running"},
		{"stop", tasks.PhaseOff, "exited"},
		{"start", tasks.PhaseUp, "running"},
		{"restart", tasks.PhaseUp, "running"},
		{"kill", tasks.PhaseOff, "exited"},
	} {
		if why, off := r.Off[step.operation]; off {
			t.Errorf("%s is off: %q", step.operation, why)
		}
		if err := p.Operate(t.Context(), r, step.operation, nil); err != nil {
			t.Fatal(err)
		}
		r = w.until(t, "life", func(r tasks.Resource) bool { return r.Phase == step.phase && r.Native == step.native })
	}
	if err := p.Operate(t.Context(), r, "remove", nil); err != nil {
		t.Fatal(err)
	}
	w.untilGone(t, "life")
	if err := p.Operate(t.Context(), r, "start", nil); err == nil || !strings.HasPrefix(err.Error(), "start life: No such container: ") {
		t.Errorf("an operation on what is gone: %v", err)
	}
}

func TestAFailureSaysHowItEnded(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	start(t, api, "bad", container.Config{}, container.HostConfig{}, "exit", "3")
	r := w.until(t, "bad", phase(tasks.PhaseFailed))
	if r.Reason != "exit 3" || r.Number != "exit 3" {
		t.Errorf("exit 3: %q, %q", r.Reason, r.Number)
	}
	// An engine forgets the reason when the kernel kills a container before the
	// engine has noted its start.
	for try := range 10 {
		name := fmt.Sprintf("hungry%d", try)
		start(t, api, name, container.Config{}, container.HostConfig{Resources: container.Resources{Memory: 16 << 20, MemorySwap: 16 << 20}}, "eat")
		r = w.until(t, name, func(r tasks.Resource) bool { return r.Phase == tasks.PhaseFailed || r.Native == "exited" })
		if r.Phase == tasks.PhaseFailed {
			break
		}
	}
	if r.Phase != tasks.PhaseFailed || r.Reason != "killed: it ran out of memory" {
		t.Errorf("out of memory: %s, %q", r.Phase, r.Reason)
	}
}

func TestHealthIsToldAndItsChecksAreNoNews(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	id := start(t, api, "sick", container.Config{Healthcheck: &container.HealthConfig{
		Test: []string{"CMD", "/part", "exists", "/well"}, Interval: 100 * time.Millisecond, Retries: 1,
	}}, container.HostConfig{}, "sleep")
	w.until(t, "sick", func(r tasks.Resource) bool { return r.Phase == tasks.PhaseWarning && r.Native == "unhealthy" })
	res, err := p.Query(t.Context(), tasks.Query{Name: "health", Args: map[string]string{"kind": "container", "id": id}})
	if err != nil || len(res.Rows) == 0 || res.Rows[0][2] != "1" || res.Rows[0][3] != "stat /well: no such file or directory" {
		t.Errorf("the health check's output: %v, %v", res.Rows, err)
	}
	told := w.count()
	// The checks go on; a change of state is the next that is told.
	if _, err := api.CopyToContainer(t.Context(), id, client.CopyToContainerOptions{DestinationPath: "/", Content: tarOf(t, "well", "yes")}); err != nil {
		t.Fatal(err)
	}
	w.until(t, "sick", func(r tasks.Resource) bool { return r.Phase == tasks.PhaseUp && r.Native == "healthy" })
	if n := w.count() - told; n > 2 {
		t.Errorf("one change was told %d times", n)
	}
}

func TestWhatBelongsToTheWorkspaceIsKnownByComposesLabels(t *testing.T) {
	dir := t.TempDir()
	p, api := connect(t, dir)
	w := watch(t, p)
	start(t, api, "shop-db-1", container.Config{Labels: map[string]string{
		"com.docker.compose.project": "shop", "com.docker.compose.service": "db", "com.docker.compose.container-number": "1",
		"com.docker.compose.project.working_dir": dir + "/deploy",
	}}, container.HostConfig{}, "sleep")
	r := w.until(t, "db", phase(tasks.PhaseUp))
	if !r.Own || r.Group != "shop" {
		t.Errorf("own %v, group %q", r.Own, r.Group)
	}
}

func TestImagesAndVolumesComeAndGo(t *testing.T) {
	p, api := connect(t, t.TempDir())
	w := watch(t, p)
	image(t, api)
	r := w.until(t, "part:latest", func(tasks.Resource) bool { return true })
	if !strings.HasSuffix(r.Number, " MB") {
		t.Errorf("the image's size: %q", r.Number)
	}
	if _, err := api.VolumeCreate(t.Context(), client.VolumeCreateOptions{Name: "data"}); err != nil {
		t.Fatal(err)
	}
	w.until(t, "data", phase(tasks.PhaseOff))
	user := start(t, api, "user", container.Config{}, container.HostConfig{Binds: []string{"data:/data"}}, "sleep")
	v := w.until(t, "data", phase(tasks.PhaseUp))
	if v.Detail != "user" || v.Off["remove"] != "used by user: remove that first" {
		t.Errorf("a used volume: %+v", v)
	}
	if _, err := api.ContainerRemove(t.Context(), user, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	v = w.until(t, "data", func(r tasks.Resource) bool { return r.Phase == tasks.PhaseOff && r.Number != "" })
	preview, err := p.Query(t.Context(), tasks.Query{Name: "prune.preview", Args: map[string]string{"kind": "volume", "id": "data"}})
	want := tasks.Result{
		Columns: []tasks.Column{{Name: "VOLUME"}, {Name: "SIZE", Number: true}}, Rows: [][]string{{"data", "0 B"}}, Text: "1 volume, 0 B",
	}
	if diff := cmp.Diff(want, preview); diff != "" || err != nil {
		t.Errorf("what a prune would remove (-want +got), %v:\n%s", err, diff)
	}
	if err := p.Operate(t.Context(), v, "prune", nil); err != nil {
		t.Fatal(err)
	}
	w.untilGone(t, "data")
}

func TestWhatAnEngineTellsCanBeShownAndItsViewsAnswer(t *testing.T) {
	p, api := connect(t, t.TempDir())
	start(t, api, "shop-db-1", container.Config{Labels: map[string]string{"com.docker.compose.project": "shop"}}, container.HostConfig{Binds: []string{"data:/data"}}, "sleep")
	watch(t, p).until(t, "shop-db-1", phase(tasks.PhaseUp))
	integrationtest.Told(t, "docker", p)
}

func TestAnEngineThatRestartsEndsTheWatchAndKeepsItsContainers(t *testing.T) {
	p, api := connect(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start(t, api, "still", container.Config{}, container.HostConfig{}, "sleep")
	lost := make(chan error, 1)
	first := make(chan struct{}, 1)
	go func() {
		lost <- p.Watch(ctx, func(tasks.Changes) {
			select {
			case first <- struct{}{}:
			default:
			}
		})
	}()
	<-first
	engine.Restart(t, func() {
		select {
		case err := <-lost:
			if err == nil || ctx.Err() != nil {
				t.Errorf("the watch ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the watch goes on without an engine")
		}
		_, err := docker.Connect(ctx, docker.Endpoint{Host: engine.Address(), From: "a test"}, docker.Options{Name: "docker"})
		var why *tasks.StartError
		if !errors.As(err, &why) || !strings.HasPrefix(why.Reason, "no engine: ") || why.Hint == "" {
			t.Errorf("a stopped engine: %v", err)
		}
	})
	again, _ := connect(t, t.TempDir())
	w := watch(t, again)
	w.until(t, "still", func(r tasks.Resource) bool { return r.Phase == tasks.PhaseOff })
}
