package process

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// opened is an output that a test writes to.
func opened(t *testing.T, tty bool) (*output, *os.File) {
	t.Helper()
	a, err := newArrivals()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	open := os.Pipe
	if tty {
		open = pty.Open
	}
	r, w, err := open()
	if err == nil {
		r, err = readEnd(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := newOutput(logs.Out, r, a)
	t.Cleanup(func() {
		o.forget()
		_ = r.Close()
		_ = w.Close()
	})
	return o, w
}

func TestAnOutputGivesWhatIsPrintedUntilItsEnd(t *testing.T) {
	t.Parallel()
	o, w := opened(t, false)
	want := bytes.Repeat([]byte("a line that is printed\n"), 20_000)
	var wg sync.WaitGroup
	wg.Go(func() {
		for rest := want; len(rest) > 0; { // small pieces, large ones, and pauses that let the reader sleep
			n := min(len(rest), 1+len(rest)%9000)
			_, _ = w.Write(rest[:n])
			if rest = rest[n:]; len(rest)%16 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		_ = w.Close()
	})
	defer wg.Wait()
	var got bytes.Buffer
	for buf := make([]byte, 16<<10); ; {
		n, err := o.read(buf)
		got.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes of %d, or others", got.Len(), len(want))
	}
}

func TestAReaderThatWaitsCanBeInterrupted(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{true, false} {
		o, _ := opened(t, tty)
		ended := make(chan error, 1)
		go func() {
			_, err := o.read(make([]byte, 1<<10))
			ended <- err
		}()
		o.interrupt()
		o.interrupt() // twice does no harm
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("tty %v: %v", tty, err)
		}
	}
}

func TestTypingWaitsForAProgramOnlySoLong(t *testing.T) {
	t.Parallel()
	o, w := opened(t, true)
	_ = w // a program that does not read
	n, err := typeInto(o.file, bytes.Repeat([]byte("x\n"), 1<<20), 10*time.Millisecond)
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
