package logs

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxChunk is the most that goes to the file at once.
	maxChunk = 128 << 10
	// maxHeld is the longest beginning of a line that is held back.
	maxHeld = 64 << 10
	// maxRecord bounds what a reader scans to find a line in a chunk.
	maxRecord = 256 << 10
	// holdFor is how long the beginning of a line waits for its end. Shorter
	// than a person notices, longer than a program needs between two writes
	// of one line.
	holdFor = 20 * time.Millisecond
	// indexEvery is how often the index is written while output flows; the
	// first output after a pause is indexed at once.
	indexEvery = 5 * time.Millisecond
	// maxPending bounds the records that wait for that.
	maxPending = 512
	// mergeWithin is how far apart chunks of one record arrive; more would
	// blur arrival times, less would make the index of a flood large.
	mergeWithin = int64(time.Millisecond)
)

// Writer appends to one log. Its methods may be called from several goroutines.
//
//	Write ─> held, per stream, until '\n' or holdFor ─┐
//	                                                  ├─> data file ─> pending ─> index file ─> readers
//	Note, Break ──────────────────────────────────────┘            (indexEvery)
type Writer struct {
	store *Store
	key   Key
	dir   string

	lines    atomic.Int64 // that readers can see
	size     atomic.Int64 // of the segment written to; 0 while no file is open
	lastTime atomic.Int64 // when it was written last, by the store's clock

	mu      sync.Mutex // guards all below
	held    [Note + 1]held
	tail    *tail    // nil: no file is open
	last    record   // the newest record, pending or not
	pending []record // written data that the index does not name yet
	indexed time.Time
	rollAt  int64 // how large the data file may grow
	grown   bool  // readers can see more than OnGrow was told
	written int64 // bytes since retention was asked
	outage  outage
	shutErr error // set when the store is closed

	timer *time.Timer // armed only while something is held or pending
	alarm time.Time   // when it fires; zero when not armed
}

// held is the beginning of a line that waits for its end.
type held struct {
	text  []byte
	since time.Time
	stamp int64
}

// moment is the time of a call: by the process's clock for deadlines and by the
// store's for arrival times.
type moment struct {
	at    time.Time
	stamp int64
}

func newWriter(s *Store, key Key, lines int64) *Writer {
	w := &Writer{store: s, key: key, dir: s.path(key)}
	w.lines.Store(lines)
	return w
}

func (w *Writer) now() moment { return moment{at: time.Now(), stamp: w.store.o.Now().UnixNano()} }

// Write appends what arrived on a stream, byte for byte, and returns how many
// lines readers can see now. It never waits for anything but the file system:
// what can't be written is counted and dropped, the error says so once, and a
// Note marks the place when writing works again.
//
// The beginning of a line is held back for a moment, so that two streams mix by
// lines. If it had to be shown and the other stream comes between, the line
// ends there and goes on as a new one.
func (w *Writer) Write(s Stream, p []byte) (lines int64, err error) {
	return w.do(func(now moment) {
		for len(p) > 0 {
			piece := p[:min(len(p), maxChunk)]
			p = p[len(piece):]
			w.take(min(s, Note), piece, now)
		}
	})
}

// WriteAt is Write of what was printed elsewhere at a time that its source tells:
// that is the line's time, not its arrival. Zero is now.
func (w *Writer) WriteAt(s Stream, p []byte, at time.Time) (lines int64, err error) {
	if at.IsZero() {
		return w.Write(s, p)
	}
	return w.do(func(now moment) {
		now.stamp = at.UnixNano()
		for len(p) > 0 {
			piece := p[:min(len(p), maxChunk)]
			p = p[len(piece):]
			w.take(min(s, Note), piece, now)
		}
	})
}

// Piece is a part of a text that was printed on one stream at one time.
type Piece struct {
	Stream Stream
	Size   int // bytes
	At     time.Time
}

// WriteAll is WriteAt of the pieces of a text one after the other, at the price of one:
// a log that comes as a whole has hundreds of thousands of lines, each with a time of
// its own. It is best given 64 KB at once: more than a chunk is written piece by piece.
func (w *Writer) WriteAll(text []byte, pieces []Piece) (lines int64, err error) {
	return w.do(func(now moment) {
		if w.together(text, pieces, now) {
			return
		}
		for _, p := range pieces {
			n := min(p.Size, len(text))
			one := now
			if !p.At.IsZero() {
				one.stamp = p.At.UnixNano()
			}
			for piece := text[:n]; len(piece) > 0; {
				part := piece[:min(len(piece), maxChunk)]
				piece = piece[len(part):]
				w.take(min(p.Stream, Note), part, one)
			}
			text = text[n:]
		}
	})
}

