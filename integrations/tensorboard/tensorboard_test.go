package tensorboard

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestContract(t *testing.T) { integrationtest.Contract(t, Definition()) }

// reading is a file that is read part by part.
type reading struct {
	grow tasks.Growing
	rows []string
	at   []time.Time
}

func begin(tb testing.TB) *reading {
	tb.Helper()
	g, ok := curves("/lab/runs/one/events.out.tfevents.1700000000.host")
	if !ok {
		tb.Fatal("it is no event file")
	}
	return &reading{grow: g}
}

func (r *reading) read(p []byte) error {
	return r.grow.Read(p, func(name string, p tasks.Point) {
		r.rows = append(r.rows, fmt.Sprintf("%s %v %v", name, p.Step, p.Value))
		r.at = append(r.at, p.At)
	})
}

// What tensorboardX and TensorBoard's own writer have written.
func TestRealFilesAreRead(t *testing.T) {
	for file, want := range map[string][]string{
		"tensorboardx.tfevents": {
			"loss 0 2", "val/acc 0 0.5", "loss 1 1", "val/acc 1 0.6", "loss 2 0.6666667", "val/acc 2 0.7", "loss 3 0.5", "val/acc 3 0.8", "loss 4 NaN",
		},
		"tensorboard.tfevents": {
			"epoch_loss 0 1.5", "epoch_lr 0 0.001", "epoch_loss 10 0.75", "epoch_lr 10 0.001", "epoch_loss 20 0.5", "epoch_lr 20 0.001",
		},
	} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{len(text), 1, 13} {
			r := begin(t)
			for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if err := r.read(rest[:min(size, len(rest))]); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
			}
			if diff := cmp.Diff(want, r.rows); diff != "" {
				t.Errorf("%s in parts of %d: %s", file, size, diff)
			}
			if file == "tensorboard.tfevents" && !r.at[2].Equal(time.Unix(1_700_000_001, 0)) {
				t.Errorf("at %v", r.at[2])
			}
		}
	}
}

// record frames an event as TensorBoard does.
func record(body []byte) []byte {
	sum := func(p []byte) uint32 {
		c := crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli))
		return (c>>15 | c<<17) + 0xa282ead8
	}
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(body)))
	out := binary.LittleEndian.AppendUint32(head, sum(head))
	out = append(out, body...)
	return binary.LittleEndian.AppendUint32(out, sum(body))
}

func tagged(number, kind uint64, value []byte) []byte {
	out := binary.AppendUvarint(nil, number<<3|kind)
	if kind == bytes {
		out = binary.AppendUvarint(out, uint64(len(value)))
	}
	return append(out, value...)
}

// scalarEvent is what a training writes for one number.
func scalarEvent(step int64, name string, v float32) []byte {
	value := append(tagged(valueTag, bytes, []byte(name)), tagged(valueSimple, fixed32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))...)
	return append(
		tagged(eventStep, varint, binary.AppendUvarint(nil, uint64(step))),
		tagged(eventSummary, bytes, tagged(summaryValue, bytes, value))...,
	)
}

// tensorEvent is the same by the second API.
func tensorEvent(plugin string, tensor ...[]byte) []byte {
	value := tagged(valueTag, bytes, []byte("x"))
	value = append(value, tagged(valueMetadata, bytes, tagged(metadataPlugin, bytes, tagged(pluginName, bytes, []byte(plugin))))...)
	var all []byte
	for _, part := range tensor {
		all = append(all, part...)
	}
	value = append(value, tagged(valueTensor, bytes, all)...)
	return tagged(eventSummary, bytes, tagged(summaryValue, bytes, value))
}

