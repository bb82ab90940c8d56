package process

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// arrivals wakes those who wait for output.
//
// The runtime's own poller has every file armed for its whole life, and wakes
// for each write of each program, whether anybody waits for it or not: twenty
// services with a thousand lines a second cost a fourth of a core that way. Here
// a file is armed only while its reader waits, and for one wake.
type arrivals struct {
	epoll *os.File // itself under the runtime's poller
	conn  syscall.RawConn
	done  sync.WaitGroup

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan struct{} // of each output, by its number; has room for one
}

// newArrivals has a goroutine, which close ends.
func newArrivals() (*arrivals, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // os.NewFile then knows that it can be polled
		_ = unix.Close(fd) // nothing was written
		return nil, os.NewSyscallError("fcntl", err)
	}
	a := &arrivals{epoll: os.NewFile(uintptr(fd), "epoll"), waiting: map[int64]chan struct{}{}}
	if a.conn, err = a.epoll.SyscallConn(); err != nil {
		_ = a.epoll.Close() // nothing was written
		return nil, err
	}
	a.done.Go(a.run)
	return a, nil
}

func (a *arrivals) close() {
	_ = a.epoll.Close() // nothing was written
	a.done.Wait()
}

// run ends when the epoll is closed.
func (a *arrivals) run() {
	var events [64]unix.EpollEvent
	_ = a.conn.Read(func(fd uintptr) bool {
		for {
			n, err := unix.EpollWait(int(fd), events[:], 0)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n <= 0 {
				return false // until there is more
			}
			a.mu.Lock()
			for _, e := range events[:n] {
				if woken := a.waiting[numberIn(e)]; woken != nil {
					select {
					case woken <- struct{}{}:
					default:
					}
				}
			}
			a.mu.Unlock()
		}
	})
}

// know gives the output's number, and how its file is armed.
func (a *arrivals) know(o *output) (how int, number int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o.number > 0 {
		return unix.EPOLL_CTL_MOD, o.number
	}
	a.last++
	o.number = a.last
	a.waiting[o.number] = o.woken
	return unix.EPOLL_CTL_ADD, o.number
}

// An epoll event carries eight bytes of its owner's.
func eventOf(number int64, events uint32) unix.EpollEvent {
	return unix.EpollEvent{Events: events, Fd: int32(number), Pad: int32(number >> 32)}
}

func numberIn(e unix.EpollEvent) int64 { return int64(uint32(e.Fd)) | int64(e.Pad)<<32 }

// output is one stream of a child. Its file is in non-blocking mode and unknown
// to the runtime's poller.
type output struct {
	stream   logs.Stream
	file     *os.File
	arrivals *arrivals
	woken    chan struct{}
	enough   chan struct{} // closed by interrupt
	once     sync.Once

	number int64 // 0: not yet known to arrivals; guarded by their lock
	// flood is for the reader alone: the last piece was large, more comes within
	// microseconds.
	flood bool
}

func newOutput(s logs.Stream, f *os.File, a *arrivals) *output {
	return &output{stream: s, file: f, arrivals: a, woken: make(chan struct{}, 1), enough: make(chan struct{})}
}

// interrupt ends the reading: soon nobody is in read any more.
func (o *output) interrupt() { o.once.Do(func() { close(o.enough) }) }

const (
	// floodPiece is the size of a piece that is followed by more.
	floodPiece = 2 << 10
	// floodPause is how long the next piece of a flood is waited for: much longer
	// than a program that floods takes for it.
	floodPause = 5 * time.Millisecond
	// joinRoom is the most that a pty gives at once.
	joinRoom = 4 << 10
)

