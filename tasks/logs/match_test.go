package logs

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// texts makes blocks of lines that hit corners: short lines, carriage returns,
// bytes that are not ASCII or not even UTF-8, a last line without newline.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 60).Draw(t, "lines") {
			b.WriteString(rapid.StringOfN(rapid.SampledFrom([]rune("aabbcABC 01\r_-é☃")), 0, 12, -1).Draw(t, "line"))
			if rapid.IntRange(0, 20).Draw(t, "broken") == 0 {
				b.WriteByte(0xff)
			}
			b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "end"))
		}
		b.WriteString(rapid.SampledFrom([]string{"", "abc", "\r", "é"}).Draw(t, "rest"))
		return b.String()
	})
}

func TestEveryExpressionMatchesTheLinesThatRegexpMatches(t *testing.T) {
	expressions := []string{
		"a", "abc", "a+b", "^a", "c$", "^$", "", ".", "^.$", "a|b|c", "(?i)abc", `\ba`, `a\b`, `\Bb`, `\d+`, "[^a-c]", `\s$`, "a.c",
		"é", "☃?a", "a{2,3}", "(ab)+c", `\x{FFFD}`, "x*", "^a.*c$", `(?m)^b`, `(?s)a.b`, `\r`, `[[:upper:]]{2}`, "a.*b.*c", `\z`, `\Aab`, "(?m)^$", "b?^$",
	}
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.SampledFrom(expressions).Draw(t, "expression")
		text := texts().Draw(t, "text")
		if rapid.Bool().Draw(t, "long") {
			text = strings.Repeat(text, 40)
		}
		q := Query{Pattern: expr, Literal: rapid.Bool().Draw(t, "literal"), IgnoreCase: rapid.Bool().Draw(t, "fold")}
		q.Also = rapid.SampledFrom([]string{"", "", "b", "\x1b\r", "c\r"}).Draw(t, "also")
		p, err := compilePattern(q)
		if err != nil {
			t.Fatal(err)
		}
		if q.Literal {
			expr = regexp.QuoteMeta(expr)
		}
		if q.IgnoreCase {
			expr = "(?i)" + expr
		}
		re := regexp.MustCompile(expr)
		var want, got []string
		for rest := text; rest != ""; {
			line, more, ended := strings.Cut(rest, "\n")
			shown := line
			if ended {
				shown = strings.TrimSuffix(line, "\r")
			}
			if re.MatchString(shown) || strings.ContainsAny(shown, q.Also) {
				want = append(want, line)
			}
			rest = more
		}
		m := p.matcher()
		for range 2 { // the second time from a filled table
			got = got[:0]
			m.lines([]byte(text), func(e extent) { got = append(got, text[e.begin:e.end]) })
			if d := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); d != "" || len(got) != len(want) {
				t.Fatalf("%q in %q:\n%s", expr, text, d)
			}
		}
	})
}

func TestAnExpressionWithTooManyStatesIsStillAnswered(t *testing.T) {
	p, err := compilePattern(Query{Pattern: "(a|b)*a(a|b){12}c"})
	if err != nil {
		t.Fatal(err)
	}
	m := p.matcher()
	var text bytes.Buffer
	want := 0
	for i := range 4000 {
		for bit := range 14 {
			text.WriteByte("ab"[i>>bit&1])
		}
		if text.WriteString("c\n"); i>>1&1 == 0 {
			want++
		}
	}
	got := 0
	m.lines(text.Bytes(), func(extent) { got++ })
	if got != want {
		t.Errorf("%d lines match, want %d", got, want)
	}
	if len(m.dfa.states) > maxStates {
		t.Errorf("the automaton has %d states", len(m.dfa.states))
	}
}

func TestWhatEveryMatchContainsIsFound(t *testing.T) {
	for expr, want := range map[string]string{
		"error .* failed": " failed", "(?i)error": "", "(abc)+x": "abc", "a|b": "", "x{3}": "x", "foo(bar|baz)?quux": "quux", "(foo)*": "", `\x{FFFD}abc`: "",
	} {
		p, err := compilePattern(Query{Pattern: expr})
		if err != nil {
			t.Fatal(err)
		}
		if string(p.need) != want {
			t.Errorf("every match of %s contains %q, want %q", expr, p.need, want)
		}
	}
}

func TestAFinderFindsWhatBytesIndexFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune("aaab"))
		text := []byte(rapid.StringOfN(letters, 0, 3000, -1).Draw(t, "text"))
		f := finder{text: []byte(rapid.StringOfN(letters, 1, 8, -1).Draw(t, "needle"))}
		f.tune(text)
		if got, want := f.index(text), bytes.Index(text, f.text); got != want {
			t.Fatalf("%q is at %d of %q, want %d", f.text, got, text, want)
		}
	})
}

func TestABadExpressionIsExplained(t *testing.T) {
	_, err := compilePattern(Query{Pattern: "a("})
	if err == nil || !strings.Contains(err.Error(), `search "a("`) || !strings.Contains(err.Error(), "missing closing )") {
		t.Errorf("the error is %v", err)
	}
}
