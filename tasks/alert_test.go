package tasks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// shop is a workspace with a service and a task.
func shop() Event {
	return Configured{Tasks: []Task{
		{Name: "db", Of: "db", Kind: config.Service},
		{Name: "test", Of: "test", Kind: config.Task},
	}}
}

// begins is the n-th run of a task, which starts n minutes after noon.
func begins(task string, n int, cause CauseKind) []Event {
	id := NewRunID(task, n)
	return []Event{
		RunQueued{Run{ID: id, Task: task, Number: n, QueuedAt: noon(60 * n), Cause: Cause{Kind: cause}, Log: "test"}},
		RunStarted{ID: id, At: noon(60 * n), FirstLine: int64(10 * n)},
	}
}

// chosen is the n-th run of test, of these tests only.
func chosen(n int, names ...string) []Event {
	events := begins("test", n, ByPerson)
	r := events[0].(RunQueued).Run
	for _, name := range names {
		r.Only = append(r.Only, TestName{Suite: "cart", Name: name})
	}
	return []Event{RunQueued{r}, events[1], RunNarrowed{r.ID, Narrowing{What: "1 test"}}}
}

// nearby is the n-th run of test, of what is near the last change.
func nearby(n int) []Event {
	events := begins("test", n, ByPerson)
	r := events[0].(RunQueued).Run
	r.Scope = ScopeNear
	return []Event{RunQueued{r}, events[1], RunNarrowed{r.ID, Narrowing{What: "1 package"}}}
}

// ends is its end, half a minute later, after ten lines.
func ends(task string, n int, status Status, why string) []Event {
	return []Event{RunEnded{ID: NewRunID(task, n), At: noon(60*n + 30), Status: status, Error: why, EndLine: int64(10*n + 10)}}
}

func reports(n int, name string, status TestStatus) []Event {
	r := TestResult{Suite: "cart", Name: name, Status: status, Line: -1}
	if status == TestFailed {
		r.Message, r.Location, r.Line = "want 3, got 4", Location{File: "cart_test.go", Line: 41}, int64(10*n+3)
	}
	return []Event{TestReported{NewRunID("test", n), r}}
}

func complains(n int, severity Severity, message string) []Event {
	return []Event{DiagnosticReported{NewRunID("test", n), Diagnostic{
		Severity: severity, Message: message, Location: Location{File: "cart.go", Line: 7, Column: 2}, Line: int64(10*n + 1),
	}}}
}

func seen(ids ...AlertID) []Event { return []Event{Acknowledged{ids}} }

func rejects(at int, problems ...config.Problem) []Event {
	return []Event{ConfigRejected{Problems: problems, At: noon(at)}}
}

// row is an alert as the strip shows it, with what its keys lead to.
func row(a Alert) string {
	var parts []string
	for _, p := range []string{string(a.Severity), a.Source, a.Title, a.Location.String(), a.Message} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	text := strings.Join(parts, " | ")
	if a.Line >= 0 {
		text += fmt.Sprintf(" @%s:%d", a.Log, a.Line)
	}
	return text
}

// rowsAfter are the rows of the shop when all that has happened.
func rowsAfter(do [][]Event) (rows []string) {
	s := fold(shop())
	for _, e := range slices.Concat(do...) {
		s.Apply(e)
	}
	for _, a := range s.Alerts() {
		rows = append(rows, row(a))
	}
	return rows
}

