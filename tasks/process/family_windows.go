package process

import (
	"os/exec"
	"strconv"
	"syscall"
)

// send ends each process tree at once: there is no signal that asks.
func send(procs []proc, _ syscall.Signal, asked map[int]bool) {
	for _, p := range procs {
		if !asked[p.pid] {
			asked[p.pid] = true
			_ = killTree(p.pid) // gone already, or the next look tells
		}
	}
}

func killTree(pid int) error {
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(pid)).Run()
}

func stillIs(proc, string) bool { return false }

func holdStill(ident) bool { return false }

func release(ident) {}

func stopSignal(string) syscall.Signal { return syscall.SIGTERM }
