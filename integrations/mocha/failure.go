package mocha

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// failure is one of those that are told in the end.
type failure struct {
	tasks.TestResult
	titles []string
	lines  report.Lines
	said   javascript.Failure
	diff   report.Diff
	stage  stage
}

// stage is how far a failure is told.
type stage int

const (
	titles   stage = iota
	message        // and what it says, which may go on below
	told           // all of that
	compared       // below "+ expected - actual"
	frames
)

// How mocha indents what it says of a failure.
const (
	numbered = 2 // "1) cart"
	deeper   = 5 // and what is in it, by two more each
	body     = 6
)

// report is a line behind the end of the tree.
func (r *reader) report(text string, indent int, line string) bool {
	if n, rest, ok := place.Number(text); ok && n > 0 && indent == numbered {
		switch name, failed := strings.CutPrefix(rest, ") "); {
		case failed && name != "":
			r.close()
			f := &failure{titles: []string{name}}
			f.lines.Open(r.n)
			r.current = f
			return true
		case rest == " pending":
			if n == len(r.pending) {
				for _, res := range r.pending {
					r.tell(res)
				}
			}
			r.pending = nil
			return true
		case rest == " failing":
			return true
		}
	}
	f := r.current
	if f == nil {
		if text != "" && indent == 0 {
			r.ended = false // something else, or a run of mocha again
		}
		return false
	}
	switch {
	case f.stage == titles && text != "" && indent == deeper+2*len(f.titles):
		f.titles = append(f.titles, text)
		return true
	case f.stage == titles:
		f.stage = message
		last := len(f.titles) - 1
		f.titles[last] = strings.TrimSuffix(f.titles[last], ":")
		f.TestResult = tasks.TestResult{
			Name: place.Clip(strings.Join(f.titles, javascript.Between)), Separator: javascript.Between, Status: tasks.TestFailed, Line: -1,
		}
		r.tellFailure()
	case f.stage == frames && indent == 0 && text != "":
		r.close()
		r.ended = false
		return false
	}
	r.why(text, indent, line)
	return true
}

// why is a line of what a failure says.
func (r *reader) why(text string, indent int, line string) {
	f := r.current
	before, at := f.said.Message, f.said.Location
	switch {
	case text == "":
	case strings.HasPrefix(text, "at ") && indent == body:
		f.stage = frames
		f.said.Line(r.files.Own, text)
	case (f.stage == message || f.stage == told) && text == "+ expected - actual":
		f.stage = compared
	case f.stage == compared && indent >= body:
		f.compared(line[body:])
	case f.stage == message && f.said.Message == "":
		f.said.Message = place.Clip(text)
		if !strings.HasSuffix(text, ":") {
			f.stage = told
			f.written(r.files, text)
		}
	case f.stage == message:
		if text != "+ actual - expected" {
			f.said.Message = place.Clip(f.said.Message + " " + text)
		}
		f.stage = told
	}
	if f.said.Message != before || f.said.Location != at {
		r.tellFailure()
	}
}

// written takes the file that the message of a timeout ends with.
func (f *failure) written(files *place.Files, message string) {
	i := strings.LastIndex(message, " (")
	if i < 0 || !strings.HasSuffix(message, ")") {
		return
	}
	if p, own := files.Own(message[i+2 : len(message)-1]); own {
		f.said.Location = tasks.Location{File: p, Line: 1}
	}
}

// compared is a line of the difference, where "-" is what is there.
func (f *failure) compared(line string) {
	switch line[0] {
	case '-':
		f.diff.Add('+', line[1:])
	case '+':
		f.diff.Add('-', line[1:])
	default:
		f.diff.Add(' ', line[1:])
	}
}

func (r *reader) tellFailure() {
	f := r.current
	t := f.TestResult
	if t.Name == "" {
		return
	}
	t.Message, t.Location, t.File = f.said.Message, f.said.Location, f.said.Location.File
	t.Output, t.Diff = f.lines.Spans(), f.diff.String()
	r.sink.Emit(tasks.TestReported{Test: t})
}

// close ends the failure in hand.
func (r *reader) close() {
	if f := r.current; f != nil {
		f.lines.Close(r.n)
		r.tellFailure()
	}
	r.current = nil
}
