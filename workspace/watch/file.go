package watch

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// fileQuiet is how long nothing may happen before a file is looked at: an editor
// empties it first, or puts another one in its place.
const fileQuiet = 50 * time.Millisecond

// File calls f, from one goroutine, once it watches the file at path, and whenever
// that may say something else than before, until ctx ends; then it returns nil.
// The file, and the directories that it is in, may come and go, and it may be a
// link, also one to a link. An error says that it can't be watched.
func File(ctx context.Context, path string, f func()) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("watch file: %w", err)
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	defer func() { _ = w.Close() }()
	one := oneFile{path: path, watcher: w}
	if err := one.follow(); err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	was := stateOf(path)
	f()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-w.Events:
			if one.concerns(e.Name) {
				timer.Reset(fileQuiet)
			}
		case err := <-w.Errors:
			if err != nil { // events may be lost
				timer.Reset(fileQuiet)
			}
		case <-timer.C:
			if err := one.follow(); err != nil {
				return fmt.Errorf("watch %s: %w", path, err)
			}
			if now := stateOf(path); !now.same(was) {
				was = now
				f()
			}
		}
	}
}

// oneFile watches the directories in which something may happen to a file.
type oneFile struct {
	path    string
	watcher *fsnotify.Watcher
	names   []string // the file's, and those that its links lead to
}

// maxLinks is as many links in a row as systems follow.
const maxLinks = 40

// follow watches, for the file and for each link on the way to it, the directory
// that it is in; where there is none, the nearest one above. Directories that
// don't matter any more are left. What is made or removed before a directory is
// watched is no event, so it is looked again until nothing has become of it.
func (o *oneFile) follow() error {
	wanted := o.where()
	for {
		for _, dir := range o.watcher.WatchList() {
			if !wanted[dir] {
				_ = o.watcher.Remove(dir) // it may be gone
			}
		}
		var problem error
		for dir := range wanted {
			if err := o.watcher.Add(dir); err != nil {
				problem = err
			}
		}
		now := o.where()
		if maps.Equal(wanted, now) {
			return problem
		}
		wanted = now
	}
}

// where finds the names, and the directories to watch for them.
func (o *oneFile) where() map[string]bool {
	o.names = []string{o.path}
	for name := o.path; len(o.names) <= maxLinks; {
		target, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
		o.names = append(o.names, name)
	}
	dirs := map[string]bool{}
	for _, name := range o.names {
		dirs[nearest(filepath.Dir(name))] = true
	}
	return dirs
}

// nearest is the directory, or the nearest one above it that is there.
func nearest(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return dir
		}
		dir = above
	}
}

// concerns says whether a change of this name may be one of the file: it is the
// file, a link to it, or a directory that it is in.
func (o *oneFile) concerns(name string) bool {
	for _, n := range o.names {
		if n == name || strings.HasPrefix(n, name+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// fileState tells two contents of a file apart without reading them.
type fileState struct{ info os.FileInfo } // nil: there is none

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return fileState{info}
}

func (s fileState) same(o fileState) bool {
	if s.info == nil || o.info == nil {
		return s.info == nil && o.info == nil
	}
	return os.SameFile(s.info, o.info) && s.info.Size() == o.info.Size() && s.info.ModTime().Equal(o.info.ModTime())
}
