package rest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// network is the way to the other side, with the certificates and the proxy
// that the options name.
func network(o Options) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.IdleConnTimeout = 4, 90*time.Second
	t.ResponseHeaderTimeout = o.Timeout
	switch o.Proxy {
	case "":
	case "none":
		t.Proxy = nil
	default:
		proxy, err := url.Parse(o.Proxy)
		if err != nil || proxy.Host == "" {
			return nil, &Error{Kind: Misconfigured, Reason: "the proxy is not an address", Hint: "write it as http://host:port, or none"}
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.Insecure} //nolint:gosec // only where the person asks for it
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, &Error{Kind: Misconfigured, Reason: fmt.Sprintf("read the certificates: %v", err), Hint: "ca: names a file of PEM certificates", err: err}
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, &Error{Kind: Misconfigured, Reason: fmt.Sprintf("%s has no certificate in it", o.CA), Hint: "ca: names a file of PEM certificates"}
		}
		conf.RootCAs = pool
	}
	if o.Cert != "" {
		own, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, &Error{Kind: Misconfigured, Reason: fmt.Sprintf("read this side's certificate: %v", err), Hint: "cert: and key: name PEM files that belong together", err: err}
		}
		conf.Certificates = []tls.Certificate{own}
	}
	t.TLSClientConfig = conf
	return t, nil
}

// tunnelled is t, but for what is more than requests and answers: a proxy is asked for
// a tunnel where it would be given requests, of which it may forward no upgrade.
func tunnelled(t *http.Transport, home *url.URL) http.RoundTripper {
	if home.Scheme != "http" || t.Proxy == nil {
		return t // TLS goes through a tunnel by itself
	}
	proxy, err := t.Proxy(&http.Request{URL: home})
	if err != nil || proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return t
	}
	way := t.Clone()
	way.Proxy = nil
	way.DialContext = func(ctx context.Context, kind, to string) (net.Conn, error) {
		conn, err := t.DialContext(ctx, kind, net.JoinHostPort(proxy.Hostname(), port(proxy)))
		if err != nil {
			return nil, err
		}
		if proxy.Scheme == "https" {
			conf := t.TLSClientConfig.Clone()
			conf.ServerName = proxy.Hostname()
			conn = tls.Client(conn, conf)
		}
		if err := tunnel(ctx, conn, proxy, to); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return conn, nil
	}
	return way
}

// tunnel has the proxy at the other end of conn hand on all that follows.
func tunnel(ctx context.Context, conn net.Conn, proxy *url.URL, to string) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	q := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		q.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := q.Write(conn); err != nil {
		return fmt.Errorf("ask the proxy: %w", err)
	}
	// Nothing follows the answer before this side says something.
	a, err := http.ReadResponse(bufio.NewReader(conn), q)
	if err != nil {
		return fmt.Errorf("ask the proxy: %w", err)
	}
	_ = a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy opens no tunnel: %s", a.Status)
	}
	return nil
}

// Plain is an address without the user and the password that may stand in it.
func Plain(address string) string {
	u, err := url.Parse(address)
	if err == nil && u.User == nil {
		return address
	}
	if err == nil {
		u.User = nil
		return u.String()
	}
	scheme, _, _ := strings.Cut(address, "://")
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return scheme + "://" + address[i+1:]
	}
	return address
}

// Host is an address as people know the server: without what every address has.
func Host(address string) string {
	plain := Plain(address)
	if _, after, found := strings.Cut(plain, "://"); found {
		plain = after
	}
	host, _, _ := strings.Cut(plain, "/")
	return host
}

// SameServer says whether two addresses are of one server.
func SameServer(a, b string) bool {
	left, err := url.Parse(a)
	if err != nil {
		return false
	}
	right, err := url.Parse(b)
	return err == nil && same(left, right)
}

// homeward adds the headers that authorize to requests that go home, so that no
// redirect carries a token to another host, another port or out of TLS.
type homeward struct {
	next   http.RoundTripper
	home   *url.URL
	header http.Header
}

func (h *homeward) RoundTrip(req *http.Request) (*http.Response, error) {
	if !same(req.URL, h.home) {
		req.Header.Del("Authorization")
		return h.next.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	for name, values := range h.header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return h.next.RoundTrip(req)
}

// CloseIdleConnections passes on what http.Client asks for.
func (h *homeward) CloseIdleConnections() {
	if t, ok := h.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func same(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if strings.EqualFold(u.Scheme, "https") {
		return "443"
	}
	return "80"
}

// redirect follows what was only read. What changes something is followed only
// where it stays the same request, on the same host.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("redirected too often")
	}
	first := via[0]
	if safe(first.Method) {
		return nil
	}
	if req.Method != first.Method || !same(req.URL, first.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}
