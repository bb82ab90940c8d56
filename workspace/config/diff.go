package config

import (
	"encoding/json"
	"maps"
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
		case running(before, old).written() != running(after, u).written():
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
	Kind    Kind
	Run     string
	Command []string `json:",omitempty"`
	Shell   []string `json:",omitempty"` // only where there is a line for it
	Dir     string
	// Env and EnvFile are the workspace's and the unit's own.
	Env       map[string]string
	EnvFile   []string `json:",omitempty"`
	TTY       bool
	Ready     *Probe
	Tools     []string `json:",omitempty"`
	Stop      Stop
	Container *Container
	Use       string
	With      map[string]string `json:",omitempty"`
	Values    map[string]string `json:",omitempty"`
	Ports     []Port
	Replicas  int
	Params    []Param
	Timeout   time.Duration
	// Others are the ports of other services that its text refers to.
	Others map[string]int
}

func running(f *File, u *Unit) process {
	p := process{
		Kind: u.Kind, Run: u.Run, Command: u.Command, Dir: u.Dir, Env: map[string]string{}, EnvFile: slices.Concat(f.EnvFile, u.EnvFile),
		TTY: u.TTY, Ready: u.Ready, Stop: u.Stop, Container: u.Container.made(), Use: u.Use, With: u.With, Values: u.Values,
		Ports: u.Ports, Replicas: u.Replicas, Params: slices.Clone(u.Params), Timeout: u.Timeout, Others: map[string]int{},
	}
	maps.Copy(p.Env, f.Env)
	maps.Copy(p.Env, u.Env)
	if u.Inputs != nil {
		p.Tools = u.Inputs.Tools
	}
	if u.Run != "" || len(p.Tools) > 0 || u.Ready != nil && u.Ready.Exec != "" {
		p.Shell = u.Shell
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

// written is the same for equal processes: JSON has the keys of a map in order.
func (p process) written() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers, maps and lists of them only
	}
	return string(text)
}