func TestAlerts(t *testing.T) {
	const failedTotal = "error | test | cart  TestTotal | cart_test.go:41 | want 3, got 4"
	survivors := []Process{{PID: 71, Command: "sleep 99"}, {PID: 72, Command: "yes"}}
	unknownKey := config.Problem{Pos: config.Position{File: "sawhorse.yml", Line: 3, Column: 5}, Message: `unknown key "runn"`, Hint: `did you mean "run"?`}
	sameElsewhere := unknownKey
	sameElsewhere.Pos.Line = 9

	for _, c := range []struct {
		name string
		do   [][]Event
		want []string
	}{
		{"a workspace where all is well has none", [][]Event{begins("db", 1, ByStart), {RunReady{"db#1", noon(61)}}, begins("test", 1, ByWatch), reports(1, "TestTotal", TestPassed), ends("test", 1, Succeeded, "")}, nil},
		{
			"a test that fails is a row with its place",
			[][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), reports(1, "TestEmpty", TestPassed), ends("test", 1, Failed, "exit 1")},
			[]string{failedTotal + " @test:13"},
		},
		{"it is a row while the run goes on", [][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed)}, []string{failedTotal + " @test:13"}},
		{"it fails also a run that says it succeeded", [][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Succeeded, "")}, []string{failedTotal + " @test:13"}},
		{
			"an acknowledged row stays away",
			[][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"), seen("test/test/cart/TestTotal")},
			nil,
		},
		{
			"also when it was acknowledged before the run had ended",
			[][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), seen("test/test/cart/TestTotal"), ends("test", 1, Failed, "exit 1")},
			nil,
		},
		{
			"an acknowledged row comes back when it fails anew",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"), seen("test/test/cart/TestTotal"),
				begins("test", 2, ByWatch), reports(2, "TestTotal", TestFailed),
			},
			[]string{failedTotal + " @test:23"},
		},
		{
			"also in a run that was queued before the first had ended",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), begins("test", 2, ByWatch)[:1],
				{RunEnded{ID: "test#1", At: noon(200), Status: Failed}},
				seen("test/test/cart/TestTotal"),
				begins("test", 2, ByWatch)[1:], reports(2, "TestTotal", TestFailed),
			},
			[]string{failedTotal + " @test:23"},
		},
		{
			"an acknowledgement is of one row, not of its run",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), reports(1, "TestTax", TestFailed), ends("test", 1, Failed, "exit 1"),
				seen("test/test/cart/TestTotal", "no/such/alert"),
			},
			[]string{"error | test | cart  TestTax | cart_test.go:41 | want 3, got 4 @test:13"},
		},
		{
			"a green run clears them",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"),
				begins("test", 2, ByWatch), reports(2, "TestTotal", TestPassed), ends("test", 2, Succeeded, ""),
			},
			nil,
		},
		{
			"what a run of chosen tests says nothing of stands, until all of it was run",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), reports(1, "TestTax", TestFailed), ends("test", 1, Failed, "exit 1"),
				chosen(2, "TestTax"), ends("test", 2, Succeeded, ""),
			},
			[]string{failedTotal + " @test:13"},
		},
		{
			"what is near and not named any more is not red any more",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), reports(1, "TestTax", TestFailed), complains(1, Error, "undefined: x"), ends("test", 1, Failed, "exit 1"),
				nearby(2), reports(2, "TestTotal", TestFailed), ends("test", 2, Failed, "exit 1"),
			},
			[]string{failedTotal + " @test:23", "error | task | test | cart.go:7:2 | undefined: x @test:11"},
		},
		{
			"but for what comes after a panic",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"),
				nearby(2),
				{TestReported{"test#2", TestResult{Suite: "cart", Name: "TestTax", Status: TestFailed, Message: "panic: no", Line: 23}}},
				ends("test", 2, Failed, "exit 1"),
			},
			[]string{"error | test | cart  TestTax | panic: no @test:23", failedTotal + " @test:13"},
		},
		{
			"what a save left out is green when the run is",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"),
				append(begins("test", 2, ByWatch), RunNarrowed{"test#2", Narrowing{What: "1 of 2"}}), ends("test", 2, Succeeded, ""),
			},
			nil,
		},
		{
			"the last result stands while the next run has nothing to say",
			[][]Event{
				begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"),
				begins("test", 2, ByWatch), reports(2, "TestEmpty", TestPassed),
			},
			[]string{failedTotal + " @test:13"},
		},
		{"a cancelled run says nothing", [][]Event{begins("test", 1, ByPerson), reports(1, "TestTotal", TestFailed), ends("test", 1, Cancelled, "cancelled")}, nil},
		{"a stale run says nothing", [][]Event{begins("test", 1, ByWatch), ends("test", 1, Stale, "superseded by a newer change")}, nil},
		{
			"a cancelled run does not take back what was known",
			[][]Event{begins("test", 1, ByWatch), reports(1, "TestTotal", TestFailed), ends("test", 1, Failed, "exit 1"), begins("test", 2, ByPerson), ends("test", 2, Cancelled, "")},
			[]string{failedTotal + " @test:13"},
		},
		{
			"a task that fails without results is a row that leads to its last line",
			[][]Event{begins("test", 1, ByPerson), ends("test", 1, Failed, "exit 2")},
			[]string{"error | task | test | exit 2 @test:19"},
		},
		{
			"a run that was skipped says why",
			[][]Event{{begins("test", 1, ByPerson)[0], RunEnded{ID: "test#1", At: noon(70), Status: Skipped, Error: "db failed"}}},
			[]string{"error | task | test | db failed"},
		},
		{
			"a compiler's error is a row with its place, once",
			[][]Event{begins("test", 1, ByWatch), complains(1, Error, "undefined: x"), complains(1, Error, "undefined: x"), ends("test", 1, Failed, "exit 1")},
			[]string{"error | task | test | cart.go:7:2 | undefined: x @test:11"},
		},
		{"a warning is one only when the run failed", [][]Event{begins("test", 1, ByWatch), complains(1, Warning, "unused: x"), ends("test", 1, Succeeded, "")}, nil},
		{
			"then it stands as a warning",
			[][]Event{begins("test", 1, ByWatch), complains(1, Warning, "unused: x"), complains(1, Info, "by the way"), ends("test", 1, Failed, "exit 1")},
			[]string{"warning | task | test | cart.go:7:2 | unused: x @test:11"},
		},
		{
			"every problem of the workspace file is a row",
			[][]Event{rejects(5, unknownKey, sameElsewhere)},
			[]string{
				`error | config | sawhorse.yml | sawhorse.yml:3:5 | unknown key "runn"`,
				`error | config | sawhorse.yml | sawhorse.yml:9:5 | unknown key "runn"`,
			},
		},
		{"a good file clears them", [][]Event{rejects(5, unknownKey), {shop()}}, nil},
		{
			"the file's place is told from the workspace",
			[][]Event{{WorkspaceOpened{Workspace{Root: "/src/shop"}}}, rejects(5, config.Problem{Pos: config.Position{File: "/src/shop/sub/more.yml", Line: 1}, Message: "no"})},
			[]string{"error | config | more.yml | sub/more.yml:1 | no"},
		},
		{"an acknowledged problem stays away", [][]Event{rejects(5, unknownKey), seen(`config/sawhorse.yml:3:5/unknown key "runn"`)}, nil},
		{
			"and comes back when the file is saved with it again",
			[][]Event{rejects(5, unknownKey), seen(`config/sawhorse.yml:3:5/unknown key "runn"`), rejects(9, unknownKey)},
			[]string{`error | config | sawhorse.yml | sawhorse.yml:3:5 | unknown key "runn"`},
		},
		{
			"a service that is down is a row that leads to its last line",
			[][]Event{begins("db", 1, ByStart), ends("db", 1, Failed, "exit 2")},
			[]string{"error | svc | db | exit 2 @test:19"},
		},
		{"a service that a person stopped is none", [][]Event{begins("db", 1, ByStart), ends("db", 1, Cancelled, "")}, nil},
		{
			"a service that comes up again is a warning until it is ready",
			[][]Event{begins("db", 1, ByStart), ends("db", 1, Failed, "exit 2"), begins("db", 2, ByRestart)},
			[]string{"warning | svc | db | exit 2 (restarted 1×) @test:19"},
		},
		{"a service that came up again is none", [][]Event{begins("db", 1, ByStart), ends("db", 1, Failed, "exit 2"), begins("db", 2, ByRestart), {RunReady{"db#2", noon(125)}}}, nil},
		{
			"but it is unstable after three restarts",
			[][]Event{
				begins("db", 1, ByStart), ends("db", 1, Failed, "exit 2"), begins("db", 2, ByRestart), ends("db", 2, Failed, "exit 2"),
				begins("db", 3, ByRestart), ends("db", 3, Failed, "exit 3"), begins("db", 4, ByRestart),
				{RunReady{"db#4", noon(245)}},
			},
			[]string{"warning | svc | db | restarted 3×, last: exit 3 @test:39"},
		},
		{
			"a service that cannot start says what it waits for",
			[][]Event{{begins("db", 1, ByStart)[0], RunHeld{"db#1", []Hold{{Why: "in a moment"}, {Why: "port 5432 is taken by 71 (postgres)", Stuck: true}}}}},
			[]string{"warning | svc | db | waits: port 5432 is taken by 71 (postgres)"},
		},
		{"a service that waits for a while is none", [][]Event{{begins("db", 1, ByStart)[0], RunHeld{"db#1", []Hold{{Why: "in a moment"}}}}}, nil},
		{
			"what outlived a service is named, also when a person stopped it",
			[][]Event{begins("db", 1, ByStart), {RunEnded{ID: "db#1", At: noon(90), Status: Cancelled, Survivors: survivors, EndLine: 20}}},
			[]string{"error | svc | db | still running after KILL: 71 (sleep 99) 72 (yes) @test:19"},
		},
		{
			"what outlived a task is named too",
			[][]Event{begins("test", 1, ByPerson), {RunEnded{ID: "test#1", At: noon(90), Status: Cancelled, Survivors: survivors}}},
			[]string{"error | task | test | still running after KILL: 71 (sleep 99) 72 (yes)"},
		},
		{"a notice is a row", [][]Event{{NoticeRaised{Notice{ID: "w", Severity: Warning, Source: "watch", Message: "too many files", At: noon(1)}}}}, []string{"warning | watch | watch | too many files"}},
		{"a notice that only informs is none", [][]Event{{NoticeRaised{Notice{ID: "w", Severity: Info, Source: "watch", Message: "4000 files"}}}}, nil},
		{"a notice goes with its cause", [][]Event{{NoticeRaised{Notice{ID: "w", Severity: Error, Source: "watch"}}, NoticeCleared{"w"}}}, nil},
		{
			"the newest is first",
			[][]Event{begins("db", 1, ByStart), ends("db", 1, Failed, "exit 2"), begins("test", 2, ByPerson), ends("test", 2, Failed, "exit 1"), rejects(100, unknownKey)},
			[]string{"error | task | test | exit 1 @test:29", `error | config | sawhorse.yml | sawhorse.yml:3:5 | unknown key "runn"`, "error | svc | db | exit 2 @test:19"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rowsAfter(c.do)); diff != "" {
				t.Errorf("wanted (-) and shown (+):\n%s", diff)
			}
		})
	}
}

