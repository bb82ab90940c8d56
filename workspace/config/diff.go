package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// Diff says what became of each unit from one file to the next, by name. A unit
// is changed when the process that would run differs: its command, directory,
// environment, ports, parameters, how it is probed and stopped. What the engine
// reads anew at each decision (description, groups, autostart, dependencies,
// watch, schedule, restart, on_busy) changes nothing that runs.
func Diff(before, after *File) (changed, added, removed []string) {
	for i := range after.Units {
		u := &after.Units[i]
		old := before.Unit(u.Name)
		switch {
		case old == nil:
			added = append(added, u.Name)
		case hash(running(before, old)) != hash(running(after, u)):
			changed = append(changed, u.Name)
		}
	}
	for i := range before.Units {
		if after.Unit(before.Units[i].Name) == nil {
			removed = append(removed, before.Units[i].Name)
		}
	}
	return changed, added, removed
}

// process is all that a unit's process is made of.
type process struct {
	Execution Execution
	Dir       string
	TTY       bool
	Ready     *Probe
	Ports     []Port
	Replicas  int
	Params    []Param
	Timeout   time.Duration
	// Others are the ports of other services that its text refers to.
	Others map[string]int
}

func running(f *File, u *Unit) process {
	p := process{
		Execution: Executes(f, u), Dir: u.Dir, TTY: u.TTY, Ready: u.Ready, Ports: u.Ports,
		Replicas: u.Replicas, Params: slices.Clone(u.Params), Timeout: u.Timeout, Others: map[string]int{},
	}
	for i := range p.Params {
		p.Params[i].Description = ""
	}
	for _, text := range texts(f, u) {
		parts, err := scan(text)
		if err != nil {
			continue // a loaded file has none
		}
		for _, part := range parts {
			service, port, ok := portReference(part.ref)
			if other := f.Unit(service); ok && other != nil {
				for _, op := range other.Ports {
					if op.Name == port {
						p.Others[part.ref] = op.Number
					}
				}
			}
		}
	}
	return p
}

// texts are those in which ${{ ... }} is expanded.
func texts(f *File, u *Unit) []string {
	all := append([]string{u.Run}, u.Command...)
	for _, env := range []map[string]string{f.Env, u.Env} {
		for _, value := range env {
			all = append(all, value)
		}
	}
	if u.Ready != nil {
		all = append(all, u.Ready.HTTP, u.Ready.TCP, u.Ready.Exec, u.Ready.Log)
	}
	return all
}

// Execution is what a unit can make this machine execute: what a person is
// shown, and agrees to, before a workspace is trusted.
type Execution struct {
	Name    string            `json:"name"`
	Kind    Kind              `json:"kind"`
	Run     string            `json:"run,omitempty"`
	Command []string          `json:"command,omitempty"`
	Shell   []string          `json:"shell,omitempty"` // only when there is a line for it
	Dir     string            `json:"dir"`             // relative to the workspace where it can be
	Env     map[string]string `json:"env,omitempty"`   // the workspace's and the unit's own
	EnvFile []string          `json:"env_file,omitempty"`
	Probe   string            `json:"probe,omitempty"` // ready.exec
	Tools   []string          `json:"tools,omitempty"` // inputs.tools
	Use     string            `json:"use,omitempty"`   // another system runs it
	With    map[string]string `json:"with,omitempty"`
	Values  map[string]string `json:"values,omitempty"`
	Stop    Stop              `json:"stop"`
	// Container is what an engine is asked to make.
	Container *Container `json:"container,omitempty"`
}

// Executes returns what a unit can make this machine execute.
func Executes(f *File, u *Unit) Execution {
	e := Execution{
		Name: u.Name, Kind: u.Kind, Run: u.Run, Command: u.Command,
		Dir: relative(f.Dir, u.Dir), Env: map[string]string{}, Stop: u.Stop, Use: u.Use, With: u.With, Values: u.Values,
		Container: u.Container.executed(),
	}
	for _, env := range []map[string]string{f.Env, u.Env} {
		maps.Copy(e.Env, env)
	}
	for _, file := range slices.Concat(f.EnvFile, u.EnvFile) {
		e.EnvFile = append(e.EnvFile, relative(f.Dir, file))
	}
	if u.Ready != nil {
		e.Probe = u.Ready.Exec
	}
	if u.Inputs != nil {
		e.Tools = u.Inputs.Tools
	}
	if u.Run != "" || e.Probe != "" || len(e.Tools) > 0 {
		e.Shell = u.Shell
	}
	return e
}

func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}

// Digest is a hash over everything in the file that decides what is executed.
// It does not depend on where the workspace is, on the order of units, or on
// descriptions.
func Digest(f *File) string {
	digests := map[string]string{}
	for i := range f.Units {
		digests[f.Units[i].Name] = UnitDigest(f, &f.Units[i])
	}
	return hash(digests)
}

// UnitDigest is Digest for one unit of the file.
func UnitDigest(f *File, u *Unit) string { return hash(Executes(f, u)) }

// hash relies on JSON writing the keys of a map in order.
func hash(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers, maps and lists of them only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
