package integrationtest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"time"
)

// skippedFile names the file that Skip appends to: what `make test` could not
// test is said in its last lines.
const skippedFile = "SAWHORSE_TEST_SKIPPED"

// Skip leaves a test out, by name and never silently.
func Skip(tb testing.TB, why string) {
	tb.Helper()
	if path := os.Getenv(skippedFile); path != "" {
		if f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			fmt.Fprintf(f, "%s: %s\n", tb.Name(), why)
			_ = f.Close()
		}
	}
	tb.Skip(why)
}

// Engine is a container engine for the tests of one package: a dockerd of its
// own, whose images, containers and networks nobody else sees. The zero Engine
// starts it when it is first asked for; TestMain has to Stop it.
//
// It makes no firewall rules and no default bridge: networks that containers
// are given work all the same, and their ports are published by docker-proxy.
type Engine struct {
	mu    sync.Mutex
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
	why   string // why there is none
}

// Host is the engine's address; without one the test is skipped, by name.
func (e *Engine) Host(tb testing.TB) string {
	tb.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cmd == nil && e.why == "" {
		if err := e.start(); err != nil {
			e.why = "no container engine can be started here: " + err.Error()
		}
	}
	if e.why != "" {
		Skip(tb, e.why)
	}
	return e.Address()
}

// Restart ends the engine, runs between, and starts it anew with what it had.
func (e *Engine) Restart(tb testing.TB, between func()) {
	tb.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.end()
	if between != nil {
		between()
	}
	if err := e.start(); err != nil {
		tb.Fatalf("start the engine again: %v", err)
	}
}

// Stop ends the engine and all of its containers, and deletes what it had.
func (e *Engine) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.end()
	if e.dir != "" {
		_ = os.RemoveAll(e.dir)
	}
}

func (e *Engine) end() {
	if e.cmd == nil {
		return
	}
	_ = e.cmd.Process.Signal(os.Interrupt)
	select {
	case <-e.ended:
	case <-time.After(30 * time.Second):
		_ = e.cmd.Process.Kill()
		<-e.ended
	}
	e.cmd = nil
}

func (e *Engine) start() error {
	if runtime.GOOS != "linux" {
		return errors.New("dockerd runs on Linux only")
	}
	if os.Getuid() != 0 {
		return errors.New("dockerd needs root")
	}
	program, err := exec.LookPath("dockerd")
	if err != nil {
		return errors.New("dockerd is not on PATH: scripts/needs installs it where it can")
	}
	if e.dir == "" {
		// The path of a socket must be short.
		if e.dir, err = os.MkdirTemp("", "engine"); err != nil {
			return err
		}
	}
	at := func(name string) string { return filepath.Join(e.dir, name) }
	log, err := os.OpenFile(at("log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "--host", e.Address(), "--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"),
		"--iptables=false", "--ip6tables=false", "--bridge=none")
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)
	e.ended = make(chan struct{})
	began := make(chan error)
	go func() {
		// The engine dies with the thread that started it, so that it is never left
		// behind: the thread is kept until it has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		defer close(e.ended)
		err := cmd.Start()
		began <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-began; err != nil {
		return err
	}
	e.cmd = cmd
	if err := e.awaitSocket(time.Minute); err != nil {
		e.end()
		return fmt.Errorf("%w: %s", err, lastLine(at("log")))
	}
	return nil
}

// awaitSocket returns when the engine listens: it does when it can answer.
func (e *Engine) awaitSocket(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var dial net.Dialer
	for {
		conn, err := dial.DialContext(ctx, "unix", filepath.Join(e.dir, "docker.sock"))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-e.ended:
			return errors.New("dockerd ended")
		case <-ctx.Done():
			return errors.New("dockerd does not listen")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func lastLine(path string) string {
	raw, _ := os.ReadFile(path)
	return string(raw[max(0, len(raw)-400):])
}

// Address is where the engine is, or was.
func (e *Engine) Address() string { return "unix://" + filepath.Join(e.dir, "docker.sock") }

// Image makes an image of a static program and what else belongs to it, by the
// engine's own API: nothing else is needed, and nothing is fetched.
func (e *Engine) Image(tb testing.TB, name string, program []byte) {
	tb.Helper()
	e.Host(tb)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range []struct {
		name string
		text []byte
	}{{"program", program}, {"Dockerfile", []byte("FROM scratch\nCOPY program /program\nENTRYPOINT [\"/program\"]\n")}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.text))}); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write(f.text); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	web := e.web()
	q, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "http://engine/build?rm=1&t="+url.QueryEscape(name), &b)
	if err != nil {
		tb.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-tar")
	a, err := web.Do(q)
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Body.Close()
	if said, err := io.ReadAll(a.Body); err != nil || !bytes.Contains(said, []byte("Successfully tagged")) {
		tb.Fatalf("the image %s can't be built: %v\n%s", name, err, said)
	}
}

// Names are what the engine has: its answer to "containers/json?all=1" or
// "volumes", by name.
func (e *Engine) Names(tb testing.TB, of string) []string {
	tb.Helper()
	web := e.web()
	q, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "http://engine/"+of, nil)
	if err != nil {
		tb.Fatal(err)
	}
	a, err := web.Do(q)
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, m := range named.FindAllSubmatch(raw, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

var named = regexp.MustCompile(`"Names?":\[?"/?([^"]+)"`)

// web speaks to the engine's socket.
func (e *Engine) web() *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(e.dir, "docker.sock"))
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// Run starts a container of an image.
func (e *Engine) Run(tb testing.TB, name, image string, args ...string) {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"Image": image, "Cmd": args, "HostConfig": map[string]any{"NetworkMode": "none"}})
	if err != nil {
		tb.Fatal(err)
	}
	for _, path := range []string{"containers/create?name=" + url.QueryEscape(name), "containers/" + name + "/start"} {
		q, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "http://engine/"+path, bytes.NewReader(body))
		if err != nil {
			tb.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/json")
		a, err := e.web().Do(q)
		if err != nil {
			tb.Fatal(err)
		}
		said, _ := io.ReadAll(a.Body)
		_ = a.Body.Close()
		if a.StatusCode >= 300 {
			tb.Fatalf("run %s: %s %s", name, a.Status, said)
		}
		body = nil
	}
}
