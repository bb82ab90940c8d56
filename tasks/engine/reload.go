package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// reload reads the workspace file off the loop. A file that is wrong, or not
// trusted, changes nothing but the strip.
func (e *Engine) reload() {
	if e.loading {
		e.loadAgain = true // it may have read the file before this change
		return
	}
	e.loading = true
	e.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		file, err := e.o.Load(ctx)
		e.send(func(e *Engine) { e.loaded(file, err) })
	})
}

func (e *Engine) loaded(file *config.File, err error) {
	e.loading = false
	if e.loadAgain {
		e.loadAgain = false
		e.reload()
		return
	}
	if e.leaving != "" {
		return
	}
	var problems config.Problems
	switch {
	case err == nil:
		e.reconfigure(file)
	case errors.As(err, &problems):
		e.emit(tasks.ConfigRejected{Problems: problems, At: e.o.Now()})
	case errors.Is(err, ErrUntrusted):
		e.emit(tasks.ConfigRejected{Untrusted: true, At: e.o.Now(), Problems: []config.Problem{{
			Pos: config.Position{File: e.file.Files[0], Line: 1}, Message: ErrUntrusted.Error(),
			Hint: "read what changed and accept it: sawhorse trust",
		}}})
	default:
		e.emit(tasks.ConfigRejected{At: e.o.Now(), Problems: []config.Problem{{
			Pos: config.Position{File: e.file.Files[0], Line: 1}, Message: err.Error(), Hint: "the last good file stays in force",
		}}})
	}
}

// Configured is what a file declares.
func Configured(file *config.File) tasks.Configured {
	return tasks.Configured{Name: file.Name, Tasks: expand(file), Jobs: file.Jobs, Detected: file.Detected, Locked: file.Locked}
}

// configure takes the file as the declarations of the workspace.
func (e *Engine) configure(file *config.File) {
	e.file = file
	declared := Configured(file)
	all := declared.Tasks
	e.choosePorts(all)
	e.emit(declared)
	e.unseen(all)
	e.recall()
	e.crons = map[string]cronEntry{}
	for _, t := range all {
		if t.Spec.Schedule == "" {
			continue
		}
		when, err := cron.ParseStandard(t.Spec.Schedule)
		if err != nil { // config has checked it
			continue
		}
		e.crons[t.Name] = cronEntry{when: when, next: when.Next(e.o.Now())}
	}
}

// reconfigure changes as little as the new file asks for: what did not change
// keeps running, what did is started anew, what is gone stops.
func (e *Engine) reconfigure(file *config.File) {
	changed, added, _ := config.Diff(e.file, file)
	before := map[string]bool{}
	for _, n := range e.state.Order {
		before[n] = true
	}
	e.configure(file)
	e.findConnections()
	for _, n := range e.state.Order {
		u := e.state.Units[n]
		switch {
		case u.Removed:
			e.stopRemoved(n)
		case slices.Contains(added, u.Task.Of), !before[n]:
			if e.all && u.Task.Spec.Autostart {
				e.emit(tasks.Wanted{Task: n, Up: true})
				e.need(n, tasks.Cause{Kind: tasks.ByConfig}, true)
			}
		case slices.Contains(changed, u.Task.Of):
			delete(e.loops, n)
			e.emit(tasks.NoticeCleared{ID: loopNotice(n)})
			e.redeclared(u)
		}
	}
}

func (e *Engine) stopRemoved(name string) {
	e.drop(name, "it is no longer in the workspace file")
	e.endRuns(name, tasks.ErrCancelled)
}

// redeclared starts a changed unit anew, if it is one that goes by itself.
func (e *Engine) redeclared(u tasks.Unit) {
	cause := tasks.Cause{Kind: tasks.ByConfig}
	_, active := e.state.Active(u.Task.Name)
	switch {
	case u.Task.IsService() && (u.Up || active):
		e.emit(tasks.Wanted{Task: u.Task.Name, Up: true})
		e.again(u.Task, ask{cause: cause}, tasks.ErrStale)
	case !u.Task.IsService() && u.Up && u.Task.Spec.Autostart:
		if params, err := fill(u.Task, nil); err == nil {
			e.busy(u.Task, ask{cause: cause, params: params}, tasks.ErrStale)
			e.needDependencies(u.Task, false)
		}
	}
}

// choosePorts gives every service's ports their numbers; one that was chosen
// stays for the life of the host.
func (e *Engine) choosePorts(all []tasks.Task) {
	for _, t := range all {
		for _, p := range t.Spec.Ports {
			key := t.Name + "." + p.Name
			switch {
			case p.Number != 0 && t.Replica > 0:
				e.ports[key] = p.Number + t.Replica - 1
			case p.Number != 0:
				e.ports[key] = p.Number
			case e.ports[key] == 0 && e.o.Port != nil:
				n, err := e.o.Port()
				if err != nil {
					e.notice(tasks.Notice{
						ID: "port/" + key, Severity: tasks.Error, Source: "host", Task: t.Name,
						Message: fmt.Sprintf("no free port for %s: %v", key, err), Hint: "give it a number in ports:",
					})
					continue
				}
				e.ports[key] = n
			}
			// A service with replicas answers to its declared name by the first.
			if t.Replica == 1 {
				e.ports[t.Of+"."+p.Name] = e.ports[key]
			}
		}
	}
}

// cronEntry is a task's schedule and when it is due.
type cronEntry struct {
	when cron.Schedule
	next time.Time
}

// runSchedules queues what is due and returns when the next one is.
func (e *Engine) runSchedules(now time.Time) (wake time.Time) {
	if e.leaving != "" {
		return time.Time{}
	}
	for name, c := range e.crons {
		if !now.Before(c.next) {
			c.next = c.when.Next(now)
			e.crons[name] = c
			t := e.state.Units[name].Task
			if params, err := fill(t, nil); err == nil {
				e.busy(t, ask{cause: tasks.Cause{Kind: tasks.BySchedule, Detail: t.Spec.Schedule}, params: params}, tasks.ErrStale)
				e.needDependencies(t, false)
			} else {
				e.notice(tasks.Notice{ID: "params/" + name, Severity: tasks.Warning, Source: "task", Task: name, Message: fmt.Sprintf("its schedule is due, but %v", err)})
			}
		}
		if wake.IsZero() || c.next.Before(wake) {
			wake = c.next
		}
	}
	return wake
}

func logNotice(key logs.Key) string { return "log/" + string(key) }

// logBroken says that a log cannot be written.
func logBroken(key logs.Key, err error) tasks.Notice {
	return tasks.Notice{
		ID: logNotice(key), Severity: tasks.Error, Source: "logs", Task: string(key),
		Message: fmt.Sprintf("its output is not kept: %v", err),
		Hint:    "free some space; the run goes on, and a mark stands in the log where lines are missing",
	}
}

// title is one line on what a unit does.
func title(u config.Unit) string {
	switch {
	case u.Description != "":
		return u.Description
	case u.Run != "":
		return firstLine(strings.TrimSpace(u.Run))
	case u.Use != "":
		return strings.TrimSpace(u.Use + " " + u.With["workflow"])
	}
	return strings.Join(u.Command, " ")
}
