//go:build linux || darwin

package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// child is a started leader.
type child struct {
	id     ident
	exited chan struct{}
	exit   tasks.Exit // valid once exited is closed
	// outputs are read to their end; tty is the pty's master, nil on pipes, and
	// also the only output then.
	outputs []*output
	tty     *os.File
}

func defaultShell() []string { return []string{"sh", "-c"} }

// spawn starts the plan's process as the leader of a new session, so that
// everything it forks has a group, and with its group a session, by which it is
// found again, and no signal meant for the host's terminal reaches it.
//
// Pdeathsig, Linux's own answer to a killed host, is not used: it fires when
// the thread that forked ends, and Go ends threads as it likes; and it reaches
// the leader only. The guardian does it for the whole family, and on macOS too.
func spawn(p *plan, columns, rows int, a *arrivals) (*child, error) {
	c := &child{exited: make(chan struct{})}
	var given []*os.File // the process's ends
	var err error
	if p.tty {
		given, err = c.openPty(columns, rows, a)
	} else {
		given, err = c.openPipes(a)
	}
	if err != nil {
		return nil, err
	}
	process, err := os.StartProcess(p.path, p.argv, &os.ProcAttr{
		Dir:   p.dir,
		Env:   p.env,
		Files: given,
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: p.tty},
	})
	closeAll(given)
	if err != nil {
		for _, o := range c.outputs {
			_ = o.file.Close() // nothing was written
		}
		return nil, err
	}
	c.id = identify(process.Pid)
	go func() {
		defer close(c.exited)
		state, err := process.Wait()
		if err != nil {
			c.exit = tasks.Exit{Code: -1} // somebody else waited for our child
			return
		}
		c.exit = exitOf(state)
	}()
	return c, nil
}

func exitOf(state *os.ProcessState) tasks.Exit {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return tasks.Exit{Code: 128 + int(ws.Signal()), Signal: signalName(ws.Signal())}
	}
	return tasks.Exit{Code: state.ExitCode()}
}

// openPty makes the terminal. Its newline translation (ONLCR) is off, so that
// the log has the bytes that the program printed: "\n" stays "\n". The rest of
// output processing stays on, since that is how screen.show tells a program
// that has not touched the terminal from one that has put it into raw mode
// (which turns all of it off) and draws by itself.
func (c *child) openPty(columns, rows int, a *arrivals) ([]*os.File, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pty: %w", err)
	}
	fail := func(err error) ([]*os.File, error) {
		closeAll([]*os.File{master, slave})
		return nil, fmt.Errorf("set up a pty: %w", err)
	}
	if err := pty.Setsize(slave, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		return fail(err)
	}
	mode, err := unix.IoctlGetTermios(int(slave.Fd()), getTermios)
	if err != nil {
		return fail(err)
	}
	mode.Oflag = mode.Oflag&^unix.ONLCR | unix.OPOST
	if err := unix.IoctlSetTermios(int(slave.Fd()), setTermios, mode); err != nil {
		return fail(err)
	}
	tty, err := readEnd(master)
	if err != nil {
		return fail(err)
	}
	c.tty = tty
	c.outputs = []*output{newOutput(logs.Out, tty, a)}
	return []*os.File{slave, slave, slave}, nil
}

func (c *child) openPipes(a *arrivals) ([]*os.File, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	given := []*os.File{null}
	for _, stream := range []logs.Stream{logs.Out, logs.Err} {
		r, w, err := openPipe()
		if err != nil {
			closeAll(given)
			for _, o := range c.outputs {
				_ = o.file.Close() // nothing was written
			}
			return nil, fmt.Errorf("open a pipe: %w", err)
		}
		given = append(given, w)
		c.outputs = append(c.outputs, newOutput(stream, r, a))
	}
	return given, nil
}

func closeAll(files []*os.File) {
	for i, f := range files {
		if i == 0 || f != files[i-1] {
			_ = f.Close() // our copy of an end that we do not write to
		}
	}
}

// drainMost bounds what is read of an output that somebody else keeps open: no
// pipe or pty holds more than this from the time before.
const drainMost = 1 << 20

// drainNow reads what is there without waiting for more.
func drainNow(f *os.File, buf []byte, take func([]byte)) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { // closed: nothing to read
		for total := 0; total < drainMost; {
			n, err := unix.Read(int(fd), buf)
			if err == unix.EINTR {
				continue
			}
			if err != nil || n <= 0 {
				return
			}
			take(buf[:n])
			total += n
		}
	})
}

func executableFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errDirectory
	case unix.Access(path, unix.X_OK) != nil:
		return "", fs.ErrPermission
	}
	return path, nil
}

func notExecutableFormat(err error) bool { return errors.Is(err, syscall.ENOEXEC) }
