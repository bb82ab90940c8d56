// Package compose finds Compose files and puts what they declare into a workspace
// file: services that are containers. It starts none; integrations/docker does.
//
// Compose's own parser reads them, in a program of its own: with its JSON Schemas
// it takes as long to begin as all of the rest, which every start of the screen,
// of a host and of a verb would wait for.
//
//	sawhorse ── request ──> sawhorse-compose: compose/project
//	         <── answer ──
package compose

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Names are what Compose calls its files, the first one that is there counts.
func Names() []string {
	return []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
}

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "compose", Title: "Compose", Marks: Names(), Detect: detect}
}

// detect finds the Compose file of a directory; it reads names only. What they
// mean is read when the file is put in force.
func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, Names()...)
	if err != nil || name == "" {
		return nil, err
	}
	file, err := declared.FirstYAML(name, text)
	if err != nil {
		return nil, err
	}
	ev := integrations.Evidence{Where: name}
	for _, e := range file.Get("services").Entries {
		ev.Units = append(ev.Units, integrations.Unit{
			Name: e.Key, Kind: config.Service, Compose: name + "#" + e.Key, Pos: config.Position{File: name, Line: e.Line},
			Autostart: len(e.Value.Get("profiles").Strings()) == 0,
		})
	}
	for _, e := range file.Get("include").Items {
		ev.Left = append(ev.Left, fmt.Sprintf("what %s:%d includes is there once the file is in force", name, e.Line))
	}
	if len(ev.Units) == 0 {
		return nil, nil
	}
	for _, override := range Overrides(name) {
		if declared.Has(dir, override) {
			ev.Files = append(ev.Files, override)
		}
	}
	ev.What = fmt.Sprintf("%d services", len(ev.Units))
	if len(ev.Units) == 1 {
		ev.What = "1 service"
	}
	return []integrations.Evidence{ev}, nil
}

// Overrides are the files that Compose merges into one of its usual names.
func Overrides(name string) []string {
	base := path.Base(name)
	if !slices.Contains(Names(), base) {
		return nil
	}
	stem := base[:len(base)-len(path.Ext(base))]
	return []string{stem + ".override.yml", stem + ".override.yaml"}
}
