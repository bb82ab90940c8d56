package curves

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// follower reads the files of one run.
type follower struct {
	tasks.Sink
	open     Open
	run      tasks.RunID
	session  atomic.Int64 // its first process; 0: none yet
	alone    func() bool  // no other run goes on
	owner    func(home string) tasks.RunID
	own      func(home string, id tasks.RunID)
	noted    atomic.Bool // something was said already
	writerOf func(file string, session int) writer
	root     string
	began    time.Time // by the clock of files
	detected bool      // the files are not named: what was written since the run began is its

	mu    sync.Mutex // guards what follows: several directories may grow at once
	files map[string]*source
	homes []string          // where files are that told something, in the order of telling
	names map[string]string // of each metric that was told: the file that tells it
	count int
	// waiting are files of parameters that are to be read, params what is known of them.
	waiting []string
	params  map[string]map[string]string
	unsure  bool // it was said that whose a file is can't be told
}

// source is a file of numbers.
type source struct {
	reader tasks.Growing
	info   os.FileInfo
	at     int64 // how much of it was read
	old    int64 // how much of it is of an earlier run: read, and not told
	broken bool  // what follows can't be read
	known  bool  // that it is this run's
	alien  bool  // it is another one's
	steps  map[string]float64
}

func (f *follower) told() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// before remembers how much is there of an earlier run.
func (f *follower) before(files []string) {
	var now []string
	for _, file := range files {
		reader, ok := f.open(file)
		if !ok {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			continue
		}
		if f.detected && !info.ModTime().Before(f.began) {
			now = append(now, file)
			continue
		}
		f.files[file] = &source{reader: reader, info: info, old: info.Size()}
	}
	f.look(now)
}

// look reads what is new in files.
func (f *follower) look(files []string) {
	var summaries []string // tell what no other file of their home does, and so come last
	for _, file := range files {
		s, ok := f.source(file)
		if ok && s.reader.Params != nil {
			if !slices.Contains(f.waiting, file) {
				f.waiting = append(f.waiting, file)
			}
			continue
		}
		if !ok || s.broken || !f.reads(file, s) {
			continue
		}
		switch {
		case s.reader.Look != nil:
			f.ask(file, s)
		case s.reader.Whole:
			summaries = append(summaries, file)
		default:
			f.read(file, s)
		}
	}
	for _, file := range summaries {
		f.read(file, f.files[file])
	}
	f.waiting = slices.DeleteFunc(f.waiting, f.readParams)
}

