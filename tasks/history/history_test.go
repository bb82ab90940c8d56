package history_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

// writerEnv makes the test binary a host that adds runs to the named file.
const writerEnv = "HISTORY_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		os.Exit(writeRuns(path))
	}
	goleak.VerifyTestMain(m)
}

const written = 40

func writeRuns(path string) int {
	s, err := history.Open(path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for n := range written {
		if err := s.Add(context.Background(), finished("other", n+1), history.Code{}); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	if err := s.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// began is recent, so that nothing is pruned for its age, and the same all the time.
func began() time.Time { return theBeginning() }

var theBeginning = sync.OnceValue(func() time.Time { return time.Now().Add(-24 * time.Hour).Truncate(time.Second) })

// finished is a run of a minute that ended n minutes after began.
func finished(task string, n int, change ...func(*tasks.Run)) tasks.Run {
	end := began().Add(time.Duration(n) * time.Minute)
	r := tasks.Run{
		ID: tasks.NewRunID(task, n), Task: task, Number: n, Cause: tasks.Cause{Kind: tasks.ByPerson}, Status: tasks.Succeeded,
		QueuedAt: end.Add(-time.Minute), StartedAt: end.Add(-time.Minute), EndedAt: end,
		Exit: &tasks.Exit{}, Log: "test", FirstLine: int64(n * 10), EndLine: int64(n*10 + 10),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func failed(r *tasks.Run) {
	r.Status, r.Exit, r.Error = tasks.Failed, &tasks.Exit{Code: 143, Signal: "TERM"}, "killed by TERM"
}

func open(t *testing.T, path string) *history.Store {
	t.Helper()
	s, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func store(t *testing.T, runs ...tasks.Run) (*history.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	s := open(t, path)
	add(t, s, runs...)
	return s, path
}

func add(t *testing.T, s *history.Store, runs ...tasks.Run) {
	t.Helper()
	for _, r := range runs {
		if err := s.Add(t.Context(), r, history.Code{}); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(t *testing.T, s *history.Store, f history.Filter) []tasks.RunID {
	t.Helper()
	runs, err := s.Runs(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	all := []tasks.RunID{}
	for _, r := range runs {
		all = append(all, r.ID)
	}
	return all
}

func sameTime() cmp.Option { return cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }) }

func TestARunComesBackAsItWas(t *testing.T) {
	want := finished("test", 3, failed)
	want.Cause = tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go", "pay.go"}, Changed: began(), Request: "q1"}
	want.Params = map[string]string{"env": "dev", "token": "•••"}
	want.Attempt, want.ReadyAt = 2, began()
	want.Scope, want.Only = tasks.ScopePinned, []tasks.TestName{{Suite: "cart", Name: "TestTotal"}}
	want.Narrowed, want.Cached = &tasks.Narrowing{What: "1 test", Why: "pinned"}, "test#1"
	want.URL, want.Native = "https://ci.example/7", "UNSTABLE"
	want.Survivors = []tasks.Process{{PID: 7, Command: "sleep", Started: began()}}
	want.Steps = []tasks.Step{{Name: "build", Status: tasks.Succeeded, StartedAt: began(), Log: "ci#4812/build"}}
	want.Artifacts = []tasks.Artifact{{Name: "report", Path: "out/report.xml", Size: 12}}
	course := make([]tasks.Point, 1000)
	for i := range course {
		course[i] = tasks.Point{Step: float64(i), Value: 1 / float64(i+1), At: began()}
	}
	want.Metrics = map[string]tasks.Series{"loss": {Last: course[999], Points: tasks.Thin(course, 200)}}
	want.External, want.Code = "5b0c66a2", tasks.Code{Commit: "c0ffee", Patch: "+lr = 2\n"}
	want.Reported = map[string]string{"net.hidden": "8"}
	tests := []tasks.TestResult{
		{Suite: "cart", Name: "TestTotal", Status: tasks.TestFailed, Duration: time.Second, Message: "want 3, got 4", Location: tasks.Location{File: "cart_test.go", Line: 41, Column: 2}, Line: 17},
		{Suite: "cart", Name: "TestEmpty", Status: tasks.TestPassed, Line: -1},
		{Suite: "pay", Name: "TestRefund", Status: tasks.TestSkipped, Line: -1},
	}
	diagnostics := []tasks.Diagnostic{{Severity: tasks.Error, Message: "undefined: x", Code: "E1", Location: tasks.Location{File: "cart.go", Line: 3}, Line: 5}}

	given := want
	given.Tests, given.Diagnostics = tests, diagnostics
	given.Metrics = map[string]tasks.Series{"loss": {Last: want.Metrics["loss"].Last, Points: course}}
	given.Ports, given.PID = nil, 0
	path := filepath.Join(t.TempDir(), "history.db")
	s := open(t, path)
	if err := s.Add(t.Context(), given, history.Code{Commit: "c0ffee"}); err != nil {
		t.Fatal(err)
	}

	reader := open(t, path)
	runs, err := reader.Runs(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tasks.Run{want}, runs, sameTime()); diff != "" {
		t.Errorf("run:\n%s", diff)
	}
	gotTests, err := reader.Tests(t.Context(), want.ID)
	if diff := cmp.Diff(tests, gotTests); diff != "" || err != nil {
		t.Errorf("tests: %v\n%s", err, diff)
	}
	gotDiagnostics, err := reader.Diagnostics(t.Context(), want.ID)
	if diff := cmp.Diff(diagnostics, gotDiagnostics); diff != "" || err != nil {
		t.Errorf("diagnostics: %v\n%s", err, diff)
	}
	sums, err := reader.Summaries(t.Context(), want.ID, "test#99")
	wantSums := map[tasks.RunID]history.Summary{want.ID: {Commit: "c0ffee", Tests: 3, Failed: 1, Skipped: 1, Diagnostics: 1}}
	if diff := cmp.Diff(wantSums, sums); diff != "" || err != nil {
		t.Errorf("summaries: %v\n%s", err, diff)
	}
}

func TestALossThatIsNotANumberIsStored(t *testing.T) {
	s, _ := store(t, finished("train", 1, func(r *tasks.Run) {
		r.Metrics = map[string]tasks.Series{"loss": {Last: tasks.Point{Value: math.NaN()}}}
	}))
	runs, err := s.Runs(t.Context(), history.Filter{})
	if err != nil || len(runs) != 1 || !math.IsNaN(runs[0].Metrics["loss"].Last.Value) {
		t.Errorf("runs: %+v, %v", runs, err)
	}
}

func TestAFilterChoosesRunsNewestFirst(t *testing.T) {
	s, _ := store(t,
		finished("test", 1), finished("test", 2, failed), finished("worker/1", 3), finished("worker/2", 4, failed),
		finished("test", 5, func(r *tasks.Run) { r.Status = tasks.Cancelled }), finished("worker/lint", 6),
		finished("test", 7, func(r *tasks.Run) { r.Tests = []tasks.TestResult{{Name: "T", Status: tasks.TestFailed}} }),
	)
	at := func(n int) time.Time { return began().Add(time.Duration(n) * time.Minute) }
	for name, c := range map[string]struct {
		filter history.Filter
		want   []tasks.RunID
	}{
		"all":                {history.Filter{}, []tasks.RunID{"test#7", "worker/lint#6", "test#5", "worker/2#4", "worker/1#3", "test#2", "test#1"}},
		"the newest two":     {history.Filter{Limit: 2}, []tasks.RunID{"test#7", "worker/lint#6"}},
		"of a task":          {history.Filter{Task: "test"}, []tasks.RunID{"test#7", "test#5", "test#2", "test#1"}},
		"of all replicas":    {history.Filter{Task: "worker"}, []tasks.RunID{"worker/2#4", "worker/1#3"}},
		"of one replica":     {history.Filter{Task: "worker/2"}, []tasks.RunID{"worker/2#4"}},
		"of a strange name":  {history.Filter{Task: "%' OR 1 --"}, []tasks.RunID{}},
		"of a status":        {history.Filter{Status: tasks.Cancelled}, []tasks.RunID{"test#5"}},
		"that failed":        {history.Filter{Failed: true}, []tasks.RunID{"test#7", "worker/2#4", "test#2"}},
		"since":              {history.Filter{Since: at(5)}, []tasks.RunID{"test#7", "worker/lint#6", "test#5"}},
		"until":              {history.Filter{Until: at(3)}, []tasks.RunID{"test#2", "test#1"}},
		"between, of a task": {history.Filter{Task: "test", Since: at(2), Until: at(5)}, []tasks.RunID{"test#2"}},
		"failed, of a task":  {history.Filter{Task: "test", Failed: true, Limit: 1}, []tasks.RunID{"test#7"}},
	} {
		if diff := cmp.Diff(c.want, ids(t, s, c.filter)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestRunNumbersGoOnFromOneHostToTheNext(t *testing.T) {
	s, path := store(t, finished("test", 12), finished("test", 9), finished("api", 3))
	if err := s.Prune(t.Context(), 0, time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, s, history.Filter{}); len(got) != 0 {
		t.Fatalf("runs are left: %v", got)
	}
	last, err := open(t, path).Last(t.Context())
	if diff := cmp.Diff(map[string]int{"test": 12, "api": 3}, last); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestTheSameRunIsStoredOnce(t *testing.T) {
	again := finished("test", 1, failed, func(r *tasks.Run) { r.Tests = []tasks.TestResult{{Name: "T", Status: tasks.TestFailed}} })
	s, _ := store(t, finished("test", 1), again, again)
	runs, err := s.Runs(t.Context(), history.Filter{})
	if err != nil || len(runs) != 1 || runs[0].Status != tasks.Failed {
		t.Errorf("runs: %+v, %v", runs, err)
	}
	if tests, err := s.Tests(t.Context(), "test#1"); err != nil || len(tests) != 1 {
		t.Errorf("tests: %+v, %v", tests, err)
	}
}

func TestARunThatHasNotEndedIsRefused(t *testing.T) {
	s, path := store(t)
	if err := s.Add(t.Context(), finished("test", 1, func(r *tasks.Run) { r.Status = tasks.Running }), history.Code{}); err == nil {
		t.Error("it was stored")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestReadingMakesNoFile(t *testing.T) {
	s, path := store(t)
	if got := ids(t, s, history.Filter{}); len(got) != 0 {
		t.Errorf("runs: %v", got)
	}
	if last, err := s.Last(t.Context()); err != nil || len(last) != 0 {
		t.Errorf("Last: %v, %v", last, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 0 {
		t.Errorf("files: %v, %v", entries, err)
	}
}

func TestTheFilesAreTheUsersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are inherited there")
	}
	_, path := store(t, finished("test", 1))
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f, info.Mode(), err)
		}
	}
}

func TestAPathWithStrangeCharactersWorks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?b#c %20 é&_pragma=x")
	if runtime.GOOS == "windows" {
		dir = filepath.Join(t.TempDir(), "a#c %20 é")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(dir, "history.db"))
	add(t, s, finished("test", 1))
	if got := ids(t, s, history.Filter{}); len(got) != 1 {
		t.Errorf("runs: %v", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "history.db")); err != nil || info.Size() == 0 {
		t.Errorf("the file is elsewhere: %v, %v", info, err)
	}
}

func TestTheOldestRunsGo(t *testing.T) {
	s, _ := store(t)
	for n := range 10 {
		add(t, s, finished("test", n+1))
	}
	add(t, s, finished("api", 11, func(r *tasks.Run) { r.EndedAt = time.Now().Add(-200 * 24 * time.Hour) }))
	if err := s.Prune(t.Context(), 3, 90*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tasks.RunID{"test#10", "test#9", "test#8"}, ids(t, s, history.Filter{})); diff != "" {
		t.Error(diff)
	}
}

func TestOldRunsKeepTheirFailuresAndCountsOnly(t *testing.T) {
	results := func(r *tasks.Run) {
		for i := range 20 {
			r.Tests = append(r.Tests, tasks.TestResult{Suite: "s", Name: fmt.Sprint("Test", i), Status: tasks.TestPassed})
		}
		r.Tests[7].Status = tasks.TestFailed
	}
	s, _ := store(t)
	for n := range 101 {
		add(t, s, finished("test", n+1, results))
	}
	if err := s.Prune(t.Context(), 5000, 90*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	old, err := s.Tests(t.Context(), "test#1")
	if err != nil || len(old) != 1 || old[0].Name != "Test7" {
		t.Errorf("the tests of the oldest: %+v, %v", old, err)
	}
	if next, err := s.Tests(t.Context(), "test#2"); err != nil || len(next) != 20 {
		t.Errorf("the next one has %d tests, %v", len(next), err)
	}
	sums, err := s.Summaries(t.Context(), "test#1")
	if err != nil || sums["test#1"].Tests != 20 {
		t.Errorf("its counts: %+v, %v", sums, err)
	}
}

func TestADamagedHistoryIsSetAsideAndANewOneBegun(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"it is another file": func(t *testing.T, path string) {
			t.Helper()
			write(t, path, []byte(strings.Repeat("this is no database, but somebody's diary\n", 200)))
		},
		"its pages are overwritten": func(t *testing.T, path string) {
			t.Helper()
			s := open(t, path)
			add(t, s, finished("test", 1))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(b); i++ {
				b[i] = 0xff
			}
			write(t, path, b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "history.db")
			damage(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open(t, path).Runs(t.Context(), history.Filter{}); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("a reader: %v", err)
			}
			s := open(t, path)
			last, err := s.Last(t.Context())
			var w *history.Warning
			if !errors.As(err, &w) || len(last) != 0 {
				t.Fatalf("the next host: %v, %v", last, err)
			}
			if kept, err := os.ReadFile(w.Aside); err != nil || !slices.Equal(kept, before) {
				t.Errorf("what was set aside is not what was there: %v", err)
			}
			if !strings.HasPrefix(filepath.Base(w.Aside), "history.db.bad-") || !strings.Contains(w.Error(), filepath.Base(w.Aside)) {
				t.Errorf("the warning: %v", w)
			}
			add(t, s, finished("test", 2))
			if got := ids(t, open(t, path), history.Filter{}); !slices.Equal(got, []tasks.RunID{"test#2"}) {
				t.Errorf("the new history has %v", got)
			}
		})
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddToADamagedHistoryStoresTheRunAndWarns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	write(t, path, []byte(strings.Repeat("not a database ", 500)))
	s := open(t, path)
	var w *history.Warning
	if err := s.Add(t.Context(), finished("test", 1), history.Code{}); !errors.As(err, &w) {
		t.Fatalf("Add: %v", err)
	}
	if got := ids(t, s, history.Filter{}); len(got) != 1 {
		t.Errorf("runs: %v", got)
	}
	add(t, s, finished("test", 2)) // warned once
}

func TestAHistoryThatIsTakenAwayIsBegunAnew(t *testing.T) {
	s, path := store(t, finished("test", 1))
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Skip("this system does not remove open files")
		}
	}
	add(t, s, finished("test", 2))
	if got := ids(t, open(t, path), history.Filter{}); !slices.Equal(got, []tasks.RunID{"test#2"}) {
		t.Errorf("runs: %v", got)
	}
}

func TestAHistoryOfANewerBuildIsLeftAlone(t *testing.T) {
	s, path := store(t, finished("test", 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	err = s.Add(t.Context(), finished("test", 2), history.Code{})
	if err == nil || !strings.Contains(err.Error(), "newer sawhorse") {
		t.Errorf("Add: %v", err)
	}
	if bad, _ := filepath.Glob(path + ".bad-*"); len(bad) > 0 {
		t.Errorf("it was set aside: %v", bad)
	}
}

func TestADirectoryThatIsNotThereIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "history.db")
	if err := open(t, path).Add(t.Context(), finished("test", 1), history.Code{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Add: %v", err)
	}
}

func TestOtherProcessesReadAndWriteAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), self)
	other.Env = append(os.Environ(), writerEnv+"="+path)
	var out strings.Builder
	other.Stdout, other.Stderr = &out, &out
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	s, reader := open(t, path), open(t, path)
	var all sync.WaitGroup
	all.Go(func() {
		for n := range written {
			if err := s.Add(t.Context(), finished("mine", n+1), history.Code{}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	all.Go(func() {
		seen := 0
		for seen < written {
			runs, err := reader.Runs(t.Context(), history.Filter{Task: "mine"})
			if err != nil || len(runs) < seen {
				t.Errorf("after %d runs came %d, %v", seen, len(runs), err)
				return
			}
			seen = len(runs)
			if t.Failed() {
				return
			}
		}
	})
	if err := other.Wait(); err != nil {
		t.Errorf("the other process: %v\n%s", err, out.String())
	}
	all.Wait()
	if n := len(ids(t, reader, history.Filter{})); n != 2*written {
		t.Errorf("%d runs are stored", n)
	}
}

func TestThousandsOfTestsAreStored(t *testing.T) {
	r := finished("test", 1)
	for i := range 5000 {
		r.Tests = append(r.Tests, tasks.TestResult{Suite: "pkg", Name: fmt.Sprint("Test", i), Status: tasks.TestPassed, Line: -1})
	}
	s, _ := store(t, r)
	got, err := s.Tests(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Tests, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
