package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// How long a lost connection waits before it is tried again: from the first to
// the last, twice as long each time, and from the first again after it was up
// for a while.
const (
	retryFirst  = time.Second
	retryLast   = time.Minute
	retryReset  = 30 * time.Second
	connectTime = 30 * time.Second // for one try
)

// connection is what the loop knows of a system that it wants to reach. One
// goroutine, keep, does the reaching:
//
//	Connect ─> Catalog.Tasks ─> Provided
//	   ^   └─> Source.Watch ──> ResourcesChanged   } until one of them
//	   │   └─> Observer.Observe ─> RunObserved     } says that it is lost
//	   └── back-off <───────────────┘
type connection struct {
	tasks.Connection
	cancel context.CancelFunc
	nudge  chan struct{} // one slot: try again now
	p      any           // nil while not connected
}

// findConnections asks what is to be reached now, off the loop.
func (e *Engine) findConnections() {
	if e.o.Connections == nil {
		return
	}
	file := e.file
	e.work.Go(func() {
		ctx, cancel := context.WithTimeout(e.inner, connectTime)
		defer cancel()
		wanted, err := e.o.Connections(ctx, file)
		e.send(func(e *Engine) {
			if e.file == file && e.leaving == "" {
				e.connect(wanted, err)
			}
		})
	})
}

// connect begins what is new and ends what nobody wants any more.
func (e *Engine) connect(wanted []tasks.Connection, err error) {
	if err != nil {
		e.notice(tasks.Notice{ID: "connections", Severity: tasks.Warning, Source: "host", Message: err.Error()})
	} else {
		e.emit(tasks.NoticeCleared{ID: "connections"})
	}
	kept := map[string]bool{}
	for _, w := range wanted {
		if c := e.connections[w.Name]; c != nil && c.Key == w.Key && c.Later == w.Later {
			c.Wanted, kept[w.Name] = w.Wanted, true
		}
	}
	for name, c := range e.connections {
		if !kept[name] {
			c.cancel()
			delete(e.connections, name)
			e.emit(tasks.ProviderRemoved{Name: name})
		}
	}
	for _, w := range wanted {
		if kept[w.Name] {
			continue
		}
		ctx, cancel := context.WithCancel(e.inner)
		c := &connection{Connection: w, cancel: cancel, nudge: make(chan struct{}, 1)}
		e.connections[w.Name], kept[w.Name] = c, true
		e.stands(c, tasks.Provider{Phase: tasks.PhaseBusy})
		e.work.Go(func() { e.keep(ctx, c) })
	}
}

// stands emits how a connection is now, if it is still one.
func (e *Engine) stands(c *connection, p tasks.Provider) {
	if e.connections[c.Name] != c {
		return
	}
	old := e.state.Providers[c.Name]
	p.Name, p.Title, p.Wanted, p.Since = c.Name, c.Title, c.Wanted, e.o.Now()
	if old.Phase == p.Phase {
		p.Since = old.Since
	}
	if p.Kinds == nil {
		p.Kinds = old.Kinds // what it told of stays on the screen while it is away
	}
	e.emit(tasks.ProviderChanged{Provider: p})
}

// keep connects, and connects again, until ctx ends.
func (e *Engine) keep(ctx context.Context, c *connection) {
	wait := retryFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := e.connected(ctx, c)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryReset {
			wait = retryFirst
		}
		failed := tasks.Provider{Phase: tasks.PhaseFailed, Error: err.Error()}
		awaited, awaits := errors.AsType[tasks.Awaiting](err)
		if !awaits {
			failed.Retry = e.o.Now().Add(wait)
		}
		if why, ok := errors.AsType[*tasks.StartError](err); ok {
			failed.Error, failed.Hint = why.Reason, why.Hint
		}
		e.send(func(e *Engine) { c.p = nil; e.stands(c, failed) })
		if awaits && c.await(ctx, awaited) {
			wait = retryFirst
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		case <-c.nudge:
		}
		wait = min(wait*2, retryLast)
	}
}

