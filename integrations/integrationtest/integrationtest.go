// Package integrationtest is what every integration is tested with: recorded
// output goes in, results come out, and Contract checks the promises that all
// of them make. It knows no integration.
package integrationtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Found is what a reader reported, as a run would show it.
type Found struct {
	Tests       []tasks.TestResult
	Diagnostics []tasks.Diagnostic
	Metrics     map[string][]float64
	// Own are the lines that the reader called its own.
	Own []string
}

var _ tasks.Sink = (*Found)(nil)

// Log takes no output: a reader has none.
func (f *Found) Log(logs.Stream, []byte) {}

// Emit folds an event as the state of a run does.
func (f *Found) Emit(ev tasks.Event) {
	switch e := ev.(type) {
	case tasks.TestReported:
		for i, t := range f.Tests {
			if t.Suite == e.Test.Suite && t.Name == e.Test.Name {
				f.Tests[i] = e.Test
				return
			}
		}
		f.Tests = append(f.Tests, e.Test)
	case tasks.DiagnosticReported:
		if last := len(f.Diagnostics) - 1; last >= 0 && f.Diagnostics[last].Named(e.Diagnostic) {
			f.Diagnostics[last].Code = e.Diagnostic.Code
			return
		}
		f.Diagnostics = append(f.Diagnostics, e.Diagnostic)
	case tasks.MetricReported:
		if f.Metrics == nil {
			f.Metrics = map[string][]float64{}
		}
		f.Metrics[e.Name] = append(f.Metrics[e.Name], e.Point.Value)
	default:
		panic(fmt.Sprintf("a reader reported %T", ev))
	}
}

// Rows are the tests and diagnostics, one a line, for comparing.
func (f *Found) Rows() []string {
	var rows []string
	for _, t := range f.Tests {
		rows = append(rows, strings.TrimRight(fmt.Sprintf("%s %s %s %s %s", t.Status, t.Suite, t.Name, t.Location, t.Message), " "))
	}
	for _, d := range f.Diagnostics {
		rows = append(rows, strings.TrimRight(fmt.Sprintf("%s %s %s %s", d.Severity, d.Location, d.Code, d.Message), " "))
	}
	return rows
}

// Output is what each failed test printed, by its name, of the lines that were
// read.
func (f *Found) Output(lines []string) map[string][]string {
	all := map[string][]string{}
	for _, t := range f.Tests {
		if t.Status != tasks.TestFailed {
			continue
		}
		own := []string{}
		for _, span := range t.Output {
			if span.To < 0 {
				span.To = int64(len(lines))
			}
			for _, line := range lines[span.From:span.To] {
				if text, ok := t.Printed(line); ok {
					own = append(own, text)
				}
			}
		}
		all[t.Name] = own
	}
	return all
}

// Diffs are what failed tests compared, by name.
func (f *Found) Diffs() map[string]string {
	all := map[string]string{}
	for _, t := range f.Tests {
		if t.Diff != "" {
			all[t.Name] = t.Diff
		}
	}
	return all
}

// Task is one that runs in dir, a folder below root.
func Task(root, dir string) tasks.Task {
	return tasks.Task{Name: "test", Of: "test", Kind: config.Task, Root: root, Spec: config.Unit{Dir: filepath.Join(root, filepath.FromSlash(dir))}}
}

// Root is the absolute path of a folder of testdata.
func Root(tb testing.TB, dir string) string {
	tb.Helper()
	root, err := filepath.Abs(filepath.FromSlash(dir))
	if err != nil {
		tb.Fatal(err)
	}
	return root
}

// Lines are those of recorded output, as a reader is given them; $ROOT in it
// stands for the workspace.
func Lines(tb testing.TB, file, root string) []string {
	tb.Helper()
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		tb.Fatal(err)
	}
	whole := strings.ReplaceAll(ansi.Strip(string(text)), "$ROOT", filepath.ToSlash(root))
	return strings.Split(strings.TrimSuffix(whole, "\n"), "\n")
}

// Recorded gives recorded output to a reader, and returns its lines, too; dir is the
// folder of testdata that it comes from.
func Recorded(tb testing.TB, d integrations.Definition, dir, file string) (*Found, []string) {
	tb.Helper()
	root := Root(tb, dir)
	lines := Lines(tb, file, root)
	return Read(d, Task(root, ""), lines), lines
}

