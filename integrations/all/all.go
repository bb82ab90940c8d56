// Package all lists the built-in integrations, one line each, and asks them all.
// It never decides for them what they find.
package all

import (
	"context"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/announced"
	"github.com/sawhorse-dev/sawhorse/integrations/cargo"
	"github.com/sawhorse-dev/sawhorse/integrations/cmake"
	"github.com/sawhorse-dev/sawhorse/integrations/compose"
	"github.com/sawhorse-dev/sawhorse/integrations/devcontainer"
	"github.com/sawhorse-dev/sawhorse/integrations/diagnostics"
	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/integrations/dvclive"
	"github.com/sawhorse-dev/sawhorse/integrations/errorformat"
	"github.com/sawhorse-dev/sawhorse/integrations/github"
	"github.com/sawhorse-dev/sawhorse/integrations/gotask"
	"github.com/sawhorse-dev/sawhorse/integrations/gotest"
	"github.com/sawhorse-dev/sawhorse/integrations/gradle"
	"github.com/sawhorse-dev/sawhorse/integrations/jest"
	"github.com/sawhorse-dev/sawhorse/integrations/junit"
	"github.com/sawhorse-dev/sawhorse/integrations/justfile"
	"github.com/sawhorse-dev/sawhorse/integrations/makefile"
	"github.com/sawhorse-dev/sawhorse/integrations/matcher"
	"github.com/sawhorse-dev/sawhorse/integrations/maven"
	"github.com/sawhorse-dev/sawhorse/integrations/metrics"
	"github.com/sawhorse-dev/sawhorse/integrations/mise"
	"github.com/sawhorse-dev/sawhorse/integrations/mlflow"
	"github.com/sawhorse-dev/sawhorse/integrations/mocha"
	"github.com/sawhorse-dev/sawhorse/integrations/mprocs"
	"github.com/sawhorse-dev/sawhorse/integrations/nodetest"
	"github.com/sawhorse-dev/sawhorse/integrations/nox"
	"github.com/sawhorse-dev/sawhorse/integrations/npm"
	"github.com/sawhorse-dev/sawhorse/integrations/prefect"
	"github.com/sawhorse-dev/sawhorse/integrations/processcompose"
	"github.com/sawhorse-dev/sawhorse/integrations/procfile"
	"github.com/sawhorse-dev/sawhorse/integrations/prometheus"
	"github.com/sawhorse-dev/sawhorse/integrations/pytest"
	"github.com/sawhorse-dev/sawhorse/integrations/sarif"
	"github.com/sawhorse-dev/sawhorse/integrations/tap"
	"github.com/sawhorse-dev/sawhorse/integrations/tensorboard"
	"github.com/sawhorse-dev/sawhorse/integrations/tox"
	"github.com/sawhorse-dev/sawhorse/integrations/unittest"
	"github.com/sawhorse-dev/sawhorse/integrations/vitest"
	"github.com/sawhorse-dev/sawhorse/integrations/vscode"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definitions are the built-in integrations. A line of output goes to the
// first that calls it its own, so that those who know a tool stand before
// those who guess. Of two tasks with one name, that of the first keeps it.
func Definitions() []integrations.Definition {
	return []integrations.Definition{
		procfile.Definition(),
		mprocs.Definition(),
		processcompose.Definition(),
		gotest.Definition(),
		npm.Definition(),
		cargo.Definition(),
		cmake.Definition(),
		maven.Definition(),
		gradle.Definition(),
		pytest.Definition(),
		unittest.Definition(),
		vitest.Definition(),
		jest.Definition(),
		mocha.Definition(),
		nodetest.Definition(),
		junit.Definition(),
		sarif.Definition(),
		errorformat.Definition(),
		matcher.Definition(),
		makefile.Definition(),
		justfile.Definition(),
		gotask.Definition(),
		mise.Definition(),
		tox.Definition(),
		nox.Definition(),
		vscode.Definition(),
		devcontainer.Definition(),
		announced.Definition(),
		tap.Definition(),
		mlflow.Definition(),
		prefect.Definition(),
		metrics.Definition(),
		tensorboard.Definition(),
		dvclive.Definition(),
		docker.Definition(),
		compose.Definition(),
		github.Definition(),
		prometheus.Definition(),
		diagnostics.Definition(),
	}
}

// Draft is the text of a first sawhorse.yml made of what was found.
func Draft(name string, found []integrations.Evidence) string {
	return integrations.Draft(name, found)
}

// Pieces are the units of what was found, each with its text.
func Pieces(found []integrations.Evidence) (pieces []integrations.Piece, left []string) {
	return integrations.Pieces(found)
}

// Parser finds results in a task's output; nil for a service, whose output is
// nobody's result.
func Parser(t tasks.Task) tasks.Parser {
	if t.IsService() {
		return nil
	}
	return parser{}
}

// parser hands every line to the integrations, in their order.
type parser struct{}

var _ tasks.Parser = parser{}

func (parser) Parse(t tasks.Task, s tasks.Sink) func(n int64, line string) {
	sink := newOnce(s)
	var readers []integrations.Reader
	for _, d := range Definitions() {
		if d.Parse == nil || !reads(t, d.Name) {
			continue
		}
		if read := d.Parse(t, sink); read != nil {
			readers = append(readers, read)
		}
	}
	// Declared files are read anyway; what another system has written is not here.
	recognizes := len(readers) > 0 && len(t.Spec.Results) == 0 && !t.Remote()
	return func(n int64, line string) {
		// What a progress bar leaves on the screen is behind its last return.
		if strings.IndexByte(line, '\r') >= 0 { // faster than to look from the end
			line = line[strings.LastIndexByte(line, '\r')+1:]
		}
		if recognizes {
			if file, ok := written(line); ok {
				readWritten(t, file, sink)
				return
			}
		}
		for _, read := range readers {
			if read(n, line) {
				return
			}
		}
	}
}

// reads says whether an integration is to read a task's output: every one when
// the task names no format.
func reads(t tasks.Task, integration string) bool {
	if len(t.Spec.Format) == 0 {
		return true
	}
	for _, f := range t.Spec.Format {
		switch {
		case f.Name == "none":
			return false
		case integration == "metrics", integration == "matcher", integration == "errorformat":
			return true // numbers are in no other's way; the others read what is spelled out
		case f.Name == integration, f.Name == "go" && integration == "gotest", f.Name == "nextest" && integration == "cargo", f.Name == "node" && integration == "nodetest":
			return true
		}
	}
	return false
}

// ReadFile reads a file of results that a task wrote; false: no integration
// knows it.
func ReadFile(t tasks.Task, text []byte, s tasks.Sink) bool {
	for _, d := range Definitions() {
		if d.File != nil && d.File(t, text, s) {
			return true
		}
	}
	return false
}

// once keeps a place that a failed test told of from being told again as a
// diagnostic, by a tool that sums up; and the diffs of a run from growing
// beyond what somebody reads.
type once struct {
	tasks.Sink
	failed map[spot]bool
	diffs  map[tasks.TestName]int // the bytes of each
	bytes  int                    // their sum
}

type spot struct {
	file string
	line int
}

// What is remembered of a run at most.
const (
	mostSpots = 5000
	mostDiffs = 1 << 20 // bytes
)

func newOnce(s tasks.Sink) *once {
	return &once{Sink: s, failed: map[spot]bool{}, diffs: map[tasks.TestName]int{}}
}

func (o *once) Emit(ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.TestReported:
		if at := e.Test.Location; e.Test.Status == tasks.TestFailed && at.File != "" && len(o.failed) < mostSpots {
			o.failed[spot{at.File, at.Line}] = true
		}
		if e.Test.Diff != "" {
			name := tasks.TestName{Suite: e.Test.Suite, Name: e.Test.Name}
			if grown := len(e.Test.Diff) - o.diffs[name]; o.bytes+grown > mostDiffs {
				e.Test.Diff = ""
				ev = e
			} else {
				o.bytes += grown
				o.diffs[name] = len(e.Test.Diff)
			}
		}
	case tasks.DiagnosticReported:
		if at := e.Diagnostic.Location; o.failed[spot{at.File, at.Line}] {
			return
		}
	}
	o.Sink.Emit(ev)
}

