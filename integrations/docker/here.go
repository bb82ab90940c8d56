package docker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// hereWithin is how long an engine may take to say what it has, when that decides
// whether there is anything to show.
const hereWithin = 3 * time.Second

// Here says whether the engine that the docker CLI would use has any container.
// Where no socket is, nothing is asked.
func Here(ctx context.Context, place integrations.Place) bool {
	p, ok := reachHere(ctx, place)
	if !ok {
		return false
	}
	defer func() { _ = p.Close() }()
	ctx, cancel := context.WithTimeout(ctx, hereWithin)
	defer cancel()
	list, err := p.api.ContainerList(ctx, client.ContainerListOptions{All: true, Limit: 1})
	return err == nil && len(list.Items) > 0
}

func reachHere(ctx context.Context, place integrations.Place) (*Provider, bool) {
	e, found, err := finder{getenv: place.Getenv, home: place.Home, exists: exists}.usual()
	if err != nil || !found {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, hereWithin)
	defer cancel()
	p, err := Connect(ctx, e, Options{Name: Name, Dir: place.Dir})
	return p, err == nil
}

// Containers are all on the engine, those that run first, by name.
func Containers(ctx context.Context, place integrations.Place) ([]tasks.Resource, error) {
	p, ok := reachHere(ctx, place)
	if !ok {
		return nil, &tasks.StartError{Reason: "no container engine answers here"}
	}
	defer func() { _ = p.Close() }()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	list, err := p.api.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return nil, err
	}
	var all []tasks.Resource
	for _, s := range list.Items {
		all = append(all, p.containerResource(summary{Summary: s, exit: exitCode(s.Status), started: startedAbout(s.Status, time.Now())}))
	}
	slices.SortFunc(all, func(a, b tasks.Resource) int {
		if x, y := a.Phase == tasks.PhaseOff, b.Phase == tasks.PhaseOff; x != y {
			if y {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Group+"/"+a.Name, b.Group+"/"+b.Name)
	})
	return all, nil
}
