package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// watch runs Options.Watch and hands what it finds to the loop.
func (e *Engine) watch(ctx context.Context) {
	watched := sync.OnceFunc(func() { close(e.watched) })
	defer watched()
	status := func(st watch.Status) {
		if st.Ready {
			watched()
		}
		ev := tasks.WatchChanged{Watch: tasks.WatchState{
			Dirs: st.Dirs, Pruned: st.Pruned, Polling: st.Polling, Problem: st.Problem, Ready: st.Ready,
		}}
		e.send(func(e *Engine) {
			e.emit(ev)
			if st.Problem == "" {
				e.emit(tasks.NoticeCleared{ID: "watch"})
				return
			}
			e.notice(tasks.Notice{ID: "watch", Severity: tasks.Warning, Source: "watch", Message: st.Problem})
		})
	}
	err := e.o.Watch(ctx, status, func(b watch.Batch) {
		e.send(func(e *Engine) { e.changed(b) })
	})
	if err != nil && ctx.Err() == nil {
		e.send(func(e *Engine) {
			e.notice(tasks.Notice{
				ID: "watch", Severity: tasks.Error, Source: "watch", Message: fmt.Sprintf("files are not watched: %v", err),
				Hint: "run tasks by hand until it is mended, then restart the host: sawhorse down && sawhorse",
			})
		})
	}
}

// outsideNotice begins the IDs of the notices of unseen.
const outsideNotice = "outside/"

// unseen says which paths are declared to be watched and are not, because they are
// not below the workspace.
func (e *Engine) unseen(all []tasks.Task) {
	said := map[string]bool{}
	for _, t := range all {
		if t.Spec.Watch == nil || len(t.Spec.Watch.Outside) == 0 || t.Replica > 1 {
			continue
		}
		id := outsideNotice + t.Of
		said[id] = true
		e.notice(tasks.Notice{
			ID: id, Severity: tasks.Warning, Source: "watch", Task: t.Name,
			Message: "saves in " + strings.Join(t.Spec.Watch.Outside, ", ") + " are not seen: not below " + e.state.Workspace.Root,
			Hint:    "start sawhorse in a directory above both, or take it out of develop.watch",
		})
	}
	for id := range e.state.Notices {
		if strings.HasPrefix(id, outsideNotice) && !said[id] {
			e.emit(tasks.NoticeCleared{ID: id})
		}
	}
}

// changed takes in a settled batch of file changes.
func (e *Engine) changed(b watch.Batch) {
	if e.leaving != "" {
		return
	}
	var files []string
	for _, c := range b.Paths {
		files = append(files, c.Path)
	}
	if e.o.Declares != nil && slices.ContainsFunc(files, e.o.Declares) {
		e.reload()
	}
	for _, name := range e.state.Order {
		u := e.state.Units[name]
		// Up: a service that is meant to run, a task whose watching is on.
		if u.Task.Spec.Watch == nil || !u.Up || u.Removed {
			continue
		}
		w := u.Task.Spec.Watch
		mine := e.others(u.Task, matching(w.Paths, w.Ignore, files), b)
		var live []string
		for _, l := range w.Live {
			live = merged(live, matching(l.Paths, l.Ignore, files))
		}
		switch {
		case len(mine) > 0:
			e.rerun(u, merged(mine, live), b)
		case len(live) > 0:
			e.refresh(u, live, b)
		}
	}
}

// matching are the files that a unit watches.
func matching(paths, ignore, files []string) []string {
	globs, err := watch.NewGlobs(paths, ignore)
	if err != nil { // config has checked them
		return nil
	}
	var mine []string
	for _, f := range files {
		if globs.Match(f) {
			mine = append(mine, f)
		}
	}
	return mine
}

// rerun starts a task anew, or a service, because files changed.
func (e *Engine) rerun(u tasks.Unit, files []string, b watch.Batch) {
	t := u.Task
	calm, paused := e.looping(t, files, b)
	if paused {
		return
	}
	cause := tasks.Cause{Kind: tasks.ByWatch, Files: files, Changed: b.FirstEvent}
	if t.IsService() {
		e.again(t, ask{cause: cause, calm: calm}, tasks.ErrStale)
		return
	}
	// A task with parameters reruns with what it was last run with.
	var params map[string]string
	if last, ok := e.state.Current(t.Name); ok && len(t.Spec.Params) > 0 {
		params = e.lastParams[last.Task]
	}
	if params == nil {
		var err error
		if params, err = fill(t, nil); err != nil {
			e.notice(tasks.Notice{
				ID: "params/" + t.Name, Severity: tasks.Warning, Source: "watch", Task: t.Name,
				Message: fmt.Sprintf("files changed, but %v", err), Hint: "run it once by hand with its parameters",
			})
			return
		}
	}
	a := ask{cause: cause, params: params, calm: calm}.pinned(u)
	if a.scope == tasks.ScopeAuto && t.Spec.Watch.All {
		a.scope = tasks.ScopeAll
	}
	e.busy(t, a, tasks.ErrStale)
	e.needDependencies(t, false)
}

// refresh brings changed files into a unit's run; one that does not run, or
// can't take them, begins anew.
func (e *Engine) refresh(u tasks.Unit, files []string, b watch.Batch) {
	name := u.Task.Name
	r, active := e.state.Active(name)
	runner, _ := e.runner(u.Task.Provider)
	f, able := tasks.As[tasks.Refresher](runner)
	if !active || r.Status == tasks.Stopping || !able {
		e.rerun(u, files, b)
		return
	}
	files = merged(e.missed[name], files)
	delete(e.missed, name)
	ctx := e.inner
	e.work.Go(func() {
		again, err := f.Refresh(ctx, r.ID, files)
		e.send(func(e *Engine) { e.refreshed(name, files, b, again, err) })
	})
}

func refreshNotice(task string) string { return "refresh/" + task }

// refreshed takes in what came of bringing files into a run.
func (e *Engine) refreshed(name string, files []string, b watch.Batch, again bool, err error) {
	u, known := e.state.Units[name]
	if !known || u.Removed || !u.Up || e.leaving != "" {
		return
	}
	if err != nil {
		e.miss(name, tasks.Cause{Kind: tasks.ByWatch, Files: files})
		at := tasks.Location{File: u.Task.Spec.Pos.File, Line: u.Task.Spec.Pos.Line}
		message := err.Error()
		if exit, ok := errors.AsType[*tasks.ExitError](err); ok && exit.At.File != "" {
			at, message = exit.At, strings.TrimPrefix(message, exit.At.String()+": ")
		}
		e.notice(tasks.Notice{
			ID: refreshNotice(name), Severity: tasks.Error, Source: "svc", Task: name, Message: message,
			Hint: "what ran runs on; mend it and save", Location: at,
		})
		return
	}
	e.clear(refreshNotice(name))
	if again {
		e.rerun(u, files, b)
	}
}