// Lacks asks the integrations, in their order, what a unit needs that was never
// installed here.
func Lacks(root string, u config.Unit, path string) (integrations.Lack, bool) {
	for _, d := range Definitions() {
		if d.Lacks == nil {
			continue
		}
		if lack, ok := d.Lacks(root, u, path); ok {
			return lack, true
		}
	}
	return integrations.Lack{}, false
}

// Writes says whether a unit's tool writes a file by itself while it runs.
func Writes(u config.Unit, file string) bool {
	for _, d := range Definitions() {
		if d.Writes != nil && d.Writes(u, file) {
			return true
		}
	}
	return false
}

// Live changes a task's command so that its tool tells of each test while it runs, by
// the first integration that knows how; false: none does.
func Live(t tasks.Task) (tasks.Live, bool) {
	for _, d := range Definitions() {
		if d.Live == nil || !reads(t, d.Name) {
			continue
		}
		if l, ok := d.Live(t); ok {
			read := l.Read
			l.Read = func(s tasks.LineSink) tasks.LiveReader { return read(onceLines{s, newOnce(s)}) }
			return l, true
		}
	}
	return tasks.Live{}, false
}

// onceLines is once for who logs lines, too.
type onceLines struct {
	tasks.LineSink
	once *once
}

func (o onceLines) Emit(ev tasks.Event) { o.once.Emit(ev) }

// Narrower asks the integrations, in their order, how little of a task answers
// a request: the first that knows the task's tool answers.
func Narrower(s integrations.Surroundings) tasks.Narrower {
	var all narrowers
	for _, d := range Definitions() {
		if d.Narrow != nil {
			all = append(all, d.Narrow(s))
		}
	}
	return all
}

type narrowers []tasks.Narrower

var _ tasks.Narrower = narrowers(nil)

func (all narrowers) Narrow(ctx context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	for _, n := range all {
		if answer, ok := n.Narrow(ctx, q); ok || answer.Narrowing.Why != "" {
			return answer, ok
		}
	}
	return tasks.Narrowed{}, false
}

func (all narrowers) Prepare(q tasks.Request) {
	for _, n := range all {
		n.Prepare(q)
	}
}
