package tasks

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// noon is when the stories of these tests happen.
func noon(seconds int) time.Time {
	return time.Date(2026, 5, 4, 12, 0, seconds, 0, time.UTC)
}

func fold(events ...Event) State {
	s := NewState()
	for _, e := range events {
		s.Apply(e)
	}
	return s
}

// marked are the types in file that have the marker method.
func marked(t *testing.T, file, marker string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == marker {
			names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	slices.Sort(names)
	return names
}

func typeNames[T any](values []T) []string {
	var names []string
	for _, v := range values {
		names = append(names, reflect.TypeOf(v).Name())
	}
	slices.Sort(names)
	return names
}

func TestTheWireKnowsEveryEventAndCommand(t *testing.T) {
	if diff := cmp.Diff(marked(t, "event.go", "event"), typeNames(eventTypes())); diff != "" {
		t.Errorf("declared (-) and in eventTypes (+):\n%s", diff)
	}
	if diff := cmp.Diff(marked(t, "command.go", "command"), typeNames(commandTypes())); diff != "" {
		t.Errorf("declared (-) and in commandTypes (+):\n%s", diff)
	}
}

func TestEveryEventHasACase(t *testing.T) {
	for _, e := range eventTypes() {
		t.Run(reflect.TypeOf(e).Name(), func(*testing.T) {
			var zero State
			zero.Apply(e)
			fresh := NewState()
			fresh.Apply(e)
			fresh.Alerts()
		})
	}
}

func TestAnEventWithoutACaseIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Apply took an event that it does not know")
		}
	}()
	fold(unheardOf{})
}

type unheardOf struct{}

func (unheardOf) event() {}

func TestTheGeneratorMakesEveryEvent(t *testing.T) {
	made := map[string]bool{}
	for seed := range 500 {
		made[reflect.TypeOf(anEvent().Example(seed)).Name()] = true
	}
	for _, name := range typeNames(eventTypes()) {
		if !made[name] {
			t.Errorf("anEvent never makes a %s", name)
		}
	}
}