// together writes whole lines at once, where nothing is in the way of that.
func (w *Writer) together(text []byte, pieces []Piece, now moment) bool {
	if len(text) == 0 || len(text) > maxChunk || w.outage.on() || w.last.unended() || !w.ready(now) || w.tail.dataEnd+int64(len(text)) > w.rollAt {
		return false
	}
	for _, h := range w.held {
		if len(h.text) > 0 {
			return false
		}
	}
	for rest, i := text, 0; len(rest) > 0; i++ {
		if i == len(pieces) || pieces[i].Size < 1 || pieces[i].Size > len(rest) || rest[pieces[i].Size-1] != '\n' {
			return false
		}
		rest = rest[pieces[i].Size:]
	}
	if n, err := w.tail.data.WriteAt(text, w.tail.dataEnd); err != nil || n < len(text) {
		return false // one by one, as far as that goes
	}
	w.tail.dataEnd += int64(len(text))
	w.written += int64(len(text))
	w.size.Add(int64(len(text)))
	for _, p := range pieces {
		if len(text) == 0 {
			break
		}
		stamp := now.stamp
		if !p.At.IsZero() {
			stamp = p.At.UnixNano()
		}
		w.describe(min(p.Stream, Note), text[:p.Size], stamp)
		w.lastTime.Store(stamp)
		text = text[p.Size:]
	}
	return true
}

// Note appends a line by Sawhorse itself; an open line before it is ended.
func (w *Writer) Note(text string) error {
	_, err := w.do(func(now moment) {
		w.outage.retryNow()
		w.release(now, 0)
		w.add(Note, append([]byte(text), '\n'), 0, now)
		w.flushIndex(now)
	})
	return err
}

// Flush makes all that was written visible to readers.
func (w *Writer) Flush() error {
	_, err := w.do(func(now moment) { w.flush(now) })
	return err
}

// Break ends a last line that has no newline: what comes next starts a new one.
func (w *Writer) Break() error {
	_, err := w.do(func(now moment) { w.end(now) })
	return err
}

// Close does what Break does and gives the files back until the next Write.
// Call it at the end of a run.
func (w *Writer) Close() error {
	_, err := w.do(func(now moment) {
		w.end(now)
		w.giveBack()
	})
	return err
}

// Lines is how many lines readers can see, counted from the beginning of the
// log; lines that retention dropped are counted.
func (w *Writer) Lines() int64 { return w.lines.Load() }

// do is the frame of every call: f under the lock, then what is due after it.
func (w *Writer) do(f func(now moment)) (int64, error) {
	w.mu.Lock()
	now := w.now()
	f(now)
	w.settle(now)
	err := w.outage.report()
	return w.unlock(), err
}

// ring is what the timer calls. It has nobody to tell an error to.
func (w *Writer) ring() {
	w.mu.Lock()
	now := w.now()
	w.alarm = time.Time{}
	w.release(now, holdFor)
	w.settle(now)
	w.unlock()
}

// unlock tells of what has grown only without the lock, so that whoever is told
// may call the writer and retention may roll it.
func (w *Writer) unlock() int64 {
	grown, written := w.grown, w.written
	w.grown, w.written = false, 0
	w.mu.Unlock()
	lines := w.lines.Load()
	if grown {
		w.store.tell(w.key, lines)
	}
	if written > 0 {
		w.store.enforceWhenDue(written)
	}
	return lines
}

// take appends whole lines and holds the rest.
func (w *Writer) take(s Stream, p []byte, now moment) {
	h := &w.held[s]
	end := bytes.LastIndexByte(p, '\n') + 1
	if end == 0 && len(h.text)+len(p) > maxHeld {
		end = len(p) // too long to hold: the line grows on disk
	}
	if end > 0 {
		w.addHeld(s, p[:end], now)
	}
	switch rest := p[end:]; {
	case len(rest) > maxHeld:
		w.add(s, rest, 0, now)
	case len(rest) > 0:
		if len(h.text) == 0 {
			h.since, h.stamp = now.at, now.stamp
		}
		h.text = append(h.text, rest...)
	}
}

// addHeld appends what is held of the stream together with p.
func (w *Writer) addHeld(s Stream, p []byte, now moment) {
	h := &w.held[s]
	if len(h.text) == 0 {
		w.add(s, p, 0, now)
		return
	}
	buffer := w.store.buffers.Get().(*[]byte)
	*buffer = append(append((*buffer)[:0], h.text...), p...)
	w.add(s, *buffer, h.stamp, now)
	w.store.buffers.Put(buffer)
	if h.text = h.text[:0]; cap(h.text) > 4<<10 {
		h.text = nil // one long line must not cost its memory for ever
	}
}

// release appends what has been held for longer than the given time, the oldest
// first.
func (w *Writer) release(now moment, than time.Duration) {
	for {
		oldest := -1
		for i, h := range w.held {
			if len(h.text) > 0 && now.at.Sub(h.since) >= than &&
				(oldest < 0 || h.since.Before(w.held[oldest].since)) {
				oldest = i
			}
		}
		if oldest < 0 {
			return
		}
		w.addHeld(Stream(oldest), nil, now)
	}
}

