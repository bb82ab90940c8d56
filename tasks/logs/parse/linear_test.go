package parse

import (
	"strings"
	"testing"
	"time"
)

// A hostile line must cost no more than in proportion to its length.
func TestLongHostileLinesAreReadInTimeInProportion(t *testing.T) {
	for _, piece := range []string{
		"\r", "x\r", "\b", "é\b", "\x1b[1m", "\x1b[1m\x1b[0mé", "\x1b]", "\x1b[2K", "\t", "\u0301", "👩\u200d", "🇩", "a=", "a=\"", "a.b:1 ", "a.b:1:", "/", "a.", "[", "{\"a\":", "level=", "ERROR ", "(1,", "http://", "File \"", "=", "日\x1b[1m", "क्षि",
	} {
		in := strings.Repeat(piece, 100_000/len(piece))
		start := time.Now()
		text := Clean(in).Plain
		cleaned := time.Since(start)
		Parse(text, start)
		Locations(text)
		Strip(in)
		if d := time.Since(start); d > 8*time.Second {
			t.Errorf("%q: %v, %v of it to clean", piece, d, cleaned)
		}
	}
}
