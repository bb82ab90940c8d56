package logs

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestManyLinesAtOnceAreStoredAsOneByOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		segment := rapid.SampledFrom([]int64{300, 1 << 20}).Draw(rt, "segment")
		one, all := t.TempDir(), t.TempDir()
		defer os.RemoveAll(one)
		defer os.RemoveAll(all)
		began := time.Unix(1_700_000_000, 0)
		// Notes and what arrives now are at a clock that stands.
		o := Options{SegmentSize: segment, LogSize: 1 << 30, Now: func() time.Time { return began }}
		a, b := openStore(t, one, o), openStore(t, all, o)
		wa, wb := writer(t, a, "run"), writer(t, b, "run")
		for range rapid.IntRange(1, 5).Draw(rt, "batches") {
			var text strings.Builder
			var pieces []Piece
			for left := rapid.IntRange(1, 20).Draw(rt, "pieces"); left > 0; left-- {
				ends := []string{"\n", "\n", "\n", "\nmore\n"}
				if left == 1 {
					ends = append(ends, "") // what is held back for longer is a matter of the clock
				}
				line := strings.Repeat("x", rapid.IntRange(0, 30).Draw(rt, "length")) + rapid.SampledFrom(ends).Draw(rt, "end")
				p := Piece{Stream: rapid.SampledFrom([]Stream{Out, Err}).Draw(rt, "stream"), Size: len(line)}
				if rapid.Bool().Draw(rt, "timed") {
					p.At = began.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "centiseconds")) * 10 * time.Millisecond)
				}
				text.WriteString(line)
				pieces = append(pieces, p)
				if _, err := wa.WriteAt(p.Stream, []byte(line), p.At); err != nil {
					rt.Fatal(err)
				}
			}
			if _, err := wb.WriteAll([]byte(text.String()), pieces); err != nil {
				rt.Fatal(err)
			}
			if err := wa.Break(); err != nil {
				rt.Fatal(err)
			}
			if err := wb.Break(); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(timed(t, reader(t, a, "run")), timed(t, reader(t, b, "run"))); diff != "" {
			rt.Error(diff)
		}
		_ = a.Close()
		_ = b.Close()
	})
}

// timed are all lines with their streams and times.
func timed(t *testing.T, r *Reader) (all []string) {
	t.Helper()
	lines, err := r.Lines(0, 1<<20, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		all = append(all, l.Time.UTC().Format("05.000 ")+string('0'+rune(l.Stream))+" "+string(l.Text))
	}
	return all
}
