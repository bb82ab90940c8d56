package gotest

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// crash is a panic, a timeout or a race while its stacks are printed.
type crash struct {
	message string
	race    bool
	timeout bool
	victims []*test // the tests that it ended, as far as they are known

	stack  int            // counts from 1
	owner  string         // the test that the stack in hand is of
	own    tasks.Location // the innermost frame in the workspace of the stack in hand
	first  tasks.Location // and that of the first stack
	told   bool
	from   int64 // its first line
	until  int64 // of a race: the line after its report
	at     int64 // that of the stack in hand
	blamed *test // whose stack that is
}

// timedOut begins the end of a program that took too long.
const timedOut = "panic: test timed out after "

// timeoutAt is where in a line that begins, behind what the program had printed
// without an end of the line; 0: nothing was, or it is another line, as one that a
// test logs.
func timeoutAt(line string) int {
	at := strings.Index(line, timedOut)
	if at <= 0 || line[0] == ' ' || duration(line[at+len(timedOut):]) == 0 {
		return 0
	}
	return at
}

// beginsCrash says whether stacks follow.
func (o *output) beginsCrash(line string) bool {
	switch {
	case strings.HasPrefix(line, "panic: "):
		o.crash = &crash{message: place.Clip(strings.TrimSuffix(line, " [recovered, repanicked]"))}
		if after, ok := strings.CutPrefix(line, timedOut); ok {
			o.crash.timeout, o.crash.message = true, "timed out after "+place.Clip(after)
			return true
		}
	case strings.HasPrefix(line, "fatal error: "):
		o.crash = &crash{message: place.Clip(line)}
	case strings.HasPrefix(line, "WARNING: DATA RACE"):
		o.crash = &crash{message: "data race", race: true, stack: 1, from: o.n}
		o.race = o.crash
		return true
	case strings.HasPrefix(line, "Found ") && strings.HasSuffix(line, " data race(s)"):
		if o.race != nil && o.current == nil && o.race.first.File != "" {
			o.diagnose(tasks.Diagnostic{Severity: tasks.Error, Location: o.race.first, Message: "data race"})
		}
		return o.race != nil
	default:
		return false
	}
	o.crash.from = o.n
	if o.current != nil && o.current.Status != tasks.TestPassed {
		o.crash.victims = []*test{o.current}
		o.current.said, o.current.Message, o.current.Location = aReport, o.crash.message, tasks.Location{}
		if o.leaf == nil || o.events == "" || !strings.HasPrefix(o.leaf.Name, o.current.Name+"/") {
			o.end(o.current, tasks.TestFailed)
		} else {
			o.current.Status = tasks.TestFailed // told when the stack has said whose it is
		}
	}
	return true
}

// stackLine says whether a line still belongs to the crash, which ends if not.
func (o *output) stackLine(line string) bool {
	c := o.crash
	switch {
	case line == "":
	case c.race && strings.HasPrefix(line, "====="):
		c.until = o.n
		o.crash = nil
	case c.race && line[0] != ' ':
		if !strings.HasSuffix(line, ":") {
			o.crash = nil
			return false
		}
		if c.first.File != "" || strings.HasPrefix(line, "Goroutine ") {
			c.stack++
		}
	case strings.HasPrefix(line, "\t\t"):
		if name := firstWord(line[2:]); c.timeout && c.stack == 0 && isTest(name) {
			o.victim(name, duration(strings.TrimPrefix(line[2:], name)))
		}
	case line[0] == '\t', c.race && strings.HasPrefix(line, "      "):
		o.frame(strings.TrimSpace(line))
	case c.race:
	case strings.HasPrefix(line, "goroutine "):
		o.endStack()
		c.stack++
		c.at = o.n
		c.owner, c.own = "", tasks.Location{}
	case line == "runtime stack:", strings.HasPrefix(line, "..."): // of an overflow, which has frames elided
	case line[0] == '[', strings.HasSuffix(line, ")"), strings.HasPrefix(line, "created by "), strings.HasPrefix(line, "panic: "):
		if name := testIn(line); name != "" && c.owner == "" {
			c.owner = name
			if o.events != "" && strings.Contains(line, name+".func") {
				o.descend()
			}
			o.blame()
		}
	default:
		o.endCrash()
		return false
	}
	return true
}