// await returns when there is a reason to try again, a person's wish being one;
// false: nobody can tell when that will be.
func (c *connection) await(ctx context.Context, err tasks.Awaiting) bool {
	ctx, stop := context.WithCancel(ctx)
	var wishes sync.WaitGroup
	defer wishes.Wait()
	defer stop()
	wishes.Go(func() {
		select {
		case <-c.nudge:
			stop()
		case <-ctx.Done():
		}
	})
	return err.Await(ctx) == nil
}

var errLost = errors.New("the connection was lost")

// connected reaches the system and listens to it until it is lost.
func (e *Engine) connected(ctx context.Context, c *connection) error {
	trying, stop := context.WithTimeout(ctx, connectTime)
	defer stop()
	p, err := c.Connect(trying, lookout{e})
	if _, said := errors.AsType[*tasks.StartError](err); !said && errors.Is(err, context.DeadlineExceeded) {
		err = &tasks.StartError{Reason: fmt.Sprintf("%s did not answer within %v", c.Title, connectTime), Hint: "it is tried again"}
	}
	if err != nil {
		return err
	}
	if closer, ok := p.(io.Closer); ok {
		defer closer.Close()
	}
	source, watches := tasks.As[tasks.Source](p)
	now := tasks.Provider{Phase: tasks.PhaseUp}
	if d, ok := tasks.As[tasks.Describer](p); ok {
		now.About = d.About()
	}
	if watches {
		now.Kinds = source.Kinds()
	}
	e.send(func(e *Engine) { c.p = p; e.stands(c, now) })

	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var listening sync.WaitGroup
	listen := func(f func() error) {
		listening.Go(func() {
			if err := f(); err != nil {
				lose(err)
			} else {
				lose(errLost)
			}
		})
	}
	if watches {
		listen(func() error {
			return source.Watch(ctx, func(ch tasks.Changes) {
				e.send(func(e *Engine) {
					if e.connections[c.Name] == c {
						ch.Changed = e.dated(ch.Changed)
						e.emit(tasks.ResourcesChanged{Provider: c.Name, Changes: ch})
					}
				})
			})
		})
	}
	offered := make(chan struct{}) // closed once its tasks are told: runs are runs of these
	if catalog, ok := tasks.As[tasks.Catalog](p); ok {
		listen(func() error { return e.offerTasks(ctx, c, catalog, offered) })
	} else {
		close(offered)
	}
	if o, ok := tasks.As[tasks.Observer](p); ok {
		listen(func() error {
			select {
			case <-offered:
			case <-ctx.Done():
				return ctx.Err()
			}
			return o.Observe(ctx, func(r tasks.Run) { e.send(func(e *Engine) { e.observed(c, r) }) })
		})
	}
	<-ctx.Done()
	listening.Wait()
	return context.Cause(ctx)
}

// dated are resources with the moment in which they came into their phases, where
// their system does not say: as far as it was seen here. What needs a person has one
// from the first sight on; it would be news again if it moved.
func (e *Engine) dated(all []tasks.Resource) []tasks.Resource {
	all = slices.Clone(all) // they are the provider's
	for i := range all {
		r := &all[i]
		if !r.Since.IsZero() {
			continue
		}
		switch old, known := e.state.Resources[r.ID]; {
		case known && old.Phase == r.Phase:
			r.Since = old.Since
		case known, r.Phase == tasks.PhaseFailed, r.Phase == tasks.PhaseWarning:
			r.Since = e.o.Now()
		}
	}
	return all
}

// offerTasks tells what can be started there, now and whenever that changes.
func (e *Engine) offerTasks(ctx context.Context, c *connection, catalog tasks.Catalog, offered chan<- struct{}) error {
	var changes <-chan struct{} // nil: they never do
	if ch, ok := tasks.As[tasks.Changing](catalog); ok {
		changes = ch.Changes()
	}
	for {
		all, err := catalog.Tasks(ctx)
		if err != nil {
			return err
		}
		select {
		case <-e.recalled:
		case <-ctx.Done():
			return ctx.Err()
		}
		e.send(func(e *Engine) { e.provided(c, all) })
		if offered != nil {
			close(offered)
			offered = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
		}
	}
}

