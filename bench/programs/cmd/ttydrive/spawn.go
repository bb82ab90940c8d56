package main

import (
	"benchprograms/vt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

func openPTY(cols, rows int) (*os.File, *os.File, error) {
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	ctl := func(f *os.File, r, a uintptr) error {
		rc, err := f.SyscallConn()
		if err != nil {
			return err
		}
		var e syscall.Errno
		rc.Control(func(fd uintptr) { _, _, e = syscall.Syscall(syscall.SYS_IOCTL, fd, r, a) })
		if e != 0 {
			return e
		}
		return nil
	}
	var n, z int32
	if err = ctl(m, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&n))); err != nil {
		return nil, nil, err
	}
	if err = ctl(m, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&z))); err != nil {
		return nil, nil, err
	}
	s, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(n)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	ws := [4]uint16{uint16(rows), uint16(cols), uint16(cols * 8), uint16(rows * 16)}
	err = ctl(m, syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&ws)))
	return m, s, err
}

func (d *drv) spawn(r *req) error {
	if r.Cols == 0 {
		r.Cols, r.Rows = 200, 50
	}
	m, s, err := openPTY(r.Cols, r.Rows)
	if err != nil {
		return err
	}
	d.ptmx = m
	d.raw = r.Raw
	d.t = vt.New(r.Cols, r.Rows)
	d.t.Reply = func(b []byte) {
		b = append([]byte(nil), b...)
		go m.Write(b)
	}
	env := []string{}
	skip := map[string]bool{"TERM": true, "COLORTERM": true, "LINES": true, "COLUMNS": true, "TMUX": true, "TMUX_PANE": true}
	for _, u := range r.Unset {
		skip[u] = true
	}
	for k := range r.Env {
		skip[k] = true
	}
	for _, e := range os.Environ() {
		if k, _, _ := strings.Cut(e, "="); !skip[k] {
			env = append(env, e)
		}
	}
	if _, ok := r.Env["TERM"]; !ok {
		env = append(env, "TERM=xterm-256color", "COLORTERM=truecolor")
	}
	for k, v := range r.Env {
		env = append(env, k+"="+v)
	}
	d.cmd = exec.Command(r.Argv[0], r.Argv[1:]...)
	d.cmd.Env, d.cmd.Dir = env, r.Cwd
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = s, s, s
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	d.exit = make(chan struct{})
	d.cond = sync.NewCond(&d.mu)
	d.t0 = mono()
	if err = d.cmd.Start(); err != nil {
		return err
	}
	s.Close()
	d.pid = d.cmd.Process.Pid
	// The kernel may schedule by session (autogroup): raise this one's share, if asked.
	if b := os.Getenv("BENCH_BOOST"); b != "" {
		os.WriteFile("/proc/"+strconv.Itoa(d.pid)+"/autogroup", []byte(b), 0o644)
	}
	go func() {
		d.cmd.Wait()
		d.exitT = mono()
		if st := d.cmd.ProcessState; st != nil {
			d.ru, _ = st.SysUsage().(*syscall.Rusage)
			d.code = st.ExitCode()
		}
		close(d.exit)
	}()
	if p := os.Getenv("BENCH_RECORD"); p != "" { // keep the raw output, for selftest.py
		d.rec, _ = os.Create(p)
	}
	go d.read()
	go d.pump()
	return nil
}

func (d *drv) read() {
	buf := make([]byte, 1<<16)
	var last int64
	for {
		n, err := d.ptmx.Read(buf)
		ts := mono()
		if n > 0 {
			d.mu.Lock()
			d.total += int64(n)
			d.reads++
			if ts-last > 3e6 {
				d.bursts++
			}
			last = ts
			// In raw mode, join chunks that wait, so that the queue stays small.
			d.q = append(d.q, chunk{ts, append([]byte(nil), buf[:n]...)})
			if l := int64(len(d.q)); l > d.maxq {
				d.maxq = l
			}
			d.cond.Signal()
			d.mu.Unlock()
		}
		if err != nil {
			d.mu.Lock()
			d.closed = true
			d.cond.Broadcast()
			d.mu.Unlock()
			return
		}
	}
}

func (d *drv) pump() {
	for {
		d.mu.Lock()
		for len(d.q) == 0 && !d.closed {
			d.cond.Wait()
		}
		if len(d.q) == 0 {
			d.mu.Unlock()
			return
		}
		q := d.q
		d.q = nil
		d.mu.Unlock()
		for i := range q {
			d.emuMu.Lock()
			if d.rec != nil {
				d.rec.Write(q[i].b)
			}
			w := d.w
			if w != nil && !w.started && q[i].ts >= w.since {
				if w.pre != nil {
					w.pre()
				}
				w.started = true
			}
			if d.raw {
				d.tail = append(d.tail, q[i].b...)
				if len(d.tail) > 1<<17 {
					d.tail = append(d.tail[:0], d.tail[len(d.tail)-1<<15:]...)
				}
			} else {
				d.t.Write(q[i].b)
			}
			d.lastTS = q[i].ts
			if w != nil && w.started && !w.fired && w.check(&q[i]) {
				w.fired = true
				w.done <- q[i].ts
			}
			d.emuMu.Unlock()
		}
	}
}
