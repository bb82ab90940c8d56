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
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

var _ tasks.Runner = (*Runner)(nil)

// Runner stands before another one and answers for runs that have nothing to do.
type Runner struct {
	next  tasks.Runner
	state string // the state directory
	env   Environment

	mu   sync.Mutex
	past map[string]success // by task; nil until it is needed
}

// Environment is that of a unit's process.
type Environment func(u config.Unit) ([]string, error)

// success is what a task's inputs were when it last succeeded.
type success struct {
	Digest string      `json:"digest"`
	Run    tasks.RunID `json:"run"`
	At     time.Time   `json:"at"`
}

// New puts a memory, kept in the state directory, before next, whose processes have
// the environment.
func New(next tasks.Runner, stateDir string, env Environment) *Runner {
	return &Runner{next: next, state: stateDir, env: env}
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
// parameters, the files by content, the variables that it names and those that the
// workspace gives it, the tools' versions.
func (r *Runner) digest(ctx context.Context, q tasks.Request) (string, error) {
	in := q.Task.Spec.Inputs
	h := sha256.New()
	spec := q.Task.Spec
	declared, err := json.Marshal([]any{spec.Run, spec.Command, spec.Shell, spec.Dir, spec.Env, q.Params, in})
	if err != nil {
		return "", err
	}
	part(h, "task", declared)
	environ, err := r.env(spec)
	if err != nil {
		return "", err
	}
	hashVariables(h, environ, in.Env)
	for _, line := range in.Tools {
		out, err := version(ctx, spec, environ, line)
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

// hashVariables adds the named variables, and those that are other than the host's
// own: the workspace's files and keys give them. SAWHORSE is this program.
func hashVariables(h io.Writer, environ, names []string) {
	values := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	for _, name := range names {
		part(h, "env "+name, []byte(values[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if hosts, has := os.LookupEnv(name); name != "SAWHORSE" && (!has || hosts != values[name]) {
			part(h, "given "+name, []byte(values[name]))
		}
	}
}

// toolPatience is how long a tool may take to say its version.
const toolPatience = 10 * time.Second

func version(ctx context.Context, u config.Unit, environ []string, line string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, toolPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, u.Shell[0], append(slices.Clone(u.Shell[1:]), line)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = u.Dir, environ, time.Second
	out, err := cmd.CombinedOutput()
	return bytes.TrimSpace(out), err
}
