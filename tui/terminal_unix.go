//go:build unix

package tui

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// followSize tells the terminal's size, now and whenever it changes. The first
// one is told twice, one row apart, so that a full-screen program draws anew.
func followSize(ctx context.Context, out io.Writer, resize func(columns, rows int)) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	defer signal.Stop(changed)
	if columns, rows, ok := size(out); ok && rows > 1 {
		resize(columns, rows-1)
	}
	for {
		if columns, rows, ok := size(out); ok {
			resize(columns, rows)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
