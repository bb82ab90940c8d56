package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Interface guards.
var (
	_ tasks.Source    = (*Provider)(nil)
	_ tasks.Tailer    = (*Provider)(nil)
	_ tasks.Operator  = (*Provider)(nil)
	_ tasks.Querier   = (*Provider)(nil)
	_ tasks.Describer = (*Provider)(nil)
)

// answerWithin is how long an engine may take for a question that it answers
// from memory.
const answerWithin = 20 * time.Second

// Options are what a connection is made with.
type Options struct {
	Name string // the connection's
	Dir  string // the workspace: what belongs to it comes first
	Look tasks.Lookout
}

// Provider is a connection to an engine. Its methods may be called from several
// goroutines.
type Provider struct {
	o     Options
	api   *client.Client
	at    Endpoint
	about string
	// podman: what answers is Podman, whose events have names of their own.
	podman bool
	// builder is how the engine prefers to build.
	builder build.BuilderVersion

	mu    sync.Mutex
	known map[string]summary // the containers as last told, by ID
	moved chan struct{}      // closed, and made anew, when known changes
}

// Connect reaches an engine and agrees on the version of its API.
func Connect(ctx context.Context, e Endpoint, o Options) (*Provider, error) {
	api, err := newClient(e)
	if err != nil {
		return nil, &tasks.StartError{Reason: err.Error(), Hint: "correct the address, or remove it to use the docker CLI's"}
	}
	p := &Provider{o: o, api: api, at: e, known: map[string]summary{}, moved: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	ping, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		_ = api.Close()
		return nil, unreachable(e, err)
	}
	p.builder = ping.BuilderVersion
	v, err := api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		_ = api.Close()
		return nil, unreachable(e, err)
	}
	name := "Docker"
	for _, c := range v.Components {
		if strings.HasPrefix(c.Name, "Podman") {
			name, p.podman = "Podman", true
		}
	}
	p.about = fmt.Sprintf("%s %s, API %s", name, v.Version, api.ClientVersion())
	if e.Context != "" {
		p.about += " (context " + e.Context + ")"
	} else if e.From != "" {
		p.about += " (" + e.From + ")"
	}
	return p, nil
}

func newClient(e Endpoint) (*client.Client, error) {
	if strings.HasPrefix(e.Host, "ssh://") {
		argv, err := sshArgs(e.Host)
		if err != nil {
			return nil, err
		}
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialProgram(ctx, argv) }
		// The name is only what requests carry; the program decides where they go.
		return client.New(
			client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 2, IdleConnTimeout: time.Minute}}),
			client.WithHost("http://docker.example.com"), client.WithDialContext(dial),
		)
	}
	if !e.TLS {
		return client.New(client.WithHost(e.Host))
	}
	trust, err := certificates(e)
	if err != nil {
		return nil, err
	}
	return client.New(client.WithHTTPClient(&http.Client{Transport: &http.Transport{
		TLSClientConfig: trust, MaxIdleConns: 6, IdleConnTimeout: 30 * time.Second,
	}}), client.WithHost(e.Host))
}

// certificates are the files by which both sides know each other.
func certificates(e Endpoint) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: e.SkipVerify} //nolint:gosec // a person's context says so
	if e.CA != "" && !e.SkipVerify {
		pem, err := os.ReadFile(e.CA)
		if err != nil {
			return nil, fmt.Errorf("read the engine's certificate authority: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", e.CA)
		}
	}
	if e.Cert != "" && exists(e.Cert) {
		pair, err := tls.LoadX509KeyPair(e.Cert, e.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for the engine: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// unreachable says why an engine does not answer, and what to do.
func unreachable(e Endpoint, err error) error {
	why := &tasks.StartError{Reason: fmt.Sprintf("no engine answers at %s: %v", e.Host, plain(err)), Hint: "start the engine, or name another one by DOCKER_HOST, `docker context use` or `integrations:`"}
	socket := e.socket()
	switch {
	case socket != "" && !exists(socket):
		why.Reason = fmt.Sprintf("no engine: %s is not there (%s)", socket, e.From)
		switch e.title() {
		case "Podman":
			why.Hint = "start it: systemctl --user start podman.socket"
		case "Colima":
			why.Hint = "start it: colima start"
		default:
			why.Hint = "start it: sudo systemctl start docker, or Docker Desktop"
		}
		return &absent{why, socket}
	case errors.Is(err, os.ErrPermission):
		why.Reason = fmt.Sprintf("%s may not be opened by this user", socket)
		why.Hint = "join the group of the socket: sudo usermod -aG docker $USER, then log in anew"
	case errors.Is(err, context.DeadlineExceeded):
		why.Reason = fmt.Sprintf("the engine at %s did not answer within %v", e.Host, answerWithin)
		why.Hint = "see its own log: journalctl -u docker"
	case strings.HasPrefix(e.Host, "ssh://"):
		why.Hint = "try it by hand: DOCKER_HOST=" + e.Host + " docker version; ssh must need no password"
	}
	return why
}

// plain is the client's error without what it wraps around every message.
func plain(err error) string {
	text := err.Error()
	for _, s := range []string{"Error response from daemon: ", "error during connect: ", "failed to connect to the docker API at "} {
		text = strings.ReplaceAll(text, s, "")
	}
	text, _, _ = strings.Cut(text, "; check if the path is correct")
	return text
}

// About says what answered: "Docker 27.1, API 1.46 (context colima)".
func (p *Provider) About() string { return p.about }

// Close ends the connection.
func (p *Provider) Close() error { return p.api.Close() }

// container is what is known of a container, and a channel that is closed when
// any container changes.
func (p *Provider) container(id string) (s summary, known bool, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known = p.known[id]
	return s, known, p.moved
}

// keep takes over what was told of containers.
func (p *Provider) keep(change func(known map[string]summary)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p.known)
	close(p.moved)
	p.moved = make(chan struct{})
}

// gone says whether the engine no longer knows what was asked for.
func gone(err error) bool { return errdefs.IsNotFound(err) }
