// Package npm finds the scripts of a package.json and which of npm, pnpm, yarn
// and bun runs them here. It runs none of them.
package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "npm", Title: "package.json", Detect: detect}
}

type manifest struct {
	Name           string
	PackageManager string
	DevEngines     struct {
		PackageManager json.RawMessage // one, or a list
	}
	Scripts    scripts
	Workspaces json.RawMessage
}

// scripts are in the order of the file.
type scripts []script

type script struct{ name, line string }

// UnmarshalJSON reads an object without losing its order.
func (s *scripts) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return err // null, or nothing that npm would run
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return err
		}
		if line, ok := value.(string); ok {
			*s = append(*s, script{fmt.Sprint(key), line})
		}
	}
	return nil
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, "package.json")
	if !ok {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &m); err != nil {
		return nil, fmt.Errorf("read package.json: %w", err)
	}
	manager, why := m.manager(dir)
	ev := integrations.Evidence{Where: "package.json", What: fmt.Sprintf("%d scripts, run by %s: %s", len(m.Scripts), manager, why)}
	known := map[string]bool{}
	for _, s := range m.Scripts {
		known[s.name] = true
	}
	for _, s := range m.Scripts {
		if why := m.without(s.name, known); why != "" {
			ev.Left = append(ev.Left, fmt.Sprintf("the script %q: %s", s.name, why))
			continue
		}
		u := config.Unit{Name: s.name, Kind: config.Task, Command: []string{manager, "run", s.name}, Description: s.line}
		if s.name == "dev" || s.name == "start" {
			u.Kind = config.Service // offered; nobody is surprised by what starts
		}
		if !strings.ContainsAny(s.name, " \t'\"$\\`;&|<>()*?[]{}~#!\n\r") {
			u.Command, u.Run = nil, manager+" run "+s.name
		}
		ev.Units = append(ev.Units, u)
	}
	if len(m.Workspaces) > 0 && string(m.Workspaces) != "null" || declared.Has(dir, "pnpm-workspace.yaml") {
		ev.Left = append(ev.Left, "the scripts of its workspaces: each has a package.json of its own")
	}
	return []integrations.Evidence{ev}, nil
}

// without says why a script is not for people to run.
func (m manifest) without(name string, known map[string]bool) string {
	switch name {
	case "preinstall", "install", "postinstall", "prepare", "prepack", "postpack", "prepublish", "prepublishOnly", "preversion", "version", "postversion", "dependencies":
		return "the package manager runs it by itself"
	case "":
		return "it has no name"
	}
	for _, p := range [...]string{"pre", "post"} {
		if of, ok := strings.CutPrefix(name, p); ok && known[of] {
			return fmt.Sprintf("it runs with %q", of)
		}
	}
	return ""
}

// manager is by the lock file, then by what package.json asks for.
func (m manifest) manager(dir string) (name, why string) {
	for _, lock := range [...]struct{ file, manager string }{
		{"pnpm-lock.yaml", "pnpm"},
		{"yarn.lock", "yarn"},
		{"bun.lock", "bun"},
		{"bun.lockb", "bun"},
		{"package-lock.json", "npm"},
		{"npm-shrinkwrap.json", "npm"},
	} {
		if declared.Has(dir, lock.file) {
			return lock.manager, lock.file
		}
	}
	if name, _, _ := strings.Cut(m.PackageManager, "@"); isManager(name) {
		return name, "packageManager"
	}
	var one struct{ Name string }
	if json.Unmarshal(m.DevEngines.PackageManager, &one) == nil && isManager(one.Name) {
		return one.Name, "devEngines"
	}
	return "npm", "there is no lock file"
}

func isManager(s string) bool { return s == "npm" || s == "pnpm" || s == "yarn" || s == "bun" }