func (w *Writer) flush(now moment) {
	w.outage.retryNow()
	w.release(now, 0)
	if w.outage.on() {
		w.ready(now) // so that the mark stands where the output is missing
	}
	w.flushIndex(now)
}

func (w *Writer) end(now moment) {
	w.flush(now)
	if w.tail != nil && w.last.unended() {
		w.last = record{off: w.last.after(), line: w.last.end(), time: w.last.time}
		w.pending = append(w.pending, w.last)
		w.flushIndex(now)
	}
}

// add appends a chunk, beginning a new segment where one is due: between two
// lines, or within a line that is as long as a segment.
func (w *Writer) add(s Stream, b []byte, early int64, now moment) {
	if !w.ready(now) {
		w.outage.drop(b)
		return
	}
	if early == 0 {
		early = now.stamp
	}
	if end := w.tail.dataEnd; end > 0 && end+int64(len(b)) > w.rollAt {
		within := w.last.unended() && w.last.stream == s
		cut := 0
		if within {
			cut = bytes.IndexByte(b, '\n') + 1
		}
		if cut > 0 || !within || end >= w.rollAt {
			w.put(s, b[:cut], early, now)
			w.roll(within && cut == 0, now)
			if cut > 0 {
				early = now.stamp
			}
			b = b[cut:]
		}
	}
	w.put(s, b, early, now)
}

// put writes a chunk and makes its records. early is when its first line began
// to arrive.
func (w *Writer) put(s Stream, b []byte, early int64, now moment) {
	if len(b) == 0 {
		return
	}
	if w.outage.on() {
		w.outage.drop(b)
		return
	}
	n, err := w.tail.data.WriteAt(b, w.tail.dataEnd)
	w.tail.dataEnd += int64(n)
	w.written += int64(n)
	w.size.Add(int64(n))
	w.lastTime.Store(now.stamp)
	if first := bytes.IndexByte(b[:n], '\n') + 1; first > 0 && first < n && now.stamp-early > mergeWithin {
		w.describe(s, b[:first], early)
		w.describe(s, b[first:n], now.stamp)
	} else if n > 0 {
		w.describe(s, b[:n], early)
	}
	if err != nil {
		w.outage.begin(dataPath(w.dir, w.tail.seq), err, now)
		w.outage.drop(b[n:])
	}
}

// describe makes the record of a chunk, or extends the one before when that is
// not visible yet and nearly as old.
func (w *Writer) describe(s Stream, b []byte, stamp int64) {
	// Held lines and small corrections of the clock must not break the order
	// that looking up by time needs. A clock set back is another matter.
	if back := w.last.time - stamp; 0 < back && back < int64(time.Second) {
		stamp = w.last.time
	}
	next := following(w.last, s, b, stamp)
	joins := len(w.pending) > 0 && w.last.size > 0 && w.last.stream == s &&
		(next.continues() || !w.last.unended()) &&
		stamp-w.last.time <= mergeWithin && stamp >= w.last.time &&
		w.last.size+next.size <= maxRecord
	if !joins {
		w.last = next
		w.pending = append(w.pending, next)
		return
	}
	w.last.size += next.size
	w.last.breaks += next.breaks
	w.last.flags = w.last.flags&continues | next.flags&unended
	w.pending[len(w.pending)-1] = w.last
}

// flushIndex makes what was written visible to readers.
func (w *Writer) flushIndex(now moment) {
	if len(w.pending) == 0 || w.tail == nil {
		return
	}
	buffer := w.store.buffers.Get().(*[]byte)
	defer w.store.buffers.Put(buffer)
	b := (*buffer)[:0]
	for _, r := range w.pending {
		b = r.append(b)
	}
	*buffer = b
	if _, err := w.tail.idx.WriteAt(b, w.tail.idxEnd); err != nil {
		w.outage.begin(indexPath(w.dir, w.tail.seq), err, now)
		return
	}
	w.tail.idxEnd += int64(len(b))
	w.size.Add(int64(len(b)))
	w.pending = w.pending[:0]
	w.indexed = now.at
	w.lines.Store(w.last.end())
	w.grown = true
}

// settle writes the index when that is due, and sees to it that what is held or
// pending does not wait longer than it should.
func (w *Writer) settle(now moment) {
	if !w.outage.on() && (now.at.Sub(w.indexed) >= indexEvery || len(w.pending) >= maxPending) {
		w.flushIndex(now)
	}
	var next time.Time
	earlier := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, h := range w.held {
		if len(h.text) > 0 {
			earlier(h.since.Add(holdFor))
		}
	}
	if len(w.pending) > 0 && !w.outage.on() {
		earlier(w.indexed.Add(indexEvery))
	}
	if next.IsZero() || !w.alarm.IsZero() && !next.Before(w.alarm) {
		return // nothing waits, or the timer fires early enough
	}
	w.alarm = next
	if w.timer == nil {
		w.timer = time.AfterFunc(next.Sub(now.at), w.ring)
		return
	}
	w.timer.Reset(next.Sub(now.at))
}