// anEvent is any event about a few tasks and runs, in no sensible order.
func anEvent() *rapid.Generator[Event] {
	return rapid.Custom(func(t *rapid.T) Event {
		number := func(limit int) int { return rapid.IntRange(0, limit).Draw(t, "n") }
		provider := func() string { return rapid.SampledFrom([]string{"docker", "github"}).Draw(t, "provider") }
		word := func() string { return rapid.SampledFrom([]string{"", "x", "y", "z"}).Draw(t, "word") }
		task := rapid.SampledFrom([]string{"api", "db", "test", "lint"}).Draw(t, "task")
		n := rapid.IntRange(1, 3).Draw(t, "run")
		id, at := NewRunID(task, n), noon(number(1000))
		key := logs.Key(rapid.SampledFrom([]string{"api", "db", "test", "lint", "ci/step"}).Draw(t, "log"))
		place := Location{File: word(), Line: number(3)}
		severity := rapid.SampledFrom([]Severity{Info, Warning, Error}).Draw(t, "severity")
		return rapid.SampledFrom([]func() Event{
			func() Event { return WorkspaceOpened{Workspace{Name: word(), Root: "/w", HostPID: n}} },
			func() Event {
				var all []Task
				for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"api", "db", "test", "lint"}), 0, 6).Draw(t, "tasks") {
					kind := config.Service
					if name == "test" || name == "lint" {
						kind = config.Task
					}
					all = append(all, Task{Name: name, Of: name, Kind: kind})
				}
				return Configured{Name: word(), Tasks: all}
			},
			func() Event {
				return ConfigRejected{At: at, Problems: []config.Problem{{Pos: config.Position{File: "sawhorse.yml", Line: number(3)}, Message: word()}}}
			},
			func() Event { return Wanted{Task: task, Up: number(1) == 1} },
			func() Event {
				cause := rapid.SampledFrom([]CauseKind{ByPerson, ByWatch, ByRestart}).Draw(t, "cause")
				// Room behind the slice, as an engine may leave it.
				tests := append(make([]TestResult, 0, 8), TestResult{Name: "x", Status: TestRunning})
				return RunQueued{Run{ID: id, Task: task, Number: n, Cause: Cause{Kind: cause, Files: []string{word()}}, QueuedAt: at, Log: logs.Key(task), Tests: tests[:number(1)]}}
			},
			func() Event { return RunHeld{id, []Hold{{Why: word(), Stuck: number(1) == 1}}} },
			func() Event {
				return RunStarted{ID: id, At: at, FirstLine: int64(number(9)), Ports: map[string]int{word(): n}}
			},
			func() Event { return ProcessStarted{id, n} },
			func() Event { return RunReady{id, at} },
			func() Event { return ProbeFailed{id, word()} },
			func() Event { return RunStopping{id, at} },
			func() Event {
				status := rapid.SampledFrom([]Status{Succeeded, Failed, Cancelled, Stale, Skipped}).Draw(t, "status")
				e := RunEnded{ID: id, At: at, Status: status, Exit: &Exit{Code: number(3)}, Error: word(), EndLine: int64(number(20))}
				if number(4) == 0 {
					e.Survivors = []Process{{PID: n, Command: "sleep"}}
				}
				return e
			},
			func() Event {
				status := rapid.SampledFrom([]TestStatus{TestRunning, TestPassed, TestFailed, TestSkipped}).Draw(t, "status")
				return TestReported{id, TestResult{Suite: word(), Name: word(), Status: status, Location: place}}
			},
			func() Event {
				return DiagnosticReported{id, Diagnostic{Severity: severity, Location: place, Message: word()}}
			},
			func() Event { return RunCached{id, "build#1"} },
			func() Event { return TestsPinned{task, []TestName{{Suite: word(), Name: word()}}[:number(1)]} },
			func() Event { return RunNarrowed{id, Narrowing{What: word(), Why: word()}} },
			func() Event { return StepChanged{id, Step{Name: word(), Status: Running, Log: key}} },
			func() Event {
				return MetricReported{id, word(), Point{Step: float64(n), Value: rapid.Float64().Draw(t, "value")}, rapid.Bool().Draw(t, "anew")}
			},
			func() Event { return ParamsReported{id, map[string]string{"lr": word()}} },
			func() Event { return RunStalled{id, Stall{Since: at, Usual: time.Duration(n)}} },
			func() Event { return ArtifactReported{id, Artifact{Name: word(), Size: int64(n)}} },
			func() Event { return LogGrew{key, int64(number(100))} },
			func() Event { return LogRestarted{key} },
			func() Event { return RunLinked{id, word(), word()} },
			func() Event { return CodeReported{id, Code{Commit: word(), Patch: word()}} },
			func() Event { return RunNative{id, word(), word()} },
			func() Event {
				status := rapid.SampledFrom([]Status{Queued, Running, Succeeded, Failed}).Draw(t, "status")
				return RunObserved{Run{ID: id, Task: task, Number: n, Status: status, External: word(), QueuedAt: at, Log: logs.Key(id)}}
			},
			func() Event {
				runs := []Run{
					{ID: id, Task: task, Number: n, Status: Running, External: word(), Params: map[string]string{}, Log: logs.Key(id)},
					{ID: NewRunID(task, n+1), Task: task, Number: n + 1, Status: Succeeded, Sweep: &Sweep{ID: id, Runs: 2, Parallel: 1}, Log: key},
				}
				return RunsRecalled{runs[number(1):]}
			},
			func() Event {
				phase := rapid.SampledFrom([]Phase{PhaseUp, PhaseBusy, PhaseFailed}).Draw(t, "phase")
				return ProviderChanged{Provider{Name: provider(), Phase: phase, Error: word(), Since: at, Wanted: number(1) == 1}}
			},
			func() Event { return ProviderRemoved{provider()} },
			func() Event { return Provided{provider(), []Task{{Name: word(), Of: word(), Kind: config.Task}}} },
			func() Event {
				var changes Changes
				for range number(3) {
					changes.Changed = append(changes.Changed, aResource(t, provider(), at))
				}
				if changes.All = number(2) == 0; !changes.All {
					changes.Gone = []ResourceID{NewResourceID(provider(), "container", word())}
				}
				return ResourcesChanged{provider(), changes}
			},
			func() Event { return ResourceUsed{aResource(t, provider(), at).ID, Usage{CPU: 1}} },
			func() Event { return OperationBegan{aResource(t, provider(), at).ID, "remove"} },
			func() Event { return OperationEnded{aResource(t, provider(), at).ID, "remove", word(), word()} },
			func() Event { return UsageSampled{at, map[RunID]Usage{id: {CPU: 1, Ports: []int{n}}}} },
			func() Event {
				return NoticeRaised{Notice{ID: word(), Severity: severity, Task: task, Message: word(), At: at}}
			},
			func() Event { return NoticeCleared{word()} },
			func() Event { return Trusted{} },
			func() Event {
				return Acknowledged{[]AlertID{AlertID("down/" + task), AlertID("task/" + task), AlertID("test/" + task + "/x/y")}}
			},
			func() Event { return WatchChanged{WatchState{Dirs: n, Polling: []string{word()}}} },
			func() Event { return HostLeaving{word()} },
		}).Draw(t, "kind")()
	})
}

