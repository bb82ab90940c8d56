package logs

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// line is a stored line that is kept longer than its reader would.
type line struct {
	pos    int64 // in the source that gave it
	source string
	n      int64
	time   time.Time
	stream logs.Stream
	text   string // as printed
	size   int64
	open   bool
}

// source is something to show: lines at positions without holes. Its methods do
// I/O and may be called from any goroutine.
type source interface {
	bounds() (logview.Bounds, error)
	// read gives up to n lines from position from on, their texts cut at limit
	// bytes. It gives fewer at the end only.
	read(ctx context.Context, from int64, n, limit int) ([]line, error)
	// at is the position of the first line that arrived at t or later.
	at(t time.Time) (int64, error)
	// place is the position of line n of a log; false when it is not among them.
	place(ctx context.Context, key logs.Key, n int64) (int64, bool, error)
	close()
}

// single is one log, or the lines [lo, hi) of it; hi below 0 is its end. Line
// numbers are its positions.
type single struct {
	dir    string
	key    logs.Key
	name   string
	lo, hi int64

	mu  sync.Mutex // guards what follows; a reader is for one goroutine
	r   *logs.Reader
	buf []logs.Line
}

var _ source = (*single)(nil)

// reader opens the log; a log without any output yet is none.
func (s *single) reader() (*logs.Reader, error) {
	if s.r == nil {
		r, err := logs.OpenReader(s.dir, s.key)
		if err != nil {
			return nil, err
		}
		s.r = r
	}
	return s.r, nil
}

func (s *single) bounds() (logview.Bounds, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits()
}

func (s *single) limits() (logview.Bounds, error) {
	r, err := s.reader()
	if errors.Is(err, fs.ErrNotExist) {
		return logview.Bounds{}, nil
	}
	if err != nil {
		return logview.Bounds{}, err
	}
	first, end, err := r.Bounds()
	if err != nil {
		return logview.Bounds{}, err
	}
	b := logview.Bounds{First: max(first, s.lo), End: end}
	if s.hi >= 0 {
		b.End = min(b.End, s.hi)
	}
	b.End = max(b.End, b.First)
	b.Dropped = b.First - s.lo
	return b, nil
}

func (s *single) read(ctx context.Context, from int64, n, limit int) ([]line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.limits()
	if err != nil || b.End <= b.First || ctx.Err() != nil {
		return nil, err
	}
	from = max(from, b.First)
	n = int(min(int64(n), b.End-from))
	if n <= 0 {
		return nil, nil
	}
	s.buf, err = s.r.Lines(from, n, limit, s.buf[:0])
	if err != nil {
		return nil, err
	}
	lines := make([]line, len(s.buf))
	for i, l := range s.buf {
		lines[i] = line{pos: l.N, source: s.name, n: l.N, time: l.Time, stream: l.Stream, text: string(l.Text), size: l.Size, open: l.Open}
	}
	return lines, nil
}

func (s *single) at(t time.Time) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.limits()
	if err != nil || b.End <= b.First {
		return b.First, err
	}
	n, err := s.r.At(t)
	return min(max(n, b.First), b.End), err
}

func (s *single) place(_ context.Context, key logs.Key, n int64) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.limits()
	return n, key == s.key && n >= b.First && n < b.End, err
}

// lost says whether the log does not have the line any more.
func (s *single) lost(n int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.reader()
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	first, end, err := r.Bounds()
	return err == nil && (n < first || n >= end), err
}

func (s *single) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r != nil {
		_ = s.r.Close() // read-only: nothing can be lost
	}
}

// block is how many lines are read at once when a source is scanned.
const block = 4096

// scan calls yield for the lines [from, to) in order, or from the last to the
// first when reverse, until yield says no.
func scan(ctx context.Context, s source, from, to int64, reverse bool, yield func(line) bool) error {
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(block, to-from)
		at := from
		if reverse {
			at = to - n
		}
		lines, err := s.read(ctx, at, int(n), logs.TextLimit)
		if err != nil {
			return err
		}
		if reverse {
			for _, line := range slices.Backward(lines) {
				if line.pos >= at && !yield(line) {
					return nil
				}
			}
			to = at
			continue
		}
		for _, l := range lines {
			if !yield(l) {
				return nil
			}
		}
		if len(lines) == 0 {
			return nil
		}
		from = lines[len(lines)-1].pos + 1
	}
	return nil
}
