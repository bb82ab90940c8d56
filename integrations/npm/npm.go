// Package npm finds the scripts of a package.json and of its workspaces, and
// which of npm, pnpm, yarn and bun runs them here. It runs none of them.
package npm

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/node"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "npm", Title: "package.json", Marks: []string{"package.json", "pnpm-workspace.yaml"}, Below: integrations.Anywhere, Detect: detect, Lacks: lacks,
	}
}

const manifest = "package.json"

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	m, ok, err := read(dir)
	if !ok || err != nil {
		return nil, err
	}
	manager, why := node.Manager(dir, m)
	ev := scripts(dir, m, manager, manifest)
	ev.What = fmt.Sprintf("%d scripts, run by %s: %s", len(m.Get("scripts").Entries), manager, why)
	found := []integrations.Evidence{ev}
	packages, err := workspaces(dir, m)
	shown := slices.DeleteFunc(slices.Clone(packages), declared.Shows)
	if n := len(packages) - len(shown); n > 0 {
		found[0].Left = append(found[0].Left, fmt.Sprintf("%d packages that are tests and examples", n))
		packages = shown
	}
	for i, p := range packages {
		if i == mostPackages {
			found[0].Left = append(found[0].Left, fmt.Sprintf("%d more packages of its workspaces", len(packages)-i))
			break
		}
		inner, ok, bad := read(filepath.Join(dir, filepath.FromSlash(p)))
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", p, bad))
		}
		if !ok || bad != nil {
			continue
		}
		found = append(found, packageScripts(dir, inner, manager, p))
	}
	return found, err
}

// read is the package.json of a directory; a text that is no object has nothing.
func read(dir string) (m *declared.Value, ok bool, err error) {
	text, ok, err := declared.Read(dir, manifest)
	if !ok || err != nil {
		return nil, false, err
	}
	m, err = declared.JSON(manifest, text)
	if err == nil && m.Kind != declared.Map {
		err = fmt.Errorf("read %s: it is not an object", manifest)
	}
	return m, err == nil, err
}

// packageScripts are those of a package of a workspace, named after its directory.
func packageScripts(root string, m *declared.Value, manager, dir string) integrations.Evidence {
	ev := scripts(filepath.Join(root, filepath.FromSlash(dir)), m, manager, path.Join(dir, manifest))
	for i := range ev.Units {
		u := &ev.Units[i]
		u.Name, u.Dir = path.Base(dir)+"-"+u.Name, dir
		if u.Watch != nil {
			u.Watch.Paths, u.Watch.Ignore = below(dir, u.Watch.Paths), below(dir, u.Watch.Ignore)
		}
	}
	ev.What = fmt.Sprintf("%d scripts of the package %s", len(m.Get("scripts").Entries), m.Get("name").Text)
	return ev
}

// scripts are those of one package.json, what people press first before the others,
// else in its order; dir is where it is.
func scripts(dir string, m *declared.Value, manager, where string) integrations.Evidence {
	ev := integrations.Evidence{Where: where}
	for _, e := range m.Get("scripts").Entries {
		if e.Value.Kind != declared.Scalar || !e.Value.Quoted {
			continue // nothing that npm would run
		}
		if why := without(e.Key, m.Get("scripts")); why != "" {
			ev.Left = append(ev.Left, fmt.Sprintf("the script %q: %s", e.Key, why))
			continue
		}
		if strings.Contains(e.Value.Text, "Error: no test specified") {
			ev.Left = append(ev.Left, fmt.Sprintf("the script %q: npm wrote it to say that there is none", e.Key))
			continue
		}
		u := config.Unit{
			Name: e.Key, Kind: config.Task, Command: []string{manager, "run", e.Key}, Description: e.Value.Text,
			Pos: config.Position{File: where, Line: e.Line},
		}
		if staysUp(e.Key) {
			u.Kind = config.Service // offered; nobody is surprised by what starts
		}
		if !strings.ContainsAny(e.Key, " \t'\"$\\`;&|<>()*?[]{}~#!\n\r") {
			u.Command, u.Run = nil, manager+" run "+e.Key
		}
		if u.Kind == config.Task {
			tested(&u, dir, manager, e.Key, e.Value.Text)
		}
		ev.Units = append(ev.Units, u)
	}
	slices.SortStableFunc(ev.Units, func(a, b config.Unit) int { return rank(a.Name) - rank(b.Name) })
	return ev
}

// rank is a script's place among those that most projects have under these names: many
// list them in the order of the alphabet, which has them behind those that nobody presses.
func rank(script string) int {
	first := []string{"dev", "start", "test", "build", "lint", "typecheck"}
	if i := slices.Index(first, script); i >= 0 {
		return i
	}
	return len(first)
}

// staysUp tells by its name what a script is that does not end: dev, start:web,
// build:watch.
func staysUp(script string) bool {
	parts := strings.Split(script, ":")
	return slices.Contains([]string{"dev", "start", "serve", "watch", "preview", "storybook"}, parts[0]) || parts[len(parts)-1] == "watch"
}

// without says why a script is not for people to run.
func without(name string, all *declared.Value) string {
	switch name {
	case "preinstall", "install", "postinstall", "prepare", "prepack", "postpack", "prepublish", "prepublishOnly", "preversion", "version", "postversion", "dependencies":
		return "the package manager runs it by itself"
	case "":
		return "it has no name"
	}
	for _, p := range [...]string{"pre", "post"} {
		if of, ok := strings.CutPrefix(name, p); ok && all.Has(of) {
			return fmt.Sprintf("it runs with %q", of)
		}
	}
	return ""
}
