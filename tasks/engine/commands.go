package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// do carries out a command on the loop; nil means accepted.
func (e *Engine) do(c tasks.Command) error {
	if e.leaving != "" {
		if _, again := c.(tasks.Down); again {
			return nil
		}
		return fmt.Errorf("the host is stopping everything; wait for it, then start again")
	}
	if e.state.Locked && starts(c) {
		return errLocked
	}
	switch c := c.(type) {
	case tasks.Start:
		return e.start(c.Names)
	case tasks.Stop:
		if err := e.stop(c.Names); err != nil {
			return err
		}
		return cmp.Or(e.outOfReach(c.Names), e.leftAlone(c.Names))
	case tasks.Restart:
		return e.restart(c.Names)
	case tasks.RunTask:
		return e.runTask(c)
	case tasks.PinTests:
		return e.pin(c)
	case tasks.RunSweep:
		return e.runSweep(c)
	case tasks.Cancel:
		return e.cancel(c)
	case tasks.Acknowledge:
		e.emit(tasks.Acknowledged(c))
	case tasks.Look:
		e.look(c)
	case tasks.Reload:
		e.reload()
	case tasks.Trust:
		e.emit(tasks.Trusted{})
	case tasks.Down:
		e.leave("stopped by a person")
	default:
		return fmt.Errorf("this host does not know the command %T", c)
	}
	return nil
}

// starts says whether a command may make something run.
func starts(c tasks.Command) bool {
	switch c.(type) {
	case tasks.Start, tasks.Restart, tasks.RunTask, tasks.RunSweep:
		return true
	}
	return false
}

// names resolves words; without any, everything that starts by itself.
func (e *Engine) names(words []string) ([]string, error) {
	if len(words) == 0 {
		var all []string
		for _, n := range e.state.Order {
			if e.state.Units[n].Task.Spec.Autostart {
				all = append(all, n)
			}
		}
		return all, nil
	}
	names, unknown := e.state.Names(words)
	if unknown != "" {
		return nil, fmt.Errorf("no service, task or group is called %q; there are: %s", unknown, e.known())
	}
	return names, nil
}

func (e *Engine) known() string {
	var names []string
	for _, n := range e.state.Order {
		if t := e.state.Units[n].Task; !t.Spec.Hidden && !slices.Contains(names, t.Of) {
			names = append(names, t.Of)
		}
	}
	return strings.Join(names, ", ")
}

func (e *Engine) start(words []string) error {
	names, err := e.names(words)
	if err != nil {
		return err
	}
	cause := tasks.Cause{Kind: tasks.ByPerson}
	if len(words) == 0 {
		e.all = true
		cause = tasks.Cause{Kind: tasks.ByStart}
	}
	for _, n := range names {
		e.emit(tasks.Wanted{Task: n, Up: true})
		e.need(n, cause, len(words) > 0)
	}
	return nil
}

// need queues a run of a task, and of what it depends on, where that is not
// there already. fresh: a task runs even when it has succeeded before.
func (e *Engine) need(name string, cause tasks.Cause, fresh bool) {
	u := e.state.Units[name]
	_, active := e.state.Active(name)
	_, waiting := e.state.Waiting(name)
	if active || waiting {
		return
	}
	if done, ended := e.state.Finished(name); ended && !fresh && !u.Task.IsService() && done.Status == tasks.Succeeded {
		return
	}
	e.queue(u.Task, ask{cause: cause})
	e.needDependencies(u.Task, false)
}

// needDependencies brings up what t depends on. fresh: tasks among it run again.
func (e *Engine) needDependencies(t tasks.Task, fresh bool) {
	for _, d := range e.state.Dependencies(t) {
		if e.state.Units[d].Task.IsService() {
			e.emit(tasks.Wanted{Task: d, Up: true})
		}
		e.need(d, tasks.Cause{Kind: tasks.ByDependency, Detail: t.Name}, fresh)
	}
}

// ask is what a run is asked to be.
type ask struct {
	cause  tasks.Cause
	params map[string]string // secrets in clear
	scope  tasks.Scope
	only   []tasks.TestName
	sweep  *tasks.Sweep
	env    map[string]string // beside that of the task
	// calm is how long it waits, in case what began it is the task's own work.
	calm time.Duration
}

