package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Filter chooses runs; its zero value is all of them.
type Filter struct {
	Task   string // of that name, or a replica of it
	Status tasks.Status
	Since  time.Time // ended then or later
	Until  time.Time // ended before
	Failed bool      // failed, or with a test that did
	Limit  int       // at most so many, the newest; 0: no limit
}

// Summary is how much a run had to say.
type Summary struct {
	Commit      string `json:"commit,omitempty"`
	Tests       int    `json:"tests"`
	Failed      int    `json:"failed"`
	Skipped     int    `json:"skipped"`
	Diagnostics int    `json:"diagnostics"`
}

// where is the filter in SQL.
func (f Filter) where() (text string, args []any) {
	var all []string
	add := func(condition string, values ...any) {
		all = append(all, condition)
		args = append(args, values...)
	}
	if f.Task != "" {
		// "worker" is also "worker/2", and "ci" is not "ci/build".
		add(`(task = ? OR substr(task, 1, length(?) + 1) = ? || '/' AND ltrim(substr(task, length(?) + 2), '0123456789') = '')`,
			f.Task, f.Task, f.Task, f.Task)
	}
	if f.Status != "" {
		add("status = ?", f.Status)
	}
	if !f.Since.IsZero() {
		add("ended_at >= ?", nanos(f.Since))
	}
	if !f.Until.IsZero() {
		add("ended_at < ?", nanos(f.Until))
	}
	if f.Failed {
		add("(status = ? OR failed > 0)", tasks.Failed)
	}
	if len(all) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(all, " AND "), args
}

// Runs are the finished runs that f chooses, newest first. Their tests and
// diagnostics are left out, see Tests, Diagnostics and Summaries; of their
// metrics they have as many points as a curve needs.
func (s *Store) Runs(ctx context.Context, f Filter) ([]tasks.Run, error) {
	where, args := f.where()
	limit := f.Limit
	if limit <= 0 {
		limit = -1
	}
	var runs []tasks.Run
	err := s.read(ctx, "read the run history", func(db *sql.DB) error {
		return each(ctx, db, func(scan func(...any) error) error {
			r, err := scanRun(scan)
			runs = append(runs, r)
			return err
		}, "SELECT "+runColumns+" FROM runs"+where+" ORDER BY ended_at DESC, seq DESC LIMIT ?", append(args, limit)...)
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// runColumns are what scanRun reads.
const runColumns = `id, task, number, status, cause, params, attempt, queued_at, started_at, ready_at, ended_at, exit_code, exit_signal, error,
	log, first_line, end_line, url, native, survivors, steps, metrics, artifacts, extent`

func scanRun(scan func(...any) error) (tasks.Run, error) {
	var r tasks.Run
	var queued, started, ready, ended int64
	var code sql.NullInt64
	var signal sql.NullString
	var cause, params, survivors, steps, metrics, artifacts, ext string
	err := scan(&r.ID, &r.Task, &r.Number, &r.Status, &cause, &params, &r.Attempt, &queued, &started, &ready, &ended, &code, &signal, &r.Error,
		&r.Log, &r.FirstLine, &r.EndLine, &r.URL, &r.Native, &survivors, &steps, &metrics, &artifacts, &ext)
	if err != nil {
		return r, err
	}
	r.QueuedAt, r.StartedAt, r.ReadyAt, r.EndedAt = timeOf(queued), timeOf(started), timeOf(ready), timeOf(ended)
	if code.Valid {
		r.Exit = &tasks.Exit{Code: int(code.Int64), Signal: signal.String}
	}
	var e extent
	for _, part := range []struct {
		text string
		into any
	}{
		{cause, &r.Cause},
		{params, &r.Params},
		{survivors, &r.Survivors},
		{steps, &r.Steps},
		{metrics, &r.Metrics},
		{artifacts, &r.Artifacts},
		{ext, &e},
	} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return r, err
		}
	}
	r.Scope, r.Only, r.Narrowed, r.Cached, r.External, r.Sweep = e.Scope, e.Only, e.Narrowed, e.Cached, e.External, e.Sweep
	r.Reported, r.Breaks = e.Reported, e.Breaks
	if e.Code != nil {
		r.Code = *e.Code
	}
	return r, nil
}

// Tests are the results of a run, in the order in which they were reported. Of
// a run that is older than the newest 100 of its task, those that failed.
func (s *Store) Tests(ctx context.Context, run tasks.RunID) ([]tasks.TestResult, error) {
	var tests []tasks.TestResult
	err := s.read(ctx, "read the tests of "+string(run), func(db *sql.DB) error {
		return each(ctx, db, func(scan func(...any) error) error {
			var t tasks.TestResult
			err := scan(&t.Suite, &t.Name, &t.Status, &t.Duration, &t.Message, &t.Location.File, &t.Location.Line, &t.Location.Column, &t.Line)
			tests = append(tests, t)
			return err
		}, `SELECT suite, name, tests.status, duration, message, file, line, col, log_line
			FROM runs JOIN tests ON tests.run = runs.seq JOIN test_names ON test_names.id = tests.test
			WHERE runs.id = ? ORDER BY n`, run)
	})
	if err != nil {
		return nil, err
	}
	return tests, nil
}

// Diagnostics are what compilers and linters said in a run.
func (s *Store) Diagnostics(ctx context.Context, run tasks.RunID) ([]tasks.Diagnostic, error) {
	var all []tasks.Diagnostic
	err := s.read(ctx, "read the diagnostics of "+string(run), func(db *sql.DB) error {
		return each(ctx, db, func(scan func(...any) error) error {
			var d tasks.Diagnostic
			err := scan(&d.Severity, &d.Message, &d.Code, &d.Location.File, &d.Location.Line, &d.Location.Column, &d.Line)
			all = append(all, d)
			return err
		}, `SELECT severity, message, code, file, line, col, log_line
			FROM runs JOIN diagnostics ON diagnostics.run = runs.seq WHERE runs.id = ? ORDER BY n`, run)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Summaries say in numbers what Runs leaves out.
func (s *Store) Summaries(ctx context.Context, runs ...tasks.RunID) (map[tasks.RunID]Summary, error) {
	ids, err := json.Marshal(runs)
	if err != nil {
		return nil, err
	}
	all := make(map[tasks.RunID]Summary, len(runs))
	err = s.read(ctx, "read the run history", func(db *sql.DB) error {
		return each(ctx, db, func(scan func(...any) error) error {
			var id tasks.RunID
			var m Summary
			err := scan(&id, &m.Commit, &m.Tests, &m.Failed, &m.Skipped, &m.Diagnostics)
			all[id] = m
			return err
		}, `SELECT id, commit_id, tests, failed, skipped, diagnostics FROM runs WHERE id IN (SELECT value FROM json_each(?))`, string(ids))
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// each calls row for every row of a query.
func each(ctx context.Context, db *sql.DB, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
