// Package vscode finds the tasks and launch configurations of an editor's
// .vscode directory. It reads the files and never runs what they say.
package vscode

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/node"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

const (
	tasksFile  = ".vscode/tasks.json"
	launchFile = ".vscode/launch.json"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "vscode", Title: "VS Code", Marks: []string{tasksFile, launchFile}, Detect: detect}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	var found []integrations.Evidence
	var errs []error
	for _, f := range [...]struct {
		name string
		read func(dir string, file *declared.Value) integrations.Evidence
	}{{tasksFile, readTasks}, {launchFile, readLaunch}} {
		text, ok, err := declared.Read(dir, f.name)
		if err != nil {
			errs = append(errs, err)
		}
		if !ok || err != nil {
			continue
		}
		file, err := declared.JSON(f.name, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if ev := f.read(dir, file); len(ev.Units)+len(ev.Left) > 0 {
			found = append(found, ev)
		}
	}
	return found, errors.Join(errs...)
}

// readTasks turns tasks.json into tasks; what goes on in the background is a
// service.
func readTasks(dir string, file *declared.Value) integrations.Evidence {
	ev := integrations.Evidence{Where: tasksFile}
	inputs := inputsOf(file)
	for _, v := range file.Get("tasks").Items {
		name := label(v)
		hidden := v.Get("hide").Is()
		t := forThis(v, file)
		u, why := task(dir, name, t, inputs)
		if why != "" {
			ev.Left = append(ev.Left, fmt.Sprintf("%s: %s", name, why))
			continue
		}
		if u.Kind == config.Task {
			var left []string
			u.Format, left = formats(t.Get("problemMatcher"))
			for _, l := range left {
				ev.Left = append(ev.Left, name+": "+l)
			}
		}
		u.Hidden = hidden
		u.Pos = config.Position{File: tasksFile, Line: v.Line}
		if t.Get("dependsOrder").Text == "sequence" && len(u.DependsOn) > 1 {
			ev.Left = append(ev.Left, name+": the order of what it depends on; they start at once")
		}
		ev.Units = append(ev.Units, u)
	}
	ev.What = fmt.Sprintf("%d of %d tasks", len(ev.Units), len(file.Get("tasks").Items))
	return ev
}

// label is how a task is called: by its own name, or by what it runs.
func label(v *declared.Value) string {
	if name := v.First("label", "taskName").Text; name != "" {
		return name
	}
	if script := v.Get("script").Text; script != "" {
		return v.Get("type").Text + ": " + script
	}
	if command := text(v.Get("command")); command != "" {
		return command
	}
	return fmt.Sprintf("line %d", v.Line)
}

// forThis is a task with what the whole file and this system add to it.
func forThis(v, file *declared.Value) *declared.Value {
	system := map[string]string{"darwin": "osx", "windows": "windows"}[runtime.GOOS]
	if system == "" {
		system = "linux"
	}
	whole := &declared.Value{Kind: declared.Map, Line: v.Line}
	for _, from := range []*declared.Value{only(file, "options", "type"), only(file.Get(system), "options"), v, v.Get(system)} {
		for _, e := range from.Entries {
			put(whole, e)
		}
	}
	return whole
}

func only(v *declared.Value, keys ...string) *declared.Value {
	out := &declared.Value{Kind: declared.Map}
	for _, k := range keys {
		if inner := v.Get(k); inner.Kind != declared.Missing {
			out.Entries = append(out.Entries, declared.Entry{Key: k, Value: inner})
		}
	}
	return out
}

// put replaces a key; options, and the variables among them, are added up.
func put(into *declared.Value, e declared.Entry) {
	for i, old := range into.Entries {
		if old.Key != e.Key {
			continue
		}
		if e.Key == "options" || e.Key == "env" {
			both := &declared.Value{Kind: declared.Map, Entries: append([]declared.Entry(nil), old.Value.Entries...)}
			for _, inner := range e.Value.Entries {
				put(both, inner)
			}
			e.Value = both
		}
		into.Entries[i] = e
		return
	}
	into.Entries = append(into.Entries, e)
}

// task is one of tasks.json; why says what keeps it from being run here.
func task(dir, name string, v *declared.Value, inputs map[string]input) (u config.Unit, why string) {
	u = config.Unit{Name: name, Kind: config.Task, Description: v.Get("detail").Text}
	x := expansion{dir: dir, inputs: inputs}
	u.Dir = x.dirOf(v.Get("options", "cwd").Text)
	for _, e := range v.Get("options", "env").Entries {
		if e.Value.Kind == declared.Scalar {
			if u.Env == nil {
				u.Env = map[string]string{}
			}
			u.Env[e.Key] = x.value(e.Value.Text)
		}
	}
	for _, d := range depends(v.Get("dependsOn")) {
		u.DependsOn = append(u.DependsOn, config.Dependency{Name: d})
	}
	if v.Get("isBackground").Is() {
		u.Kind = config.Service // offered: it goes on until it is stopped
		u.Ready = readyPattern(v.Get("problemMatcher"))
	}
	switch kind := v.Get("type").Text; kind {
	case "npm":
		u.Run = npmLine(dir, v)
		if sub := v.Get("path").Text; sub != "" {
			u.Dir = strings.Trim(sub, "/")
		}
	case "", "shell", "process":
		u.Run = x.line(v.Get("command"), v.Get("args").Items, kind == "process")
		if shell := v.Get("options", "shell"); kind != "process" && shell.Get("executable").Text != "" {
			u.Shell = append([]string{shell.Get("executable").Text}, shell.Get("args").Strings()...)
			if len(u.Shell) == 1 {
				u.Shell = append(u.Shell, "-c")
			}
		}
	default:
		return u, fmt.Sprintf("tasks of type %q are run by an extension", kind)
	}
	if x.why != "" {
		return u, x.why
	}
	if u.Kind == config.Task {
		u.Params = x.params
	} else if len(x.params) > 0 {
		return u, "it goes on in the background and asks for input"
	}
	switch {
	case strings.TrimSpace(u.Run) != "":
	case len(u.DependsOn) > 0 && u.Kind == config.Task:
		u.Run = ":" // it only brings others together
	default:
		return u, "it has no command"
	}
	return u, ""
}

func npmLine(dir string, v *declared.Value) string {
	script := v.Get("script").Text
	if script == "" {
		return ""
	}
	manager := "npm"
	if text, ok, err := declared.Read(dir, "package.json"); ok && err == nil {
		if manifest, err := declared.JSON("package.json", text); err == nil {
			manager, _ = node.Manager(dir, manifest)
		}
	}
	if script == "install" {
		return manager + " install"
	}
	return manager + " run " + config.ShellWord(script)
}

// depends are the labels that a task waits for.
func depends(v *declared.Value) []string {
	if v.Kind != declared.List {
		v = &declared.Value{Kind: declared.List, Items: []*declared.Value{v}}
	}
	var names []string
	for _, item := range v.Items {
		switch item.Kind {
		case declared.Scalar:
			names = append(names, item.Text)
		case declared.Map:
			names = append(names, label(item))
		}
	}
	return names
}

// text is a string, or the value of a quoted one.
func text(v *declared.Value) string {
	if v.Kind == declared.Map {
		return strings.Join(v.Get("value").Strings(), " ")
	}
	return strings.Join(v.Strings(), " ")
}
