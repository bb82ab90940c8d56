package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sshArgs are the program and arguments that carry the Engine API of another
// machine over ssh, with the person's own keys, agent and ssh configuration.
func sshArgs(host string) ([]string, error) {
	u, err := url.Parse(host)
	if err != nil {
		return nil, fmt.Errorf("read the engine's address %s: %w", host, err)
	}
	if u.Hostname() == "" || strings.HasPrefix(u.Hostname(), "-") {
		return nil, fmt.Errorf("the engine's address %s names no machine", host)
	}
	if _, set := u.User.Password(); set {
		return nil, fmt.Errorf("the engine's address has a password in it: use a key, or ssh's configuration")
	}
	args := []string{"ssh", "-o", "ConnectTimeout=20", "-o", "BatchMode=yes", "-T"}
	if user := u.User.Username(); user != "" {
		args = append(args, "-l", user)
	}
	if port := u.Port(); port != "" {
		args = append(args, "-p", port)
	}
	args = append(args, "--", u.Hostname(), "docker")
	if path := strings.TrimSuffix(u.Path, "/"); path != "" {
		args = append(args, "--host", "unix://"+path)
	}
	return append(args, "system", "dial-stdio"), nil
}

// dialProgram makes a connection of a program's input and output; the program
// ends with the connection.
func dialProgram(ctx context.Context, argv []string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// The connection outlives the call that dialled it: it has its own context.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(life, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	c := &programConn{cmd: cmd, end: end, heard: make(chan struct{})}
	var stderr io.Reader
	var err error
	if c.in, err = cmd.StdinPipe(); err == nil {
		c.out, err = cmd.StdoutPipe()
	}
	if err == nil {
		stderr, err = cmd.StderrPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("reach the engine by %s: %w", argv[0], err)
	}
	go func() {
		defer close(c.heard)
		_, _ = io.Copy(&c.said, stderr)
	}()
	return c, nil
}

// programConn is a program's input and output as a connection. Deadlines are
// not kept: whoever gives up closes it.
type programConn struct {
	cmd    *exec.Cmd
	end    context.CancelFunc
	in     io.WriteCloser
	out    io.ReadCloser
	said   tail
	heard  chan struct{} // closed when all that it said is in said
	closed sync.Once
}

func (c *programConn) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	if errors.Is(err, io.EOF) {
		err = c.why(err)
	}
	return n, err
}

// Write may find the program gone before Read does.
func (c *programConn) Write(p []byte) (int, error) {
	n, err := c.in.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		err = c.why(err)
	}
	return n, err
}

// why is what the program said before it went, where it said anything.
func (c *programConn) why(err error) error {
	// Its last word may come a moment after the end of its output.
	select {
	case <-c.heard:
	case <-time.After(3 * time.Second):
	}
	if said := c.said.String(); said != "" {
		return fmt.Errorf("%s: %s", c.cmd.Args[0], said)
	}
	return err
}

// CloseWrite tells the other side that nothing more comes.
func (c *programConn) CloseWrite() error { return c.in.Close() }

// Close ends the program and waits for it.
func (c *programConn) Close() error {
	c.closed.Do(func() {
		_ = c.in.Close()
		c.end()
		_ = c.cmd.Wait()
		<-c.heard
	})
	return nil
}

type programAddr struct{}

func (programAddr) Network() string { return "ssh" }
func (programAddr) String() string  { return "ssh" }

func (*programConn) LocalAddr() net.Addr              { return programAddr{} }
func (*programConn) RemoteAddr() net.Addr             { return programAddr{} }
func (*programConn) SetDeadline(time.Time) error      { return nil }
func (*programConn) SetReadDeadline(time.Time) error  { return nil }
func (*programConn) SetWriteDeadline(time.Time) error { return nil }

// tail keeps the last line that a program said.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-4096):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.text), []byte("\n"))
	return strings.TrimSpace(string(lines[len(lines)-1]))
}