// victim is a test that was running at a timeout, for as long as took where that is
// said.
func (o *output) victim(name string, took time.Duration) {
	if t := o.begin(name); t != nil && t.Status != tasks.TestPassed {
		t.said, t.Message, t.Location, t.Duration = aReport, o.crash.message, tasks.Location{}, took
		o.crash.victims = append(o.crash.victims, t)
		if o.events == "" && o.current == nil {
			t.lines.Add(o.crash.from, o.n+1)
		}
		o.end(t, tasks.TestFailed)
	}
}

// frame is "/shop/cart/cart.go:12 +0x1d".
func (o *output) frame(text string) {
	c := o.crash
	file, n, _, _, ok := place.Cut(firstWord(text))
	if !ok || c.own.File != "" {
		return
	}
	p, own := o.sources.files.Own(file)
	if !own { // with -trimpath it begins with the package's import path
		dir, known := o.sources.dirOf(path.Dir(file))
		if !known {
			return
		}
		if p, own = o.sources.files.Own(filepath.Join(dir, path.Base(file))); !own {
			return
		}
	}
	c.own = tasks.Location{File: p, Line: n}
	if c.stack <= 1 {
		c.first = c.own
	}
	o.blame()
}

// descend makes the crash that of a subtest: events give it to the test at the top,
// but the stack is of a function inside of that, and a subtest has just failed.
func (o *output) descend() {
	c := o.crash
	if sub := o.leaf; sub != nil && !c.race && !c.timeout {
		for i, t := range c.victims {
			if strings.HasPrefix(sub.Name, t.Name+"/") {
				sub.said, sub.Message, sub.Location = t.said, t.Message, t.Location
				t.said, t.Message, t.Location = nothing, "", tasks.Location{}
				c.victims[i] = sub
				o.report(t)
				o.report(sub)
			}
		}
	}
}

// blame gives the place of the stack in hand to the test that it belongs to.
func (o *output) blame() {
	c := o.crash
	if c.own.File == "" || c.race {
		return
	}
	if !c.timeout && c.stack > 1 {
		return // the others were only there
	}
	if !c.timeout && len(c.victims) == 0 && c.owner != "" {
		o.victim(c.owner, 0)
	}
	for _, t := range c.victims {
		if t.Location.File == "" && (!c.timeout || topLevel(t.Name) == c.owner) {
			t.Location, c.told, c.blamed = c.own, true, t
			o.report(t)
		}
	}
}

// endStack tells of a crash outside of any test, once its first stack is over.
func (o *output) endStack() {
	c := o.crash
	if t := c.blamed; t != nil && o.events == "" && o.current == nil {
		t.lines.Add(c.at, o.n)
		o.report(t)
	}
	c.blamed = nil
	if c.stack == 1 && !c.told && !c.race && len(c.victims) == 0 && c.first.File != "" {
		c.told = true
		d := tasks.Diagnostic{Severity: tasks.Error, Location: c.first, Message: c.message}
		if o.events != "" || strings.HasSuffix(c.first.File, "_test.go") {
			o.died = &d // its package will have failed
			return
		}
		o.diagnose(d)
	}
}

func (o *output) endCrash() {
	if o.crash != nil {
		o.endStack()
		o.crash = nil
	}
}

// testIn is the test in the name of a function: "shop/cart.TestTotal.func1(...)".
func testIn(line string) string {
	name := strings.TrimPrefix(line, "created by ")
	if i := strings.IndexAny(name, "( "); i >= 0 {
		name = name[:i]
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	_, name, _ = strings.Cut(name, ".")
	name, _, _ = strings.Cut(name, ".")
	if !isTest(name) {
		return ""
	}
	return name
}
