package tasks

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestASweepIsAListOrARange(t *testing.T) {
	for text, want := range map[string]string{
		"0.1,0.01":             "0.1 0.01",
		"1, 2,2":               "1 2",
		"1e-4..1e-2 log 5":     "0.0001 0.0003162 0.001 0.003162 0.01",
		"0.01..0.0001 log 3":   "0.01 0.001 0.0001",
		"0..0.5 3":             "0 0.25 0.5",
		"0..0.5 linear 2":      "0 0.5",
		"1..4":                 "1 2 3 4",
		"8..64 log 4":          "8 16 32 64",
		"1..2 5":               "1 2",
		"../a,../b":            "../a ../b",
		"a":                    "a",
		"a,,b":                 "a value of the list is empty",
		"":                     "a value of the list is empty",
		"0.1..0.5":             "it does not say how many values",
		"0..1 log 5":           "log needs ends above 0",
		"a..b 5":               "its ends are no numbers",
		"nan..1 5":             "its ends are no numbers",
		"0..":                  "it has no end",
		"0..1 cubic 5":         `"cubic" is neither log, linear nor a count of two at least`,
		"0..1 1":               `"1" is neither log, linear nor a count of two at least`,
		"1..1000":              "it is more than 200 values",
		"0..1 1000":            "it is more than 200 values",
		"-9e99..9e99":          "it is more than 200 values",
		"1e-4..1e-2 log 5 log": "0.0001 0.0003162 0.001 0.003162 0.01",
	} {
		values, err := SweptValues(text)
		got := strings.Join(values, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestOnlyANumberOrAChoiceIsSweptByItsText(t *testing.T) {
	for _, c := range []struct {
		param config.Param
		text  string
		want  string
	}{
		{config.Param{Type: config.ParamFloat}, "0.1", ""},
		{config.Param{Type: config.ParamFloat}, "0.1,0.2", "0.1 0.2"},
		{config.Param{Type: config.ParamFloat}, "0.1,fast", `"fast" is not of type float`},
		{config.Param{Type: config.ParamInt}, "1..3", "1 2 3"},
		{config.Param{Type: config.ParamInt}, "0..1.5 3", `"0.75" is not of type int`},
		{config.Param{Type: config.ParamBool}, "false,true", "false true"},
		{config.Param{Choices: []string{"sgd", "adam", "a,b"}}, "sgd,adam", "sgd adam"},
		{config.Param{Choices: []string{"sgd", "adam", "a,b"}}, "a,b", ""},
		{config.Param{Choices: []string{"sgd", "adam"}}, "sgd,lion", `"lion" is not one of sgd, adam`},
		{config.Param{}, "a,b..c", ""},
		{config.Param{Type: config.ParamFloat, Secret: true}, "1,2", ""},
	} {
		values, err := Swept(c.param, c.text)
		got := strings.Join(values, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v %s: %s", c.param, c.text, diff)
		}
	}
}

func TestSweepsMakeAllCombinations(t *testing.T) {
	values := map[string][]string{"lr": {"0.1", "0.01"}, "hidden": {"4", "8"}}
	sets, err := Combine(map[string]string{"seed": "1"}, []string{"lr", "hidden"}, values)
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"seed": "1", "lr": "0.1", "hidden": "4"},
		{"seed": "1", "lr": "0.1", "hidden": "8"},
		{"seed": "1", "lr": "0.01", "hidden": "4"},
		{"seed": "1", "lr": "0.01", "hidden": "8"},
	}
	if diff := cmp.Diff(want, sets); diff != "" {
		t.Error(diff)
	}
	many := make([]string, 50)
	if _, err := Combine(nil, []string{"a", "b"}, map[string][]string{"a": many, "b": many}); err == nil || err.Error() != "the sweep is more than 200 runs" {
		t.Errorf("2,500 runs: %v", err)
	}
}

func FuzzASweepIsReadOrRefused(f *testing.F) {
	for _, seed := range []string{"1e-4..1e-2 log 5", "1..5", "b,c", "0..0", "-1..-9e300 3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := SweptValues(text)
		if err == nil && len(values) == 0 {
			t.Errorf("%q: a sweep of nothing", text)
		}
		if strings.Contains(text, "..") && !strings.Contains(text, "/") && len(values) > MostSwept {
			t.Errorf("%q: %d values", text, len(values))
		}
	})
}

func TestTheNewestSweepStaysWhole(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "train", Of: "train", Kind: config.Task}}})
	number := 0
	add := func(w *Sweep) {
		number++
		id := NewRunID("train", number)
		s.Apply(RunQueued{Run: Run{ID: id, Task: "train", Number: number, Sweep: w}})
		s.Apply(RunStarted{ID: id})
		s.Apply(RunEnded{ID: id, Status: Succeeded})
	}
	old, now := &Sweep{ID: "train#1"}, &Sweep{ID: "train#41"}
	for range 40 {
		add(old)
	}
	if n := len(s.SweepRuns("train#1")); n != 40 {
		t.Fatalf("%d of 40 are kept", n)
	}
	for range 40 {
		add(now)
	}
	for range 30 {
		add(nil)
	}
	if n := len(s.SweepRuns("train#41")); n != 40 {
		t.Errorf("%d of 40 are kept", n)
	}
	if n := len(s.Units["train"].Runs); n != 40+keptRuns {
		t.Errorf("%d runs are kept", n)
	}
	if w, ok := s.LastSweep("train"); !ok || w.ID != "train#41" || s.Sweeping(w) {
		t.Errorf("the last sweep is %v", w)
	}
}

func TestAnEndedRunOfASweepKeepsTheCourseOfItsNumbers(t *testing.T) {
	s := NewState()
	s.Apply(Configured{Tasks: []Task{{Name: "train", Of: "train", Kind: config.Task}}})
	s.Apply(RunQueued{Run: Run{ID: "train#1", Task: "train", Sweep: &Sweep{ID: "train#1"}}})
	s.Apply(RunStarted{ID: "train#1"})
	for i := range 3000 {
		v := math.Abs(float64(i) - 1001) // its best is no round one
		s.Apply(MetricReported{ID: "train#1", Name: "loss", Point: Point{Step: float64(i), Value: v}})
	}
	other := s.Clone()
	s.Apply(RunEnded{ID: "train#1", Status: Succeeded})
	kept, all := s.Runs["train#1"].Metrics["loss"], other.Runs["train#1"].Metrics["loss"]
	if len(kept.Points) > keptSwept || len(all.Points) != 3000 {
		t.Errorf("%d points are kept of %d", len(kept.Points), len(all.Points))
	}
	ends := fmt.Sprint(kept.Points[0].Step, kept.Points[len(kept.Points)-1].Step, kept.Last.Step)
	best := false
	for _, p := range kept.Points {
		best = best || p.Value == 0
	}
	if ends != "0 2999 2999" || !best {
		t.Errorf("its ends are %s, its best is there: %v", ends, best)
	}
}
