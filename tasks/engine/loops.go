package engine

import (
	"fmt"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// A task that writes what it watches would run for ever. It looks like a person
// who saves again and again while it runs, but for one thing: it writes nothing
// while nothing of it runs. So, when as many runs in a row as loopLimit were
// overtaken by changes, the one that goes on is left to its end and the next
// waits for a while, longer each time. A save in that while is somebody else's,
// and begins the next run at once; when there is none three times, the watching
// is paused, and the person told.
//
//	streak 1 ... 4    5          6          7           8
//	       at once    2s quiet   4s quiet   8s quiet    paused
const (
	loopLimit = 5
	loopCalms = 3
	firstCalm = 2 * time.Second
	// loopSlack is how long after its end a run's last write may be reported.
	loopSlack = 150 * time.Millisecond
	// loopSoon is when a service, which never ends, is taken to have written what
	// it writes at its start.
	loopSoon = 5 * time.Second
)

type loopWatch struct {
	// streak counts the runs in a row that a change fell into; last is the newest.
	streak int
	last   tasks.RunID
	// calm is how long the next run waits for a save of somebody else.
	calm      time.Duration
	suspended bool
}

func loopNotice(task string) string { return "loop/" + task }

// looping notes that files changed, and says how long the run that follows has to
// wait, or that there is none, since the task is paused for running in a loop.
func (e *Engine) looping(t tasks.Task, files []string, b watch.Batch) (calm time.Duration, paused bool) {
	l := e.loops[t.Name]
	if l == nil {
		l = &loopWatch{}
		e.loops[t.Name] = l
	}
	if l.suspended {
		return 0, true
	}
	r, own := e.wroteItself(t, b.FirstEvent)
	switch {
	case !own:
		*l = loopWatch{}
	case r != l.last: // all that falls into one run counts once
		l.streak++
		l.last = r
	}
	if l.calm = 0; l.streak < loopLimit {
		return 0, false
	}
	if l.streak < loopLimit+loopCalms {
		l.calm = firstCalm << (l.streak - loopLimit)
		return l.calm, false
	}
	l.suspended = true
	e.notice(tasks.Notice{
		ID: loopNotice(t.Name), Severity: tasks.Warning, Source: "watch", Task: t.Name,
		Message:  fmt.Sprintf("runs in a loop: each run changes what it watches (%s); its watch is paused", tasks.Few(files)),
		Hint:     "add the files to watch.ignore, or run it by hand to watch again",
		Location: tasks.Location{File: t.Spec.Pos.File, Line: t.Spec.Pos.Line},
	})
	return 0, true
}

// wroteItself is the task's last run if a change fell into it, when that run was
// itself begun by a change.
func (e *Engine) wroteItself(t tasks.Task, at time.Time) (id tasks.RunID, own bool) {
	r, ok := e.during(t, at)
	if !ok || r.Cause.Kind != tasks.ByWatch && r.Cause.Kind != tasks.ByStart || t.IsService() && at.After(r.StartedAt.Add(loopSoon)) {
		return "", false
	}
	return r.ID, true
}

// during is the task's last run if a moment fell into it, or right behind it.
func (e *Engine) during(t tasks.Task, at time.Time) (r tasks.Run, ok bool) {
	r, ok = e.state.Active(t.Name)
	if !ok {
		if r, ok = e.state.Finished(t.Name); !ok {
			return r, false
		}
	}
	if r.StartedAt.IsZero() || at.Before(r.StartedAt) {
		return r, false
	}
	return r, r.EndedAt.IsZero() || at.Before(r.EndedAt.Add(loopSlack))
}

// others are the files that a run has not written itself, as far as its tool is
// known to write them: a lock file, new snapshots. The next run is told of these.
func (e *Engine) others(t tasks.Task, files []string, b watch.Batch) []string {
	if e.o.Writes == nil || t.IsService() || len(files) == 0 {
		return files
	}
	r, ok := e.during(t, b.FirstEvent)
	if !ok {
		return files
	}
	var own, rest []string
	for _, f := range files {
		if e.o.Writes(t, f) {
			own = append(own, f)
		} else {
			rest = append(rest, f)
		}
	}
	if len(own) == 0 || len(rest) > 0 { // what comes with a save, or a checkout, is part of it
		return files
	}
	if e.miss(t.Name, tasks.Cause{Kind: tasks.ByWatch, Files: own}) {
		if l := e.live[r.ID]; l != nil {
			l.sink.note(fmt.Sprintf("%s changed while it runs: its tool writes that by itself, so that it begins no other run", tasks.Few(own)))
		}
	}
	return nil
}

// calmed has the run that waits for the one that ended now wait on, where that
// one may have written what it watches itself.
func (e *Engine) calmed(task string, now time.Time) {
	l := e.loops[task]
	if w, ok := e.state.Waiting(task); ok && l != nil && l.calm > 0 && w.Cause.Kind == tasks.ByWatch && w.Attempt == 0 {
		w.NotBefore = now.Add(l.calm)
		e.emit(tasks.RunQueued{Run: w})
	}
}
