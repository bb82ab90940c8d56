package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	fileMode = 0o600
	dirMode  = 0o700

	dataSuffix  = ".log"
	indexSuffix = ".idx"
)

func dataPath(dir string, seq int64) string  { return segmentPath(dir, seq, dataSuffix) }
func indexPath(dir string, seq int64) string { return segmentPath(dir, seq, indexSuffix) }

func segmentPath(dir string, seq int64, suffix string) string {
	return filepath.Join(dir, fmt.Sprintf("%08d", seq)+suffix)
}

// listSegments gives the numbers of the segments that have an index, ascending.
// A segment exists as soon as its index does: data is made before its index,
// and removed before it.
func listSegments(dir string) ([]int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var seqs []int64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), indexSuffix)
		if !ok {
			continue
		}
		if seq, err := strconv.ParseInt(name, 10, 64); err == nil {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	return seqs, nil
}

// file is what the writer needs of a file; tests put a full disk in its place.
type file interface {
	io.WriterAt
	io.Closer
	Truncate(size int64) error
}

// openFile opens a file for writing at any offset.
type openFile func(path string, flag int) (file, error)

func openOnDisk(path string, flag int) (file, error) {
	f, err := os.OpenFile(path, flag|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, err // a nil *os.File must not become a file
	}
	return f, nil
}

// tail is the segment that is written to, and where its ends are.
type tail struct {
	seq       int64
	data, idx file
	dataEnd   int64
	idxEnd    int64
}

func (t *tail) close() error { return errors.Join(t.data.Close(), t.idx.Close()) }

// createTail makes a new segment. Its first record says which line comes next,
// so that numbers go on when all that was before is dropped.
func createTail(open openFile, dir string, seq int64, head record) (*tail, error) {
	const fresh = os.O_CREATE | os.O_TRUNC
	data, err := open(dataPath(dir, seq), fresh)
	if err != nil {
		return nil, err
	}
	undo := func(err error, files ...file) (*tail, error) {
		for _, f := range files {
			_ = f.Close()
		}
		_ = os.Remove(dataPath(dir, seq))
		_ = os.Remove(indexPath(dir, seq))
		return nil, err
	}
	idx, err := open(indexPath(dir, seq), fresh)
	if err != nil {
		return undo(err, data)
	}
	if _, err := idx.WriteAt(head.append(nil), 0); err != nil {
		return undo(err, data, idx)
	}
	return &tail{seq: seq, data: data, idx: idx, idxEnd: recordSize}, nil
}

// openTail opens the newest segment to append to it, after repair.
func openTail(open openFile, dir string, seq, dataEnd, idxEnd int64) (*tail, error) {
	data, err := open(dataPath(dir, seq), 0)
	if err != nil {
		return nil, err
	}
	idx, err := open(indexPath(dir, seq), 0)
	if err != nil {
		_ = data.Close()
		return nil, err
	}
	return &tail{seq: seq, data: data, idx: idx, dataEnd: dataEnd, idxEnd: idxEnd}, nil
}

// repaired is what repair found at the end of a log.
type repaired struct {
	last    record
	dataEnd int64
	idxEnd  int64
}

// repair brings the newest segment of a log whose writer is gone into order: a
// torn record goes, bytes that no record covers yet get one, and a last line
// without newline is ended, because nobody will go on with it. Data is never
// cut off. head is used when not even the segment's first record is there.
func repair(dir string, seq int64, head record) (repaired, error) {
	data, err := os.Open(dataPath(dir, seq))
	if err != nil {
		return repaired{}, err
	}
	defer data.Close()
	info, err := data.Stat()
	if err != nil {
		return repaired{}, err
	}
	idx, err := os.OpenFile(indexPath(dir, seq), os.O_RDWR, fileMode)
	if err != nil {
		return repaired{}, err
	}
	defer idx.Close()
	end, size, err := lastRecord(idx, info.Size())
	if err != nil {
		return repaired{}, err
	}
	var add []record
	if size == 0 {
		end = head
		add = append(add, head)
	}
	found, err := cover(data, end, info.Size(), info.ModTime())
	if err != nil {
		return repaired{}, err
	}
	add = append(add, found...)
	if len(add) > 0 {
		end = add[len(add)-1]
	}
	if end.unended() {
		end = record{off: end.after(), line: end.end(), time: end.time}
		add = append(add, end)
	}
	// Truncate first: a torn record is shorter than what is put in its place,
	// but what stands behind a damaged one may be longer.
	if err := idx.Truncate(size); err != nil {
		return repaired{}, err
	}
	var b []byte
	for _, r := range add {
		b = r.append(b)
	}
	if _, err := idx.WriteAt(b, size); err != nil {
		return repaired{}, err
	}
	return repaired{last: end, dataEnd: info.Size(), idxEnd: size + int64(len(b))}, nil
}

// lastRecord finds the last whole record whose chunk is there, and where it ends.
func lastRecord(idx *os.File, dataSize int64) (record, int64, error) {
	info, err := idx.Stat()
	if err != nil {
		return record{}, 0, err
	}
	var b [recordSize]byte
	for n := info.Size() / recordSize; n > 0; n-- {
		if _, err := idx.ReadAt(b[:], (n-1)*recordSize); err != nil {
			return record{}, 0, err
		}
		if r, ok := parseRecord(b[:]); ok && r.after() <= dataSize {
			return r, n * recordSize, nil
		}
	}
	return record{}, 0, nil
}

// cover makes records for the bytes behind last: written, but the host was
// killed before their records were.
func cover(data *os.File, last record, size int64, modified time.Time) ([]record, error) {
	var found []record
	b := make([]byte, maxRecord)
	for last.after() < size {
		n, err := data.ReadAt(b[:min(int64(len(b)), size-last.after())], last.after())
		if n == 0 {
			return nil, err
		}
		last = following(last, Out, b[:n], max(last.time, modified.UnixNano()))
		found = append(found, last)
	}
	return found, nil
}

// following is the record of a chunk of a stream that comes right after last.
func following(last record, s Stream, b []byte, at int64) record {
	r := record{
		off: last.after(), line: last.end(), time: at,
		size: uint32(len(b)), breaks: uint32(bytes.Count(b, []byte{'\n'})), stream: s,
	}
	if last.unended() && (last.stream == s) {
		r.line--
		r.flags |= continues
	}
	if b[len(b)-1] != '\n' {
		r.flags |= unended
	}
	return r
}

// removeSegment deletes a segment, data first: a reader and the next start then
// see an index without data, which counts as dropped.
func removeSegment(dir string, seq int64) error {
	for _, path := range []string{dataPath(dir, seq), indexPath(dir, seq)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
