package history_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

func passes(names ...string) func(*tasks.Run) {
	return func(r *tasks.Run) {
		for _, n := range names {
			r.Tests = append(r.Tests, tasks.TestResult{Suite: "shop", Name: n, Status: tasks.TestPassed, Duration: time.Second})
		}
	}
}

func fails(names ...string) func(*tasks.Run) {
	return func(r *tasks.Run) {
		r.Status = tasks.Failed
		for _, n := range names {
			r.Tests = append(r.Tests, tasks.TestResult{Suite: "shop", Name: n, Status: tasks.TestFailed, Message: "want 3"})
		}
	}
}

func addAt(t *testing.T, s *history.Store, code string, r tasks.Run) {
	t.Helper()
	if err := s.Add(t.Context(), r, history.Code{Commit: "c-" + code, Print: code}); err != nil {
		t.Fatal(err)
	}
}

// names are the tests that a filter chooses.
func names(t *testing.T, s *history.Store, f history.TestFilter) []string {
	t.Helper()
	all, err := s.Trends(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, tr := range all {
		found = append(found, tr.Task+" "+tr.Suite+" "+tr.Name)
	}
	return found
}

func TestTestsAreChosenByWhatIsRememberedOfThem(t *testing.T) {
	s, _ := store(t)
	addAt(t, s, "a", finished("test", 1, passes("Pay", "Cart", "Ship")))
	addAt(t, s, "a", finished("test", 2, passes("Cart", "Ship"), fails("Pay")))
	addAt(t, s, "b", finished("test", 3, passes("Pay", "Ship"), fails("Cart")))
	addAt(t, s, "a", finished("other", 4, passes("Pay")))
	for name, c := range map[string]struct {
		filter history.TestFilter
		want   []string
	}{
		"all":             {history.TestFilter{}, []string{"test shop Pay", "test shop Cart", "test shop Ship", "other shop Pay"}},
		"flaky":           {history.TestFilter{Flaky: true}, []string{"test shop Pay"}},
		"broken":          {history.TestFilter{Broken: true}, []string{"test shop Cart"}},
		"slow":            {history.TestFilter{Slow: true}, []string{}},
		"flaky or broken": {history.TestFilter{Flaky: true, Broken: true}, []string{"test shop Pay", "test shop Cart"}},
		"of a task":       {history.TestFilter{Task: "other"}, []string{"other shop Pay"}},
		"by name":         {history.TestFilter{Test: "Pay"}, []string{"test shop Pay", "other shop Pay"}},
		"by a part":       {history.TestFilter{Test: "shop ca"}, []string{"test shop Cart"}},
		"by another name": {history.TestFilter{Test: "%"}, []string{}},
		"since":           {history.TestFilter{Since: began().Add(4 * time.Minute)}, []string{"other shop Pay"}},
	} {
		if diff := cmp.Diff(c.want, names(t, s, c.filter)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	all, err := s.Trends(t.Context(), history.TestFilter{Test: "Cart"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int) time.Time { return finished("test", n).EndedAt }
	want := []history.Trend{{
		Task: "test", Suite: "shop", Name: "Cart",
		Results: []history.Result{
			{Run: "test#1", At: at(1), Status: tasks.TestPassed, Duration: time.Second, Commit: "c-a"},
			{Run: "test#2", At: at(2), Status: tasks.TestPassed, Duration: time.Second, Commit: "c-a"},
			{Run: "test#3", At: at(3), Status: tasks.TestFailed, Message: "want 3", Commit: "c-b"},
		},
		Broken: &history.Broken{Run: "test#3", At: at(3), Commit: "c-b", Good: "test#2", GoodCommit: "c-a"},
	}}
	if diff := cmp.Diff(want, all, sameTime(), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".code" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

// A tool that names only what fails says of a test that passes again that its
// whole file did.
func TestATestPassesWithItsWholeFile(t *testing.T) {
	s, _ := store(t)
	file := func(status tasks.TestStatus, name string) func(*tasks.Run) {
		return func(r *tasks.Run) {
			r.Tests = append(r.Tests, tasks.TestResult{Suite: "test_cart.py", Name: name, Status: status, Line: -1})
		}
	}
	whole := file(tasks.TestPassed, tasks.WholeFile)
	addAt(t, s, "a", finished("test", 1, whole))
	addAt(t, s, "b", finished("test", 2, file(tasks.TestFailed, "test_total")))
	addAt(t, s, "b", finished("test", 3, whole))
	addAt(t, s, "c", finished("test", 4, whole))
	addAt(t, s, "c", finished("test", 5, whole, func(r *tasks.Run) {
		r.Only = []tasks.TestName{{Suite: "test_cart.py", Name: "test_other"}} // which passed with the file
	}))
	all, err := s.Trends(t.Context(), history.TestFilter{Test: "test_total"})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	var course []string
	for _, r := range all[0].Results {
		course = append(course, string(r.Run)+" "+string(r.Status))
	}
	// Of before it was first told of nothing is said.
	want := []string{"test#2 failed", "test#3 passed", "test#4 passed"}
	if diff := cmp.Diff(want, course); diff != "" {
		t.Error(diff)
	}
	if all[0].Broken != nil || all[0].Flaky == nil || all[0].Flaky.Run != "test#2" {
		t.Errorf("broken %+v, flaky %+v", all[0].Broken, all[0].Flaky)
	}
}

func TestRunsThatSayNothingOfTheirTestsAreNotJudged(t *testing.T) {
	for name, change := range map[string]func(*tasks.Run){
		"stopped":         func(r *tasks.Run) { r.Status = tasks.Cancelled },
		"stale":           func(r *tasks.Run) { r.Status = tasks.Stale },
		"killed":          func(r *tasks.Run) { r.Exit = &tasks.Exit{Code: 137, Signal: "KILL"} },
		"other params":    func(r *tasks.Run) { r.Params = map[string]string{"db": "old"} },
		"of another task": func(r *tasks.Run) { r.ID, r.Task = "other#2", "other" },
	} {
		s, _ := store(t)
		addAt(t, s, "a", finished("test", 1, passes("Pay")))
		addAt(t, s, "a", finished("test", 2, fails("Pay"), change))
		if got := names(t, s, history.TestFilter{Flaky: true}); len(got) > 0 {
			t.Errorf("%s: flaky: %v", name, got)
		}
	}
}

func TestTheMemoryIsOfTheNewestHundredRuns(t *testing.T) {
	s, _ := store(t)
	addAt(t, s, "a", finished("test", 1, fails("Pay")))
	for n := range 100 {
		addAt(t, s, "a", finished("test", n+2, passes("Pay")))
	}
	if got := names(t, s, history.TestFilter{Flaky: true}); len(got) > 0 {
		t.Errorf("flaky: %v", got)
	}
	all, err := s.Trends(t.Context(), history.TestFilter{})
	if err != nil || len(all) != 1 || len(all[0].Results) != 100 {
		t.Errorf("%d tests, %v", len(all), err)
	}
}

// TestATestThatOnlyFollowsItsCodeIsNeverFlaky lives through days of editing:
// the code changes before, during and right after runs, and back again. A name
// of the code is taken after the run, so that one that changed meanwhile goes
// by the name of what came later; the watch then begins a run for it.
func TestATestThatOnlyFollowsItsCodeIsNeverFlaky(t *testing.T) {
	s, _ := store(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		task := fmt.Sprintf("test%d", n) // a past of its own
		good := rapid.SliceOfN(rapid.Bool(), 4, 4).Draw(rt, "versions that pass")
		version, now := 0, began()
		later := func(what string) {
			now = now.Add(time.Duration(rapid.IntRange(1, 1900).Draw(rt, what)) * time.Millisecond)
		}
		edit := func() time.Time {
			later("before the edit")
			version = (version + rapid.IntRange(1, 3).Draw(rt, "edit")) % 4
			return now
		}
		cause := tasks.Cause{Kind: tasks.ByPerson}
		for i := range rapid.IntRange(2, 6).Draw(rt, "runs") {
			when := rapid.SampledFrom([]string{"never", "before", "during", "after"}).Draw(rt, "edited")
			if when == "before" {
				cause = tasks.Cause{Kind: tasks.ByWatch, Changed: edit()}
			}
			r := tasks.Run{ID: tasks.NewRunID(task, i+1), Task: task, Number: i + 1, Cause: cause, Status: tasks.Succeeded}
			cause = tasks.Cause{Kind: tasks.ByPerson}
			later("wait")
			r.StartedAt = now
			ran := version
			if when == "during" {
				cause = tasks.Cause{Kind: tasks.ByWatch, Changed: edit()}
				if rapid.Bool().Draw(rt, "it saw the edit") {
					ran = version
				}
			}
			later("run")
			r.EndedAt = now
			if when == "after" {
				cause = tasks.Cause{Kind: tasks.ByWatch, Changed: edit()}
			}
			if good[ran] {
				passes("Pay")(&r)
			} else {
				fails("Pay")(&r)
			}
			code := history.Code{Print: fmt.Sprint("version ", version)}
			if rapid.Bool().Draw(rt, "nobody knows the code") {
				code.Print = ""
			}
			if err := s.Add(t.Context(), r, code); err != nil {
				rt.Fatal(err)
			}
		}
		if cause.Kind == tasks.ByWatch { // the watch never leaves an edit alone
			r := tasks.Run{ID: tasks.NewRunID(task, 99), Task: task, Number: 99, Cause: cause, Status: tasks.Stale, StartedAt: now, EndedAt: now}
			if err := s.Add(t.Context(), r, history.Code{}); err != nil {
				rt.Fatal(err)
			}
		}
		all, err := s.Trends(t.Context(), history.TestFilter{Task: task, Flaky: true})
		if err != nil || len(all) > 0 {
			rt.Fatalf("flaky: %+v, %v", all, err)
		}
	})
}

func watched(wait time.Duration) func(*tasks.Run) {
	return func(r *tasks.Run) { r.Cause = tasks.Cause{Kind: tasks.ByWatch, Changed: r.EndedAt.Add(-wait)} }
}

func TestFeedbackIsSummedUpByTaskAndWeek(t *testing.T) {
	week := time.Now().UTC().AddDate(0, 0, -21)
	week = time.Date(week.Year(), week.Month(), week.Day()-(int(week.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	on := func(day int) func(*tasks.Run) {
		return func(r *tasks.Run) {
			r.EndedAt = week.AddDate(0, 0, day).Add(12 * time.Hour)
			r.StartedAt = r.EndedAt.Add(-time.Second)
		}
	}
	ready := func(r *tasks.Run) {
		r.ReadyAt = r.Cause.Changed.Add(300 * time.Millisecond)
		r.Status = tasks.Cancelled
	}
	s, _ := store(t,
		finished("test", 1, on(0), watched(2*time.Second)), finished("test", 2, on(1), watched(4*time.Second), failed),
		finished("test", 3, on(2), watched(6*time.Second)), finished("test", 4, on(8), watched(time.Second)),
		finished("lint", 1, on(9), watched(9*time.Second)), finished("api", 1, on(9), watched(time.Hour), ready),
		finished("test", 5, on(9)), // a person's
		finished("test", 6, on(9), watched(time.Hour), func(r *tasks.Run) { r.Status = tasks.Stale }),
		finished("test", 7, on(-9), watched(time.Hour)),
	)
	got, err := s.Feedback(t.Context(), week, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	next := week.AddDate(0, 0, 7)
	one := func(d time.Duration) history.Clock { return history.Clock{Count: 1, Median: d, P95: d, Worst: d} }
	want := history.Feedback{
		Since: week,
		Weeks: []history.TaskClock{
			{Task: "lint", Week: next, Clock: one(9 * time.Second)},
			{Task: "test", Week: next, Clock: one(time.Second)},
			{Task: "api", Week: next, Clock: one(300 * time.Millisecond)},
			{Task: "test", Week: week, Clock: history.Clock{Count: 3, Median: 4 * time.Second, P95: 6 * time.Second, Worst: 6 * time.Second}},
		},
		Tasks: []history.TaskClock{
			{Task: "lint", Clock: one(9 * time.Second)},
			{Task: "test", Clock: history.Clock{Count: 4, Median: 2 * time.Second, P95: 6 * time.Second, Worst: 6 * time.Second}},
			{Task: "api", Clock: one(300 * time.Millisecond)},
		},
	}
	if diff := cmp.Diff(want, got, sameTime()); diff != "" {
		t.Error(diff)
	}
}

func TestTimeLostToFlakyTestsIsFound(t *testing.T) {
	s, _ := store(t)
	addAt(t, s, "a", finished("test", 1, passes("Cart"), fails("Pay")))
	addAt(t, s, "a", finished("test", 2, passes("Cart", "Pay")))
	addAt(t, s, "b", finished("test", 3, passes("Pay"), fails("Cart")))
	addAt(t, s, "b", finished("test", 4, passes("Pay"), fails("Cart")))
	got, err := s.Feedback(t.Context(), time.Time{}, time.UTC)
	if diff := cmp.Diff(history.Lost{Runs: 1, Time: time.Minute}, got.Flaky); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestStartsOfTheEnvironmentAreKeptAndSummedUp(t *testing.T) {
	s, path := store(t)
	start := func(day, seconds int, slowest string, failed ...string) history.StartRecord {
		at := began().AddDate(0, 0, -day)
		return history.StartRecord{
			Began: at, Ready: at.Add(time.Duration(seconds) * time.Second), Services: 3, Failed: failed,
			Slowest: slowest, Took: time.Second,
		}
	}
	for _, r := range []history.StartRecord{start(5, 9, "api"), start(4, 60, "api", "db"), start(3, 3, "db"), start(2, 5, "db"), start(200, 1, "web")} {
		if err := s.AddStart(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	reader := open(t, path)
	f, err := reader.Feedback(t.Context(), began().AddDate(0, 0, -100), time.UTC)
	want := history.Starts{
		Clock:  history.Clock{Count: 3, Median: 5 * time.Second, P95: 9 * time.Second, Worst: 9 * time.Second},
		Failed: 1, Slowest: "db",
	}
	if diff := cmp.Diff(want, f.Starts); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if err := s.Prune(t.Context(), 10, 90*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if f, err := reader.Feedback(t.Context(), time.Time{}, time.UTC); f.Starts != want || err != nil {
		t.Errorf("after pruning: %+v, %v", f.Starts, err)
	}
}

func TestWhereNothingIsStoredNothingIsRemembered(t *testing.T) {
	s, _ := store(t)
	f, err := s.Feedback(t.Context(), time.Time{}, time.UTC)
	if diff := cmp.Diff(history.Feedback{Weeks: []history.TaskClock{}, Tasks: []history.TaskClock{}}, f); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if all, err := s.Trends(t.Context(), history.TestFilter{}); len(all) != 0 || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
}