// aResource is one of a few containers.
func aResource(t *rapid.T, provider string, at time.Time) Resource {
	name := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "name")
	phase := rapid.SampledFrom([]Phase{PhaseOff, PhaseUp, PhaseWarning, PhaseFailed}).Draw(t, "phase")
	return Resource{
		ID: NewResourceID(provider, "container", name), Kind: "container", Name: name, Phase: phase, Native: string(phase),
		Own: rapid.Bool().Draw(t, "own"), Since: at, Facts: []Fact{{"image", name}},
	}
}

// story is the tasks, then anything.
func story(t *rapid.T) []Event {
	first := Configured{Tasks: []Task{
		{Name: "db", Of: "db", Kind: config.Service},
		{Name: "api", Of: "api", Kind: config.Service},
		{Name: "test", Of: "test", Kind: config.Task},
		{Name: "lint", Of: "lint", Kind: config.Task},
	}}
	return append([]Event{first}, rapid.SliceOfN(anEvent(), 0, 150).Draw(t, "events")...)
}

func picture(t rapid.TB, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhateverHappensTheStateHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewState()
		for _, e := range story(t) {
			s.Apply(e)
			holdsTogether(t, s)
		}
	})
}

func holdsTogether(t *rapid.T, s State) {
	listed := map[RunID]bool{}
	if len(s.Order) != len(s.Units) {
		t.Fatalf("order %v of %d units", s.Order, len(s.Units))
	}
	for _, name := range s.Order {
		u, ok := s.Units[name]
		if !ok {
			t.Fatalf("%s is in the order and no unit", name)
		}
		ended := 0
		for _, id := range u.Runs {
			r, ok := s.Runs[id]
			if !ok || listed[id] {
				t.Fatalf("%s lists %s, which is unknown or listed twice", name, id)
			}
			listed[id] = true
			if r.Status.Done() {
				ended++
			}
		}
		for _, id := range u.Swept {
			if r, ok := s.Runs[id]; !ok || listed[id] || r.Sweep == nil || !r.Status.Done() {
				t.Fatalf("%s has %s of a sweep of an earlier host, which is %+v", name, id, r)
			}
			listed[id] = true
		}
		if ended > keptRuns+1 {
			t.Fatalf("%s keeps %d runs that have ended", name, ended)
		}
	}
	if len(listed) != len(s.Runs) {
		t.Fatalf("%d runs are kept, %d belong to a task", len(s.Runs), len(listed))
	}
	seen := map[AlertID]bool{}
	for _, a := range s.Alerts() {
		if seen[a.ID] {
			t.Fatalf("two rows are %s", a.ID)
		}
		seen[a.ID] = true
	}
}

func TestASnapshotAndTheRestAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := story(t)
		told := picture(t, events)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		engine, client := NewState(), NewState()
		for i, e := range events {
			if i == cut {
				client = engine.Clone()
			}
			// Both are given the very same event, as in one process.
			engine.Apply(e)
			if i >= cut {
				client.Apply(e)
			}
		}
		if cut == len(events) {
			client = engine.Clone()
		}
		if diff := cmp.Diff(picture(t, engine), picture(t, client)); diff != "" {
			t.Fatalf("engine (-) and client (+):\n%s", diff)
		}
		if diff := cmp.Diff(told, picture(t, events)); diff != "" {
			t.Fatalf("applying changed an event:\n%s", diff)
		}
	})
}

func TestAClientOverTheWireSeesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		engine := NewState()
		events := story(t)
		cut := rapid.IntRange(0, len(events)-1).Draw(t, "cut")
		var client State
		for i, e := range events {
			if i == cut {
				if err := json.Unmarshal([]byte(picture(t, engine)), &client); err != nil {
					t.Fatal(err)
				}
			}
			engine.Apply(e)
			if i >= cut {
				wire, err := MarshalEvent(e)
				if err != nil {
					t.Fatal(err)
				}
				same, err := UnmarshalEvent(wire)
				if err != nil {
					t.Fatal(err)
				}
				client.Apply(same)
			}
		}
		if diff := cmp.Diff(engine, client, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("engine (-) and client (+):\n%s", diff)
		}
	})
}

func TestWhatHappensToACloneStaysThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := fold(story(t)...)
		c := s.Clone()
		before := picture(t, s)
		if diff := cmp.Diff(before, picture(t, c)); diff != "" {
			t.Fatalf("the clone (+) is another:\n%s", diff)
		}
		for _, e := range rapid.SliceOfN(anEvent(), 1, 60).Draw(t, "later") {
			c.Apply(e)
		}
		if diff := cmp.Diff(before, picture(t, s)); diff != "" {
			t.Fatalf("the original changed:\n%s", diff)
		}
	})
}

func TestAScribbleOnACloneDoesNotShow(t *testing.T) {
	run := Run{
		ID: "test#1", Task: "test", Cause: Cause{Files: []string{"a"}}, Params: map[string]string{"p": "1"}, Holds: []Hold{{Why: "w"}},
		Tests: []TestResult{{Name: "T"}},
	}
	s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{run}, RunHeld{"test#1", []Hold{{Why: "w"}}},
		DiagnosticReported{"test#1", Diagnostic{Message: "d"}}, StepChanged{"test#1", Step{Name: "s"}}, ArtifactReported{"test#1", Artifact{Name: "a"}},
		MetricReported{"test#1", "loss", Point{Value: 1}, true}, ParamsReported{"test#1", map[string]string{"lr": "1"}}, UsageSampled{Usage: map[RunID]Usage{"test#1": {Ports: []int{1}}}},
		ConfigRejected{Problems: []config.Problem{{Message: "p"}}}, WatchChanged{WatchState{Polling: []string{"d"}}}, NoticeRaised{Notice{ID: "n"}})
	before := picture(t, s)
	c := s.Clone()
	r := c.Runs["test#1"]
	r.Cause.Files[0], r.Params["p"], r.Holds[0].Why, r.Tests[0].Name = "!", "!", "!", "!"
	r.Diagnostics[0].Message, r.Steps[0].Name, r.Artifacts[0].Name = "!", "!", "!"
	r.Metrics["loss"].Points[0].Value = 7
	c.Usage["test#1"].Ports[0] = 7
	c.Problems[0].Message, c.Watch.Polling[0], c.Order[0] = "!", "!", "!"
	c.Units["test"].Runs[0] = "!"
	clear(c.Runs["test#1"].Metrics)
	if diff := cmp.Diff(before, picture(t, s)); diff != "" {
		t.Errorf("the original changed:\n%s", diff)
	}
}

func TestTwoStatesMayTakeTheSameEvents(t *testing.T) {
	events := []Event{
		Configured{Tasks: []Task{{Name: "test", Of: "test"}}},
		RunQueued{Run{ID: "test#1", Task: "test", Tests: []TestResult{{Name: "T", Status: TestRunning}}}},
		UsageSampled{Usage: map[RunID]Usage{"test#1": {CPU: 1}}},
		TestReported{"test#1", TestResult{Name: "T", Status: TestFailed}},
		RunEnded{ID: "test#1", Status: Failed},
	}
	told := picture(t, events)
	fold(events...)
	if diff := cmp.Diff(told, picture(t, events)); diff != "" {
		t.Errorf("one state changed what the next is told:\n%s", diff)
	}
}

