package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// look is somebody's interest in a run or a resource: as long as it lasts, its
// log is followed. Owned by the loop.
type look struct {
	until  time.Time
	cancel context.CancelFunc // nil while nothing follows
	// told: a run that has ended was told whole; retry is when to try again after
	// a failure.
	told  bool
	retry time.Time
}

const (
	longestLook = time.Minute
	lookRetry   = 5 * time.Second
)

// look begins to follow what somebody looks at, and goes on following it.
func (e *Engine) look(c tasks.Look) {
	now := e.o.Now()
	until := now.Add(min(max(time.Duration(c.Seconds)*time.Second, time.Second), longestLook))
	for _, id := range c.Runs {
		r, known := e.state.Runs[id]
		if !known || e.live[id] != nil || r.External == "" {
			continue
		}
		p := e.connections[e.state.Units[r.Task].Task.Provider]
		if p == nil {
			continue
		}
		if a, ok := tasks.As[tasks.Attacher](p.p); ok {
			t := e.state.Units[r.Task].Task
			e.follow("run/"+string(id), r.Log, until, r.Status.Done(), func(ctx context.Context, w *outsideLog) error {
				err := a.Attach(ctx, r, e.observe(r, t, w))
				if _, failed := errors.AsType[*tasks.ExitError](err); failed {
					return nil // that is how the run ended: it was told to its end
				}
				return err
			})
		}
	}
	for _, id := range c.Resources {
		r, known := e.state.Resources[id]
		p := e.connections[id.Provider()]
		if !known || r.Log == "" || p == nil {
			continue
		}
		if t, ok := tasks.As[tasks.Tailer](p.p); ok {
			e.follow("resource/"+string(id), r.Log, until, false, func(ctx context.Context, w *outsideLog) error {
				return t.Tail(ctx, r, w, func(u tasks.Usage) {
					e.send(func(e *Engine) { e.emit(tasks.ResourceUsed{ID: id, Usage: u}) })
				})
			})
		}
	}
}

// follow keeps one goroutine that follows what is called name, until somebody
// has looked at it for the last time. whole: what it tells is the whole of it.
func (e *Engine) follow(name string, key logs.Key, until time.Time, whole bool, do func(ctx context.Context, w *outsideLog) error) {
	l := e.looks[name]
	if l == nil {
		l = &look{}
		e.looks[name] = l
	}
	l.until = until
	if l.cancel != nil || l.told || e.o.Now().Before(l.retry) {
		return
	}
	w, _, err := e.outsideLog(key)
	if err != nil {
		l.retry = e.o.Now().Add(lookRetry)
		e.notice(logBroken(key, err))
		return
	}
	ctx, cancel := context.WithCancel(e.inner)
	l.cancel = cancel
	e.work.Go(func() {
		err := do(ctx, w)
		looking := ctx.Err() == nil
		cancel()
		if err != nil && looking {
			w.Note(fmt.Sprintf("not followed any more: %v", err))
		}
		_ = w.Close() // told by the writer itself
		e.send(func(e *Engine) {
			if l.cancel = nil; !looking {
				return
			}
			l.told, l.retry = whole && err == nil, e.o.Now().Add(lookRetry)
		})
	})
}

// lookAway ends what nobody looks at any more, and says when the next look ends.
func (e *Engine) lookAway(now time.Time) (next time.Time) {
	for name, l := range e.looks {
		switch {
		case l.until.After(now):
			if l.cancel != nil {
				next = sooner(next, l.until)
			}
		case l.cancel != nil:
			l.cancel()
		case !l.told:
			delete(e.looks, name)
		}
	}
	return next
}

// observed is the sink of a run that is only looked at.
type observed struct {
	e    *Engine
	id   tasks.RunID
	log  *outsideLog
	logs *stepLogs
}

var (
	_ tasks.StepSink   = (*observed)(nil)
	_ tasks.ResultSink = (*observed)(nil)
)

func (e *Engine) observe(r tasks.Run, t tasks.Task, w *outsideLog) *observed {
	o := &observed{e: e, id: r.ID, log: w}
	o.logs = &stepLogs{e: e, key: w.key, task: t, tell: o.Emit}
	return o
}

func (o *observed) Log(s logs.Stream, p []byte) { o.log.WriteAt(s, p, time.Time{}) }

func (o *observed) Emit(ev tasks.Event) {
	o.logs.hear(ev)
	if ev = owned(ev, o.id); ev == nil {
		return
	}
	o.e.send(func(e *Engine) {
		if e.live[o.id] == nil {
			e.emit(ev)
		}
	})
}

func (o *observed) StepLog(step string) (tasks.LogWriter, logs.Key, error) { return o.logs.open(step) }

func (o *observed) Results(text []byte) bool { return o.logs.results(o.id, text) }

// outsideLog is the log of something outside. A log that can't be written never
// stops the following: the store marks the gap, and the person is told once.
type outsideLog struct {
	e   *Engine
	key logs.Key
	w   *logs.Writer
}

var _ tasks.BatchWriter = (*outsideLog)(nil)

func (e *Engine) outsideLog(key logs.Key) (*outsideLog, logs.Key, error) {
	w, err := e.o.Logs.Writer(key)
	if err != nil {
		return nil, "", fmt.Errorf("open the log %s: %w", key, err)
	}
	return &outsideLog{e: e, key: key, w: w}, key, nil
}

func (l *outsideLog) WriteAt(s logs.Stream, p []byte, at time.Time) {
	if _, err := l.w.WriteAt(s, p, at); err != nil {
		l.e.offer(logBroken(l.key, err))
	}
}

func (l *outsideLog) WriteAll(text []byte, pieces []logs.Piece) {
	if _, err := l.w.WriteAll(text, pieces); err != nil {
		l.e.offer(logBroken(l.key, err))
	}
}

// Note stands at the time of what is before it: what comes after it may be older
// than now, and a log is looked up by time.
func (l *outsideLog) Note(text string) {
	at, _ := l.Last()
	if err := l.w.Break(); err != nil {
		l.e.offer(logBroken(l.key, err))
	}
	l.WriteAt(logs.Note, []byte(text+"\n"), at)
}

func (l *outsideLog) Lines() int64 { return l.w.Lines() }

// Last looks at the stored lines from the end, since the lines of one moment
// share their time. Notes are none of the source's.
func (l *outsideLog) Last() (at time.Time, lines int) {
	_ = l.w.Flush() // told by the writer itself
	r, err := l.e.o.Logs.Reader(l.key)
	if err != nil {
		return time.Time{}, 0
	}
	defer r.Close()
	first, end, err := r.Bounds()
	if err != nil {
		return time.Time{}, 0
	}
	const page = 256
	for end > first {
		from := max(first, end-page)
		window, err := r.Lines(from, int(end-from), 1, nil)
		if err != nil || len(window) == 0 {
			break
		}
		for _, line := range slices.Backward(window) {
			switch {
			case line.Stream == logs.Note:
			case at.IsZero():
				at, lines = line.Time, 1
			case line.Time.Equal(at):
				lines++
			default:
				return at, lines
			}
		}
		end = from
	}
	return at, lines
}

func (l *outsideLog) Restart() error {
	if l.w.Lines() == 0 {
		return nil
	}
	if err := l.e.o.Logs.Remove(l.key); err != nil {
		return err
	}
	l.e.send(func(e *Engine) { e.emit(tasks.LogRestarted{Key: l.key}) })
	return nil
}

func (l *outsideLog) Close() error {
	err := l.w.Close()
	if err != nil {
		l.e.offer(logBroken(l.key, err))
	}
	return err
}
