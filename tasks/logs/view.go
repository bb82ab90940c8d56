package logs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
)

const (
	// maxOpen is how many segments a view keeps open.
	maxOpen = 4
	// recordsAtOnce is how many records are read with one call.
	recordsAtOnce = 128
)

// segment is what a reader knows of a segment.
type segment struct {
	seq int64
	n   int64 // records in the index
}

// view reads the records and bytes of a log as it stood when its segments were
// listed. It is for one goroutine.
type view struct {
	dir      string
	segments []segment // ascending, none without a record
	open     []*handle // the most recently used last
	raw      [recordsAtOnce * recordSize]byte
}

type handle struct {
	seq       int64
	idx, data *os.File
}

func (v *view) close() {
	for _, h := range v.open {
		h.close()
	}
	v.open = nil
}

func (h *handle) close() {
	_ = h.idx.Close()
	_ = h.data.Close()
}

// handle opens a segment; fs.ErrNotExist when it was dropped meanwhile.
func (v *view) handle(seq int64) (*handle, error) {
	for i, h := range v.open {
		if h.seq == seq {
			if last := len(v.open) - 1; i != last {
				copy(v.open[i:], v.open[i+1:])
				v.open[last] = h
			}
			return h, nil
		}
	}
	idx, err := os.Open(indexPath(v.dir, seq))
	if err != nil {
		return nil, err
	}
	data, err := os.Open(dataPath(v.dir, seq))
	if err != nil {
		_ = idx.Close()
		return nil, err
	}
	if len(v.open) == maxOpen {
		v.open[0].close()
		v.open = slices.Delete(v.open, 0, 1)
	}
	h := &handle{seq: seq, idx: idx, data: data}
	v.open = append(v.open, h)
	return h, nil
}

// position is the place of a record: which segment, which record in it.
type position struct {
	segment int
	record  int64
}

// records appends the records from p on that one read gives, all of one segment.
func (v *view) records(p position, limit int64, dst []record) ([]record, error) {
	s := v.segments[p.segment]
	n := min(limit, s.n-p.record, recordsAtOnce)
	if n <= 0 {
		return dst, nil
	}
	h, err := v.handle(s.seq)
	if err != nil {
		return dst, err
	}
	b := v.raw[:n*recordSize]
	if _, err := h.idx.ReadAt(b, p.record*recordSize); err != nil {
		return dst, fmt.Errorf("read log index: %w", err)
	}
	for ; len(b) > 0; b = b[recordSize:] {
		r, ok := parseRecord(b)
		if !ok {
			return dst, fmt.Errorf("read log: %s is damaged at byte %d",
				indexPath(v.dir, s.seq), (p.record+n)*recordSize-int64(len(b)))
		}
		dst = append(dst, r)
	}
	return dst, nil
}

func (v *view) record(p position) (record, error) {
	var one [1]record
	rs, err := v.records(p, 1, one[:0])
	if err != nil {
		return record{}, err
	}
	return rs[0], nil
}

// first finds the first record for which a condition holds that no record after
// it breaks; the position behind the last one when there is none.
func (v *view) first(holds func(record) bool) (position, error) {
	var failed error
	check := func(p position) bool {
		if failed != nil {
			return true
		}
		r, err := v.record(p)
		if err != nil {
			failed = err
			return true
		}
		return holds(r)
	}
	i := sort.Search(len(v.segments), func(i int) bool { return check(position{segment: i}) })
	if i == 0 || failed != nil {
		return position{}, failed
	}
	n := v.segments[i-1].n
	k := int64(sort.Search(int(n), func(k int) bool { return check(position{segment: i - 1, record: int64(k)}) }))
	if k == n {
		return position{segment: i}, failed
	}
	return position{segment: i - 1, record: k}, failed
}

// find gives the record in which a line begins: the last one that starts at or
// before it. A line that lost its beginning is found in the first record.
func (v *view) find(line int64) (position, error) {
	p, err := v.first(func(r record) bool { return r.start() > line })
	switch {
	case err != nil:
		return p, err
	case p.record > 0:
		p.record--
	case p.segment > 0:
		p.segment--
		p.record = v.segments[p.segment].n - 1
	}
	return p, nil
}

// read fills b with the bytes of a segment from off on.
func (v *view) read(segment int, off int64, b []byte) error {
	h, err := v.handle(v.segments[segment].seq)
	if err != nil {
		return err
	}
	if _, err := h.data.ReadAt(b, off); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read log %s: %w", dataPath(v.dir, h.seq), err)
	}
	return nil
}

// cursor walks over the records from a position on.
type cursor struct {
	v       *view
	next    position
	segment int // of the record that step gave
	ahead   []record
	buffer  [recordsAtOnce]record
	want    int64 // how many records to read next
	err     error
}

// from sets a cursor. The first read is small: a window often ends in it.
func (c *cursor) from(v *view, p position) {
	c.v, c.next, c.ahead, c.want, c.err = v, p, nil, 16, nil
}

// step gives the next record; false at the end of the log or after an error.
func (c *cursor) step() (record, bool) {
	for len(c.ahead) == 0 {
		if c.err != nil || c.next.segment >= len(c.v.segments) {
			return record{}, false
		}
		c.segment = c.next.segment
		c.ahead, c.err = c.v.records(c.next, c.want, c.buffer[:0])
		c.next.record += int64(len(c.ahead))
		c.want = recordsAtOnce
		if c.next.record >= c.v.segments[c.next.segment].n {
			c.next = position{segment: c.next.segment + 1}
		}
	}
	r := c.ahead[0]
	c.ahead = c.ahead[1:]
	return r, true
}
