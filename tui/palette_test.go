package tui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestALineIsSplitIntoWordsAndQuotedValues(t *testing.T) {
	for line, want := range map[string][]string{
		"":                           nil,
		"  restart  api ":            {"restart", "api"},
		`run t a="1 2" b=3`:          {"run", "t", "a=1 2", "b=3"},
		`run 'two words'`:            {"run", "two words"},
		`run t a="" b='x'y`:          {"run", "t", "a=", "b=xy"},
		`logs web where=msg~"a b" c`: {"logs", "web", `where=msg~"a`, `b"`, "c"},
		`run t a="not yet clo`:       {"run", "t", "a=not yet clo"},
		"logs caf\u00e9 don't":       {"logs", "caf\u00e9", "don't"},
	} {
		if diff := cmp.Diff(want, splitWords(line)); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}
