package tests

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// side says what a line of a comparison tells.
type side uint8

const (
	plain    side = iota
	expected      // what the test wanted
	actual        // what was there instead
	heading       // says that a comparison follows, and which side is which
	reason        // what an assertion says in words
)

// marked is a line with what is to be coloured in it: the spans are bytes of the
// text, and the words that differ from the other side's line.
type marked struct {
	side  side
	head  bool // it names the side
	words [][2]int
}

// markDiff finds what assertions compared in the lines that a test printed: the
// diffs of go-cmp and testify, of pytest, of jest and vitest, of node and Rust,
// and unified ones. Every line has its mark.
func markDiff(lines []string) []marked {
	marks := make([]marked, len(lines))
	d := differ{minus: expected, plus: actual}
	for i, line := range lines {
		marks[i].side, marks[i].head = d.line(line)
	}
	pairWords(lines, marks)
	return marks
}

// differ reads line after line.
type differ struct {
	in          bool // lines with - and + belong to a comparison
	minus, plus side
	indent      int  // of the heading
	pytest      bool // its lines begin with E
	blank       bool // a blank line has just passed
	began       bool // a line of the comparison was seen
}

func (d *differ) line(line string) (s side, head bool) {
	text, e := strings.CutPrefix(line, "E  ")
	if !e && line == "E" {
		text, e = "", true
	}
	trimmed := strings.TrimSpace(text)
	if s := d.opens(trimmed); s != plain {
		d.indent, d.blank, d.began, d.pytest = indentOf(text), false, false, e
		return s, true
	}
	if s, ok := value(trimmed); ok {
		return s, false
	}
	if d.in || e {
		switch {
		case trimmed == "":
			d.blank = d.began
			return plain, false
		case ends(trimmed), d.blank && indentOf(text) < d.indent:
			d.in = false
		case sign(trimmed, '-'):
			d.began = true
			return d.minus, false
		case sign(trimmed, '+'):
			d.began = true
			return d.plus, false
		case e && strings.HasPrefix(trimmed, "?"):
			return heading, false // pytest's carets below a line
		}
	}
	if e {
		return reason, false
	}
	return plain, false
}

// sign says whether a line of a comparison is of this side: the sign and what is
// set apart from it.
func sign(s string, c byte) bool {
	if s == "" || s[0] != c {
		return false
	}
	if len(s) == 1 {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s[1:])
	return r == ' ' || r == '\t' || r == '\u00a0' || s[1] != c
}

// opens says whether a line heads a comparison.
func (d *differ) opens(s string) side {
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(lower, "(-want +got)"), strings.Contains(lower, "(-expected +actual)"), strings.Contains(lower, "-want, +got"):
		d.in, d.minus, d.plus = true, expected, actual
	case strings.Contains(lower, "(-got +want)"), strings.Contains(lower, "(-actual +expected)"), strings.Contains(lower, "-got, +want"):
		d.in, d.minus, d.plus = true, actual, expected
	case strings.HasPrefix(lower, "--- expected"), strings.HasPrefix(lower, "- expected"), strings.HasPrefix(lower, "--- want"):
		d.in, d.minus, d.plus = true, expected, actual
		return expected
	case strings.HasPrefix(lower, "+++ actual"), strings.HasPrefix(lower, "+ received"), strings.HasPrefix(lower, "+ actual"), strings.HasPrefix(lower, "+++ got"):
		d.in = true
		return d.plus
	case strings.HasPrefix(lower, "+ actual - expected"):
		d.in, d.minus, d.plus = true, expected, actual
	case strings.HasPrefix(s, "@@ ") && strings.HasSuffix(s, " @@"):
		d.in = true
	default:
		return plain
	}
	return heading
}

// value is a line that gives one side alone: "Expected: 3", "left: 4".
func value(s string) (side, bool) {
	label, rest, ok := strings.Cut(s, ":")
	if !ok || strings.TrimSpace(rest) == "" {
		return plain, false
	}
	switch strings.ToLower(strings.TrimSpace(label)) {
	case "expected", "want", "wanted", "right":
		return expected, true
	case "received", "actual", "got", "left":
		return actual, true
	}
	return plain, false
}

// sided is a value of one side in a line that names both.
type sided struct {
	from, to int
	side     side
}

// sentences are how people write both sides into one line.
var sentences = []struct {
	pattern func() *regexp.Regexp
	sides   [2]side
}{
	{lazy.Regexp(`(?i)\bwant(?:ed)?:? ("[^"]*"|'[^']*'|[^\s,;]+)[,;]? (?:but )?got:? ("[^"]*"|'[^']*'|[^\s,;]+)`), [2]side{expected, actual}},
	{lazy.Regexp(`(?i)\bgot:? ("[^"]*"|'[^']*'|[^\s,;]+)[,;]? (?:but )?want(?:ed)?:? ("[^"]*"|'[^']*'|[^\s,;]+)`), [2]side{actual, expected}},
	{lazy.Regexp(`(?:=|is|was|:) ("[^"]*"|'[^']*'|[^\s,;]+)[,;] want(?:ed)? ("[^"]*"|'[^']*'|[^\s,;]+)`), [2]side{actual, expected}},
	{lazy.Regexp(`\bassert ("[^"]*"|'[^']*'|[^\s,;]+) == ("[^"]*"|'[^']*'|[^\s,;]+)$`), [2]side{actual, expected}},
}

