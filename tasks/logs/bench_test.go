package logs

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

const benchLine = 100

// flood appends n lines of 100 bytes in chunks as a pipe gives them.
func flood(tb testing.TB, w *Writer, n, chunk int) {
	tb.Helper()
	var text bytes.Buffer
	line := bytes.Repeat([]byte("abcdefghi "), benchLine/10)
	write := func(least int) {
		for text.Len() > least {
			if _, err := w.Write(Out, text.Next(chunk)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	for i := range n {
		line = fmt.Appendf(line[:0], "%s line %9d of a service that says nothing of note, status=200 path=/cart took=%3dms", time.Unix(int64(i), 0).UTC().Format(time.TimeOnly), i, i%997)
		for len(line) < benchLine-1 {
			line = append(line, '.')
		}
		text.Write(append(line, '\n'))
		write(chunk - 1)
	}
	write(0)
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, chunk := range []int{128 << 10, 64 << 10, 4 << 10, benchLine} {
		b.Run(fmt.Sprintf("chunk=%d", chunk), func(b *testing.B) {
			text := bytes.Repeat(append(bytes.Repeat([]byte("x"), benchLine-1), '\n'), 128<<10/benchLine+1)
			s, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			w, _ := s.Writer("api")
			b.SetBytes(benchLine)
			b.ReportAllocs()
			// One operation is a line, so that ns/op reads as seconds per 1000 M lines.
			for lines := 0; lines < b.N; lines += chunk / benchLine {
				if _, err := w.Write(Out, text[:chunk]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchLog(b *testing.B, lines, chunk int) *Reader {
	b.Helper()
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	w, _ := s.Writer("api")
	flood(b, w, lines, chunk)
	r, _ := s.Reader("api")
	b.Cleanup(func() { _ = r.Close() })
	return r
}

func BenchmarkWindow(b *testing.B) {
	r := benchLog(b, 1_000_000, 64<<10)
	b.Run("any place", func(b *testing.B) {
		var lines []Line
		for i := 0; b.Loop(); i++ {
			lines, _ = r.Lines(int64(i*7919)%999_000, 50, 0, lines[:0])
		}
	})
	b.Run("end", func(b *testing.B) {
		var lines []Line
		for b.Loop() {
			lines, _ = r.Lines(1_000_000-50, 50, 0, lines[:0])
		}
	})
	b.Run("bounds", func(b *testing.B) {
		for b.Loop() {
			_, _, _ = r.Bounds()
		}
	})
	b.Run("time", func(b *testing.B) {
		for b.Loop() {
			_, _ = r.At(time.Now())
		}
	})
}

// BenchmarkSearch scans 100 MB an operation.
func BenchmarkSearch(b *testing.B) {
	for _, log := range []struct {
		name  string
		chunk int
	}{{"flood", 64 << 10}, {"by line", benchLine}} {
		r := benchLog(b, 1_000_000, log.chunk)
		for _, q := range []Query{
			{Pattern: "NEEDLE-LATE", Literal: true},
			{Pattern: "status=500", Literal: true},
			{Pattern: "line", Literal: true},
			{Pattern: "needle", Literal: true, IgnoreCase: true},
			{Pattern: `took=99[56]ms`},
			{Pattern: `\b[0-9]{3}ms`},
			{Pattern: `error|fatal|panic`},
			{Pattern: `(?i)exception`},
			{Pattern: `.`},
		} {
			b.Run(fmt.Sprintf("%s/%s", log.name, q.Pattern), func(b *testing.B) {
				b.SetBytes(1_000_000 * benchLine)
				var hits int
				for b.Loop() {
					hits = 0
					if err := r.Search(b.Context(), q, func(Line) bool { hits++; return true }); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(hits), "hits")
			})
		}
	}
}
