package tap

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/report"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// perl is what Test::More says of a failed test. It goes to standard error, so that it
// comes before or after its result, and of prove without -v alone:
//
//	t/cart.t ..
//	#   Failed test 'adds up'
//	#   at t/cart.t line 3.
//	#          got: '2'
//	#     expected: '3'
type perl struct {
	script string // of prove: whose results follow
	failed map[string]*failure
	now    *failure // the one in hand
}

// failure is a failed test; its name is without those of what is around it.
type failure struct {
	name   string
	result *tasks.TestResult // what was told of it, if anything was
	at     tasks.Location
	script string
	said   string
	diff   report.Diff
	nested bool // in a subtest
}

// mostFailures bounds what is remembered.
const mostFailures = 5000

// says is a line of it, or prove's name of a script.
func (r *reader) says(line string) bool {
	if script, ok := strings.CutSuffix(strings.TrimRight(line, ". "), ".t"); ok && strings.HasSuffix(strings.TrimRight(line, " "), " ..") {
		if _, own := r.files.Own(script + ".t"); own {
			r.perl.script = strings.Clone(script + ".t")
			r.parents = nil
			return true
		}
	}
	text, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "#  ")
	if !ok {
		return false
	}
	text = strings.TrimSpace(text)
	if rest, begins := strings.CutPrefix(text, "Failed test"); begins {
		return r.begins(strings.TrimSpace(rest), line[0] == ' ')
	}
	if strings.HasPrefix(text, "Failed (TODO) test") {
		r.perl.now = &failure{nested: true} // no failure
		return true
	}
	f := r.perl.now
	if f == nil {
		return false
	}
	switch head, value, ok := strings.Cut(text, ": "); {
	case strings.HasPrefix(text, "at ") && r.placed(f, text[len("at "):]):
	case ok && head == "got":
		f.said = "got " + value
		f.diff.Add('+', value)
	case ok && head == "expected":
		f.said += ", expected " + value
		f.diff.Add('-', value)
	case f.said == "":
		f.said = text
	default:
		return true
	}
	r.explain(f)
	return true
}

// begins is "'adds up'", or without a name "at t/cart.t line 3.".
func (r *reader) begins(text string, nested bool) bool {
	at, unnamed := strings.CutPrefix(text, "at ")
	name := place.Clip(strings.Trim(text, "'"))
	if unnamed {
		name = place.Clip(text)
	}
	if name == "" || len(r.perl.failed) >= mostFailures {
		return false
	}
	f := r.perl.failed[name]
	if f == nil || f.at.File != "" { // another script has one of that name
		f = &failure{name: name, nested: nested}
		if r.perl.failed == nil {
			r.perl.failed = map[string]*failure{}
		}
		r.perl.failed[name] = f
	}
	r.perl.now = f
	if unnamed && r.placed(f, at) {
		r.explain(f)
	}
	return true
}

// placed is "t/cart.t line 3.".
func (r *reader) placed(f *failure, text string) bool {
	file, rest, ok := strings.Cut(text, " line ")
	line, _, number := place.Number(rest)
	p, own := r.files.Own(file)
	if !ok || !number || !own {
		return false
	}
	f.at, f.script = tasks.Location{File: p, Line: line}, strings.Clone(file)
	return true
}

// explain tells of a failure once its place is known.
func (r *reader) explain(f *failure) {
	if f.at.File == "" || f.nested && f.result == nil { // the names around it are known with its result only
		return
	}
	t := tasks.TestResult{Suite: f.script, Name: f.name, Separator: "/", Status: tasks.TestFailed, Line: -1}
	if f.result != nil {
		t = *f.result
	}
	t.Message, t.Location, t.Diff = place.Clip(f.said), f.at, f.diff.String()
	if f.result != nil && r.last.Name == t.Name && r.last.Suite == t.Suite {
		r.last.Message, r.last.Location, r.last.Diff = t.Message, t.Location, t.Diff
	}
	r.sink.Emit(tasks.TestReported{Test: t})
}

// take gives a failed result what was said of it, and keeps it for what may be.
func (p *perl) take(t *tasks.TestResult) {
	name := t.Name[strings.LastIndexByte(t.Name, '/')+1:]
	f := p.failed[name]
	if f == nil || f.result != nil {
		if len(p.failed) >= mostFailures {
			return
		}
		if p.failed == nil {
			p.failed = map[string]*failure{}
		}
		f = &failure{name: name}
		p.failed[name] = f
	}
	t.Message, t.Location, t.Diff = place.Clip(f.said), f.at, f.diff.String()
	kept := *t
	f.result = &kept
}
