package prefect

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// fake is a Prefect with one deployment, train/nightly, whose run r1 does what the
// test says. What a real one says is tested with a real one.
type fake struct {
	name string

	mu      sync.Mutex
	stored  []logLine // what is answered to who asks for lines
	tasks   []taskRun
	runs    []flowRun // more than r1
	state   state     // of r1
	started int       // how often r1 was triggered
	down    bool      // it answers with a failure of its own
	page    bool      // it answers with a page for people
	seen    map[string]bool
	auth    string // what requests and streams must show; empty: nothing

	asked     chan string          // the path of each request, where there is room
	listening chan *websocket.Conn // each stream of lines, from when it is listened to
	closed    context.Context
}

func newFake(t *testing.T, name string) *fake {
	return &fake{
		name: name, state: state{Type: running, Name: "Running"}, seen: map[string]bool{},
		asked: make(chan string, 1000), listening: make(chan *websocket.Conn), closed: t.Context(),
	}
}

// at is a moment of r1.
func at(second int) time.Time { return time.Date(2026, 11, 27, 7, 0, second, 0, time.UTC) }

func line(id string, second int, text string) logLine {
	return logLine{ID: id, Level: 20, Message: text, At: at(second), Run: "r1"}
}

// keep makes lines that who asks is told of.
func (f *fake) keep(lines ...logLine) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored = append(f.stored, lines...)
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// say sends a line to who listens.
func say(t *testing.T, c *websocket.Conn, l logLine) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": "log", "log": l})
	if err == nil {
		err = c.Write(t.Context(), websocket.MessageText, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fake) run() flowRun {
	return flowRun{ID: "r1", Name: f.name + "-run", DeploymentID: "d1", State: f.state, Created: at(0), Expected: at(0), Start: at(0)}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		f.stream(w, r)
		return
	}
	select {
	case f.asked <- r.URL.Path:
	default:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[r.Header.Get("Authorization")] = true
	switch {
	case f.page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>Sign in</title>")
		return
	case f.down:
		http.Error(w, `{"detail": "the database is away"}`, http.StatusInternalServerError)
		return
	case f.auth != "" && r.Header.Get("Authorization") != f.auth:
		http.Error(w, `{"detail": "no"}`, http.StatusUnauthorized)
		return
	}
	var asked struct {
		Offset int `json:"offset"`
		Limit  int `json:"limit"`
		Logs   struct {
			Timestamp struct {
				After time.Time `json:"after_"`
			} `json:"timestamp"`
		} `json:"logs"`
		Runs struct {
			Expected struct {
				Before time.Time `json:"before_"`
			} `json:"expected_start_time"`
		} `json:"flow_runs"`
		State struct {
			Type string `json:"type"`
		} `json:"state"`
	}
	_ = json.NewDecoder(r.Body).Decode(&asked)
	answer := any(map[string]any{})
	switch r.URL.Path {
	case "/api/admin/version":
		answer = "3.9.1"
	case "/api/flows/filter":
		answer = []flow{{"f1", "train"}}
	case "/api/deployments/filter":
		answer = []map[string]any{{"id": "d1", "name": "nightly", "flow_id": "f1", "status": "READY", "description": "of " + f.name}}
	case "/api/deployments/d1/create_flow_run":
		f.started++
		answer = f.run()
	case "/api/flow_runs/r1":
		answer = f.run()
	case "/api/flow_runs/r1/set_state":
		f.state = state{Type: cancelled, Name: "Cancelled"}
		answer = map[string]string{"status": "ACCEPT"}
	case "/api/flow_runs/filter":
		var due []flowRun
		for _, r := range append([]flowRun{f.run()}, f.runs...) {
			if before := asked.Runs.Expected.Before; before.IsZero() || !r.Expected.After(before) {
				due = append(due, r)
			}
		}
		answer = page(due, asked.Offset, asked.Limit)
	case "/api/task_runs/filter":
		answer = page(f.tasks, asked.Offset, asked.Limit)
	case "/api/logs/filter":
		var since []logLine
		for _, l := range f.stored {
			if !l.At.Before(asked.Logs.Timestamp.After) {
				since = append(since, l)
			}
		}
		answer = page(since, asked.Offset, asked.Limit)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func page[T any](all []T, offset, limit int) []T {
	all = all[min(offset, len(all)):]
	return append([]T{}, all[:min(limit, len(all))]...)
}

// stream greets as Prefect does, and gives streams of lines to the test.
func (f *fake) stream(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"prefect"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	if _, _, err := c.Read(f.closed); err != nil {
		return
	}
	if c.Write(f.closed, websocket.MessageText, []byte(`{"type": "auth_success"}`)) != nil {
		return
	}
	if _, _, err := c.Read(f.closed); err != nil {
		return
	}
	if r.URL.Path == "/api/logs/out" {
		select {
		case f.listening <- c:
		case <-f.closed.Done():
			return
		}
	}
	_, _, _ = c.Read(f.closed) // until one of both closes it
}

// served is a fake behind an address of its own.
func (f *fake) served(t *testing.T, how func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(f)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if how == nil {
		how = (*httptest.Server).Start
	}
	how(s)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// reach connects to a server with the options of a workspace file.
func reach(t *testing.T, options map[string]string) *Provider {
	t.Helper()
	p := connectAs(t, integrations.Place{
		Getenv:   func(string) string { return "" },
		Declared: []integrations.Declared{{Name: "lab", Options: options}},
	})
	if _, err := p.Tasks(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// attach follows r1 until the test has ended, and says how that went.
func attach(t *testing.T, p *Provider, k tasks.Sink) (ended chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		ended <- p.Attach(ctx, tasks.Run{External: "r1"}, k)
	}()
	t.Cleanup(func() { cancel(); <-gone })
	return ended
}

// proxy hands requests on as an ordinary proxy does, which keeps upgrades to itself,
// and opens tunnels.
type proxy struct {
	mu      sync.Mutex
	tunnels int
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		p.mu.Lock()
		p.tunnels++
		p.mu.Unlock()
		tunnel(w, r.Host)
		return
	}
	body, _ := io.ReadAll(r.Body)
	q, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	q.Header = r.Header.Clone()
	for _, hop := range []string{"Connection", "Upgrade", "Proxy-Connection", "Proxy-Authorization"} {
		q.Header.Del(hop)
	}
	t := &http.Transport{DisableKeepAlives: true}
	a, err := t.RoundTrip(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer a.Body.Close()
	w.WriteHeader(a.StatusCode)
	_, _ = io.Copy(w, a.Body)
}
