// Package inputs lets a run have nothing to do: it remembers what a task's
// declared inputs were at its last success and answers for the task while they
// are the same. It never guesses: without declared inputs every run runs.
package inputs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

var _ tasks.Runner = (*Runner)(nil)

// Runner stands before another one and answers for runs that have nothing to do.
type Runner struct {
	next  tasks.Runner
	state string // the state directory
	env   func(name string) string

	mu   sync.Mutex
	past map[string]success // by task; nil until it is needed
}

// success is what a task's inputs were when it last succeeded.
type success struct {
	Digest string      `json:"digest"`
	Run    tasks.RunID `json:"run"`
	At     time.Time   `json:"at"`
}

// New puts a memory, kept in the state directory, before next.
func New(next tasks.Runner, stateDir string) *Runner {
	return &Runner{next: next, state: stateDir, env: os.Getenv}
}

// Unwrap is the runner behind this one.
func (r *Runner) Unwrap() tasks.Runner { return r.next }

// Run asks the runner behind, unless the task's inputs are what they were at its
// last success and no person asked for this run.
func (r *Runner) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if q.Task.Spec.Inputs == nil {
		return r.next.Run(ctx, q, s)
	}
	digest, err := r.digest(ctx, q)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		note(s, "its inputs can't be read, so it runs: "+err.Error())
		return r.next.Run(ctx, q, s)
	}
	if last, same := r.same(q, digest); same && !q.Cause.Fresh {
		note(s, fmt.Sprintf("nothing of its inputs changed since %s succeeded %s; run it all the same: --fresh",
			last.Run, last.At.Format(time.DateTime)))
		s.Emit(tasks.RunCached{Of: last.Run})
		return nil
	}
	if err := r.next.Run(ctx, q, s); err != nil {
		return err
	}
	// What changed while it ran was not part of its result.
	if after, err := r.digest(ctx, q); err == nil && after == digest {
		if err := r.remember(q, success{Digest: digest, Run: q.Run, At: time.Now()}); err != nil {
			note(s, "its success is not remembered: "+err.Error())
		}
	}
	return nil
}

func note(s tasks.Sink, text string) { s.Log(logs.Note, []byte(text+"\n")) }

const memory = "inputs"

func (r *Runner) load() {
	if r.past != nil {
		return
	}
	r.past = map[string]success{}
	var damaged *session.CorruptError
	if err := session.Load(r.state, memory, &r.past); err != nil && !errors.As(err, &damaged) || r.past == nil {
		r.past = map[string]success{} // then everything runs once more
	}
}

func (r *Runner) same(q tasks.Request, digest string) (success, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load()
	last, ok := r.past[q.Task.Name]
	return last, ok && last.Digest == digest
}

func (r *Runner) remember(q tasks.Request, s success) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load()
	r.past[q.Task.Name] = s
	return session.Save(r.state, memory, r.past)
}

// digest is a hash over all that the result depends on: the declaration, the
// parameters, the files by content, the variables, the tools' versions.
func (r *Runner) digest(ctx context.Context, q tasks.Request) (string, error) {
	in := q.Task.Spec.Inputs
	h := sha256.New()
	spec := q.Task.Spec
	declared, err := json.Marshal([]any{spec.Run, spec.Command, spec.Shell, spec.Dir, spec.Env, q.Params, in})
	if err != nil {
		return "", err
	}
	part(h, "task", declared)
	for _, name := range in.Env {
		part(h, "env "+name, []byte(r.env(name)))
	}
	for _, line := range in.Tools {
		out, err := version(ctx, spec.Shell, spec.Dir, line)
		if err != nil {
			return "", fmt.Errorf("inputs.tools: %s: %w", line, err)
		}
		part(h, "tool "+line, out)
	}
	if err := hashFiles(ctx, h, q.Task.Root, in.Files, in.Ignore); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// part adds a named part so that no two lists of parts are alike.
func part(h io.Writer, name string, value []byte) {
	fmt.Fprintf(h, "%d:%s %d:", len(name), name, len(value))
	_, _ = h.Write(value)
}

// toolPatience is how long a tool may take to say its version.
const toolPatience = 10 * time.Second

func version(ctx context.Context, shell []string, dir, line string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, toolPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell[0], append(slices.Clone(shell[1:]), line)...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	out, err := cmd.CombinedOutput()
	return bytes.TrimSpace(out), err
}

// hashFiles adds every file that the globs match, in order, by name and content.
func hashFiles(ctx context.Context, h io.Writer, root string, paths, ignore []string) error {
	globs, err := watch.NewGlobs(paths, ignore)
	if err != nil {
		return err
	}
	ignored := watch.NewIgnore(root)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (d.Name() == ".git" || d.Name() == "node_modules" || ignored.Match(rel, true)) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !globs.Match(rel) || ignored.Match(rel, false) {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			return err
		}
		part(h, strings.TrimPrefix(rel, "./"), sum.Sum(nil))
		return nil
	})
}
