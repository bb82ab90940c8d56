package watch

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// growthEvery is how long what was written is gathered: what a training writes is
// drawn, and nobody reads a chart any faster.
const growthEvery = 100 * time.Millisecond

// mostGrowing bounds the directories that one Growth watches.
const mostGrowing = 4096

// Growth says what of a directory is watched for what is written there.
type Growth struct {
	// Dir need not be there yet.
	Dir string
	// Enter says whether a directory below Dir is watched that was there before; rel is
	// its path below Dir, with slashes. nil: all are. One that comes to be later is
	// watched with all that is in it.
	Enter func(rel string, d fs.DirEntry) bool
}

// Watch calls f, from one goroutine, with the paths of files that were written or
// came to be, also of those that git ignores: first with all that are there, once it
// watches, and once more with all of them when ctx ends, after which it returns nil.
// That a file is named does not mean that it changed. An error says why it can't be
// watched; f was called all the same with what was there.
func (g Growth) Watch(ctx context.Context, f func(files []string)) error {
	w, err := fsnotify.NewBufferedWatcher(eventBuffer)
	if err != nil {
		return fmt.Errorf("watch %s: %w", g.Dir, err)
	}
	defer func() { _ = w.Close() }()
	o := &growing{Growth: g, watcher: w, dirs: map[string]bool{}, written: map[string]bool{}}
	o.reach(false)
	f(o.take())
	timer := time.NewTimer(growthEvery)
	timer.Stop()
	armed := false
	for {
		if !armed && len(o.written) > 0 {
			timer.Reset(growthEvery)
			armed = true
		}
		if o.failed != nil {
			return fmt.Errorf("watch %s: %w", g.Dir, o.failed)
		}
		select {
		case <-ctx.Done():
			o.again()
			f(o.take())
			return nil
		case e := <-w.Events:
			o.event(e)
		case err := <-w.Errors:
			if err != nil { // events may be lost
				o.again()
			}
		case <-timer.C:
			armed = false
			f(o.take())
		}
	}
}

// growing is a Growth that goes on.
type growing struct {
	Growth
	watcher *fsnotify.Watcher
	there   bool            // Dir is
	dirs    map[string]bool // that are watched, of Dir and below
	written map[string]bool
	failed  error // why a directory can't be watched
}

// take are the files that are to be told of.
func (o *growing) take() []string {
	files := make([]string, 0, len(o.written))
	for file := range o.written {
		files = append(files, file)
	}
	clear(o.written)
	slices.Sort(files)
	return files
}

// reach watches Dir, or while it is not there the nearest one above it. late says
// that it came to be while it was waited for.
func (o *growing) reach(late bool) {
	for {
		at := nearest(o.Dir)
		if at == o.Dir {
			o.there = true
			o.enter(o.Dir, late)
			return
		}
		if err := o.watcher.Add(at); err != nil {
			o.failed = err
			return
		}
		// It may have come in between.
		if nearest(o.Dir) == at {
			return
		}
	}
}

// enter watches a directory, and those below it that are to be watched. Each is
// watched before it is listed: what comes in between is seen twice, not never.
func (o *growing) enter(dir string, late bool) {
	if !o.dirs[dir] {
		if len(o.dirs) >= mostGrowing {
			return
		}
		if err := o.watcher.Add(dir); err != nil {
			if exhausted(err) {
				o.failed = err
			}
			return // it is gone, or not for us
		}
		o.dirs[dir] = true
	}
	entries, _ := os.ReadDir(dir) // what can be listed of it
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.Type().IsRegular():
			o.written[name] = true
		case e.IsDir() && !hidden(e.Name()) && (late || o.dirs[name] || o.wanted(name, e)):
			o.enter(name, late)
		}
	}
}

func (o *growing) wanted(dir string, d fs.DirEntry) bool {
	if o.Enter == nil {
		return true
	}
	rel, err := filepath.Rel(o.Dir, dir)
	return err == nil && o.Enter(filepath.ToSlash(rel), d)
}

// event takes in what the system says.
func (o *growing) event(e fsnotify.Event) {
	if !o.there {
		o.reach(true)
		return
	}
	switch {
	case e.Has(fsnotify.Create):
		info, err := os.Lstat(e.Name)
		switch {
		case err != nil || !o.dirs[filepath.Dir(e.Name)]:
		case info.IsDir() && !hidden(info.Name()):
			o.enter(e.Name, true)
		case info.Mode().IsRegular():
			o.written[e.Name] = true
		}
	case e.Has(fsnotify.Write):
		if o.dirs[filepath.Dir(e.Name)] {
			o.written[e.Name] = true
		}
	case e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename):
		if o.dirs[e.Name] {
			delete(o.dirs, e.Name)
			if e.Has(fsnotify.Rename) {
				_ = o.watcher.Remove(e.Name) // by its old name
			}
		}
		if e.Name == o.Dir {
			o.there = false
			clear(o.dirs)
			o.reach(true)
		}
	}
}

// again finds by listing what no event may have told.
func (o *growing) again() {
	if !o.there {
		o.reach(true)
		return
	}
	for dir := range o.dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			switch {
			case e.Type().IsRegular():
				o.written[name] = true
			case e.IsDir() && !o.dirs[name] && !hidden(e.Name()) && o.wanted(name, e):
				o.enter(name, true)
			}
		}
	}
}
