package tasks

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestNamesAreTasksReplicasAndGroups(t *testing.T) {
	backend := config.Unit{Groups: []string{"backend", "all"}}
	s := fold(Configured{Tasks: []Task{
		{Name: "db", Of: "db", Spec: backend},
		{Name: "worker/1", Of: "worker", Replica: 1, Spec: config.Unit{Groups: []string{"all"}}},
		{Name: "worker/2", Of: "worker", Replica: 2, Spec: config.Unit{Groups: []string{"all"}}},
		{Name: "api", Of: "api", Spec: backend},
		{Name: "test", Of: "test"},
		{Name: "docs-build", Of: "docs-build"},
	}})
	for name, c := range map[string]struct {
		words   []string
		want    []string
		unknown string
	}{
		"no word is no task": {nil, nil, ""},
		"a task":             {[]string{"api"}, []string{"api"}, ""},
		"one replica":        {[]string{"worker/2"}, []string{"worker/2"}, ""},
		"all replicas":       {[]string{"worker"}, []string{"worker/1", "worker/2"}, ""},
		"a group":            {[]string{"backend"}, []string{"db", "api"}, ""},
		"several, each once, in the workspace order": {[]string{"api", "worker/1", "all", "db"}, []string{"db", "worker/1", "worker/2", "api"}, ""},
		"the first that is none of these":            {[]string{"api", "wroker", "tset"}, nil, "wroker"},
		"as the tool that declares it calls it":      {[]string{"docs:build"}, []string{"docs-build"}, ""},
		"no beginning of a name":                     {[]string{"work"}, nil, "work"},
	} {
		got, unknown := s.Names(c.words)
		if !slices.Equal(got, c.want) || unknown != c.unknown {
			t.Errorf("%s: %v are %v, unknown %q", name, c.words, got, unknown)
		}
	}
}

func TestATestsNameHasParts(t *testing.T) {
	for _, c := range []struct {
		test TestResult
		want []string
	}{
		{TestResult{Name: "TestTotal/two/of them", Separator: "/"}, []string{"TestTotal", "two", "of them"}},
		{TestResult{Name: "TestCart::test_param[a::b]", Separator: "::"}, []string{"TestCart", "test_param[a::b]"}},
		{TestResult{Name: "a/b > c"}, []string{"a/b > c"}},
	} {
		if got := c.test.Path(); !slices.Equal(got, c.want) {
			t.Errorf("%q is %q, want %q", c.test.Name, got, c.want)
		}
	}
}

func TestWhatATestPrintedIsTakenOutOfItsEvents(t *testing.T) {
	plain, wrapped := TestResult{Name: "TestTotal"}, TestResult{Name: "TestTotal", Events: "shop/cart"}
	for _, c := range []struct {
		test       TestResult
		line, want string
		own        bool
	}{
		{plain, "    cart_test.go:12: want 4", "    cart_test.go:12: want 4", true},
		{wrapped, `{"Action":"output","Package":"shop/cart","Test":"TestTotal","Output":"want 4\n"}`, "want 4", true},
		{wrapped, `{"Action":"output","Package":"shop/price","Test":"TestTotal","Output":"want 5\n"}`, "", false},
		{wrapped, `{"Action":"output","Package":"shop/cart","Test":"TestOther","Output":"want 6\n"}`, "", false},
		{wrapped, `{"Action":"run","Package":"shop/cart","Test":"TestTotal"}`, "", false},
		{wrapped, "something else", "", false},
	} {
		if got, own := c.test.Printed(c.line); got != c.want || own != c.own {
			t.Errorf("%q is %q, %v, want %q, %v", c.line, got, own, c.want, c.own)
		}
	}
}

func TestTheRunThatMatters(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "db", Of: "db"}}})
	if _, ok := s.Current("db"); ok {
		t.Error("a task that never ran has a run")
	}
	if _, ok := s.Current("nothing"); ok {
		t.Error("a task that is not there has a run")
	}
	queue := func(n int) { s.Apply(RunQueued{Run{ID: NewRunID("db", n), Task: "db"}}) }
	id := func(r Run, ok bool) RunID {
		if !ok {
			return "none"
		}
		return r.ID
	}
	check := func(when string, current, active, waiting, finished RunID) {
		t.Helper()
		got := []RunID{id(s.Current("db")), id(s.Active("db")), id(s.Waiting("db")), id(s.Finished("db"))}
		if diff := cmp.Diff([]RunID{current, active, waiting, finished}, got); diff != "" {
			t.Errorf("%s: current, active, waiting, finished:\n%s", when, diff)
		}
	}
	queue(1)
	check("queued", "db#1", "none", "db#1", "none")
	s.Apply(RunStarted{ID: "db#1"})
	check("started", "db#1", "db#1", "none", "none")
	queue(2)
	check("another is queued", "db#1", "db#1", "db#2", "none")
	s.Apply(RunStopping{ID: "db#1"})
	check("the first is stopping", "db#1", "db#1", "db#2", "none")
	s.Apply(RunEnded{ID: "db#1", Status: Cancelled})
	check("the first has ended", "db#2", "none", "db#2", "db#1")
}

