package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

var _ tasks.Runner = (*Runner)(nil)

// Runner runs services that are containers. It connects to the engine when the
// first of them starts.
//
//	Run ──> image (pull, build) ──> networks, volumes ──> the container that is
//	there, or a new one ──> start ──> follow its log, wait until ready ──> its end
type Runner struct {
	o RunnerOptions

	mu   sync.Mutex
	p    *Provider
	made map[string]bool // containers of this workspace, by id: Down removes them
	jobs map[tasks.RunID]*job
	asIs map[string]bool // tasks whose next run takes the container that is there
}

// RunnerOptions are what a Runner is made with.
type RunnerOptions struct {
	Dir  string // the workspace
	Name string // its name
	// Place and Declared say how the engine is found, as for the integration.
	Place integrations.Place
	// Env are the variables that the workspace file gives a unit, without those of
	// this machine.
	Env func(u config.Unit, lookup func(ref string) (string, bool)) ([]string, error)
}

// NewRunner is a runner that has not connected yet.
func NewRunner(o RunnerOptions) *Runner {
	return &Runner{o: o, made: map[string]bool{}, jobs: map[tasks.RunID]*job{}, asIs: map[string]bool{}}
}

// connect is the engine, connected to once; again when it was lost.
func (r *Runner) connect(ctx context.Context) (*Provider, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p != nil {
		if _, err := r.p.api.Ping(ctx, client.PingOptions{}); err == nil {
			return r.p, nil
		}
		_ = r.p.Close()
		r.p = nil
	}
	f := r.finder()
	e, _, err := f.usual()
	if len(r.o.Place.Declared) > 0 {
		d := r.o.Place.Declared[0]
		e, err = f.declared(d.Options["host"], d.Options["context"])
	}
	if err != nil {
		return nil, &tasks.StartError{Reason: err.Error()}
	}
	r.p, err = Connect(ctx, e, Options{Name: Name, Dir: r.o.Dir})
	return r.p, err
}

func (r *Runner) finder() finder {
	return finder{getenv: r.o.Place.Getenv, home: r.o.Place.Home, exists: exists}
}

// Run has the unit's container up until it ends or ctx does. One that was left
// by a host before, or that Compose made of the same declaration, is taken over.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if c := q.Task.Spec.Container; c != nil && c.Broken != "" {
		return &tasks.StartError{Reason: c.Broken}
	}
	p, err := r.connect(ctx)
	if err != nil {
		return err
	}
	if q.Task.Spec.Container == nil {
		return &tasks.StartError{Reason: q.Task.Name + " is no container"}
	}
	j, over := r.newJob(p, q, s)
	defer over()
	if err := j.settle(); err != nil {
		return err
	}
	if err := j.image(ctx); err != nil {
		return j.told(ctx, err)
	}
	id, fresh, err := j.container(ctx)
	if err != nil {
		return j.told(ctx, err)
	}
	r.mu.Lock()
	r.made[id] = true
	r.mu.Unlock()
	j.live.started(id)
	s.Emit(tasks.RunNative{ID: q.Run, Native: string(container.StateRunning)})
	return j.told(ctx, j.attend(ctx, id, fresh))
}

// Down removes the containers that were run here, and the networks that nothing
// uses any more; volumes stay.
func (r *Runner) Down(ctx context.Context) error {
	r.mu.Lock()
	p, made := r.p, r.made
	r.p, r.made = nil, map[string]bool{}
	r.mu.Unlock()
	if p == nil {
		return nil
	}
	defer func() { _ = p.Close() }()
	var errs []error
	networks := map[string]bool{}
	for id := range made {
		_ = os.Remove(filepath.Join(r.o.Place.State, "docker", short(id)))
		i, err := p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err != nil {
			continue
		}
		if n := i.Container.NetworkSettings; n != nil {
			for _, at := range n.Networks {
				networks[at.NetworkID] = true
			}
		}
		if _, err := p.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true}); err != nil && !gone(err) {
			errs = append(errs, fmt.Errorf("remove container %s: %s", i.Container.Name, plain(err)))
		}
	}
	for id := range networks {
		n, err := p.api.NetworkInspect(ctx, id, client.NetworkInspectOptions{})
		if err != nil || n.Network.Labels[projectLabel] == "" || len(n.Network.Containers) > 0 {
			continue // it is another's, or still used
		}
		_, _ = p.api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	}
	return errors.Join(errs...)
}

