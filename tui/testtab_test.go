package tui_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

// cartTest is the source of the tests that fail.
const cartTest = `package cart

import "testing"

func TestTotal(t *testing.T) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			got := Total(tt.items)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
`

// whatTestsPrint is what the tests that fail print, a line of the log each.
const whatTestsPrint = `=== RUN   TestTotal/discount
    cart_test.go:10: (-want +got)
          cart.Sum{
        - 	Total: 32,
        + 	Total: 40,
          	Name:  "a",
          }
--- FAIL: TestTotal/discount (0.03s)
panic: assignment to entry in nil map

goroutine 7 [running]:
testing.tRunner.func1.2({0x1, 0x2})
	/usr/lib/go/src/testing/testing.go:1734 +0x21c
panic({0x3, 0x4})
	/usr/lib/go/src/runtime/panic.go:792 +0x132
shop/pay.Refund(...)
	ROOT/pay/pay.go:3
--- FAIL: TestRefund (0.00s)`

// tested is a workspace on disk whose task "test" has run: two packages with
// failures, one without.
func tested(t *testing.T) *tuitest.Engine {
	t.Helper()
	root, logDir := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		// The bubble's clock stands long ago.
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	write("cart/cart_test.go", cartTest)
	write("pay/pay.go", "package pay\n\nfunc Refund(m map[string]int) { m[\"bob\"]++ }\n")
	store, err := logs.Open(logDir, logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.Writer("test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(logs.Out, []byte(strings.ReplaceAll(whatTestsPrint, "ROOT", root)+"\n")); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	e := tuitest.NewEngine(shop()...)
	e.Emit(tasks.WorkspaceOpened{Workspace: tasks.Workspace{Name: "shop", Root: root, LogDir: logDir, Started: time.Now()}})
	e.End(run(e, "cart TestTotal/empty+ cart TestTotal/discount+ cart TestTotal+ cart TestName+ pay TestRefund- pay TestPay+ names TestAnna+ names TestBob+ names TestLater?"), 1)
	e.End(run(e, "cart TestTotal/empty+ cart TestTotal/discount- cart TestTotal- cart TestName+ pay TestRefund- pay TestPay+ names TestAnna+ names TestBob+ names TestLater?"), 1)
	return e
}

// run starts a run of the task "test" that tells of tests as words: TestPay+
// passed, TestRefund- failed, TestLater? was skipped, TestBob~ runs.
func run(e *tuitest.Engine, results string) tasks.RunID {
	e.Emit(tasks.Wanted{Task: "test", Up: true})
	id := e.Start("test", tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart/cart.go"}, Changed: time.Now()})
	tell(e, id, results)
	return id
}

func tell(e *tuitest.Engine, id tasks.RunID, results string) {
	words := strings.Fields(results)
	for pair := range slices.Chunk(words, 2) {
		suite, name, mark := pair[0], pair[1][:len(pair[1])-1], pair[1][len(pair[1])-1]
		r := tasks.TestResult{Suite: suite, Name: name, Line: -1, Duration: time.Duration(len(name)) * time.Millisecond}
		if strings.Contains(name, "/") {
			r.Separator = "/"
		}
		switch mark {
		case '+':
			r.Status = tasks.TestPassed
		case '-':
			r.Status = tasks.TestFailed
		case '?':
			r.Status, r.Duration = tasks.TestSkipped, 0
		case '~':
			r.Status, r.Duration = tasks.TestRunning, 0
		}
		if r.Status == tasks.TestFailed {
			switch name {
			case "TestTotal/discount":
				r.Message, r.Location = "(-want +got)", tasks.Location{File: "cart/cart_test.go", Line: 10}
				r.Line, r.Output = 1, []tasks.Span{{From: 0, To: 8}}
				r.Diff = "-Total: 32,\n+Total: 40,"
			case "TestRefund":
				r.Message, r.Location = "panic: assignment to entry in nil map", tasks.Location{File: "pay/pay.go", Line: 3}
				r.Line, r.Output = 8, []tasks.Span{{From: 8, To: 18}}
			}
		}
		e.Emit(tasks.TestReported{ID: id, Test: r})
	}
}

// onTests is a person in the Tests tab of the tested workspace.
func onTests(t *testing.T, w, h int, o tui.Options) (*tuitest.User, *tuitest.Engine) {
	t.Helper()
	e := tested(t)
	u := tuitest.New(t, w, h, e, o)
	u.Press(":").Type("go test").Press("enter", "2", "tab").See("failed")
	return u.Wait(50 * time.Millisecond), e
}

func TestTheTestsTabIsDrawnAtEverySize(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 36}, {80, 24}, {50, 15}} {
		for name, keys := range map[string][]string{"list": nil, "failure": {"enter", "n"}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					u, _ := onTests(t, size[0], size[1], tui.Options{})
					golden.RequireEqual(t, []byte(u.Press(keys...).Wait(50*time.Millisecond).Screen()))
				})
			})
		}
	}
}

func TestTheTestsTabHasTheColoursOfTheTheme(t *testing.T) {
	for _, name := range []string{"dark", "light"} {
		for _, size := range [][2]int{{200, 50}, {120, 36}, {80, 24}, {50, 15}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					u, _ := onTests(t, size[0], size[1], tui.Options{Settings: tui.Settings{Theme: name}})
					golden.RequireEqual(t, []byte(u.Press("enter").Wait(50*time.Millisecond).Painted()))
				})
			})
		}
	}
}

func TestAFailedTestInAttentionOpensWhatItSaid(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tested(t)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("ATTENTION 2").Press("shift+tab", "down", "enter")
		u.See("▌    ✖ TestRefund", "panic: assignment to entry in nil map", "2 frames of libraries", "▶ 3 │ func Refund")
		u.Press("e").Wait(50 * time.Millisecond)
		if u.Ran != 1 {
			t.Error("e opens no editor")
		}
		u.Press("esc", "esc").See("/ filter")
	})
}

