package tensorboard

import (
	"encoding/binary"
	"strconv"
)

// The kinds of a field on the wire of protocol buffers. Groups are not among them: no
// message of TensorBoard has one.
const (
	varint  = 0
	fixed64 = 1
	bytes   = 2
	fixed32 = 5
)

// field is one field of a message.
type field struct {
	number uint64
	kind   uint64
	value  uint64 // of a varint, or of what has a fixed size
	bytes  []byte // not kept
}

// fields calls do with each field of a message.
func fields(p []byte, do func(field)) error {
	for len(p) > 0 {
		key, n := binary.Uvarint(p)
		if n <= 0 {
			return errMessage
		}
		p = p[n:]
		f := field{number: key >> 3, kind: key & 7}
		n = f.take(p)
		if n < 0 {
			return errMessage
		}
		p = p[n:]
		do(f)
	}
	return nil
}

// take reads the value of a field and returns its length; negative: it is none.
func (f *field) take(p []byte) int {
	switch f.kind {
	case varint:
		v, n := binary.Uvarint(p)
		f.value = v
		if n <= 0 {
			return -1
		}
		return n
	case fixed64:
		if len(p) < 8 {
			return -1
		}
		f.value = binary.LittleEndian.Uint64(p)
		return 8
	case fixed32:
		if len(p) < 4 {
			return -1
		}
		f.value = uint64(binary.LittleEndian.Uint32(p))
		return 4
	case bytes:
		length, n := binary.Uvarint(p)
		if n <= 0 || length > uint64(len(p)-n) {
			return -1
		}
		f.bytes = p[n : n+int(length)] //nolint:gosec // no longer than p
		return n + int(length)         //nolint:gosec // no longer than p
	}
	return -1
}

// each calls do with the values of a repeated field, packed or one by one.
func (f field) each(kind uint64, do func(uint64)) {
	if f.kind == kind {
		do(f.value)
		return
	}
	if f.kind != bytes {
		return
	}
	for p := f.bytes; len(p) > 0; {
		one := field{kind: kind}
		n := one.take(p)
		if n <= 0 {
			return
		}
		do(one.value)
		p = p[n:]
	}
}

// shortest is the number that a person would write for a float.
func shortest(v float32) float64 {
	n, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return float64(v)
	}
	return n
}
