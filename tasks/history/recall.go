package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// keptElsewhere is how many runs of a task that went on in another system the next
// host is told of: as many as it shows.
const keptElsewhere = 20

// putAside keeps a run that the next host is told of although it is no finished one:
// until it is, and if it never began, until its task is swept anew.
func putAside(ctx context.Context, tx *sql.Tx, r tasks.Run) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	since := r.StartedAt
	if since.IsZero() {
		since = r.QueuedAt
	}
	put := []statement{{"INSERT OR REPLACE INTO elsewhere VALUES (?,?,?)", []any{r.ID, nanos(since), string(text)}}}
	if r.Sweep != nil && r.ID == r.Sweep.ID && r.Status == tasks.Queued {
		put = append(put, statement{"DELETE FROM elsewhere WHERE json_extract(run, '$.task') = ? AND json_extract(run, '$.status') = ?", []any{r.Task, tasks.Skipped}})
	}
	if err := execAll(ctx, tx, put); err != nil {
		return err
	}
	return count(ctx, tx, r)
}

// Recall is what the next host goes on with: of each task the newest runs that went
// on in another system, whether they have ended or not, and the runs of its newest
// sweep, also those that never began, in the order in which they were asked for.
// What goes on or waits, and is of this machine, is of a host that was killed.
func (s *Store) Recall(ctx context.Context) ([]tasks.Run, error) {
	var all []tasks.Run
	err := s.read(ctx, "read the runs of earlier hosts", func(db *sql.DB) error {
		all = nil
		ended := func(scan func(...any) error) error {
			r, err := scanRun(scan)
			all = append(all, r)
			return err
		}
		err := each(ctx, db, ended, "SELECT "+runColumns+` FROM runs WHERE sweep <> '' AND sweep IN (
			SELECT sweep FROM (SELECT sweep, row_number() OVER (PARTITION BY task ORDER BY ended_at DESC, seq DESC) AS n
				FROM runs WHERE sweep <> '') WHERE n = 1)`)
		if err != nil {
			return err
		}
		err = each(ctx, db, ended, "SELECT "+runColumns+` FROM runs WHERE sweep = '' AND seq IN (
			SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY task ORDER BY ended_at DESC, seq DESC) AS n
				FROM runs WHERE external <> '') WHERE n <= ?)`, keptElsewhere)
		if err != nil {
			return err
		}
		return each(ctx, db, func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			var r tasks.Run
			err := json.Unmarshal([]byte(text), &r)
			all = append(all, r)
			return err
		}, "SELECT run FROM elsewhere")
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b tasks.Run) int {
		if by := a.QueuedAt.Compare(b.QueuedAt); by != 0 {
			return by
		}
		return a.Number - b.Number
	})
	return all, nil
}
