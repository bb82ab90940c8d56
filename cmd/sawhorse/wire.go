package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/curves"
	"github.com/sawhorse-dev/sawhorse/tasks/engine"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/tasks/inputs"
	"github.com/sawhorse-dev/sawhorse/tasks/live"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/narrow"
	"github.com/sawhorse-dev/sawhorse/tasks/process"
	"github.com/sawhorse-dev/sawhorse/tasks/results"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/env"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// host is everything a host is made of. This file is the one place that knows
// every package.
type host struct {
	place   place
	trusted bool // no trust is asked: --trust, or CI
	lock    *session.Lock
	logs    *logs.Store
	history *history.Store
	runner  *process.Runner
	// containers runs the services that are containers.
	containers *docker.Runner
	engine     *engine.Engine
	code       *code
	crash      *process.Crash
	aside      *aside
	warning    string                      // of the history
	self       string                      // the path of this program
	file       atomic.Pointer[config.File] // in force: its env is everybody's
	seen       map[string]string           // the text of its files; for load alone
	// Of a directory without a sawhorse.yml: what is declared below it, once that
	// is known. complete is load's alone: all of it is in force.
	below    atomic.Pointer[[]integrations.Evidence]
	walk     sync.Once
	complete bool
}

// newHost takes the workspace's lock and puts the parts together; nothing runs
// yet. Close gives everything back.
func newHost(p place, trusted bool) (h *host, err error) {
	// Nowhere nothing is declared that could be trusted.
	h = &host{place: p, trusted: trusted || p.nowhere, aside: newAside()}
	begun := h // what is returned with an error is nil
	defer func() {
		if err != nil {
			begun.close()
		}
	}()
	h.lock, err = session.TryLock(p.state, session.HostInfo{Root: p.root, PID: os.Getpid(), Started: time.Now(), Version: versionText(), Socket: p.socket})
	if err != nil {
		return nil, err
	}
	if h.crash, err = process.TakeCrash(p.state); err != nil {
		return nil, err
	}
	f, err := h.load(context.Background())
	if err != nil {
		return nil, err
	}
	logDir := filepath.Join(p.state, "logs")
	h.logs, err = logs.Open(logDir, logs.Options{LogSize: f.Logs.Size, Total: f.Logs.Total, Age: f.Logs.Age})
	if err != nil {
		return nil, err
	}
	h.history, err = history.Open(filepath.Join(p.state, "history.db"))
	if err != nil {
		return nil, err
	}
	// A history that can't be read costs the old runs' numbers, never the start.
	numbers, err := h.history.Last(context.Background())
	if err != nil {
		h.warning = err.Error()
	}
	if h.self, err = os.Executable(); err != nil {
		return nil, err
	}
	h.runner, err = process.New(process.Options{
		Root: p.root, StateDir: p.state, Shell: f.Shell, Env: h.environment,
		Executable: h.self, GuardArgs: []string{guardVerb, p.state},
		Lacks: func(u config.Unit, path string, exit int) string { return lacking(p.root, u, path, exit) },
		Warn:  func(err error) { fmt.Fprintln(os.Stderr, err) },
	})
	if err != nil {
		return nil, err
	}
	h.containers = docker.NewRunner(docker.RunnerOptions{
		Dir: p.root, Name: f.Name, Place: h.surroundingsOf(f), Env: h.declaredEnvironment,
	})
	h.code = newCode(p.root, h.decidingFiles)
	h.engine = engine.New(engine.Options{
		Workspace: tasks.Workspace{
			Name: f.Name, Root: p.root, State: p.state, LogDir: logDir,
			HostPID: os.Getpid(), Version: versionText(), Started: time.Now(),
		},
		Load:        h.load,
		Declares:    h.declares,
		Trust:       h.trust,
		Connections: h.connections,
		Runners:     map[string]tasks.Runner{"": routed{h.narrowing(), h.containers}},
		Parser:      all.Parser,
		Results:     all.ReadFile,
		Logs:        h.logs,
		Record:      h.record,
		Earlier:     h.history.Recall,
		Code:        func(ctx context.Context) tasks.Code { return codeNow(ctx, p.root) },
		Numbers:     numbers,
		Usage:       h.usage,
		Watch:       h.watch,
		Writes:      func(t tasks.Task, file string) bool { return all.Writes(t.Spec, file) },
		Port:        process.FreePort,
	})
	return h, nil
}

