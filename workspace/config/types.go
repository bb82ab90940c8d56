// Package config is the schema of sawhorse.yml: its types, how a file is read,
// merged and checked, and the errors that point into it. It has no behaviour:
// it never starts, watches or expands anything.
package config

import (
	"fmt"
	"time"
)

// Version is the only value of `version:` that this program reads.
const Version = 1

// File is a workspace file after reading, merging, resolving aliases and
// checking: everything the rest of the program knows of sawhorse.yml.
type File struct {
	// Name of the workspace; the directory's name when the file gives none.
	Name string `json:"name"`
	// Dir is the absolute directory of the file; relative paths start here.
	Dir string `json:"dir"`
	// Files are the absolute paths that were read, sawhorse.yml first.
	Files []string `json:"files"`
	// Units are services, then tasks, each in the order of the file.
	Units []Unit `json:"units"`
	// Env is given to every unit; a unit's own env wins.
	Env map[string]string `json:"env,omitempty"`
	// EnvFile are dotenv files given to every unit, the last one wins.
	EnvFile []string `json:"env_file,omitempty"`
	// Shell runs `run:` lines: argv before the line. Default: sh -c.
	Shell []string `json:"shell,omitempty"`
	// Logs says how much output is kept.
	Logs Logs `json:"logs"`
	// Jobs is how many tasks run at once, at least 1; services do not count.
	Jobs int `json:"jobs"`
	// Detected: there is no sawhorse.yml; the units are what other files of the
	// directory declare.
	Detected bool `json:"detected,omitempty"`
	// Locked: nothing of it may run before a person trusts it.
	Locked bool `json:"locked,omitempty"`
	// Integrations are the connections that the file declares, in its order.
	Integrations []Integration `json:"integrations,omitempty"`
}

// Integration is a connection to another system, as the file declares it.
type Integration struct {
	// Name is the connection's; Use the integration that makes it.
	Name string   `json:"name"`
	Use  string   `json:"use"`
	Pos  Position `json:"pos"`
	// Options are the integration's own, as they are written; At is where each of
	// them stands, and where use does.
	Options map[string]string   `json:"options,omitempty"`
	At      map[string]Position `json:"at,omitempty"`
}

// Unit returns the unit of that name, or nil.
func (f *File) Unit(name string) *Unit {
	for i := range f.Units {
		if f.Units[i].Name == name {
			return &f.Units[i]
		}
	}
	return nil
}

// Kind tells what is meant to stay up from what is meant to end.
type Kind string

// The two kinds of unit.
const (
	Service Kind = "service"
	Task    Kind = "task"
)

// AfterPromote is the word of after: for tasks that follow the promotion of a model.
const AfterPromote = "promote"

