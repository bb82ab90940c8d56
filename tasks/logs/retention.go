package logs

import (
	"errors"
	"fmt"
	"time"
)

// Enforce drops the oldest segments of logs that are too large or too old, and
// of the largest log as long as all together are too large, so that a flood
// never pushes out the few lines of a quiet service. Appending does this by
// itself; only the age of logs that nobody writes to needs a call now and then.
func (s *Store) Enforce() error {
	s.sweep.Lock()
	defer s.sweep.Unlock()
	s.appended.Store(0)
	cutoff := s.o.Now().Add(-s.o.Age)
	var errs []error
	for _, key := range s.known() {
		errs = append(errs, s.dropWhile(key, func(e *entry) bool {
			return e.segment(0).last.Before(cutoff)
		}), s.dropWhile(key, func(e *entry) bool {
			return len(e.segments) > 1 && e.size() > s.o.LogSize
		}))
	}
	for {
		largest, total := s.largest()
		if total <= s.o.Total {
			break
		}
		tries := 0
		err := s.dropWhile(largest, func(*entry) bool {
			tries++
			return tries == 1
		})
		if _, now := s.largest(); err != nil || now >= total {
			errs = append(errs, err)
			break
		}
	}
	return errors.Join(errs...)
}

// enforceWhenDue runs Enforce once every segment's worth of output.
func (s *Store) enforceWhenDue(n int64) {
	if s.appended.Add(n) < s.o.SegmentSize {
		return
	}
	// What can't be dropped now is tried again after the next segment; the one
	// who writes can do nothing about it.
	_ = s.Enforce()
}

func (s *Store) known() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]Key, 0, len(s.logs))
	for key := range s.logs {
		keys = append(keys, key)
	}
	return keys
}

// largest gives the log that takes the most, and what all take.
func (s *Store) largest() (key Key, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := int64(-1)
	for k, e := range s.logs {
		size := e.size()
		total += size
		if size > most {
			key, most = k, size
		}
	}
	return key, total
}

func (e *entry) size() int64 {
	var n int64
	for i := range e.segments {
		n += e.segment(i).size
	}
	return n
}

// segment gives a segment as it is now: the last one may be growing.
func (e *entry) segment(i int) segmentInfo {
	info := e.segments[i]
	if i == len(e.segments)-1 && e.writer != nil {
		if size := e.writer.size.Load(); size > 0 {
			info.size = size
			info.last = time.Unix(0, e.writer.lastTime.Load())
		}
	}
	return info
}

// dropWhile drops the oldest segment of a log as long as the condition holds.
// The segment that is written to gives way to an empty one, which keeps the
// numbers; a log without a writer goes as a whole.
func (s *Store) dropWhile(key Key, more func(*entry) bool) error {
	for {
		s.mu.Lock()
		e := s.logs[key]
		if e == nil || len(e.segments) == 0 || !more(e) {
			s.mu.Unlock()
			return nil
		}
		if len(e.segments) > 1 {
			err := removeSegment(s.path(key), e.segments[0].seq)
			if err == nil {
				e.segments = e.segments[1:]
			}
			s.mu.Unlock()
			if err != nil {
				return fmt.Errorf("drop old output of log %q: %w", key, err)
			}
			continue
		}
		w := e.writer
		s.mu.Unlock()
		if w == nil {
			return s.forget(key)
		}
		if rolled, err := w.retire(); err != nil || !rolled {
			return err
		}
	}
}

// replaceLast notes how the newest segment was left.
func (s *Store) replaceLast(key Key, last segmentInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entry(key); len(e.segments) > 0 {
		e.segments[len(e.segments)-1] = last
	}
}

// rolled notes that a log goes on in a new segment.
func (s *Store) rolled(key Key, old, next segmentInfo) {
	s.replaceLast(key, old)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(key)
	e.segments = append(e.segments, next)
}

// opened notes the segments that a writer found or made.
func (s *Store) opened(key Key, segments []segmentInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry(key).segments = segments
}
