package tui

import (
	"context"
	"io"
)

// followSize tells the terminal's size once: Windows sends no signal when it
// changes.
func followSize(ctx context.Context, out io.Writer, resize func(columns, rows int)) {
	if columns, rows, ok := size(out); ok {
		resize(columns, rows)
	}
	<-ctx.Done()
}
