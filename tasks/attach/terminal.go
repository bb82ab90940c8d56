package attach

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// upgrade names what a connection turns into.
const upgrade = "sawhorse-terminal"

// The kinds of frame: one byte, four bytes of length (big endian), the payload.
const (
	frameData   = 'd' // typed, or printed
	frameResize = 'r' // columns, rows: two bytes each
	frameEnd    = 'x' // the last one of the host; why, when it is not the end of the run
)

// maxFrame bounds a payload; longer data goes in several frames.
const maxFrame = 32 << 10

var errFrame = errors.New("the other end does not speak the terminal protocol")

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	frame := make([]byte, 5, 5+len(payload))
	frame[0] = kind
	binary.BigEndian.PutUint32(frame[1:], uint32(len(payload)))
	_, err := w.Write(append(frame, payload...))
	return err
}

// readFrame reads one frame; io.EOF between two frames is the end.
func readFrame(r io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > uint32(len(buf)) {
		return 0, nil, errFrame
	}
	if _, err := io.ReadFull(r, buf[:n]); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return head[0], buf[:n], nil
}

func (s *server) terminal(w http.ResponseWriter, r *http.Request) {
	if s.o.Interactor == nil {
		answer(w, http.StatusConflict, problem{"this host has no terminals"})
		return
	}
	s.give(w, r, func(ctx context.Context) (tasks.Terminal, error) {
		return s.o.Interactor.Terminal(ctx, tasks.RunID(r.PathValue("id")))
	})
}

// inside gives a terminal inside of a resource.
func (s *server) inside(w http.ResponseWriter, r *http.Request) {
	if s.o.Opener == nil {
		answer(w, http.StatusConflict, problem{"this host has no terminals"})
		return
	}
	s.give(w, r, func(ctx context.Context) (tasks.Terminal, error) {
		return s.o.Opener.Open(ctx, tasks.ResourceID(r.PathValue("id")))
	})
}

// give opens a terminal and carries it over the connection.
func (s *server) give(w http.ResponseWriter, r *http.Request, open func(context.Context) (tasks.Terminal, error)) {
	if r.Header.Get("Upgrade") != upgrade {
		answer(w, http.StatusUpgradeRequired, problem{"ask for Upgrade: " + upgrade})
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.leaving, cancel)()
	t, err := open(ctx)
	if err != nil {
		answer(w, http.StatusConflict, problem{err.Error()})
		return
	}
	s.conns.Add(1) // takes over the count of the connection, which Hijack gives back
	defer s.conns.Done()
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = t.Close()
		answer(w, http.StatusInternalServerError, problem{err.Error()})
		return
	}
	_ = conn.SetDeadline(time.Time{})
	bridge(ctx, cancel, t, &framed{conn: conn, timeout: s.o.WriteTimeout}, rw.Reader)
}

// framed writes to a connection, each time within the timeout.
type framed struct {
	conn    net.Conn
	timeout time.Duration
}

func (f *framed) Write(p []byte) (int, error) {
	_ = f.conn.SetWriteDeadline(time.Now().Add(f.timeout))
	return f.conn.Write(p)
}

// bridge carries what is typed and what is printed until either end is done or
// ctx ends; it owns both and closes them.
func bridge(ctx context.Context, cancel context.CancelFunc, t tasks.Terminal, client *framed, typed io.Reader) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = t.Close()
		_ = client.conn.Close()
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer cancel()
		_, err := fmt.Fprintf(client, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", upgrade)
		if err != nil {
			return
		}
		why := show(t, client)
		if ctx.Err() == nil {
			_ = writeFrame(client, frameEnd, []byte(why))
		}
	})
	wg.Go(func() {
		defer cancel()
		enter(typed, t)
	})
	wg.Wait()
	if !stop() {
		<-closed
	}
}

