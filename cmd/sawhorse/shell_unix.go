//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// behindAShell says whether a shell that knows of jobs waits behind this program, and
// brings it back after it was stopped. The system stops nobody else, who would wait
// for ever: who started us must be of our session and not of our job.
func behindAShell() bool {
	parent := os.Getppid()
	if parent <= 1 {
		return false
	}
	ours, err := unix.Getsid(0)
	theirs, errParent := unix.Getsid(parent)
	job, errJob := unix.Getpgid(parent)
	return err == nil && errParent == nil && errJob == nil && ours == theirs && job != unix.Getpgrp()
}
