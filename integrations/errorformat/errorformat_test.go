package errorformat

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// task names patterns; its workspace is that of the diagnostics.
func task(tb testing.TB, patterns ...string) tasks.Task {
	tb.Helper()
	t := integrationtest.Task(integrationtest.Root(tb, "../diagnostics/testdata/shop"), "")
	t.Spec.Format = []config.Format{{Errorformat: patterns}}
	return t
}

func TestPatternsReadLines(t *testing.T) {
	for _, c := range []struct {
		about    string
		patterns []string
		lines    string
		want     []string
	}{
		{
			"one line",
			[]string{"%f:%l:%c: %trror: %m", "%f:%l:%c: %tarning: %m", "%f:%l: %m", "%f: %m"},
			"cart.c:4:7: error: no x\ncart.c:5:1: warning: odd\ncart.py:9: said\ncart.py: of it all\nnowhere.c:1:1: error: x\ncart.c:4:7: error: no x",
			[]string{"error cart.c:4:7  no x", "warning cart.c:5:1  odd", "error cart.py:9  said", "error cart.py  of it all"},
		},
		{
			"several lines, the place last",
			[]string{`%EError %n`, `%Cline %l`, `%Ccolumn %c`, `%Cfile %f`, `%Z%m`},
			"Error 275\nline 42\ncolumn 3\nfile cart.py\n' ' expected after '--'\nother",
			[]string{"error cart.py:42:3 275 ' ' expected after '--'"},
		},
		{
			"directories",
			[]string{"%Dmake: Entering directory '%f'", "%Xmake: Leaving directory '%f'", "%f:%l: %m"},
			"make: Entering directory 'src'\ncart.js:3: in it\nmake: Leaving directory 'src'\ncart.py:4: outside",
			[]string{"error src/cart.js:3  in it", "error cart.py:4  outside"},
		},
		{
			"a file above its rows",
			[]string{"%+P%f:", "  %l:%c %m", "%-Q"},
			"cart.py:\n  3:4 first\n  5:6 second\n\n  7:8 of no file",
			[]string{"error cart.py:3:4  first", "error cart.py:5:6  second"},
		},
		{
			"what is left out",
			[]string{"%-G%.%#note%.%#", "%f:%l: %m"},
			"cart.py:1: note: no\ncart.py:2: yes",
			[]string{"error cart.py:2  yes"},
		},
		{
			"the kind of several",
			[]string{"%W%f:%l: %m", "%I%f(%l): %m", "%N%f|%l|%m"},
			"cart.py:1: w\ncart.py(2): i\ncart.py|3|n",
			[]string{"warning cart.py:1  w", "info cart.py:2  i", "info cart.py:3  n"},
		},
	} {
		found := integrationtest.Read(Definition(), task(t, c.patterns...), strings.Split(c.lines, "\n"))
		if diff := cmp.Diff(c.want, found.Rows()); diff != "" {
			t.Errorf("%s: %s", c.about, diff)
		}
	}
}

func TestATracebackIsRead(t *testing.T) {
	patterns := []string{`%ATraceback (most recent call last):`, `%C  File "%f"\, line %l\, in %.%#`, `%C    %.%#`, `%Z%m`}
	lines := "Traceback (most recent call last):\n  File \"cart.py\", line 3, in first\n    return x[0]\nIndexError: out of range"
	got := integrationtest.Read(Definition(), task(t, patterns...), strings.Split(lines, "\n")).Rows()
	if diff := cmp.Diff([]string{"error cart.py:3  IndexError: out of range"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestATaskWithoutPatternsIsNotRead(t *testing.T) {
	plain := task(t)
	plain.Spec.Format = nil
	if Definition().Parse(plain, nil) != nil {
		t.Error("it is read")
	}
	integrationtest.Contract(t, Definition())
}

func FuzzAnyPatternAndOutputIsSurvived(f *testing.F) {
	f.Add("%f:%l:%c: %m", "cart.py:3:4: x")
	f.Add("%E%f:%l: %m", "cart.py:3: x")
	f.Add("%*[^:]%*\\d%.%#%%", "a1%")
	f.Fuzz(func(t *testing.T, pattern, output string) {
		tk := task(t, pattern, "%C%m", "%Z%p^", "%f:%l: %m")
		for _, d := range integrationtest.Read(Definition(), tk, strings.Split(output, "\n")).Diagnostics {
			if d.Message == "" || d.Location.File == "" {
				t.Fatalf("a diagnostic that says nothing: %+v", d)
			}
		}
	})
}