// show sends what the program prints; why it ended is empty when the run did.
func show(t tasks.Terminal, client io.Writer) (why string) {
	buf := make([]byte, maxFrame)
	for {
		n, err := t.Read(buf)
		if n > 0 {
			if err := writeFrame(client, frameData, buf[:n]); err != nil {
				return err.Error()
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return ""
		case err != nil:
			return err.Error()
		}
	}
}

// enter does what the client's frames say until it breaks off.
func enter(typed io.Reader, t tasks.Terminal) {
	buf := make([]byte, maxFrame)
	for {
		kind, p, err := readFrame(typed, buf)
		switch {
		case err != nil:
			return
		case kind == frameData:
			_, err = t.Write(p)
		case kind == frameResize && len(p) == 4:
			// A size that the terminal does not take is no reason to leave it.
			_ = t.Resize(int(binary.BigEndian.Uint16(p)), int(binary.BigEndian.Uint16(p[2:])))
		default:
			return
		}
		if err != nil {
			return
		}
	}
}

// Terminal takes the live terminal of a run; it is closed when ctx ends.
func (c *Client) Terminal(ctx context.Context, id tasks.RunID) (tasks.Terminal, error) {
	return c.take(ctx, "runs", string(id))
}

// Open opens a terminal inside of a resource; it is closed when ctx ends.
func (c *Client) Open(ctx context.Context, id tasks.ResourceID) (tasks.Terminal, error) {
	return c.take(ctx, "resources", string(id))
}

func (c *Client) take(ctx context.Context, of, id string) (tasks.Terminal, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	t := &terminal{conn: conn, in: bufio.NewReader(conn), buf: make([]byte, maxFrame)}
	t.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	t.leave = context.AfterFunc(c.ctx, func() { _ = conn.Close() })
	if err := t.open(ctx, of, id); err != nil {
		_ = t.Close()
		return nil, fmt.Errorf("take the terminal of %s: %w", id, err)
	}
	return t, nil
}

// terminal is the client's end. Reads come from one goroutine, writes from any.
type terminal struct {
	conn        net.Conn
	stop, leave func() bool
	in          *bufio.Reader
	buf         []byte // of the frame that rest is left of
	rest        []byte
	ended       error // what Read answers from now on

	writing sync.Mutex // one frame at a time
}

func (t *terminal) open(ctx context.Context, of, id string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address("/v1/"+of+"/"+url.PathEscape(id)+"/terminal"), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", upgrade)
	if err := r.Write(t.conn); err != nil {
		return err
	}
	answer, err := http.ReadResponse(t.in, r)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		defer answer.Body.Close()
		return refusal(answer)
	}
	return nil
}

// Read gives what the program prints; io.EOF when the run has ended or the
// host is gone.
func (t *terminal) Read(p []byte) (int, error) {
	for len(t.rest) == 0 {
		if t.ended != nil {
			return 0, t.ended
		}
		kind, payload, err := readFrame(t.in, t.buf)
		switch {
		case err != nil:
			t.ended = err
		case kind == frameData:
			t.rest = payload
		case kind == frameEnd && len(payload) == 0:
			t.ended = io.EOF
		case kind == frameEnd:
			t.ended = errors.New(string(payload))
		default:
			t.ended = errFrame
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Write types.
func (t *terminal) Write(p []byte) (int, error) {
	t.writing.Lock()
	defer t.writing.Unlock()
	done := 0
	for done < len(p) {
		part := p[done:min(done+maxFrame, len(p))]
		if err := writeFrame(t.conn, frameData, part); err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

// Resize tells the program how large its terminal is now.
func (t *terminal) Resize(columns, rows int) error {
	size := binary.BigEndian.AppendUint16(nil, uint16(min(max(columns, 0), 0xffff)))
	size = binary.BigEndian.AppendUint16(size, uint16(min(max(rows, 0), 0xffff)))
	t.writing.Lock()
	defer t.writing.Unlock()
	return writeFrame(t.conn, frameResize, size)
}

// Close leaves the terminal; the program runs on.
func (t *terminal) Close() error {
	t.stop()
	t.leave()
	if err := t.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
