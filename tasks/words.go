// Package tasks holds the words that every other package speaks: tasks, runs,
// their results, the events that tell what happened, the commands that ask for
// something, and State, the fold of all events. It does no I/O and starts nothing.
package tasks

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Task is a declared unit of work, local or remote; a service is a task that is
// meant to stay up.
type Task struct {
	// Name is unique in the workspace. A replica is "worker/2".
	Name string      `json:"name"`
	Kind config.Kind `json:"kind"`
	// Replica counts from 1; 0 when the task has only one. Of is the declared
	// name that replicas share; equal to Name without replicas.
	Replica int    `json:"replica,omitempty"`
	Of      string `json:"of"`
	// Provider is the connection that runs it: "" is a local process.
	Provider string `json:"provider,omitempty"`
	// Found: its provider knows of it, the workspace file does not.
	Found bool `json:"found,omitempty"`
	// Group heads it in the tree: "PIPELINES"; "": by its kind.
	Group string `json:"group,omitempty"`
	// Title is one line on what it does: its command or its description.
	Title string `json:"title"`
	// Root is the workspace's absolute directory: locations are relative to it.
	Root string `json:"root"`
	// Spec is the declaration.
	Spec config.Unit `json:"spec"`
}

// Remote says whether its runs are those of another system, where any number may
// go on at once, each with a log of its own.
func (t Task) Remote() bool { return t.Provider != "" && !t.IsService() }

// IsService says whether the task is meant to stay up.
func (t Task) IsService() bool { return t.Kind == config.Service }

// RunID names one run: "test#12".
type RunID string

// NewRunID is the id of the n-th run of a task.
func NewRunID(task string, n int) RunID { return RunID(task + "#" + strconv.Itoa(n)) }

// Task is the name of the task that the run belongs to.
func (id RunID) Task() string {
	if i := strings.LastIndexByte(string(id), '#'); i >= 0 {
		return string(id[:i])
	}
	return string(id)
}

// Status is where a run is in its life.
type Status string

// The statuses, in the order of a run's life. The last five are ends.
const (
	Queued    Status = "queued"   // waits; Holds say why
	Running   Status = "running"  // started; a service with a probe is not ready yet
	Ready     Status = "ready"    // a service that answers its probe, or has none
	Stopping  Status = "stopping" // asked to end
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled" // a person stopped it
	Stale     Status = "stale"     // a newer change made it pointless
	Skipped   Status = "skipped"   // never started; Error says why
)

// Done says whether the run has ended.
func (s Status) Done() bool {
	switch s {
	case Succeeded, Failed, Cancelled, Stale, Skipped:
		return true
	}
	return false
}

// Active says whether the run has work going on.
func (s Status) Active() bool { return s == Running || s == Ready || s == Stopping }

// Scope says how much of a task a run does, where the task's tool can do less
// than all of it.
type Scope string

// The scopes.
const (
	ScopeAuto   Scope = ""       // what the cause asks for: what a change can affect, else all
	ScopeAll    Scope = "all"    // everything
	ScopeFailed Scope = "failed" // what failed last time
	ScopeNear   Scope = "near"   // what the files that changed last can affect
	ScopePinned Scope = "pinned" // the tests that a person pinned; Only names them
)

// TestName names a test of a task, as TestResult does.
type TestName struct {
	Suite string `json:"suite,omitempty"`
	Name  string `json:"name"`
}

// Narrowing is what a run does of its task, when that is less than all.
type Narrowing struct {
	// What it does: "2 of 31 packages". Why: "cart/cart.go changed".
	What string `json:"what"`
	Why  string `json:"why"`
	// Skipped names what it leaves out, bounded; for a person who wonders.
	Skipped []string `json:"skipped,omitempty"`
	// Breaks: it ends with its first failure, and what comes after that is not run.
	Breaks bool `json:"breaks,omitempty"`
}

// Hold is one reason why a queued run waits.
type Hold struct {
	// On is the task that it waits for; empty for a time or a limit.
	On string `json:"on,omitempty"`
	// Why is the reason as a person says it: "db is starting: tcp :5432 refused".
	Why string `json:"why"`
	// Until is when a wait for time is over.
	Until time.Time `json:"until,omitzero"`
	// Stuck: it will not pass by itself; Why says what to do.
	Stuck bool `json:"stuck,omitempty"`
}

// Exit is how a process ended.
type Exit struct {
	Code   int    `json:"code"`
	Signal string `json:"signal,omitempty"` // "KILL"; Code is 128+n then
}

// String is "exit 2" or "killed by TERM".
func (e Exit) String() string {
	if e.Signal != "" {
		return "killed by " + e.Signal
	}
	return fmt.Sprintf("exit %d", e.Code)
}

// ExitError is a Runner's answer when the work itself failed.
type ExitError struct {
	Exit Exit
	// Reason overrides the text: "not ready within 30s: tcp :5432 refused".
	Reason string
	// Survivors could not be killed.
	Survivors []Process
	// At is where it failed, which Reason begins with: a line of a Dockerfile.
	At Location
}

// Error says how the work ended.
func (e *ExitError) Error() string {
	if e.Reason != "" {
		return e.Reason
	}
	return e.Exit.String()
}

// StartError is a Runner's answer when the work could not begin; trying again
// by itself would not help. Hint is the next step.
type StartError struct {
	Reason string
	Hint   string
}

// Error is the reason and what to do.
func (e *StartError) Error() string {
	if e.Hint == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Hint
}

