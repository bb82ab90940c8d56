package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// answer runs a command and gives the tab what comes of it.
func answer(s *Screen, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range m {
			answer(s, c)
		}
	case nil:
	default:
		if s.Owns(m) {
			s.Update(m)
		}
	}
}

// Whatever runs tell and a person does, the tab fills its room exactly, counts
// what is there, and keeps a cursor that the person has set on its test for as
// long as that has a row.
func TestAnyCourseOfRunsIsDrawnInItsRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, s := newState(), New()
		in := theme.Dark().Inks()
		n := 0
		suites, names := []string{"", "cart", "pay/漢字", "a\x1b[31mb"}, []string{"TestA", "TestA/x", "TestA/x/y", "TestB[1/2]", "T::c", "TestLong" + strings.Repeat("er", 60)}
		id := tasks.RunID("")
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 9).Draw(t, "what"); {
			case what == 0 || id == "":
				n++
				id = tasks.NewRunID("test", n)
				at := time.Date(2026, 3, 2, 10, n, 0, 0, time.UTC)
				state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test", Number: n, Status: tasks.Queued, QueuedAt: at, EndLine: -1}})
				state.Apply(tasks.RunStarted{ID: id, At: at})
				if rapid.Bool().Draw(t, "narrowed") {
					state.Apply(tasks.RunNarrowed{ID: id, Narrowing: tasks.Narrowing{What: "a part", Why: "a reason"}})
				}
			case what == 1:
				status := rapid.SampledFrom([]tasks.Status{tasks.Succeeded, tasks.Failed, tasks.Stale, tasks.Cancelled}).Draw(t, "end")
				state.Apply(tasks.RunEnded{ID: id, At: time.Date(2026, 3, 2, 11, n, 0, 0, time.UTC), Status: status, EndLine: 50})
				id = ""
			case what == 2:
				d := tasks.Diagnostic{Severity: tasks.Error, Message: rapid.StringN(0, 40, 200).Draw(t, "said"), Location: tasks.Location{File: "a.go", Line: 3}, Line: 2}
				state.Apply(tasks.DiagnosticReported{ID: id, Diagnostic: d})
			case what < 7:
				r := tasks.TestResult{
					Suite: rapid.SampledFrom(suites).Draw(t, "suite"), Name: rapid.SampledFrom(names).Draw(t, "name"), Line: -1,
					Status:   rapid.SampledFrom([]tasks.TestStatus{tasks.TestPassed, tasks.TestFailed, tasks.TestRunning, tasks.TestSkipped}).Draw(t, "status"),
					Duration: time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond,
					Message:  rapid.SampledFrom([]string{"", "want 3, got 4", "漢字漢字 two\nlines"}).Draw(t, "message"),
				}
				if r.Suite != "" {
					r.File = rapid.SampledFrom([]string{"", "cart/a_test.go", "cart/b_test.go"}).Draw(t, "file")
				}
				if strings.Contains(r.Name, "/") {
					r.Separator = "/"
				}
				state.Apply(tasks.TestReported{ID: id, Test: r})
			default:
				press(t, s)
			}
			f := screen.Frame{
				W: rapid.IntRange(10, 130).Draw(t, "w"), H: rapid.IntRange(1, 40).Draw(t, "h"),
				State: state, Unit: "test", Now: time.Now(), Ink: in, Focused: rapid.Bool().Draw(t, "focused"),
			}
			answer(s, s.Follow(f))
			answer(s, s.Follow(f))
			lines := s.View(f)
			if len(lines) != f.H {
				t.Fatalf("%d lines in a room of %dx%d", len(lines), f.W, f.H)
			}
			for _, l := range lines {
				if w := ansi.StringWidth(l); w != f.W {
					t.Fatalf("%d cells in a room of %dx%d: %q", w, f.W, f.H, l)
				}
			}
			counted(t, s)
		}
	})
}

// press does one of the actions that can be done now, or types, or moves.
func press(t *rapid.T, s *Screen) {
	if s.Typing() {
		s.Key(tea.KeyPressMsg{Code: 'a', Text: "a"})
		if rapid.Bool().Draw(t, "done") {
			s.Key(tea.KeyPressMsg{Code: tea.KeyEnter})
		}
		return
	}
	var all []action.Action
	for _, a := range append(s.Actions(), s.FailureActions()...) {
		if a.Enabled() {
			all = append(all, a)
		}
	}
	switch i := rapid.IntRange(-3, len(all)-1).Draw(t, "action"); i {
	case -3:
		s.Click(rapid.IntRange(0, 130).Draw(t, "x"), rapid.IntRange(0, 40).Draw(t, "y"))
	case -2:
		s.Wheel(rapid.IntRange(0, 130).Draw(t, "x"), rapid.IntRange(0, 40).Draw(t, "y"), rapid.IntRange(-9, 9).Draw(t, "n"))
	case -1:
		s.Move(rapid.IntRange(-9, 9).Draw(t, "n"))
	default:
		all[i].Do()
	}
}

