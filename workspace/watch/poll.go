package watch

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pollEvery is the time between two looks; a look that is slow is followed by
// a longer pause, so that polling never takes more than a few percent of a core.
const (
	pollEvery = time.Second
	pollShare = 20
)

// signature is what two looks at a file compare.
type signature struct {
	changed, modified int64
	size              int64
	id                fileID
	dir               bool
}

func signatureOf(info os.FileInfo) signature {
	s := signature{id: idOf(info), dir: info.IsDir()}
	if !s.dir { // a directory's times change with its files, which have events of their own
		s.changed, s.modified, s.size = changeTime(info).UnixNano(), info.ModTime().UnixNano(), info.Size()
	}
	return s
}

// poller is a source that looks at directories now and then. It has no
// goroutine until a directory is added.
type poller struct {
	every   time.Duration
	changes chan fsnotify.Event
	stop    chan struct{}
	done    sync.WaitGroup

	mu      sync.Mutex
	dirs    map[string]map[string]signature
	settled map[string]signature // files as they were when a change of theirs was reported
	running bool
}

func newPoller(every time.Duration) *poller {
	return &poller{
		every:   every,
		changes: make(chan fsnotify.Event, eventBuffer),
		stop:    make(chan struct{}),
		dirs:    map[string]map[string]signature{},
		settled: map[string]signature{},
	}
}

// Add remembers what is in dir now; changes count from here.
func (p *poller) Add(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dirs[dir]; ok {
		return nil
	}
	now, err := look(dir)
	if err != nil {
		return err
	}
	p.dirs[dir] = now
	if !p.running {
		p.running = true
		p.done.Go(p.run)
	}
	return nil
}

// Remove forgets dir.
func (p *poller) Remove(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dirs, dir)
	return nil
}

func (p *poller) WatchList() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	dirs := make([]string, 0, len(p.dirs))
	for dir := range p.dirs {
		dirs = append(dirs, dir)
	}
	return dirs
}

func (p *poller) Changes() <-chan fsnotify.Event { return p.changes }

// Lost never has a value: the next look sees what this one missed.
func (p *poller) Lost() <-chan struct{} { return nil }

func (p *poller) Close() error {
	close(p.stop)
	p.done.Wait()
	return nil
}

// refresh takes a file for seen as it was when its change was reported; nil: it
// was gone.
func (p *poller) refresh(path string, as os.FileInfo) {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, ok := p.dirs[dir]
	if !ok {
		return
	}
	if as != nil {
		seen[name] = signatureOf(as)
		p.settled[path] = seen[name]
	} else {
		delete(seen, name)
		delete(p.settled, path)
	}
}

// told says whether a file is as it was when its last change was reported. A look
// that was going on then tells the same change once more.
func (p *poller) told(path string, now os.FileInfo) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.settled[path]
	return ok && s == signatureOf(now)
}

// run looks at all directories until there are none left or the poller is
// closed.
func (p *poller) run() {
	timer := time.NewTimer(p.every)
	defer timer.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-timer.C:
		}
		begin := time.Now()
		dirs := p.WatchList()
		for _, dir := range dirs {
			if !p.compare(dir) {
				return
			}
		}
		p.mu.Lock()
		if len(p.dirs) == 0 {
			p.running = false // the next Add starts anew
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		timer.Reset(max(p.every, pollShare*time.Since(begin)))
	}
}

// compare looks at one directory and sends what is different; false when the
// poller is closed.
func (p *poller) compare(dir string) bool {
	now, err := look(dir)
	p.mu.Lock()
	before, ok := p.dirs[dir]
	switch {
	case !ok:
		p.mu.Unlock()
		return true
	case err != nil && os.IsNotExist(err):
		delete(p.dirs, dir)
	case err != nil:
		p.mu.Unlock()
		return true // unreadable for now
	default:
		p.dirs[dir] = now
	}
	p.mu.Unlock()
	if err != nil {
		return p.send(dir, fsnotify.Remove)
	}
	for name, old := range before {
		if s, ok := now[name]; !ok || s.dir != old.dir || s.dir && s.id != old.id {
			if !p.send(filepath.Join(dir, name), fsnotify.Remove) {
				return false
			}
			delete(before, name)
		}
	}
	for name, s := range now {
		op := fsnotify.Write
		if old, ok := before[name]; !ok {
			op = fsnotify.Create
		} else if old == s {
			continue
		}
		if !p.send(filepath.Join(dir, name), op) {
			return false
		}
	}
	return true
}

func (p *poller) send(path string, op fsnotify.Op) bool {
	select {
	case p.changes <- fsnotify.Event{Name: path, Op: op}:
		return true
	case <-p.stop:
		return false
	}
}

// look reads a directory with the signature of everything in it.
func look(dir string) (map[string]signature, error) {
	entries, _, err := list(dir)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]signature, len(entries))
	for _, e := range entries {
		if info, err := os.Lstat(filepath.Join(dir, e.name)); err == nil {
			seen[e.name] = signatureOf(info)
		}
	}
	return seen, nil
}
