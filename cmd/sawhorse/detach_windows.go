package main

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// inherited is a handle that this process was started with; what it starts
// does not get it.
func inherited(fd int) *os.File {
	syscall.CloseOnExec(syscall.Handle(fd))
	return os.NewFile(uintptr(fd), "ready")
}

// detach gives the host a process group of its own and the pipe on which it
// says that it is ready.
func detach(cmd *exec.Cmd, ready *os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags:              syscall.CREATE_NEW_PROCESS_GROUP,
		AdditionalInheritedHandles: []syscall.Handle{syscall.Handle(ready.Fd())},
	}
	cmd.Args = append(cmd.Args, "--ready-fd", strconv.Itoa(int(ready.Fd())))
}
