package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Reader reads one log, from any process of the same user, while it is written
// and after. It is for one goroutine: open another one for a search beside a
// window, opening is cheap.
type Reader struct {
	view   view
	key    Key
	newest os.FileInfo // of the newest index, to see whether the log was removed and made anew
	begin  int64
	end    int64
	cursor cursor
	text   []byte // of the lines that Lines gave
	block  block
}

// OpenReader opens a log in a store's directory. A log without any output yet
// is no error; it is found as soon as there is some.
func OpenReader(dir string, key Key) (*Reader, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open log %q: %w", key, err)
	case !info.IsDir():
		return nil, fmt.Errorf("open log %q: %s is not a directory", key, dir)
	}
	return &Reader{view: view{dir: filepath.Join(dir, dirName(key))}, key: key}, nil
}

// Close closes the files. The reader stays usable.
func (r *Reader) Close() error {
	r.view.close()
	return nil
}

// Bounds gives the first line that is still there and one past the last. It
// looks at the files each time, and only looks: a few microseconds. first is
// also how many lines retention has dropped; where they stood, show "first
// lines dropped here". If a line is so long that only its end is left, it is
// first, without its beginning.
func (r *Reader) Bounds() (first, end int64, err error) {
	if err := r.refresh(); err != nil {
		return 0, 0, fmt.Errorf("read log %q: %w", r.key, err)
	}
	return r.begin, r.end, nil
}

// refresh finds out what the writer has added and dropped.
func (r *Reader) refresh() error {
	known := r.view.segments
	if len(known) == 0 {
		return r.list()
	}
	last := &known[len(known)-1]
	info, err := os.Stat(indexPath(r.view.dir, last.seq))
	if err != nil || !os.SameFile(info, r.newest) || exists(indexPath(r.view.dir, last.seq+1)) ||
		len(known) > 1 && !exists(indexPath(r.view.dir, known[0].seq)) {
		return r.list()
	}
	n := info.Size() / recordSize
	if n == last.n {
		return nil
	}
	last.n = n
	if err := r.measure(); err != nil {
		return r.list()
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list reads the directory anew. What it found may be dropped while it looks;
// then it looks again.
func (r *Reader) list() error {
	for {
		err := r.listOnce()
		if err != nil {
			r.view.segments = nil // nothing half read stays: the host may repair it
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

func (r *Reader) listOnce() error {
	seqs, err := listSegments(r.view.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.view.close()
	r.view.segments = r.view.segments[:0]
	r.begin, r.end = 0, 0
	for _, seq := range seqs {
		// A segment whose data is gone is about to be dropped altogether.
		info, err := os.Stat(indexPath(r.view.dir, seq))
		if err == nil && !exists(dataPath(r.view.dir, seq)) {
			err = fs.ErrNotExist
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if n := info.Size() / recordSize; n > 0 {
			r.view.segments = append(r.view.segments, segment{seq: seq, n: n})
			r.newest = info
		}
	}
	if len(r.view.segments) == 0 {
		return nil
	}
	head, err := r.view.record(position{})
	if err != nil {
		return err
	}
	r.begin = head.line
	return r.measure()
}

// measure reads the last record. What a crash left behind it is not ours to
// repair; the log ends before it.
func (r *Reader) measure() error {
	i := len(r.view.segments) - 1
	last := &r.view.segments[i]
	for {
		end, err := r.view.record(position{segment: i, record: last.n - 1})
		if err == nil {
			r.end = end.end()
			return nil
		}
		if last.n == 1 || errors.Is(err, fs.ErrNotExist) {
			return err
		}
		last.n--
	}
}

// At gives the first line that arrived at t or later; the end of the log when
// there is none. Where the clock was set back in between, it is a line near by.
func (r *Reader) At(t time.Time) (line int64, err error) {
	err = r.retrying(func() error {
		at := t.UnixNano()
		p, err := r.view.first(func(rec record) bool { return rec.time >= at })
		if err != nil || p.segment >= len(r.view.segments) {
			line = r.end
			return err
		}
		rec, err := r.view.record(p)
		line = max(r.begin, rec.start())
		if p == (position{}) {
			line = r.begin
		}
		return err
	})
	return line, err
}

// retrying runs f on an up-to-date view, and again when a segment was dropped
// under it.
func (r *Reader) retrying(f func() error) error {
	var err error
	for range 8 {
		if err = r.refresh(); err != nil {
			break
		}
		if err = f(); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		r.view.segments = nil
	}
	if err != nil {
		return fmt.Errorf("read log %q: %w", r.key, err)
	}
	return nil
}

// Keys lists the logs in a directory, sorted, for a process that is not their
// host; none when there is no directory yet.
func Keys(dir string) ([]Key, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	var keys []Key
	for _, e := range entries {
		if key, ok := keyOf(filepath.Join(dir, e.Name())); ok && e.IsDir() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}