func TestTensorsOfOneNumberAreRead(t *testing.T) {
	kind := func(n uint64) []byte { return tagged(tensorType, varint, binary.AppendUvarint(nil, n)) }
	dims := func(sizes ...uint64) []byte {
		var all []byte
		for _, n := range sizes {
			all = append(all, tagged(shapeDim, bytes, tagged(dimSize, varint, binary.AppendUvarint(nil, n)))...)
		}
		return tagged(tensorShape, bytes, all)
	}
	content := func(p []byte) []byte { return tagged(tensorContent, bytes, p) }
	le := binary.LittleEndian
	minus := int64(-3)
	for about, c := range map[string]struct {
		event []byte
		want  []string
	}{
		"a float, packed":       {tensorEvent("scalars", kind(typeFloat), dims(), tagged(tensorFloat, bytes, le.AppendUint32(nil, math.Float32bits(0.1)))), []string{"x 0 0.1"}},
		"a float, alone":        {tensorEvent("scalars", kind(typeFloat), tagged(tensorFloat, fixed32, le.AppendUint32(nil, math.Float32bits(7)))), []string{"x 0 7"}},
		"a double":              {tensorEvent("scalars", kind(typeDouble), dims(1), content(le.AppendUint64(nil, math.Float64bits(0.25)))), []string{"x 0 0.25"}},
		"a float in bytes":      {tensorEvent("scalars", kind(typeFloat), content(le.AppendUint32(nil, math.Float32bits(2)))), []string{"x 0 2"}},
		"a whole number":        {tensorEvent("scalars", kind(typeInt64), tagged(tensorInt64, varint, binary.AppendUvarint(nil, uint64(minus)))), []string{"x 0 -3"}},
		"whole numbers, packed": {tensorEvent("scalars", kind(typeInt32), tagged(tensorInt, bytes, []byte{5})), []string{"x 0 5"}},
		"a zero":                {tensorEvent("scalars", kind(typeFloat), dims()), []string{"x 0 0"}},
		"two numbers":           {tensorEvent("scalars", kind(typeFloat), dims(2), content(make([]byte, 8))), nil},
		"none":                  {tensorEvent("scalars", kind(typeFloat), dims(0)), nil},
		"text":                  {tensorEvent("text", kind(7), dims()), nil},
		"a number of another":   {tensorEvent("hparams", kind(typeFloat), dims()), nil},
	} {
		r := begin(t)
		if err := r.read(record(c.event)); err != nil {
			t.Errorf("%s: %v", about, err)
		}
		if diff := cmp.Diff(c.want, r.rows); diff != "" {
			t.Errorf("%s: %s", about, diff)
		}
	}
}

func TestWhatIsDamagedIsNamedByItsPlace(t *testing.T) {
	first := record(scalarEvent(1, "loss", 2))
	second := record(scalarEvent(2, "loss", 1))
	flip := func(at int) []byte {
		p := append([]byte{}, second...)
		p[at] ^= 0x40
		return p
	}
	for about, c := range map[string]struct {
		then []byte
		want string
	}{
		"its length":  {flip(0), fmt.Sprintf("the record at byte %d is damaged: the checksum of its length is wrong", len(first))},
		"its event":   {flip(header + 3), fmt.Sprintf("the record at byte %d is damaged: its checksum is wrong", len(first))},
		"zeros":       {make([]byte, 64), fmt.Sprintf("the record at byte %d is damaged: the checksum of its length is wrong", len(first))},
		"no event":    {record([]byte{0xff}), fmt.Sprintf("the record at byte %d is damaged: it holds no Event", len(first))},
		"only half":   {second[:len(second)-1], ""},
		"a long text": {record(tagged(7, bytes, make([]byte, largest+1))), ""},
	} {
		r := begin(t)
		err := r.read(append(append([]byte{}, first...), c.then...))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
		if diff := cmp.Diff([]string{"loss 1 2"}, r.rows); diff != "" {
			t.Errorf("%s: what stands before it: %s", about, diff)
		}
		if about != "a long text" {
			continue
		}
		if err := r.read(second); err != nil || len(r.rows) != 2 {
			t.Errorf("behind %s: %v, %v", about, err, r.rows)
		}
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	for file, want := range map[string]bool{
		"/lab/runs/events.out.tfevents.1700000000.host.42.0": true, "/lab/runs/events.out.tfevents.1.h.profile-empty": true,
		"/lab/runs/events.log": false, "/lab/tfevents/model.pt": false,
	} {
		if _, ok := curves(file); ok != want {
			t.Errorf("%s: %v", file, ok)
		}
	}
}

func FuzzAnyFileIsReadWithoutAPanic(f *testing.F) {
	f.Add(record(scalarEvent(3, "loss", 1)), 5)
	f.Add(record(tensorEvent("scalars", tagged(tensorType, varint, []byte{1}), tagged(tensorFloat, bytes, []byte{0, 0, 0, 64}))), 1)
	for _, name := range []string{"tensorboardx.tfevents", "tensorboard.tfevents"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, 100)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		whole := begin(t)
		wholeErr := whole.read(text)
		size = max(1, size%200)
		parts := begin(t)
		var err error
		for rest := text; len(rest) > 0 && err == nil; rest = rest[min(size, len(rest)):] {
			err = parts.read(rest[:min(size, len(rest))])
		}
		if diff := cmp.Diff(whole.rows, parts.rows); diff != "" || fmt.Sprint(err) != fmt.Sprint(wholeErr) {
			t.Errorf("in parts: %v, not %v: %s", err, wholeErr, diff)
		}
		_ = event(text, func(string, tasks.Point) {}) // also without its frame
	})
}