// load reads the workspace file for the engine. A change of what it runs that
// git brought waits for a person's trust; a change made here, while the host
// watches, is that person's own.
func (h *host) load(ctx context.Context) (*config.File, error) {
	f, err := loadFile(ctx, h.place.root)
	switch {
	case errors.Is(err, config.ErrNotFound):
		complete := h.below.Load() != nil
		if f, err = h.loadDetected(ctx); err == nil {
			h.complete = complete
		}
	case err == nil:
		err = h.admit(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	h.file.Store(f)
	h.remember(f)
	return f, nil
}

// watch reports the changes in the workspace.
func (h *host) watch(ctx context.Context, status func(watch.Status), f func(watch.Batch)) error {
	watched := hurry()
	defer watched()
	seen := func(s watch.Status) {
		if s.Ready {
			watched()
		}
		h.code.watched(s)
		status(s)
	}
	heard := func(b watch.Batch) { h.code.heard(b); f(b) }
	return watch.Watch(ctx, h.place.root, watch.Options{Status: seen, Always: configFiles()}, heard)
}

// declares says whether a change of a file may change what can be run.
func (h *host) declares(file string) bool {
	if slices.Contains(configFiles(), file) {
		return true
	}
	f := h.file.Load()
	return f.Detected && all.Declares(file) || slices.Contains(f.Files, filepath.Join(h.place.root, filepath.FromSlash(file)))
}

// connections are the systems that the file declares, and those that were found.
func (h *host) connections(ctx context.Context, f *config.File) ([]tasks.Connection, error) {
	found, err := all.Connections(ctx, f, h.outside())
	return wanted(f, found), err
}

// remember keeps the files as they are in force, to tell which one changed.
func (h *host) remember(f *config.File) {
	h.seen = map[string]string{}
	for _, file := range f.Files {
		if text, err := os.ReadFile(file); err == nil {
			h.seen[file] = string(text)
		}
	}
}

// admit returns when the file may run what it says.
func (h *host) admit(ctx context.Context, f *config.File) error {
	if h.trusted {
		return nil
	}
	store, err := session.OpenTrust()
	if err != nil {
		return err
	}
	now := session.Commands(f)
	ok, err := store.IsTrusted(h.place.root, session.Digest(now))
	if err != nil || ok {
		return err
	}
	for _, file := range f.Files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if h.seen[file] != string(text) && cameFromElsewhere(ctx, file) {
			return engine.ErrUntrusted
		}
	}
	return store.Allow(h.place.root, session.Digest(now), now)
}

// environment is what a process of a unit is given before its ports and
// parameters: this host's, the workspace's, the unit's; SAWHORSE is this program.
func (h *host) environment(u config.Unit, lookup func(ref string) (string, bool)) ([]string, error) {
	layers, err := h.layers(u, lookup)
	if err != nil {
		return nil, err
	}
	return env.Build(os.Environ(), append(layers, map[string]string{"SAWHORSE": h.self})...), nil
}

// layers are the variables that files and keys of the workspace give a unit, the
// last one wins.
func (h *host) layers(u config.Unit, lookup func(ref string) (string, bool)) ([]map[string]string, error) {
	f := h.file.Load()
	everybodys, err := env.ReadFiles(f.EnvFile...)
	if err != nil {
		return nil, err
	}
	own, err := env.ReadFiles(u.EnvFile...)
	if err != nil {
		return nil, err
	}
	layers := []map[string]string{everybodys, f.Env, own, u.Env}
	for _, i := range []int{1, 3} {
		if layers[i], err = expandAll(layers[i], lookup); err != nil {
			return nil, err
		}
	}
	return layers, nil
}

// narrowing is the runner of local tasks.
func (h *host) narrowing() tasks.Runner {
	tracked := all.Track(h.runner, func() (*config.File, integrations.Place) { return h.file.Load(), h.outside() })
	around := h.surroundings()
	reading := inputs.New(results.New(curves.New(tracked, all.Curves()), all.ReadFile), h.place.state, around.Env)
	return narrow.New(live.New(reading, all.Live), narrow.Options{
		Narrower: all.Narrower(around),
		Past: func(ctx context.Context, task string) ([]tasks.TestName, []string, bool, error) {
			st, err := h.history.Standing(ctx, task)
			return st.Failed, st.Broken, st.Red, err
		},
		Uncommitted: func(ctx context.Context) ([]string, error) { return uncommitted(ctx, h.place.root) },
	})
}

// surroundings are what the integrations are given of this host. A reference in
// a unit's environment, such as a port, is empty there: no run has chosen it.
func (h *host) surroundings() integrations.Surroundings {
	return integrations.Surroundings{
		Aside: h.aside.run,
		Env: func(u config.Unit) ([]string, error) {
			return h.environment(u, func(string) (string, bool) { return "", true })
		},
	}
}

// record keeps a run. One that was kept after a damaged history was set
// aside is kept all the same; the warning says what happened.
func (h *host) record(ctx context.Context, r tasks.Run) error {
	var at history.Code
	if r.Status.Done() {
		at = h.code.of(ctx, r)
	}
	err := h.history.Add(ctx, r, at)
	if _, ok := errors.AsType[*history.Warning](err); ok {
		return err
	}
	if err != nil {
		return fmt.Errorf("finished runs are not kept: %w", err)
	}
	return nil
}

// usage is what processes and containers take.
func (h *host) usage(ctx context.Context) map[tasks.RunID]tasks.Usage {
	all, containers := h.runner.Usage(ctx), h.containers.Usage(ctx)
	if all == nil {
		return containers
	}
	maps.Copy(all, containers)
	return all
}

// decidingFiles are files that git may not know and that decide what runs.
func (h *host) decidingFiles() []string {
	f := h.file.Load()
	files := slices.Concat(f.Files, f.EnvFile)
	for _, u := range f.Units {
		files = append(files, u.EnvFile...)
	}
	return files
}

func expandAll(vars map[string]string, lookup func(ref string) (string, bool)) (map[string]string, error) {
	all := map[string]string{}
	for name, value := range vars {
		v, err := config.Expand(value, lookup)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", name, err)
		}
		all[name] = v
	}
	return all, nil
}