func TestARunIDNamesItsTask(t *testing.T) {
	for id, want := range map[RunID]string{
		NewRunID("test", 12): "test", NewRunID("worker/2", 3): "worker/2", NewRunID("c#", 1): "c#", "test": "test", "": "",
	} {
		if got := id.Task(); got != want {
			t.Errorf("%q is of %q, not %q", id, got, want)
		}
	}
}

func TestAStatusIsWaitingActiveOrDone(t *testing.T) {
	for s, want := range map[Status][2]bool{ // active, done
		Queued: {}, Running: {true, false}, Ready: {true, false}, Stopping: {true, false},
		Succeeded: {false, true}, Failed: {false, true}, Cancelled: {false, true}, Stale: {false, true}, Skipped: {false, true},
	} {
		if got := [2]bool{s.Active(), s.Done()}; got != want {
			t.Errorf("%s: active, done are %v", s, got)
		}
	}
}

func TestADurationIsOfTheStartedTimeOnly(t *testing.T) {
	for name, c := range map[string]struct {
		run  Run
		want time.Duration
	}{
		"not started": {Run{QueuedAt: noon(0)}, 0},
		"running":     {Run{StartedAt: noon(10)}, 20 * time.Second},
		"ended":       {Run{StartedAt: noon(10), EndedAt: noon(15)}, 5 * time.Second},
		"clock back":  {Run{StartedAt: noon(10), EndedAt: noon(5)}, 0},
	} {
		if got := c.run.Duration(noon(30)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWordsForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"exit 2":                     Exit{Code: 2}.String(),
		"killed by TERM":             Exit{Code: 143, Signal: "TERM"}.String(),
		"exit 3":                     (&ExitError{Exit: Exit{Code: 3}}).Error(),
		"not ready within 30s":       (&ExitError{Reason: "not ready within 30s"}).Error(),
		"no such command":            (&StartError{Reason: "no such command"}).Error(),
		"no such command; brew it":   (&StartError{Reason: "no such command", Hint: "brew it"}).Error(),
		"":                           Location{Line: 3}.String(),
		"cart.go":                    Location{File: "cart.go"}.String(),
		"cart.go:3":                  Location{File: "cart.go", Line: 3}.String(),
		"C:/shop/cart.go:3:14":       Location{File: "C:/shop/cart.go", Line: 3, Column: 14}.String(),
		"a cause is a cause of cart": Cause{Kind: ByPerson, Detail: "a cause is a cause of cart"}.String(),
	} {
		if got != want {
			t.Errorf("%q is said as %q", want, got)
		}
	}
}

func TestALossThatIsNotANumberTravels(t *testing.T) {
	for _, want := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1e300, 5e-324} {
		wire, err := MarshalEvent(MetricReported{ID: "train#1", Name: "loss", Point: Point{Step: 3, Value: want, At: noon(1)}})
		if err != nil {
			t.Fatalf("%v: %v", want, err)
		}
		got, err := UnmarshalEvent(wire)
		if err != nil {
			t.Fatalf("%s: %v", wire, err)
		}
		if diff := cmp.Diff(Event(MetricReported{ID: "train#1", Name: "loss", Point: Point{Step: 3, Value: want, At: noon(1)}}), got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s:\n%s", wire, diff)
		}
	}
}

// FuzzUnmarshalCommand: whatever a client sends is a command or an error.
func FuzzUnmarshalCommand(f *testing.F) {
	for _, c := range commandTypes() {
		text, err := MarshalCommand(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"type":"Start","data":{"Names":7}}`))
	f.Add([]byte(`{"type":"Start"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := UnmarshalCommand(text)
		if err != nil {
			return
		}
		again, err := MarshalCommand(c)
		if err != nil {
			t.Fatal(err)
		}
		same, err := UnmarshalCommand(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, same); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzUnmarshalEvent: whatever a host sends, a client's state takes or refuses it.
func FuzzUnmarshalEvent(f *testing.F) {
	for _, e := range eventTypes() {
		text, err := MarshalEvent(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := UnmarshalEvent(text)
		if err != nil {
			return
		}
		s := fold(Configured{Tasks: []Task{{Name: "test", Of: "test"}}}, RunQueued{Run{ID: "test#1", Task: "test"}})
		s.Apply(e)
		s.Alerts()
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
	})
}
