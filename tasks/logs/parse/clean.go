// Package parse reads what programs print: it makes a line safe to show, finds
// its level, time, message and fields, and answers filter queries about it. It
// keeps no state between lines but what a caller holds, and does no I/O.
package parse

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/displaywidth"
)

// tabWidth is how far apart tab stops are.
const tabWidth = 8

// Text is a line made safe to show: Plain has no control character, no
// invisible character and no character about whose width terminals disagree.
type Text struct {
	Plain string
	// Spans are the parts that the program coloured, in order, not overlapping.
	Spans []Span
}

// Span is a coloured part of a text.
type Span struct {
	Start, End int // bytes of Text.Plain
	// SGR is one complete escape sequence that sets the colours and attributes
	// from a reset state: "\x1b[1;31m". Nothing else can be in it.
	SGR string
}

// isPlain says whether a line is its own clean text: printable ASCII only.
func isPlain[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Clean makes a line safe to show. Of its escape sequences only colours and
// text attributes survive, as spans. A line that redraws itself (a progress
// bar) is shown in its last state. A line of printable ASCII costs nothing.
func Clean(text string) Text {
	if isPlain(text) {
		return Text{Plain: text}
	}
	c := cleaner{out: make([]byte, 0, len(text))}
	c.line(text)
	return Text{Plain: string(c.out), Spans: c.spans}
}

// cleaner walks a line once. out holds what is shown, col its width in cells.
type cleaner struct {
	out   []byte
	spans []Span
	col   int
	shows int // where the last visible byte of the line stands
	// look is what the program set; sgr and start are the span being written.
	look  look
	sgr   string
	start int
}

func (c *cleaner) line(s string) {
	s = strings.TrimRight(s, "\r\n")
	c.shows = lastVisible(s)
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b == esc:
			i += c.escape(s, i)
		case b == '\r':
			if i < c.shows {
				c.restart()
			}
			i++
		case b == '\t':
			n := tabWidth - c.col%tabWidth
			c.out = append(c.out, "        "[:n]...)
			c.col += n
			i++
		case b == '\b':
			c.back()
			i++
		case b == '\n':
			// A stored line has none; text from elsewhere may.
			c.glyph('␊')
			i++
		case b == so, b == si:
			// A terminal shows nothing for a change of its character set, which
			// programs print with every change of colour where TERM is screen.
			i++
		case b < ' ':
			c.glyph(rune(0x2400) + rune(b))
			i++
		case b == 0x7f:
			c.glyph('␡')
			i++
		default:
			n := runEnd(s[i:])
			c.run(s[i : i+n])
			i += n
		}
	}
	c.closeSpan()
}

// What switches between the two character sets of a terminal, and what begins
// a sequence.
const (
	so, si = 0x0e, 0x0f
	esc    = 0x1b
)

// lastVisible is where the last byte of s stands that shows something, -1 when
// nothing does: "100%\r" keeps what it has.
func lastVisible(s string) int {
	last := -1
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == esc:
			_, n := sequence(s[i:])
			i += n
		case b > ' ':
			last = i
			i++
		default:
			i++
		}
	}
	return last
}

// runEnd is the length of the run of s up to the next control byte.
func runEnd(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return i
		}
	}
	return len(s)
}

// restart forgets what the line has shown so far; its colours stay set.
func (c *cleaner) restart() {
	sgr := c.sgr
	c.out, c.spans = c.out[:0], nil
	c.col, c.start, c.sgr = 0, 0, sgr
}

// back takes the last character away, as a spinner does before it turns.
func (c *cleaner) back() {
	if len(c.out) <= c.start {
		return
	}
	r, n := utf8.DecodeLastRune(c.out)
	c.out = c.out[:len(c.out)-n]
	c.col = max(0, c.col-ansi.StringWidthWc(string(r)))
}

func (c *cleaner) glyph(r rune) {
	c.out = utf8.AppendRune(c.out, r)
	c.col++
}

func (c *cleaner) closeSpan() {
	if c.sgr != "" && len(c.out) > c.start {
		c.spans = append(c.spans, Span{Start: c.start, End: len(c.out), SGR: c.sgr})
	}
	c.start = len(c.out)
}