// job is one run of a container.
type job struct {
	r *Runner
	p *Provider
	q tasks.Request
	s tasks.Sink
	u config.Unit
	c *config.Container

	project, service, name string
	number                 int
	env                    []string
	ready                  *config.Probe
	imageID                string
	// asIs: the container that is there is started again, and its image not built.
	asIs bool
	live *liveContainer
}

// newJob is a run, which takes changed files until it is over.
func (r *Runner) newJob(p *Provider, q tasks.Request, s tasks.Sink) (j *job, over func()) {
	c := *q.Task.Spec.Container
	j = &job{r: r, p: p, q: q, s: s, u: q.Task.Spec, c: &c, live: newLiveContainer()}
	r.mu.Lock()
	defer r.mu.Unlock()
	j.asIs = r.asIs[q.Task.Name] && q.Cause.Kind == tasks.ByWatch
	delete(r.asIs, q.Task.Name)
	r.jobs[q.Run] = j
	return j, func() {
		j.live.end()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.jobs, q.Run)
	}
}

// note tells what is done, in the service's log.
func (j *job) note(format string, args ...any) {
	j.s.Log(logs.Note, fmt.Appendf(nil, format+"\n", args...))
}

// told makes an error of the engine one for people; the end of ctx is none.
func (j *job) told(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if _, ok := errors.AsType[*tasks.StartError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*tasks.ExitError](err); ok {
		return err
	}
	return &tasks.StartError{Reason: plain(err)}
}

// settle decides names and replaces references.
func (j *job) settle() error {
	j.project, j.service, j.number = j.c.Project, j.c.Service, max(1, j.q.Replica)
	if j.project == "" {
		j.project = projectName(j.r.o.Name, j.r.o.Dir)
	}
	if j.service == "" {
		j.service = j.q.Task.Of
	}
	if j.name = j.c.Name; j.name == "" || j.q.Replica > 0 {
		j.name = j.project + "-" + j.service + "-" + strconv.Itoa(j.number)
	}
	var problem error
	lookup := func(ref string) (string, bool) { return j.reference(ref) }
	expand := func(text string) string {
		out, err := config.Expand(text, lookup)
		if err != nil && problem == nil {
			problem = &tasks.StartError{Reason: j.u.Pos.String() + ": " + err.Error(), Hint: "name one of its own ports, or ports.SERVICE.NAME"}
		}
		return out
	}
	j.u.Run = expand(j.u.Run)
	j.u.Command = slices.Clone(j.u.Command)
	for i := range j.u.Command {
		j.u.Command[i] = expand(j.u.Command[i])
	}
	if j.u.Ready != nil {
		probe := *j.u.Ready
		probe.HTTP, probe.TCP, probe.Exec, probe.Log = expand(probe.HTTP), expand(probe.TCP), expand(probe.Exec), expand(probe.Log)
		j.ready = &probe
	}
	if problem != nil {
		return problem
	}
	if j.r.o.Env != nil && j.c.Create == "" {
		env, err := j.r.o.Env(j.u, lookup)
		if err != nil {
			return &tasks.StartError{Reason: err.Error()}
		}
		j.env = env
	}
	return nil
}

func (j *job) reference(ref string) (string, bool) {
	if name, ok := strings.CutPrefix(ref, "ports."); ok {
		n, known := j.q.Ports[name]
		return strconv.Itoa(n), known
	}
	if name, ok := strings.CutPrefix(ref, "env."); ok {
		return os.LookupEnv(name)
	}
	return "", false
}

