// Package devcontainer finds the set-up commands and the ports of a
// devcontainer.json. It reads the file, and neither builds nor runs a container.
package devcontainer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "devcontainer", Title: "Dev container", Detect: detect,
		Marks: []string{".devcontainer/devcontainer.json", ".devcontainer.json", ".devcontainer/*/devcontainer.json"},
	}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	names := []string{".devcontainer/devcontainer.json", ".devcontainer.json"}
	entries, err := os.ReadDir(filepath.Join(dir, ".devcontainer"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		entries = nil // a file of that name
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, path.Join(".devcontainer", e.Name(), "devcontainer.json"))
		}
	}
	var found []integrations.Evidence
	var errs []error
	for _, name := range names {
		text, ok, err := declared.Read(dir, filepath.FromSlash(name))
		if err != nil {
			errs = append(errs, err)
		}
		if !ok || err != nil {
			continue
		}
		file, err := declared.JSON(name, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		found = append(found, read(name, file))
	}
	return found, errors.Join(errs...)
}

// stages are the commands of a container's life, in their order.
var stages = [...]struct{ key, about string }{
	{"initializeCommand", "before the container is made, on this machine"},
	{"onCreateCommand", "when the container is made"},
	{"updateContentCommand", "when its content is new"},
	{"postCreateCommand", "after the container is made"},
	{"postStartCommand", "whenever it starts"},
	{"postAttachCommand", "whenever somebody comes"},
}

func read(name string, file *declared.Value) integrations.Evidence {
	ev := integrations.Evidence{Where: name}
	for _, s := range stages {
		task := strings.TrimSuffix(s.key, "Command")
		line := 0
		for _, e := range file.Entries {
			if e.Key == s.key {
				line = e.Line
			}
		}
		add := func(name string, v *declared.Value, line int) {
			u := config.Unit{Name: name, Kind: config.Task, Description: s.about, Pos: config.Position{File: ev.Where, Line: line}}
			switch v.Kind {
			case declared.Scalar:
				u.Run = plain(v.Text)
			case declared.List:
				for _, w := range v.Strings() {
					u.Command = append(u.Command, plain(w))
				}
			}
			switch {
			case u.Run == "" && len(u.Command) == 0:
			case strings.Contains(u.Run+strings.Join(u.Command, " "), "${"+"containerWorkspaceFolder"), strings.Contains(u.Run, "/workspaces/"):
				ev.Left = append(ev.Left, name+": it names a path inside of its container")
			default:
				ev.Units = append(ev.Units, u)
			}
		}
		v := file.Get(s.key)
		if v.Kind != declared.Map {
			add(task, v, line)
			continue
		}
		for _, e := range v.Entries { // each by its name, at once
			add(task+"-"+e.Key, e.Value, e.Line)
		}
	}
	ev.What = "Dev container"
	if title := file.Get("name").Text; title != "" {
		ev.What += " " + title
	}
	if ports := ports(file); len(ports) > 0 {
		ev.What += ", ports " + strings.Join(ports, ", ")
	}
	if len(ev.Units) > 0 {
		ev.Left = append(ev.Left, "its container: the commands run on this machine")
	}
	return ev
}

// ports are those that the container forwards, with what it calls them.
func ports(file *declared.Value) []string {
	var all []string
	for _, port := range append(file.Get("forwardPorts").Strings(), file.Get("appPort").Strings()...) {
		if label := file.Get("portsAttributes", port, "label").Text; label != "" {
			port = fmt.Sprintf("%s (%s)", port, label)
		}
		all = append(all, port)
	}
	return all
}

// plain replaces the variables whose values are known here.
func plain(s string) string {
	return strings.NewReplacer("${localWorkspaceFolder}", ".", "${localWorkspaceFolderBasename}", "$(basename \"$PWD\")").Replace(s)
}
