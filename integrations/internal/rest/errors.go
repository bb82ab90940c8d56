package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Kind is what went wrong, for those who branch on it.
type Kind string

// The kinds.
const (
	Misconfigured Kind = "misconfigured" // this side's settings
	Unreachable   Kind = "unreachable"   // no connection
	Untrusted     Kind = "untrusted"     // its certificate
	TimedOut      Kind = "timed out"
	Cut           Kind = "cut" // the answer ended in the middle
	Unreadable    Kind = "unreadable"
	WebPage       Kind = "web page" // HTML: a login, a proxy
	Unauthorized  Kind = "unauthorized"
	Forbidden     Kind = "forbidden"
	NotFound      Kind = "not found"
	Gone          Kind = "gone"
	Conflict      Kind = "conflict"
	Invalid       Kind = "invalid"
	Limited       Kind = "limited"
	Moved         Kind = "moved"
	Server        Kind = "server" // its own failure
	Refused       Kind = "refused"
)

// Error is a request that failed, in a sentence and the next step. As also
// finds a *tasks.StartError in it.
type Error struct {
	Kind   Kind
	Status int // 0: there was no answer
	// Reason is a whole sentence without its full stop; Hint is what to do.
	Reason, Hint string
	// Said is the other side's own message.
	Said string
	// Retry is when asking again makes sense, where that is known.
	Retry time.Time
	err   error
}

// Error is the sentence and the next step.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Hint
}

// Unwrap is what lies below.
func (e *Error) Unwrap() error { return e.err }

// As makes it what the engine shows to people.
func (e *Error) As(target any) bool {
	t, ok := target.(**tasks.StartError)
	if ok {
		*t = &tasks.StartError{Reason: e.Reason, Hint: e.Hint}
	}
	return ok
}

// Is says whether err is a failure of that kind.
func Is(err error, kinds ...Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(kinds, e.Kind)
}

// Passing says whether err is a failure that goes by itself, so that asking again
// later may help.
func Passing(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.passing()
}

// passing says whether asking again may help.
func (e *Error) passing() bool {
	switch e.Kind {
	case Unreachable, TimedOut, Cut, Limited:
		return true
	case Server:
		return e.Status != http.StatusNotImplemented
	}
	return false
}

// fail completes an error whose Reason says what the other side did.
func (c *Client) fail(q Request, e *Error) *Error {
	e.Reason = c.o.System + " " + e.Reason
	if q.Doing != "" {
		e.Reason = q.Doing + ": " + e.Reason
	}
	e.Reason, e.Hint, e.Said = c.Redact(e.Reason), c.Redact(e.Hint), c.Redact(e.Said)
	return e
}

// broken says why there is no whole answer.
func (c *Client) broken(q Request, err error, ctx context.Context) *Error { //nolint:revive // the request comes first in all of these
	e := &Error{Kind: Unreachable, Reason: "can't be reached", Hint: "check the network; it is tried again", err: err}
	var (
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		netError net.Error
	)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Kind, e.Reason, e.Hint = Cut, "broke off in the middle of its answer", "it is asked again; if it stays so, look at the proxy in between"
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &netError) && netError.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		e = late(c.o.Timeout, err)
	case errors.As(err, &unknown), errors.As(err, &invalid):
		e.Kind, e.Reason, e.Hint = Untrusted, "has a certificate that nobody known has signed", "name its authority's file with ca: in the connection's options"
	case errors.As(err, &host):
		e.Kind, e.Reason, e.Hint = Untrusted, "has a certificate for another name", "check the address; a proxy may stand in between"
	case errors.As(err, &record):
		e.Kind, e.Reason, e.Hint = Misconfigured, "does not speak TLS there", "write the address with http://, or another port"
	case errors.As(err, &dns):
		e.Reason, e.Hint = fmt.Sprintf("can't be found: the name %s is not known", dns.Name), "check the address, the network and the VPN"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason, e.Hint = "accepts no connections: nothing listens there", "start it, or check the address"
	}
	return c.fail(q, e)
}

// late is that nothing came for so long.
func late(wait time.Duration, err error) *Error {
	return &Error{Kind: TimedOut, Reason: fmt.Sprintf("did not answer within %v", wait), Hint: "it may be busy or behind a proxy; it is tried again", err: err}
}

// judge says what is wrong with an answer; nil: nothing is.
func (c *Client) judge(q Request, a *Answer) *Error {
	page := webPage(a)
	if a.Status >= 200 && a.Status < 300 {
		if q.Text || len(a.Body) == 0 && q.Into == nil || a.Status == http.StatusNoContent {
			return nil
		}
		if page {
			return c.fail(q, c.login(a))
		}
		if q.Into == nil {
			return nil
		}
		err := json.Unmarshal(a.Body, q.Into)
		if err == nil {
			return nil
		}
		var syntax *json.SyntaxError
		if len(a.Body) == 0 || errors.As(err, &syntax) && syntax.Offset >= int64(len(a.Body)) {
			return c.fail(q, &Error{Kind: Cut, Status: a.Status, Reason: "sent half an answer", Hint: "it is asked again; if it stays so, look at the proxy in between", err: err})
		}
		return c.fail(q, &Error{Kind: Unreadable, Status: a.Status, Reason: "sent what can't be read: " + strings.TrimPrefix(err.Error(), "json: "), Hint: "its version may be another one than expected", err: err})
	}
	e := &Error{Status: a.Status, Said: said(a)}
	c.explain(e, a)
	if page && e.Kind != Server && e.Kind != Limited {
		e = c.login(a)
	}
	if c.o.Explain != nil {
		c.o.Explain(e, a)
	}
	return c.fail(q, e)
}

