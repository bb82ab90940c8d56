package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// How much is kept.
const (
	keptRuns = 5000
	keptAge  = 90 * 24 * time.Hour
	// keptPasses is how many runs of a task keep the tests that did not fail;
	// older ones keep their failures and their counts.
	keptPasses = 100
	// pruneEvery is after how many runs what is too old goes.
	pruneEvery = 50
)

// Code names the code that a run ran. Its zero value is: not known.
type Code struct {
	// Commit is git's; Dirty says that there were changes on top of it.
	Commit string
	Dirty  bool
	// Print is equal for two runs only when they ran the same code. It is empty
	// when nobody can tell, or when the code changed while the run went on.
	Print string
}

// Add stores a run, with the code that it ran, in place of one of the same ID. One that has not ended has to be
// known to another system or be one of a sweep: it stands aside until it has, and so
// does one of a sweep that never began. An error that is a *Warning
// tells of a damaged history that was set aside: the run is stored.
func (s *Store) Add(ctx context.Context, r tasks.Run, code Code) error {
	if !r.Status.Done() && r.External == "" && r.Sweep == nil {
		return fmt.Errorf("store run %s: it has not ended", r.ID)
	}
	return s.host(ctx, fmt.Sprintf("store run %s", r.ID), func(db *sql.DB) error {
		err := inside(ctx, db, func(tx *sql.Tx) error {
			if !r.Status.Done() || r.Status == tasks.Skipped && r.Sweep != nil {
				return putAside(ctx, tx, r)
			}
			return insert(ctx, tx, r, code)
		})
		if err != nil {
			return err
		}
		if s.adds%pruneEvery == 0 {
			err = prune(ctx, db, time.Now(), keptRuns, keptAge, keptPasses)
		}
		s.adds++
		return err
	})
}

// Last is the highest number that a run of each task has had, also of runs
// that are no longer kept, so that run IDs go on from one host to the next. It
// is the host's call: an error that is a *Warning comes with a valid answer.
func (s *Store) Last(ctx context.Context) (map[string]int, error) {
	last := map[string]int{}
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	err := s.host(ctx, "read the last run numbers", func(db *sql.DB) error {
		clear(last)
		return each(ctx, db, func(scan func(...any) error) error {
			var task string
			var number int
			if err := scan(&task, &number); err != nil {
				return err
			}
			last[task] = number
			return nil
		}, "SELECT task, number FROM last")
	})
	return last, err
}

// prune drops runs beyond the newest `runs`, those that ended longer than `age`
// ago, and of each task the tests that did not fail beyond its newest `passes` runs.
func prune(ctx context.Context, db *sql.DB, now time.Time, runs int, age time.Duration, passes int) error {
	return inside(ctx, db, func(tx *sql.Tx) error {
		return execAll(ctx, tx, []statement{
			{"DELETE FROM runs WHERE ended_at < ?", []any{now.Add(-age).UnixNano()}},
			{"DELETE FROM runs WHERE seq IN (SELECT seq FROM runs ORDER BY ended_at DESC, seq DESC LIMIT -1 OFFSET ?)", []any{runs}},
			{`DELETE FROM tests WHERE status <> 'failed' AND run IN (
				SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY task ORDER BY ended_at DESC, seq DESC) AS n
					FROM runs WHERE tests > failed) WHERE n > ?)`, []any{passes}},
			{"DELETE FROM test_names WHERE id NOT IN (SELECT test FROM tests)", nil},
			{"DELETE FROM starts WHERE began_at < ?", []any{now.Add(-age).UnixNano()}},
			{"DELETE FROM elsewhere WHERE began_at < ?", []any{now.Add(-age).UnixNano()}},
		})
	})
}

type statement struct {
	text string
	args []any
}

func execAll(ctx context.Context, tx *sql.Tx, all []statement) error {
	for _, st := range all {
		if _, err := tx.ExecContext(ctx, st.text, st.args...); err != nil {
			return err
		}
	}
	return nil
}

