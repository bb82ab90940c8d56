//go:build unix

package integrationtest

import "syscall"

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func endGroup(pid int, s syscall.Signal) { _ = syscall.Kill(-pid, s) }
