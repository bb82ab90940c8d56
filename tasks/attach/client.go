package attach

import (
	"bufio"
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
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// cutPause is how long a client waits before it looks whether a host that cut its
// connection is gone.
const cutPause = 5 * time.Millisecond

// accepted says whether a request failed though somebody accepted the connection.
func accepted(err error) bool {
	var dialing *net.OpError
	return err != nil && !errors.Is(err, ErrNoHost) && (!errors.As(err, &dialing) || dialing.Op != "dial")
}

// versionTimeout is how long a host may take to say who it is.
const versionTimeout = 5 * time.Second

// Client is a host's engine, seen from another process.
type Client struct {
	path    string
	version string
	host    HostVersion
	http    *http.Client

	ctx    context.Context // ends with Close, and with it all that is open
	cancel context.CancelFunc

	mu     sync.Mutex // guards the start of a stream against Close
	open   sync.WaitGroup
	closed bool
}

var (
	_ tasks.Engine     = (*Client)(nil)
	_ tasks.Interactor = (*Client)(nil)
	_ tasks.Querier    = (*Client)(nil)
	_ tasks.Opener     = (*Client)(nil)
)

// Dial attaches to the host whose socket is at path; version is the client's
// own. The error is ErrNoHost when nobody listens there, and a *VersionError
// when the two do not understand each other. ctx bounds Dial alone.
func Dial(ctx context.Context, path, version string) (*Client, error) {
	c := &Client{path: path, version: version}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.http = &http.Client{Transport: &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return c.connect(ctx) },
		DisableCompression: true,
		MaxIdleConns:       1,
		IdleConnTimeout:    30 * time.Second,
	}}
	if err := c.greet(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// greet asks the host who it is and decides whether to stay.
func (c *Client) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	answer, err := c.send(ctx, http.MethodGet, "/v1/version", nil)
	for accepted(err) && ctx.Err() == nil { // a host that was killed has its socket a moment longer than its connections
		time.Sleep(cutPause)
		answer, err = c.send(ctx, http.MethodGet, "/v1/version", nil)
	}
	switch {
	case errors.Is(err, ErrNoHost):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the host on %s does not answer; end it with: sawhorse down --force", c.path)
	case err != nil:
		return fmt.Errorf("ask the host for its version: %w", err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxHeader)).Decode(&c.host); err != nil {
		return fmt.Errorf("ask the host for its version: %w", err)
	}
	if c.host.Protocol != Protocol {
		return &VersionError{Host: c.host, Client: c.version, Protocol: Protocol}
	}
	return nil
}

// Host is what the host said of itself.
func (c *Client) Host() HostVersion { return c.host }

// Warning says that host and client are different builds that understand each
// other; empty when they are the same.
func (c *Client) Warning() string {
	if c.host.Version == c.version {
		return ""
	}
	return fmt.Sprintf("the host is sawhorse %s, this client is %s; stop the host with `sawhorse down` to have the new one", c.host.Version, c.version)
}

// Do hands a command to the engine.
func (c *Client) Do(ctx context.Context, command tasks.Command) error {
	body, err := tasks.MarshalCommand(command)
	if err != nil {
		return err
	}
	answer, err := c.send(ctx, http.MethodPost, "/v1/do", body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return refusal(answer)
	}
	return nil
}

// Query asks one of the host's connections.
func (c *Client) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	var result tasks.Result
	body, err := json.Marshal(q)
	if err != nil {
		return result, err
	}
	answer, err := c.send(ctx, http.MethodPost, "/v1/query", body)
	if err != nil {
		return result, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return result, refusal(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(&result); err != nil {
		return result, fmt.Errorf("read the host's answer: %w", err)
	}
	return result, nil
}

// Subscribe returns the host's state and every event after it. The channel is
// closed when ctx or the host ends. State.Leaving tells the two endings of a
// host apart: it is set when the host said goodbye, and when there was none to
// subscribe to; otherwise it died, or took this client for dead, and another
// Subscribe or Dial finds out.
func (c *Client) Subscribe(ctx context.Context) (tasks.State, <-chan []tasks.Event) {
	out := make(chan []tasks.Event)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.ctx, cancel)
	end := func() {
		stop()
		cancel()
		close(out)
	}
	state, in, err := c.stream(ctx)
	if err != nil {
		end()
		state = tasks.NewState()
		state.Leaving = err.Error()
		return state, out
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = in.Close()
		end()
		return state, out
	}
	c.open.Go(func() {
		defer end()
		defer in.Close()
		in.deliver(ctx, out)
	})
	return state, out
}

// stream opens a connection of its own and reads the state from it.
func (c *Client) stream(ctx context.Context) (tasks.State, *eventStream, error) {
	state := tasks.NewState()
	answer, err := c.send(ctx, http.MethodGet, "/v1/events", nil)
	if err != nil {
		return state, nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return state, nil, refusal(answer)
	}
	in := &eventStream{Closer: answer.Body, dec: json.NewDecoder(bufio.NewReaderSize(answer.Body, 64<<10))}
	if err := in.dec.Decode(&state); err != nil {
		_ = in.Close()
		return state, nil, fmt.Errorf("read the host's state: %w", err)
	}
	return state, in, nil
}

// eventStream is the rest of an answer after the state.
type eventStream struct {
	io.Closer
	dec *json.Decoder
}

// deliver passes batches on until the host or ctx ends. The next is read only
// when the one before was taken, so a slow reader holds the host's writing up,
// never memory.
func (s *eventStream) deliver(ctx context.Context, out chan<- []tasks.Event) {
	for {
		var raw []json.RawMessage
		if err := s.dec.Decode(&raw); err != nil {
			return
		}
		batch := make([]tasks.Event, 0, len(raw))
		for _, r := range raw {
			// A newer host may tell of things that this build does not know.
			if e, err := tasks.UnmarshalEvent(r); err == nil {
				batch = append(batch, e)
			}
		}
		if len(batch) == 0 {
			continue
		}
		select {
		case out <- batch:
		case <-ctx.Done():
			return
		}
	}
}

// Close leaves the host: every subscription and terminal ends. The host and
// what it runs go on.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.open.Wait()
	c.http.CloseIdleConnections()
	return nil
}

// connect opens a connection and makes sure that it leads to the same user.
func (c *Client) connect(ctx context.Context) (net.Conn, error) {
	conn, err := connect(ctx, c.path)
	if err != nil {
		return nil, err
	}
	user, err := peerOf(conn)
	if err == nil && user != os.Getuid() {
		err = fmt.Errorf("the host on %s belongs to user id %d, you are %d", c.path, user, os.Getuid())
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func address(path string) string { return "http://" + hostName + path }

func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address(path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if around := (*url.Error)(nil); errors.As(err, &around) {
		err = around.Err // the method and the made-up address tell a reader nothing
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("the host went away before it answered; see whether it runs with: sawhorse ps")
	}
	return answer, err
}

// refusal is the error that an answer carries.
func refusal(answer *http.Response) error {
	var p problem
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxCommand)).Decode(&p); err != nil || p.Error == "" {
		return fmt.Errorf("the host answered %s", answer.Status)
	}
	return errors.New(p.Error)
}