// counted compares the counts of every node with what is below it.
func counted(t rapid.TB, s *Screen) {
	var walk func(n *node) [ranks]int
	walk = func(n *node) (sum [ranks]int) {
		for _, k := range n.kids {
			for r, c := range walk(k) {
				sum[r] += c
			}
		}
		// One that failed with what is below it is counted there.
		if n.has && (rank(n.result.Status) != failed || n.result.Message != "" || sum[failed] == 0) {
			sum[rank(n.result.Status)]++
		}
		if sum != n.count {
			t.Fatalf("%q counts %v, below it are %v", n.full(), n.count, sum)
		}
		return sum
	}
	walk(s.model.root)
	if s.at > 0 && s.at >= len(s.rows) {
		t.Fatalf("the cursor is at row %d of %d", s.at, len(s.rows))
	}
}

func TestStacksAreKnownByTheirFrames(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"pay/pay.go", "cart/rules.py", "src/cart.ts", "node_modules/vitest/run.js"} {
		writeFile(t, root, name)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"go", "panic: nil map\n\ngoroutine 7 [running]:\ntesting.tRunner(0x1)\n\t/usr/lib/go/testing.go:12 +0x1\nshop/pay.Refund(...)\n\tROOT/pay/pay.go:3 +0x2\n", "  " + " LLOO "},
		{"python", "Traceback:\n  File \"ROOT/cart/rules.py\", line 3, in total\n    return x\n  File \"/usr/lib/python/a.py\", line 9, in b\n    raise\nKeyError: x", " OOLL "},
		{"javascript", "Error: no\n    at total (ROOT/src/cart.ts:3:4)\n    at run (ROOT/node_modules/vitest/run.js:1:2)\n    at node:internal/process:9:1", " OLL"},
		{"pytest, short", "cart/rules.py:12: in total\n    return x\nE   KeyError", "O  "},
		{"rust", "stack backtrace:\n   0: core::panic\n             at /rustc/5980/core/panic.rs:12:5\n   1: cart::total\n             at ./src/cart.ts:3:9\n", " LLOO "},
		{"no stack", "at last\nsrc/cart.ts:3: bad\nFile \"x\"", "   "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := &node{has: true, result: tasks.TestResult{Suite: "pay"}}
			var lines []line
			for i, text := range strings.Split(strings.ReplaceAll(tt.text, "ROOT", root), "\n") {
				lines = append(lines, line{n: int64(i), text: text})
			}
			var got strings.Builder
			for _, l := range examine(lines, newFinder(root, "", n)) {
				switch {
				case l.frame && l.ours:
					got.WriteByte('O')
				case l.frame:
					got.WriteByte('L')
				default:
					got.WriteByte(' ')
				}
			}
			if got.String() != tt.want {
				t.Errorf("got %q, want %q", got.String(), tt.want)
			}
		})
	}
}

func TestASourceIsReadAroundItsPlaceAndOnlyWhenItChanged(t *testing.T) {
	root := t.TempDir()
	path := writeFile(t, root, "a.txt")
	at := tasks.Location{File: "a.txt", Line: 100}
	first := readSource(root, at, "one", source{})
	if first.err != nil || first.from != 60 || len(first.lines) != 81 || first.lines[40] != "line 100" {
		t.Fatalf("from %d, %d lines, %v", first.from, len(first.lines), first.err)
	}
	if again := readSource(root, at, "two", first); again.stamp != "two" || &again.lines[0] != &first.lines[0] {
		t.Error("what has not changed was read again")
	}
	if err := chtimes(path); err != nil {
		t.Fatal(err)
	}
	if again := readSource(root, at, "three", first); &again.lines[0] == &first.lines[0] {
		t.Error("what has changed was not read again")
	}
	if s := readSource(root, tasks.Location{File: "b.txt", Line: 1}, "", source{}); s.err == nil {
		t.Error("a file that is not there can be read")
	}
	if s := readSource(root, tasks.Location{File: ".", Line: 1}, "", source{}); s.err == nil {
		t.Error("a directory can be read")
	}
}

func TestATestIsFoundWhereItIsWritten(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a_test.go", "package a\n\nfunc TestAll(t *testing.T) {}\n\nfunc TestA(t *testing.T) {\n\tfor _, tt := range []c{{\"no discount\", 0}} {\n")
	write("test_a.py", "class TestOther:\n  def test_x(self): pass\nclass TestA:\n  def test_xy(self): pass\n  def test_x(self): pass\n")
	write("a.test.ts", "describe('cart', () => {\n  it('adds up', () => {\n")
	for _, tt := range []struct {
		test tasks.TestResult
		want int
	}{
		{tasks.TestResult{File: "a_test.go", Name: "TestA"}, 5},
		{tasks.TestResult{File: "a_test.go", Name: "TestA/no_discount", Separator: "/"}, 6},
		{tasks.TestResult{File: "a_test.go", Name: "TestA/made_up", Separator: "/"}, 5},
		{tasks.TestResult{File: "a_test.go", Name: "TestNone"}, 0},
		{tasks.TestResult{File: "test_a.py", Name: "TestA::test_x[1-2]", Separator: "::"}, 5},
		{tasks.TestResult{File: "a.test.ts", Name: "cart > adds up", Separator: " > "}, 2},
		{tasks.TestResult{File: "gone.go", Name: "TestA"}, 0},
	} {
		if got := define(root, tt.test); got != tt.want {
			t.Errorf("%s of %s: line %d, want %d", tt.test.Name, tt.test.File, got, tt.want)
		}
	}
}

func numbered() string {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "line %d\n", i+1)
	}
	return b.String()
}
