package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/integrations/compose"
	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

// routed runs what is a container in an engine, and everything else here.
type routed struct {
	tasks.Runner
	containers *docker.Runner
}

var _ tasks.Refresher = routed{}

// Run hands the request to whom it belongs.
func (r routed) Run(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	if q.Task.Spec.Container != nil {
		return r.containers.Run(ctx, q, s)
	}
	return r.Runner.Run(ctx, q, s)
}

// Refresh brings changed files into a container.
func (r routed) Refresh(ctx context.Context, id tasks.RunID, files []string) (again bool, err error) {
	return r.containers.Refresh(ctx, id, files)
}

// Unwrap is the runner of processes, for what only that can do.
func (r routed) Unwrap() tasks.Runner { return r.Runner }

// outside is where connections look for other systems.
func (h *host) outside() integrations.Place { return surroundings(h.place) }

func surroundings(p place) integrations.Place {
	home, _ := os.UserHomeDir() // without one, nothing is found there
	return integrations.Place{Dir: p.root, State: filepath.Join(p.state, "integrations"), Getenv: os.Getenv, Home: home}
}

// surroundingsOf is the same, with the engine that the file declares.
func (h *host) surroundingsOf(f *config.File) integrations.Place {
	p := h.outside()
	for _, c := range f.Integrations {
		if c.Use == docker.Name {
			p.Declared = append(p.Declared, integrations.Declared{Name: c.Name, Options: c.Options})
		}
	}
	return p
}

// wanted marks the engine that the file's own containers need: its failure needs
// a person.
func wanted(f *config.File, found []tasks.Connection) []tasks.Connection {
	if !slices.ContainsFunc(f.Units, func(u config.Unit) bool { return u.Container != nil }) {
		return found
	}
	for i := range found {
		if found[i].Name == docker.Name {
			found[i].Wanted = true
		}
	}
	return found
}

// declaredEnvironment is what the workspace file gives a container; nothing of
// this machine's own.
func (h *host) declaredEnvironment(u config.Unit, lookup func(ref string) (string, bool)) ([]string, error) {
	layers, err := h.layers(u, lookup)
	if err != nil {
		return nil, err
	}
	return env.Build(nil, layers...), nil
}

// composeProgram is what reads Compose files: it is installed beside this program.
func composeProgram() string {
	self, err := os.Executable()
	if err != nil {
		return compose.Program
	}
	return filepath.Join(filepath.Dir(self), compose.Program)
}

// loadFile reads the workspace file; what it takes from Compose files is in it.
func loadFile(ctx context.Context, root string) (*config.File, error) {
	f, err := config.Load(root)
	if err != nil {
		return nil, err
	}
	return f, compose.Expand(ctx, f, os.Environ(), compose.By(composeProgram()))
}

// detectedFile is what was found, as a file. A Compose file that can't be brought
// up costs its own services only; each says why when somebody starts it.
func detectedFile(ctx context.Context, root string, found []integrations.Evidence) (*config.File, error) {
	f, _, err := all.File(root, found)
	if err != nil {
		return nil, err
	}
	if err := compose.Expand(ctx, f, os.Environ(), compose.By(composeProgram())); err != nil {
		for i := range f.Units {
			if u := &f.Units[i]; u.Compose != "" {
				u.Container = &config.Container{Broken: err.Error()}
			}
		}
	}
	return f, nil
}
