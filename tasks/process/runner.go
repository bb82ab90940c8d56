// Package process runs tasks as local processes: each in a session of its own,
// under a pty or on pipes, its readiness asked for and all of its output kept,
// and a run has ended only when everything that came of it is gone. It never
// decides what runs, never reads meaning into output, and never leaves a
// process behind, not even when the host is killed.
package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

var (
	_ tasks.Runner     = (*Runner)(nil)
	_ tasks.Interactor = (*Runner)(nil)
)

// Options are what a Runner needs to know of its workspace.
type Options struct {
	// Root is the workspace directory: where units without a dir run.
	Root string
	// StateDir exists, and holds what the guardian writes when the host was killed.
	StateDir string
	// Shell runs `run:` lines of units that name none; default sh -c.
	Shell []string
	// Env is the environment of a unit before this package adds ports,
	// parameters and SAWHORSE_*, as KEY=value; the last of two wins. lookup
	// answers the references in its values. nil: that of the host and Unit.Env.
	Env func(u config.Unit, lookup func(ref string) (string, bool)) ([]string, error)
	// Executable is the program that calls Guard when started with GuardArgs,
	// usually our own binary with ["guard"]. Empty: there is no guardian, and
	// processes outlive a host that is killed with SIGKILL.
	Executable string
	GuardArgs  []string
	// Columns and Rows are the size of a pty before somebody attaches; default
	// 120x40.
	Columns, Rows int
	// Lacks says what a unit that could not do its work needs and is not installed
	// here, with the command that installs it; "": nothing that is known. path is
	// where it looks for programs, exit how it ended, -1 when it could not begin.
	// May be nil.
	Lacks func(u config.Unit, path string, exit int) string
	// Warn is told what goes wrong beside any run; may be nil.
	Warn func(error)
}

// Runner runs tasks as processes of this machine. One host has one Runner.
//
// It makes the host adopt orphans of its runs (Linux), so no other code of the
// host should start children in sessions of their own and leave them unwaited.
// A signal that the host ignores by signal.Ignore is ignored by all that it
// starts; a host that wants to live on catches it with signal.Notify instead.
type Runner struct {
	o       Options
	token   string // marks every process that comes of this Runner
	census  *census
	meter   *meter
	guard   *guardian // nil: none
	reaping *reaper
	arrives *arrivals
	pieces  sync.Pool // of *[pipePiece]byte
	began   time.Time // what is read together is read at multiples of gatherFor since then
	running sync.WaitGroup

	mu     sync.Mutex
	live   map[tasks.RunID]*run
	closed bool
}

// New starts the guardian and returns a Runner; Close ends both.
func New(o Options) (*Runner, error) {
	if len(o.Shell) == 0 {
		o.Shell = defaultShell()
	}
	if o.Columns <= 0 || o.Rows <= 0 {
		o.Columns, o.Rows = 120, 40
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	if o.Lacks == nil {
		o.Lacks = func(config.Unit, string, int) string { return "" }
	}
	r := &Runner{
		o:      o,
		token:  rand.Text(),
		census: &census{read: readProcs},
		meter:  &meter{},
		live:   map[tasks.RunID]*run{},
		began:  time.Now(),
	}
	r.pieces.New = func() any { return new([pipePiece]byte) }
	var err error
	if r.arrives, err = newArrivals(); err != nil {
		return nil, fmt.Errorf("wait for the output of processes: %w", err)
	}
	if o.Executable != "" && canGuard {
		g, err := startGuardian(append([]string{o.Executable}, o.GuardArgs...), o.StateDir, r.token, o.Warn)
		if err != nil {
			r.arrives.close()
			return nil, fmt.Errorf("start the guardian that ends processes when the host is killed: %w", err)
		}
		r.guard = g
	}
	r.reaping = startReaper(r.census, r.owns)
	return r, nil
}

// owns says whether this Runner waits for that child itself.
func (r *Runner) owns(pid int) bool {
	if r.guard.pid() == pid {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.live {
		if x.child.id.pid == pid {
			return true
		}
	}
	return false
}

// errClosed answers a Run after Close.
var errClosed = errors.New("the host is leaving: nothing starts any more")

// Run starts the task's process, says when it is ready, and returns when the
// process and everything in its group and session is gone. Daemons that a
// service, or a run that is stopped, put into sessions of their own are ended
// too; those of a task that ended by itself live until Close.
func (r *Runner) Run(ctx context.Context, req tasks.Request, s tasks.Sink) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return errClosed
	}
	r.running.Add(1)
	r.mu.Unlock()
	defer r.running.Done()

	p, err := r.prepare(req)
	if err != nil {
		return err
	}
	defer p.discard()
	if err := r.checkPorts(req.Task.Spec); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	x, err := r.start(req, p, s)
	if err != nil {
		return err
	}
	defer r.forget(x)
	return x.follow(ctx)
}

