//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// inherited is a descriptor that this process was started with; what it starts
// does not get it.
func inherited(fd int) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "ready")
}

// detach gives the host a session of its own, so that the end of the terminal
// is nothing to it, and the pipe on which it says that it is ready.
func detach(cmd *exec.Cmd, ready *os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{ready}
	cmd.Args = append(cmd.Args, "--ready-fd", "3")
}