// explain fills in what a status means.
func (c *Client) explain(e *Error, a *Answer) {
	quote := func(reason string) string {
		if e.Said == "" {
			return fmt.Sprintf("%s (%d)", reason, e.Status)
		}
		return fmt.Sprintf("%s (%d: %s)", reason, e.Status, e.Said)
	}
	c.mu.Lock()
	wait := c.asked(e.Status, a.Header, time.Now())
	skew := c.skew
	c.mu.Unlock()
	switch s := e.Status; {
	case wait > 0 && s != http.StatusServiceUnavailable || s == http.StatusTooManyRequests:
		e.Kind, e.Reason, e.Hint = Limited, quote("has had too many requests"), "it is asked again later"
		if wait > 0 {
			e.Retry = time.Now().Add(wait)
			e.Hint = "it is asked again " + clock(e.Retry)
		}
	case s == http.StatusUnauthorized:
		e.Kind, e.Reason, e.Hint = Unauthorized, quote("does not accept the token"), "sign in again, or give a new token"
		if skew.Abs() > 5*time.Minute {
			direction := "behind"
			if skew < 0 {
				direction = "ahead of"
			}
			e.Hint = fmt.Sprintf("this machine's clock is %v %s the server's: set it; else give a new token", skew.Abs().Round(time.Minute), direction)
		}
	case s == http.StatusProxyAuthRequired:
		e.Kind, e.Reason, e.Hint = Forbidden, "is behind a proxy that wants a password (407)", "put user:password@ into the proxy's address"
	case s == http.StatusForbidden:
		e.Kind, e.Reason, e.Hint = Forbidden, quote("does not allow this"), "the token needs more rights"
	case s == http.StatusNotFound:
		e.Kind, e.Reason, e.Hint = NotFound, quote("does not know this"), "check the name; what a token may not see is also said not to exist"
	case s == http.StatusGone:
		e.Kind, e.Reason, e.Hint = Gone, quote("has it no more"), "it was deleted or has expired"
	case s == http.StatusConflict:
		e.Kind, e.Reason, e.Hint = Conflict, quote("can't do that in the state things are in"), "look at its state and try again"
	case s == http.StatusBadRequest, s == http.StatusUnprocessableEntity:
		e.Kind, e.Reason, e.Hint = Invalid, quote("does not accept what was sent"), "change the values and try again"
	case s == http.StatusMethodNotAllowed, s == http.StatusNotImplemented:
		e.Kind, e.Reason, e.Hint = Refused, quote("can't do this"), "it may need a newer version, or another address"
	case s >= 500:
		e.Kind, e.Reason, e.Hint = Server, quote("has a failure of its own"), "wait a little; its status page may say more"
		if wait > 0 {
			e.Retry = time.Now().Add(wait)
		}
	case s >= 300 && s < 400:
		e.Kind, e.Reason, e.Hint = Moved, quote("says that this has moved"), "use the new address"
		if to := a.Header.Get("Location"); to != "" {
			e.Hint = "use the new address: " + to
		}
	default:
		e.Kind, e.Reason, e.Hint = Refused, quote("refused"), "its log may say more"
	}
}

// login is a page for people where data was expected.
func (c *Client) login(a *Answer) *Error {
	what := "a web page"
	if t := title(a.Body); t != "" {
		what = fmt.Sprintf("a web page (%q)", t)
	}
	e := &Error{Kind: WebPage, Status: a.Status, Reason: "answered with " + what + " instead of data", Hint: "a login or a proxy stands before it: check the address, and sign in"}
	if a.URL != nil && !same(a.URL, c.base) {
		e.Reason += " from " + a.URL.Host
	}
	return e
}

// Page is the failure of an answer of any kind that turns out to be a page for people.
func (c *Client) Page(doing string, a *Answer) error {
	return c.fail(Request{Doing: doing}, c.login(a))
}

func webPage(a *Answer) bool {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return kind == "text/html" || kind == "application/xhtml+xml"
}

var pageTitle = lazy.Regexp(`(?is)<title[^>]*>\s*(.{1,200}?)\s*</title>`)

func title(body []byte) string {
	m := pageTitle().FindSubmatch(body)
	if m == nil {
		return ""
	}
	return clip(html.UnescapeString(string(m[1])))
}

// said is the message in an answer, as most systems write it.
func said(a *Answer) string {
	if webPage(a) {
		return ""
	}
	var v map[string]any
	if json.Unmarshal(a.Body, &v) != nil {
		return clip(string(a.Body))
	}
	text := ""
	for _, name := range []string{"message", "error_description", "detail", "error", "error_code"} {
		switch s := v[name].(type) {
		case string:
			text = s
		case map[string]any:
			text, _ = s["message"].(string)
		}
		if text != "" {
			break
		}
	}
	if list, ok := v["errors"].([]any); ok {
		for _, item := range list {
			switch s := item.(type) {
			case string:
				text += ": " + s
			case map[string]any:
				if m, _ := s["message"].(string); m != "" {
					text += ": " + m
				}
			}
		}
	}
	return clip(strings.TrimPrefix(text, ": "))
}

// clip makes one short line.
func clip(s string) string {
	const longest = 240
	if len(s) > 4*longest {
		s = s[:4*longest]
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "…"
	}
	return s
}
