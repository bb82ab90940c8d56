package logs

import (
	"bytes"
	"context"
	"slices"
	"sort"
)

const (
	// lineLimit is how much of a line is matched at once.
	lineLimit = 1 << 20
	// overlap is how much of a piece of a longer line is matched again with
	// the next one.
	overlap = 64 << 10
)

// hit is a line that a job found.
type hit struct {
	n          int64
	begin, end int // of its text, in the job's data
	size       int64
	record     int // in which it begins
	open       bool
}

func (h hit) line(j *job, logEnd int64) Line {
	rec := j.records[h.record]
	return Line{
		N: h.n, Time: rec.when(), Stream: rec.stream,
		Text: j.data[h.begin:min(h.end, h.begin+TextLimit):h.end],
		Size: h.size, Open: h.open && h.n == logEnd-1,
	}
}

// worker scans units, one after the other.
type worker struct {
	*scanner
	view view
	m    *matcher
	tail lineTail

	// Of the unit at hand:
	job  *job
	base int64 // offset of its data in the segment
	now  int64 // number of the line that begins at mark
	mark int
	stop int // end of the span at hand: a '\n' there is of another line
}

// scan finds the hits among the lines that begin in a unit. The last of them is
// read on beyond the unit's end.
func (w *worker) scan(ctx context.Context, j *job) error {
	w.job = j
	if err := w.load(); err != nil {
		return err
	}
	first, last := j.records[0], j.records[len(j.records)-1]
	w.base = first.off
	size := last.after() - w.base
	headless := j.unit.at == position{} && first.continues() // its beginning was dropped
	w.now = first.start()
	if headless {
		w.now = first.line
	}
	if min(w.to, last.end()) <= max(w.from, w.now) {
		return nil
	}
	j.data = slices.Grow(j.data[:0], int(size))[:size]
	if size > 0 {
		if err := w.view.read(j.unit.at.segment, w.base, j.data); err != nil {
			return err
		}
	}
	w.mark = 0
	if first.continues() && !headless {
		w.mark = w.skipContinued()
	}
	long := false
	w.tail.open = false
	if last.unended() {
		w.tail.begin(&w.view, position{j.unit.at.segment, j.unit.at.record + j.unit.n})
		var err error
		if j.data, err = w.tail.read(&w.view, j.data, lineLimit); err != nil {
			return err
		}
		long = !w.tail.done
	}
	w.spans(headless, long)
	if long {
		return w.long(ctx)
	}
	return nil
}

// load reads the records of the unit.
func (w *worker) load() error {
	u := w.job.unit
	records := w.job.records[:0]
	for int64(len(records)) < u.n {
		var err error
		records, err = w.view.records(position{u.at.segment, u.at.record + int64(len(records))}, u.n-int64(len(records)), records)
		if err != nil {
			return err
		}
	}
	w.job.records = records
	return nil
}

// skipContinued gives where the first line begins in a unit whose first bytes
// belong to a line of the unit before.
func (w *worker) skipContinued() int {
	begin := len(w.job.data)
	for _, r := range w.job.records {
		if !r.continues() {
			begin = int(r.off - w.base)
			break
		}
	}
	if i := bytes.IndexByte(w.job.data[:begin], '\n'); i >= 0 {
		return i + 1
	}
	return begin
}

// spans searches the pieces of the unit within which lines end only at '\n'. A
// long last line is left out.
func (w *worker) spans(headless, long bool) {
	begin, data := w.mark, w.job.data
	w.stop = begin
	for i, r := range w.job.records[1:] {
		off := int(r.off - w.base)
		if r.continues() || !w.job.records[i].unended() || off < begin {
			continue
		}
		if off == 0 && headless {
			w.found(0, 0, w.m.match(nil)) // nothing of it is left
		}
		w.span(begin, off)
		begin, w.mark, w.now = off, off, r.line
	}
	if len(data) == 0 && headless {
		w.found(0, 0, w.m.match(nil))
	}
	end := len(data)
	if long {
		end = begin + bytes.LastIndexByte(data[begin:], '\n') + 1
	}
	w.span(begin, end)
}

// span searches lines that are separated by '\n' only.
func (w *worker) span(begin, end int) {
	base := begin
	w.stop = end
	w.m.lines(w.job.data[begin:end], func(e extent) {
		w.unmatched(begin, base+e.begin)
		w.found(base+e.begin, base+e.end, true)
		begin = min(base+e.end+1, end)
	})
	w.unmatched(begin, end)
}

