package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// streamRetry is how long a stream that broke off is left alone.
	streamRetry = 2 * time.Second
	streamLimit = 4 << 20 // bytes of one message
)

// heard is a line that came by itself, or that lines come by themselves from now on:
// what was said before has to be asked for.
type heard struct {
	opened bool
	line   logLine
}

// streams listens to the live lines of a run and to the news of it until ctx
// ends. A stream that can't be had, or breaks off, is tried again; what it misses
// is asked for elsewhere.
func (p *Provider) streams(ctx context.Context, id string, lines chan<- heard, news chan<- struct{}) {
	hear := func(h heard) {
		select {
		case lines <- h:
		case <-ctx.Done():
		}
	}
	var both sync.WaitGroup
	both.Go(func() {
		filter := map[string]any{"flow_run_id": map[string]any{"any_": []string{id}}}
		p.keepStream(ctx, "/logs/out", filter, func(m message) {
			var l logLine
			switch {
			case m.Type == opened:
				hear(heard{opened: true})
			case m.Type == "log" && json.Unmarshal(m.Log, &l) == nil:
				hear(heard{line: l})
			}
		})
	})
	both.Go(func() {
		filter := map[string]any{
			"any_resource": map[string]any{"id": []string{"prefect.flow-run." + id}},
			"occurred":     map[string]any{"since": time.Now().UTC().Add(-time.Minute), "until": time.Now().UTC().AddDate(1, 0, 0)},
		}
		p.keepStream(ctx, "/events/out", filter, func(message) {
			select {
			case news <- struct{}{}:
			default:
			}
		})
	})
	both.Wait()
}

// message is what a stream sends.
type message struct {
	Type string          `json:"type"`
	Log  json.RawMessage `json:"log"`
}

// opened is the type of a message of our own: from now on the stream is listened to.
const opened = "opened"

func (p *Provider) keepStream(ctx context.Context, path string, filter any, take func(message)) {
	for ctx.Err() == nil {
		_ = p.stream(ctx, path, filter, take) // looking goes on without it
		select {
		case <-ctx.Done():
		case <-time.After(streamRetry):
		}
	}
}

// errStream says that a stream can't be had; looking goes on without it.
var errStream = errors.New("the stream is not open")

// stream is one connection, from the greeting to its end.
func (p *Provider) stream(ctx context.Context, path string, filter any, take func(message)) error {
	address := "ws" + strings.TrimPrefix(p.api, "http") + path
	dialing, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, answer, err := websocket.Dial(dialing, address, &websocket.DialOptions{
		Subprotocols: []string{"prefect"}, HTTPHeader: p.head.Clone(), HTTPClient: p.rest.Way(),
	})
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close()
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(streamLimit)
	hello := map[string]any{"type": "auth", "token": nil}
	if p.auth != "" {
		hello["token"] = p.auth
	}
	if err := send(dialing, c, hello); err != nil {
		return err
	}
	var welcome message
	if err := receive(dialing, c, &welcome); err != nil {
		return err
	}
	if welcome.Type != "auth_success" {
		return errStream
	}
	if err := send(dialing, c, map[string]any{"type": "filter", "filter": filter, "backfill": false}); err != nil {
		return err
	}
	take(message{Type: opened})
	for {
		var m message
		if err := receive(ctx, c, &m); err != nil {
			return err
		}
		take(m)
	}
}

func send(ctx context.Context, c *websocket.Conn, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.Write(ctx, websocket.MessageText, text)
}

func receive(ctx context.Context, c *websocket.Conn, v any) error {
	_, text, err := c.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
