package process

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// FreePort is a TCP port of this machine that nobody listens on now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }() // nobody has connected
	return l.Addr().(*net.TCPAddr).Port, nil
}

// checkPorts says who holds a port that the unit is declared to have.
func (r *Runner) checkPorts(u config.Unit) error {
	for _, port := range u.Ports {
		if port.Number == 0 || !portTaken(port.Number) {
			continue
		}
		name := fmt.Sprintf("port %d (%s)", port.Number, port.Name)
		holder, ok := portHolder(port.Number, r.census.take())
		if !ok {
			return &tasks.StartError{
				Reason: name + " is taken by a process that is not ours to see",
				Hint:   fmt.Sprintf("find it with `sudo lsof -i :%d`, or give the port another number or auto", port.Number),
			}
		}
		p := holder.describe()
		reason := fmt.Sprintf("%s is taken by pid %d (%s)%s", name, p.PID, p.Command, since(p.Started, time.Now()))
		if id, ours := r.runOf(holder); ours {
			return &tasks.StartError{
				Reason: fmt.Sprintf("%s, which belongs to %s of this workspace", reason, id),
				Hint:   "stop " + id.Task() + ", or give the port another number or auto",
			}
		}
		return &tasks.StartError{
			Reason: reason,
			Hint:   fmt.Sprintf("stop it with `kill %d`, or give the port another number or auto", p.PID),
		}
	}
	return nil
}

// runOf is the run that a process belongs to.
func (r *Runner) runOf(p proc) (tasks.RunID, bool) {
	r.mu.Lock()
	families := make(map[tasks.RunID]*family, len(r.live))
	for id, x := range r.live {
		families[id] = x.family
	}
	r.mu.Unlock()
	all := r.census.take()
	for id, f := range families {
		for _, m := range f.members(all, anywhere, true) {
			if m.ident == p.ident {
				return id, true
			}
		}
	}
	return "", false
}

// portTaken tries the port on the loopback and on all addresses: each kind of
// listener is in the way of the other, but not on every system.
func portTaken(port int) bool {
	n := strconv.Itoa(port)
	tries := [][2]string{{"tcp4", "127.0.0.1:" + n}, {"tcp6", "[::1]:" + n}}
	if runtime.GOOS == "linux" {
		// Elsewhere this may ask the person whether the program may listen.
		tries = append(tries, [2]string{"tcp4", "0.0.0.0:" + n}, [2]string{"tcp6", "[::]:" + n})
	}
	for _, t := range tries {
		l, err := net.Listen(t[0], t[1])
		if err == nil {
			_ = l.Close() // nobody has connected
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return true
		}
	}
	if runtime.GOOS == "linux" {
		return false
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+n, 200*time.Millisecond)
	if err != nil {
		return false
	}
	_ = conn.Close() // it was there
	return true
}