func TestAProblemInAttentionOpensWithItsSource(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tested(t)
		id := e.Start("test", tasks.Cause{Kind: tasks.ByPerson})
		e.Emit(tasks.DiagnosticReported{ID: id, Diagnostic: tasks.Diagnostic{
			Severity: tasks.Error, Location: tasks.Location{File: "pay/pay.go", Line: 3, Column: 40}, Message: "undefined: bob", Line: -1,
		}})
		e.End(id, 1)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("ATTENTION 1").Press(".").See("▌    ✖ pay.go:3 undefined: bob", "▌pay/pay.go:3:40", "▶ 3 │ func Refund", "✖ 2 failed")
	})
}

func TestRowsKeepTheirPlaceWhileARunGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := onTests(t, 120, 36, tui.Options{})
		order := func() string {
			var rows []string
			for line := range strings.Lines(u.Screen()) {
				for _, name := range []string{"TestName", "TestAnna", "TestRefund", "TestBob", "▾ ✖ pay", "names", "cart  "} {
					if strings.Contains(line, name) && !strings.Contains(line, "ATTENTION") && strings.Contains(line, "│") {
						rows = append(rows, name)
					}
				}
			}
			return strings.Join(rows, " ")
		}
		u.Press("G").See("▌    ○ TestLater")
		before := order()
		id := run(e, "names TestAnna- names TestBob~")
		u.See("✖ TestAnna", "◐ TestBob")
		if now := order(); now != before {
			t.Errorf("while it runs the rows are %q, before they were %q", now, before)
		}
		tell(e, id, "names TestBob+ names TestLater? cart TestName+ pay TestRefund- pay TestPay+")
		e.End(id, 1)
		u.Wait(time.Second)
		// What is in order again is around the cursor: it stays on its test, at its
		// line of the screen.
		u.See("run 3  ✖ 2 failed  ✓ 3 passed").See("▌    ○ TestLater")
		if now := order(); now == before {
			t.Errorf("after its end the failures are not first:\n%s", u.Screen())
		}
	})
}

func TestARunOfALittleChangesWhatItRan(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := onTests(t, 120, 36, tui.Options{})
		id := e.Start("test", tasks.Cause{Kind: tasks.ByPerson, Detail: "what failed"})
		e.Emit(tasks.RunNarrowed{ID: id, Narrowing: tasks.Narrowing{What: "2 of 8 tests", Why: "they failed"}})
		tell(e, id, "cart TestTotal/discount+ cart TestTotal+ pay TestRefund-")
		e.End(id, 1)
		u.See("run 3", "✖ 1 failed", "✓ 7 passed", "what failed · 2 of 8 tests, they failed", "TestName", "TestAnna")
	})
}

func TestTheTestsOfAStoppedRunSayNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := onTests(t, 120, 36, tui.Options{})
		id := run(e, "cart TestName- names TestBob~")
		u.See("✖ 3 failed", "◐ 1 running")
		e.Emit(tasks.RunEnded{ID: id, At: time.Now(), Status: tasks.Stale})
		u.See("✖ 2 failed").Gone("running ")
	})
}

func TestFoldsAndFilterOfTheTestsAreRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u, e := onTests(t, 120, 36, o)
		u.Press("g", "space").See("▸ ✖ cart").Press("v", "/").Type("refund").Press("enter").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, e, o)
		next.See("failures only", "/ refund", "pay  TestRefund").Press("tab", "esc", "v", "v", "v").See("▸ ✖ cart")
	})
}

func TestTheOrderOfTablesIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u, e := onTests(t, 120, 36, o)
		u.Press("3", "o", "o").See("OUTCOME↑").Press("esc", "left", "tab", "o", "O").See("NAME↓").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, e, o)
		next.See("NAME↓").Press(":").Type("go test").Press("enter", "3").See("OUTCOME↑")
	})
}

func TestThePastOfATestIsShown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, _ := onTests(t, 200, 50, tui.Options{Past: rememberBob})
		u.See("flaky").Press("v", "v", "v").See("flaky and slow only", "names  TestBob", "flaky: failed 1 of 9 times", "in run 2  ✖✓✓")
	})
}

func TestThePastIsReadAgainSoonAfterARun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		flaky := false
		remember := func(ctx context.Context, task string, all bool) (map[tasks.TestName]tests.Past, error) {
			if !flaky {
				return map[tasks.TestName]tests.Past{}, nil
			}
			return rememberBob(ctx, task, all)
		}
		u, e := onTests(t, 120, 36, tui.Options{Past: remember})
		u.Gone("  flaky")
		flaky = true
		e.Emit(
			tasks.RunQueued{Run: tasks.Run{ID: "test#9", Task: "test", Number: 9, Log: "test", QueuedAt: time.Now()}},
			tasks.RunStarted{ID: "test#9", At: time.Now()},
			tasks.TestReported{ID: "test#9", Test: tasks.TestResult{Suite: "names", Name: "TestBob", Status: tasks.TestPassed, Line: -1}},
			tasks.RunEnded{ID: "test#9", At: time.Now(), Status: tasks.Succeeded},
		)
		u.Wait(3 * time.Second).See("  flaky")
	})
}

// rememberBob says that TestBob is flaky.
func rememberBob(context.Context, string, bool) (map[tasks.TestName]tests.Past, error) {
	return map[tasks.TestName]tests.Past{{Suite: "names", Name: "TestBob"}: {
		Results: []tests.PastResult{{Run: "test#0", Failed: true}}, Flaky: "flaky: failed 1 of 9 times with code that it passed with",
	}}, nil
}
