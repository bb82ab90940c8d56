//go:build linux || darwin

package process

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

func inOwnSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func killTree(pid int) error { return unix.Kill(-pid, unix.SIGKILL) }
