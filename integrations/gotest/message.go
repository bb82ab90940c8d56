package gotest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// rank is how well a message says why a test failed; a better one replaces it.
type rank int

const (
	nothing  rank = iota
	aLine         // of t.Log or t.Error, which look alike
	aFailure      // a line that speaks of a failure
	aReport       // an assertion library's, a panic or a race
)

// message is a line that a test printed.
//
//	    cart_test.go:41: want 3, got 4        of t.Error, t.Fatal and t.Log
//	        	Error:      	Not equal:     of testify, below an empty one
//	got:                                       of an example
func (o *output) message(t *test, line string) {
	line = line[loggedAt(line):]
	message, location, diff := t.Message, t.Location, t.diff
	text := strings.TrimSpace(line)
	switch {
	case o.compared(t, line):
	case text == "":
		return
	case o.labelled(t, line, text):
	case strings.HasPrefix(line, "    ") && o.located(t, text):
		t.indent = len(line) - len(strings.TrimLeft(line, " ")) + 4
	case t.more > 0:
		t.more--
		o.continued(t, text)
	}
	if (message != t.Message || location != t.Location || diff.Lines() != t.diff.Lines()) && t.Status != tasks.TestRunning {
		o.report(t)
	}
}

// loggedAt is where in a line t.Log begins, behind what the program has printed
// without an end of the line: "done    cart_test.go:12: want 4".
func loggedAt(line string) int {
	const indent = "    "
	if line == "" || line[0] == ' ' {
		return 0
	}
	for at := 0; ; {
		i := strings.Index(line[at:], indent)
		if i < 0 {
			return 0
		}
		if at += i; isLog(line[at:]) {
			return at
		}
		at++
	}
}

// isLog says whether a line is the first one of t.Log: "    cart_test.go:12: text".
func isLog(line string) bool {
	rest, ok := strings.CutPrefix(line, "    ")
	file, rest, sep := strings.Cut(rest, ":")
	n, _, ended := strings.Cut(rest, ":")
	return ok && sep && ended && (strings.HasSuffix(file, ".go") || file == "???") && !strings.Contains(file, "    ") && file[0] != ' ' && isNumber(n)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// located is a line with a place.
func (o *output) located(t *test, text string) bool {
	file, n, _, rest, ok := place.Cut(text)
	if !ok || strings.ContainsAny(file, " \t\"'(") || !strings.Contains(file, ".") {
		return false
	}
	t.label, t.more = "", 0
	if rest == "race detected during execution of test" && o.race != nil {
		o.raced(t)
		return true
	}
	said := aLine
	if speaksOfFailure(rest) {
		said = aFailure
	}
	if said <= t.said {
		return true
	}
	t.said, t.Message = said, place.Clip(rest)
	t.diff.Reset()
	t.quoted = ""
	t.where = unplaced{strings.Clone(file), n}
	if t.held {
		if dirs := o.sources.having(o.sources.declaring(topLevel(t.Name)), file); len(dirs) == 1 {
			o.settle(dirs[0])
			return true
		}
	}
	t.Location = o.place(file, n)
	if t.Location.File == "" {
		t.Message = place.Clip(text)
	}
	// A message that begins on the next line, or a diff below it.
	switch {
	case rest == "":
		t.more = 1
	case strings.Contains(rest, "-want +got"), strings.Contains(rest, "-got +want"):
		t.label, t.more, t.flipped = "diff", mostDiff, strings.Contains(rest, "-got")
	}
	return true
}

// raced makes the last race the test's failure, whatever it logged or wanted
// beside it: what two goroutines share explains a wrong number, too.
func (o *output) raced(t *test) {
	if t.said == aReport {
		return
	}
	t.said, t.Message, t.Location, t.where = aReport, "data race", o.race.first, unplaced{}
	if o.events == "" && !o.marked {
		t.lines.Before(o.race.from, o.race.until) // text has it above the test's result
	}
}

// speaksOfFailure tells an assertion's words from what a test logs.
func speaksOfFailure(s string) bool {
	for _, word := range [...]string{"want", "got", "xpect", "rror", "fail", "Fail", "mismatch", "panic", "diff", "invalid", "not "} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// labelled is a line of testify's report, or the heading of an example's.
func (o *output) labelled(t *test, line, text string) bool {
	if strings.HasPrefix(t.Name, "Example") && isExampleLabel(text) {
		t.label, t.more, t.said = text, mostDiff, aReport
		return true
	}
	head, value, ok := strings.Cut(text, "\t")
	if !ok || line[0] != ' ' {
		return false
	}
	value = strings.TrimSpace(value)
	switch label := strings.TrimSpace(head); label {
	case "Error Trace:":
		if t.said == aReport {
			t.label, t.more = "", 0 // a second assertion
			return true
		}
		t.label, t.more = label, 8
		o.traced(t, value)
	case "Error:":
		if t.said == aReport {
			return true
		}
		t.label, t.more, t.said = label, mostDiff, aReport
		t.diff.Reset()
		t.Message = place.Clip(value)
	case "Messages:":
		if t.label == "Error:" || t.label == "Diff:" || t.label == "Test:" {
			t.Message = place.Clip(value + ": " + t.Message)
		}
		t.label, t.more = "", 0
	case "Test:":
		if t.label == "Error:" || t.label == "Diff:" {
			t.label = label
		}
		t.more = 0
	default:
		return false
	}
	return true
}

// traced takes a place of testify's trace, the full name of a file.
func (o *output) traced(t *test, text string) {
	file, n, _, _, ok := place.Cut(text)
	if !ok {
		return
	}
	if p, own := o.sources.files.Own(file); own {
		t.Location, t.more = tasks.Location{File: p, Line: n}, 0
	}
}

// continued is a line below a label.
func (o *output) continued(t *test, text string) {
	if t.label == "Error Trace:" {
		o.traced(t, text)
		return
	}
	t.Message = place.Clip(t.Message + " " + text)
}
