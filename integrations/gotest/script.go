package gotest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// script is the text of one package, as go test prints it.
type script struct {
	*teller
	*output
	lines  []said // that are not logged
	size   int    // their bytes
	scenes map[string]*scene
	begun  int

	piece []byte // of a line that goes on
	whose string // the test that printed it
	shown string // whose the next line is taken for by somebody who reads the text
}

// scene is a test that has not ended.
type scene struct {
	name  string
	test  *test // nil: there are too many
	above *scene
	root  *scene
	depth int
	nth   int
	began time.Time
	// paused: it waits for others that run in parallel; below are its subtests that
	// have not ended.
	paused bool
	below  int

	result string // "--- FAIL: TestX (0.01s)", when it is known
	logs   bool   // its last line was one of t.Log
	// Without -v: what it says below its result if it fails, and all that it and its
	// subtests have said, as -v has it, if it never comes to a result.
	says  []line
	raw   []said
	bytes int
	loose bool // that is shown, and what follows
}

// line is one below a test's result, or a failed subtest.
type line struct {
	text string
	own  bool // printed by the program itself: not indented
	sub  *scene
}

// hear takes an event of the package in; over: it was the last one.
func (s *script) hear(e event) (over bool) {
	_, ended := outcomes[e.Action]
	if ended {
		s.endLine()
	}
	if c := s.scenes[e.Test]; ended && c != nil {
		s.leave(c.test)
	} else if ended && e.Test == "" && s.teller.current.of == s.output {
		s.leave(s.teller.current.test)
	}
	s.told(s.output, e)
	switch {
	case e.Test == "" && ended:
		s.ends(e.Action)
	case e.Action == "output":
		s.join(e)
	case ended:
		s.ended(s.scene(e.Test), e.Action)
	case e.Test != "":
		s.scene(e.Test).paused = e.Action == "pause"
	}
	for _, ev := range s.found() {
		if n := len(s.lines); n > 0 {
			s.lines[n-1].found = append(s.lines[n-1].found, ev)
		} else {
			s.emitAt(s.next-1, ev) // it is said already
		}
	}
	return e.Test == "" && ended
}

// scene is a test of the package; its parents have begun before it.
func (s *script) scene(name string) *scene {
	if c := s.scenes[name]; c != nil {
		return c
	}
	s.begun++
	c := &scene{name: name, test: s.tests[name], nth: s.begun, began: time.Now()}
	c.root = c
	for i := len(name) - 1; i > 0 && c.above == nil; i-- {
		if name[i] == '/' {
			c.above = s.scenes[name[:i]]
		}
	}
	if c.above != nil {
		c.root, c.depth = c.above.root, c.above.depth+1
		c.above.below++
	}
	s.scenes[name] = c
	return c
}

// join puts pieces of lines together.
func (s *script) join(e event) {
	text, whole := strings.CutSuffix(e.Output, "\n")
	if s.whose != e.Test || isResult(strings.TrimLeft(text, " "), e.Test) {
		s.endLine()
	}
	if !whole || len(s.piece) > 0 {
		s.piece, s.whose = append(s.piece, text...), e.Test
		if whole || len(s.piece) > mostHeld {
			s.endLine()
		}
		return
	}
	s.print(e.Test, text)
}

func (s *script) endLine() {
	if len(s.piece) > 0 {
		text := string(s.piece)
		s.piece = nil
		s.print(s.whose, text)
	}
	s.whose = ""
}

// print says a line.
func (s *script) print(name, text string) {
	if at := timeoutAt(text); at > 0 {
		s.print(name, text[:at])
		text = text[at:]
	}
	switch {
	case name == "":
		if crashes(text) {
			s.expose(false)
		}
		s.push(text, nil)
	case s.verbose:
		s.loud(s.scene(name), text)
	default:
		c, at := s.scene(name), loggedAt(text)
		if at > 0 {
			s.quiet(c, text[:at])
		}
		s.quiet(c, text[at:])
	}
}

func (s *script) push(text string, t *test) {
	s.lines = append(s.lines, said{text: text, test: t, of: s.output})
	s.size += len(text)
}

// loud is a line as -v has it: what comes behind that of another test says whose it
// is, and a result stands as deep as its test.
func (s *script) loud(c *scene, text string) {
	trimmed := strings.TrimLeft(text, " ")
	switch {
	case strings.HasPrefix(text, "=== "):
	case isResult(trimmed, c.name):
		text = strings.Repeat("    ", c.depth) + trimmed
	case s.shown != c.name:
		s.push("=== NAME  "+c.name, c.test)
	}
	s.shown = c.name
	s.push(text, c.test)
}

