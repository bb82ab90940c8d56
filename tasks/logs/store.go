package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Store. The zero value of each field stands for the default.
type Options struct {
	// SegmentSize is how large a data file grows before the next one begins;
	// whole segments are what retention drops. Default 32 MiB, and at most a
	// quarter of LogSize.
	SegmentSize int64
	// LogSize is how much one log may take on disk. Default 1 GB.
	LogSize int64
	// Total is how much all logs may take together. Default 4 GB.
	Total int64
	// Age is how long output is kept. Default 14 days.
	Age time.Duration
	// Now gives arrival times. Default time.Now.
	Now func() time.Time

	open openFile // tests put a full disk here
}

func (o Options) withDefaults() Options {
	if o.LogSize <= 0 {
		o.LogSize = 1 << 30
	}
	if o.Total <= 0 {
		o.Total = 4 << 30
	}
	if o.SegmentSize <= 0 {
		o.SegmentSize = 32 << 20
	}
	o.SegmentSize = max(1, min(o.SegmentSize, o.LogSize/4))
	if o.Age <= 0 {
		o.Age = 14 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.open == nil {
		o.open = openOnDisk
	}
	return o
}

// Store is the writing side of a directory of logs. Only one process may have
// it open at a time; any number may read. Its methods may be called from
// several goroutines.
type Store struct {
	dir     string
	o       Options
	buffers sync.Pool // of *[]byte, to join what was held with what follows

	grewMu sync.RWMutex
	grew   func(Key, int64)

	sweep    sync.Mutex   // one Enforce at a time
	appended atomic.Int64 // bytes since the last Enforce

	mu     sync.Mutex // taken after a Writer's own lock, never before it
	logs   map[Key]*entry
	closed bool
}

// entry is what the store knows of one log, so that retention need not look
// at the disk.
type entry struct {
	segments []segmentInfo // ascending; the last is the one written to
	lines    int64         // when there is no writer yet
	writer   *Writer
}

type segmentInfo struct {
	seq  int64
	size int64 // with its index; of the last one: at Open, see Writer.size
	last time.Time
}

// Open opens the logs in dir for writing, repairs what a killed host left
// behind and applies retention.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, o: o.withDefaults(), logs: map[Key]*entry{}}
	s.buffers.New = func() any { return new([]byte) }
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("open logs: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open logs: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		key, ok := keyOf(path)
		if !ok || !e.IsDir() {
			continue
		}
		// A log that can't be read now must not keep all others from being
		// written; its own writer will say what is wrong.
		segments, end, err := survey(path)
		if err == nil && len(segments) > 0 {
			s.logs[key] = &entry{segments: segments, lines: end.last.end()}
		}
	}
	// What can't be dropped now, because a reader on Windows has it open, is
	// tried again while writing.
	_ = s.Enforce()
	return s, nil
}

// survey repairs a log and takes stock of it; what is left of one whose removal
// was interrupted goes.
func survey(dir string) ([]segmentInfo, repaired, error) {
	seqs, err := listSegments(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, repaired{}, nil
	}
	if err != nil {
		return nil, repaired{}, err
	}
	var segments []segmentInfo
	for _, seq := range seqs {
		info, err := stock(dir, seq)
		if errors.Is(err, fs.ErrNotExist) {
			if err = removeSegment(dir, seq); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, repaired{}, err
		}
		segments = append(segments, info)
	}
	if len(segments) == 0 {
		return nil, repaired{}, os.RemoveAll(dir)
	}
	end, err := repairLast(dir, segments)
	if err != nil {
		return nil, repaired{}, err
	}
	segments[len(segments)-1].size = end.dataEnd + end.idxEnd
	return segments, end, nil
}

// repairLast repairs the newest segment. What came before says where it begins.
func repairLast(dir string, segments []segmentInfo) (repaired, error) {
	head := record{}
	if n := len(segments); n > 1 {
		idx, err := os.Open(indexPath(dir, segments[n-2].seq))
		if err != nil {
			return repaired{}, err
		}
		before, _, err := lastRecord(idx, segments[n-2].size)
		_ = idx.Close()
		if err != nil {
			return repaired{}, err
		}
		head = record{line: before.end(), time: before.time}
	}
	return repair(dir, segments[len(segments)-1].seq, head)
}

func stock(dir string, seq int64) (segmentInfo, error) {
	data, err := os.Stat(dataPath(dir, seq))
	if err != nil {
		return segmentInfo{}, err
	}
	idx, err := os.Stat(indexPath(dir, seq))
	if err != nil {
		return segmentInfo{}, err
	}
	return segmentInfo{seq: seq, size: data.Size() + idx.Size(), last: data.ModTime()}, nil
}

// OnGrow sets what is called when readers can see more of a log: with its
// number of lines, which is the same as before when only its open last line
// grew. The calls come from the goroutines that write and from timers, without
// a lock, so that two may overtake each other.
func (s *Store) OnGrow(f func(key Key, lines int64)) {
	s.grewMu.Lock()
	defer s.grewMu.Unlock()
	s.grew = f
}

func (s *Store) tell(key Key, lines int64) {
	s.grewMu.RLock()
	f := s.grew
	s.grewMu.RUnlock()
	if f != nil {
		f(key, lines)
	}
}

// errClosed is the error of a store that was closed.
var errClosed = errors.New("the log store is closed")

// Writer gives the writer of a log: always the same one. It touches no file
// before the first write, so a full disk shows there and not here.
func (s *Store) Writer(key Key) (*Writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	e := s.entry(key)
	if e.writer == nil {
		e.writer = newWriter(s, key, e.lines)
	}
	return e.writer, nil
}

// entry needs s.mu.
func (s *Store) entry(key Key) *entry {
	e := s.logs[key]
	if e == nil {
		e = &entry{}
		s.logs[key] = e
	}
	return e
}

// Reader opens a log for reading; see OpenReader.
func (s *Store) Reader(key Key) (*Reader, error) { return OpenReader(s.dir, key) }

// Remove deletes a log. Its writer stays usable and begins again at line 0.
func (s *Store) Remove(key Key) error {
	s.mu.Lock()
	var w *Writer
	if e := s.logs[key]; e != nil {
		w = e.writer
	}
	s.mu.Unlock()
	if w != nil {
		return w.remove()
	}
	return s.forget(key)
}

// forget deletes the files of a log that nobody writes to.
func (s *Store) forget(key Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.logs[key]
	if e == nil {
		return nil
	}
	dir := s.path(key)
	for len(e.segments) > 0 {
		if err := removeSegment(dir, e.segments[0].seq); err != nil {
			return fmt.Errorf("remove log %q: %w", key, err)
		}
		e.segments = e.segments[1:]
	}
	if e.lines = 0; e.writer == nil {
		delete(s.logs, key)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove log %q: %w", key, err)
	}
	return nil
}

func (s *Store) path(key Key) string { return filepath.Join(s.dir, dirName(key)) }

// Close writes what is held and closes all files.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	writers := s.writers()
	s.mu.Unlock()
	var errs []error
	for _, w := range writers {
		errs = append(errs, w.shut())
	}
	return errors.Join(errs...)
}

// writers needs s.mu.
func (s *Store) writers() []*Writer {
	var all []*Writer
	for _, e := range s.logs {
		if e.writer != nil {
			all = append(all, e.writer)
		}
	}
	return all
}
