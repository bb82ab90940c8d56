package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/moby/patternmatcher"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

var _ tasks.Refresher = (*Runner)(nil)

// liveContainer is what changed files go into: there once up is closed, and no
// more when its context ends.
type liveContainer struct {
	id  string // set before up is closed
	up  chan struct{}
	ctx context.Context
	end context.CancelFunc
	mu  sync.Mutex // one batch of files after the other

	sampling sync.Mutex
	before   container.StatsResponse // the last sample
}

func newLiveContainer() *liveContainer {
	l := &liveContainer{up: make(chan struct{})}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

func (l *liveContainer) started(id string) {
	l.id = id
	close(l.up)
}

// Refresh brings changed files into a container that runs, by the rules of its
// unit, and deletes what is gone. A run that is over takes none: the next one
// begins with them.
func (r *Runner) Refresh(ctx context.Context, id tasks.RunID, files []string) (again bool, err error) {
	r.mu.Lock()
	j := r.jobs[id]
	r.mu.Unlock()
	if j == nil {
		return true, nil
	}
	concerned, err := j.concerned(files)
	if err != nil {
		return false, err
	}
	if !j.running() && slices.ContainsFunc(concerned, builds) {
		return true, nil // the build that goes on is out of date
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.live.ctx, cancel)()
	select {
	case <-j.live.up:
	case <-ctx.Done():
		return true, nil
	}
	j.live.mu.Lock()
	defer j.live.mu.Unlock()
	if slices.ContainsFunc(concerned, builds) {
		again, err = j.buildAnew(ctx)
	} else {
		again, err = j.refresh(ctx, j.live.id, concerned)
	}
	if ctx.Err() != nil {
		return true, nil
	}
	if again && err == nil {
		r.mu.Lock()
		r.asIs[j.q.Task.Name] = true
		r.mu.Unlock()
	}
	return again, err
}

func builds(c concern) bool { return c.rule.Build }

// running says whether the container runs already.
func (j *job) running() bool {
	select {
	case <-j.live.up:
		return true
	default:
		return false
	}
}

// buildAnew builds the image while the container made of the old one runs on; it
// is made anew only for another image.
func (j *job) buildAnew(ctx context.Context) (again bool, err error) {
	name, before := j.imageName(), j.imageID
	j.note("builds the image %s anew", name)
	if err := j.build(ctx, name); err != nil {
		if ctx.Err() == nil {
			j.note("%s", plain(err))
		}
		if _, ok := errors.AsType[*tasks.ExitError](err); ok || ctx.Err() != nil {
			return false, err
		}
		return false, errors.New(plain(err))
	}
	if !j.there(ctx, name) {
		return false, fmt.Errorf("the image %s is not there any more", name)
	}
	if j.imageID == before {
		j.note("nothing of the image has changed")
		return false, nil
	}
	return true, nil
}

// refresh does what the rules say of the files.
func (j *job) refresh(ctx context.Context, id string, concerned []concern) (again bool, err error) {
	if err := j.copyIn(ctx, id, concerned, true); err != nil {
		return false, err
	}
	for _, c := range concerned {
		if e := c.rule.Exec; e != nil {
			if err := j.exec(ctx, id, *e); err != nil {
				return false, err
			}
		}
		again = again || c.rule.Restart
	}
	return again, nil
}

// concern is a rule and the files of a change that it is about: where each is
// here, and where inside of the container.
type concern struct {
	rule  config.Sync
	files []placed
}

type placed struct{ here, inside string }

// concerned finds the rules that changed files are about.
func (j *job) concerned(files []string) ([]concern, error) {
	kept, err := j.keptBack()
	if err != nil {
		return nil, err
	}
	files = slices.Compact(slices.Sorted(slices.Values(files)))
	var all []concern
	for _, rule := range j.c.Sync {
		matches, err := matcher(rule)
		if err != nil {
			return nil, err
		}
		c := concern{rule: rule}
		for _, file := range files {
			here := filepath.Join(j.r.o.Dir, filepath.FromSlash(file))
			rel, err := filepath.Rel(rule.From, here)
			if err != nil || rel != "." && !filepath.IsLocal(rel) || kept(here) {
				continue
			}
			rel = filepath.ToSlash(rel)
			if rel == "." || matches(rel) {
				c.files = append(c.files, placed{here, path.Join(rule.To, rel)})
			}
		}
		if len(c.files) > 0 {
			all = append(all, c)
		}
	}
	return all, nil
}

// matcher says whether a rule is about a path below its directory.
func matcher(rule config.Sync) (func(rel string) bool, error) {
	ignored, err := patternmatcher.New(rule.Ignore)
	if err != nil {
		return nil, fmt.Errorf("develop.watch: ignore: %w", err)
	}
	included, err := patternmatcher.New(rule.Include)
	if err != nil {
		return nil, fmt.Errorf("develop.watch: include: %w", err)
	}
	return func(rel string) bool {
		if len(rule.Include) > 0 {
			if in, err := included.MatchesOrParentMatches(rel); err != nil || !in {
				return false
			}
		}
		out, err := ignored.MatchesOrParentMatches(rel)
		return err == nil && !out
	}, nil
}

// keptBack says which files a build leaves out: these are no part of the service.
func (j *job) keptBack() (func(here string) bool, error) {
	b := j.c.Build
	if b == nil {
		return func(string) bool { return false }, nil
	}
	ignored, err := ignores(b, packedName(b))
	if err != nil {
		return nil, err
	}
	return func(here string) bool {
		rel, err := filepath.Rel(b.Context, here)
		if here == dockerfilePath(b) { // which a build needs, whatever is left out
			return false
		}
		if err != nil || !filepath.IsLocal(rel) {
			return false
		}
		out, err := ignored.MatchesOrParentMatches(filepath.ToSlash(rel))
		return err == nil && out
	}, nil
}

// catchUp copies the files that a run began for into a container that is stopped.
// What was deleted meanwhile stays in it: nothing of it runs that could delete.
func (j *job) catchUp(ctx context.Context, id string) error {
	if j.q.Cause.Kind != tasks.ByWatch || j.asIs {
		return nil
	}
	concerned, err := j.concerned(j.q.Cause.Files)
	if err != nil {
		return err
	}
	return j.copyIn(ctx, id, concerned, false)
}

// copyInitial copies all files of the rules that say so into a new container.
func (j *job) copyInitial(ctx context.Context, id string) error {
	var files []string
	for _, rule := range j.c.Sync {
		if !rule.Initial {
			continue
		}
		err := filepath.WalkDir(rule.From, func(at string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(j.r.o.Dir, at)
			files = append(files, filepath.ToSlash(rel))
			return err
		})
		if err != nil {
			return fmt.Errorf("develop.watch: initial_sync: %w", err)
		}
	}
	concerned, err := j.concerned(files)
	if err != nil {
		return err
	}
	concerned = slices.DeleteFunc(concerned, func(c concern) bool { return !c.rule.Initial })
	return j.copyIn(ctx, id, concerned, false)
}

// copyIn copies files into the container and, where it runs, deletes those that
// are gone; it says so in one line of the log.
func (j *job) copyIn(ctx context.Context, id string, concerned []concern, running bool) error {
	var there, gone []placed
	seen := map[placed]bool{}
	for _, c := range concerned {
		for _, f := range c.files {
			if c.rule.To == "" || seen[f] {
				continue
			}
			seen[f] = true
			info, err := os.Lstat(f.here)
			switch {
			case err == nil && !info.IsDir():
				there = append(there, f)
			case errors.Is(err, fs.ErrNotExist) && f.inside != "/":
				gone = append(gone, f)
			}
		}
	}
	if len(there) > 0 {
		archive, w := io.Pipe()
		go func() { _ = w.CloseWithError(packPlaced(w, there)) }()
		_, err := j.p.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: archive, AllowOverwriteDirWithFile: true})
		_ = archive.Close()
		if err != nil {
			return fmt.Errorf("%s can't be synced: %s", j.naming(there, here), plain(err))
		}
	}
	if !running {
		gone = nil
	}
	for part := range slices.Chunk(gone, 200) {
		argv := []string{"rm", "-rf", "--"}
		for _, f := range part {
			argv = append(argv, f.inside)
		}
		if err := j.run(ctx, id, config.Exec{Command: argv, User: "0"}, nil); err != nil {
			return fmt.Errorf("%s can't be deleted in the container: %w", j.naming(part, inside), err)
		}
	}
	var said []string
	if len(there) > 0 {
		said = append(said, "synced "+j.naming(there, here))
	}
	if len(gone) > 0 {
		said = append(said, "deleted "+j.naming(gone, inside))
	}
	if len(said) > 0 {
		j.note("%s", strings.Join(said, "; "))
	}
	return nil
}

