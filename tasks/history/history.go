// Package history remembers every finished run in an SQLite file of the state
// directory: why it began, how long it took, how it ended, what its tests said.
// It never keeps output, and a history that cannot be read or written never
// keeps a run from going on.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// Store is the history of one workspace. One host writes it while any number
// of other processes read. Its methods may be called from several goroutines.
type Store struct {
	path string

	mu   sync.Mutex  // one call at a time: the host's calls are few
	db   *sql.DB     // nil until the first call that needs it
	file os.FileInfo // of db, to see that it was taken away
	adds int         // since the last pruning
}

// Warning is the error of a call that did what it should, after a damaged
// history was set aside and a new one begun. A person should know.
type Warning struct {
	Path  string // of the history
	Aside string // where the damaged one is now
	Cause error
}

// Error says what happened and where the old history is.
func (w *Warning) Error() string {
	return fmt.Sprintf("the run history %s was damaged (%v): it is kept as %s, and a new one was begun",
		w.Path, w.Cause, filepath.Base(w.Aside))
}

// Unwrap is what was wrong with the damaged file.
func (w *Warning) Unwrap() error { return w.Cause }

// Open names the file of a history. It touches nothing: the file is opened by
// the first call that needs it, and made by the first Add, so that a start
// does not wait for it.
func Open(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the run history: %w", err)
	}
	return &Store{path: abs}, nil
}

// Close lets go of the file. A later call opens it again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut()
}

func (s *Store) shut() error {
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db = nil
	return err
}

// read runs f unless there is no history yet.
func (s *Store) read(ctx context.Context, what string, f func(*sql.DB) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := s.try(ctx, f)
	if damaged(err) {
		// Only the host may move a file that the host writes.
		_ = s.shut()
		return fmt.Errorf("%s: the run history %s is damaged: %w; the host sets it aside when the next run ends", what, s.path, err)
	}
	return wrap(what, err)
}

// host runs f as the one process that writes; a damaged history is set aside.
func (s *Store) host(ctx context.Context, what string, f func(*sql.DB) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.try(ctx, f)
	if !damaged(err) {
		return wrap(what, err)
	}
	w := &Warning{Path: s.path, Cause: err}
	if w.Aside, err = s.setAside(); err != nil {
		return fmt.Errorf("%s: set the damaged run history aside: %w", what, err)
	}
	if err := s.try(ctx, f); err != nil {
		return wrap(what, err)
	}
	return w
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// try opens the file, if need be, and runs f, once more where another process
// took SQLite's side files away in the same moment.
func (s *Store) try(ctx context.Context, f func(*sql.DB) error) (err error) {
	for range 3 {
		if err = s.ensure(ctx); err == nil {
			err = f(s.db)
		}
		if !vanished(err) {
			break
		}
		_ = s.shut()
	}
	return err
}

// ensure makes s.db the file that is at the path now.
func (s *Store) ensure(ctx context.Context) error {
	if s.db != nil {
		if now, err := os.Stat(s.path); err == nil && os.SameFile(now, s.file) {
			return nil
		}
		_ = s.shut() // somebody took it away
	}
	// SQLite gives its side files the mode of the main one. A file that is there
	// is not opened for that: closing it again would take the locks off that this
	// process holds on it.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	} else if errors.Is(err, fs.ErrExist) {
		err = os.Chmod(s.path, 0o600)
	}
	if err != nil {
		return err
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", source(s.path))
	if err != nil {
		return err
	}
	// One connection, given back when idle: the host's memory is for its work.
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(idleTime)
	if err := prepare(ctx, db); err != nil {
		_ = db.Close()
		return err
	}
	s.db = db
	return nil
}

const (
	// busyTime is how long a call waits for another process's write.
	busyTime = 5 * time.Second
	// idleTime is how long an unused connection is kept.
	idleTime = 30 * time.Second
)

// source is the path as SQLite's driver wants it, whatever characters it has.
func source(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	options := url.Values{
		"_busy_timeout": {fmt.Sprint(busyTime.Milliseconds())},
		"_txlock":       {"immediate"},
		"_pragma":       {"synchronous(NORMAL)", "foreign_keys(1)", "cache_size(-1024)"},
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: options.Encode()}
	return u.String()
}

// setAside moves the history and its side files out of the way.
func (s *Store) setAside() (aside string, err error) {
	_ = s.shut()
	aside = s.path + ".bad-" + time.Now().Format("20060102-150405.000")
	if err := os.Rename(s.path, aside); err != nil {
		return "", err
	}
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Rename(s.path+side, aside+side); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// SQLite's codes that this package acts on.
const (
	codeBusy    = 5
	codeCorrupt = 11
	codeNotADB  = 26
	codeUnlock  = 10 | 9<<8  // an I/O error: it could not unlock
	codeDeleted = 10 | 23<<8 // an I/O error: what it deletes is not there
)

// codeVanished is SQLITE_IOERR_DELETE_NOENT: the file that was to be deleted is
// gone already, since the last of several connections tidies up.
const codeVanished = 10 | 23<<8

func vanished(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == codeVanished
}

// damaged says whether the file is not, or no longer, a database.
func damaged(err error) bool { return hasCode(err, codeCorrupt, codeNotADB) }

// raced says whether another process took away what this one was about to.
func raced(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == codeUnlock || e.Code() == codeDeleted)
}

func hasCode(err error, codes ...int) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code()&0xff == c { // the rest of an extended code tells details
			return true
		}
	}
	return false
}