// Unit is one entry of `services:` or `tasks:`.
type Unit struct {
	Name        string   `json:"name"`
	Kind        Kind     `json:"kind"`
	Pos         Position `json:"pos"`
	Description string   `json:"description,omitempty"`
	Hidden      bool     `json:"hidden,omitempty"`
	Groups      []string `json:"groups,omitempty"`
	// Source is the file of another tool that declares it, and under which it is
	// listed; "" in a sawhorse.yml. Pos then points into that file.
	Source string `json:"source,omitempty"`
	// Autostart: started by `sawhorse` and `sawhorse up` without a name.
	// Default: services, and tasks that watch.
	Autostart bool `json:"autostart"`

	// Run is a line for the shell, Command an argv; exactly one is set.
	Run     string            `json:"run,omitempty"`
	Command []string          `json:"command,omitempty"`
	Shell   []string          `json:"shell,omitempty"`
	Dir     string            `json:"dir"` // absolute
	Env     map[string]string `json:"env,omitempty"`
	EnvFile []string          `json:"env_file,omitempty"` // absolute
	// TTY: under a pseudo-terminal. Default: services yes, tasks no.
	TTY bool `json:"tty"`

	// Compose is a Compose file, or one service of it ("compose.yaml#db"), that the
	// service stands for; ViaCLI hands it to the compose program. What it means is
	// put in its place before anything runs.
	Compose string `json:"compose,omitempty"`
	ViaCLI  bool   `json:"via_cli,omitempty"`
	// Container is set on a service that is a container; Run and Command may then
	// be empty, and run inside of it.
	Container *Container `json:"container,omitempty"`

	DependsOn []Dependency `json:"depends_on,omitempty"`
	Watch     *Watch       `json:"watch,omitempty"`

	// Services only.
	Ready    *Probe  `json:"ready,omitempty"`
	Restart  Restart `json:"restart"`
	Stop     Stop    `json:"stop"`
	Ports    []Port  `json:"ports,omitempty"`
	Replicas int     `json:"replicas,omitempty"` // at least 1

	// Tasks only.
	Params   []Param       `json:"params,omitempty"`
	Timeout  time.Duration `json:"timeout,omitempty"` // 0: none
	OnBusy   OnBusy        `json:"on_busy,omitempty"`
	Schedule string        `json:"schedule,omitempty"` // cron line or "@every 5m"
	// Inputs is what the task's result depends on: while nothing of it changed
	// since the last success, a run has nothing to do. nil: it always runs.
	Inputs *Inputs `json:"inputs,omitempty"`
	// Track is the connection that records its runs; empty: none does.
	Track string `json:"track,omitempty"`
	// Curves are directories of files of numbers that it writes, relative to the
	// workspace directory; "none" alone: none are looked for. Empty: those that it is
	// seen to write.
	Curves []string `json:"curves,omitempty"`
	// Metrics are expressions that find numbers in its output, as ParseMetric reads
	// them; empty: what looks like a number over steps is one.
	Metrics []string `json:"metrics,omitempty"`
	// After is what a person does elsewhere that it follows: "promote"; empty: nothing.
	After string `json:"after,omitempty"`
	// Format is how its output is read; empty: by those who know it.
	Format []Format `json:"format,omitempty"`
	// Results are globs of files of results that it writes, relative to the
	// workspace directory.
	Results []string `json:"results,omitempty"`
	// Confirm: a person is asked before it starts.
	Confirm bool `json:"confirm,omitempty"`
	// SameAs are jobs of pipelines that do the same.
	SameAs []string `json:"same_as,omitempty"`
	// Use is the connection that runs it; "": this machine. With are that system's
	// own keys ("workflow"), Values those of its parameters; At is where each of
	// With, and of Values as "inputs.name", stands in the file.
	Use    string              `json:"use,omitempty"`
	With   map[string]string   `json:"with,omitempty"`
	Values map[string]string   `json:"values,omitempty"`
	At     map[string]Position `json:"at,omitempty"`
}

// Format is one way to read output: exactly one of Name, Errorformat and
// Pattern is set.
type Format struct {
	Name        string    `json:"name,omitempty"` // one of Formats
	Errorformat []string  `json:"errorformat,omitempty"`
	Pattern     []Pattern `json:"pattern,omitempty"`
	// Severity of what does not say it: "error", "warning" or "info"; empty: error.
	Severity string `json:"severity,omitempty"`
}