// run turns the engine until it ends; with a listener it also serves clients.
func (h *host) run(ctx context.Context, l net.Listener, begin func(tasks.Engine)) error {
	var serving sync.WaitGroup
	serveCtx, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	var measuring sync.WaitGroup
	e := &starting{Engine: h.engine, first: func(at time.Time) {
		measuring.Go(func() { h.recordStart(serveCtx, at) })
	}}
	if l != nil {
		serving.Go(func() {
			err := attach.Serve(serveCtx, l, e, attach.ServerOptions{Version: versionText(), Interactor: h.runner, Opener: h.engine})
			if err != nil && !errors.Is(err, net.ErrClosed) {
				fmt.Fprintf(os.Stderr, "serve clients: %v\n", err)
			}
		})
	}
	if h.file.Load().Detected && h.below.Load() == nil {
		serving.Go(func() { h.lookBelow(serveCtx) })
	}
	var beginning sync.WaitGroup
	beginning.Go(func() { begin(e) })
	err := h.engine.Run(ctx)
	stopServing()
	serving.Wait()
	beginning.Wait()
	measuring.Wait()
	return err
}

// recordStart keeps how long the environment took to come up.
func (h *host) recordStart(ctx context.Context, asked time.Time) {
	r, ok := awaitStart(ctx, h.engine, asked)
	if !ok {
		return
	}
	if err := h.history.AddStart(context.WithoutCancel(ctx), r); err != nil {
		fmt.Fprintln(os.Stderr, err) // the host's own log
	}
}

// close gives back what newHost took, in the other order.
func (h *host) close() {
	h.aside.end()
	if h.runner != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		_ = h.runner.Close(ctx)
		cancel()
	}
	if h.containers != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := h.containers.Down(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err) // the host's own log
		}
		cancel()
	}
	if h.history != nil {
		_ = h.history.Close()
	}
	if h.logs != nil {
		_ = h.logs.Close()
	}
	if h.lock != nil {
		_ = h.lock.Unlock()
	}
}

// tellCrash says at the start how the last host ended, if it was killed.
func (h *host) tellCrash() string {
	if h.crash == nil {
		return ""
	}
	c := h.crash
	var text strings.Builder
	fmt.Fprintf(&text, "the last host (pid %d) was killed at %s; its guard ended %d processes of %s",
		c.Host, c.At.Format(time.TimeOnly), len(c.Ended), joinRuns(c.Runs))
	for _, p := range c.Survivors {
		fmt.Fprintf(&text, "; pid %d (%s) could not be ended", p.PID, p.Command)
	}
	return text.String()
}

func joinRuns(ids []tasks.RunID) string {
	if len(ids) == 0 {
		return "no run"
	}
	var names []string
	for _, id := range ids {
		names = append(names, string(id))
	}
	return joinNames(names)
}

// configFiles are the names whose change makes the host read its file again.
func configFiles() []string {
	return []string{"sawhorse.yml", "sawhorse.yaml", "sawhorse.local.yml", "sawhorse.local.yaml"}
}
