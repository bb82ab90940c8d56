package attach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// What a client may take of the host's patience and memory.
const (
	maxCommand    = 1 << 20 // bytes of a command
	maxHeader     = 64 << 10
	headerTimeout = 10 * time.Second
	bodyTimeout   = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// ServerOptions says how a host is served.
type ServerOptions struct {
	// Version is the host's own.
	Version string
	// Interactor gives the terminals of runs; nil: there are none.
	Interactor tasks.Interactor
	// Opener gives terminals inside of resources; nil: there are none.
	Opener tasks.Opener
	// WriteTimeout is how long one write to a client may take before it counts
	// as dead: a minute by default, so that a stopped screen may be resumed.
	WriteTimeout time.Duration
	// Drain is how long the clients may take to read the last events after the
	// context has ended; half a second by default.
	Drain time.Duration
}

// Serve answers clients on l until ctx ends, then closes l, lets the last
// events out and returns when nothing of it runs any more. End the engine
// before ctx: its subscriptions close then, and no client is cut short.
func Serve(ctx context.Context, l net.Listener, e tasks.Engine, o ServerOptions) error {
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = time.Minute
	}
	if o.Drain <= 0 {
		o.Drain = 500 * time.Millisecond
	}
	s := &server{engine: e, o: o, leaving: ctx}
	// Requests outlive ctx for as long as Drain.
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	h := &http.Server{
		Handler:           guard(s.routes()),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         s.count,
		// It tells of clients that break off, which is their right.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()

	var broken error
	select {
	case err := <-served:
		broken = fmt.Errorf("accept clients: %w", err)
		close(served)
	case <-ctx.Done():
	}
	drain, stop := context.WithTimeout(base, o.Drain)
	defer stop()
	_ = h.Shutdown(drain) // what is not done by then is cut
	cut()
	_ = h.Close()
	if err := <-served; err != nil && !errors.Is(err, http.ErrServerClosed) {
		broken = fmt.Errorf("accept clients: %w", err)
	}
	s.conns.Wait()
	return broken
}

type server struct {
	engine  tasks.Engine
	o       ServerOptions
	leaving context.Context
	conns   sync.WaitGroup // connections, terminals included
}

// count keeps Serve waiting for every connection. A hijacked one has a handler
// that counts for itself.
func (s *server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/version", s.version)
	mux.HandleFunc("POST /v1/do", s.do)
	mux.HandleFunc("POST /v1/query", s.query)
	mux.HandleFunc("GET /v1/events", s.events)
	mux.HandleFunc("GET /v1/runs/{id}/terminal", s.terminal)
	mux.HandleFunc("GET /v1/resources/{id}/terminal", s.inside)
	return mux
}

// guard turns away what a browser could send.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, origin := r.Header["Origin"]; origin || r.Host != hostName {
			answer(w, http.StatusForbidden, problem{"this socket is for sawhorse alone, not for web pages"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}

func (s *server) version(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, HostVersion{Version: s.o.Version, Protocol: Protocol, PID: os.Getpid()})
}

// body reads what a client asks for; false when it was answered already.
func body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTimeout))
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	_ = conn.SetReadDeadline(time.Time{}) // the engine may take longer
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		answer(w, http.StatusRequestEntityTooLarge, problem{fmt.Sprintf("a command of more than %d bytes", maxCommand)})
		return nil, false
	}
	if err != nil {
		answer(w, http.StatusBadRequest, problem{"read the command: " + err.Error()})
		return nil, false
	}
	return text, true
}

// query asks the engine's providers; an engine without any has no answers.
func (s *server) query(w http.ResponseWriter, r *http.Request) {
	text, ok := body(w, r)
	if !ok {
		return
	}
	var q tasks.Query
	if err := json.Unmarshal(text, &q); err != nil {
		answer(w, http.StatusBadRequest, problem{"read the question: " + err.Error()})
		return
	}
	asked, ok := s.engine.(tasks.Querier)
	if !ok {
		answer(w, http.StatusConflict, problem{"this host has no connections"})
		return
	}
	result, err := asked.Query(r.Context(), q)
	if err != nil {
		answer(w, http.StatusConflict, problem{err.Error()})
		return
	}
	answer(w, http.StatusOK, result)
}

func (s *server) do(w http.ResponseWriter, r *http.Request) {
	text, ok := body(w, r)
	if !ok {
		return
	}
	c, err := tasks.UnmarshalCommand(text)
	if err != nil {
		answer(w, http.StatusBadRequest, problem{"read the command: " + err.Error()})
		return
	}
	if err := s.engine.Do(r.Context(), c); err != nil {
		answer(w, http.StatusConflict, problem{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// events takes the next batch from the engine only when the one before is with
// the client: what a slow one has not read waits, merged, in the engine's mailbox.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	state, batches := s.engine.Subscribe(ctx)
	defer func() {
		cancel()
		for range batches { // until the engine has let go
		}
	}()
	out := lines{w: w, c: http.NewResponseController(w), timeout: s.o.WriteTimeout}
	w.Header().Set("Content-Type", "application/x-ndjson")
	first, err := json.Marshal(state)
	if err != nil || out.write(first) != nil {
		return
	}
	for batch := range batches {
		line, err := marshalBatch(batch)
		if err != nil || out.write(line) != nil {
			return
		}
	}
	out.extend() // for the end mark, which comes after an idle time
}

func marshalBatch(batch []tasks.Event) ([]byte, error) {
	raw := make([]json.RawMessage, len(batch))
	for i, e := range batch {
		var err error
		if raw[i], err = tasks.MarshalEvent(e); err != nil {
			return nil, err
		}
	}
	return json.Marshal(raw)
}

// lines writes a line at a time, each within the timeout.
type lines struct {
	w       io.Writer
	c       *http.ResponseController
	timeout time.Duration
}

func (l lines) extend() { _ = l.c.SetWriteDeadline(time.Now().Add(l.timeout)) }

func (l lines) write(line []byte) error {
	l.extend()
	if _, err := l.w.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.c.Flush()
}
