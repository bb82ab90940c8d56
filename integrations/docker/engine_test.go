package docker_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// engine is the one that all tests of this package share.
var engine integrationtest.Engine

func TestMain(m *testing.M) {
	if os.Getenv(dialStdio) != "" {
		stdio()
		return
	}
	code := m.Run()
	engine.Stop()
	os.Exit(code)
}

// patience is for a busy machine.
const patience = time.Minute

// connect is a provider on the engine, for a workspace in dir, and a client
// beside it that plays everybody else.
func connect(t *testing.T, dir string) (*docker.Provider, *client.Client) {
	t.Helper()
	host := engine.Host(t)
	p, err := docker.Connect(t.Context(), docker.Endpoint{Host: host, From: "a test"}, docker.Options{Name: "docker", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.New(client.WithHost(host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(); _ = api.Close() })
	return p, api
}

// part builds the program of the tests, once.
var part = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "part")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "part")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./testdata/part")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return os.ReadFile(out)
})

// image makes the image "part" on the engine.
func image(t *testing.T, api *client.Client) string {
	t.Helper()
	program, err := part()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.ImageInspect(t.Context(), "part"); err == nil {
		return "part"
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(name string, mode int64, content []byte) {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content))})
		_, _ = w.Write(content)
	}
	add("part", 0o755, program)
	add("Dockerfile", 0o644, []byte("FROM scratch\nCOPY part /part\nENTRYPOINT [\"/part\"]\n"))
	_ = w.Close()
	r, err := api.ImageBuild(t.Context(), &b, client.ImageBuildOptions{Tags: []string{"part"}, Remove: true})
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if _, err := api.ImageInspect(t.Context(), "part"); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return "part"
}

// start runs a container of the image and removes it at the end.
func start(t *testing.T, api *client.Client, name string, c container.Config, h container.HostConfig, args ...string) string {
	t.Helper()
	c.Image, c.Cmd = image(t, api), args
	h.NetworkMode = "none"
	made, err := api.ContainerCreate(t.Context(), client.ContainerCreateOptions{Name: name, Config: &c, HostConfig: &h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = api.ContainerRemove(context.Background(), made.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	})
	if _, err := api.ContainerStart(t.Context(), made.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// watched is what a provider has told.
type watched struct {
	mu   sync.Mutex
	all  map[tasks.ResourceID]tasks.Resource
	tell int
	news chan struct{}
	done chan error
}

func watch(t *testing.T, p *docker.Provider) *watched {
	t.Helper()
	w := &watched{all: map[tasks.ResourceID]tasks.Resource{}, news: make(chan struct{}, 1), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		w.done <- p.Watch(ctx, func(c tasks.Changes) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.tell++
			if c.All {
				clear(w.all)
			}
			for _, id := range c.Gone {
				delete(w.all, id)
			}
			for _, r := range c.Changed {
				w.all[r.ID] = r
			}
			select {
			case w.news <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-w.done //nolint:errcheck // how it ended is its own affair
	})
	return w
}

func (w *watched) find(name string) (tasks.Resource, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.all {
		if r.Name == name {
			return r, true
		}
	}
	return tasks.Resource{}, false
}

// until waits for a resource to be as wanted.
func (w *watched) until(t *testing.T, name string, ok func(tasks.Resource) bool) tasks.Resource {
	t.Helper()
	deadline := time.After(patience)
	for {
		if r, there := w.find(name); there && ok(r) {
			return r
		}
		select {
		case <-w.news:
		case <-deadline:
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Fatalf("%s is not as wanted: %+v", name, slices.Collect(maps.Values(w.all)))
		}
	}
}

func (w *watched) untilGone(t *testing.T, name string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		if _, there := w.find(name); !there {
			return
		}
		select {
		case <-w.news:
		case <-deadline:
			t.Fatalf("%s is still there", name)
		}
	}
}

func phase(p tasks.Phase) func(tasks.Resource) bool {
	return func(r tasks.Resource) bool { return r.Phase == p }
}

// logStore is a log as the engine keeps it, in memory.
type logStore struct {
	mu     sync.Mutex
	text   [3]strings.Builder
	all    strings.Builder
	last   time.Time
	newest int // lines at last
	lines  int64
	grew   chan struct{}
}

var _ tasks.LogWriter = (*logStore)(nil)

func newLogStore() *logStore { return &logStore{grew: make(chan struct{}, 1)} }

func (l *logStore) WriteAt(s logs.Stream, p []byte, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text[s].Write(p)
	l.all.Write(p)
	n := bytes.Count(p, []byte("\n"))
	l.lines += int64(n)
	if s != logs.Note {
		if !at.Equal(l.last) {
			l.last, l.newest = at, 0
		}
		l.newest += n
	}
	select {
	case l.grew <- struct{}{}:
	default:
	}
}

func (l *logStore) Note(text string) { l.WriteAt(logs.Note, []byte(text+"\n"), time.Now()) }
func (l *logStore) Lines() int64     { l.mu.Lock(); defer l.mu.Unlock(); return l.lines }
func (l *logStore) Last() (time.Time, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.newest
}

func (l *logStore) Restart() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Reset()
	l.lines, l.last, l.newest = 0, time.Time{}, 0
	return nil
}
func (l *logStore) Close() error { return nil }

func (l *logStore) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.all.String() }

// until waits for the log to hold a text.
func (l *logStore) until(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.grew:
		case <-deadline:
			got := l.String()
			t.Fatalf("%q does not come; the log is %d bytes: …%s", text, len(got), got[max(0, len(got)-300):])
		}
	}
}

func (w *watched) count() int { w.mu.Lock(); defer w.mu.Unlock(); return w.tell }

// tarOf is an archive of one file.
func tarOf(t *testing.T, name, text string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
