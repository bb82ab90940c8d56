//go:build linux || darwin

package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// send sends sig once to each process group among the procs.
func send(procs []proc, sig syscall.Signal, asked map[int]bool) {
	own := unix.Getpgrp()
	for _, p := range procs {
		if p.pgid <= 1 || p.pgid == own || asked[p.pgid] {
			continue
		}
		asked[p.pgid] = true
		_ = unix.Kill(-p.pgid, sig) // gone, or another user's: the next look tells
	}
	if sig != unix.SIGKILL {
		return
	}
	for _, p := range procs { // one that changed its group since the look
		if p.pid != os.Getpid() {
			_ = unix.Kill(p.pid, sig)
		}
	}
}

// stillIs says whether a process that was started as the program has not become
// another one by exec.
func stillIs(p proc, program string) bool {
	name := filepath.Base(program)
	return p.comm == name || len(name) > 15 && strings.HasPrefix(name, p.comm)
}

// holdStill stops a process and waits until it stands: a signal that arrives
// before would be answered first.
func holdStill(id ident) bool {
	if unix.Kill(id.pid, unix.SIGSTOP) != nil {
		return false
	}
	for range 200 {
		if standsStill(id.pid) {
			return true
		}
		<-time.After(500 * time.Microsecond)
	}
	release(id) // it does not stop, so it is treated as any other
	return false
}

func release(id ident) { _ = unix.Kill(id.pid, unix.SIGCONT) }

// stopSignal is the signal of that name: "TERM", "SIGTERM"; TERM for none.
func stopSignal(name string) syscall.Signal {
	name = strings.ToUpper(name)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if s := unix.SignalNum(name); s != 0 {
		return s
	}
	return unix.SIGTERM
}

func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	return s.String()
}
