package attach_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

// host is a served engine.
type host struct {
	engine    *fakeEngine
	terminals *fakeTerminals
	path      string
	stop      context.CancelFunc
	done      chan struct{} // closed when Serve has returned
}

func startHost(t *testing.T, change ...func(*attach.ServerOptions)) *host {
	t.Helper()
	h := &host{
		engine: newEngine(), terminals: &fakeTerminals{open: map[tasks.RunID]*fakeTerminal{}},
		path: filepath.Join(stateDir(t), "host.sock"), done: make(chan struct{}),
	}
	o := attach.ServerOptions{Version: "1.2.3", Interactor: h.terminals}
	for _, c := range change {
		c(&o)
	}
	l, err := attach.Listen(h.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	go func() {
		defer close(h.done)
		if err := attach.Serve(ctx, l, h.engine, o); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	t.Cleanup(func() {
		h.engine.end()
		stop()
		h.wait(t)
	})
	return h
}

// stateDir is short enough for a socket on every system, and private.
func stateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "attach") //nolint:usetesting // t.TempDir is too long for a socket on macOS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (h *host) wait(t *testing.T) {
	t.Helper()
	select {
	case <-h.done:
	case <-time.After(patience):
		t.Fatal("Serve does not return")
	}
}

func (h *host) dial(t *testing.T) *attach.Client {
	t.Helper()
	c, err := attach.Dial(t.Context(), h.path, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw is a connection that says what it likes.
func (h *host) raw(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", h.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func next(t *testing.T, batches <-chan []tasks.Event) []tasks.Event {
	t.Helper()
	select {
	case batch, open := <-batches:
		if !open {
			t.Fatal("the subscription ended")
		}
		return batch
	case <-time.After(patience):
		t.Fatal("no events came")
	}
	return nil
}

// rest applies everything until the subscription ends.
func rest(t *testing.T, state *tasks.State, batches <-chan []tasks.Event) {
	t.Helper()
	for {
		select {
		case batch, open := <-batches:
			if !open {
				return
			}
			for _, e := range batch {
				state.Apply(e)
			}
		case <-time.After(patience):
			t.Fatal("the subscription does not end")
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("never: " + what)
		}
	}
}

func service(name string) tasks.Task { return tasks.Task{Name: name, Of: name, Kind: "service"} }

func TestAQuestionIsAnsweredByTheHostsConnections(t *testing.T) {
	h := startHost(t)
	c := h.dial(t)
	got, err := c.Query(t.Context(), tasks.Query{Provider: "yard", Name: "runs", Args: map[string]string{"x": "<&>"}})
	want := tasks.Result{Text: "yard runs", Rows: [][]string{{"<&>"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	h.engine.refuse = errors.New("the yard is closed")
	if _, err := c.Query(t.Context(), tasks.Query{}); err == nil || err.Error() != "the yard is closed" {
		t.Errorf("refused with %v", err)
	}
}

func TestTwoScreensSeeTheSame(t *testing.T) {
	h := startHost(t)
	h.engine.emit(tasks.Configured{Name: "shop", Tasks: []tasks.Task{service("db"), service("api")}})
	first, firstBatches := h.dial(t).Subscribe(t.Context())
	h.engine.emit(tasks.RunQueued{Run: tasks.Run{ID: "db#1", Task: "db", Number: 1, QueuedAt: time.Unix(5, 0).UTC()}})
	second, secondBatches := h.dial(t).Subscribe(t.Context())
	h.engine.emit(tasks.RunStarted{ID: "db#1", At: time.Unix(6, 0).UTC()}, tasks.LogGrew{Key: "db", Lines: 7})
	h.engine.emit(tasks.HostLeaving{Why: "down"})
	h.engine.end()
	rest(t, &first, firstBatches)
	rest(t, &second, secondBatches)
	want := h.engine.snapshot()
	for name, got := range map[string]tasks.State{"first": first, "second": second} {
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the host's state (-) and the %s screen's (+):\n%s", name, diff)
		}
	}
}

func TestASlowScreenGetsLongerBatchesAndNoGaps(t *testing.T) {
	h := startHost(t)
	h.engine.emit(tasks.Configured{Tasks: []tasks.Task{service("db"), {Name: "test", Of: "test", Kind: "task"}}})
	h.engine.emit(tasks.RunQueued{Run: tasks.Run{ID: "test#1", Task: "test", Number: 1}})
	state, batches := h.dial(t).Subscribe(t.Context())
	const tests, growths = 2000, 20_000
	long := strings.Repeat("x", 2000)
	for i := range tests {
		h.engine.emit(tasks.TestReported{ID: "test#1", Test: tasks.TestResult{Name: fmt.Sprint(i), Status: tasks.TestPassed, Message: long}})
	}
	for i := range growths {
		h.engine.emit(tasks.LogGrew{Key: "db", Lines: int64(i + 1)})
	}
	h.engine.end()
	longest, seen := 0, 0
	for batch := range batches {
		longest = max(longest, len(batch))
		for _, e := range batch {
			if r, ok := e.(tasks.TestReported); ok {
				if r.Test.Name != fmt.Sprint(seen) {
					t.Fatalf("after test %d came test %s", seen-1, r.Test.Name)
				}
				seen++
			}
			state.Apply(e)
		}
	}
	if seen != tests || state.Lines["db"] != growths {
		t.Errorf("%d tests and %d lines arrived", seen, state.Lines["db"])
	}
	if longest < 500 {
		t.Errorf("the longest batch had %d events, as if nothing had waited", longest)
	}
}

func TestAScreenThatDoesNotReadIsLetGo(t *testing.T) {
	h := startHost(t, func(o *attach.ServerOptions) { o.WriteTimeout = 50 * time.Millisecond })
	conn := h.raw(t)
	_, _ = io.WriteString(conn, "GET /v1/events HTTP/1.1\r\nHost: sawhorse\r\n\r\n")
	eventually(t, "the screen is subscribed", func() bool { return h.engine.subscribers() == 1 })
	huge := strings.Repeat("x", 8<<20)
	h.engine.emit(tasks.HostLeaving{Why: huge})
	eventually(t, "the host lets go of it", func() bool { return h.engine.subscribers() == 0 })
	h.dial(t) // and serves others
}

func TestAScreenThatClosesIsForgottenAtOnce(t *testing.T) {
	h := startHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, batches := h.dial(t).Subscribe(ctx)
	other := h.dial(t)
	_, otherBatches := other.Subscribe(t.Context())
	eventually(t, "both are subscribed", func() bool { return h.engine.subscribers() == 2 })
	cancel()
	rest(t, new(tasks.State), batches)
	eventually(t, "one is left", func() bool { return h.engine.subscribers() == 1 })
	_ = other.Close()
	rest(t, new(tasks.State), otherBatches)
	eventually(t, "none is left", func() bool { return h.engine.subscribers() == 0 })
}

func TestAHostThatLeavesSaysGoodbyeToAll(t *testing.T) {
	h := startHost(t, func(o *attach.ServerOptions) { o.Drain = patience / 2 })
	c := h.dial(t)
	state, batches := c.Subscribe(t.Context())
	term, err := c.Terminal(t.Context(), "db#3")
	if err != nil {
		t.Fatal(err)
	}
	const notices = 1000 // more than fits between the two at once
	for i := range notices {
		h.engine.emit(tasks.NoticeRaised{Notice: tasks.Notice{ID: fmt.Sprint(i), Message: strings.Repeat("x", 2000)}})
	}
	h.engine.emit(tasks.HostLeaving{Why: "somebody said down"})
	h.engine.end()
	h.stop()
	rest(t, &state, batches)
	if state.Leaving != "somebody said down" || len(state.Notices) != notices {
		t.Errorf("after %d notices, state.Leaving is %q", len(state.Notices), state.Leaving)
	}
	if _, err := term.Read(make([]byte, 1)); err == nil {
		t.Error("the terminal is still open")
	}
	h.wait(t)
	if _, err := os.Lstat(h.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	late, none := c.Subscribe(t.Context())
	rest(t, &late, none)
	if !strings.Contains(late.Leaving, "no host is running") {
		t.Errorf("a subscription to nobody says %q", late.Leaving)
	}
	if err := c.Do(t.Context(), tasks.Reload{}); !errors.Is(err, attach.ErrNoHost) {
		t.Errorf("a command to nobody: %v", err)
	}
}

func TestClientsThatHangDoNotKeepTheHost(t *testing.T) {
	h := startHost(t, func(o *attach.ServerOptions) { o.Drain = 20 * time.Millisecond })
	h.raw(t) // says nothing, ever
	_, _ = io.WriteString(h.raw(t), "POST /v1/do HTTP/1.1\r\nHost: sawhorse\r\nContent-Length: 100\r\n\r\n{")
	_, _ = io.WriteString(h.raw(t), "GET /v1/events HTTP/1.1\r\nHost: sawhorse\r\n\r\n")
	eventually(t, "a screen is subscribed", func() bool { return h.engine.subscribers() == 1 })
	h.engine.emit(tasks.HostLeaving{Why: strings.Repeat("x", 8<<20)}) // that it never reads
	h.stop()
	h.wait(t)
}

func TestServingEndsWhileTheEngineGoesOn(t *testing.T) {
	h := startHost(t, func(o *attach.ServerOptions) { o.Drain = 10 * time.Millisecond })
	state, batches := h.dial(t).Subscribe(t.Context())
	h.stop()
	h.wait(t)
	rest(t, &state, batches)
	if state.Leaving != "" {
		t.Errorf("nobody said goodbye, yet state.Leaving is %q", state.Leaving)
	}
}

func TestARefusedCommandSaysWhy(t *testing.T) {
	h := startHost(t)
	h.engine.refuse = errors.New(`no task "ap"; did you mean "api"?`)
	err := h.dial(t).Do(t.Context(), tasks.RunTask{Name: "ap"})
	if err == nil || err.Error() != h.engine.refuse.Error() {
		t.Errorf("Do: %v", err)
	}
}

func TestWhatIsNotARequestNeverHurtsTheHost(t *testing.T) {
	post := func(body string) string {
		return fmt.Sprintf("POST /v1/do HTTP/1.1\r\nHost: sawhorse\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	cases := map[string]struct{ send, want string }{
		"no HTTP at all":              {"\x00\x01\x02 hello\r\n\r\n", "400 "},
		"a body that is no JSON":      {post("{"), "400 "},
		"an unknown command":          {post(`{"type":"Destroy","data":{}}`), `unknown type \"Destroy\"`},
		"data of another shape":       {post(`{"type":"Start","data":{"Names":7}}`), "400 "},
		"more JSON than one command":  {post(`{"type":"Reload","data":{}} {}`), "400 "},
		"a command without data":      {post(`{"type":"Reload"}`), "400 "},
		"a body that is too large":    {post(strings.Repeat("x", 1<<20+1)), "413 "},
		"a path that is not there":    {"GET /v2/version HTTP/1.1\r\nHost: sawhorse\r\n\r\n", "404 "},
		"a verb that is not there":    {"GET /v1/do HTTP/1.1\r\nHost: sawhorse\r\n\r\n", "405 "},
		"a terminal without upgrade":  {"GET /v1/runs/db%233/terminal HTTP/1.1\r\nHost: sawhorse\r\n\r\n", "426 "},
		"a page in a browser":         {"GET /v1/version HTTP/1.1\r\nHost: sawhorse\r\nOrigin: http://evil.example\r\n\r\n", "403 "},
		"a page of no origin":         {"GET /v1/version HTTP/1.1\r\nHost: sawhorse\r\nOrigin: null\r\n\r\n", "403 "},
		"a name that was rebound":     {"GET /v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n", "403 "},
		"a header that does not stop": {"GET /v1/version HTTP/1.1\r\nHost: sawhorse\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n", "431 "},
	}
	h := startHost(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			conn := h.raw(t)
			go func() { _, _ = io.WriteString(conn, c.send) }() // the host may answer before it was read
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := httputil.DumpResponse(response, true)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), c.want) {
				t.Errorf("answer without %q:\n%s", c.want, got)
			}
			if strings.Contains(string(got), "Access-Control") {
				t.Errorf("a page could read the answer:\n%s", got)
			}
		})
	}
	t.Run("half a request", func(t *testing.T) {
		conn := h.raw(t)
		_, _ = io.WriteString(conn, post(`{"type":"Reload","data":{}}`)[:60])
		_ = conn.Close()
	})
	if err := h.dial(t).Do(t.Context(), tasks.Reload{}); err != nil {
		t.Errorf("after all that: %v", err)
	}
	if n := len(h.engine.did()); n != 1 {
		t.Errorf("%d commands reached the engine: %v", n, h.engine.did())
	}
}

func TestAnotherBuildOfTheSameProtocolIsServedWithAWarning(t *testing.T) {
	h := startHost(t)
	c, err := attach.Dial(t.Context(), h.path, "1.3.0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if want := (attach.HostVersion{Version: "1.2.3", Protocol: attach.Protocol, PID: os.Getpid()}); c.Host() != want {
		t.Errorf("Host() = %+v", c.Host())
	}
	if w := c.Warning(); !strings.Contains(w, "1.2.3") || !strings.Contains(w, "1.3.0") {
		t.Errorf("Warning() = %q", w)
	}
	if w := h.dial(t).Warning(); w != "" {
		t.Errorf("the same build warns: %q", w)
	}
}

func TestAnotherProtocolIsRefusedWithTheWayOut(t *testing.T) {
	path := filepath.Join(stateDir(t), "host.sock")
	l, err := attach.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	old := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"9.0.0","protocol":99,"pid":4711}`)
	})}
	go func() { _ = old.Serve(l) }()
	defer old.Close()
	_, err = attach.Dial(t.Context(), path, "1.2.3")
	if _, ok := errors.AsType[*attach.VersionError](err); !ok {
		t.Fatalf("Dial: %v", err)
	}
	for _, want := range []string{"9.0.0", "1.2.3", "4711", "sawhorse down --force", "host's own binary"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestAHostThatHangsIsSaidToHang(t *testing.T) {
	path := filepath.Join(stateDir(t), "host.sock")
	l, err := attach.Listen(path) // and nobody serves it
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := attach.Dial(ctx, path, "1.2.3"); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("Dial: %v", err)
	}
}
