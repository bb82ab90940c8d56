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

// Stats is how far a search has come.
type Stats struct {
	Hits  int64
	Lines int64
	Bytes int64
}

// Search calls yield for each line that matches, in order, until yield returns
// false or ctx ends. It reads the log in blocks on several goroutines, so that
// its memory does not depend on the size of the log. The text of a hit is cut
// at TextLimit and valid until yield returns. A line of more than a MiB is
// matched in pieces that overlap by 64 KiB: there a longer match may be missed,
// and ^ and $ hold at the ends of each piece.
func (r *Reader) Search(ctx context.Context, q Query, yield func(Line) bool) (Stats, error) {
	return r.search(ctx, q, yield)
}

// Count counts the lines that match; it is faster than a Search.
func (r *Reader) Count(ctx context.Context, q Query) (Stats, error) {
	return r.search(ctx, q, nil)
}

func (r *Reader) search(ctx context.Context, q Query, yield func(Line) bool) (Stats, error) {
	p, err := compilePattern(q)
	if err != nil {
		return Stats{}, err
	}
	sc := scanner{pattern: p, invert: q.Invert, keep: yield != nil, reverse: q.Reverse}
	err = r.retrying(func() error {
		sc.from, sc.to = max(q.From, r.begin), q.To
		if sc.to <= 0 || sc.to > r.end {
			sc.to = r.end
		}
		return nil
	})
	if err != nil || sc.from >= sc.to {
		return Stats{}, err
	}
	sc.dir, sc.segments, sc.end = r.view.dir, slices.Clone(r.view.segments), r.end
	stats, err := sc.run(ctx, yield)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("search log %q: %w", r.key, err)
	}
	return stats, err
}

// scanner is one search.
type scanner struct {
	pattern  pattern
	invert   bool
	keep     bool // collect the hits, not only their number
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
	stats   Stats
	err     error
}

// run spreads the units over workers and hands out their hits in order.
//
//	units ─> queue ─> workers ─┐
//	   └───> order ────────────┴─> yield ─> free jobs
func (sc *scanner) run(ctx context.Context, yield func(Line) bool) (Stats, error) {
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

	var total Stats
	for j := range order {
		select {
		case <-j.done:
		case <-ctx.Done():
			return total, ctx.Err()
		}
		if j.err != nil {
			return total, j.err
		}
		total.Lines += j.stats.Lines
		total.Bytes += j.stats.Bytes
		if yield == nil {
			total.Hits += j.stats.Hits
		} else if !sc.deliver(j, &total, yield) {
			return total, nil
		}
		free <- j
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return total, failed
}

func (sc *scanner) deliver(j *job, total *Stats, yield func(Line) bool) bool {
	if sc.reverse {
		slices.Reverse(j.hits)
	}
	for _, h := range j.hits {
		total.Hits++
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
		j.hits, j.stats, j.err = j.hits[:0], Stats{}, ctx.Err()
		if j.err == nil {
			j.err = w.scan(ctx, j)
		}
		if errors.Is(j.err, fs.ErrNotExist) {
			j.hits, j.stats, j.err = j.hits[:0], Stats{}, nil // dropped by retention meanwhile
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
