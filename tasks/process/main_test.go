//go:build linux || darwin

package process

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// TestMain is also every process that the tests start: a guardian, a host, and
// children that behave badly.
func TestMain(m *testing.M) {
	// A program built with -race otherwise waits a second before it exits.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "guard":
			if err := Guard(os.Stdin, os.Args[2], os.Args[3]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "host":
			hostOfFamilies(os.Args[2])
		case "child":
			child := roles[os.Args[2]]
			child(os.Args[3:])
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

var roles = map[string]func([]string){
	"sleep":       func([]string) { say("up"); forever() },
	"ignore-term": func([]string) { deaf(); say("up"); forever() },
	// exit CODE TEXT: prints without a newline.
	"exit": func(a []string) {
		fmt.Print(a[1])
		code, _ := strconv.Atoi(a[0])
		os.Exit(code)
	},
	"leave-children": func([]string) {
		start(false, "sleep")
		start(false, "ignore-term")
		os.Exit(3)
	},
	// outsider: leaves a process that is in no group of ours, has no mark, and
	// keeps our output open.
	"outsider": func([]string) { start(true, "quiet"); say("done") },
	"quiet":    func([]string) { forever() },
	// daemon: a double fork; what stays is in a session of its own.
	"daemon":  func([]string) { _ = again("daemon2").Run(); say("leader stays"); forever() },
	"daemon2": func([]string) { c := again("quiet"); c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}; report(c) },
	// flood LINES: prints them when told to stop.
	"flood": func(a []string) {
		n, _ := strconv.Atoi(a[0])
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		say("up")
		<-stop
		w := bufio.NewWriter(os.Stdout)
		for i := range n {
			fmt.Fprintln(w, i)
		}
		fmt.Fprint(w, "the end")
		w.Flush()
	},
	// graceful: a server that ends in good order on TERM and would die of HUP.
	"graceful": func([]string) {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		say("up")
		<-stop
		<-time.After(200 * time.Millisecond)
		say("closed in good order")
	},
	"echo": func([]string) {
		say("up")
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			say("got " + in.Text())
		}
	},
	"size": func([]string) {
		size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
		if err != nil {
			say("no terminal")
			return
		}
		say(fmt.Sprintf("%dx%d", size.Col, size.Row))
	},
	// listen ADDRESS
	"listen": func(a []string) {
		l, err := net.Listen("tcp", a[0])
		if err != nil {
			say(err.Error())
			os.Exit(1)
		}
		say("listens")
		defer l.Close()
		forever()
	},
	// http ADDRESS: 503 three times, then a redirect to nowhere.
	"http": func(a []string) {
		asked := 0
		_ = http.ListenAndServe(a[0], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked < 4 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		}))
	},
	"family":  func([]string) { say(pidLine(os.Getpid())); start(false, "family2"); forever() },
	"family2": func([]string) { start(false, "ignore-term"); forever() },
}

func say(s string)           { fmt.Println(s) }
func forever()               { time.Sleep(time.Hour) } // a child's life, not a test's wait
func deaf()                  { signal.Ignore(syscall.SIGTERM, syscall.SIGHUP) }
func pidLine(pid int) string { return "pid=" + strconv.Itoa(pid) + " " }

func again(role string) *exec.Cmd {
	c := exec.Command(os.Args[0], "child", role)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c
}

// report starts the process and prints its pid.
func report(c *exec.Cmd) {
	if err := c.Start(); err != nil {
		say(err.Error())
		os.Exit(1)
	}
	say(pidLine(c.Process.Pid))
}

func start(outside bool, role string) {
	c := again(role)
	if outside {
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		c.Env = []string{"PATH=/"}
	}
	report(c)
}

// sink records what a run says.
type sink struct {
	mu      sync.Mutex
	text    map[logs.Stream]string
	events  []tasks.Event
	changed chan struct{}
}

func newSink() *sink {
	return &sink{text: map[logs.Stream]string{}, changed: make(chan struct{})}
}

func (s *sink) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *sink) Log(stream logs.Stream, p []byte) { s.update(func() { s.text[stream] += string(p) }) }

func (s *sink) Emit(e tasks.Event) { s.update(func() { s.events = append(s.events, e) }) }

func (s *sink) out() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text[logs.Out]
}

func (s *sink) all() []tasks.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]tasks.Event{}, s.events...)
}

// until waits for a condition on what was said.
func (s *sink) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if is() {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("waited in vain for %s; printed %q, events %+v", what, s.out(), s.all())
		}
	}
}

func (s *sink) untilPrinted(t *testing.T, text string) {
	t.Helper()
	s.until(t, "output "+text, func() bool { return strings.Contains(s.out(), text) })
}

// pids are those that children have reported.
func (s *sink) pids() []int { return pidsIn(s.out()) }

func pidsIn(text string) []int {
	var pids []int
	for _, piece := range strings.Split(text, "pid=")[1:] {
		word, _, complete := strings.Cut(piece, " ")
		if n, err := strconv.Atoi(word); err == nil && complete {
			pids = append(pids, n)
		}
	}
	return pids
}

// job is a run in progress.
type job struct {
	t      *testing.T
	r      *Runner
	id     tasks.RunID
	sink   *sink
	cancel context.CancelCauseFunc
	err    chan error
}

func newRunner(t *testing.T, o Options) *Runner {
	t.Helper()
	if o.Root == "" {
		o.Root = t.TempDir()
	}
	if o.StateDir == "" {
		o.StateDir = t.TempDir()
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return r
}

func task(u config.Unit) tasks.Task {
	if u.Name == "" {
		u.Name = "api"
	}
	if u.Kind == "" {
		u.Kind = config.Service
	}
	if u.Stop.Timeout == 0 {
		u.Stop.Timeout = 500 * time.Millisecond
	}
	return tasks.Task{Name: u.Name, Kind: u.Kind, Of: u.Name, Spec: u}
}

func role(words ...string) []string { return append([]string{os.Args[0], "child"}, words...) }

func (r *Runner) begin(t *testing.T, req tasks.Request) *job {
	t.Helper()
	if req.Run == "" {
		req.Run = tasks.NewRunID(req.Task.Name, 1)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	j := &job{t: t, r: r, id: req.Run, sink: newSink(), cancel: cancel, err: make(chan error, 1)}
	go func() { j.err <- r.Run(ctx, req, j.sink) }()
	return j
}

// result waits for the run's end.
func (j *job) result() error {
	j.t.Helper()
	select {
	case err := <-j.err:
		return err
	case <-time.After(30 * time.Second):
		j.t.Fatalf("%s does not end; printed %q", j.id, j.sink.out())
		return nil
	}
}

func (j *job) stop() error {
	j.t.Helper()
	j.cancel(tasks.ErrCancelled)
	return j.result()
}

func alive(pid int) bool {
	for _, p := range readProcs() {
		if p.pid == pid {
			return !p.dead
		}
	}
	return false
}

func wantGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("pid %d is alive", pid)
		}
	}
}

// eventually asks until it is so.
func eventually(t *testing.T, within time.Duration, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(within); ; {
		if is() {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