// readParams tells of the parameters in a file, if it is known by now that a training
// writes beside it.
func (f *follower) readParams(file string) bool {
	s, ok := f.source(file)
	if !ok {
		return true
	}
	if !slices.Contains(f.homes, s.reader.Home) || !f.reads(file, s) {
		return false
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() > mostWhole {
		return true
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return true // gone again
	}
	s.info = info
	params, err := s.reader.Params(text)
	if err != nil {
		return true // it is half written, and is then named again
	}
	prefix := f.prefix(s.reader.Home)
	all := map[string]string{}
	for name, v := range params {
		all[prefix+name] = v
	}
	if f.params == nil {
		f.params = map[string]map[string]string{}
	}
	f.params[file] = all
	told := map[string]string{}
	for _, of := range f.params {
		maps.Copy(told, of)
	}
	f.Sink.Emit(tasks.ParamsReported{Params: told})
	return true
}

// reads says whether a file is this run's, as far as it was written since.
func (f *follower) reads(file string, s *source) bool {
	if s.known || s.reader.Look != nil {
		return true
	}
	if s.alien {
		return false
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		delete(f.files, file) // who makes it again makes another one
		return false
	case err != nil || s.info != nil && s.same(info):
		return false // nobody has written it
	}
	mine, ok := f.mine(file, s)
	switch {
	case ok:
		s.known, s.alien = mine, !mine
		if mine && f.owner(s.reader.Home) == "" {
			f.own(s.reader.Home, f.run)
		}
	case !f.unsure && !f.detected:
		f.unsure = true
		f.note(fmt.Sprintf("several runs go on, and which of them writes %s can't be told: give each a directory of its own", f.short(file)))
	}
	return s.known
}

func (s *source) same(info os.FileInfo) bool {
	return os.SameFile(s.info, info) && s.info.Size() == info.Size() && s.info.ModTime().Equal(info.ModTime())
}

// ask has a database tell what is new in it.
func (f *follower) ask(file string, s *source) {
	of := tasks.Written{Run: f.run, Began: f.began, Alone: f.alone()}
	if err := s.reader.Look(of, f.teller(file, s)); err != nil {
		s.broken = true
		f.note(f.short(file) + ": " + err.Error())
	}
}

// source is a file of numbers; false: it is of another kind.
func (f *follower) source(file string) (*source, bool) {
	if s, known := f.files[file]; known {
		return s, true
	}
	reader, ok := f.open(file)
	if !ok {
		return nil, false
	}
	s := &source{reader: reader}
	f.files[file] = s
	return s, true
}

// mostWhole bounds a file that is read as a whole.
const mostWhole = 4 << 20

// read reads what a file has grown by.
func (f *follower) read(file string, s *source) {
	r, err := os.Open(file)
	if err != nil {
		return // gone again
	}
	defer func() { _ = r.Close() }()
	info, err := r.Stat()
	if err != nil {
		return
	}
	// A file system gives the same number again to what is made after a removal, so that
	// one of the same length that was written since is another one, too.
	anew := s.at == 0 && s.old > 0 && info.Size() == s.old && s.info != nil && !s.same(info)
	if s.info != nil && (!os.SameFile(s.info, info) || info.Size() < s.at || info.Size() < s.old || anew) {
		// Another one of the same name.
		reader, ok := f.open(file)
		if !ok {
			return
		}
		*s = source{reader: reader, steps: s.steps, known: s.known}
	}
	changed := s.info == nil || !s.same(info)
	s.info = info
	if s.reader.Whole {
		if text, err := io.ReadAll(io.LimitReader(r, mostWhole)); err == nil && changed {
			_ = s.reader.Read(text, f.teller(file, s)) // it may be half written, and is then named again
		}
		return
	}
	if info.Size() == s.old && s.at == 0 {
		return // as it was left by an earlier run
	}
	if _, err := r.Seek(s.at, io.SeekStart); err != nil {
		return
	}
	chunk := make([]byte, 64<<10)
	for {
		part := chunk
		if left := s.old - s.at; left > 0 {
			part = chunk[:min(left, int64(len(chunk)))]
		}
		n, err := r.Read(part)
		if n > 0 {
			tell := f.teller(file, s)
			if s.at < s.old {
				tell = func(string, tasks.Point) {}
			}
			s.at += int64(n)
			if failed := s.reader.Read(part[:n], tell); failed != nil {
				s.broken = true
				f.note(f.short(file) + ": " + failed.Error())
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				f.note(f.short(file) + ": " + err.Error())
			}
			return
		}
	}
}

// short is a file as a person calls it.
func (f *follower) short(file string) string {
	rel, err := filepath.Rel(f.root, file)
	if err != nil || strings.HasPrefix(rel, "..") {
		return file
	}
	return filepath.ToSlash(rel)
}

// teller tells of the numbers of one file.
func (f *follower) teller(file string, s *source) func(string, tasks.Point) {
	return func(name string, p tasks.Point) {
		name = f.prefix(s.reader.Home) + name
		if f.names == nil {
			f.names = map[string]string{}
		}
		owner := f.names[name]
		if s.reader.Whole {
			last, known := s.steps[name]
			if owner != "" && owner != file || known && last == p.Step {
				return
			}
			if s.steps == nil {
				s.steps = map[string]float64{}
			}
			s.steps[name] = p.Step
		}
		if owner == "" {
			f.names[name] = file
		}
		f.count++
		if p.At.IsZero() {
			p.At = time.Now()
		}
		f.Sink.Emit(tasks.MetricReported{Name: name, Point: p})
	}
}

// sides are the names by which a training tells what it learns from what it is tried
// on, where it gives each a directory.
var sides = [...]string{"train", "training", "val", "valid", "validation", "test", "eval", "evaluation"}

// prefix tells the numbers of several directories apart: the first one's have none.
func (f *follower) prefix(home string) string {
	if !slices.Contains(f.homes, home) {
		f.homes = append(f.homes, home)
	}
	if base := filepath.Base(home); slices.Contains(sides[:], strings.ToLower(base)) {
		return base + "/"
	}
	first := f.homes[0]
	if home == first {
		return ""
	}
	for _, from := range []string{first, filepath.Dir(first)} {
		if rel, err := filepath.Rel(from, home); err == nil && rel != "." && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel) + "/"
		}
	}
	return filepath.Base(home) + "/"
}
