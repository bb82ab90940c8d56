package matcher

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// task names formats; its workspace is that of the diagnostics.
func task(tb testing.TB, formats ...config.Format) tasks.Task {
	tb.Helper()
	t := integrationtest.Task(integrationtest.Root(tb, "../diagnostics/testdata/shop"), "")
	t.Spec.Format = formats
	return t
}

func TestMatchersThatEditorsNameReadTheirTools(t *testing.T) {
	root := integrationtest.Root(t, "../diagnostics/testdata/shop")
	for _, c := range []struct {
		name, file, text string
		want             []string
	}{
		{"$tsc", "tsc.txt", "", []string{
			"error src/cart.ts:1:7 TS2322 Type 'number' is not assignable to type 'string'.",
			"error src/cart.ts:2:41 TS2339 Property 'missing' does not exist on type 'number'.",
			"error src/cart.ts:3:3 TS2345 Argument of type 'string' is not assignable to parameter of type 'number'.",
		}},
		{"$tsc-watch", "tsc_pretty.txt", "", []string{
			"error src/cart.ts:1:7 TS2322 Type 'number' is not assignable to type 'string'.",
			"error src/cart.ts:2:41 TS2339 Property 'missing' does not exist on type 'number'.",
			"error src/cart.ts:3:3 TS2345 Argument of type 'string' is not assignable to parameter of type 'number'.",
		}},
		{"$gcc", "gcc.txt", "", []string{
			"error total.h:1:34  ‘b’ undeclared (first use in this function)",
			"info total.h:1:34  each undeclared identifier is reported only once for each function it appears in",
			"error cart.c:5:21  ‘missing’ undeclared (first use in this function)",
			"warning cart.c:4:7  unused variable ‘unused’ [-Wunused-variable]",
			"warning total.h:1:37  control reaches end of non-void function [-Wreturn-type]",
		}},
		{"$eslint-stylish", "eslint.txt", "", []string{
			"error src/cart.js:1:29 no-unused-vars 'unused' is assigned a value but never used",
			"error src/cart.js:1:48 no-undef 'missing' is not defined",
			"error src/cart.js:2:5 no-constant-condition Unexpected constant condition",
			"error src/cart.js:2:11 no-empty Empty block statement",
		}},
		{"$rustc", "cargo_build.txt", "", []string{
			"error src/lib.rs:2:5 E0425 cannot find value `missing` in this scope",
		}},
		{"$go", "", "# example.com/shop\nvet: cart.py:3:2: not Go\n./cart.py:4: no", nil},
		{"$eslint-compact", "", "src/cart.js: line 3, col 5, Error - 'x' is not defined. (no-undef)\n\n1 problem", []string{"error src/cart.js:3:5 no-undef 'x' is not defined."}},
		{"$jshint", "", "src/cart.js: line 2, col 4, Missing semicolon. (W033)", []string{"warning src/cart.js:2:4 033 Missing semicolon."}},
		{"$jshint-stylish", "", "src/cart.js\n  line 2  col 4  Missing semicolon.  (W033)\n  line 3  col 1  Bad.  (E001)", []string{"warning src/cart.js:2:4 033 Missing semicolon.", "error src/cart.js:3:1 001 Bad."}},
		{"$msCompile", "", "     1>cart.c(4,7): error C2065: 'x': undeclared identifier [shop.vcxproj]", []string{"error cart.c:4:7 C2065 'x': undeclared identifier [shop.vcxproj]"}},
		{"$lessCompile", "", "variable @x is undefined in file cart.py line no. 3", []string{"error cart.py:3  variable @x is undefined"}},
	} {
		lines := strings.Split(c.text, "\n")
		if c.file != "" {
			lines = integrationtest.Lines(t, "../diagnostics/testdata/"+c.file, root)
		}
		got := integrationtest.Read(Definition(), task(t, config.Format{Name: c.name}), lines).Rows()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestEveryNameThatAFileMayUseIsKnown(t *testing.T) {
	for _, name := range config.Formats() {
		if _, ok := named()[name]; strings.HasPrefix(name, "$") && !ok {
			t.Errorf("%s has no patterns", name)
		}
	}
	for name, known := range named() {
		if !slices.Contains(config.Formats(), name) {
			t.Errorf("%s can't be named in a file", name)
		}
		if newMatcher(known.patterns, known.severity) == nil {
			t.Errorf("%s has a pattern that is none", name)
		}
	}
}

func TestATasksOwnPatternsAreRead(t *testing.T) {
	one := config.Format{Severity: "warning", Pattern: []config.Pattern{{Regexp: `^(\S+) \[(\d+)\] (.*)$`, File: 1, Line: 2, Message: 3}}}
	several := config.Format{Pattern: []config.Pattern{
		{Regexp: `^In (\S+):$`, File: 1},
		{Regexp: `^  at (\d+,\d+) (\w+) (.*)$`, Location: 1, Severity: 2, Message: 3, Loop: true},
	}}
	whole := config.Format{Pattern: []config.Pattern{{Regexp: `^BAD (\S+)@(\d+)$`, File: 1, Line: 2}}}
	lines := strings.Split(`cart.py [3] too long
nowhere.py [3] too long
In cart.py:
  at 4,2 warning first
  at 5,1 error second
In cart.c:
In cart.py:
nothing
  at 6,1 error not of a file
BAD cart.py@7
cart.py [3] too long`, "\n")
	found := integrationtest.Read(Definition(), task(t, one, several, whole), lines)
	want := []string{
		"warning cart.py:3  too long", "warning cart.py:4:2  first", "error cart.py:5:1  second", "error cart.py:7  BAD cart.py@7",
	}
	if diff := cmp.Diff(want, found.Rows()); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(found.Own, "nothing") {
		t.Error("a line that fits nothing is its own")
	}
}

func TestATaskWithoutPatternsIsNotRead(t *testing.T) {
	if Definition().Parse(task(t), nil) != nil || Definition().Parse(task(t, config.Format{Name: "pytest"}), nil) != nil {
		t.Error("it is read")
	}
	integrationtest.Contract(t, Definition())
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	root := integrationtest.Root(f, "../diagnostics/testdata/shop")
	var all []config.Format
	for _, name := range config.Formats() {
		all = append(all, config.Format{Name: name})
	}
	for _, file := range []string{"tsc.txt", "gcc.txt", "eslint.txt", "cargo_build.txt"} {
		f.Add(strings.Join(integrationtest.Lines(f, "../diagnostics/testdata/"+file, root), "\n"))
	}
	f.Fuzz(func(t *testing.T, output string) {
		for _, d := range integrationtest.Read(Definition(), task(t, all...), strings.Split(output, "\n")).Diagnostics {
			if d.Message == "" || d.Location.File == "" {
				t.Fatalf("a diagnostic that says nothing: %+v", d)
			}
		}
	})
}