// escape handles the sequence at s[at:] and says how long it is.
func (c *cleaner) escape(s string, at int) int {
	kind, n := sequence(s[at:])
	switch kind {
	case sgrSequence:
		c.look.apply(s[at+2 : at+n-1])
		if sgr := c.look.sgr(); sgr != c.sgr {
			c.closeSpan()
			c.sgr = sgr
		}
	case redrawSequence:
		if at < c.shows {
			c.restart()
		}
	case loneEscape:
		c.glyph('␛')
	}
	return n
}

// run adds text without control bytes.
func (c *cleaner) run(s string) {
	if isPlain(s) {
		c.out = append(c.out, s...)
		c.col += len(s)
		return
	}
	from := len(c.out)
	g := displaywidth.StringGraphemes(visible(s))
	for first := true; g.Next(); first = false {
		v := g.Value()
		if first && joins(c.out, v) {
			v = string(utf8.RuneError)
		}
		c.cluster(v)
	}
	// The clusters were judged one by one; together they must still agree.
	part := string(c.out[from:])
	if w := ansi.StringWidth(part); w == ansi.StringWidthWc(part) && w == ansi.StringWidth(part+" ")-1 {
		return
	}
	c.out = c.out[:from]
	for _, r := range part {
		if r >= 0x80 {
			r = utf8.RuneError
		}
		c.out = utf8.AppendRune(c.out, r)
	}
}

// joins says whether next would become one character with the end of s, which
// has other colours.
func joins(s []byte, next string) bool {
	r, _ := utf8.DecodeLastRune(s)
	if len(s) == 0 || r < 0x80 && next[0] < 0x80 {
		return false
	}
	last := string(r)
	both := last + next
	return ansi.StringWidth(both) != ansi.StringWidth(last)+ansi.StringWidth(next) ||
		ansi.StringWidth(both) != ansi.StringWidthWc(both)
}

// visible replaces what can't be seen, or is not text, by what can.
func visible(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || r >= 0x80 && r < 0xa0 || joiner(r) || hidden(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError || r >= 0x80 && r < 0xa0:
			b.WriteRune(utf8.RuneError)
		case r == 0xfeff && i == 0:
			// A byte order mark begins many files and means nothing here.
		case joiner(r):
			// Terminals disagree on what these make of their neighbours.
		case hidden(r):
			b.WriteString("<U+")
			hex := strings.ToUpper(strconv.FormatInt(int64(r), 16))
			b.WriteString("0000"[:max(0, 4-len(hex))])
			b.WriteString(hex)
			b.WriteByte('>')
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// joiner says whether a character only changes the form of those around it.
func joiner(r rune) bool {
	return r == 0x200c || r == 0x200d || r >= 0xfe00 && r <= 0xfe0f
}

// hidden says whether a character can't be seen but changes how others are
// read or ordered.
func hidden(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0x2028 || r == 0x2029 || r == 0x3164 || r == 0x115f || r == 0x1160 || r == 0xffa0:
		return true
	case r >= 0xe0000 && r <= 0xe0fff, r >= 0xfff0 && r <= 0xfffb:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// cluster adds one user-perceived character, simplified until every terminal
// gives it the same width.
func (c *cleaner) cluster(s string) {
	if len(s) == 1 {
		c.out = append(c.out, s...)
		c.col++
		return
	}
	w := ansi.StringWidth(s)
	if w > 0 && w == ansi.StringWidthWc(s) && utf8.RuneCountInString(s) <= maxRunes {
		c.out = append(c.out, s...)
		c.col += w
		return
	}
	shown := false
	for _, r := range s {
		switch {
		case r >= 0x1f1e6 && r <= 0x1f1ff: // half of a flag
			r = 'A' + r - 0x1f1e6
		case shown && (unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Cf) || r >= 0x1f3fb && r <= 0x1f3ff):
			continue
		}
		one := string(r)
		n := ansi.StringWidth(one)
		if n == 0 || n != ansi.StringWidthWc(one) {
			one, n = string(utf8.RuneError), 1
		}
		c.out = append(c.out, one...)
		c.col += n
		shown = true
	}
}

// maxRunes is how many characters may be stacked on one another.
const maxRunes = 8
