package docker

import (
	"encoding/binary"
	"errors"
	"iter"
)

// BuildKit speaks protocol buffers. Of its messages only a few fields are read
// and written here, which needs no generated code.

var errWire = errors.New("what BuildKit says is cut short")

// field is one field of a message: a number, or bytes that are text or a message.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// fields reads a message; the error is the last that comes.
func fields(p []byte) iter.Seq2[field, error] {
	return func(yield func(field, error) bool) {
		for len(p) > 0 {
			f, rest, err := next(p)
			if !yield(f, err) || err != nil {
				return
			}
			p = rest
		}
	}
}

func next(p []byte) (f field, rest []byte, err error) {
	key, n := binary.Uvarint(p)
	if n <= 0 {
		return f, nil, errWire
	}
	p, f.number = p[n:], int(key>>3)
	switch key & 7 {
	case wireVarint:
		v, n := binary.Uvarint(p)
		if n <= 0 {
			return f, nil, errWire
		}
		f.value, p = v, p[n:]
	case wireBytes:
		size, n := binary.Uvarint(p)
		if n <= 0 || size > uint64(len(p)-n) {
			return f, nil, errWire
		}
		f.bytes, p = p[n:n+int(size)], p[n+int(size):]
	case wire64, wire32:
		size := 8
		if key&7 == wire32 {
			size = 4
		}
		if len(p) < size {
			return f, nil, errWire
		}
		p = p[size:] // none of those that are read
	default:
		return f, nil, errWire
	}
	return f, p, nil
}

// textField is the text of a message's field; "": it has none.
func textField(p []byte, number int) string {
	for f, err := range fields(p) {
		if err == nil && f.number == number {
			return string(f.bytes)
		}
	}
	return ""
}

// appendBytes adds a field of text, bytes or a message.
func appendBytes(p []byte, number int, value []byte) []byte {
	p = binary.AppendUvarint(p, uint64(number)<<3|wireBytes)
	p = binary.AppendUvarint(p, uint64(len(value)))
	return append(p, value...)
}

// vertex is a step of a BuildKit build; line is what one of them printed.
type vertex struct {
	digest, name, problem    string
	inputs                   []string // the digests of steps that it is made from
	cached, began, completed bool
}

type vertexLog struct {
	vertex string
	stderr bool
	text   []byte
}

// readStatus reads a status of BuildKit's: what became of its steps, and what
// they said.
func readStatus(p []byte) (vertexes []vertex, said []vertexLog, err error) {
	for f, err := range fields(p) {
		switch {
		case err != nil:
			return nil, nil, err
		case f.number == 1:
			v, err := readVertex(f.bytes)
			if err != nil {
				return nil, nil, err
			}
			vertexes = append(vertexes, v)
		case f.number == 3:
			l, err := readVertexLog(f.bytes)
			if err != nil {
				return nil, nil, err
			}
			said = append(said, l)
		}
	}
	return vertexes, said, nil
}

func readVertex(p []byte) (v vertex, err error) {
	for f, err := range fields(p) {
		if err != nil {
			return v, err
		}
		switch f.number {
		case 1:
			v.digest = string(f.bytes)
		case 2:
			v.inputs = append(v.inputs, string(f.bytes))
		case 3:
			v.name = string(f.bytes)
		case 4:
			v.cached = f.value != 0
		case 5:
			v.began = true
		case 6:
			v.completed = true
		case 7:
			v.problem = string(f.bytes)
		}
	}
	return v, nil
}

func readVertexLog(p []byte) (l vertexLog, err error) {
	for f, err := range fields(p) {
		if err != nil {
			return l, err
		}
		switch f.number {
		case 1:
			l.vertex = string(f.bytes)
		case 3:
			l.stderr = f.value == 2
		case 4:
			l.text = f.bytes
		}
	}
	return l, nil
}
