// Package watch gives settled batches of the file changes below a directory,
// without what git ignores, from one recursive watcher that repairs itself. It
// never decides what a change means and never writes a file.
package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Op says what has become of a file since the batch before.
type Op uint8

// The changes. A file that is replaced by a rename, as most editors save, is
// Modified.
const (
	Created Op = iota + 1
	Modified
	Removed
)

// String is the op's word in screens and logs.
func (o Op) String() string {
	switch o {
	case Created:
		return "created"
	case Modified:
		return "modified"
	case Removed:
		return "removed"
	}
	return "unknown"
}

// Change is one changed file. Directories have no changes of their own: one
// that appears or goes is the changes of the files in it.
type Change struct {
	Path string // relative to the root, with slashes
	Op   Op
}

// Batch is a settled group of changes, at least one, sorted by path, each path
// once.
type Batch struct {
	Paths []Change
	// FirstEvent is when the first change was heard of, Settled when no more
	// were expected.
	FirstEvent, Settled time.Time
	// Rescan: events were lost and the changes were found by comparing
	// directories; some files may be reported that did not change.
	Rescan bool
	// Why says how the batch came to be, when that is out of the ordinary.
	Why string
}

// Status is how the watching itself is doing.
type Status struct {
	// Dirs is how many directories are watched, Pruned how many were not
	// entered because they are ignored.
	Dirs, Pruned int
	// Polling are the topmost directories that are looked at every second
	// because the system gives no (or not all) events for them; "." is the root.
	Polling []string
	// Problem says what is wrong and what to do; "" when all is well.
	Problem string
	// Ready: the first scan is done; every change from now on is reported.
	Ready bool
}

// Options of Watch. The zero value is a good choice.
type Options struct {
	// Ignore are globs (see Globs) of what is not watched, besides what git
	// ignores.
	Ignore []string
	// Always are files, relative to the root, that are reported although git
	// ignores them.
	Always []string
	// Quiet is how long nothing may happen before a batch of many files
	// settles (default 30 ms); a lone save settles after 2 ms.
	Quiet time.Duration
	// MaxWait is when a batch settles although changes go on (default 1 s).
	// Only a git command in progress extends it.
	MaxWait time.Duration
	// Status, when not nil, is called with every new status, from the
	// goroutine that reads events: it must return at once.
	Status func(Status)
}

// Watch reports the changes below root until ctx ends, then returns nil. An
// error says that watching could not begin; later problems are in the Status.
//
// f is called from one goroutine. While it runs, changes go on being collected
// and are merged into the batch of its next call, so f may take its time and
// still misses nothing.
//
// Symbolic links are not followed, except that root may be one.
func Watch(ctx context.Context, root string, o Options, f func(Batch)) error {
	root, err := resolveRoot(root)
	if err != nil {
		return fmt.Errorf("watch workspace: %w", err)
	}
	skip, err := NewGlobs(o.Ignore, nil)
	if err != nil {
		return fmt.Errorf("watch workspace: ignore: %w", err)
	}
	native, limit := newNative()
	w := newWatcher(root, o, skip, native)
	w.tree.limit = limit
	w.tree.remote = remoteMounts(root)
	return w.run(ctx, f)
}

func resolveRoot(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory", abs)
	}
	return abs, nil
}