// values are both sides of a sentence such as "want 3, got 4".
func values(text string) []sided {
	if len(text) > longestLine {
		return nil
	}
	for _, s := range sentences {
		if m := s.pattern().FindStringSubmatchIndex(text); m != nil {
			return []sided{{m[2], m[3], s.sides[0]}, {m[4], m[5], s.sides[1]}}
		}
	}
	return nil
}

// ends says whether a line can't belong to a comparison.
func ends(s string) bool {
	return strings.HasPrefix(s, "--- FAIL") || strings.HasPrefix(s, "--- PASS") || strings.HasPrefix(s, "=== ") ||
		strings.HasPrefix(s, "Test:") || strings.HasPrefix(s, "Messages:") || strings.HasPrefix(s, "at ") || strings.HasPrefix(s, "❯ ")
}

func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// pairWords finds the words that differ between lines of the two sides that
// stand against each other: the first of one block and the first of the next.
func pairWords(lines []string, marks []marked) {
	one := func(i int, s side) bool { return i < len(marks) && marks[i].side == s && !marks[i].head }
	for i := 0; i < len(marks); i++ {
		first := marks[i].side
		if first != expected && first != actual || marks[i].head {
			continue
		}
		other := expected + actual - first
		var a, b []int
		for ; one(i, first) || len(a) > 0 && hint(lines, marks, i); i++ {
			if one(i, first) {
				a = append(a, i)
			}
		}
		for ; one(i, other) || len(b) > 0 && hint(lines, marks, i); i++ {
			if one(i, other) {
				b = append(b, i)
			}
		}
		for k := range min(len(a), len(b)) {
			marks[a[k]].words, marks[b[k]].words = differences(lines[a[k]], lines[b[k]])
		}
		i--
	}
}

// hint is a line of carets between two sides.
func hint(lines []string, marks []marked, i int) bool {
	return i < len(marks) && marks[i].side == heading && strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(lines[i], "E ")), "?")
}

// mostTokens bounds the work of comparing two lines.
const mostTokens = 300

// differences are the parts of two lines that are not in both; none when hardly
// anything is.
func differences(a, b string) (inA, inB [][2]int) {
	x, y := tokens(a), tokens(b)
	if len(x) == 0 || len(y) == 0 || len(x) > mostTokens || len(y) > mostTokens {
		return nil, nil
	}
	keepX, keepY := common(a, b, x, y)
	if !slices.Contains(keepX, true) {
		return nil, nil
	}
	return gaps(x, keepX), gaps(y, keepY)
}

// tokens cuts a line into words, runs of blanks and single other characters,
// from behind its sign and label on.
func tokens(s string) (all [][2]int) {
	from := bodyOf(s)
	for i := from; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		end := i + n
		for class := classOf(r); class != 0 && end < len(s); {
			next, n := utf8.DecodeRuneInString(s[end:])
			if classOf(next) != class {
				break
			}
			end += n
		}
		all = append(all, [2]int{i, end})
		i = end
	}
	return all
}

// bodyOf is where a line begins behind blanks, pytest's E, its sign and its
// label.
func bodyOf(s string) int {
	rest := strings.TrimLeft(strings.TrimPrefix(s, "E "), " \t")
	rest = strings.TrimLeft(strings.TrimLeft(rest, "-+"), " \t\u00a0")
	if label, after, ok := strings.Cut(rest, ":"); ok {
		if _, is := value(label + ": x"); is {
			rest = strings.TrimLeft(after, " \t")
		}
	}
	return len(s) - len(rest)
}

func classOf(r rune) int {
	switch {
	case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.':
		return 1
	case unicode.IsSpace(r):
		return 2
	}
	return 0
}

// common marks the tokens of a longest common sequence. Blanks alone are not
// worth a match, and differ only where they differ.
func common(a, b string, x, y [][2]int) (keepX, keepY []bool) {
	keepX, keepY = make([]bool, len(x)), make([]bool, len(y))
	length := make([][]int, len(x)+1)
	for i := range length {
		length[i] = make([]int, len(y)+1)
	}
	text := func(s string, t [2]int) string { return s[t[0]:t[1]] }
	for i, left := range slices.Backward(x) {
		for j, right := range slices.Backward(y) {
			if text(a, left) == text(b, right) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case text(a, x[i]) == text(b, y[j]):
			keepX[i], keepY[j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return keepX, keepY
}

// gaps joins the tokens that are not kept.
func gaps(tokens [][2]int, keep []bool) (all [][2]int) {
	for i, t := range tokens {
		if keep[i] {
			continue
		}
		if n := len(all); n > 0 && all[n-1][1] == t[0] {
			all[n-1][1] = t[1]
			continue
		}
		all = append(all, t)
	}
	return all
}