// lineEndAt gives where the line ends that holds the byte at i.
func lineEndAt(data []byte, i, end int) int {
	if k := bytes.IndexByte(data[i:end], '\n'); k >= 0 {
		return i + k
	}
	return end
}

// textOf gives a line's text without what a terminal makes of its newline.
func textOf(data []byte, ls, le int) []byte {
	if le < len(data) && data[le] == '\n' && le > ls && data[le-1] == '\r' {
		le--
	}
	return data[ls:le]
}

// unmatched takes lines that can't match.
func (w *worker) unmatched(begin, end int) {
	for w.invert && begin < end {
		le := lineEndAt(w.job.data, begin, end)
		w.found(begin, le, false)
		begin = le + 1
	}
}

// found takes a line with its answer.
func (w *worker) found(ls, le int, matched bool) {
	if matched == w.invert {
		return
	}
	data := w.job.data[:w.stop]
	w.now += int64(bytes.Count(data[w.mark:ls], []byte{'\n'}))
	w.mark = ls
	if w.now < w.from || w.now >= w.to {
		return
	}
	text := textOf(data, ls, le)
	w.job.hits = append(w.job.hits, hit{
		n: w.now, begin: ls, end: ls + len(text), size: int64(len(text)), record: w.recordAt(ls),
		open: le == len(w.job.data) && w.tail.open,
	})
}

// recordAt gives the record of the byte at i; of an empty line at the end of
// the data the last.
func (w *worker) recordAt(i int) int {
	off := w.base + int64(i)
	return max(0, sort.Search(len(w.job.records), func(k int) bool { return w.job.records[k].off > off })-1)
}

// long searches the last line of the unit, of which more follows than is read
// at once.
func (w *worker) long(ctx context.Context) error {
	data := w.job.data
	ls := w.mark
	if i := bytes.LastIndexByte(data[ls:], '\n'); i >= 0 {
		ls += i + 1
	}
	size := int64(len(data) - ls)
	matched := w.m.match(data[ls:])
	piece := slices.Clone(data[max(ls, len(data)-overlap):])
	for !w.tail.done {
		if err := ctx.Err(); err != nil {
			return err
		}
		keep := min(len(piece), overlap)
		copy(piece, piece[len(piece)-keep:])
		var err error
		if piece, err = w.tail.read(&w.view, piece[:keep], lineLimit); err != nil {
			return err
		}
		size += int64(len(piece) - keep)
		text := piece
		if n := len(text) - 1; n >= 0 && text[n] == '\n' {
			size--
			if text = textOf(piece, 0, n); len(text) < n {
				size--
			}
		}
		matched = matched || w.m.match(text)
	}
	hits := len(w.job.hits)
	w.stop = len(data)
	w.found(ls, len(data), matched)
	if len(w.job.hits) > hits {
		w.job.hits[hits].size = size
	}
	return nil
}

// lineTail reads a line on from the record behind a unit.
type lineTail struct {
	cursor cursor
	rec    record
	off    int64 // what of rec is read
	in     bool  // rec holds more
	done   bool  // the line has ended, or the log
	open   bool  // the log has ended first
}

func (t *lineTail) begin(v *view, p position) {
	t.cursor.from(v, p)
	if p.record >= v.segments[p.segment].n {
		t.cursor.from(v, position{segment: p.segment + 1})
	}
	t.in, t.done, t.open = false, false, false
}

// read appends up to limit bytes of the line, its newline included.
func (t *lineTail) read(v *view, dst []byte, limit int) ([]byte, error) {
	for !t.done && limit > 0 {
		if !t.in {
			rec, ok := t.cursor.step()
			if t.cursor.err != nil {
				return dst, t.cursor.err
			}
			if t.open = !ok; !ok || !rec.continues() {
				t.done = true
				break
			}
			t.rec, t.off, t.in = rec, rec.off, true
		}
		n := min(int64(limit), t.rec.after()-t.off, blockSize)
		had := len(dst)
		dst = slices.Grow(dst, int(n))[:had+int(n)]
		if err := v.read(t.cursor.segment, t.off, dst[had:]); err != nil {
			return dst[:had], err
		}
		if i := bytes.IndexByte(dst[had:], '\n'); i >= 0 {
			t.done = true
			return dst[:had+i+1], nil
		}
		t.off += n
		limit -= int(n)
		t.in = t.off < t.rec.after()
	}
	return dst, nil
}