// start makes the process and everything that knows of it.
func (r *Runner) start(req tasks.Request, p *plan, s tasks.Sink) (*run, error) {
	c, err := spawn(p, r.o.Columns, r.o.Rows, r.arrives)
	if err != nil {
		return nil, p.startError(err)
	}
	x := &run{
		id:     req.Run,
		task:   req.Task,
		plan:   p,
		lacks:  func(exit int) string { return r.o.Lacks(req.Task.Spec, lookupEnv(p.env, "PATH"), exit) },
		sink:   s,
		child:  c,
		began:  r.began,
		pieces: &r.pieces,
		family: newFamily(r.census, tagOf(r.token, req.Run), r.guard.pid, c.id),
	}
	if c.tty != nil {
		x.screen = &screen{tty: c.tty}
	}
	r.mu.Lock()
	r.live[req.Run] = x
	r.mu.Unlock()
	r.guard.add(req.Run, c.id)
	if p.changed != "" {
		s.Log(logs.Note, []byte("too many files changed for SAWHORSE_CHANGED: it has the first ones, the file SAWHORSE_CHANGED_FILE all\n"))
	}
	if req.Task.IsService() {
		x.lines.Store(p.line)
	}
	x.read()
	return x, nil
}

func (r *Runner) forget(x *run) {
	r.mu.Lock()
	delete(r.live, x.id)
	r.mu.Unlock()
	r.guard.remove(x.id)
}

// Usage samples what each run's processes take now. CPU is measured since the
// last call, or since a process began.
func (r *Runner) Usage(ctx context.Context) map[tasks.RunID]tasks.Usage {
	r.mu.Lock()
	families := make(map[tasks.RunID]*family, len(r.live))
	for id, x := range r.live {
		families[id] = x.family
	}
	r.mu.Unlock()
	if len(families) == 0 {
		return nil
	}
	return r.meter.sample(ctx, families, r.census.take())
}

// Terminal is the run's pty; the error says why there is none. Several may be
// open at once: each sees all output from now on, what is typed in any of them
// goes to the program, and the last Resize wins. It ends with ctx or the run.
func (r *Runner) Terminal(ctx context.Context, id tasks.RunID) (tasks.Terminal, error) {
	r.mu.Lock()
	x := r.live[id]
	r.mu.Unlock()
	switch {
	case x == nil:
		return nil, fmt.Errorf("%s is not running", id)
	case x.screen == nil:
		return nil, fmt.Errorf("%s runs without a terminal (tty: false)", x.task.Name)
	}
	return x.screen.open(ctx, x.task.Name)
}

// Close waits for the runs to end, ends what they left behind, and lets the
// guardian go. When ctx ends first everything is killed. The error names what
// survived.
func (r *Runner) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		close(ended)
	}()
	grace := sweepGrace
	select {
	case <-ended:
	case <-ctx.Done():
		grace = 0
	}
	var problem error
	everything := newFamily(r.census, tagPrefix(r.token), r.guard.pid, r.roots()...)
	if left := everything.end(ending{grace: grace, reach: anywhere}); len(left) > 0 {
		problem = fmt.Errorf("%s", survived(left))
	}
	if len(everything.roots) > 0 {
		select { // what was killed above ends its Run; it may yet hang on a survivor
		case <-ended:
		case <-time.After(2*killGrace + drainGrace):
		}
	}
	r.reaping.stop()
	r.arrives.close()
	return errors.Join(problem, r.guard.close())
}

// roots are the leaders of what runs now.
func (r *Runner) roots() []ident {
	r.mu.Lock()
	defer r.mu.Unlock()
	var roots []ident
	for _, x := range r.live {
		roots = append(roots, x.child.id)
	}
	return roots
}

// markOf names a process's run and host in its environment, so that it is known
// wherever it went.
func markOf(token string, id tasks.RunID) string { return token + "/" + string(id) }

// tagOf is what the environment of a run's process contains; it ends in NUL, as
// each variable does, so that api#1 is not api#12.
func tagOf(token string, id tasks.RunID) []byte {
	return []byte(env.RunVariable + "=" + markOf(token, id) + "\x00")
}

// tagPrefix is what the environment of every process of a host contains.
func tagPrefix(token string) []byte { return []byte(env.RunVariable + "=" + token + "/") }

// hostStart is the start time of this process, for the guard against reused pids.
func hostStart() ident { return identify(os.Getpid()) }
