// Package results reads the files of results that a task declares: when they
// have changed while it runs, and at its end. It knows none of their formats
// and never reads one that the run has not written.
package results

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

var _ tasks.Runner = (*Runner)(nil)

// Read reads a file of results; false: its format is not known.
type Read func(t tasks.Task, text []byte, s tasks.Sink) bool

// Runner stands before another one and reads what its runs write.
type Runner struct {
	next tasks.Runner
	read Read
}

// New reads by read what runs of next write.
func New(next tasks.Runner, read Read) *Runner { return &Runner{next: next, read: read} }

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// Run asks the runner behind and reads the task's files of results.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if len(q.Task.Spec.Results) == 0 {
		return r.next.Run(ctx, q, s)
	}
	f := &follower{Sink: s, read: r.read, task: q.Task, seen: map[string]stamp{}}
	for _, file := range f.matching() {
		f.seen[file.name] = file.stamp
	}
	err := r.next.Run(ctx, q, f)
	f.end(err == nil)
	return err
}

// stamp tells a version of a file from another one.
type stamp struct {
	size    int64
	changed time.Time
}

type found struct {
	name  string // relative to the workspace
	stamp stamp
}

// follower is the sink of one run. It looks at the files when the run prints
// something, so that a run that is silent costs nothing.
type follower struct {
	tasks.Sink
	read Read
	task tasks.Task

	looking sync.WaitGroup
	mu      sync.Mutex // guards what follows
	last    time.Time  // of the last look
	busy    bool       // a look goes on
	ended   bool

	seen map[string]stamp // of the one look that goes on
	told int
}

const (
	// restLeast is between two looks; a task that is watched by its own tool
	// writes its files when it prints.
	restLeast   = time.Second
	mostFiles   = 2000
	largestFile = 64 << 20
)

// Log hands output on, and looks at the files now and then.
func (f *follower) Log(stream logs.Stream, p []byte) {
	f.Sink.Log(stream, p)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended || f.busy || time.Since(f.last) < restLeast {
		return
	}
	first := f.last.IsZero()
	f.last = time.Now()
	if first {
		return // nothing is written yet when the first line is printed
	}
	f.busy = true
	f.looking.Go(func() {
		f.look()
		f.mu.Lock()
		f.busy = false
		f.mu.Unlock()
	})
}

// end looks for the last time.
func (f *follower) end(succeeded bool) {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.looking.Wait()
	f.look()
	if f.told == 0 && succeeded {
		f.note("it has written no results: nothing that fits " + strings.Join(f.task.Spec.Results, ", ") + " has changed")
	}
}

func (f *follower) note(text string) { f.Sink.Log(logs.Note, []byte(text+"\n")) }

// look reads the files that have changed.
func (f *follower) look() {
	for _, file := range f.matching() {
		if f.seen[file.name] == file.stamp {
			continue
		}
		text, err := f.open(file)
		if err == nil && len(text) == 0 {
			continue // it is only begun
		}
		f.seen[file.name] = file.stamp
		f.told++
		switch {
		case err != nil:
			f.note("its results can't be read: " + err.Error())
		case !f.read(f.task, text, f.Sink):
			f.mu.Lock()
			ended := f.ended
			f.mu.Unlock()
			if !ended { // it may be half written
				delete(f.seen, file.name)
				continue
			}
			f.note(fmt.Sprintf("%s is no file of results that is known: JUnit XML, SARIF, JSON of jest or vitest", file.name))
		}
	}
}

func (f *follower) open(file found) ([]byte, error) {
	if file.stamp.size > largestFile {
		return nil, fmt.Errorf("%s has %d MB, more than %d", file.name, file.stamp.size>>20, largestFile>>20)
	}
	return os.ReadFile(filepath.Join(f.task.Root, filepath.FromSlash(file.name)))
}

// matching are the files that the task declares.
func (f *follower) matching() []found {
	var all []found
	root := os.DirFS(f.task.Root)
	for _, glob := range f.task.Spec.Results {
		_ = doublestar.GlobWalk(root, glob, func(name string, d fs.DirEntry) error {
			info, err := d.Info()
			if err != nil || !info.Mode().IsRegular() {
				return nil //nolint:nilerr // what is gone is not there
			}
			if len(all) >= mostFiles {
				return doublestar.SkipDir
			}
			all = append(all, found{name, stamp{info.Size(), info.ModTime()}})
			return nil
		}, doublestar.WithNoFollow())
	}
	return all
}