func TestTasksThatAreGoneFromTheFileKeepTheirOrder(t *testing.T) {
	s := NewState()
	var all []Task
	var want []string
	for i := range 12 {
		name := "task" + strconv.Itoa(i)
		want = append(want, name)
		all = append(all, Task{Name: name, Of: name})
	}
	s.Apply(Configured{Tasks: all})
	for _, name := range want {
		s.Apply(RunQueued{Run{ID: NewRunID(name, 1), Task: name}})
		s.Apply(RunStarted{ID: NewRunID(name, 1)})
	}
	s.Apply(Configured{})
	if diff := cmp.Diff(want, s.Order); diff != "" {
		t.Error(diff)
	}
}

func TestEndedRunsAreForgottenAndLiveOnesAreNot(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}})
	for n := 1; n <= 500; n++ {
		id := NewRunID("test", n)
		s.Apply(RunQueued{Run{ID: id, Task: "test", Number: n}})
		s.Apply(RunStarted{ID: id})
		s.Apply(StepChanged{id, Step{Name: "build", Log: logs.Key("test/" + strconv.Itoa(n))}})
		s.Apply(LogGrew{logs.Key("test/" + strconv.Itoa(n)), 5})
		if n > 1 { // the first runs all the while
			s.Apply(RunEnded{ID: id, Status: Stale})
		}
	}
	if len(s.Runs) > keptRuns+1 || len(s.Lines) > keptRuns+1 {
		t.Errorf("%d runs and %d logs are kept", len(s.Runs), len(s.Lines))
	}
	if r, ok := s.Active("test"); !ok || r.ID != "test#1" {
		t.Errorf("the run that is active is %q", r.ID)
	}
	if r, ok := s.Finished("test"); !ok || r.ID != "test#500" {
		t.Errorf("the newest that ended is %q", r.ID)
	}
}

func TestARunThatNeverStopsTalkingIsBounded(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "train", Of: "train"}}}, RunQueued{Run{ID: "train#1", Task: "train"}}, RunStarted{ID: "train#1"})
	for i := range 3 * keptPoints {
		word := strconv.Itoa(i)
		s.Apply(DiagnosticReported{"train#1", Diagnostic{Message: word}})
		s.Apply(MetricReported{ID: "train#1", Name: "loss", Point: Point{Step: float64(i), Value: 1}})
		if i < 3000 {
			s.Apply(StepChanged{"train#1", Step{Name: word}})
			s.Apply(ArtifactReported{"train#1", Artifact{Name: word}})
			s.Apply(MetricReported{ID: "train#1", Name: "metric " + word, Point: Point{Step: 1}})
		}
	}
	r := s.Runs["train#1"]
	for what, size := range map[string][2]int{
		"diagnostics": {len(r.Diagnostics), keptDiagnostics},
		"points":      {len(r.Metrics["loss"].Points), keptPoints},
		"steps":       {len(r.Steps), keptSteps},
		"artifacts":   {len(r.Artifacts), keptArtifacts},
		"metrics":     {len(r.Metrics), keptMetrics},
	} {
		if size[0] > size[1] || size[0] < size[1]/2 {
			t.Errorf("%d %s are kept, of at most %d", size[0], what, size[1])
		}
	}
	loss := r.Metrics["loss"]
	if loss.Last.Step != 3*keptPoints-1 || loss.Points[0].Step != 0 {
		t.Errorf("the course is from %v to %v", loss.Points[0].Step, loss.Last.Step)
	}
	if !slices.IsSortedFunc(loss.Points, func(a, b Point) int { return int(a.Step - b.Step) }) {
		t.Error("the points are out of order")
	}
}

func TestAnEndIsFinal(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{Run{ID: "test#1", Task: "test"}},
		RunStarted{ID: "test#1", At: noon(1)}, RunEnded{ID: "test#1", At: noon(2), Status: Failed, Error: "exit 1"})
	want := s.Runs["test#1"]
	for _, late := range []Event{
		RunStarted{ID: "test#1", At: noon(3)},
		RunReady{"test#1", noon(3)},
		RunStopping{"test#1", noon(3)},
		RunHeld{"test#1", []Hold{{Why: "x"}}},
		ProbeFailed{"test#1", "refused"},
		RunEnded{ID: "test#1", At: noon(3), Status: Succeeded},
		RunQueued{Run{ID: "test#1", Task: "test"}},
	} {
		s.Apply(late)
		if diff := cmp.Diff(want, s.Runs["test#1"]); diff != "" {
			t.Errorf("after a late %T:\n%s", late, diff)
		}
	}
}

