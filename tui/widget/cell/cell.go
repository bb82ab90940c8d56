// Package cell puts text into a fixed number of terminal cells: it cleans,
// measures, cuts and pads. It never lets a control character of foreign text
// through, and no line that it makes is wider than it was asked to be.
package cell

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// Clean makes foreign text harmless: escapes go, other control characters,
// text direction marks and invalid UTF-8 become a dot.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	s = ansi.Strip(s)
	// What would join the text before or after it must stand alone.
	s = strings.TrimRight(s, "\u200d")
	if r, n := utf8.DecodeRuneInString(s); n > 0 && joins(r) {
		s = "·" + s[n:]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r):
			return '·'
		case r == '\u200d': // joins emoji
			return r
		case unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return '·'
		}
		return r
	}, s)
}

// joins says whether the character is drawn together with the one before it.
func joins(r rune) bool {
	return r == '\u200d' || unicode.In(r, unicode.M, unicode.Variation_Selector) || r >= 0x1f3fb && r <= 0x1f3ff
}

// plain says whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Width is how many cells the clean text takes.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Cut cleans s and cuts it to w cells; what is cut ends in an ellipsis.
func Cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	s = Clean(s)
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, "…")
}

// CutLeft cleans s and cuts its start away, for paths whose end matters.
func CutLeft(s string, w int) string {
	if w <= 0 {
		return ""
	}
	s = Clean(s)
	n := Width(s)
	if n <= w {
		return s
	}
	// A wide character may stand across the cut.
	for cut := n - w + 1; cut < n; cut++ {
		if t := ansi.TruncateLeft(s, cut, "…"); Width(t) <= w {
			return t
		}
	}
	return "…"
}

// Fit cleans s and makes it exactly w cells wide.
func Fit(s string, w int) string {
	s = Cut(s, w)
	return s + Spaces(w-Width(s))
}

// FitRight is Fit with the text at the right end.
func FitRight(s string, w int) string {
	s = Cut(s, w)
	return Spaces(w-Width(s)) + s
}

const blanks = "                                                                                                                                "

// Spaces is n blanks.
func Spaces(n int) string {
	switch {
	case n <= 0:
		return ""
	case n <= len(blanks):
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

const dashes = "────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────"

// Rule is n cells of a thin line.
func Rule(n int) string {
	const size = len("─")
	switch {
	case n <= 0:
		return ""
	case n*size <= len(dashes):
		return dashes[:n*size]
	}
	return strings.Repeat("─", n)
}

// Wrap breaks clean text into lines of at most w cells, at blanks where it can.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var lines []string
	for part := range strings.SplitSeq(s, "\n") {
		for line := range strings.SplitSeq(ansi.Wrap(Clean(part), w, ""), "\n") {
			lines = append(lines, Cut(line, w))
		}
	}
	return lines
}

// Line builds one line of exactly Width cells from painted pieces.
type Line struct {
	width, used int
	b           strings.Builder
}

// NewLine starts a line of that many cells.
func NewLine(width int) *Line {
	l := &Line{width: max(0, width)}
	l.b.Grow(l.width * 2)
	return l
}

// Left is how many cells are free.
func (l *Line) Left() int { return l.width - l.used }

// Put adds text, cut to what is free.
func (l *Line) Put(ink theme.Ink, text string) *Line {
	if l.used >= l.width || text == "" {
		return l
	}
	text = Cut(text, l.width-l.used)
	l.used += Width(text)
	ink.Append(&l.b, text)
	return l
}

// Column adds text in exactly w cells, or fewer when the line ends before.
func (l *Line) Column(ink theme.Ink, text string, w int) *Line {
	w = min(w, l.width-l.used)
	if w <= 0 {
		return l
	}
	ink.Append(&l.b, Fit(text, w))
	l.used += w
	return l
}

// ColumnRight is Column with the text at the right end.
func (l *Line) ColumnRight(ink theme.Ink, text string, w int) *Line {
	w = min(w, l.width-l.used)
	if w <= 0 {
		return l
	}
	ink.Append(&l.b, FitRight(text, w))
	l.used += w
	return l
}

// Painted adds a piece that is already painted and w cells wide; it is dropped
// whole when it does not fit.
func (l *Line) Painted(s string, w int) *Line {
	if w <= l.width-l.used {
		l.b.WriteString(s)
		l.used += w
	}
	return l
}

// Fill pads with blanks up to w cells before the end.
func (l *Line) Fill(ink theme.Ink, before int) *Line {
	if n := l.width - l.used - before; n > 0 {
		ink.Append(&l.b, Spaces(n))
		l.used += n
	}
	return l
}

// Rule fills with a thin line up to w cells before the end.
func (l *Line) Rule(ink theme.Ink, before int) *Line {
	if n := l.width - l.used - before; n > 0 {
		ink.Append(&l.b, Rule(n))
		l.used += n
	}
	return l
}

// String is the line, padded to its width.
func (l *Line) String() string {
	if n := l.width - l.used; n > 0 {
		l.b.WriteString(Spaces(n))
		l.used = l.width
	}
	return l.b.String()
}

// Block makes lines exactly h lines of w cells: short ones are added.
func Block(lines []string, w, h int) []string {
	if len(lines) > h {
		return lines[:h]
	}
	blank := Spaces(w)
	for len(lines) < h {
		lines = append(lines, blank)
	}
	return lines
}

// Over lays a box of lines over base at x, y. Only for what is seldom on the
// screen: it parses every line that it covers.
func Over(base, box []string, x, y int) []string {
	for i, line := range box {
		at := y + i
		if at < 0 || at >= len(base) {
			continue
		}
		under := base[at]
		w := ansi.StringWidth(line)
		left := ansi.Truncate(under, x, "")
		left += Spaces(x - ansi.StringWidth(left))
		right, room := ansi.TruncateLeft(under, x+w, ""), ansi.StringWidth(under)-x-w
		if ansi.StringWidth(right) > room {
			// The box ends in the middle of a wide character.
			right = " " + ansi.TruncateLeft(under, x+w+1, "")
		}
		base[at] = left + "\x1b[m" + line + "\x1b[m" + right
	}
	return base
}

// FitTail is Fit, but cuts the start away: for paths, whose end matters.
func FitTail(s string, w int) string {
	s = CutLeft(s, w)
	return s + Spaces(w-Width(s))
}

// PaintedWidth is how many cells a painted line takes.
func PaintedWidth(s string) int { return ansi.StringWidth(s) }
