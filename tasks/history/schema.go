package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// migrations[i] leads from version i of the schema to version i+1; the version
// is the file's user_version. They only ever add, so that an older host may go
// on writing while a newer client reads.
func migrations() []string {
	return []string{`
CREATE TABLE runs (
	seq         INTEGER PRIMARY KEY,
	id          TEXT NOT NULL UNIQUE,
	task        TEXT NOT NULL,
	number      INTEGER NOT NULL,
	status      TEXT NOT NULL,
	cause       TEXT NOT NULL,              -- JSON, with the changed files
	changed     INTEGER NOT NULL DEFAULT 0, -- when the first of them changed; all times are Unix nanoseconds, 0 is none
	params      TEXT NOT NULL DEFAULT '',   -- JSON, secrets masked
	commit_id   TEXT NOT NULL DEFAULT '',
	attempt     INTEGER NOT NULL DEFAULT 0,
	queued_at   INTEGER NOT NULL DEFAULT 0,
	started_at  INTEGER NOT NULL DEFAULT 0,
	ready_at    INTEGER NOT NULL DEFAULT 0,
	ended_at    INTEGER NOT NULL DEFAULT 0,
	exit_code   INTEGER,
	exit_signal TEXT,
	error       TEXT NOT NULL DEFAULT '',
	log         TEXT NOT NULL DEFAULT '',
	first_line  INTEGER NOT NULL DEFAULT 0,
	end_line    INTEGER NOT NULL DEFAULT 0,
	url         TEXT NOT NULL DEFAULT '',
	native      TEXT NOT NULL DEFAULT '',
	survivors   TEXT NOT NULL DEFAULT '',   -- JSON, as the next three
	steps       TEXT NOT NULL DEFAULT '',
	metrics     TEXT NOT NULL DEFAULT '',   -- with 200 points of their course at most
	artifacts   TEXT NOT NULL DEFAULT '',
	tests       INTEGER NOT NULL DEFAULT 0,
	failed      INTEGER NOT NULL DEFAULT 0,
	skipped     INTEGER NOT NULL DEFAULT 0,
	diagnostics INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_end ON runs (ended_at);
CREATE INDEX runs_by_task ON runs (task, ended_at);

-- A test's name is stored once, not with each of thousands of results.
CREATE TABLE test_names (
	id    INTEGER PRIMARY KEY,
	task  TEXT NOT NULL,
	suite TEXT NOT NULL,
	name  TEXT NOT NULL,
	UNIQUE (task, suite, name)
);
CREATE TABLE tests (
	run      INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
	n        INTEGER NOT NULL,
	test     INTEGER NOT NULL,
	status   TEXT NOT NULL,
	duration INTEGER NOT NULL,
	message  TEXT NOT NULL,
	file     TEXT NOT NULL,
	line     INTEGER NOT NULL,
	col      INTEGER NOT NULL,
	log_line INTEGER NOT NULL,
	PRIMARY KEY (run, n)
) WITHOUT ROWID;
CREATE TABLE diagnostics (
	run      INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
	n        INTEGER NOT NULL,
	severity TEXT NOT NULL,
	message  TEXT NOT NULL,
	code     TEXT NOT NULL,
	file     TEXT NOT NULL,
	line     INTEGER NOT NULL,
	col      INTEGER NOT NULL,
	log_line INTEGER NOT NULL,
	PRIMARY KEY (run, n)
) WITHOUT ROWID;

-- Outlives the pruning of runs: a number is never given twice.
CREATE TABLE last (
	task   TEXT PRIMARY KEY,
	number INTEGER NOT NULL
) WITHOUT ROWID;
`, `
ALTER TABLE runs ADD COLUMN code_print TEXT NOT NULL DEFAULT ''; -- names the code that ran, see Code; '' is not known
ALTER TABLE runs ADD COLUMN dirty INTEGER NOT NULL DEFAULT 0; -- 1: there were changes on top of commit_id
CREATE INDEX failures ON tests (test) WHERE status = 'failed';

CREATE TABLE starts (
	began_at     INTEGER PRIMARY KEY,
	ready_at     INTEGER NOT NULL,
	services     INTEGER NOT NULL,
	failed       TEXT NOT NULL,  -- JSON, the names
	slowest      TEXT NOT NULL,
	slowest_took INTEGER NOT NULL
);
`, `
ALTER TABLE runs ADD COLUMN extent TEXT NOT NULL DEFAULT ''; -- JSON, how much of its task it did; '' is all
`, `
ALTER TABLE runs ADD COLUMN sweep TEXT NOT NULL DEFAULT '';    -- the one it was of; '' is none
ALTER TABLE runs ADD COLUMN external TEXT NOT NULL DEFAULT ''; -- what its system calls it; '' is: it ran here
UPDATE runs SET sweep = coalesce(json_extract(extent, '$.sweep.id'), ''), external = coalesce(json_extract(extent, '$.external'), '')
	WHERE extent <> '';
CREATE INDEX runs_of_sweeps ON runs (task, ended_at) WHERE sweep <> '';
CREATE INDEX runs_elsewhere ON runs (task, ended_at) WHERE external <> '';

-- Runs that have not ended, and go on in other systems whatever becomes of the host.
CREATE TABLE elsewhere (
	id       TEXT PRIMARY KEY,
	began_at INTEGER NOT NULL,
	run      TEXT NOT NULL -- JSON
) WITHOUT ROWID;
`}
}

// prepare brings a database that was just opened to this build's schema. Of two
// that begin with a new file at the same time one takes the other's journal
// away, and that one tries again.
func prepare(ctx context.Context, db *sql.DB) error {
	until := time.NewTimer(busyTime) // of the trying only: a schema may take its time
	defer until.Stop()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := prepareOnce(ctx, db)
		if !raced(err) {
			return err
		}
		select {
		case <-retry.C:
		case <-until.C:
			return err
		case <-ctx.Done():
			return err
		}
	}
}

func prepareOnce(ctx context.Context, db *sql.DB) error {
	version, err := userVersion(ctx, db)
	if err != nil {
		return err
	}
	steps := migrations()
	switch {
	case version == len(steps):
		return nil
	case version > len(steps):
		return fmt.Errorf("the run history is of a newer sawhorse (schema %d, this one knows %d): update this one, or move history.db away",
			version, len(steps))
	}
	if err := intoWAL(ctx, db); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	// Another process may have been faster.
	if version, err = userVersion(ctx, tx); err != nil {
		return err
	}
	for ; version < len(steps); version++ {
		if _, err := tx.ExecContext(ctx, steps[version]); err != nil {
			return fmt.Errorf("bring the run history to schema %d: %w", version+1, err)
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// intoWAL lets readers read while the host writes; the file remembers it. The
// switch needs the file alone and does not wait for that by itself.
func intoWAL(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, busyTime)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
		if !hasCode(err, codeBusy) {
			return err
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return err
		}
	}
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func userVersion(ctx context.Context, q querier) (n int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}
