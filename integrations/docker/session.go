package docker

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"

	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// What BuildKit may ask for while it builds. It calls back over a connection that
// was opened to the engine: gRPC, which is HTTP/2 with a prefix before each message.
const (
	askHealth      = "/grpc.health.v1.Health/Check"
	askSecret      = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
	askCredentials = "/moby.filesync.v1.Auth/Credentials"
	askAgent       = "/moby.sshforward.v1.SSH/CheckAgent"
	askForward     = "/moby.sshforward.v1.SSH/ForwardAgent"
)

// gRPC's words for how a call ended.
const (
	callOK            = 0
	callInvalid       = 3
	callNotFound      = 5
	callUnimplemented = 12
	callUnavailable   = 14
)

// session answers what BuildKit asks for while it builds.
type session struct {
	id      string
	secrets []config.BuildSecret
	agents  []config.Agent
	getenv  func(string) string
	// login is what a registry is told; "": nothing is known.
	login func(host string) (user, secret string)
}

// open begins the session; end ends it and waits for that.
func (s *session) open(ctx context.Context, api *client.Client) (end func(), err error) {
	s.id = rand.Text()
	conn, err := api.DialHijack(ctx, "/session", "h2c", map[string][]string{
		"X-Docker-Expose-Session-Uuid":        {s.id},
		"X-Docker-Expose-Session-Name":        {"sawhorse"},
		"X-Docker-Expose-Session-Sharedkey":   {""},
		"X-Docker-Expose-Session-Grpc-Method": {askHealth, askSecret, askCredentials, askAgent, askForward},
	})
	if err != nil {
		return nil, fmt.Errorf("open a session with BuildKit: %w", err)
	}
	var only http.Protocols
	only.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: s, Protocols: &only}
	l := &oneConn{conn: conn, closed: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	return func() {
		_ = server.Close()
		_ = conn.Close()
		serving.Wait()
	}, nil
}

// oneConn is a listener that has accepted its only connection already.
type oneConn struct {
	mu     sync.Mutex
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (*oneConn) Addr() net.Addr { return programAddr{} }

// ServeHTTP answers one call.
func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	if r.URL.Path == askForward {
		s.forward(w, r)
		return
	}
	asked, err := readMessage(r.Body)
	if err != nil {
		finish(w, callInvalid, err.Error())
		return
	}
	var answer []byte
	switch name := textField(asked, 1); r.URL.Path {
	case askHealth:
		answer = []byte{1 << 3, 1} // serving
	case askSecret:
		text, err := s.secret(name)
		if err != nil {
			finish(w, callNotFound, err.Error())
			return
		}
		answer = appendBytes(nil, 1, text)
	case askCredentials:
		if s.login == nil {
			break
		}
		user, secret := s.login(name)
		answer = appendBytes(appendBytes(nil, 1, []byte(user)), 2, []byte(secret))
	case askAgent:
		if _, err := s.agent(name); err != nil {
			finish(w, callNotFound, err.Error())
			return
		}
	default:
		finish(w, callUnimplemented, "not known here")
		return
	}
	_ = writeMessage(w, answer)
	finish(w, callOK, "")
}

// secret is what the build calls by an id.
func (s *session) secret(id string) ([]byte, error) {
	for _, secret := range s.secrets {
		if secret.ID != id {
			continue
		}
		if secret.File != "" {
			return os.ReadFile(secret.File)
		}
		if value := s.getenv(secret.Variable); value != "" {
			return []byte(value), nil
		}
		return nil, fmt.Errorf("the variable %s, which is the secret %s, is not set", secret.Variable, id)
	}
	return nil, fmt.Errorf("the build has no secret %q", id)
}

// agent is the socket of an ssh agent.
func (s *session) agent(id string) (string, error) {
	if id == "" {
		id = "default"
	}
	for _, a := range s.agents {
		if a.ID != id {
			continue
		}
		if a.Socket != "" {
			return a.Socket, nil
		}
		if socket := s.getenv("SSH_AUTH_SOCK"); socket != "" {
			return socket, nil
		}
		return "", errors.New("no ssh agent runs here: SSH_AUTH_SOCK is not set")
	}
	return "", fmt.Errorf("the build has no ssh agent %q", id)
}

// forward connects the build to an ssh agent.
func (s *session) forward(w http.ResponseWriter, r *http.Request) {
	socket, err := s.agent(r.Header.Get("buildkit.ssh.id"))
	if err != nil {
		finish(w, callNotFound, err.Error())
		return
	}
	conn, err := new(net.Dialer).DialContext(r.Context(), "unix", socket)
	if err != nil {
		finish(w, callUnavailable, err.Error())
		return
	}
	defer conn.Close()
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	var asking sync.WaitGroup
	asking.Go(func() {
		defer conn.Close()
		for {
			m, err := readMessage(r.Body)
			if err != nil {
				return
			}
			if _, err := conn.Write([]byte(textField(m, 1))); err != nil {
				return
			}
		}
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buf)
		if n > 0 && writeMessage(w, appendBytes(nil, 1, buf[:n])) != nil || err != nil {
			break
		}
	}
	finish(w, callOK, "")
	_ = r.Body.Close()
	asking.Wait()
}

// longestMessage bounds what a call may carry.
const longestMessage = 16 << 20

func readMessage(r io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || size > longestMessage {
		return nil, errors.New("a message that is compressed or too long")
	}
	p := make([]byte, size)
	_, err := io.ReadFull(r, p)
	return p, err
}

func writeMessage(w http.ResponseWriter, p []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(p)))
	if _, err := w.Write(append(head, p...)); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// finish says how a call ended, behind all else.
func finish(w http.ResponseWriter, code int, why string) {
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(code))
	if why != "" {
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", url.PathEscape(why))
	}
}
