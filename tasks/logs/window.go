package logs

import (
	"bytes"
)

// TextLimit is how much of a line Lines gives when it is told no limit.
const TextLimit = 64 << 10

// Lines appends up to n lines from line number from on to dst: fewer at the end
// of the log, and from the first that is still there when from was dropped. The
// text of a line is cut at limit bytes, 0 for TextLimit. The texts are valid
// until the next call.
func (r *Reader) Lines(from int64, n, limit int, dst []Line) ([]Line, error) {
	if limit <= 0 {
		limit = TextLimit
	}
	had := len(dst)
	err := r.retrying(func() error {
		dst = dst[:had]
		return r.window(max(from, r.begin), n, limit, &dst)
	})
	return dst, err
}

// window walks over the records from the one in which the first line begins.
func (r *Reader) window(from int64, n, limit int, dst *[]Line) error {
	if n <= 0 || from >= r.end {
		return nil
	}
	p, err := r.view.find(from)
	if err != nil {
		return err
	}
	r.cursor.from(&r.view, p)
	r.block.reset()
	a := assembler{dst: dst, from: from, left: n, limit: limit, text: r.text[:0]}
	defer func() { r.text = a.text }()
	for {
		rec, ok := r.cursor.step()
		if !ok {
			break
		}
		if a.enter(rec); a.left == 0 {
			return nil
		}
		if err := a.take(&r.view, &r.block, r.cursor.segment, rec); err != nil || a.left == 0 {
			return err
		}
	}
	if r.cursor.err == nil && a.inLine {
		a.line.Open = true
		a.finish()
	}
	return r.cursor.err
}

// assembler puts lines together from the bytes of consecutive records.
type assembler struct {
	dst   *[]Line
	from  int64
	left  int // lines still wanted
	limit int
	text  []byte // of all lines, so that they need one allocation at most

	now    int64 // number of the line that the next byte belongs to
	inLine bool
	line   Line
	begin  int  // of the line, in text
	last   byte // of the line
}

// enter is told of each record before its bytes: here lines end that have no
// newline.
func (a *assembler) enter(rec record) {
	if a.inLine && (!rec.continues() || rec.line != a.now) {
		a.finish()
	}
	a.now = rec.line
	if rec.continues() && !a.inLine && a.now >= a.from {
		a.start(rec) // the beginning of this line was dropped
	}
}

func (a *assembler) start(rec record) {
	a.inLine, a.begin, a.last = true, len(a.text), 0
	a.line = Line{N: a.now, Time: rec.when(), Stream: rec.stream}
}

func (a *assembler) finish() {
	a.line.Text = a.text[a.begin:len(a.text):len(a.text)]
	*a.dst = append(*a.dst, a.line)
	a.inLine = false
	a.left--
}

// newline ends a line at a '\n'. A terminal makes "\r\n" of it.
func (a *assembler) newline() {
	if a.last == '\r' {
		if a.line.Size == int64(len(a.text)-a.begin) {
			a.text = a.text[:len(a.text)-1]
		}
		a.line.Size--
	}
	a.finish()
	a.now++
}

// take reads the bytes of a record, as far as they are wanted.
func (a *assembler) take(v *view, blk *block, segment int, rec record) error {
	off, end := rec.off, rec.after()
	if a.inLine && rec.breaks == 0 && len(a.text)-a.begin == a.limit && rec.size > 0 {
		// More of a line that is longer than anybody will see.
		b, err := blk.at(v, segment, end-1, end)
		if err != nil {
			return err
		}
		a.last = b[0]
		a.line.Size += int64(rec.size)
		return nil
	}
	for off < end && a.left > 0 {
		b, err := blk.at(v, segment, off, end)
		if err != nil {
			return err
		}
		off += int64(len(b))
		a.scan(b, rec)
	}
	return nil
}

// skip goes over lines before the first one that is wanted, most of them by
// counting only.
func (a *assembler) skip(b []byte) []byte {
	const step = 1 << 10
	for a.now < a.from && len(b) > 0 {
		piece := b[:min(step, len(b))]
		n := int64(bytes.Count(piece, []byte{'\n'}))
		if a.now+n >= a.from {
			break
		}
		a.now += n
		b = b[len(piece):]
	}
	return b
}

// scan takes some bytes of a record.
func (a *assembler) scan(b []byte, rec record) {
	for b = a.skip(b); len(b) > 0 && a.left > 0; {
		i := bytes.IndexByte(b, '\n')
		if a.now >= a.from {
			if !a.inLine {
				a.start(rec)
			}
			part := b
			if i >= 0 {
				part = b[:i]
			}
			a.grow(part)
			if i >= 0 {
				a.newline()
			}
		} else if i >= 0 {
			a.now++
		}
		if i < 0 {
			return
		}
		b = b[i+1:]
	}
}

func (a *assembler) grow(part []byte) {
	if len(part) == 0 {
		return
	}
	a.line.Size += int64(len(part))
	a.last = part[len(part)-1]
	room := a.limit - (len(a.text) - a.begin)
	a.text = append(a.text, part[:min(room, len(part))]...)
}

// blockSize is how much of a data file is read with one call.
const blockSize = 64 << 10

// block is a piece of a data file, so that many small records need one read.
type block struct {
	b       []byte
	segment int
	off     int64
}

func (k *block) reset() { k.b = k.b[:0] }

// at gives bytes from off on, at least one and none from end on. What lies
// behind end is read as well when the view knows that it is there.
func (k *block) at(v *view, segment int, off, end int64) ([]byte, error) {
	if len(k.b) == 0 || segment != k.segment || off < k.off || off >= k.off+int64(len(k.b)) {
		if err := k.load(v, segment, off); err != nil {
			return nil, err
		}
	}
	b := k.b[off-k.off:]
	return b[:min(int64(len(b)), end-off)], nil
}

func (k *block) load(v *view, segment int, off int64) error {
	h, err := v.handle(v.segments[segment].seq)
	if err != nil {
		return err
	}
	if cap(k.b) == 0 {
		k.b = make([]byte, blockSize)
	}
	n, err := h.data.ReadAt(k.b[:blockSize], off)
	if n == 0 {
		return v.read(segment, off, k.b[:1]) // says what is wrong
	}
	_ = err // behind the end of the file there is nothing, which is no error here
	k.b, k.segment, k.off = k.b[:n], segment, off
	return nil
}
