// Package report gathers what a reader says of one test while its lines come:
// which of them are its own, and what an assertion compared. Both are bounded,
// and nothing that was handed out changes later.
package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Lines are the spans of a log that are one test's own.
type Lines struct{ spans []tasks.Span }

// Open says that the lines from n on are the test's, until Close. It says
// whether that is news.
func (l *Lines) Open(n int64) bool {
	last := len(l.spans) - 1
	switch {
	case last >= 0 && l.spans[last].To < 0:
		return false
	case last >= 0 && l.spans[last].To == n:
		l.spans[last].To = -1
	case len(l.spans) >= tasks.MostSpans:
		return false
	default:
		l.spans = append(l.spans, tasks.Span{From: n, To: -1})
	}
	return true
}

// Close says that the test's lines end before n. It says whether that is news.
func (l *Lines) Close(n int64) bool {
	last := len(l.spans) - 1
	if last < 0 || l.spans[last].To >= 0 {
		return false
	}
	l.spans[last].To = n
	if l.spans[last].From >= n {
		l.spans = l.spans[:last]
	}
	return true
}

// Add says that the lines from one up to, not including, another are the test's.
func (l *Lines) Add(from, to int64) {
	if from < to && l.Open(from) {
		l.Close(to)
	}
}

// Before says that lines above all others that are the test's are its own, too.
func (l *Lines) Before(from, to int64) {
	if from < to && len(l.spans) < tasks.MostSpans && (len(l.spans) == 0 || to <= l.spans[0].From) {
		l.spans = slices.Insert(l.spans, 0, tasks.Span{From: from, To: to})
	}
}

// Spans are the lines so far.
func (l *Lines) Spans() []tasks.Span { return slices.Clone(l.spans) }

// What a person reads of a diff.
const (
	mostLines = 80
	mostBytes = 8 << 10
	longest   = 400
)

// Diff is what an assertion compared, as tasks.TestResult has it.
type Diff struct {
	text  []byte
	lines int
	// last is the line before, if it was expected; it begins at from.
	last string
	from int
}

// Add adds a line: '-' for what was expected, '+' for what was there instead,
// anything else for what is in both. It says whether there was room.
func (d *Diff) Add(sign byte, text string) bool {
	if d.lines >= mostLines || len(d.text) >= mostBytes {
		return false
	}
	if sign != '-' && sign != '+' {
		sign = ' '
	}
	text = strings.ToValidUTF8(strings.TrimRight(text, " \t\r"), "")
	expected := d.last
	d.last = ""
	switch n := alike(expected, text); {
	case sign == '+' && n > shown: // both of them from where they begin to differ
		d.text = d.text[:d.from]
		d.lines--
		d.add('-', from(expected, n))
		text = from(text, n)
	case sign == '-' && len(text) > shown:
		d.last, d.from = strings.Clone(text), len(d.text)
	}
	d.add(sign, text)
	if d.lines == mostLines || len(d.text) >= mostBytes {
		d.text = append(d.text, "\n …"...)
	}
	return true
}

// add adds a line of one side, or of both, with its end cut off.
func (d *Diff) add(sign byte, text string) {
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	if d.lines > 0 {
		d.text = append(d.text, '\n')
	}
	d.text = append(append(d.text, sign), text...)
	d.lines++
}

// Where a long line differs from the other side's.
const (
	shown = 300 // a difference before that is seen anyway
	ahead = 60  // of what is the same, for the eye to find the place
)

// alike is how many bytes two lines have in common at their beginning.
func alike(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// from is a line from a little before a place on.
func from(text string, n int) string {
	n -= ahead
	return fmt.Sprintf("(%d bytes alike) …%s", n, strings.ToValidUTF8(text[n:], ""))
}

// Sides adds a value that was expected and one that was there instead, of one
// or more lines each.
func (d *Diff) Sides(expected, actual string) {
	for _, side := range [...]struct {
		sign byte
		text string
	}{{'-', expected}, {'+', actual}} {
		for line := range strings.SplitSeq(side.text, "\n") {
			d.Add(side.sign, line)
		}
	}
}

// Lines is how many lines it has.
func (d *Diff) Lines() int { return d.lines }

// Reset forgets all.
func (d *Diff) Reset() { *d = Diff{} }

// String is the diff so far.
func (d *Diff) String() string { return string(d.text) }