// inside runs f in a transaction.
func inside(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func insert(ctx context.Context, tx *sql.Tx, r tasks.Run, at Code) error {
	var texts [6]string
	for i, v := range []any{r.Cause, r.Params, r.Survivors, r.Steps, courses(r.Metrics), r.Artifacts} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if texts[i] = string(text); texts[i] == "null" {
			texts[i] = ""
		}
	}
	ext, err := extentOf(r)
	if err != nil {
		return err
	}
	var code, signal any
	if r.Exit != nil {
		code, signal = r.Exit.Code, r.Exit.Signal
	}
	sum := summarize(r)
	sweep := tasks.RunID("")
	if r.Sweep != nil {
		sweep = r.Sweep.ID
	}
	if err := execAll(ctx, tx, []statement{
		{"DELETE FROM runs WHERE id = ?", []any{r.ID}},
		{"DELETE FROM elsewhere WHERE id = ?", []any{r.ID}},
	}); err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `INSERT INTO runs (
			id, task, number, status, cause, changed, params, commit_id, attempt, queued_at, started_at, ready_at, ended_at,
			exit_code, exit_signal, error, log, first_line, end_line, url, native, survivors, steps, metrics, artifacts,
			tests, failed, skipped, diagnostics, code_print, dirty, extent, sweep, external
		) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		r.ID, r.Task, r.Number, r.Status, texts[0], nanos(r.Cause.Changed), texts[1], at.Commit, r.Attempt,
		nanos(r.QueuedAt), nanos(r.StartedAt), nanos(r.ReadyAt), nanos(r.EndedAt),
		code, signal, r.Error, r.Log, r.FirstLine, r.EndLine, r.URL, r.Native, texts[2], texts[3], texts[4], texts[5],
		sum.Tests, sum.Failed, sum.Skipped, sum.Diagnostics, at.Print, at.Dirty, ext, sweep, r.External)
	if err != nil {
		return err
	}
	seq, err := done.LastInsertId()
	if err != nil {
		return err
	}
	if err := count(ctx, tx, r); err != nil {
		return err
	}
	if err := insertTests(ctx, tx, seq, r); err != nil {
		return err
	}
	for n, d := range r.Diagnostics {
		if _, err := tx.ExecContext(ctx, "INSERT INTO diagnostics VALUES (?,?,?,?,?,?,?,?,?)",
			seq, n, d.Severity, d.Message, d.Code, d.Location.File, d.Location.Line, d.Location.Column, d.Line); err != nil {
			return err
		}
	}
	return nil
}

// count remembers the number of a run: it is never given twice.
func count(ctx context.Context, tx *sql.Tx, r tasks.Run) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO last (task, number) VALUES (?1, ?2) ON CONFLICT (task) DO UPDATE SET number = max(number, ?2)",
		r.Task, r.Number)
	return err
}

func insertTests(ctx context.Context, tx *sql.Tx, seq int64, r tasks.Run) error {
	if len(r.Tests) == 0 {
		return nil
	}
	// A test that is reported in every run has its name here already.
	name, err := tx.PrepareContext(ctx, "INSERT INTO test_names (task, suite, name) VALUES (?,?,?) ON CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	defer name.Close()
	result, err := tx.PrepareContext(ctx, `INSERT INTO tests
		SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ? FROM test_names WHERE task = ? AND suite = ? AND name = ?`)
	if err != nil {
		return err
	}
	defer result.Close()
	for n, t := range r.Tests {
		if _, err := name.ExecContext(ctx, r.Task, t.Suite, t.Name); err != nil {
			return err
		}
		if _, err := result.ExecContext(ctx, seq, n, t.Status, t.Duration, t.Message, t.Location.File, t.Location.Line, t.Location.Column, t.Line,
			r.Task, t.Suite, t.Name); err != nil {
			return err
		}
	}
	return nil
}

// keptCourse is how many points of a metric are kept of its course.
const keptCourse = 200

// courses are the metrics with as much of their course as a curve beside others
// needs.
func courses(metrics map[string]tasks.Series) map[string]tasks.Series {
	if len(metrics) == 0 {
		return nil
	}
	kept := make(map[string]tasks.Series, len(metrics))
	for name, m := range metrics {
		kept[name] = tasks.Series{Last: m.Last, Points: tasks.Thin(m.Points, keptCourse)}
	}
	return kept
}

func summarize(r tasks.Run) Summary {
	s := Summary{Tests: len(r.Tests), Failed: r.Failed(), Diagnostics: len(r.Diagnostics)}
	for _, t := range r.Tests {
		if t.Status == tasks.TestSkipped {
			s.Skipped++
		}
	}
	return s
}

// nanos is a time as it is stored; 0 is no time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}