// queue makes a run of a task.
func (e *Engine) queue(t tasks.Task, a ask) {
	e.numbers[t.Name]++
	switch {
	case a.cause.Kind == tasks.ByWatch:
		a.cause.Files = merged(a.cause.Files, e.missed[t.Name])
		delete(e.missed, t.Name)
	case (a.scope == tasks.ScopeAuto || a.scope == tasks.ScopeAll) && len(a.only) == 0:
		delete(e.missed, t.Name) // all of it runs
	}
	r := tasks.Run{
		ID: tasks.NewRunID(t.Name, e.numbers[t.Name]), Task: t.Name, Number: e.numbers[t.Name],
		Cause: a.cause, Params: masked(t, a.params), Scope: a.scope, Only: a.only, Status: tasks.Queued, QueuedAt: e.o.Now(), Log: logs.Key(t.Name),
	}
	if a.calm > 0 {
		r.NotBefore = r.QueuedAt.Add(a.calm)
	}
	if r.Sweep = a.sweep; t.Remote() || a.sweep != nil {
		r.Log = logs.Key(r.ID)
	}
	if t.Spec.After != "" {
		// One that is run by hand, since it failed, is about what it was about.
		if a.env == nil {
			a.env = e.lastEnv[t.Name]
		}
		e.env[r.ID], e.lastEnv[t.Name] = a.env, a.env
	}
	e.params[r.ID] = a.params
	if a.sweep == nil {
		e.lastParams[t.Name] = a.params
	}
	e.emit(tasks.RunQueued{Run: r})
	e.recordSwept(r.ID)
}

func (e *Engine) stop(words []string) error {
	names, err := e.stoppable(words)
	if err != nil {
		return err
	}
	var refused []error
	for _, n := range names {
		if r, ok := e.state.Active(n); ok {
			if err := e.refusal(r); err != nil {
				refused = append(refused, err)
				continue
			}
		}
		e.emit(tasks.Wanted{Task: n, Up: false})
		e.drop(n, "stopped before it began")
		if !e.state.Units[n].Task.IsService() {
			e.endRuns(n, tasks.ErrCancelled)
		}
	}
	return errors.Join(refused...)
}

// refusal is why the system that a run goes on in can't be asked to cancel it, as it
// says of the run; nil where it can.
func (e *Engine) refusal(r tasks.Run) error {
	t := e.state.Units[r.Task].Task
	if !t.Remote() || r.External == "" {
		return nil
	}
	why := e.state.Resources[r.Outside(t.Provider)].Off["cancel"]
	if why == "" {
		return nil
	}
	return &tasks.StartError{Reason: fmt.Sprintf("%s goes on: %s", r.ID, why), Hint: "look at it there: " + r.URL}
}

// stoppable resolves words; without any, everything.
func (e *Engine) stoppable(words []string) ([]string, error) {
	if len(words) == 0 {
		return slices.Clone(e.state.Order), nil
	}
	return e.names(words)
}

// endRuns asks what a task has going on to end: all runs of a sweep, and all that
// were begun here in another system, where others may go on beside them.
func (e *Engine) endRuns(name string, why error) {
	for _, id := range slices.Clone(e.state.Units[name].Runs) {
		if e.state.Runs[id].Status.Active() {
			e.end(id, why)
		}
	}
}

// drop ends a task's queued runs before they began.
func (e *Engine) drop(name, why string) {
	for {
		r, ok := e.state.Waiting(name)
		if !ok {
			return
		}
		e.dropRun(r, why)
	}
}

// dropRun ends a queued run before it began.
func (e *Engine) dropRun(r tasks.Run, why string) {
	e.miss(r.Task, r.Cause)
	delete(e.params, r.ID)
	delete(e.env, r.ID)
	e.emit(tasks.RunEnded{ID: r.ID, At: e.o.Now(), Status: tasks.Skipped, Error: why, EndLine: r.FirstLine})
	e.recordSwept(r.ID)
}

func (e *Engine) restart(words []string) error {
	names, err := e.stoppable(words)
	if err != nil {
		return err
	}
	for _, n := range names {
		u := e.state.Units[n]
		if len(words) == 0 && !u.Up {
			continue
		}
		e.emit(tasks.Wanted{Task: n, Up: true})
		e.again(u.Task, ask{cause: tasks.Cause{Kind: tasks.ByPerson, Detail: "restarted by hand"}}, tasks.ErrCancelled)
	}
	return nil
}

// again ends what the task has going on, and queues a new run after it.
func (e *Engine) again(t tasks.Task, a ask, why error) {
	e.endRuns(t.Name, outdated(why, a.cause))
	e.drop(t.Name, "a newer request took its place")
	e.queue(t, a)
	e.needDependencies(t, false)
	e.alongWith(t)
}

