package logs

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// pattern is a compiled query. It is read only; each goroutine that scans makes
// its own matcher from it.
type pattern struct {
	literal []byte         // the whole query, when it is plain text
	need    []byte         // text that every match contains; empty when there is none
	re      *regexp.Regexp // nil for a literal
	prog    *syntax.Prog   // of re, for the automaton
	also    string         // bytes that match, too
	with    *pattern       // for text that holds one of these
}

func compilePattern(q Query) (pattern, error) {
	also := q.Also
	q.Also = ""
	p, err := compileAlone(q)
	if err != nil || also == "" {
		return p, err
	}
	if q.Literal {
		q.Pattern, q.Literal = regexp.QuoteMeta(q.Pattern), false
	}
	fold := ""
	if q.IgnoreCase {
		fold, q.IgnoreCase = "i", false
	}
	q.Pattern = "(?" + fold + ":" + q.Pattern + ")"
	for i := range len(also) {
		q.Pattern += fmt.Sprintf(`|\x%02x`, also[i])
	}
	with, err := compileAlone(q)
	p.also, p.with = also, &with
	return p, err
}

// compileAlone leaves Also out.
func compileAlone(q Query) (pattern, error) {
	expr := q.Pattern
	if q.Literal {
		if !q.IgnoreCase {
			return pattern{literal: []byte(expr), need: []byte(expr)}, nil
		}
		expr = regexp.QuoteMeta(expr)
	}
	if q.IgnoreCase {
		expr = "(?i)" + expr
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return pattern{}, fmt.Errorf("search %q: %w", q.Pattern, err)
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return pattern{}, fmt.Errorf("search %q: %w", q.Pattern, err)
	}
	tree = tree.Simplify()
	if lit, ok := plain(tree); ok {
		return pattern{literal: lit, need: lit}, nil
	}
	prog, err := syntax.Compile(tree)
	if err != nil {
		return pattern{}, fmt.Errorf("search %q: %w", q.Pattern, err)
	}
	return pattern{need: required(tree), re: re, prog: prog}, nil
}

// plain gives the text of an expression that is nothing but text. Text that is
// no valid UTF-8 can't come out of a parsed expression, but an expression for
// the replacement character matches every broken byte.
func plain(re *syntax.Regexp) ([]byte, bool) {
	if re.Op != syntax.OpLiteral || re.Flags&syntax.FoldCase != 0 {
		return nil, false
	}
	text := string(re.Rune)
	return []byte(text), !strings.ContainsRune(text, utf8.RuneError)
}

// required gives the longest text that is part of everything an expression
// matches; empty when there is none.
func required(re *syntax.Regexp) []byte {
	switch re.Op {
	case syntax.OpLiteral:
		if lit, ok := plain(re); ok {
			return lit
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []byte
		for _, sub := range re.Sub {
			if lit := required(sub); len(lit) > len(best) {
				best = lit
			}
		}
		return best
	}
	return nil
}

// matcher answers for lines; it is for one goroutine.
type matcher struct {
	p       pattern
	need    finder
	dfa     *automaton
	stripes stripes
	with    *matcher // for text that holds one of p.also; made when there is some
}

func (p pattern) matcher() *matcher {
	m := &matcher{p: p, need: finder{text: p.need}}
	if p.prog != nil {
		m.dfa = newAutomaton(p.prog)
		m.stripes = stripes{a: m.dfa, other: p.re.Match}
	}
	return m
}

// denseBelow is how many bytes a candidate must stand for: with more of them the
// automaton is faster without.
const denseBelow = 512

// lines calls do for each line of data that matches, in order. Lines end at
// '\n' only.
func (m *matcher) lines(data []byte, do func(extent)) {
	if m = m.of(data); m.dfa != nil && len(m.need.text) == 0 {
		m.stripes.find(data, do)
		return
	}
	if len(m.need.text) > 0 {
		m.need.tune(data)
	}
	for begin, tried := 0, 0; begin < len(data); tried++ {
		if m.dfa != nil && tried > 32 && begin/tried < denseBelow {
			m.stripes.find(data[begin:], func(e extent) { do(extent{begin + e.begin, begin + e.end}) })
			return
		}
		at := begin
		if len(m.need.text) > 0 {
			i := m.need.index(data[begin:])
			if i < 0 {
				return
			}
			at += i
		}
		e := extent{
			begin: begin + bytes.LastIndexByte(data[begin:at], '\n') + 1,
			end:   lineEndAt(data, at, len(data)),
		}
		if m.match(textOf(data, e.begin, e.end)) {
			do(e)
		}
		begin = e.end + 1
	}
}

// of is the matcher for a text: another one where it holds bytes that match, too.
func (m *matcher) of(text []byte) *matcher {
	for i := range len(m.p.also) {
		if bytes.IndexByte(text, m.p.also[i]) >= 0 {
			if m.with == nil {
				m.with = m.p.with.matcher()
			}
			return m.with
		}
	}
	return m
}

// match says whether a line, without its newline, matches.
func (m *matcher) match(line []byte) bool {
	m = m.of(line)
	if m.p.re == nil {
		return bytes.Contains(line, m.p.literal)
	}
	if matched, sure := m.dfa.match(line); sure {
		return matched
	}
	return m.p.re.Match(line)
}

// finder looks for a text by its rarest byte: there the processor's vector
// search makes the longest steps.
type finder struct {
	text []byte
	rare int // index of the rarest byte
}

// sampleSize is how much of a block tells which bytes are rare in it.
const sampleSize = 4 << 10

// tune finds out which byte of the text is rare in data.
func (f *finder) tune(data []byte) {
	var count [256]uint16
	for _, c := range data[len(data)/2:][:min(sampleSize, len(data)-len(data)/2)] {
		count[c]++
	}
	f.rare = 0
	for i, c := range f.text {
		if count[c] < count[f.text[f.rare]] {
			f.rare = i
		}
	}
}

// index gives where the text first stands in data, or -1.
func (f *finder) index(data []byte) int {
	rare, at := f.text[f.rare], 0
	for misses := 0; at+len(f.text) <= len(data); misses++ {
		if misses > 16+at/16 {
			// Not that rare here.
			if i := bytes.Index(data[at:], f.text); i >= 0 {
				return at + i
			}
			return -1
		}
		i := bytes.IndexByte(data[at+f.rare:], rare)
		if i < 0 || at+i+len(f.text) > len(data) {
			return -1
		}
		if at += i; bytes.Equal(data[at:at+len(f.text)], f.text) {
			return at
		}
		at++
	}
	return -1
}
