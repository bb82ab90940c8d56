// Package tensorboard reads the numbers of TensorBoard's event files as a training
// writes them. It needs neither TensorBoard nor TensorFlow, and reads scalars alone.
package tensorboard

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes TensorBoard.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "tensorboard", Title: "TensorBoard", Curves: curves}
}

// curves reads files such as events.out.tfevents.1700000000.host.
func curves(file string) (tasks.Growing, bool) {
	if !strings.Contains(filepath.Base(file), ".tfevents") {
		return tasks.Growing{}, false
	}
	r := &records{table: crc32.MakeTable(crc32.Castagnoli)}
	return tasks.Growing{Home: filepath.Dir(file), Read: r.read}, true
}

// records takes a file apart. Each record is
//
//	8 bytes  the length, little endian
//	4 bytes  the masked CRC-32C of these
//	n bytes  an Event
//	4 bytes  the masked CRC-32C of it
type records struct {
	table *crc32.Table
	rest  []byte // a record of which not all is there yet
	at    int64  // where in the file rest begins
	skip  int64  // bytes of a record that is not looked at
}

const (
	header  = 12
	trailer = 4
	// largest is the longest record that is read: what is longer is an image or a
	// table of embeddings, never a number.
	largest = 8 << 20
	// absurd is no length of a record.
	absurd = 1 << 40
)

// read takes in what was written, and tells of the numbers of whole records.
func (r *records) read(p []byte, tell func(string, tasks.Point)) error {
	r.rest = append(r.rest, p...)
	data := r.rest
	defer func() { r.rest = append(r.rest[:0], data...) }()
	for {
		if r.skip > 0 {
			n := min(r.skip, int64(len(data)))
			data, r.skip, r.at = data[n:], r.skip-n, r.at+n
		}
		if len(data) < header {
			return nil
		}
		if binary.LittleEndian.Uint32(data[8:]) != r.masked(data[:8]) {
			return r.damaged("the checksum of its length is wrong")
		}
		length := binary.LittleEndian.Uint64(data)
		if length > absurd {
			return r.damaged(fmt.Sprintf("it says that it has %d bytes", length))
		}
		whole := header + int64(length) + trailer //nolint:gosec // bounded above
		if length > largest {
			r.skip = whole
			continue
		}
		if int64(len(data)) < whole {
			return nil
		}
		body := data[header : header+length]
		if binary.LittleEndian.Uint32(data[header+length:]) != r.masked(body) {
			return r.damaged("its checksum is wrong")
		}
		if err := event(body, tell); err != nil {
			return r.damaged(err.Error())
		}
		data, r.at = data[whole:], r.at+whole
	}
}

func (r *records) damaged(how string) error {
	return fmt.Errorf("the record at byte %d is damaged: %s; nothing behind it is read", r.at, how)
}

// masked is a checksum as it is written: a checksum of what has checksums in it would
// be a bad one.
func (r *records) masked(p []byte) uint32 {
	c := crc32.Checksum(p, r.table)
	return (c>>15 | c<<17) + 0xa282ead8
}