// read waits for output and gives it; the pieces of a flood together, as far as
// they are there and fit. It ends with os.ErrDeadlineExceeded after interrupt.
func (o *output) read(buf []byte) (int, error) {
	for got := 0; ; {
		select {
		case <-o.enough:
			return got, os.ErrDeadlineExceeded
		default:
		}
		n, err := o.file.Read(buf[got:])
		got += max(0, n)
		switch {
		case n > 0:
			if o.flood = n >= floodPiece; !o.flood || len(buf)-got < joinRoom {
				return got, nil
			}
		case got > 0:
			return got, nil // an error comes again
		case !errors.Is(err, syscall.EAGAIN):
			return 0, err
		default:
			if o.flood = o.flood && o.soon(); o.flood {
				continue
			}
			if err := o.wait(); err != nil {
				return 0, err
			}
		}
	}
}

// soon waits for the next piece of a flood on a thread of its own, which takes half
// of the system calls of wait and no turn of Go's scheduler.
func (o *output) soon() (there bool) {
	_ = o.control(func(fd int) error {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(p, int(floodPause/time.Millisecond))
		there = n > 0
		return err
	})
	return there
}

// wait sleeps until there is something to read.
func (o *output) wait() error {
	how, number := o.arrivals.know(o)
	err := o.control(func(fd int) error {
		return o.arrivals.control(func(epoll int) error {
			event := eventOf(number, unix.EPOLLIN|unix.EPOLLONESHOT)
			return os.NewSyscallError("epoll_ctl", unix.EpollCtl(epoll, how, fd, &event))
		})
	})
	if err != nil {
		return err
	}
	select {
	case <-o.woken:
		return nil
	case <-o.enough:
		return os.ErrDeadlineExceeded
	}
}

// forget is called when nobody reads any more, before the file is closed.
// The kernel forgets closed files by itself.
func (o *output) forget() {
	o.arrivals.mu.Lock()
	defer o.arrivals.mu.Unlock()
	delete(o.arrivals.waiting, o.number)
}

func (o *output) control(f func(fd int) error) error {
	conn, err := o.file.SyscallConn()
	if err != nil {
		return err
	}
	return controlled(conn, f)
}

func (a *arrivals) control(f func(fd int) error) error { return controlled(a.conn, f) }

func controlled(conn syscall.RawConn, f func(fd int) error) error {
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// openPipe makes a pipe, with more room than the usual 64 KiB where the kernel
// allows it, so that a flood of output takes fewer turns between its writer and us.
// What os.Pipe makes is under the runtime's poller, and takes four times as long.
func openPipe() (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	_, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, 256<<10)
	w = os.NewFile(uintptr(fds[1]), "|1")
	if r, err = quiet(fds[0], "|0"); err != nil {
		_ = w.Close() // nothing was written
		return nil, nil, err
	}
	return r, w, nil
}

// readEnd is the same file as quiet makes it.
func readEnd(f *os.File) (*os.File, error) {
	var fd int
	conn, err := f.SyscallConn()
	if err == nil {
		err = controlled(conn, func(old int) (err error) {
			fd, err = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, 0)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	name := f.Name()
	_ = f.Close() // its copy lives
	if err := unix.SetNonblock(fd, false); err != nil {
		_ = unix.Close(fd) // nothing was written
		return nil, err
	}
	return quiet(fd, name)
}

// quiet makes a file in non-blocking mode that is not under the runtime's poller,
// of a descriptor that blocks: os.NewFile takes that for one that can't be polled.
func quiet(fd int, name string) (*os.File, error) {
	f := os.NewFile(uintptr(fd), name)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// typeInto writes to a pty, and waits for as long as limit for a program that does
// not read.
func typeInto(tty *os.File, p []byte, limit time.Duration) (n int, err error) {
	conn, err := tty.SyscallConn()
	if err != nil {
		return 0, err
	}
	for end := time.Now().Add(limit); ; {
		written, err := tty.Write(p[n:])
		n += written
		if !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		left := time.Until(end)
		if left <= 0 {
			return n, os.ErrDeadlineExceeded
		}
		err = controlled(conn, func(fd int) error {
			room := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
			_, err := unix.Poll(room, int(left/time.Millisecond)+1)
			return err
		})
		if err != nil && !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