func TestAResultKeepsWhatOnlyAnEarlierReportKnew(t *testing.T) {
	fromOutput := TestResult{
		Suite: "cart", Name: "TestTotal", Status: TestFailed, Message: "want 4, got 3", Location: Location{File: "cart_test.go", Line: 12},
		Diff: "-4\n+3", Line: 7, Output: []Span{{From: 5, To: 9}},
	}
	s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{Run{ID: "test#1", Task: "test"}}, RunStarted{ID: "test#1"},
		TestReported{ID: "test#1", Test: fromOutput},
		TestReported{ID: "test#1", Test: TestResult{Suite: "cart", Name: "TestTotal", Status: TestFailed, Duration: time.Second, Line: -1}})
	want := fromOutput
	want.Duration = time.Second
	if diff := cmp.Diff([]TestResult{want}, s.Runs["test#1"].Tests); diff != "" {
		t.Error(diff)
	}
	// Another end is another story.
	s.Apply(TestReported{ID: "test#1", Test: TestResult{Suite: "cart", Name: "TestTotal", Status: TestPassed, Line: -1}})
	if got := s.Runs["test#1"].Tests[0]; got.Message != "" || got.Diff != "" || got.Output != nil {
		t.Errorf("of a test that passes: %+v", got)
	}
}

func TestTheOutputOfATestEndsWithItsRun(t *testing.T) {
	told := TestResult{Name: "TestTotal", Status: TestFailed, Output: []Span{{From: 1, To: 2}, {From: 5, To: -1}}}
	s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{Run{ID: "test#1", Task: "test"}}, RunStarted{ID: "test#1"},
		TestReported{ID: "test#1", Test: told}, RunEnded{ID: "test#1", Status: Failed, EndLine: 9})
	if got, want := s.Runs["test#1"].Tests[0].Output, []Span{{From: 1, To: 2}, {From: 5, To: 9}}; !slices.Equal(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
	if told.Output[1].To != -1 {
		t.Error("another state's spans have changed")
	}
}

func TestATestThatWasRunningWhenItsRunEndedHasAResult(t *testing.T) {
	for status, want := range map[Status]TestStatus{Failed: TestFailed, Cancelled: TestSkipped, Stale: TestSkipped} {
		s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{Run{ID: "test#1", Task: "test"}}, RunStarted{ID: "test#1"},
			TestReported{"test#1", TestResult{Name: "T", Status: TestRunning}}, RunEnded{ID: "test#1", Status: status, Error: "timed out"})
		if got := s.Runs["test#1"].Tests[0].Status; got != want {
			t.Errorf("in a run that is %s the test is %s, not %s", status, got, want)
		}
	}
}

func TestATaskThatIsGoneFromTheFileGoesWhenItsWorkHasEnded(t *testing.T) {
	db, api := Task{Name: "db", Of: "db"}, Task{Name: "api", Of: "api"}
	s := fold(Configured{Tasks: []Task{db, api}},
		RunQueued{Run{ID: "db#1", Task: "db"}}, RunStarted{ID: "db#1"}, RunQueued{Run{ID: "db#2", Task: "db"}}, LogGrew{"db", 5},
		Configured{Tasks: []Task{api}})
	if u := s.Units["db"]; !u.Removed || !slices.Equal(s.Order, []string{"api", "db"}) {
		t.Fatalf("while it runs: %+v in %v", u, s.Order)
	}
	s.Apply(RunEnded{ID: "db#2", Status: Cancelled})
	if _, there := s.Units["db"]; !there {
		t.Fatal("it went with a run that had not begun")
	}
	s.Apply(RunEnded{ID: "db#1", Status: Cancelled})
	if !slices.Equal(s.Order, []string{"api"}) || len(s.Runs) != 0 || len(s.Lines) != 0 {
		t.Errorf("left are %v, %v, %v", s.Order, s.Runs, s.Lines)
	}
}

func TestRestartsAreCountedUntilSomebodyElseStartsIt(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "db", Of: "db"}}})
	for n, kind := range []CauseKind{ByStart, ByRestart, ByRestart} {
		s.Apply(RunQueued{Run{ID: NewRunID("db", n+1), Task: "db", Cause: Cause{Kind: kind}}})
	}
	if got := s.Units["db"].Restarts; got != 2 {
		t.Errorf("%d restarts", got)
	}
	s.Apply(RunQueued{Run{ID: "db#4", Task: "db", Cause: Cause{Kind: ByPerson}}})
	if got := s.Units["db"].Restarts; got != 0 {
		t.Errorf("%d restarts after a person's start", got)
	}
}