// stop asks the container to end as its declaration says, and waits for it. The
// container stays: a later start goes on with what it has written.
func (j *job) stop(id string) error {
	timeout := int(j.u.Stop.Timeout.Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), j.u.Stop.Timeout+answerWithin)
	defer cancel()
	o := client.ContainerStopOptions{Timeout: &timeout}
	if !strings.HasPrefix(j.p.api.ClientVersion(), "1.4") { // the signal is said at creation before 1.42
		o.Signal = "SIG" + j.u.Stop.Signal
	}
	if _, err := j.p.api.ContainerStop(ctx, id, o); err != nil && !gone(err) {
		return fmt.Errorf("stop %s: %s", j.name, plain(err))
	}
	return nil
}

// attend follows a container until it ends or ctx does.
func (j *job) attend(ctx context.Context, id string, since time.Time) error {
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	w := &sinkLog{s: j.s, last: since, mark: filepath.Join(j.r.o.Place.State, "docker", short(id)), ended: true}
	newest := 0
	if since.IsZero() {
		w.recall()
		newest = adoptedLines
	}
	w.remember()
	defer w.remember()
	followed := make(chan struct{})
	work.Go(func() {
		defer close(followed)
		j.followLog(watching, id, w, newest)
	})
	readied := make(chan error, 1)
	work.Go(func() { readied <- j.awaitReady(watching, id, w) })
	ended := make(chan error, 1)
	work.Go(func() { ended <- j.awaitEnd(watching, id) })
	for {
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), tasks.ErrLeaving) {
				return ctx.Err() // it goes on, and is taken over by the next host
			}
			if err := j.stop(id); err != nil {
				return err
			}
			drain(followed)
			return <-ended
		case err := <-readied:
			readied = nil
			if err == nil {
				j.s.Emit(tasks.RunReady{ID: j.q.Run, At: time.Now()})
				continue
			}
			if watching.Err() == nil && !errors.Is(err, errEnded) {
				_ = j.stop(id)
				drain(followed)
				<-ended //nolint:errcheck // that it was not ready is what is told
				return &tasks.ExitError{Reason: err.Error()}
			}
		case err := <-ended:
			drain(followed)
			return err
		}
	}
}

// drain waits a moment for the rest of a log.
func drain(followed <-chan struct{}) {
	select {
	case <-followed:
	case <-time.After(5 * time.Second):
	}
}

// followLog follows the container's log until it stops. An engine that goes away
// takes nothing along: the log goes on where it was left.
func (j *job) followLog(ctx context.Context, id string, w *sinkLog, newest int) {
	for ctx.Err() == nil {
		err := j.p.follow(ctx, id, w, newest)
		if err == nil || gone(err) {
			if i, ierr := j.p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{}); ierr != nil && gone(ierr) || ierr == nil && !i.Container.State.Running {
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// awaitEnd waits until the container has ended, over losses of the engine, and
// says how.
func (j *job) awaitEnd(ctx context.Context, id string) error {
	for ctx.Err() == nil {
		wait := j.p.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case <-wait.Result:
		case err := <-wait.Error:
			if gone(err) {
				return &tasks.ExitError{Reason: "the container was removed"}
			}
		}
		i, err := j.p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		switch {
		case err != nil && gone(err):
			return &tasks.ExitError{Reason: "the container was removed"}
		case err == nil && i.Container.State != nil && !i.Container.State.Running && !i.Container.State.Restarting:
			return ending(i.Container.State)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	return ctx.Err()
}

func ending(st *container.State) error {
	switch {
	case st.OOMKilled:
		return &tasks.ExitError{Exit: tasks.Exit{Code: st.ExitCode}, Reason: "killed: it ran out of memory"}
	case st.Error != "":
		return &tasks.ExitError{Exit: tasks.Exit{Code: st.ExitCode}, Reason: st.Error}
	case st.ExitCode != 0:
		return &tasks.ExitError{Exit: tasks.Exit{Code: st.ExitCode}}
	}
	return nil
}