// provided takes in the tasks of a provider. A name that the workspace has
// already is told from it by the provider's, and so are all of a provider that the
// workspace has another one like before.
func (e *Engine) provided(c *connection, all []tasks.Task) {
	if e.connections[c.Name] != c {
		return
	}
	for i := range all {
		t := &all[i]
		if u, taken := e.state.Units[t.Name]; c.Later || taken && (!u.Task.Found || u.Task.Provider != c.Name) {
			t.Name = c.Name + "/" + t.Name
		}
		t.Of, t.Root = t.Name, e.o.Workspace.Root
		t.Spec.Name, t.Spec.Kind = t.Name, t.Kind
	}
	e.emit(tasks.Provided{Provider: c.Name, Tasks: all})
	e.recall()
	e.resume(c.Name)
	for _, name := range e.state.Order {
		if t := e.state.Units[name].Task; t.Provider == c.Name && t.Spec.Use != "" {
			e.judgePinned(c, t)
		}
	}
}

// judgePinned tells what is wrong with a task that the file declares and the
// provider runs, now that the provider has said what it has.
func (e *Engine) judgePinned(c *connection, t tasks.Task) {
	n := tasks.Notice{ID: "pinned/" + t.Name, Severity: tasks.Warning, Source: "config", Task: t.Name}
	of, known := e.state.StandsFor(t)
	at := func(key string) tasks.Location {
		p := t.Spec.At[key]
		return tasks.Location{File: p.File, Line: p.Line, Column: p.Column}
	}
	var names []string
	for _, p := range of.Spec.Params {
		names = append(names, p.Name)
	}
	switch {
	case !known:
		var there []string
		for _, name := range e.state.Order {
			if other := e.state.Units[name].Task; other.Found && other.Provider == c.Name {
				there = append(there, other.Name)
			}
		}
		n.Message, n.Hint = fmt.Sprintf("%s has nothing that %s stands for", c.Title, t.Name), "there are: "+strings.Join(there, ", ")
		n.Location = at("use")
		for _, key := range slices.Sorted(maps.Keys(t.Spec.With)) {
			n.Message, n.Location = fmt.Sprintf("%s has no %s %q", c.Title, key, t.Spec.With[key]), at(key)
		}
	default:
		for _, name := range slices.Sorted(maps.Keys(t.Spec.Values)) {
			i := slices.IndexFunc(of.Spec.Params, func(p config.Param) bool { return p.Name == name })
			switch {
			case i < 0:
				n.Message, n.Hint = fmt.Sprintf("%s has no input %q", of.Name, name), "its inputs are "+strings.Join(names, ", ")
			case tasks.CheckParam(of.Spec.Params[i], t.Spec.Values[name]) != nil:
				n.Message, n.Hint = fmt.Sprintf("the input %s of %s: %v", name, of.Name, tasks.CheckParam(of.Spec.Params[i], t.Spec.Values[name])), "change it in the file"
			default:
				continue
			}
			n.Location = at("inputs." + name)
			break
		}
	}
	if n.Message == "" {
		e.emit(tasks.NoticeCleared{ID: n.ID})
		return
	}
	e.notice(n)
}

