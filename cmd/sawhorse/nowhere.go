package main

import (
	"net"
	"sync"
	"time"
)

// aloneFor is how long a host that only shows the engine stays when nobody looks:
// somebody who opens the screen again finds it there.
const aloneFor = 3 * time.Second

// visited is a listener that calls alone when the last of those who came has left.
type visited struct {
	net.Listener
	alone func()

	mu    sync.Mutex
	here  int
	timer *time.Timer
}

// Accept waits for the next who comes.
func (v *visited) Accept() (net.Conn, error) {
	conn, err := v.Listener.Accept()
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.here++
	if v.timer != nil {
		v.timer.Stop()
	}
	return &visitor{Conn: conn, leave: sync.OnceFunc(v.left)}, nil
}

func (v *visited) left() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.here--; v.here == 0 {
		v.timer = time.AfterFunc(aloneFor, v.alone)
	}
}

// Close ends the waiting, also for the last one to leave.
func (v *visited) Close() error {
	v.mu.Lock()
	if v.timer != nil {
		v.timer.Stop()
	}
	v.mu.Unlock()
	return v.Listener.Close()
}

type visitor struct {
	net.Conn
	leave func()
}

// Close leaves.
func (c *visitor) Close() error {
	c.leave()
	return c.Conn.Close()
}
