// Command sawhorse is a keyboard-driven terminal workbench: one screen over a
// local development environment, its tests, logs and remote runs.
package main

import (
	"context"
	"os"
	"syscall"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == guardVerb {
		os.Exit(runGuard(os.Args[2], os.Args[3]))
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	if len(os.Args) > 1 && os.Args[1] == hostVerb {
		ends = ends[:2] // the host outlives its terminal
	}
	ctx, lend, stop := untilSignal(context.Background(), ends...)
	code := execute(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, lend: lend})
	stop()
	os.Exit(code)
}