// alongWith begins the services anew that are to restart with one they depend on.
func (e *Engine) alongWith(t tasks.Task) {
	for _, name := range e.state.Order {
		u := e.state.Units[name]
		restarts := slices.ContainsFunc(u.Task.Spec.DependsOn, func(d config.Dependency) bool {
			return d.Restart && (d.Name == t.Of || d.Name == t.Name)
		})
		r, active := e.state.Active(name)
		if restarts && u.Task.IsService() && u.Up && active && r.Status != tasks.Stopping {
			e.again(u.Task, ask{cause: tasks.Cause{Kind: tasks.ByAnother, Detail: t.Name}}, tasks.ErrCancelled)
		}
	}
}

func (e *Engine) runTask(c tasks.RunTask) error {
	names, err := e.names([]string{c.Name})
	if err != nil {
		return err
	}
	u := e.state.Units[names[0]]
	params, err := fill(u.Task, c.Params)
	if err != nil {
		return err
	}
	cause := tasks.Cause{Kind: tasks.ByPerson, Detail: c.Detail, Request: c.Request, Fresh: c.Fresh}
	delete(e.loops, u.Task.Name) // a person's run ends the suspension of a loop
	e.emit(tasks.NoticeCleared{ID: loopNotice(u.Task.Name)})
	if _, active := e.state.Active(u.Task.Name); active && u.Task.Spec.OnBusy == config.BusyIgnore {
		return fmt.Errorf("%s is running already (on_busy: ignore); stop it first", u.Task.Name)
	}
	e.busy(u.Task, ask{cause: cause, params: params, scope: c.Scope, only: c.Only}.pinned(u), tasks.ErrCancelled)
	e.needDependencies(u.Task, true)
	return nil
}

// pin makes saves run only these tests of a task.
func (e *Engine) pin(c tasks.PinTests) error {
	names, err := e.names([]string{c.Task})
	if err != nil {
		return err
	}
	t := e.state.Units[names[0]].Task
	if t.IsService() {
		return fmt.Errorf("%s is a service, and has no tests to pin", t.Name)
	}
	e.emit(tasks.TestsPinned{Task: t.Name, Tests: c.Tests})
	return nil
}

// pinned is the ask with the unit's pinned tests, where it asks for nothing
// more particular.
func (a ask) pinned(u tasks.Unit) ask {
	if len(u.Pinned) > 0 && a.scope == tasks.ScopeAuto && len(a.only) == 0 {
		a.scope, a.only = tasks.ScopePinned, slices.Clone(u.Pinned)
	}
	return a
}

// busy queues a run with respect to what the task is doing: on_busy. Another
// system runs any number at once; a sweep, which a person asked for and which may
// take a night, is ended by no other run: that one waits.
func (e *Engine) busy(t tasks.Task, a ask, why error) {
	current, active := e.state.Active(t.Name)
	if w, ok := e.state.Waiting(t.Name); ok && w.Sweep == nil {
		// One queued run is enough; it takes over what the new cause adds. The
		// request of a client that waits for its run keeps the run its own.
		same := w.Scope == a.scope && slices.Equal(w.Only, a.only) && maps.Equal(e.params[w.ID], a.params) && (a.env == nil || maps.Equal(e.env[w.ID], a.env))
		if same && w.Cause.Request == "" && a.cause.Request == "" {
			w.Cause = mergeCauses(w.Cause, a.cause)
			if a.calm == 0 {
				w.NotBefore = time.Time{}
			}
			e.emit(tasks.RunQueued{Run: w})
			return
		}
		e.dropRun(w, "a newer request took its place")
	}
	switch {
	case active && t.Spec.OnBusy == config.BusyIgnore:
		if e.miss(t.Name, a.cause) {
			e.live[current.ID].sink.note(fmt.Sprintf("%s while it runs: ignored (on_busy: ignore), the next run knows of it", a.cause))
		}
		return
	case active && t.Spec.OnBusy != config.BusyQueue && !t.Remote() && current.Sweep == nil && a.calm == 0:
		e.end(current.ID, outdated(why, a.cause))
		if errors.Is(why, tasks.ErrStale) && current.Cause.Kind == tasks.ByWatch {
			a.cause.Files = merged(a.cause.Files, current.Cause.Files) // it has answered for none of them
		}
	}
	e.queue(t, a)
}