func here(j *job, f placed) string   { return j.file(f.here) }
func inside(_ *job, f placed) string { return f.inside }

// naming names the first of some files, and says how many more there are.
func (j *job) naming(files []placed, by func(*job, placed) string) string {
	var names []string
	for _, f := range files {
		names = append(names, by(j, f))
	}
	return tasks.Few(names)
}

// packPlaced writes files as an archive, each under the name it has inside.
func packPlaced(w io.Writer, files []placed) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		info, err := os.Lstat(f.here)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its deletion is another change
		}
		if err != nil {
			return err
		}
		if err := add(t, f.here, strings.TrimPrefix(f.inside, "/"), fs.FileInfoToDirEntry(info)); err != nil {
			return err
		}
	}
	return t.Close()
}

// exec runs a program in the container, its output the service's.
func (j *job) exec(ctx context.Context, id string, e config.Exec) error {
	command := strings.Join(e.Command, " ")
	j.note("runs %s", command)
	// What it says is a note, since only the container's own output is its log's.
	say := func(_ logs.Stream, p []byte) { j.s.Log(logs.Note, p) }
	if err := j.run(ctx, id, e, say); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

// run runs a program in the container and waits for its end; what it says goes
// to say, and its last line is in the error.
func (j *job) run(ctx context.Context, id string, e config.Exec, say func(logs.Stream, []byte)) error {
	made, err := j.p.api.ExecCreate(ctx, id, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true, Cmd: e.Command, User: e.User, WorkingDir: e.Dir, Env: e.Env, Privileged: e.Privileged,
	})
	if err != nil {
		return errors.New(plain(err))
	}
	at, err := j.p.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return errors.New(plain(err))
	}
	defer at.Close()
	stop := context.AfterFunc(ctx, at.Close)
	defer stop()
	var last tail
	to := func(stream logs.Stream) io.Writer {
		return writer(func(p []byte) {
			_, _ = last.Write(p)
			if say != nil {
				say(stream, p)
			}
		})
	}
	_, err = stdcopy.StdCopy(to(logs.Out), to(logs.Err), at.Reader)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("read its output: %w", err)
	}
	i, err := j.p.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
	if err != nil {
		return errors.New(plain(err))
	}
	if i.ExitCode == 0 {
		return nil
	}
	if strings.Contains(last.String(), "executable file not found") {
		return fmt.Errorf("the image has no %s", e.Command[0])
	}
	if said := last.String(); said != "" {
		return fmt.Errorf("exit %d: %s", i.ExitCode, said)
	}
	return fmt.Errorf("exit %d", i.ExitCode)
}

// writer is a function that is written to.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
