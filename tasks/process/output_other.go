//go:build !linux

package process

import (
	"os"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// arrivals is the runtime's own poller here.
type arrivals struct{}

func newArrivals() (*arrivals, error) { return &arrivals{}, nil }

func (*arrivals) close() {}

// output is one stream of a child.
type output struct {
	stream logs.Stream
	file   *os.File
}

func newOutput(s logs.Stream, f *os.File, _ *arrivals) *output { return &output{stream: s, file: f} }

// read waits for output and gives it. It ends with os.ErrDeadlineExceeded after
// interrupt.
func (o *output) read(buf []byte) (int, error) { return o.file.Read(buf) }

// interrupt ends the reading. A file that knows no deadline is abandoned.
func (o *output) interrupt() { _ = o.file.SetReadDeadline(time.Now()) }

func (*output) forget() {}

// typeInto writes to a pty, and waits for as long as limit for a program that does
// not read.
func typeInto(tty *os.File, p []byte, limit time.Duration) (int, error) {
	_ = tty.SetWriteDeadline(time.Now().Add(limit)) // without: waits longer
	return tty.Write(p)
}
