// Package docker knows container engines that speak the Engine API (Docker,
// Podman, Colima): it tells of containers, images and volumes, and runs services
// that are containers. It needs no docker program and never polls for state.
package docker

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Name is the integration's, and that of its only connection where the
// workspace declares none.
const Name = "docker"

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: Name, Title: "Docker",
		Options: []integrations.Option{
			{Name: "host", Description: "The engine's address: `unix:///var/run/docker.sock`, `tcp://10.0.0.7:2376`, `ssh://me@box`.", Default: "`DOCKER_HOST`, the docker CLI's context, or a socket that is there"},
			{Name: "context", Description: "A context of the docker CLI, instead of `host`."},
		},
		Connections: connections,
	}
}

// connections are the engines that the workspace declares, or the one that the
// docker CLI would use here.
func connections(_ context.Context, p integrations.Place) ([]integrations.Connection, error) {
	finder := finder{getenv: p.Getenv, home: p.Home, exists: exists}
	var all []integrations.Connection
	for _, d := range p.Declared {
		e, err := finder.declared(d.Options["host"], d.Options["context"])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name, err)
		}
		all = append(all, connection(d.Name, e, p, true))
	}
	if len(all) > 0 {
		return all, nil
	}
	e, found, err := finder.usual()
	if err != nil {
		return nil, err
	}
	if !found && !e.chosen && !installed(p.Getenv("PATH")) {
		return nil, nil
	}
	return []integrations.Connection{connection(Name, e, p, false)}, nil
}

func connection(name string, e Endpoint, p integrations.Place, wanted bool) integrations.Connection {
	return integrations.Connection{
		Name: name, Title: e.title(), Key: e.key(), Wanted: wanted,
		Connect: func(ctx context.Context, look tasks.Lookout) (any, error) {
			return Connect(ctx, e, Options{Name: name, Dir: p.Dir, Look: look})
		},
	}
}

// installed says whether a program of a container engine is on the PATH: then a
// socket that is not there is an engine that is stopped.
func installed(path string) bool {
	for _, dir := range filepath.SplitList(path) {
		for _, program := range []string{"docker", "dockerd"} {
			if _, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
				return true
			}
		}
	}
	return false
}
