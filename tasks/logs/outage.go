package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// retryEvery is how long a writer leaves a full disk alone, so that a flood
// does not turn into a flood of failing calls and marks.
const retryEvery = time.Second

// outage is a time in which output can't be written: what is dropped in it.
type outage struct {
	cause  error // nil: writing works
	unsaid error // the error that no caller has got yet
	retry  time.Time
	bytes  int64
	breaks int64
	inLine bool // the last dropped byte was not a newline
}

func (o *outage) on() bool { return o.cause != nil }

// begin starts an outage, or notes that it goes on.
func (o *outage) begin(path string, err error, now moment) {
	o.retry = now.at.Add(retryEvery)
	if o.on() {
		return
	}
	o.cause = err
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		o.cause = pathErr.Err // the path is said once, and is no news in the log itself
	}
	o.unsaid = fmt.Errorf("%w; output is dropped until there is room or permission again (%s)", o.cause, path)
}

func (o *outage) drop(b []byte) {
	if len(b) == 0 {
		return
	}
	o.bytes += int64(len(b))
	o.breaks += int64(bytes.Count(b, []byte{'\n'}))
	o.inLine = b[len(b)-1] != '\n'
}

// report gives the error to the first caller that can take it.
func (o *outage) report() error {
	err := o.unsaid
	o.unsaid = nil
	return err
}

// retryNow lets the next write try, however short ago the last one failed.
func (o *outage) retryNow() { o.retry = time.Time{} }

// mark is what stands in the log in place of what was dropped; empty when
// nothing was.
func (o *outage) mark() string {
	if o.bytes == 0 {
		return ""
	}
	lines := o.breaks
	if o.inLine {
		lines++
	}
	return fmt.Sprintf("%d %s (%d %s) dropped here: %v\n",
		lines, plural(lines, "line"), o.bytes, plural(o.bytes, "byte"), o.cause)
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