func TestATestThatOnlyItsSubtestsFailIsNoRowOfItsOwn(t *testing.T) {
	events := begins("test", 1, ByPerson)
	for _, r := range []TestResult{
		{Suite: "cart", Name: "TestTable", Status: TestFailed, Location: Location{File: "cart_test.go", Line: 3}},
		{Suite: "cart", Name: "TestTable/two", Status: TestFailed},
		{Suite: "cart", Name: "TestTable/two/deep", Status: TestFailed, Message: "want 2"},
		{Suite: "cart", Name: "TestSays", Status: TestFailed, Message: "cleanup failed"},
		{Suite: "cart", Name: "TestSays/one", Status: TestFailed, Message: "want 1"},
		{Suite: "price", Name: "TestTable", Status: TestFailed},
		{Suite: "price", Name: "TestTable/one", Status: TestPassed},
	} {
		r.Line = -1
		events = append(events, TestReported{NewRunID("test", 1), r})
	}
	s := fold(shop())
	for _, e := range append(events, ends("test", 1, Failed, "exit 1")...) {
		s.Apply(e)
	}
	got := map[string]string{}
	for _, a := range s.Alerts() {
		got[a.Title] = a.Message
	}
	want := map[string]string{
		"cart  TestTable/two/deep": "want 2", "cart  TestSays": "cleanup failed", "cart  TestSays/one": "want 1", "price  TestTable": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAlertSaysWhatToDo(t *testing.T) {
	s := fold(shop(), ConfigRejected{At: noon(1), Problems: []config.Problem{{Message: "bad"}}})
	if got := s.Alerts()[0].Hint; got != "the last good file stays in force" {
		t.Errorf("of a problem without a hint: %q", got)
	}
	s = fold(append([]Event{shop()}, append(begins("db", 1, ByStart), RunEnded{ID: "db#1", Status: Failed, Survivors: []Process{{PID: 71}, {PID: 72}}})...)...)
	if got := s.Alerts()[0].Hint; got != "end it by hand: kill -9 71 72" {
		t.Errorf("of survivors: %q", got)
	}
}
