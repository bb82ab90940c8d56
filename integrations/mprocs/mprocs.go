// Package mprocs finds the processes of an mprocs.yaml, as services. It runs
// none of them.
package mprocs

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "mprocs", Title: "mprocs", Marks: []string{"mprocs.yaml", "mprocs.yml", "mprocs.json"}, Below: integrations.Anywhere, Detect: detect,
	}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, "mprocs.yaml", "mprocs.yml", "mprocs.json")
	if name == "" || err != nil {
		return nil, err
	}
	var file *declared.Value
	if strings.HasSuffix(name, ".json") {
		file, err = declared.JSON(name, text)
	} else {
		file, err = declared.FirstYAML(name, text)
	}
	if err != nil {
		return nil, err
	}
	ev := integrations.Evidence{Where: name}
	for _, e := range file.Get("procs").Entries {
		u, left := unit(e)
		u.Pos = config.Position{File: name, Line: e.Line}
		for _, l := range left {
			ev.Left = append(ev.Left, e.Key+": "+l)
		}
		if u.Run != "" || len(u.Command) > 0 {
			ev.Units = append(ev.Units, u)
		}
	}
	ev.What = fmt.Sprintf("%d processes", len(ev.Units))
	if len(ev.Units) == 1 {
		ev.What = "1 process"
	}
	return []integrations.Evidence{ev}, nil
}

// unit is a process: a line for the shell, an argv, or a mapping.
func unit(e declared.Entry) (u config.Unit, left []string) {
	u = config.Unit{Name: e.Key, Kind: config.Service, Autostart: true}
	v := here(e.Value)
	switch v.Kind {
	case declared.Null, declared.Missing:
		return u, nil // taken out, as another file of theirs may do
	case declared.Scalar:
		u.Run = v.Text
		return u, nil
	case declared.List:
		u.Command = v.Strings()
		return u, nil
	}
	u.Run, u.Command = here(v.Get("shell")).Text, here(v.Get("cmd")).Strings()
	if u.Run != "" {
		u.Command = nil
	}
	if u.Run == "" && len(u.Command) == 0 {
		return u, []string{"it has neither shell nor cmd"}
	}
	const ownDir = "<CONFIG_DIR>"
	u.Dir = strings.TrimPrefix(strings.TrimPrefix(here(v.Get("cwd")).Text, ownDir), "/")
	if cwd := here(v.Get("cwd")).Text; strings.HasPrefix(cwd, "/") {
		u.Dir = cwd
	}
	u.Env = variables(here(v.Get("env")))
	u.Autostart = !here(v.Get("autostart")).Isnt()
	if here(v.Get("autorestart")).Is() {
		u.Restart.When = config.RestartAlways
	}
	left = stop(here(v.Get("stop")), &u)
	if paths := here(v.Get("add_path")).Strings(); len(paths) > 0 {
		left = append(left, "add_path: set PATH in its env")
	}
	return u, left
}

// stop is a word for a signal, or keys that are typed.
func stop(v *declared.Value, u *config.Unit) (left []string) {
	switch v.Text {
	case "", "SIGTERM":
	case "SIGINT":
		u.Stop.Signal = "INT"
	case "SIGKILL", "hard-kill":
		u.Stop.Signal = "KILL"
	default:
		left = append(left, "stop: "+v.Text+" is not supported")
	}
	keys := v.Get("send-keys").Strings()
	switch {
	case slices.Equal(keys, []string{"<C-c>"}):
		u.Stop.Signal = "INT"
	case len(keys) > 0:
		left = append(left, "stop: keys are not typed, it is ended by a signal")
	}
	return left
}

// variables are a map, or a list of NAME=value.
func variables(v *declared.Value) map[string]string {
	env := map[string]string{}
	for _, e := range v.Entries {
		if value := here(e.Value); value.Kind == declared.Scalar {
			env[e.Key] = value.Text
		}
	}
	for _, pair := range v.Strings() {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	if len(env) == 0 {
		return nil
	}
	return env
}

// here is the value for this system, where there is one for each.
func here(v *declared.Value) *declared.Value {
	if v.Get("$select").Text != "os" {
		return v
	}
	system := map[string]string{"darwin": "macos"}[runtime.GOOS]
	if system == "" {
		system = runtime.GOOS
	}
	if own := v.Get(system); own.Kind != declared.Missing {
		return own
	}
	return v.Get("$else")
}
