package tui

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAProgramThatFillsTheScreenLeavesACleanOneBehind(t *testing.T) {
	tests := []struct {
		name, in, kept string
		on             bool
	}{
		{"text", "a\x1b[31mb\x1b[0m\x1b]0;t\a", "a\x1b[31mb\x1b[0m\x1b]0;t\a", false},
		{"begins", "a\x1b[?1049hb", "a" + clearedScreen + "b", true},
		{"leaves", "\x1b[?1049h\x1b[?1049l$ ", clearedScreen + leftScreen + "$ ", false},
		{"older ones", "\x1b[?47h\x1b[?1047l", clearedScreen + leftScreen, false},
		{"beside others", "\x1b[?1049;25;2004h", clearedScreen + "\x1b[?25;2004h", true},
		{"other modes", "\x1b[?25l\x1b[?1h", "\x1b[?25l\x1b[?1h", false},
		{"other sequences", "\x1b[?1u\x1b7\x1b[2J", "\x1b[?1u\x1b7\x1b[2J", false},
		{"no sequence", "\x1b[?11111111111111111111111111111111111", "\x1b[?11111111111111111111111111111111111", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{len(tt.in), 1, 3} {
				var kept, plain bytes.Buffer
				k, p := &Alternate{Out: &kept, Kept: true}, &Alternate{Out: &plain}
				for _, w := range []*Alternate{k, p} {
					for rest := []byte(tt.in); len(rest) > 0; {
						n := min(size, len(rest))
						if got, err := w.Write(rest[:n]); got != n || err != nil {
							t.Fatalf("wrote %d of %d: %v", got, n, err)
						}
						rest = rest[n:]
					}
				}
				got := []any{kept.String(), plain.String(), k.On, p.On}
				if diff := cmp.Diff([]any{tt.kept, tt.in, tt.on, tt.on}, got); diff != "" {
					t.Errorf("%d bytes at once: %s", size, diff)
				}
			}
		})
	}
}
