package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

const (
	probeEvery   = time.Second // when the file says nothing
	probeTimeout = time.Second
	probeFirst   = 10 * time.Millisecond // the second try; then doubling
)

// becomeReady asks until the service is ready, says so once, and returns an
// errNotReady when it took too long.
func (x *run) becomeReady(ctx context.Context) error {
	ready := func() { x.sink.Emit(tasks.RunReady{ID: x.id, At: time.Now()}) }
	p := x.plan.ready
	if p == nil {
		ready()
		return nil
	}
	limit := ctx
	if p.Within > 0 {
		var cancel context.CancelFunc
		limit, cancel = context.WithTimeout(ctx, p.Within)
		defer cancel()
	}
	var last string
	say := func(why string) {
		if why != last && ctx.Err() == nil {
			last = why
			x.sink.Emit(tasks.ProbeFailed{ID: x.id, Error: why})
		}
	}
	var done bool
	if p.Log != "" {
		done = x.awaitLine(limit, say)
	} else {
		done = x.askUntil(limit, p, say)
	}
	switch {
	case done:
		ready()
	case ctx.Err() == nil:
		if last == "" {
			last = subject(p) + ": no answer"
		}
		return &errNotReady{fmt.Sprintf("not ready within %s: %s", p.Within, last)}
	}
	return nil
}

// askUntil tries at once, soon again, and then every p.Every, so that a quick
// service is seen ready within milliseconds and a slow one is not bothered.
func (x *run) askUntil(ctx context.Context, p *config.Probe, say func(string)) bool {
	every, timeout := p.Every, p.Timeout
	if every <= 0 {
		every = probeEvery
	}
	if timeout <= 0 {
		timeout = probeTimeout
	}
	ask := x.question(p)
	for pause := probeFirst; ; pause *= 2 {
		try, cancel := context.WithTimeout(ctx, timeout)
		why := ask(try)
		late := over(try)
		cancel()
		if why == "" {
			return true
		}
		if over(ctx) {
			return false // the try was cut short: what it says is not the reason
		}
		if late {
			why = fmt.Sprintf("%s: no answer within %s", subject(p), timeout)
		}
		say(why)
		t := time.NewTimer(min(pause, every))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return false
		}
	}
}

// over says whether ctx has ended. A connection that fails by the deadline of
// its context may do so just before the context itself knows.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// subject is what a probe asks, as messages name it.
func subject(p *config.Probe) string {
	switch {
	case p.HTTP != "":
		return "http " + p.HTTP
	case p.TCP != "":
		return "tcp " + p.TCP
	case p.Log != "":
		return "log " + p.Log
	}
	return "exec " + p.Exec
}

// question is one try of a probe: why the service is not ready, "" when it is.
func (x *run) question(p *config.Probe) func(context.Context) string {
	name := subject(p)
	switch {
	case p.HTTP != "":
		return func(ctx context.Context) string { return askHTTP(ctx, name, p.HTTP) }
	case p.TCP != "":
		return func(ctx context.Context) string { return askTCP(ctx, name, p.TCP) }
	}
	return func(ctx context.Context) string { return askExec(ctx, x.plan, name, p.Exec) }
}

// askHTTP wants a status from 200 to 399. It knows no proxy, follows nothing
// and keeps no connection.
func askHTTP(ctx context.Context, name, address string) string {
	if strings.HasPrefix(address, ":") {
		address = "http://127.0.0.1" + address
	}
	transport := &http.Transport{DialContext: dialLoopback, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Sprintf("%s: %s", name, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return name + " " + refusal(err)
	}
	_ = resp.Body.Close() // the status is all we want
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return fmt.Sprintf("%s answers %s", name, resp.Status)
	}
	return ""
}

func askTCP(ctx context.Context, name, address string) string {
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	conn, err := dialLoopback(ctx, "tcp", address)
	if err != nil {
		return name + " " + refusal(err)
	}
	_ = conn.Close() // it was there
	return ""
}

// dialLoopback also tries ::1 where 127.0.0.1 refuses: a server told to listen
// on "localhost" may have chosen either.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err == nil {
		return conn, nil
	}
	if port, ok := strings.CutPrefix(address, "127.0.0.1:"); ok && errors.Is(err, syscall.ECONNREFUSED) {
		if six, err6 := d.DialContext(ctx, network, "[::1]:"+port); err6 == nil {
			return six, nil
		}
	}
	return nil, err
}

// refusal is a connection error in few words.
func refusal(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed the connection"
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	return "fails: " + err.Error()
}

// awaitLine waits for a line that matches. The output passes through a lineWatch
// only while it waits.
func (x *run) awaitLine(ctx context.Context, say func(string)) bool {
	w := x.plan.line
	defer x.lines.Store(nil)
	select {
	case <-w.found:
		return true
	default:
		say(fmt.Sprintf("log: no line matches %s yet", w.pattern))
	}
	select {
	case <-w.found:
		return true
	case <-ctx.Done():
		return false
	}
}

// lineWatch looks for a pattern in the lines of output, without their colours.
type lineWatch struct {
	pattern *regexp.Regexp
	found   chan struct{}

	mu      sync.Mutex // held while a stream's reader feeds; the streams have one each
	seen    bool
	partial [2][]byte
}

func newLineWatch(pattern string) (*lineWatch, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return &lineWatch{pattern: re, found: make(chan struct{})}, nil
}

// lineMost is how much of a line is looked at.
const lineMost = 64 << 10

func (w *lineWatch) feed(stream logs.Stream, p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	begun := &w.partial[stream&1]
	for len(p) > 0 && !w.seen {
		end := bytes.IndexAny(p, "\r\n")
		piece := p
		if end >= 0 {
			piece = p[:end]
		}
		*begun = append(*begun, piece[:min(len(piece), lineMost-len(*begun))]...)
		if end < 0 {
			return
		}
		p = p[end+1:]
		if w.pattern.MatchString(ansi.Strip(string(*begun))) {
			w.seen = true
			close(w.found)
		}
		*begun = (*begun)[:0]
	}
}