// Read gives lines to a reader of the task.
func Read(d integrations.Definition, task tasks.Task, lines []string) *Found {
	f := &Found{}
	read := d.Parse(task, f)
	if read == nil {
		return f
	}
	for n, line := range lines {
		if read(int64(n), line) {
			f.Own = append(f.Own, line)
		}
	}
	return f
}

// Contract checks what is promised for every integration. The examples are
// output that it reads.
func Contract(t *testing.T, d integrations.Definition, examples ...string) {
	t.Helper()
	if d.Name == "" || d.Name != strings.ToLower(d.Name) || strings.ContainsAny(d.Name, " /") || d.Title == "" {
		t.Errorf("name %q, title %q: want one lower-case word and something for people", d.Name, d.Title)
	}
	if d.Detect != nil {
		if found, err := d.Detect(t.Context(), t.TempDir()); len(found) > 0 || err != nil {
			t.Errorf("in an empty directory: %v, %v", found, err)
		}
		if found, _ := d.Detect(t.Context(), filepath.Join(t.TempDir(), "none")); len(found) > 0 {
			t.Errorf("in no directory: %v", found)
		}
	}
	if d.Narrow != nil {
		narrows(t, d)
	}
	if d.Parse == nil {
		return
	}
	root := t.TempDir()
	task := Task(root, "")
	for _, line := range []string{
		"", " ", "12345", "2026-11-22T12:00:00Z INFO GET /api/cart 200 12ms id=7f3a",
		`{"level":"info","msg":"listening on 127.0.0.1:8080"}`, "Done in 3.2s: all is well", "cart.go:12: no such file here",
	} {
		if f := Read(d, task, []string{line}); len(f.Own)+len(f.Rows())+len(f.Metrics) > 0 {
			t.Errorf("a line that is nobody's result: %q gave %q", line, f.Rows())
		}
	}
	lines := strings.Split(strings.Join(examples, "\n"), "\n")
	rapid.Check(t, func(t *rapid.T) { // cut off, interleaved, and worse
		var given []string
		for range rapid.IntRange(0, 40).Draw(t, "lines") {
			line := rapid.SampledFrom(lines).Draw(t, "line")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				line = line[:rapid.IntRange(0, len(line)).Draw(t, "cut")]
			case 1:
				line += rapid.String().Draw(t, "noise")
			}
			given = append(given, strings.ReplaceAll(line, "\n", " "))
		}
		for _, row := range Read(d, task, given).Diagnostics {
			if row.Message == "" || row.Location.File == "" {
				t.Fatalf("a diagnostic that says nothing: %+v", row)
			}
		}
	})
}

// Fuzz gives any output to a reader; seeds are files of recorded output.
func Fuzz(f *testing.F, d integrations.Definition, root string, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add(strings.Join(Lines(f, seed, root), "\n"))
	}
	f.Fuzz(func(t *testing.T, output string) {
		for _, row := range Read(d, Task(root, ""), strings.Split(output, "\n")).Tests {
			if row.Name == "" || row.Status == "" {
				t.Fatalf("a test without a name or a status: %+v", row)
			}
		}
	})
}

// narrows checks that what lets a tool do less leaves other tools alone, and
// never answers with a command when it is not sure of one.
func narrows(t *testing.T, d integrations.Definition) {
	t.Helper()
	n := d.Narrow(integrations.Surroundings{
		Aside: func(work func(context.Context)) { work(t.Context()) },
		Env:   func(config.Unit) ([]string, error) { return os.Environ(), nil },
	})
	for _, u := range []config.Unit{
		{}, {Run: "make test"}, {Run: "./test.sh --all"}, {Run: "a && b"}, {Run: "echo 'open"}, {Command: []string{"echo", "go test ./..."}},
	} {
		task := Task(t.TempDir(), "")
		u.Dir, u.Watch = task.Spec.Dir, &config.Watch{Paths: []string{"**"}}
		task.Spec = u
		for _, q := range []tasks.Request{
			{Task: task, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"a.x"}}},
			{Task: task, Only: []tasks.TestName{{Suite: "a", Name: "b"}}},
		} {
			if got, ok := n.Narrow(t.Context(), q); ok || got.Narrowing.Why != "" {
				t.Errorf("%q%q, another tool's, became %q%q: %s", u.Run, u.Command, got.Spec.Run, got.Spec.Command, got.Narrowing.Why)
			}
		}
		n.Prepare(tasks.Request{Task: task})
	}
}
