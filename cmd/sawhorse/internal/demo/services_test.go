package demo

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// program is a part that runs until the test is over.
type program struct {
	t     *testing.T
	lines chan string
	stop  context.CancelFunc
	end   chan error
}

// start runs a part a thousand times faster than a person would like.
func start(t *testing.T, part string, env map[string]string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	p := &program{t: t, lines: make(chan string, 1000), stop: stop, end: make(chan error, 1)}
	go func() {
		_, err := Run(ctx, part, Part{Out: in, Getenv: func(name string) string {
			if name == "DEMO_PACE" {
				return "1000"
			}
			return env[name]
		}})
		in.Close()
		p.end <- err
	}()
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case p.lines <- s.Text():
			default: // nobody waits for so many
			}
		}
	}()
	t.Cleanup(func() { _ = p.ends() })
	return p
}

// says waits for a line and returns what the expression's group found in it.
func (p *program) says(expression string) string {
	p.t.Helper()
	want := regexp.MustCompile(expression)
	late := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("it ended without saying %q", expression)
			}
			if m := want.FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
		case <-late:
			p.t.Fatalf("it never said %q", expression)
		}
	}
}

// ends stops the part and returns its error.
func (p *program) ends() error {
	p.stop()
	err := <-p.end
	p.end <- err
	for range p.lines { // until its output is closed
	}
	return err
}

func TestTheDatabaseAnswersUntilItIsStopped(t *testing.T) {
	defer goleak.VerifyNone(t)
	db := start(t, "db", map[string]string{"PORT": "0"})
	addr := db.says(`listening on (\S+)`)
	for _, c := range []struct{ line, want string }{
		{"get book", "1200"}, {"set book 1300", "ok"}, {"get book", "1300"}, {"get nothing", ""}, {"drop tables", "error"},
	} {
		if got, err := ask(t.Context(), addr, c.line); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.line, got, err, c.want)
		}
	}
	idle, err := net.Dial("tcp", addr) // a connection that stays open holds nothing up
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	db.says("checkpoint complete")
	db.stop()
	db.says("database system is shut down")
	if err := db.ends(); err != nil {
		t.Error(err)
	}
}

func TestTheAPIAnswersFromTheDatabase(t *testing.T) {
	db := start(t, "db", map[string]string{"PORT": "0"})
	api := start(t, "api", map[string]string{"PORT": "0", "DB_ADDR": db.says(`listening on (\S+)`)})
	url := api.says(`ready" addr=(\S+)`)
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, strings.TrimSpace(string(body))
	}
	for path, want := range map[string]string{"/health": "ok", "/price/pen": "150"} {
		if code, body := get(path); code != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	api.says(`GET /price/chair.*status=(404)`) // its own customer asks for one
	if err := db.ends(); err != nil {
		t.Error(err)
	}
	if code, _ := get("/price/pen"); code != http.StatusBadGateway {
		t.Errorf("without a database: %d", code)
	}
	api.stop()
	api.says(`msg="stopped"`)
	if err := api.ends(); err != nil {
		t.Error(err)
	}
}

func TestTheAPINeedsItsDatabase(t *testing.T) {
	if err := start(t, "api", map[string]string{"PORT": "0", "DB_ADDR": "127.0.0.1:1"}).ended(); err == nil || !strings.Contains(err.Error(), `database at "127.0.0.1:1"`) {
		t.Errorf("got %v", err)
	}
}

func TestATakenPortEndsAService(t *testing.T) {
	db := start(t, "db", map[string]string{"PORT": "0"})
	addr := db.says(`listening on (\S+)`)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"db", "api"} {
		if err := start(t, part, map[string]string{"PORT": port, "DB_ADDR": addr}).ended(); err == nil || !strings.Contains(err.Error(), port) {
			t.Errorf("%s: got %v", part, err)
		}
	}
}

// ended waits for a part to end by itself.
func (p *program) ended() error {
	p.t.Helper()
	select {
	case err := <-p.end:
		p.end <- err
		return err
	case <-time.After(20 * time.Second):
		p.t.Fatal("it runs on")
		return nil
	}
}

func TestAnUnknownPartIsNamed(t *testing.T) {
	if code, err := Run(t.Context(), "cache", Part{}); code != 2 || err == nil || !strings.Contains(err.Error(), `"cache"`) {
		t.Errorf("%d, %v", code, err)
	}
}
