package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// made are results a minute apart, oldest first, written as words: the code,
// then + for a pass or - for a failure; "?" is code that is not known.
func made(words string) []Result {
	var all []Result
	for i, w := range strings.Fields(words) {
		r := Result{Run: tasks.NewRunID("test", i+1), At: minute(i + 1), Status: tasks.TestPassed, Duration: time.Second}
		r.code = strings.TrimRight(w, "+-")
		r.Commit = r.code
		if strings.HasSuffix(w, "-") {
			r.Status = tasks.TestFailed
		}
		if r.code == "?" {
			r.code, r.Commit = "", ""
		}
		all = append(all, r)
	}
	return all
}

func minute(n int) time.Time {
	return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
}

func TestATestIsFlakyWhenTheSameCodePassedAndFailed(t *testing.T) {
	for words, want := range map[string]*Flaky{
		"":                         nil,
		"a+ a+ b- b-":              nil, // the code broke it
		"a+ b- a+ b-":              nil, // and does again
		"?+ ?- ?+":                 nil,
		"a+ ?- a+":                 nil,
		"a- a- a-":                 nil,
		"a+ a- a+":                 {Failures: 1, Runs: 3, Rate: 1.0 / 3, Last: minute(2), Run: "test#2"},
		"a+ b- b- c+ a-":           {Failures: 1, Runs: 3, Rate: 1.0 / 3, Last: minute(5), Run: "test#5"},
		"a- a+ b+ b- c- c- d+ ?- ": {Failures: 2, Runs: 5, Rate: 2.0 / 5, Last: minute(4), Run: "test#4"},
	} {
		if diff := cmp.Diff(want, flaky(made(words))); diff != "" {
			t.Errorf("%q:\n%s", words, diff)
		}
	}
}

func TestABrokenTestHasItsFirstFailureAndItsLastPass(t *testing.T) {
	for words, want := range map[string]*Broken{
		"":            nil,
		"a- b+":       nil,
		"a- b-":       {Run: "test#1", At: minute(1), Commit: "a"},
		"a- b+ c- d-": {Run: "test#3", At: minute(3), Commit: "c", Good: "test#2", GoodCommit: "b"},
		"a+ ?-":       {Run: "test#2", At: minute(2), Good: "test#1", GoodCommit: "a"},
	} {
		if diff := cmp.Diff(want, broken(made(words))); diff != "" {
			t.Errorf("%q:\n%s", words, diff)
		}
	}
}