// Why a run's context ended.
var (
	// ErrCancelled: a person or the engine wants the work itself stopped.
	ErrCancelled = errors.New("cancelled")
	// ErrStale: a newer change makes the run pointless; stop the work.
	ErrStale = errors.New("a newer change made it pointless")
	// ErrTimeout: the task's timeout passed; stop the work.
	ErrTimeout = errors.New("timed out")
	// ErrLeaving: the program leaves; remote work goes on.
	ErrLeaving = errors.New("the host is leaving")
)

// Process is a process of this machine.
type Process struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Started time.Time `json:"started,omitzero"`
}

// Run is one execution of a task.
type Run struct {
	ID     RunID             `json:"id"`
	Task   string            `json:"task"`
	Number int               `json:"number"`
	Cause  Cause             `json:"cause"`
	Params map[string]string `json:"params,omitempty"` // secrets masked
	// Reported are parameters that its program wrote down, whoever gave them to it.
	Reported map[string]string `json:"reported,omitempty"`
	Status   Status            `json:"status"`
	Holds    []Hold            `json:"holds,omitempty"`
	// NotBefore delays a restart; Attempt counts restarts in a row, from 1.
	NotBefore time.Time `json:"not_before,omitzero"`
	Attempt   int       `json:"attempt,omitempty"`

	QueuedAt  time.Time `json:"queued_at"`
	StartedAt time.Time `json:"started_at,omitzero"`
	ReadyAt   time.Time `json:"ready_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`

	PID       int            `json:"pid,omitempty"`
	Ports     map[string]int `json:"ports,omitempty"`
	Exit      *Exit          `json:"exit,omitempty"`
	Error     string         `json:"error,omitempty"`
	Probe     string         `json:"probe,omitempty"` // why it is not ready yet
	Survivors []Process      `json:"survivors,omitempty"`

	// Log holds the run's lines FirstLine up to, not including, EndLine (-1
	// while it runs).
	Log       logs.Key `json:"log"`
	FirstLine int64    `json:"first_line"`
	EndLine   int64    `json:"end_line"`

	Tests       []TestResult      `json:"tests,omitempty"`
	Diagnostics []Diagnostic      `json:"diagnostics,omitempty"`
	Steps       []Step            `json:"steps,omitempty"`
	Metrics     map[string]Series `json:"metrics,omitempty"`
	Artifacts   []Artifact        `json:"artifacts,omitempty"`
	// Stall is set while its metrics stand still for longer than is usual for it.
	Stall *Stall `json:"stall,omitempty"`

	// Scope and Only are what was asked for; Narrowed is what came of it.
	Scope    Scope      `json:"scope,omitempty"`
	Only     []TestName `json:"only,omitempty"`
	Narrowed *Narrowing `json:"narrowed,omitempty"`
	// Breaks: it ends with its first failure.
	Breaks bool `json:"breaks,omitempty"`
	// Cached is the run whose success still holds; then this one did nothing.
	Cached RunID `json:"cached,omitempty"`
	// Sweep is what it has in common with the other runs of its sweep; nil: it is
	// of none. Such runs go on beside each other, each with a log of its own.
	Sweep *Sweep `json:"sweep,omitempty"`
	// External is what the system that runs it calls the run. URL, Native and
	// Reason are its address there, that system's own status word, and why it is
	// in that status: "no worker polls pool gpu".
	External string `json:"external,omitempty"`
	// Observed: it was not started here, and is only looked at.
	Observed bool   `json:"observed,omitempty"`
	URL      string `json:"url,omitempty"`
	Native   string `json:"native,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Code is what it was made of, where somebody will want to compare that.
	Code Code `json:"code,omitzero"`
}

// Because is why the run began, and how much of its task it does when that is
// not all: "cart.go changed · 2 of 31 packages"; of a stale run also why it is.
func (r Run) Because() string {
	switch {
	case r.Status == Stale && r.Error != "":
		return r.Cause.String() + " · " + r.Error
	case r.Cached != "":
		return r.Cause.String() + " · nothing new since " + string(r.Cached)
	case r.Narrowed != nil:
		return r.Cause.String() + " · " + r.Narrowed.What
	}
	return r.Cause.String()
}

// Duration is how long the run took, or has taken by now.
func (r Run) Duration(now time.Time) time.Duration {
	if r.StartedAt.IsZero() {
		return 0
	}
	if !r.EndedAt.IsZero() {
		now = r.EndedAt
	}
	return max(0, now.Sub(r.StartedAt))
}

// Step is a named part of a run.
type Step struct {
	Name      string    `json:"name"`
	Parent    string    `json:"parent,omitempty"`
	Status    Status    `json:"status"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Log       logs.Key  `json:"log,omitempty"`
	// Needs are the steps that must have ended before it begins, by their names;
	// they have the same parent.
	Needs []string `json:"needs,omitempty"`
}

// Equal says whether nothing about the step is another.
func (s Step) Equal(o Step) bool {
	return s.Name == o.Name && s.Parent == o.Parent && s.Status == o.Status && s.Log == o.Log &&
		s.StartedAt.Equal(o.StartedAt) && s.EndedAt.Equal(o.EndedAt) && slices.Equal(s.Needs, o.Needs)
}

// Artifact is a file that a run produced.
type Artifact struct {
	Name string `json:"name"`
	Path string `json:"path,omitempty"`
	URL  string `json:"url,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes
}

// Usage is what the process tree of a run takes.
type Usage struct {
	CPU       float64 `json:"cpu"`    // share of one core, in percent
	Memory    int64   `json:"memory"` // resident bytes
	Threads   int     `json:"threads,omitempty"`
	Files     int     `json:"files,omitempty"`
	Processes int     `json:"processes,omitempty"`
	Ports     []int   `json:"ports,omitempty"` // TCP ports that it listens on
}
