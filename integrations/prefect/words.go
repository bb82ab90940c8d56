package prefect

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// The words of Prefect's API, as far as they are read here.

type deployment struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	FlowID      string          `json:"flow_id"`
	Paused      bool            `json:"paused"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"` // defaults of the deployment
	Schema      schema          `json:"parameter_openapi_schema"`
	Pool        string          `json:"work_pool_name"`
	Status      string          `json:"status"` // READY: something polls for its runs
	Path        string          `json:"path"`   // the directory that Entry is relative to
	Entry       string          `json:"entrypoint"`
}

// source is the file of the flow, relative to a checkout; empty: it is not there.
func (d deployment) source(dir string) string {
	file, _, _ := strings.Cut(d.Entry, ":")
	if !strings.HasSuffix(file, ".py") {
		return "" // a module
	}
	if filepath.IsAbs(d.Path) {
		if rel, err := filepath.Rel(dir, filepath.Join(d.Path, file)); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	if !filepath.IsLocal(file) {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		return ""
	}
	return filepath.ToSlash(file)
}

type flow struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type state struct {
	Type      string    `json:"type"`
	Name      string    `json:"name"`
	Message   string    `json:"message"`
	Timestamp time.Time `json:"timestamp"`
}

type flowRun struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	FlowID       string          `json:"flow_id"`
	DeploymentID string          `json:"deployment_id"`
	Parameters   json.RawMessage `json:"parameters"`
	State        state           `json:"state"`
	Expected     time.Time       `json:"expected_start_time"`
	Created      time.Time       `json:"created"`
	Start        time.Time       `json:"start_time"`
	End          time.Time       `json:"end_time"`
	Pool         string          `json:"work_pool_name"`
	By           struct {
		Type    string `json:"type"`
		Display string `json:"display_value"`
	} `json:"created_by"`
}

type taskRun struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Key   string    `json:"dynamic_key"` // tells the runs of one task apart
	State state     `json:"state"`
	Start time.Time `json:"start_time"`
	End   time.Time `json:"end_time"`
	// Inputs are what each parameter came from; what it was told to wait for and who
	// called it stand there, too, as "wait_for" and "__parents__".
	Inputs map[string][]struct {
		Type string `json:"input_type"` // "task_run", "flow_run", "parameter", "constant"
		ID   string `json:"id"`
	} `json:"task_inputs"`
}

// parents is what Prefect calls the runs in which a task was called.
const parents = "__parents__"

// needs are the task runs that must have ended before this one.
func (t taskRun) needs() (ids []string) {
	for _, name := range slices.Sorted(maps.Keys(t.Inputs)) {
		for _, in := range t.Inputs[name] {
			if in.Type == "task_run" && name != parents && in.ID != t.ID && !slices.Contains(ids, in.ID) {
				ids = append(ids, in.ID)
			}
		}
	}
	return ids
}

// plainName is the name without what only tells the runs of one task apart, which
// is another in every run of the flow: "load-3f1" is "load".
func (t taskRun) plainName() string {
	i := strings.LastIndexByte(t.Name, '-')
	if i > 0 && len(t.Name) > i+1 && strings.HasPrefix(t.Key, t.Name[i+1:]) {
		return t.Name[:i]
	}
	return t.Name
}

type logLine struct {
	ID      string    `json:"id"`
	Level   int       `json:"level"`
	Message string    `json:"message"`
	At      time.Time `json:"timestamp"`
	Run     string    `json:"flow_run_id"`
	Task    string    `json:"task_run_id"`
}

// level is a level's word, as Python has it.
func (l logLine) level() string {
	switch {
	case l.Level >= 50:
		return "CRITICAL"
	case l.Level >= 40:
		return "ERROR"
	case l.Level >= 30:
		return "WARNING"
	case l.Level >= 20:
		return "INFO"
	}
	return "DEBUG"
}

// The types of state.
const (
	scheduled  = "SCHEDULED"
	pending    = "PENDING"
	running    = "RUNNING"
	completed  = "COMPLETED"
	failed     = "FAILED"
	cancelled  = "CANCELLED"
	crashed    = "CRASHED"
	paused     = "PAUSED"
	cancelling = "CANCELLING"
)

func (s state) done() bool {
	switch s.Type {
	case completed, failed, cancelled, crashed:
		return true
	}
	return false
}

// status is the state in the words of a run here.
func (s state) status() tasks.Status {
	switch s.Type {
	case completed:
		return tasks.Succeeded
	case failed, crashed:
		return tasks.Failed
	case cancelled:
		return tasks.Cancelled
	case cancelling:
		return tasks.Stopping
	case running:
		return tasks.Running
	}
	return tasks.Queued
}

// external is what a run is called outside of here. The address of the screen
// that shows it stands beside it.
func (p *Provider) runURL(id string) string { return p.base + "/runs/flow-run/" + id }

// because is why a run waits, in words of Prefect's; empty: it does not.
func because(r flowRun) string {
	switch {
	case r.State.Type == paused:
		return strings.TrimSpace("it is paused " + r.State.Message)
	case r.State.Name == "Late":
		return "nobody has fetched it in time"
	case r.State.Type == pending:
		return "its infrastructure is being started"
	}
	return ""
}