// isResult says whether a line is "--- PASS: TestX (0.01s)" of this test.
func isResult(trimmed, name string) bool {
	rest, ok := strings.CutPrefix(trimmed, "--- ")
	_, rest, sep := strings.Cut(rest, ": ")
	return ok && sep && strings.HasPrefix(rest, name+" (")
}

// quiet is a line as go test has it without -v: what a program prints is shown, what
// it logs stands below the result of a test that failed.
func (s *script) quiet(c *scene, text string) {
	root := c.root
	if root.loose {
		s.loud(c, text)
		return
	}
	trimmed := strings.TrimLeft(text, " ")
	logs := isLog(text) || c.logs && strings.HasPrefix(text, "        ")
	c.logs = logs
	switch {
	case strings.HasPrefix(text, "=== "):
	case isResult(trimmed, c.name):
		c.result = trimmed
		if c.above != nil && strings.HasPrefix(trimmed, "--- FAIL") {
			c.above.says = append(c.above.says, line{sub: c})
		}
	case logs:
		c.says = append(c.says, line{text: text})
	case root.result != "":
		c.says = append(c.says, line{text: text, own: true})
	default:
		if crashes(text) {
			s.expose(false)
			s.loud(c, text)
			return
		}
		s.push(text, c.test)
		return
	}
	root.raw = append(root.raw, said{text: text, test: c.test, of: s.output})
	if root.bytes += len(text); root.bytes > mostHeld {
		s.bare(root)
	}
}

// crashes says whether a line begins the end of the whole program.
func crashes(text string) bool {
	return strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ") || strings.HasPrefix(text, "SIGQUIT: ")
}

// ended takes in how a test ended.
func (s *script) ended(c *scene, action string) {
	delete(s.scenes, c.name)
	if c.above != nil {
		c.above.below--
		return
	}
	switch {
	case s.verbose || c.loose || action != "fail":
	case c.result != "":
		s.block(c)
	default:
		s.bare(c)
	}
}

// block is what is shown of a test that failed, and of its subtests that did.
func (s *script) block(c *scene) {
	indent := strings.Repeat("    ", c.depth)
	s.push(indent+c.result, c.test)
	for _, l := range c.says {
		switch {
		case l.sub != nil:
			s.block(l.sub)
		case l.own:
			s.push(l.text, c.test)
		default:
			s.push(indent+l.text, c.test)
		}
	}
}

// bare shows what is known of a test that has no result, as -v does.
func (s *script) bare(root *scene) {
	s.lines = append(s.lines, root.raw...)
	s.size += root.bytes
	root.raw, root.says, root.loose = nil, nil, true
	s.shown = ""
	if n := len(s.lines); n > 0 && s.lines[n-1].test != nil {
		s.shown = s.lines[n-1].test.Name
	}
}

// expose shows what is held of tests that the program leaves without a result; all:
// also of those that have one and more to say.
func (s *script) expose(all bool) {
	if s.verbose {
		return
	}
	for _, c := range s.open() {
		waits := c.paused && !slices.ContainsFunc(c.raw, func(l said) bool { return !strings.HasPrefix(l.text, "=== ") })
		if c.root == c && !c.loose && (all || c.result == "") && !waits {
			s.bare(c)
		}
	}
}

// open are the tests that have not ended, as they began.
func (s *script) open() []*scene {
	return slices.SortedFunc(maps.Values(s.scenes), func(a, b *scene) int { return cmp.Compare(a.nth, b.nth) })
}

// ends is the end of the package. One that passes says so in its last line.
func (s *script) ends(action string) {
	switch {
	case action == "fail":
		s.red = true
		s.expose(true)
	case !s.verbose && !s.local && len(s.lines) > 1:
		last := s.lines[len(s.lines)-1]
		for _, l := range s.lines[:len(s.lines)-1] {
			last.found = append(l.found, last.found...)
		}
		s.lines = []said{last}
	}
}

// stop is the end of the run while the package had not ended.
func (s *script) stop() {
	s.endLine()
	s.expose(true)
}

// running are the tests that go on, without those that wait for others, and for how
// long.
func (s *script) running() (all []string) {
	for _, c := range s.open() {
		if !c.paused && c.below == 0 {
			all = append(all, fmt.Sprintf("%s %s for %v", s.suite(), c.name, time.Since(c.began).Round(10*time.Millisecond)))
		}
	}
	return all
}

func (s *script) suite() string {
	if s.dir == "" {
		return s.pkg
	}
	return s.sources.suite(s.dir)
}

var _ tasks.LiveReader = (*teller)(nil)