func TestATestIsSlowAgainstItsOwnPast(t *testing.T) {
	lasting := func(millis ...int) []Result {
		all := made(strings.Repeat("a+ ", len(millis)))
		for i, ms := range millis {
			all[i].Duration = time.Duration(ms) * time.Millisecond
		}
		return all
	}
	for name, c := range map[string]struct {
		results []Result
		want    string // ratio since run; "" is not slow
	}{
		"steady":                      {lasting(100, 101, 99, 100, 100, 101, 100, 99), ""},
		"three times as long":         {lasting(100, 100, 100, 100, 100, 300, 300, 300), "3.0 test#6"},
		"for longer than the newest":  {lasting(100, 100, 100, 100, 100, 100, 100, 300, 300, 300, 300), "3.0 test#8"},
		"once, on a busy machine":     {lasting(100, 100, 100, 100, 100, 100, 300, 100), ""},
		"with one quick pass between": {lasting(100, 100, 100, 100, 100, 300, 100, 300), "3.0 test#6"},
		"it always scattered":         {lasting(100, 400, 100, 500, 300, 100, 500, 400, 500), ""},
		"too short to matter":         {lasting(1, 1, 1, 1, 1, 9, 9, 9), ""},
		"no past yet":                 {lasting(100, 100, 100, 100, 300, 300, 300), ""},
		"it was never measured":       {lasting(0, 0, 0, 0, 0, 0, 0, 0), ""},
		"long ago it was slower":      {lasting(300, 300, 300, 100, 100, 100, 100, 100, 100, 100, 100), ""},
		"slower than nothing at all":  {lasting(0, 0, 0, 0, 0, 30, 30, 30), "30.0 test#6"},
		"slow for so long it is usual": {
			lasting(append([]int{100, 100, 100}, many(30, 300)...)...), "",
		},
	} {
		got := ""
		if s := slow(c.results); s != nil {
			got = fmt.Sprintf("%.1f %s", s.Ratio, s.Run)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func many(n, value int) []int { return slices.Repeat([]int{value}, n) }

func TestFailuresSayNothingOfHowLongATestTakes(t *testing.T) {
	results := made("a+ a+ a+ a+ a+ a+ a- a- a-")
	for i := range 3 {
		results[6+i].Duration = time.Hour
	}
	if s := slow(results); s != nil {
		t.Errorf("slow: %+v", s)
	}
}

func TestPercentilesAreValuesThatWere(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, c := range []struct {
		all  []time.Duration
		p    int
		want time.Duration
	}{
		{nil, 50, 0},
		{[]time.Duration{7}, 95, 7},
		{[]time.Duration{3, 1}, 50, 1},
		{[]time.Duration{3, 1, 2}, 50, 2},
		{hundred, 95, 95},
		{hundred, 100, 100},
	} {
		if got := percentile(c.all, c.p); got != c.want {
			t.Errorf("percentile %d of %d values: %d, want %d", c.p, len(c.all), got, c.want)
		}
	}
}

func TestTheRerunsThatFlakyTestsMadeNecessaryAreLost(t *testing.T) {
	run := func(n int, code string, failures int) judgedRun {
		return judgedRun{
			id: tasks.NewRunID("test", n), task: "test", started: minute(n), ended: minute(n).Add(10 * time.Second),
			failures: failures, code: code,
		}
	}
	for name, c := range map[string]struct {
		runs    []judgedRun
		excused map[tasks.RunID]int
		want    int
	}{
		"a rerun after a flaky failure":     {[]judgedRun{run(1, "a", 1), run(2, "a", 0)}, map[tasks.RunID]int{"test#1": 1}, 1},
		"two of them":                       {[]judgedRun{run(1, "a", 1), run(2, "a", 1), run(3, "a", 0)}, map[tasks.RunID]int{"test#1": 1, "test#2": 1}, 2},
		"something else had failed too":     {[]judgedRun{run(1, "a", 2), run(2, "a", 1)}, map[tasks.RunID]int{"test#1": 1}, 0},
		"nothing had failed":                {[]judgedRun{run(1, "a", 0), run(2, "a", 0)}, nil, 0},
		"the code was changed":              {[]judgedRun{run(1, "a", 1), run(2, "b", 0)}, map[tasks.RunID]int{"test#1": 1}, 0},
		"the code of the rerun isn't known": {[]judgedRun{run(1, "", 1), run(2, "", 0)}, map[tasks.RunID]int{"test#1": 1}, 0},
	} {
		want := Lost{Runs: c.want, Time: time.Duration(c.want) * 10 * time.Second}
		if diff := cmp.Diff(want, lost(c.runs, c.excused)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestWeeksBeginOnMonday(t *testing.T) {
	zone := time.FixedZone("east", 13*3600)
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 2, 0, 0, 0, 0, zone):        "2026-03-02",
		time.Date(2026, 3, 1, 23, 59, 0, 0, zone):      "2026-02-23",
		time.Date(2026, 1, 1, 12, 0, 0, 0, zone):       "2025-12-29",
		time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC):   "2026-02-23",
		time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC):   "2026-03-02",
		time.Date(2026, 3, 4, 12, 30, 0, 0, time.UTC):  "2026-03-02",
		time.Date(2024, 12, 31, 12, 0, 0, 0, time.UTC): "2024-12-30",
	} {
		if got := monday(at); got.Format(time.DateOnly) != want || got.Hour() != 0 {
			t.Errorf("the week of %v begins %v, want %s", at, got, want)
		}
	}
}
