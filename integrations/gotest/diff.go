package gotest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
)

// mostDiff is how many lines a comparison can have.
const mostDiff = 200

// compared is a line of what an assertion compared:
//
//	        	            	expected: 4      of testify, whose own diff may
//	        	            	actual  : 3      follow and says it better
//	        	            	Diff:
//	        	            	-  (int) 1,
//	        - 	Name: "a",                  of go-cmp below "(-want +got):"
//	got:                                       of an example: what it printed
func (o *output) compared(t *test, line string) bool {
	if t.more <= 0 {
		return false
	}
	switch t.label {
	case "got:", "want:":
		return o.printedByExample(t, line)
	case "diff":
		return comparedByCmp(t, line)
	case "Error:", "Diff:":
		parts := strings.SplitN(line, "\t", 3)
		if len(parts) != 3 || strings.TrimSpace(parts[0]+parts[1]) != "" {
			return false
		}
		t.more--
		comparedByTestify(t, parts[2])
		return true
	}
	return false
}

func comparedByTestify(t *test, text string) {
	if t.label == "Diff:" {
		switch {
		case text == "", strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "), strings.HasPrefix(text, "@@ "):
		default:
			t.diff.Add(text[0], text[1:])
		}
		return
	}
	if text == "Diff:" {
		t.label = "Diff:"
		t.diff.Reset()
		return
	}
	if value, ok := strings.CutPrefix(text, "expected: "); ok {
		t.diff.Add('-', value)
	} else if value, ok := strings.CutPrefix(text, "actual  : "); ok {
		t.diff.Add('+', value)
	}
	if said := strings.TrimSpace(text); said != "" && len(t.Message) < 200 {
		t.Message = place.Clip(t.Message + " " + said)
	}
}

// comparedByCmp reads a line of go-cmp's report, which indents by what stands
// for a space, to keep programs from depending on it.
func comparedByCmp(t *test, line string) bool {
	text, ok := strings.CutPrefix(line, strings.Repeat(" ", t.indent))
	if !ok {
		return false
	}
	t.more--
	text = strings.ReplaceAll(text, "\u00a0", " ")
	if text == "" {
		return true
	}
	sign := text[0]
	if t.flipped {
		sign = flip(sign)
	}
	t.diff.Add(sign, strings.TrimPrefix(text[1:], " "))
	if text[0] == '-' || text[0] == '+' {
		t.quote(text[:1], " "+text)
	}
	return true
}

// quote puts the first line of a side into the message.
func (t *test) quote(side, text string) {
	if !strings.Contains(t.quoted, side) {
		t.quoted += side
		t.Message = place.Clip(t.Message + text)
	}
}

func flip(sign byte) byte {
	switch sign {
	case '-':
		return '+'
	case '+':
		return '-'
	}
	return sign
}

func isExampleLabel(line string) bool { return line == "got:" || line == "want:" }

func (o *output) printedByExample(t *test, line string) bool {
	if isExampleLabel(line) {
		return false
	}
	t.more--
	sign := byte('-')
	if t.label == "got:" {
		sign = '+'
	}
	t.diff.Add(sign, line)
	if text := strings.TrimSpace(line); text != "" {
		between := ""
		if t.Message != "" {
			between = ", "
		}
		t.quote(t.label, between+t.label+" "+text)
	}
	return true
}
