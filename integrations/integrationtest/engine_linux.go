package integrationtest

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the program when the test is killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
