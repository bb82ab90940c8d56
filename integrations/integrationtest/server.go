package integrationtest

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Server is a real server that a test starts: on a port of its own of
// 127.0.0.1, in a process group that ends with the test.
type Server struct {
	// Program is looked for below .cache/runners of the repository, where
	// scripts/runners puts it; without it the test is skipped and says so.
	Program string
	// Args and Env may hold {port} and {dir}, a directory of the server's own.
	Args, Env []string
	// Ready is a path that answers 200 when the server can be used; empty: the test
	// finds out itself.
	Ready string
}

// serverPatience is for a machine that does much else: these servers import for long.
const serverPatience = 3 * time.Minute

// Start starts the server and returns its address when it is ready.
func (s Server) Start(tb testing.TB) (url string) {
	tb.Helper()
	program := Runner(tb, s.Program)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	dir := tb.TempDir()
	fill := strings.NewReplacer("{port}", strconv.Itoa(port), "{dir}", dir)
	var args []string
	for _, a := range s.Args {
		args = append(args, fill.Replace(a))
	}
	cmd := exec.Command(program, args...) //nolint:gosec // the test's own program
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "PYTHONDONTWRITEBYTECODE=")
	for _, e := range s.Env {
		cmd.Env = append(cmd.Env, fill.Replace(e))
	}
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	tb.Cleanup(func() {
		endGroup(cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
		}
		endGroup(cmd.Process.Pid, syscall.SIGKILL)
		<-gone
	})
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	if s.Ready == "" {
		return url
	}
	deadline := time.Now().Add(serverPatience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(url + s.Ready) {
			return url
		}
		select {
		case <-gone:
			tb.Fatalf("%s ended: %s", s.Program, said)
		case <-tick.C:
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%s is not ready after %v: %s", s.Program, serverPatience, said)
		}
	}
}

// Runner is a program that scripts/runners has installed; without it the test
// is skipped.
func Runner(tb testing.TB, program string) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			tb.Fatal("no go.mod above the test")
		}
	}
	path := filepath.Join(dir, ".cache", "runners", filepath.FromSlash(program))
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("no %s: scripts/runners installs it", program)
	}
	return path
}

func answers(url string) bool {
	c := http.Client{Timeout: 2 * time.Second}
	a, err := c.Get(url)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, a.Body)
	_ = a.Body.Close()
	c.CloseIdleConnections()
	return a.StatusCode == http.StatusOK
}

// tail keeps the end of what a server says.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.b.Len() > 64<<10 {
		w.b.Next(w.b.Len() - 16<<10)
	}
	return w.b.Write(p)
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// Revocable stands before a real server, for the contract: until revoke is called it
// hands everything on, websockets too; then nobody is let in any more.
func Revocable(t *testing.T, server string) (address string, revoke func()) {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: log.New(io.Discard, "", 0), // who asks leaves now and then
	}
	var revoked atomic.Bool
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if revoked.Load() {
			http.Error(w, `{"detail": "revoked"}`, http.StatusUnauthorized)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL, func() { revoked.Store(true) }
}
