package logs

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// recordSize is the size of a record in the index file.
const recordSize = 40

// record describes one chunk: bytes that stand together in the data file,
// arrived together and are of one stream. Lines are not recorded: they end at
// each '\n' of the chunk, and at its end when the next record does not continue.
//
// A record of size 0 carries only a position: the first of each segment, and
// the one that ends a last line that has no newline.
type record struct {
	off    int64 // of the chunk, in the segment's data file
	line   int64 // number of the line that the first byte belongs to
	time   int64 // when the first byte arrived, in Unix nanoseconds
	size   uint32
	breaks uint32 // how many '\n' it holds
	stream Stream
	flags  uint8
}

const (
	continues uint8 = 1 << iota // the first byte belongs to the line that the record before left open
	unended                     // the last line has no newline
)

func (r record) continues() bool { return r.flags&continues != 0 }
func (r record) unended() bool   { return r.flags&unended != 0 }
func (r record) after() int64    { return r.off + int64(r.size) }
func (r record) when() time.Time { return time.Unix(0, r.time) }

// start is the number of the first line that begins in this record or, when
// none does, of the next line to begin.
func (r record) start() int64 {
	if r.continues() {
		return r.line + 1
	}
	return r.line
}

// end is one past the last line that has a byte in this record.
func (r record) end() int64 {
	end := r.line + int64(r.breaks)
	if r.unended() {
		end++
	}
	return end
}

func (r record) append(b []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.off))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.line))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.time))
	b = binary.LittleEndian.AppendUint32(b, r.size)
	b = binary.LittleEndian.AppendUint32(b, r.breaks)
	b = append(b, byte(r.stream), r.flags, formatVersion, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at:]))
}

// formatVersion is part of each record, so that a later format is not misread.
const formatVersion = 1

// parseRecord reads one record; false for what a crash has torn.
func parseRecord(b []byte) (record, bool) {
	if len(b) < recordSize || b[34] != formatVersion ||
		crc32.ChecksumIEEE(b[:36]) != binary.LittleEndian.Uint32(b[36:]) {
		return record{}, false
	}
	return record{
		off:    int64(binary.LittleEndian.Uint64(b)),
		line:   int64(binary.LittleEndian.Uint64(b[8:])),
		time:   int64(binary.LittleEndian.Uint64(b[16:])),
		size:   binary.LittleEndian.Uint32(b[24:]),
		breaks: binary.LittleEndian.Uint32(b[28:]),
		stream: Stream(b[32]),
		flags:  b[33],
	}, true
}