// observed takes in how a provider's run is. One that was started here is told
// by its own runner while that has it.
func (e *Engine) observed(c *connection, r tasks.Run) {
	if e.connections[c.Name] != c {
		return
	}
	u, known := e.state.Units[r.Task]
	if !known || u.Task.Provider != c.Name {
		if u, known = e.state.Units[c.Name+"/"+r.Task]; !known {
			return
		}
		r.Task = u.Task.Name
	}
	if own, pinned := e.pinnedRun(c.Name, r.External); pinned && own.Task != r.Task {
		u, r.Task = e.state.Units[own.Task], own.Task
	}
	for _, id := range u.Runs {
		if old := e.state.Runs[id]; old.External == r.External {
			if e.live[id] != nil {
				return
			}
			// One of ours that had ended goes on because somebody ran it again there: it is
			// looked at from now on, and nobody's to begin.
			r.ID, r.Number, r.Observed = id, old.Number, old.Observed || old.Status.Done() && !r.Status.Done()
			if old.Cause.Kind != tasks.ByOthers {
				r.Cause = old.Cause
			}
			e.emit(tasks.RunObserved{Run: r})
			return
		}
	}
	if r.Number == 0 || e.state.Runs[tasks.NewRunID(r.Task, r.Number)].ID != "" {
		r.Number = e.numbers[r.Task] + 1
	}
	e.numbers[r.Task] = max(e.numbers[r.Task], r.Number)
	r.ID, r.Observed, r.EndLine = tasks.NewRunID(r.Task, r.Number), true, -1
	// What this host calls the run may be another run's name after the next start;
	// what its system calls it is its own for good.
	r.Log = logs.Key(tasks.NewResourceID(c.Name, "run", r.External))
	e.emit(tasks.RunObserved{Run: r})
}

// pinnedRun is the run of a task of the workspace file that a provider's run is: it
// was started for that task, whose row tells of it.
func (e *Engine) pinnedRun(provider, external string) (tasks.Run, bool) {
	for _, name := range e.state.Order {
		u := e.state.Units[name]
		if u.Task.Provider != provider || u.Task.Spec.Use == "" {
			continue
		}
		for _, id := range u.Runs {
			if r := e.state.Runs[id]; r.External == external {
				return r, true
			}
		}
	}
	return tasks.Run{}, false
}

// runner runs the tasks of a provider: one of this host's own, or a connection.
func (e *Engine) runner(provider string) (tasks.Runner, bool) {
	if r := e.o.Runners[provider]; r != nil {
		return r, true
	}
	c := e.connections[provider]
	if c == nil || c.p == nil {
		return nil, false
	}
	return tasks.As[tasks.Runner](c.p)
}

// lookout waits for the first subscriber.
type lookout struct{ e *Engine }

// Wait returns when somebody looks.
func (l lookout) Wait(ctx context.Context) error {
	for {
		l.e.mu.Lock()
		somebody, next := len(l.e.mailboxes) > 0, l.e.attached
		l.e.mu.Unlock()
		if somebody {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}

// provider asks the loop for what is connected under a name.
func (e *Engine) provider(ctx context.Context, name string) (p any, err error) {
	type found struct {
		p   any
		err error
	}
	reply := make(chan found, 1) // buffered: the loop never waits for a caller that left
	if !e.send(func(e *Engine) {
		c := e.connections[name]
		switch {
		case c == nil:
			reply <- found{err: fmt.Errorf("nothing is connected as %q", name)}
		case c.p == nil:
			select { // a person asks: no reason to wait on
			case c.nudge <- struct{}{}:
			default:
			}
			why := e.state.Providers[name]
			reply <- found{err: &tasks.StartError{Reason: fmt.Sprintf("%s is not connected: %s", c.Title, cmp.Or(why.Error, "it is being tried")), Hint: why.Hint}}
		default:
			reply <- found{p: c.p}
		}
	}) {
		return nil, errGone
	}
	a, err := answer(ctx, e, reply)
	if err != nil {
		return nil, err
	}
	return a.p, a.err
}

// Query asks a provider; the engine is a tasks.Querier for all of them.
func (e *Engine) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	p, err := e.provider(ctx, q.Provider)
	if err != nil {
		return tasks.Result{}, err
	}
	asked, ok := tasks.As[tasks.Querier](p)
	if !ok {
		return tasks.Result{}, fmt.Errorf("%s answers no questions", q.Provider)
	}
	return asked.Query(ctx, q)
}

// Open opens a terminal inside a resource; the engine is a tasks.Opener for all of
// its providers.
func (e *Engine) Open(ctx context.Context, id tasks.ResourceID) (tasks.Terminal, error) {
	p, err := e.provider(ctx, id.Provider())
	if err != nil {
		return nil, err
	}
	opener, ok := tasks.As[tasks.Opener](p)
	if !ok {
		return nil, fmt.Errorf("%s opens no terminals", id.Provider())
	}
	return opener.Open(ctx, id)
}
