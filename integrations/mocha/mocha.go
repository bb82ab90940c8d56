// Package mocha reads what mocha prints for people: the tree of its spec reporter, and
// the failures with which all of its reporters end. It never runs mocha.
package mocha

import (
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "mocha", Title: "mocha", Parse: parse}
}

// reader follows one run.
//
//	                             an empty line, then
//	cart                         what is around the next ones, by indentation
//	  ✔ waits (61ms)             a result
//	  1) is empty                a failure, of which the end says more
//	  - is written later
//
//	3 passing (94ms)             the end
//	1) cart                      each failure with the titles around it,
//	     is empty:               each deeper by two
//
//	    AssertionError: 0 !== 1  and why
//	    + expected - actual
//	    -0
//	    +1
//	    at Context.<anonymous> (test/cart.test.js:10:12)
type reader struct {
	sink  tasks.Sink
	files *place.Files
	n     int64 // the line in hand

	sure   bool // it is mocha, and no other who draws trees
	other  bool // it is node --test, whose marks are the same
	blank  bool // the line before was empty
	around []string
	maybe  []title  // lines that may be titles, since the last of which it is known
	held   []result // that are told once it is sure
	// pending are the lines that may be tests which are written later, and are if the
	// end counts as many; failed counts the failures.
	pending []result
	failed  int

	ended   bool // failures follow
	current *failure
}

// title is a line that may be what is around the next ones.
type title struct {
	depth int
	text  string
	first bool // an empty line stood before it
}

// result is a line of the tree, as long as nobody can be sure.
type result struct {
	name   string
	status tasks.TestStatus
	took   time.Duration
	number int // of a failure
}

const (
	mostHeld    = 200
	mostPending = 2000
	deepest     = 20
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t)}
	return r.line
}

func (r *reader) line(n int64, line string) bool {
	r.n = n
	if r.other {
		return false
	}
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if r.ended {
		return r.report(text, indent, line)
	}
	if text == "" {
		if !r.blank {
			r.maybe = r.maybe[:0]
		}
		r.blank = true
		return false
	}
	own := false
	switch {
	case indent == 0:
		r.other = strings.HasPrefix(text, "▶ ") // with that begins a group of node --test
	case indent%2 == 0 && indent/2 <= deepest:
		own = r.tree(text, indent/2-1)
	}
	r.blank = false
	return own
}

// tree is a line that is indented as one of the tree.
func (r *reader) tree(text string, depth int) bool {
	if depth == 0 && passing(text) {
		r.ended = true
		r.certain()
		return true
	}
	res, ok := read(text)
	switch {
	case ok && res.status == tasks.TestFailed && res.number != r.failed+1:
		return false // of a list that a test prints
	case !ok:
		if len(r.maybe) < deepest*2 {
			r.maybe = append(r.maybe, title{depth, text, r.blank})
		}
		return false
	}
	known := false
	if res.status != tasks.TestSkipped || len(r.maybe) > 0 { // else it may be of a list, too
		known = r.settle(depth)
	}
	if depth > len(r.around) {
		return r.sure
	}
	res.name = place.Clip(strings.Join(append(append([]string{}, r.around[:depth]...), res.name), javascript.Between))
	if res.name == "" {
		return r.sure
	}
	if known && res.status == tasks.TestPassed {
		r.certain()
	}
	switch res.status {
	case tasks.TestFailed:
		r.failed++
	case tasks.TestSkipped:
		if len(r.pending) < mostPending {
			r.pending = append(r.pending, res)
		}
		return r.sure
	}
	switch {
	case r.sure:
		r.tell(res)
	case len(r.held) < mostHeld:
		r.held = append(r.held, res)
	}
	return r.sure || res.status == tasks.TestPassed && strings.HasPrefix(text, "✔")
}

// settle decides which of the last lines are the titles around a result at a depth:
// the first ones that lead to it, one deeper than the other. known: there is one that
// stands where mocha writes it.
func (r *reader) settle(depth int) (known bool) {
	want := depth - 1
	for i := len(r.maybe) - 1; i >= 0 && want >= 0; {
		// Of several at one depth the first is the title, the rest was printed.
		at := -1
		for j := i; j >= 0 && r.maybe[j].depth >= want; j-- {
			if r.maybe[j].depth == want {
				at = j
			}
		}
		if at < 0 {
			break
		}
		t := r.maybe[at]
		for len(r.around) <= want {
			r.around = append(r.around, "")
		}
		r.around[want] = strings.Clone(place.Clip(t.text))
		known = known || want > 0 || t.first
		i, want = at-1, want-1
	}
	r.around = r.around[:min(len(r.around), depth)]
	r.maybe = r.maybe[:0]
	return known
}

// certain tells what was held back. What failed has a better word in the end.
func (r *reader) certain() {
	r.sure = true
	for _, res := range r.held {
		if res.status != tasks.TestFailed {
			r.tell(res)
		}
	}
	r.held = nil
}

func (r *reader) tell(res result) {
	r.sink.Emit(tasks.TestReported{Test: tasks.TestResult{
		Name: strings.Clone(res.name), Separator: javascript.Between, Status: res.status, Duration: res.took, Line: -1,
	}})
}

// read reads "✔ waits (61ms)", "1) is empty" and "- is written later".
func read(text string) (res result, ok bool) {
	for _, mark := range [...]string{"✔ ", "√ ", "✓ "} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			res.name, res.took = cutTime(rest)
			res.status = tasks.TestPassed
			return res, res.name != ""
		}
	}
	if rest, ok := strings.CutPrefix(text, "- "); ok {
		return result{name: rest, status: tasks.TestSkipped}, rest != ""
	}
	n, rest, ok := place.Number(text)
	name, found := strings.CutPrefix(rest, ") ")
	if !ok || n == 0 || !found {
		return res, false
	}
	return result{name: name, status: tasks.TestFailed, number: n}, name != ""
}

// cutTime reads "waits (61ms)", and of the list reporter "cart waits: 62ms".
func cutTime(s string) (name string, took time.Duration) {
	for _, form := range [...][2]string{{" (", "ms)"}, {": ", "ms"}} {
		head, ok := strings.CutSuffix(s, form[1])
		i := strings.LastIndex(head, form[0])
		if !ok || i <= 0 {
			continue
		}
		if ms, rest, number := place.Number(head[i+2:]); number && rest == "" {
			return s[:i], time.Duration(ms) * time.Millisecond
		}
	}
	return s, 0
}

// passing is "3 passing (94ms)", with which the tree ends.
func passing(text string) bool {
	_, rest, ok := place.Number(text)
	after, found := strings.CutPrefix(rest, " passing (")
	return ok && found && strings.HasSuffix(after, ")")
}
