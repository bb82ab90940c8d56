package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// remembered is over how many runs of a task its tests are judged: as many as
// keep all their tests.
const remembered = keptPasses

// lateChange is how long after the end of a run its code was still read: a
// change in that time may have come too early to be the run's.
const lateChange = 2 * time.Second

// TestFilter chooses tests; its zero value is all of them. Of Flaky, Slow and
// Broken any that is set is enough.
type TestFilter struct {
	Task   string    // of that name, or a replica of it
	Test   string    // its name, "suite name", or any part of that
	Since  time.Time // only runs that ended then or later are looked at
	Flaky  bool
	Slow   bool
	Broken bool
}

// Result is how a test ended in one run.
type Result struct {
	Run      tasks.RunID      `json:"run"`
	At       time.Time        `json:"at"` // when the run ended
	Status   tasks.TestStatus `json:"status"`
	Duration time.Duration    `json:"duration,omitempty"`
	Message  string           `json:"message,omitempty"`
	Commit   string           `json:"commit,omitempty"`
	Dirty    bool             `json:"dirty,omitempty"` // changes on top of Commit
	// Whole: the run told only that the whole file of the test passed.
	Whole bool `json:"whole,omitempty"`

	code string // equal: the same code with the same parameters; "" is not known
}

// Trend is what is remembered of one test: its passes and failures in the
// newest 100 runs that reported tests and ended by themselves.
type Trend struct {
	Task    string   `json:"task"`
	Suite   string   `json:"suite,omitempty"`
	Name    string   `json:"name"`
	Results []Result `json:"results,omitempty"` // oldest first
	Flaky   *Flaky   `json:"flaky,omitempty"`
	Slow    *Slow    `json:"slow,omitempty"`
	Broken  *Broken  `json:"broken,omitempty"`
}

