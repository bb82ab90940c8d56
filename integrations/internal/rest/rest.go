// Package rest is how integrations speak HTTP: retries of what may be repeated,
// rate limits, conditional requests, pages, and failures as one plain sentence
// with the next step. It never shows a token and never repeats what changes something.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

// Options say what a Client speaks to, and how.
type Options struct {
	// Base is the address that paths are relative to: "https://ghe.corp/api/v3".
	Base string
	// System is what failures call the other side: "GitHub (ghe.corp)".
	System string
	// Header goes with every request to Base's host, and nowhere else: what
	// authorizes belongs here. Its values are never shown.
	Header http.Header
	// Accept is asked for where a request says nothing; default application/json.
	Accept string
	// Secrets are what else must not be shown.
	Secrets []string

	// CA is a file of certificates to trust beside the system's; Cert and Key are
	// this side's own. Insecure trusts any certificate.
	CA, Cert, Key string
	Insecure      bool
	// Proxy replaces that of the environment: "http://proxy:3128", or "none".
	Proxy string
	// Timeout bounds one try; default 30 s. A Stream is bounded up to its first byte, and
	// from each to the next.
	Timeout time.Duration

	// Rate is how many requests a second are made, after a first Burst of them;
	// 0: no bound. Apart is the least time between two that change something.
	Rate  float64
	Burst int
	Apart time.Duration

	// Explain improves a failure where the system says more than HTTP does; nil:
	// nothing to improve.
	Explain func(*Error, *Answer)
	// Record is told of every exchange; nothing secret is in it.
	Record func(Exchange)
	// Transport replaces the network; for tests.
	Transport http.RoundTripper
}

// Exchange is one request and what came of it, for a log.
type Exchange struct {
	Method, URL string
	Status      int // 0: no answer
	Took        time.Duration
	Cached      bool // the answer was "not modified"
	Error       string
}

// Request is what is asked.
type Request struct {
	Method string // default GET
	// Path is relative to Base and already escaped, or a whole URL on any host.
	Path  string
	Query url.Values
	// Body is sent as JSON; url.Values as a form; []byte as it is.
	Body any
	// Header is added to the client's own.
	Header http.Header
	// Doing names the purpose in a failure: "list the workflows of ada/shop".
	Doing string
	// Into takes the JSON of an answer; nil: Answer.Body is all there is.
	Into any
	// Text: an answer of any kind is fine, not only JSON.
	Text bool
	// Again: repeating it does no harm, although its method changes something.
	Again bool
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Same: it is what the last request for this was answered with.
	Same bool
	URL  *url.URL // where it came from, after redirects
}

// Client speaks to one system. Its methods may be called from several goroutines.
type Client struct {
	o      Options
	base   *url.URL
	http   *http.Client
	way    *http.Client // for what is no request and answer
	redact env.Redactor
	cache  cache
	pace   pace

	mu     sync.Mutex
	budget Budget
	skew   time.Duration
	wait   time.Time // the system asked for no request before this
}

// New makes a client; it reaches nobody yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, &Error{Kind: Misconfigured, Reason: fmt.Sprintf("%q is not the address of a server", Plain(o.Base)), Hint: "write it as https://host or https://host/path"}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Accept == "" {
		o.Accept = "application/json"
	}
	if o.System == "" {
		o.System = base.Host
	}
	secrets := append([]string{}, o.Secrets...)
	for _, values := range o.Header {
		for _, v := range values {
			_, bare, _ := strings.Cut(v, " ") // "Bearer …"
			secrets = append(secrets, v, bare)
		}
	}
	if base.User != nil {
		if p, ok := base.User.Password(); ok {
			secrets = append(secrets, p)
		}
	}
	c := &Client{o: o, base: base, redact: env.NewRedactor(secrets...)}
	c.pace = pace{rate: o.Rate, burst: max(1, o.Burst), apart: o.Apart}
	next, way := o.Transport, o.Transport
	if next == nil {
		t, err := network(o)
		if err != nil {
			return nil, err
		}
		next, way = t, tunnelled(t, base)
	}
	home := func(next http.RoundTripper) http.RoundTripper {
		return &homeward{next: next, home: base, header: o.Header}
	}
	c.http = &http.Client{Transport: home(next), CheckRedirect: redirect}
	c.way = &http.Client{Transport: home(way)}
	return c, nil
}

// Close gives idle connections back.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.way.CloseIdleConnections()
}

// Way is the way to the other side for what is no request and answer, a websocket:
// with the same certificates, proxy and headers that authorize.
func (c *Client) Way() *http.Client { return c.way }

// Redact hides the client's secrets in text.
func (c *Client) Redact(text string) string { return c.redact.Text(text) }

// System is what the other side is called.
func (c *Client) System() string { return c.o.System }

// Now is the other side's clock, as far as it is known.
func (c *Client) Now() time.Time { return time.Now().Add(c.Skew()) }

// Skew is how far the other side's clock is ahead of this machine's.
func (c *Client) Skew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// Get asks for path and reads its JSON into v. same says that it is what the
// last call was answered with.
func (c *Client) Get(ctx context.Context, doing, path string, query url.Values, v any) (same bool, err error) {
	a, err := c.Do(ctx, Request{Path: path, Query: query, Doing: doing, Into: v})
	if err != nil {
		return false, err
	}
	return a.Same, nil
}