func TestALogNeverShrinks(t *testing.T) {
	if got := fold(LogGrew{"db", 7}, LogGrew{"db", 5}).Lines["db"]; got != 7 {
		t.Errorf("it ends before line %d", got)
	}
}

func ExampleCause_String() {
	for _, c := range []Cause{
		{Kind: ByWatch, Files: []string{"cart.go"}},
		{Kind: ByWatch, Files: []string{"cart.go", "pay.go", "go.mod"}},
		{Kind: ByWatch},
		{Kind: ByDependency, Detail: "api"},
		{Kind: ByRestart, Detail: "exit 2"},
		{Kind: ByPerson},
		{Kind: ByPerson, Detail: "rerun"},
		{Kind: ByStart},
		{Kind: BySchedule, Detail: "@every 5m"},
		{Kind: ByConfig},
		{Kind: "remote"},
	} {
		fmt.Println(c)
	}
	// Output:
	// cart.go changed
	// cart.go and 2 more changed
	// files changed
	// needed by api
	// restart after exit 2
	// started by hand
	// rerun
	// workspace came up
	// schedule @every 5m
	// its declaration changed
	// remote
}

func TestAFailureIsWhereItsPlaceWasTold(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "test", Of: "test"}}})
	s.Apply(RunQueued{Run{ID: "test#1", Task: "test"}})
	place := Location{File: "cart_test.go", Line: 41}
	for _, r := range []TestResult{
		{Name: "TestTotal", Status: TestRunning, Line: 10},
		{Name: "TestTotal", Status: TestRunning, Location: place, Line: 12},
		{Name: "TestTotal", Status: TestFailed, Location: place, Line: 13},
	} {
		s.Apply(TestReported{"test#1", r})
	}
	if got := s.Runs["test#1"].Tests[0].Line; got != 12 {
		t.Errorf("the failure is told at line %d, want 12", got)
	}
}

func TestManyTestsAreReportedAsFewAre(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "test", Of: "test"}}})
	s.Apply(RunQueued{Run: Run{ID: "test#1", Task: "test", Number: 1}})
	s.Apply(RunStarted{ID: "test#1"})
	var want []TestResult
	tell := func(s *State, i int, status TestStatus) TestResult {
		r := TestResult{Suite: "cart", Name: fmt.Sprint("Test", i), Status: status, Line: -1}
		s.Apply(TestReported{ID: "test#1", Test: r})
		return r
	}
	for i := range 5 * fewTests {
		tell(&s, i, TestRunning)
		want = append(want, tell(&s, i, TestPassed))
	}
	// Two that go on from one state do not disturb each other.
	other := s.Clone()
	tell(&other, 5*fewTests, TestFailed)
	want[3] = tell(&s, 3, TestFailed)
	if diff := cmp.Diff(want, s.Runs["test#1"].Tests); diff != "" {
		t.Error(diff)
	}
	if n := len(other.Runs["test#1"].Tests); n != 5*fewTests+1 {
		t.Errorf("the other state has %d tests", n)
	}
}

func TestARunThatIsToldLateStandsWhereItBelongsAmongThoseOfAnEarlierHost(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "deploy", Of: "deploy", Kind: config.Task, Provider: "yard"}}})
	run := func(n int, minute int) Run {
		return Run{
			ID: NewRunID("deploy", n), Task: "deploy", Number: n, Status: Succeeded, External: fmt.Sprint(n),
			QueuedAt: time.Date(2026, 11, 27, 8, minute, 0, 0, time.UTC),
		}
	}
	s.Apply(RunsRecalled{[]Run{run(1, 10), run(2, 30)}})
	s.Apply(RunObserved{run(7, 20)})
	s.Apply(RunObserved{run(8, 40)})
	if diff := cmp.Diff([]RunID{"deploy#1", "deploy#7", "deploy#2", "deploy#8"}, s.Units["deploy"].Runs); diff != "" {
		t.Error(diff)
	}
}