// Trends are the tests that f chooses, in the order of their first report.
func (s *Store) Trends(ctx context.Context, f TestFilter) ([]Trend, error) {
	all := []Trend{}
	err := s.read(ctx, "read the tests of the run history", func(db *sql.DB) error {
		runs, err := judged(ctx, db, f.Task, f.Since)
		if err != nil {
			return err
		}
		return trends(ctx, db, runs, f, func(t Trend) {
			t.Flaky, t.Slow, t.Broken = flaky(t.Results), slow(t.Results), broken(t.Results)
			wanted := f.Flaky && t.Flaky != nil || f.Slow && t.Slow != nil || f.Broken && t.Broken != nil
			if wanted || !f.Flaky && !f.Slow && !f.Broken {
				all = append(all, t)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// judgedRun is what the judges know of a run.
type judgedRun struct {
	seq      int64
	id       tasks.RunID
	task     string
	started  time.Time
	ended    time.Time
	failures int // results of tests, those of parents as well
	commit   string
	dirty    bool
	code     string
}

// judged are the runs whose tests are remembered, oldest first. One that was
// stopped, killed or timed out says nothing of its tests. The code of a run is
// not known when a file that its task watches changed before it was over.
func judged(ctx context.Context, db *sql.DB, task string, since time.Time) ([]judgedRun, error) {
	where, args := Filter{Task: task, Since: since}.where()
	if where == "" {
		where = " WHERE 1"
	}
	var runs []judgedRun
	err := each(ctx, db, func(scan func(...any) error) error {
		var r judgedRun
		var started, ended int64
		var params string
		err := scan(&r.seq, &r.id, &r.task, &started, &ended, &r.failures, &r.commit, &r.dirty, &r.code, &params)
		r.started, r.ended = timeOf(started), timeOf(ended)
		if r.code != "" {
			r.code += " " + params
		}
		runs = append(runs, r)
		return err
	}, `SELECT seq, id, task, started_at, ended_at,
			CASE WHEN failed > 0 THEN (SELECT count(*) FROM tests WHERE run = newest.seq AND status = 'failed') ELSE 0 END, commit_id, dirty,
			CASE WHEN EXISTS (SELECT 1 FROM runs AS later WHERE later.task = newest.task AND later.ended_at >= newest.started_at
				AND later.changed BETWEEN newest.started_at AND newest.ended_at + ?) THEN '' ELSE code_print END, params
		FROM (SELECT *, row_number() OVER (PARTITION BY task ORDER BY ended_at DESC, seq DESC) AS n FROM runs`+where+`
			AND tests > 0 AND status IN ('succeeded', 'failed') AND coalesce(exit_signal, '') = '') AS newest
		WHERE n <= ? ORDER BY ended_at, seq`, append(append([]any{lateChange.Nanoseconds()}, args...), remembered)...)
	return runs, err
}

// trends calls f for every test of the runs that passed or failed in one. Of a
// flaky test that is asked for alone, only those that ever failed are read.
func trends(ctx context.Context, db *sql.DB, runs []judgedRun, f TestFilter, found func(Trend)) error {
	bySeq := make(map[int64]judgedRun, len(runs))
	seqs := []int64{}
	for _, r := range runs {
		bySeq[r.seq] = r
		seqs = append(seqs, r.seq)
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	where, args := "", []any{string(list)}
	if (f.Flaky || f.Broken) && !f.Slow {
		where += " AND tests.test IN (SELECT test FROM tests WHERE status = 'failed')"
	}
	if f.Test != "" {
		where += " AND (name = ? OR instr(lower(suite || ' ' || name), lower(?)) > 0)"
		args = append(args, f.Test, f.Test)
	}
	files, err := wholeFiles(ctx, db, string(list))
	if err != nil {
		return err
	}
	order := make(map[int64]int, len(runs))
	for i, r := range runs {
		order[r.seq] = i
	}
	var last int64
	var t Trend
	var at []int // the runs of t's results, in their order
	flush := func() {
		if passes := files[[2]string{t.Task, t.Suite}]; len(passes) > 0 && t.Name != tasks.WholeFile && len(t.Results) > 0 {
			t.Results = withFiles(t.Results, at, passes, runs, order)
		}
		if len(t.Results) > 0 {
			found(t)
		}
	}
	err = each(ctx, db, func(scan func(...any) error) error {
		var test, seq int64
		var task, suite, name string
		var r Result
		if err := scan(&test, &task, &suite, &name, &seq, &r.Status, &r.Duration, &r.Message); err != nil {
			return err
		}
		if test != last {
			flush()
			last, t, at = test, Trend{Task: task, Suite: suite, Name: name}, nil
		}
		run := bySeq[seq]
		r.Run, r.At, r.Commit, r.Dirty, r.code = run.id, run.ended, run.commit, run.dirty, run.code
		t.Results, at = append(t.Results, r), append(at, order[seq])
		return nil
	}, `SELECT test_names.id, test_names.task, suite, name, tests.run, tests.status, duration, message
		FROM json_each(?) AS wanted JOIN tests ON tests.run = wanted.value JOIN test_names ON test_names.id = tests.test
		WHERE tests.status IN ('passed', 'failed')`+where+` ORDER BY test_names.id, wanted.key`, args...)
	if err != nil {
		return err
	}
	flush()
	return nil
}

// wholeFiles are the runs, of those in list, in which a file of a task passed
// with all its tests; not those that were asked for a part of it.
func wholeFiles(ctx context.Context, db *sql.DB, list string) (map[[2]string][]int64, error) {
	files := map[[2]string][]int64{}
	err := each(ctx, db, func(scan func(...any) error) error {
		var task, suite string
		var seq int64
		if err := scan(&task, &suite, &seq); err != nil {
			return err
		}
		key := [2]string{task, suite}
		files[key] = append(files[key], seq)
		return nil
	}, `SELECT test_names.task, suite, tests.run
		FROM json_each(?) AS wanted JOIN tests ON tests.run = wanted.value JOIN test_names ON test_names.id = tests.test
			JOIN runs ON runs.seq = tests.run
		WHERE tests.status = 'passed' AND name = ? AND iif(extent = '', 1, json_extract(extent, '$.only') IS NULL)`, list, tasks.WholeFile)
	return files, err
}

// withFiles adds to a test's results, which are of the runs at, its passes in
// runs that told only of its file; not before it was first told of: it may not
// have been there.
func withFiles(results []Result, at []int, passes []int64, runs []judgedRun, order map[int64]int) []Result {
	told := map[int]Result{}
	for i, n := range at {
		told[n] = results[i]
	}
	for _, seq := range passes {
		n := order[seq]
		if _, ok := told[n]; ok || n < at[0] {
			continue
		}
		run := runs[n]
		told[n] = Result{Run: run.id, At: run.ended, Status: tasks.TestPassed, Commit: run.commit, Dirty: run.dirty, code: run.code, Whole: true}
	}
	all := make([]Result, 0, len(told))
	for _, n := range slices.Sorted(maps.Keys(told)) {
		all = append(all, told[n])
	}
	return all
}
