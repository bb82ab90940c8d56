// Package curves reads the files in which a training writes its numbers while it
// runs, as they grow: those in the directories that its task names, and those that
// it is seen to write. It knows none of their formats and writes nothing.
package curves

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

var _ tasks.Runner = (*Runner)(nil)

// Open says whether a file is one of numbers, and begins to read it.
type Open func(file string) (tasks.Growing, bool)

// Runner stands before another one and reads the numbers that its runs write.
//
//	a file grows ─> watch.Growth ─> what is new of it ─> its Growing ─> MetricReported
//
// Any directory may hold a file of parameters: it is read once a number was told from
// there, and is then a training's.
type Runner struct {
	next tasks.Runner
	open Open

	mu     sync.Mutex // guards what follows
	active []*follower
	owners map[string]tasks.RunID // of directories that runs which go on write into
}

// New reads by open what runs of next write.
func New(next tasks.Runner, open Open) *Runner {
	return &Runner{next: next, open: open, owners: map[string]tasks.RunID{}}
}

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// patience is how long a run goes on before it is looked at for files that nobody
// named: no training is shorter, and most tasks that a save starts are over by then.
const patience = 500 * time.Millisecond

// Run asks the runner behind and reads the files meanwhile.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	declared := q.Task.Spec.Curves
	if q.Task.IsService() || slices.Equal(declared, []string{"none"}) {
		return r.next.Run(ctx, q, s)
	}
	f := &follower{
		Sink: s, open: r.open, run: q.Run, root: q.Task.Root, began: watch.FileClock(), files: map[string]*source{},
		alone: r.alone, writerOf: writerOf, owner: r.owner, own: r.own,
	}
	r.begin(f)
	defer r.end(f)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var followed sync.WaitGroup
	for _, dir := range declared {
		at := filepath.FromSlash(dir)
		if !filepath.IsAbs(at) {
			at = filepath.Join(q.Task.Root, at)
		}
		known := make(chan struct{})
		followed.Go(func() { f.follow(watching, watch.Growth{Dir: at}, known) })
		<-known // what is there by now is of an earlier run
	}
	if len(declared) == 0 {
		followed.Go(func() { f.detect(watching, q.Task) })
	}
	err := r.next.Run(ctx, q, f)
	stop()
	followed.Wait()
	if len(declared) > 0 && err == nil && f.told() == 0 && !f.noted.Load() {
		f.note("it has written no numbers: nothing new is in " + strings.Join(declared, ", ") + " (event files of TensorBoard, DVCLive, a store of MLflow)")
	}
	return err
}

// detect follows the directories of a task in which trainings write, and those that
// it makes.
func (f *follower) detect(ctx context.Context, t tasks.Task) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	dir := t.Spec.Dir
	if dir == "" {
		dir = t.Root
	}
	f.detected = true
	f.follow(ctx, watch.Growth{Dir: dir, Enter: f.likely()}, nil)
}

// usual are names of directories that tools give to what a training writes.
var usual = [...]string{
	"runs", "run", "logs", "log", "lightning_logs", "tb_logs", "tensorboard", "tensorboard_logs", "tb", "events", "summaries", "dvclive",
	"mlruns", "out", "output", "outputs", "results", "experiments", "exp", "checkpoints", "models", "work_dirs", "ray_results", "train", "training",
}

// mostEntered bounds the directories that are followed because of their name.
const mostEntered = 400

// likely chooses, of what was there before: what a tool calls so, all of that, and
// what has changed since the run began.
func (f *follower) likely() func(rel string, d fs.DirEntry) bool {
	entered := 0
	return func(rel string, d fs.DirEntry) bool {
		name := path.Base(rel)
		if name[0] == '.' || name == "node_modules" || name == "__pycache__" || entered >= mostEntered || strings.Count(rel, "/") > 6 {
			return false
		}
		ok := strings.Contains(rel, "/") || slices.Contains(usual[:], strings.ToLower(name))
		if !ok {
			info, err := d.Info()
			ok = err == nil && !info.ModTime().Before(f.began.Truncate(time.Second))
		}
		if ok {
			entered++
		}
		return ok
	}
}

// follow reads what grows below a directory; known, when not nil, is closed when it is
// known what was there before.
func (f *follower) follow(ctx context.Context, g watch.Growth, known chan<- struct{}) {
	first := true
	err := g.Watch(ctx, func(files []string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if first {
			first = false
			f.before(files)
			if known != nil {
				close(known)
			}
			return
		}
		f.look(files)
	})
	if err == nil {
		return
	}
	if first && known != nil {
		close(known)
	}
	f.note(fmt.Sprintf("its numbers are not read while it runs: %v", err))
}

func (f *follower) note(text string) {
	f.noted.Store(true)
	f.Log(logs.Note, []byte(text+"\n"))
}
