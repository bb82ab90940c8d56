package logs

import (
	"os"
	"time"
)

// ready says whether a chunk can be written now; it opens the files and ends an
// outage when it can.
func (w *Writer) ready(now moment) bool {
	if w.tail != nil && !w.outage.on() {
		return true
	}
	if now.at.Before(w.outage.retry) {
		return false
	}
	if w.tail == nil {
		if err := w.open(); err != nil {
			w.outage.begin(w.dir, err, now)
			return false
		}
	}
	return !w.outage.on() || w.resume(now)
}

// resume ends an outage with a mark in place of what was dropped.
func (w *Writer) resume(now moment) bool {
	w.flushIndex(now)
	if len(w.pending) > 0 {
		return false
	}
	if mark := []byte(w.outage.mark()); len(mark) > 0 {
		if _, err := w.tail.data.WriteAt(mark, w.tail.dataEnd); err != nil {
			w.outage.begin(dataPath(w.dir, w.tail.seq), err, now)
			// Half a mark would be taken for output by the next repair.
			_ = w.tail.data.Truncate(w.tail.dataEnd)
			return false
		}
		w.tail.dataEnd += int64(len(mark))
		w.size.Add(int64(len(mark)))
		w.describe(Note, mark, now.stamp)
	}
	w.outage = outage{unsaid: w.outage.unsaid}
	return true
}

// open opens the newest segment, after repair, or makes the first.
func (w *Writer) open() error {
	if w.shutErr != nil {
		return w.shutErr
	}
	segments, end, err := survey(w.dir)
	if err != nil {
		return err
	}
	if len(segments) == 0 {
		return w.create()
	}
	newest := segments[len(segments)-1]
	w.tail, err = openTail(w.store.o.open, w.dir, newest.seq, end.dataEnd, end.idxEnd)
	if err != nil {
		return err
	}
	w.opened(end.last, segments)
	return nil
}

func (w *Writer) create() error {
	if err := os.MkdirAll(w.dir, dirMode); err != nil {
		return err
	}
	if err := saveKey(w.dir, w.key); err != nil {
		return err
	}
	var err error
	if w.tail, err = createTail(w.store.o.open, w.dir, 1, record{}); err != nil {
		return err
	}
	w.opened(record{}, []segmentInfo{{seq: 1, size: recordSize, last: w.store.o.Now()}})
	return nil
}

func (w *Writer) opened(last record, segments []segmentInfo) {
	w.last = last
	w.rollAt = w.store.o.SegmentSize
	w.size.Store(w.tail.dataEnd + w.tail.idxEnd)
	w.lastTime.Store(segments[len(segments)-1].last.UnixNano())
	w.lines.Store(last.end())
	w.store.opened(w.key, segments)
}

// roll goes on in a new segment, within the open line or after it. When a segment
// can't be made the present one grows.
func (w *Writer) roll(within bool, now moment) {
	w.flushIndex(now)
	if w.outage.on() {
		return
	}
	head := record{line: w.last.end(), time: w.last.time}
	if within {
		head.line--
		head.stream, head.flags = w.last.stream, continues|unended
	}
	next, err := createTail(w.store.o.open, w.dir, w.tail.seq+1, head)
	if err != nil {
		w.rollAt += w.store.o.SegmentSize / 4
		return
	}
	old := w.tail
	_ = old.close() // all of it was written; there is nothing to lose
	w.tail, w.last, w.rollAt = next, head, w.store.o.SegmentSize
	w.store.rolled(w.key,
		segmentInfo{seq: old.seq, size: old.dataEnd + old.idxEnd, last: time.Unix(0, w.lastTime.Load())},
		segmentInfo{seq: next.seq, size: recordSize, last: time.Unix(0, now.stamp)})
	w.lastTime.Store(now.stamp)
	w.size.Store(recordSize)
}

// giveBack closes the files. What the index could not take is found again by
// the repair of the next opening.
func (w *Writer) giveBack() {
	if w.tail == nil {
		return
	}
	_ = w.tail.close()
	w.store.replaceLast(w.key, segmentInfo{
		seq: w.tail.seq, size: w.tail.dataEnd + w.tail.idxEnd, last: time.Unix(0, w.lastTime.Load()),
	})
	w.tail, w.pending = nil, nil
	w.size.Store(0)
}

// retire goes on in an empty segment, so that the one before can be dropped;
// false when it is empty already.
func (w *Writer) retire() (bool, error) {
	w.mu.Lock()
	defer w.unlock()
	now := w.now()
	if w.tail == nil {
		if err := w.open(); err != nil {
			return false, err
		}
		defer w.giveBack()
	}
	if w.tail.dataEnd == 0 {
		return false, nil
	}
	seq := w.tail.seq
	w.roll(w.last.unended(), now)
	return w.tail.seq != seq, nil
}

// remove deletes the log and begins again.
func (w *Writer) remove() error {
	w.mu.Lock()
	defer w.unlock()
	w.giveBack()
	w.held = [Note + 1]held{}
	w.last, w.outage = record{}, outage{}
	w.lines.Store(0)
	return w.store.forget(w.key)
}

// shut closes the writer for good.
func (w *Writer) shut() error {
	_, err := w.do(func(now moment) {
		w.end(now)
		w.giveBack()
		w.shutErr = errClosed
		if w.timer != nil {
			w.timer.Stop()
		}
	})
	return err
}
