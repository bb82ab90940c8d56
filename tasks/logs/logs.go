// Package logs keeps all output on disk, byte for byte, and lets any process
// of the same user read it: append, index, window, search. It knows keys and
// lines only, never what a task is. Memory is constant whatever the volume.
package logs

import "time"

// Key names a log: "api", "test", "ci#4812/build". Any string without NUL; how
// it becomes a file name is this package's secret.
type Key string

// Stream says where a line came from.
type Stream uint8

// The streams. Under a pty all output is Out.
const (
	Out  Stream = iota
	Err         // standard error of a process on pipes
	Note        // a line by Sawhorse itself: "restarting in 200ms"
)

// Line is one stored line.
type Line struct {
	// N is the absolute number of the line in its log, from 0; it never
	// changes, also when older lines are dropped.
	N int64
	// Time is when the line's first byte arrived.
	Time   time.Time
	Stream Stream
	// Text is the line without its newline, "\n" or the "\r\n" that a terminal
	// makes of it, exactly as printed, cut at the limit that the reader gave. Valid until the next call on the reader.
	Text []byte
	// Size is the stored length in bytes; more than len(Text) when Text is cut.
	Size int64
	// Open: the last line, which has no newline yet.
	Open bool
}