// Do asks, and asks again where that can help and does no harm. Its error is an
// *Error, also where ctx was over before there was an answer, or what cancelled ctx.
func (c *Client) Do(ctx context.Context, q Request) (*Answer, error) {
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	began := time.Now()
	for try := 1; ; try++ {
		a, failure := c.once(ctx, q)
		if failure == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			return nil, c.over(ctx, q, failure, time.Since(began))
		}
		wait, again := c.again(q, failure, try)
		if !again {
			return nil, failure
		}
		if sleep(ctx, wait) != nil {
			return nil, c.over(ctx, q, failure, time.Since(began))
		}
	}
}

// over is the error of a request whose ctx has ended: of one that had so much time
// and no more, what went wrong last.
func (c *Client) over(ctx context.Context, q Request, failure *Error, had time.Duration) error {
	switch {
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.Cause(ctx)
	case failure.Kind == TimedOut:
		return c.fail(q, late(had.Round(time.Second), ctx.Err()))
	}
	return failure
}

// once is one try.
func (c *Client) once(ctx context.Context, q Request) (*Answer, *Error) {
	whole, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	var old kept
	known := false
	if q.Method == http.MethodGet {
		old, known = c.cache.get(c.key(q))
	}
	res, failure := c.send(whole, q, old)
	if failure != nil {
		return nil, failure
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	switch {
	case err != nil:
		return nil, c.broken(q, err, whole)
	case len(body) > largest:
		return nil, c.fail(q, &Error{Kind: Unreadable, Reason: fmt.Sprintf("sent more than %d MB", largest>>20), Hint: "ask for less at once"})
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, Body: body, URL: res.Request.URL}
	if res.StatusCode == http.StatusNotModified && known {
		a.Status, a.Body, a.Header, a.Same = old.status, old.body, merged(old.header, res.Header), true
	}
	if failure := c.judge(q, a); failure != nil {
		return a, failure
	}
	if q.Method == http.MethodGet && !a.Same {
		a.Same = c.cache.put(c.key(q), a)
	}
	return a, nil
}

// largest is more than any answer that is read as a whole should have.
const largest = 64 << 20

// send makes one request and hands its answer over unread. Of old, unless it is zero,
// it asks whether it is still so.
func (c *Client) send(ctx context.Context, q Request, old kept) (*http.Response, *Error) {
	target, err := c.resolve(q)
	if err != nil {
		return nil, c.fail(q, &Error{Kind: Misconfigured, Reason: "can't be asked: " + err.Error(), Hint: "check the address of the connection"})
	}
	if failure := c.held(q); failure != nil {
		return nil, failure
	}
	if err := c.pace.wait(ctx, safe(q.Method)); err != nil {
		return nil, c.broken(q, err, ctx)
	}
	var body io.Reader
	kind := ""
	switch b := q.Body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	case url.Values:
		body, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, c.fail(q, &Error{Kind: Misconfigured, Reason: "can't be asked: " + err.Error(), Hint: "check the values that were given"})
		}
		body, kind = bytes.NewReader(text), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, q.Method, target.String(), body)
	if err != nil {
		return nil, c.fail(q, &Error{Kind: Misconfigured, Reason: "can't be asked: " + err.Error(), Hint: "check the address of the connection"})
	}
	req.Header.Set("Accept", c.o.Accept)
	req.Header.Set("User-Agent", "sawhorse")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for name, values := range q.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	old.ask(req.Header)
	began := time.Now()
	res, err := c.http.Do(req)
	c.record(q, target, res, err, time.Since(began))
	if err != nil {
		return nil, c.broken(q, err, ctx)
	}
	c.learn(res, began)
	return res, nil
}

func (c *Client) resolve(q Request) (*url.URL, error) {
	var target *url.URL
	if strings.HasPrefix(q.Path, "http://") || strings.HasPrefix(q.Path, "https://") {
		u, err := url.Parse(q.Path)
		if err != nil {
			return nil, errors.New("its address can't be read")
		}
		target = u
	} else {
		path, raw, _ := strings.Cut(q.Path, "?")
		u, err := url.Parse(strings.TrimSuffix(c.base.EscapedPath(), "/") + "/" + strings.TrimPrefix(path, "/"))
		if err != nil {
			return nil, errors.New("its address can't be read")
		}
		u.Scheme, u.Host, u.User, u.RawQuery = c.base.Scheme, c.base.Host, c.base.User, raw
		target = u
	}
	if len(q.Query) > 0 {
		if target.RawQuery != "" {
			target.RawQuery += "&"
		}
		target.RawQuery += q.Query.Encode()
	}
	return target, nil
}

func (c *Client) key(q Request) string {
	target, err := c.resolve(q)
	if err != nil {
		return ""
	}
	return target.String() + " " + q.Header.Get("Accept")
}

func (c *Client) record(q Request, target *url.URL, res *http.Response, err error, took time.Duration) {
	if c.o.Record == nil {
		return
	}
	x := Exchange{Method: q.Method, URL: c.Redact(target.Redacted()), Took: took}
	if res != nil {
		x.Status, x.Cached = res.StatusCode, res.StatusCode == http.StatusNotModified
	}
	if err != nil {
		x.Error = c.Redact(err.Error())
	}
	c.o.Record(x)
}

// safe says whether a method changes nothing.
func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// sleep waits, or returns what ended ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
