package tensorboard

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// What is read of the messages Event, Summary, Summary.Value, SummaryMetadata and
// TensorProto, by the numbers of their fields.
const (
	eventTime    = 1
	eventStep    = 2
	eventSummary = 5

	summaryValue = 1

	valueTag      = 1
	valueSimple   = 2
	valueTensor   = 8
	valueMetadata = 9

	metadataPlugin = 1
	pluginName     = 1

	tensorType    = 1
	tensorShape   = 2
	tensorContent = 4
	tensorFloat   = 5
	tensorDouble  = 6
	tensorInt     = 7
	tensorInt64   = 10

	shapeDim = 2
	dimSize  = 1
)

// longestName bounds what is called a metric.
const longestName = 200

// event tells of the scalars of one Event.
func event(p []byte, tell func(string, tasks.Point)) error {
	var at float64
	var step int64
	var summaries [][]byte
	err := fields(p, func(f field) {
		switch {
		case f.number == eventTime && f.kind == fixed64:
			at = math.Float64frombits(f.value)
		case f.number == eventStep && f.kind == varint:
			step = int64(f.value) //nolint:gosec // as it was written
		case f.number == eventSummary && f.kind == bytes:
			summaries = append(summaries, f.bytes)
		}
	})
	if err != nil {
		return err
	}
	point := tasks.Point{Step: float64(step), At: moment(at)}
	for _, s := range summaries {
		var values [][]byte
		if err := fields(s, func(f field) {
			if f.number == summaryValue && f.kind == bytes {
				values = append(values, f.bytes)
			}
		}); err != nil {
			return err
		}
		for _, v := range values {
			name, number, ok, err := scalar(v)
			if err != nil {
				return err
			}
			if ok {
				point.Value = number
				tell(name, point)
			}
		}
	}
	return nil
}

// moment is a wall time in seconds.
func moment(seconds float64) time.Time {
	if !(seconds > 0 && seconds < 1<<40) {
		return time.Time{}
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

// scalar is a value that is one number, as TensorBoard's first (simple_value) or
// second API (a tensor) writes it.
func scalar(p []byte) (name string, v float64, ok bool, err error) {
	plugin := ""
	var tensorBytes []byte
	err = fields(p, func(f field) {
		switch {
		case f.number == valueTag && f.kind == bytes:
			name = string(f.bytes)
		case f.number == valueSimple && f.kind == fixed32:
			v, ok = single(uint32(f.value)), true //nolint:gosec // of four bytes
		case f.number == valueTensor && f.kind == bytes:
			tensorBytes = f.bytes
		case f.number == valueMetadata && f.kind == bytes:
			plugin = pluginOf(f.bytes)
		}
	})
	if err != nil {
		return "", 0, false, err
	}
	name = strings.ToValidUTF8(strings.TrimSpace(name), "?")
	if name == "" || len(name) > longestName || plugin != "" && plugin != "scalars" {
		return "", 0, false, nil
	}
	if !ok && tensorBytes != nil {
		v, ok, err = tensor(tensorBytes)
	}
	return name, v, ok, err
}

// pluginOf is which part of TensorBoard draws a value.
func pluginOf(metadata []byte) (name string) {
	_ = fields(metadata, func(f field) {
		if f.number != metadataPlugin || f.kind != bytes {
			return
		}
		_ = fields(f.bytes, func(f field) {
			if f.number == pluginName && f.kind == bytes {
				name = string(f.bytes)
			}
		})
	})
	return name
}

// single is the nearest decimal of a float: 0.1 is told as 0.1, not 0.10000000149.
func single(bits uint32) float64 {
	return shortest(math.Float32frombits(bits))
}

// The types of a tensor's elements.
const (
	typeFloat  = 1
	typeDouble = 2
	typeInt32  = 3
	typeInt64  = 9
)

// tensor is the number in a tensor that has one element.
func tensor(p []byte) (v float64, ok bool, err error) {
	var kind uint64
	elements := uint64(1)
	var content []byte
	found := 0
	take := func(n float64) { v = n; found++ }
	err = fields(p, func(f field) {
		switch {
		case f.number == tensorType && f.kind == varint:
			kind = f.value
		case f.number == tensorShape && f.kind == bytes:
			elements = size(f.bytes)
		case f.number == tensorContent && f.kind == bytes:
			content = f.bytes
		case f.number == tensorFloat:
			f.each(fixed32, func(n uint64) { take(single(uint32(n))) }) //nolint:gosec // of four bytes
		case f.number == tensorDouble:
			f.each(fixed64, func(n uint64) { take(math.Float64frombits(n)) })
		case f.number == tensorInt, f.number == tensorInt64:
			f.each(varint, func(n uint64) { take(float64(int64(n))) }) //nolint:gosec // as it was written
		}
	})
	if err != nil || elements != 1 {
		return 0, false, err
	}
	if found == 0 {
		switch {
		case kind == typeFloat && len(content) == 4:
			take(single(binary.LittleEndian.Uint32(content)))
		case kind == typeDouble && len(content) == 8:
			take(math.Float64frombits(binary.LittleEndian.Uint64(content)))
		case kind == typeInt32 && len(content) == 4:
			take(float64(int32(binary.LittleEndian.Uint32(content)))) //nolint:gosec // as it was written
		case kind == typeInt64 && len(content) == 8:
			take(float64(int64(binary.LittleEndian.Uint64(content)))) //nolint:gosec // as it was written
		case len(content) == 0 && (kind == typeFloat || kind == typeDouble || kind == typeInt32 || kind == typeInt64):
			take(0) // a zero is not written
		}
	}
	return v, found == 1, nil
}

// size is how many elements a shape has.
func size(shape []byte) uint64 {
	n := uint64(1)
	_ = fields(shape, func(f field) {
		if f.number != shapeDim || f.kind != bytes {
			return
		}
		dim := uint64(0)
		_ = fields(f.bytes, func(f field) {
			if f.number == dimSize && f.kind == varint {
				dim = f.value
			}
		})
		n *= dim
	})
	return n
}

var errMessage = errors.New("it holds no Event")
