package inputs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

type counted struct {
	runs int
	err  error
	do   func()
}

func (c *counted) Run(context.Context, tasks.Request, tasks.Sink) error {
	c.runs++
	if c.do != nil {
		c.do()
	}
	return c.err
}

type heard struct {
	notes  string
	cached tasks.RunID
}

func (h *heard) Log(_ logs.Stream, p []byte) { h.notes += string(p) }
func (h *heard) Emit(e tasks.Event) {
	if c, ok := e.(tasks.RunCached); ok {
		h.cached = c.Of
	}
}

// place is a workspace with one file and a task whose input it is.
type place struct {
	*testing.T
	root string
	next *counted
	r    *Runner
	q    tasks.Request
	env  map[string]string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{T: t, root: t.TempDir(), next: &counted{}, env: map[string]string{}}
	p.write("src/a.go", "package a")
	p.write("README.md", "read me")
	p.r = New(p.next, t.TempDir(), p.environment)
	p.q = tasks.Request{Run: "build#1", Task: tasks.Task{Name: "build", Root: p.root, Spec: config.Unit{
		Run: "go build", Shell: []string{"sh", "-c"}, Dir: p.root,
		Inputs: &config.Inputs{Files: []string{"src/**"}, Env: []string{"MODE"}, Tools: []string{"cat tool.txt"}},
	}}}
	p.write("tool.txt", "v1")
	return p
}

// environment is that of this process, and what the test says.
func (p *place) environment(u config.Unit) ([]string, error) {
	environ := os.Environ()
	for _, given := range []map[string]string{p.env, u.Env} {
		for name, value := range given {
			environ = append(environ, name+"="+value)
		}
	}
	return environ, nil
}

func (p *place) write(name, text string) {
	p.Helper()
	file := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

// run runs the task and says whether it had something to do.
func (p *place) run() (ran bool, h *heard) {
	p.Helper()
	before := p.next.runs
	h = &heard{}
	if err := p.r.Run(p.Context(), p.q, h); err != nil && !errors.Is(err, p.next.err) {
		p.Fatal(err)
	}
	return p.next.runs > before, h
}

func TestATaskIsSkippedWhileNothingOfItsInputsChanged(t *testing.T) {
	p := newPlace(t)
	if ran, _ := p.run(); !ran {
		t.Fatal("the first run was skipped")
	}
	p.write("README.md", "not an input")
	ran, h := p.run()
	if ran || h.cached != "build#1" || !strings.Contains(h.notes, "nothing of its inputs changed since build#1") {
		t.Fatalf("ran %v, cached %q, said %q", ran, h.cached, h.notes)
	}
}

func TestEveryKindOfInputCounts(t *testing.T) {
	for name, change := range map[string]func(*place){
		"a file's text":                func(p *place) { p.write("src/a.go", "package b") },
		"a new file":                   func(p *place) { p.write("src/b.go", "") },
		"a renamed file":               func(p *place) { _ = os.Rename(filepath.Join(p.root, "src/a.go"), filepath.Join(p.root, "src/c.go")) },
		"a variable":                   func(p *place) { p.env["MODE"] = "release" },
		"one that the workspace gives": func(p *place) { p.env["SAWHORSE_TEST_GIVEN"] = "1" },
		"a tool":                       func(p *place) { p.write("tool.txt", "v2") },
		"the command":                  func(p *place) { p.q.Task.Spec.Run = "go build -race" },
		"a parameter":                  func(p *place) { p.q.Params = map[string]string{"os": "linux"} },
		"a person":                     func(p *place) { p.q.Cause.Fresh = true },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.run()
			change(p)
			if ran, h := p.run(); !ran {
				t.Errorf("it was skipped: %s", h.notes)
			}
		})
	}
}

func TestAFileThatGitIgnoresCountsWhereAGlobLeadsThereByName(t *testing.T) {
	for _, c := range []struct {
		globs, changed string
		ran            bool
	}{
		{"secret.env", "secret.env", true},
		{"./secret.env", "secret.env", true},
		{"dist", "dist/deep/out.js", true},
		{"dist/**/*.js", "dist/deep/out.js", true},
		{"dist/deep/out.js", "dist/deep/out.js", true},
		{"dist/deep/*.js", "dist/out.js", false},
		{"node_modules/tool/package.json", "node_modules/tool/package.json", true},
		{"**/*.env", "secret.env", false},
		{"**/*.js", "dist/deep/out.js", false},
		{"src/**", "src/made/a.go", false},
	} {
		t.Run(c.globs+" "+c.changed, func(t *testing.T) {
			p := newPlace(t)
			p.write(".git/HEAD", "ref: refs/heads/main")
			p.write(".gitignore", "*.env\ndist/\nnode_modules\nmade\n")
			p.q.Task.Spec.Inputs.Files = []string{c.globs}
			p.write(c.changed, "1")
			p.run()
			p.write(c.changed, "2")
			if ran, _ := p.run(); ran != c.ran {
				t.Errorf("it ran: %v", ran)
			}
		})
	}
}

func TestAFailureIsNotRemembered(t *testing.T) {
	p := newPlace(t)
	p.next.err = &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
	p.run()
	if ran, _ := p.run(); !ran {
		t.Fatal("a failed task was skipped")
	}
}

func TestAFileThatChangesDuringTheRunIsNotPartOfItsResult(t *testing.T) {
	p := newPlace(t)
	p.next.do = func() { p.write("src/a.go", "package changed") }
	p.run()
	p.next.do = nil
	if ran, _ := p.run(); !ran {
		t.Fatal("the change was taken as tested")
	}
}

func TestTheMemoryOutlivesTheHost(t *testing.T) {
	p := newPlace(t)
	p.run()
	p.r = New(p.next, p.r.state, p.environment)
	if ran, _ := p.run(); ran {
		t.Fatal("another host forgot the success")
	}
}

func TestAToolThatIsMissingIsSaidAndTheTaskRuns(t *testing.T) {
	p := newPlace(t)
	p.q.Task.Spec.Inputs.Tools = []string{"no-such-tool --version"}
	ran, h := p.run()
	if !ran || !strings.Contains(h.notes, "no-such-tool --version") {
		t.Fatalf("ran %v, said %q", ran, h.notes)
	}
}

func TestAToolHasTheEnvironmentOfTheTask(t *testing.T) {
	p := newPlace(t)
	p.env["SAWHORSE_TEST_TOOL"] = "here"
	p.q.Task.Spec.Inputs.Tools = []string{`test "$SAWHORSE_TEST_TOOL" = here`}
	p.run()
	if ran, h := p.run(); ran {
		t.Errorf("it ran again: %s", h.notes)
	}
}

func TestWithoutInputsEveryRunRuns(t *testing.T) {
	p := newPlace(t)
	p.q.Task.Spec.Inputs = nil
	p.run()
	if ran, _ := p.run(); !ran {
		t.Fatal("it was skipped")
	}
}
