package rest

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

var nextLink = lazy.Regexp(`<([^>]+)>\s*;[^,]*\brel="?next"?`)

// Next is the address of the page behind this one; empty: it is the last.
func (a *Answer) Next() string {
	for _, line := range a.Header.Values("Link") {
		if m := nextLink().FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return ""
}

// Pages asks for q and every page behind it, until each says that it has enough.
// each reads the page's body. most bounds the pages; more says that some were left.
func (c *Client) Pages(ctx context.Context, q Request, most int, each func(*Answer) (enough bool, err error)) (more bool, err error) {
	for n := 1; ; n++ {
		a, err := c.Do(ctx, q)
		if err != nil {
			return false, err
		}
		enough, err := each(a)
		next := a.Next()
		switch {
		case err != nil:
			return false, err
		case next == "":
			return false, nil
		case enough || n >= most:
			return true, nil
		}
		if strings.HasPrefix(next, "?") {
			path, _, _ := strings.Cut(q.Path, "?")
			next = path + next
		}
		q.Path, q.Query = next, nil
	}
}

// Stream asks for something that is read as it comes, of any size and kind. The
// caller closes it; the end of ctx ends it, and so does a pause of Options.Timeout.
func (c *Client) Stream(ctx context.Context, q Request) (io.ReadCloser, *Answer, error) {
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	q.Text = true
	if q.Header == nil {
		q.Header = http.Header{"Accept": {"*/*"}}
	}
	began := time.Now()
	for try := 1; ; try++ {
		body, a, failure := c.open(ctx, q)
		if failure == nil {
			return body, a, nil
		}
		if ctx.Err() != nil {
			return nil, nil, c.over(ctx, q, failure, time.Since(began))
		}
		wait, again := c.again(q, failure, try)
		if !again {
			return nil, nil, failure
		}
		if sleep(ctx, wait) != nil {
			return nil, nil, c.over(ctx, q, failure, time.Since(began))
		}
	}
}

func (c *Client) open(ctx context.Context, q Request) (io.ReadCloser, *Answer, *Error) {
	reading, cancel := context.WithCancel(ctx)
	res, failure := c.send(reading, q, kept{})
	if failure != nil {
		cancel()
		return nil, nil, failure
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL}
	if res.StatusCode >= 300 {
		a.Body, _ = io.ReadAll(io.LimitReader(res.Body, 64<<10))
		res.Body.Close()
		cancel()
		return nil, nil, c.judge(q, a)
	}
	return &stream{ReadCloser: res.Body, c: c, q: q, ctx: ctx, cancel: cancel}, a, nil
}

// stream says plainly what cut it.
type stream struct {
	io.ReadCloser
	c      *Client
	q      Request
	ctx    context.Context
	cancel context.CancelFunc // of the request
	paused atomic.Bool        // it was ended because nothing came any more
}

func (s *stream) Read(p []byte) (int, error) {
	pause := time.AfterFunc(s.c.o.Timeout, func() { s.paused.Store(true); s.cancel() })
	n, err := s.ReadCloser.Read(p)
	pause.Stop()
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case s.ctx.Err() != nil:
		return n, context.Cause(s.ctx)
	case s.paused.Load():
		err = os.ErrDeadlineExceeded
	}
	return n, s.c.broken(s.q, err, s.ctx)
}

// Close ends the request.
func (s *stream) Close() error {
	defer s.cancel()
	return s.ReadCloser.Close()
}
