package config

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAShellWordIsOneWordThatMeansItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z' "$\\;&|*~\x60\n!-]{0,12}`).Draw(t, "s")
		if got := unquoteShell(ShellWord(s)); got != s {
			t.Fatalf("%q became %q, which is %q", s, ShellWord(s), got)
		}
	})
}

// unquoteShell reads a word as POSIX describes it, for the two kinds of quoting
// that ShellWord uses.
func unquoteShell(q string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '\\' && !quoted:
			i++
			b.WriteByte(q[i])
		default:
			if !quoted && unsafeInShell(rune(c)) {
				return "unquoted " + string(c)
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}
