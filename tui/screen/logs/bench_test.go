package logs

import (
	"context"
	"fmt"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

func stock(b *testing.B, n int, text func(i int) string) *single {
	b.Helper()
	dir := b.TempDir()
	store, err := logs.Open(dir, logs.Options{})
	if err != nil {
		b.Fatal(err)
	}
	w, err := store.Writer("api")
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if _, err := w.Write(logs.Out, []byte(text(i)+"\n")); err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	return &single{dir: dir, key: "api", name: "api", hi: -1}
}

func plainLine(i int) string {
	return fmt.Sprintf("2026-11-22T12:04:30.%06dZ INFO GET /api/cart/%d 200 12ms id=7f3a", i%1e6, i)
}

func jsonLine(i int) string {
	return fmt.Sprintf(`{"time":"2026-11-22T12:04:30Z","level":"info","msg":"request %d done","status":200,"path":"/api/cart"}`, i)
}

// BenchmarkFilter looks at 100,000 stored lines.
func BenchmarkFilter(b *testing.B) {
	for _, c := range []struct {
		name, query string
		line        func(int) string
	}{
		{"word", "cart/99", plainLine},
		{"level", "level>=warn", plainLine},
		{"field of JSON", "status>=500", jsonLine},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := stock(b, 100_000, c.line)
			defer s.close()
			q, err := parse.ParseQuery(c.query)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				f := &filtered{inner: s, query: q}
				for more := true; more; {
					if more, err = f.look(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkWindow reads and prepares the rows of one window: what following a
// log costs each time it has grown.
func BenchmarkWindow(b *testing.B) {
	for name, line := range map[string]func(int) string{"plain": plainLine, "JSON": jsonLine} {
		b.Run(name, func(b *testing.B) {
			s := stock(b, 100_000, line)
			defer s.close()
			b.ReportAllocs()
			for b.Loop() {
				bounds, err := s.bounds()
				if err != nil {
					b.Fatal(err)
				}
				lines, err := s.read(context.Background(), bounds.End-150, 150, textLimit)
				if err != nil {
					b.Fatal(err)
				}
				m := rowMaker{root: "/"}
				_ = m.rows(lines, contextLines)
			}
		})
	}
}

// BenchmarkSplit finds a position in the middle of three logs.
func BenchmarkSplit(b *testing.B) {
	m := &merged{parts: []*single{stock(b, 50_000, plainLine), stock(b, 50_000, plainLine), stock(b, 50_000, jsonLine)}}
	defer m.close()
	for b.Loop() {
		if _, err := m.split(75_000); err != nil {
			b.Fatal(err)
		}
	}
}
