package logs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sync"
)

// Query says which lines are searched for.
type Query struct {
	// Pattern is a regular expression as package regexp has it, or plain text.
	// It is matched against a line's text, so ^ and $ are the line's ends.
	Pattern    string
	Literal    bool
	IgnoreCase bool
	// Also are bytes that make a line match, whatever else it holds: for who has to
	// look closer at lines with such. One by one they are found much faster than as
	// a part of Pattern.
	Also string
	// Invert asks for the lines that do not match.
	Invert bool
	// From and To bound the search to the lines From..To-1; To 0 or less is the
	// end of the log.
	From, To int64
	// Reverse gives the last line first.
	Reverse bool
}

// Search calls yield for each line that matches, in order, until yield returns
// false or ctx ends. It reads the log in blocks on several goroutines, so that
// its memory does not depend on the size of the log. The text of a hit is cut
// at TextLimit and valid until yield returns. A line of more than a MiB is
// matched in pieces that overlap by 64 KiB: there a longer match may be missed,
// and ^ and $ hold at the ends of each piece.
func (r *Reader) Search(ctx context.Context, q Query, yield func(Line) bool) error {
	p, err := compilePattern(q)
	if err != nil {
		return err
	}
	sc := scanner{pattern: p, invert: q.Invert, reverse: q.Reverse}
	err = r.retrying(func() error {
		sc.from, sc.to = max(q.From, r.begin), q.To
		if sc.to <= 0 || sc.to > r.end {
			sc.to = r.end
		}
		return nil
	})
	if err != nil || sc.from >= sc.to {
		return err
	}
	sc.dir, sc.segments, sc.end = r.view.dir, slices.Clone(r.view.segments), r.end
	err = sc.run(ctx, yield)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("search log %q: %w", r.key, err)
	}
	return err
}

// scanner is one search.
type scanner struct {
	pattern  pattern
	invert   bool
	reverse  bool
	from, to int64
	end      int64 // of the log
	dir      string
	segments []segment
}

// unit is a piece of work: records that follow one another in one segment. It
// answers for the lines that begin in it.
type unit struct {
	at position
	n  int64
}

// job is a unit with its result. Jobs are used again, so that memory is bounded
// by their number.
type job struct {
	unit    unit
	done    chan struct{} // one receive a unit
	data    []byte
	records []record
	hits    []hit
	err     error
}

// run spreads the units over workers and hands out their hits in order.
//
//	units ─> queue ─> workers ─┐
//	   └───> order ────────────┴─> yield ─> free jobs
func (sc *scanner) run(ctx context.Context, yield func(Line) bool) error {
	inner, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()

	workers := min(runtime.GOMAXPROCS(0), 4)
	free := make(chan *job, workers+2) // holds all jobs there are, so giving one back never waits
	for range cap(free) {
		free <- &job{done: make(chan struct{}, 1)} // so that no worker waits for the order
	}
	queue := make(chan *job, cap(free))
	order := make(chan *job, cap(free))
	var failed error // read after order is closed
	all.Go(func() {
		defer close(order)
		defer close(queue)
		failed = sc.units(func(u unit) bool {
			select {
			case j := <-free:
				j.unit = u
				order <- j
				queue <- j
				return true
			case <-inner.Done():
				return false
			}
		})
	})
	for range workers {
		all.Go(func() { sc.work(inner, queue) })
	}

	for j := range order {
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if j.err != nil {
			return j.err
		}
		if !sc.deliver(j, yield) {
			return nil
		}
		free <- j
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

func (sc *scanner) deliver(j *job, yield func(Line) bool) bool {
	if sc.reverse {
		slices.Reverse(j.hits)
	}
	for _, h := range j.hits {
		if !yield(h.line(j, sc.end)) {
			return false
		}
	}
	return true
}

func (sc *scanner) work(ctx context.Context, queue <-chan *job) {
	w := worker{scanner: sc, view: view{dir: sc.dir, segments: sc.segments}, m: sc.pattern.matcher()}
	defer w.view.close()
	for j := range queue {
		j.hits, j.err = j.hits[:0], ctx.Err()
		if j.err == nil {
			j.err = w.scan(ctx, j)
		}
		if errors.Is(j.err, fs.ErrNotExist) {
			j.hits, j.err = j.hits[:0], nil // dropped by retention meanwhile
		}
		j.done <- struct{}{}
	}
}

const (
	// unitSize is what a worker scans at once: small enough for its cache.
	unitSize = 512 << 10
	// unitRecords bounds a unit of a slow log, whose records are small.
	unitRecords = 4096
)

// units cuts the records that may hold wanted lines into units.
func (sc *scanner) units(do func(unit) bool) error {
	v := view{dir: sc.dir, segments: sc.segments}
	defer v.close()
	first, err := v.find(sc.from)
	if err != nil {
		return err
	}
	last, err := v.find(sc.to - 1)
	if err != nil {
		return err
	}
	for i := first.segment; i <= last.segment; i++ {
		s := i
		if sc.reverse {
			s = last.segment - (i - first.segment)
		}
		begin, end := int64(0), v.segments[s].n
		if s == first.segment {
			begin = first.record
		}
		if s == last.segment {
			end = last.record + 1
		}
		more, err := sc.cut(&v, s, begin, end, do)
		if errors.Is(err, fs.ErrNotExist) {
			continue // dropped by retention meanwhile
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// cut cuts the records begin..end-1 of one segment into units.
func (sc *scanner) cut(v *view, s int, begin, end int64, do func(unit) bool) (bool, error) {
	var buffer [recordsAtOnce]record
	u, size := unit{}, int64(0)
	for begin < end {
		n := min(end-begin, recordsAtOnce)
		at := begin
		if sc.reverse {
			at = end - n
		}
		records, err := v.records(position{s, at}, n, buffer[:0])
		if err != nil {
			return false, err
		}
		for i := range n {
			k := i
			if sc.reverse {
				k = n - 1 - i
			}
			if u.n == 0 || sc.reverse {
				u.at = position{s, at + k}
			}
			u.n++
			size += int64(records[k].size)
			if size < unitSize && u.n < unitRecords {
				continue
			}
			if !do(u) {
				return false, nil
			}
			u, size = unit{}, 0
		}
		if sc.reverse {
			end -= n
		} else {
			begin += n
		}
	}
	return u.n == 0 || do(u), nil
}