// Pattern is one line of a problem matcher, as VS Code has them; its numbers
// are groups of Regexp, 0 for none.
type Pattern struct {
	Regexp   string `json:"regexp"`
	File     int    `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Location int    `json:"location,omitempty"`
	Severity int    `json:"severity,omitempty"`
	Code     int    `json:"code,omitempty"`
	Message  int    `json:"message,omitempty"`
	Loop     bool   `json:"loop,omitempty"`
}

// Position is a place in a file; Line and Column count from 1, Column in
// characters. Line 0 is the file as a whole.
type Position struct {
	// File is relative to the workspace directory: "sawhorse.yml".
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
}

// String is file:line:column, as editors and terminals understand it.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	if p.Column == 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Condition is what a dependency must have reached.
type Condition string

// The conditions of depends_on. The default is Ready for services (a service
// without a probe is ready when it has started) and Succeeded for tasks.
const (
	Started   Condition = "started"
	Ready     Condition = "ready"
	Succeeded Condition = "succeeded"
	Completed Condition = "completed"
)

// Dependency holds a unit back until another one has reached a condition.
type Dependency struct {
	Name      string    `json:"name"`
	Condition Condition `json:"condition"`
	// Restart: a service begins anew when the other one does, but not when only
	// its restart policy brought it back.
	Restart bool `json:"restart,omitempty"`
}

// Watch reruns a task, or restarts a service, when files change.
type Watch struct {
	// Paths are globs relative to the workspace directory (doublestar syntax).
	Paths []string `json:"paths"`
	// Ignore are globs that win over Paths. What git ignores is never seen.
	Ignore []string `json:"ignore,omitempty"`
	// All: a save runs all of the task, not only what the change can affect.
	All bool `json:"all,omitempty"`
	// Live are files that are brought into what runs, without a rerun; Paths win.
	Live []Live `json:"live,omitempty"`
	// Outside are paths of a Compose file's develop.watch that are not below the
	// workspace directory: no change there is seen.
	Outside []string `json:"outside,omitempty"`
}

// Live are globs as those of Watch.
type Live struct {
	Paths  []string `json:"paths"`
	Ignore []string `json:"ignore,omitempty"`
}

// Probe asks a service whether it is ready: exactly one of HTTP, TCP, Exec
// and Log is set.
type Probe struct {
	// HTTP is a URL; ":8080/health" is short for http://127.0.0.1:8080/health.
	HTTP string `json:"http,omitempty"`
	// TCP is host:port or :port.
	TCP string `json:"tcp,omitempty"`
	// Exec is a line for the unit's shell; exit code 0 is ready.
	Exec string `json:"exec,omitempty"`
	// Log is a regular expression (RE2) on a line that the service prints.
	Log string `json:"log,omitempty"`
	// Every is the time between two tries, Timeout that of one try.
	Every   time.Duration `json:"every"`
	Timeout time.Duration `json:"timeout"`
	// Within is how long the service may take to become ready before it is
	// said to have failed; 0: for ever.
	Within time.Duration `json:"within"`
}

// RestartWhen says which ends of a service are followed by a new start.
type RestartWhen string

// The restart policies.
const (
	RestartNo        RestartWhen = "no"
	RestartOnFailure RestartWhen = "on-failure"
	RestartAlways    RestartWhen = "always"
)

// Restart is a service's restart policy: the wait before a restart starts at
// Min, doubles to Max, and starts again at Min after the service was up for Reset.
type Restart struct {
	When  RestartWhen   `json:"when"`
	Min   time.Duration `json:"min"`   // default 100 ms
	Max   time.Duration `json:"max"`   // default 30 s
	Reset time.Duration `json:"reset"` // default 10 s
	Limit int           `json:"limit"` // restarts in a row; 0: no limit
}

// Stop says how a unit is asked to end: Signal to the whole process group,
// KILL to what is left of it after Timeout.
type Stop struct {
	Signal  string        `json:"signal"`  // "TERM", "INT", ...; default TERM
	Timeout time.Duration `json:"timeout"` // default 10 s
}

// Port is a named port of a service, exported to its process as NAME_PORT (and
// PORT for the first one) and usable as ${{ ports.name }} in the file.
type Port struct {
	Name   string `json:"name"`
	Number int    `json:"number"` // 0: auto, chosen by the host
	// Target is a container's own port behind it; 0: the same number.
	Target int `json:"target,omitempty"`
}

// Inputs is what a task's result depends on, besides its own declaration.
type Inputs struct {
	// Files are globs relative to the workspace directory.
	Files []string `json:"files"`
	// Ignore are globs that win over Files.
	Ignore []string `json:"ignore,omitempty"`
	// Env are names of environment variables.
	Env []string `json:"env,omitempty"`
	// Tools are lines for the shell whose output names a version: "go version".
	Tools []string `json:"tools,omitempty"`
}

// OnBusy says what a new cause does while the task runs.
type OnBusy string

// The answers to "it is already running".
const (
	BusyRestart OnBusy = "restart" // stop the run, start again; the default
	BusyQueue   OnBusy = "queue"   // one run more, after this one
	BusyIgnore  OnBusy = "ignore"
)

// ParamType is the type of a parameter's value.
type ParamType string

// The parameter types.
const (
	ParamString ParamType = "string"
	ParamInt    ParamType = "int"
	ParamFloat  ParamType = "float"
	ParamBool   ParamType = "bool"
)

// Param is one parameter of a task. Its value reaches the process as the
// environment variable PARAM_<NAME> and, in `command:`, as ${{ params.name }}
// (in `run:`, quoted for the shell).
type Param struct {
	Name        string    `json:"name"`
	Type        ParamType `json:"type"`
	Default     string    `json:"default,omitempty"`
	HasDefault  bool      `json:"has_default,omitempty"`
	Choices     []string  `json:"choices,omitempty"`
	Required    bool      `json:"required,omitempty"`
	Secret      bool      `json:"secret,omitempty"`
	Description string    `json:"description,omitempty"`
}

// Logs bounds what is kept on disk. Zero means the default.
type Logs struct {
	Size  int64         `json:"size"`  // bytes a log, default 1 GB
	Total int64         `json:"total"` // bytes a workspace, default 4 GB
	Age   time.Duration `json:"age"`   // default 14 days
}
