package tasks

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Bounds of what State keeps; everything older is in the history and the logs.
const (
	keptRuns        = 20     // finished runs a task
	keptPoints      = 4000   // points a metric
	keptTests       = 20_000 // tests a run
	keptDiagnostics = 1000   // diagnostics a run
	keptSteps       = 2000   // steps a run
	keptArtifacts   = 1000   // artifacts a run
	keptMetrics     = 500    // metrics a run
)

// Workspace is what a host opened.
type Workspace struct {
	Name    string    `json:"name"`
	Root    string    `json:"root"`    // absolute
	State   string    `json:"state"`   // the state directory
	LogDir  string    `json:"log_dir"` // where clients open the logs
	HostPID int       `json:"host_pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
}

// Unit is a task's standing in the workspace.
type Unit struct {
	Task Task `json:"task"`
	// Up: it is to be running (services), or to run when files change (tasks).
	Up bool `json:"up"`
	// Pinned are the tests that a save runs instead of all it can affect.
	Pinned []TestName `json:"pinned,omitempty"`
	// Runs are the task's runs that State keeps, oldest first.
	Runs []RunID `json:"runs,omitempty"`
	// Swept are the runs of its newest sweep where an earlier host ran that: they are
	// to be looked at, and say nothing of how the task is now.
	Swept []RunID `json:"swept,omitempty"`
	// Restarts by its policy since a person last started it.
	Restarts int `json:"restarts,omitempty"`
	// Removed: no longer declared; it goes when its last run has ended.
	Removed bool `json:"removed,omitempty"`
}

// Notice is something a person should know that no run tells.
type Notice struct {
	ID       string    `json:"id"`
	Severity Severity  `json:"severity"`
	Source   string    `json:"source"` // "watch", "host", "logs", "config"
	Task     string    `json:"task,omitempty"`
	Message  string    `json:"message"`
	Hint     string    `json:"hint,omitempty"` // what to do
	Location Location  `json:"location,omitzero"`
	At       time.Time `json:"at"`
}

// WatchState is how the workspace's files are watched.
type WatchState struct {
	Dirs    int      `json:"dirs"`
	Pruned  int      `json:"pruned"`
	Polling []string `json:"polling,omitempty"` // directories polled, with why
	Problem string   `json:"problem,omitempty"`
	Ready   bool     `json:"ready"`
}

// State is the fold of all events: what the engine, the screen, the verbs and
// remote clients know. Only Apply changes it.
type State struct {
	Workspace Workspace `json:"workspace"`
	// Order is the tasks' order on the screen.
	Order   []string           `json:"order"`
	Units   map[string]Unit    `json:"units"`
	Runs    map[RunID]Run      `json:"runs"`
	Lines   map[logs.Key]int64 `json:"lines"`
	Usage   map[RunID]Usage    `json:"usage,omitempty"`
	Notices map[string]Notice  `json:"notices,omitempty"`
	// Providers are the connections by name, Resources what they know of; Used is
	// what the resources that are looked at take.
	Providers map[string]Provider     `json:"providers,omitempty"`
	Resources map[ResourceID]Resource `json:"resources,omitempty"`
	Used      map[ResourceID]Usage    `json:"used,omitempty"`
	Problems  []config.Problem        `json:"problems,omitempty"`
	Rejected  time.Time               `json:"rejected,omitzero"`
	// Jobs is how many tasks run at once; 0: no bound.
	Jobs int `json:"jobs,omitempty"`
	// Untrusted: the file changed its commands and waits for a person's trust.
	Untrusted bool `json:"untrusted,omitempty"`
	// Detected: there is no workspace file; other files declare what is here.
	Detected bool `json:"detected,omitempty"`
	// Locked: nothing may be started before a person trusts the workspace.
	Locked  bool                  `json:"locked,omitempty"`
	Acked   map[AlertID]time.Time `json:"acked,omitempty"`
	Watch   WatchState            `json:"watch"`
	Leaving string                `json:"leaving,omitempty"`
	// Index is of the tests of runs that go on; Apply alone uses it.
	Index testIndex `json:"-"`
}

// NewState is the state before the first event.
func NewState() State {
	return State{
		Units:   map[string]Unit{},
		Runs:    map[RunID]Run{},
		Lines:   map[logs.Key]int64{},
		Usage:   map[RunID]Usage{},
		Notices: map[string]Notice{},

		Providers: map[string]Provider{},
		Resources: map[ResourceID]Resource{},
		Used:      map[ResourceID]Usage{},
		Acked:     map[AlertID]time.Time{},
	}
}

// Clone is a copy for another owner: both may Apply to their own. Only the
// declarations (Task.Spec), which nobody changes, are shared.
func (s State) Clone() State {
	c := s
	c.Index = nil
	c.Order = slices.Clone(s.Order)
	c.Units = maps.Clone(s.Units)
	for k, u := range c.Units {
		u.Runs, u.Swept, u.Pinned = slices.Clone(u.Runs), slices.Clone(u.Swept), slices.Clone(u.Pinned)
		c.Units[k] = u
	}
	c.Runs = maps.Clone(s.Runs)
	for k, r := range c.Runs {
		c.Runs[k] = r.clone()
	}
	c.Lines = maps.Clone(s.Lines)
	c.Usage = maps.Clone(s.Usage)
	for k, u := range c.Usage {
		u.Ports = slices.Clone(u.Ports)
		c.Usage[k] = u
	}
	c.Notices = maps.Clone(s.Notices)
	c.Providers = maps.Clone(s.Providers)
	c.Resources = maps.Clone(s.Resources) // whoever changes one replaces it whole
	c.Used = maps.Clone(s.Used)
	c.Problems = slices.Clone(s.Problems)
	c.Acked = maps.Clone(s.Acked)
	c.Watch.Polling = slices.Clone(s.Watch.Polling)
	return c
}

func (r Run) clone() Run {
	r.Cause.Files = slices.Clone(r.Cause.Files)
	r.Params = maps.Clone(r.Params)
	r.Reported = maps.Clone(r.Reported)
	r.Holds = slices.Clone(r.Holds)
	r.Ports = maps.Clone(r.Ports)
	if r.Exit != nil {
		exit := *r.Exit
		r.Exit = &exit
	}
	r.Survivors = slices.Clone(r.Survivors)
	r.Tests = slices.Clone(r.Tests)
	r.Diagnostics = slices.Clone(r.Diagnostics)
	r.Steps = slices.Clone(r.Steps)
	r.Artifacts = slices.Clone(r.Artifacts)
	r.Metrics = maps.Clone(r.Metrics)
	for n, m := range r.Metrics {
		m.Points = slices.Clone(m.Points)
		r.Metrics[n] = m
	}
	return r
}

// Current is the task's run that matters now: the active one, else the newest.
func (s State) Current(task string) (Run, bool) {
	if r, ok := s.Active(task); ok {
		return r, true
	}
	runs := s.Units[task].Runs
	if len(runs) == 0 {
		return Run{}, false
	}
	return s.Runs[runs[len(runs)-1]], true
}

// Waiting is the task's queued run, if there is one; what waits in another
// system is none.
func (s State) Waiting(task string) (Run, bool) {
	for _, id := range slices.Backward(s.Units[task].Runs) {
		if r := s.Runs[id]; r.Status == Queued && !r.Observed && r.External == "" {
			return r, true
		}
	}
	return Run{}, false
}

// Active is the task's run that has work going on, if there is one.
func (s State) Active(task string) (Run, bool) {
	for _, id := range slices.Backward(s.Units[task].Runs) {
		if r := s.Runs[id]; r.Status.Active() {
			return r, true
		}
	}
	return Run{}, false
}

// Finished is the task's newest run that has ended, if there is one.
func (s State) Finished(task string) (Run, bool) {
	for _, id := range slices.Backward(s.Units[task].Runs) {
		if r := s.Runs[id]; r.Status.Done() {
			return r, true
		}
	}
	return Run{}, false
}

// Spelled is a name of another tool as a workspace spells it: of docs:build,
// which a package.json may say, docs-build.
func Spelled(word string) string { return strings.ReplaceAll(word, ":", "-") }

// Names resolves task names, declared names of replicas and groups to tasks in
// the workspace's order; unknown is the first word that is none of these. A task
// of another tool may be called as that tool calls it.
func (s State) Names(words []string) (names []string, unknown string) {
	chosen := map[string]bool{}
	for _, w := range words {
		found := false
		for _, n := range s.Order {
			t := s.Units[n].Task
			if n == w || t.Of == w || slices.Contains(t.Spec.Groups, w) {
				chosen[n], found = true, true
			}
		}
		if n := Spelled(w); !found && n != w {
			if _, found = s.Units[n]; found {
				chosen[n] = true
			}
		}
		if !found {
			return nil, w
		}
	}
	for _, n := range s.Order {
		if chosen[n] {
			names = append(names, n)
		}
	}
	return names, ""
}

// Dependencies are the tasks that t depends on, replicas resolved.
func (s State) Dependencies(t Task) []string {
	var names []string
	for _, d := range t.Spec.DependsOn {
		for _, n := range s.Order {
			if (s.Units[n].Task.Of == d.Name || n == d.Name) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// WithDependencies are tasks and all that they depend on, in the workspace's order.
func (s State) WithDependencies(names []string) []string {
	chosen := map[string]bool{}
	var choose func(names []string)
	choose = func(names []string) {
		for _, n := range names {
			if !chosen[n] {
				chosen[n] = true
				choose(s.Dependencies(s.Units[n].Task))
			}
		}
	}
	choose(names)
	return slices.DeleteFunc(slices.Clone(s.Order), func(n string) bool { return !chosen[n] })
}
