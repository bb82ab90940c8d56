//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// onResize calls f when the terminal's size changes, until stop is called.
func onResize(f func()) (stop func()) {
	changes := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(changes, syscall.SIGWINCH)
	go func() {
		for {
			select {
			case <-changes:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(changes)
		close(done)
	}
}
