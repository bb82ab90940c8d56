// Package javascript reads what the test runners of JavaScript have in common:
// the report of one failure, and the titles in a test file. It runs nothing.
package javascript

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Whole names the result of a file whose tests are not told one by one.
const Whole = tasks.WholeFile

// Between stands between the titles of a test's name.
const Between = " > "

// Failure is what the report of one failure says, line by line:
//
//	AssertionError: expected 5 to be 6      the message
//	Expected: 6                             what was compared, in one line
//	Received: 5
//	- Expected                              or in a diff, until an empty line
//	+ Received
//	-   "name": "pear",
//	at Object.toBe (src/cart.test.js:6:30)  where; the innermost own frame counts
//	❯ src/cart.test.ts:7:30
type Failure struct {
	Message  string
	Location tasks.Location
	Diff     report.Diff

	diff section
	last string // the line before
}

type section int

const (
	before section = iota
	begun          // after its heading
	inside
	after
)

// Line takes a line of the report, without what all of its lines are indented by.
func (f *Failure) Line(files Finder, line string) {
	text := strings.TrimSpace(line)
	last := f.last
	f.last = text
	switch {
	case f.compared(line, text):
	case strings.HasPrefix(text, "╭─["):
		f.box(files, text[len("╭─["):], last)
	case text == "", strings.HasPrefix(text, "● "):
	case strings.HasPrefix(text, "at "):
		f.frame(files, text[len("at "):])
	case strings.HasPrefix(text, "❯ "):
		f.frame(files, text[len("❯ "):])
	case f.Message == "":
		message, _, _ := strings.Cut(text, " // ")
		f.Message = place.Clip(message)
	case f.diff == before:
		f.side(text)
	}
}

// box is " src/cart.ts:12:19 ]" below "[PARSE_ERROR] Unexpected token": what is wrong
// with a file that does not parse. The line above it all says only that one is.
func (f *Failure) box(files Finder, text, said string) {
	text, _, _ = strings.Cut(text, "]")
	file, line, column, _, ok := place.Cut(strings.TrimSpace(text))
	if !ok || f.Location.File != "" {
		return
	}
	p, own := files(file)
	if !own {
		return
	}
	f.Location = tasks.Location{File: p, Line: line, Column: column}
	if _, rest, kind := strings.Cut(said, "] "); kind && strings.HasPrefix(said, "[") {
		said = rest
	}
	if said != "" {
		f.Message = place.Clip(said)
	}
}

// compared is a line of the diff.
func (f *Failure) compared(line, text string) bool {
	switch {
	case f.diff == before && strings.HasPrefix(text, "- Expected"), f.diff == begun && strings.HasPrefix(text, "+ Received"):
		f.Diff.Reset()
		f.diff = begun
	case f.diff == begun && text == "":
		f.diff = inside
	case f.diff == inside && (line == "" || strings.HasPrefix(text, "❯ ") || strings.HasPrefix(line, "    at ")):
		f.diff = after
		return line == ""
	case f.diff == inside && len(line) > 1 && strings.IndexByte("-+ @", line[0]) >= 0:
		if line[0] != '@' {
			f.Diff.Add(line[0], line[2:])
		}
	default:
		return false
	}
	return true
}

// side is "Expected: 6", "Expected substring: \"a\"" or "Received: 5".
func (f *Failure) side(text string) {
	head, value, ok := strings.Cut(text, ": ")
	if !ok || len(head) > 40 {
		return
	}
	sign := byte('-')
	switch word, _, _ := strings.Cut(head, " "); word {
	case "Expected":
	case "Received":
		sign = '+'
	default:
		return
	}
	value = strings.TrimSpace(value)
	f.Diff.Add(sign, value)
	f.Message = place.Clip(f.Message + ", " + strings.ToLower(head) + " " + value)
}

// Finder finds a file that a runner names.
type Finder func(name string) (p string, own bool)

// frame is "Object.toBe (src/cart.test.js:6:30)" or "first src/cart.ts:8:33".
func (f *Failure) frame(files Finder, text string) {
	if f.Location.File != "" {
		return
	}
	if open := strings.LastIndexByte(text, '('); open >= 0 {
		text = strings.TrimSuffix(text[open+1:], ")")
	}
	for {
		file, line, column, _, ok := place.Cut(text)
		if !ok {
			return
		}
		if p, own := files(file); own {
			f.Location = tasks.Location{File: p, Line: line, Column: column}
			return
		}
		// What stands before is a function's name.
		_, rest, more := strings.Cut(text, " ")
		if !more {
			return
		}
		text = rest
	}
}

// Millis takes the milliseconds off the end of a line: "adds up 8ms".
func Millis(s string) (rest string, ms int) {
	number, ok := strings.CutSuffix(s, "ms")
	if !ok {
		return s, 0
	}
	i := strings.LastIndexByte(number, ' ')
	n, after, ok := place.Number(number[i+1:])
	if !ok || after != "" {
		return s, 0
	}
	return strings.TrimSpace(s[:max(i, 0)]), n
}
