package docker

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// sinkLog is a run's log for a liner: it remembers where to go on, also for a
// host that comes after one that was killed.
//
// The mark says: up to line next of the log, of lines not older than last the
// first of are stored. What the log holds behind next was stored after the mark
// was written, and counts on top: so the mark may be old, and is exact all the same.
type sinkLog struct {
	s     tasks.Sink
	mu    sync.Mutex
	last  time.Time
	of    int // lines since last
	lines int64
	ended bool // the last line has its newline
	heard []func(line string)
	mark  string // the file
	saved time.Time
}

const (
	// saveEvery is how old the mark may be: what is younger is counted by reading.
	saveEvery = 500 * time.Millisecond
	// adoptedLines are shown of a container that was not followed before.
	adoptedLines = 200
)

// recall goes on where another host, or another run, left the log.
func (l *sinkLog) recall() {
	raw, err := os.ReadFile(l.mark)
	if err != nil {
		return
	}
	var at string
	var of int
	var next int64
	if _, err := fmt.Sscanf(string(raw), "%s %d %d", &at, &of, &next); err != nil {
		return
	}
	last, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return
	}
	if k, ok := l.s.(tasks.KeepingSink); ok {
		more, err := k.Kept(next)
		if err != nil {
			return
		}
		of += more
	}
	l.last, l.of = last, of
}

// begin says that the log is told from a time on.
func (l *sinkLog) begin(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.of = at, 0
	l.save()
}

// remember writes the mark.
func (l *sinkLog) remember() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.save()
}

func (l *sinkLog) save() {
	l.saved = time.Now()
	var next int64
	if k, ok := l.s.(tasks.KeepingSink); ok {
		next = k.Keep()
	}
	if l.last.IsZero() || !l.ended || os.MkdirAll(filepath.Dir(l.mark), 0o700) != nil {
		return
	}
	text := fmt.Sprintf("%s %d %d\n", l.last.UTC().Format(time.RFC3339Nano), l.of, next)
	// Without a mark the newest lines are told again; a half of one must not be read.
	if part := l.mark + ".part"; os.WriteFile(part, []byte(text), 0o600) == nil {
		_ = os.Rename(part, l.mark)
	}
}

var _ tasks.LogWriter = (*sinkLog)(nil)

// WriteAt logs whole lines, or a part of a long one.
func (l *sinkLog) WriteAt(stream logs.Stream, p []byte, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Log(stream, p)
	if !at.Equal(l.last) && l.ended {
		l.last, l.of = at, 0
	}
	n := bytes.Count(p, []byte{'\n'})
	l.lines += int64(n)
	l.of += n
	l.ended = len(p) == 0 || p[len(p)-1] == '\n'
	if len(l.heard) > 0 {
		for line := range strings.Lines(string(p)) {
			for _, f := range l.heard {
				f(strings.TrimRight(line, "\r\n"))
			}
		}
	}
	if time.Since(l.saved) > saveEvery {
		l.save()
	}
}

// Note logs a line of Sawhorse's own.
func (l *sinkLog) Note(text string) { l.s.Log(logs.Note, []byte(text+"\n")) }

// Lines is how many lines were told.
func (l *sinkLog) Lines() int64 { l.mu.Lock(); defer l.mu.Unlock(); return l.lines }

// Last is where to go on.
func (l *sinkLog) Last() (time.Time, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.of
}

// Restart and Close leave the log alone: it is the run's.
func (l *sinkLog) Restart() error { return nil }

// Close does nothing.
func (l *sinkLog) Close() error { return nil }

// listen has f called with every line that comes from now on.
func (l *sinkLog) listen(f func(line string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, f)
}