// miss remembers files that no run will see changed: the next that files begin
// takes them over, so that a run that does only what changed leaves none out. It
// says whether there are new ones among them.
func (e *Engine) miss(task string, c tasks.Cause) bool {
	if c.Kind != tasks.ByWatch {
		return false
	}
	before := len(e.missed[task])
	e.missed[task] = merged(e.missed[task], c.Files)
	return len(e.missed[task]) > before
}

// merged are the names of both, each once.
func merged(a, b []string) []string {
	all := slices.Clone(a)
	for _, f := range b {
		if !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all
}

// outdated names what made a run stale.
func outdated(why error, by tasks.Cause) error {
	if errors.Is(why, tasks.ErrStale) {
		return fmt.Errorf("%w: %s", why, by)
	}
	return why
}

// mergeCauses is what a queued run becomes by another cause. One that does all
// of its task goes on to do so when files change.
func mergeCauses(old, add tasks.Cause) tasks.Cause {
	switch {
	case add.Kind != tasks.ByWatch:
		if old.Kind == tasks.ByWatch {
			add.Files, add.Changed = old.Files, old.Changed
		}
		return add
	case old.Kind != tasks.ByWatch && len(old.Files) == 0:
		old.Files, old.Changed = add.Files, add.Changed
	default:
		old.Files = merged(old.Files, add.Files)
	}
	return old
}

// fill checks parameters against their declarations and adds defaults.
func fill(t tasks.Task, given map[string]string) (map[string]string, error) {
	declared := map[string]config.Param{}
	var names []string
	for _, p := range t.Spec.Params {
		declared[p.Name] = p
		names = append(names, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := declared[name]; !ok {
			if len(names) == 0 {
				return nil, fmt.Errorf("%s takes no parameters, and %q was given", t.Name, name)
			}
			return nil, fmt.Errorf("%s has no parameter %q; it has: %s", t.Name, name, strings.Join(names, ", "))
		}
	}
	params := map[string]string{}
	for _, p := range t.Spec.Params {
		v, ok := given[p.Name]
		switch {
		case !ok && p.HasDefault:
			v = p.Default
		case !ok && p.Required:
			return nil, fmt.Errorf("%s needs a value for %s; give it with --set %s=…", t.Name, p.Name, p.Name)
		case !ok:
			continue
		}
		if err := tasks.CheckParam(p, v); err != nil {
			return nil, fmt.Errorf("parameter %s of %s: %w", p.Name, t.Name, err)
		}
		params[p.Name] = v
	}
	if len(params) == 0 {
		return nil, nil
	}
	return params, nil
}

// masked is what may be shown and stored of a run's parameters.
func masked(t tasks.Task, params map[string]string) map[string]string {
	shown := maps.Clone(params)
	for _, p := range t.Spec.Params {
		if _, given := shown[p.Name]; given && p.Secret {
			shown[p.Name] = "••••"
		}
	}
	return shown
}

// cancel ends one run, or all of its sweep.
func (e *Engine) cancel(c tasks.Cancel) error {
	r, ok := e.state.Runs[c.ID]
	switch {
	case !ok:
		return fmt.Errorf("there is no run %s", c.ID)
	case c.Sweep && r.Sweep != nil:
		return e.cancelSweep(*r.Sweep)
	case r.Status.Done():
		return fmt.Errorf("%s has ended already (%s)", c.ID, r.Status)
	case r.Status == tasks.Queued:
		e.dropRun(r, cancelledEarly)
	default:
		if err := e.refusal(r); err != nil {
			return err
		}
		if e.state.Units[r.Task].Task.IsService() {
			e.emit(tasks.Wanted{Task: r.Task, Up: false})
		}
		e.end(c.ID, tasks.ErrCancelled)
	}
	return nil
}

const cancelledEarly = "cancelled before it began"

// leave begins the end: everything stops, dependents first, then Run returns.
func (e *Engine) leave(why string) {
	if e.leaving != "" {
		return
	}
	e.leaving = why
	for _, n := range e.state.Order {
		e.emit(tasks.Wanted{Task: n, Up: false})
		e.drop(n, why)
	}
	for id := range e.live {
		switch t := e.state.Units[id.Task()].Task; {
		case t.Remote(): // goes on where it is, and is found again
			e.end(id, tasks.ErrLeaving)
		case !t.IsService():
			e.end(id, tasks.ErrCancelled)
		}
	}
}

// end asks a run to end; why decides its status.
func (e *Engine) end(id tasks.RunID, why error) {
	l := e.live[id]
	if l == nil || l.why != nil {
		return
	}
	l.why = why
	e.emit(tasks.RunStopping{ID: id, At: e.o.Now()})
	l.cancel(why)
}
