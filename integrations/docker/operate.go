package docker

import (
	"context"
	"fmt"

	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Operate does an operation of its kind with a resource.
func (p *Provider) Operate(ctx context.Context, r tasks.Resource, operation string, _ map[string]string) error {
	var err error
	switch r.Kind {
	case containerKind:
		err = p.operateContainer(ctx, r.ID.Native(), operation)
	case imageKind:
		err = p.operateImage(ctx, r.ID.Native(), operation)
	case volumeKind:
		err = p.operateVolume(ctx, r.ID.Native(), operation)
	default:
		err = unknown(operation)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %s", operation, r.Name, plain(err))
	}
	return nil
}

func unknown(operation string) error { return fmt.Errorf("there is no operation %q", operation) }

func (p *Provider) operateContainer(ctx context.Context, id, operation string) (err error) {
	switch operation {
	case opStart:
		_, err = p.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
	case opStop:
		_, err = p.api.ContainerStop(ctx, id, client.ContainerStopOptions{})
	case opRestart:
		_, err = p.api.ContainerRestart(ctx, id, client.ContainerRestartOptions{})
	case opPause:
		_, err = p.api.ContainerPause(ctx, id, client.ContainerPauseOptions{})
	case opUnpause:
		_, err = p.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
	case opKill:
		_, err = p.api.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "KILL"})
	case opRemove:
		_, err = p.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	case opPrune:
		_, err = p.api.ContainerPrune(ctx, client.ContainerPruneOptions{})
	default:
		err = unknown(operation)
	}
	return err
}

func (p *Provider) operateImage(ctx context.Context, id, operation string) (err error) {
	switch operation {
	case opRemove:
		// Forced, since an image of two names can't be removed by its id otherwise;
		// one that a running container uses stays all the same.
		_, err = p.api.ImageRemove(ctx, id, client.ImageRemoveOptions{Force: true, PruneChildren: true})
	case opPrune:
		_, err = p.api.ImagePrune(ctx, client.ImagePruneOptions{Filters: make(client.Filters).Add("dangling", "true")})
	default:
		err = unknown(operation)
	}
	return err
}

func (p *Provider) operateVolume(ctx context.Context, id, operation string) (err error) {
	switch operation {
	case opRemove:
		_, err = p.api.VolumeRemove(ctx, id, client.VolumeRemoveOptions{})
	case opPrune:
		// Older engines remove those with names too, and know no word for it.
		_, err = p.api.VolumePrune(ctx, client.VolumePruneOptions{All: !versions.LessThan(p.api.ClientVersion(), "1.42")})
	default:
		err = unknown(operation)
	}
	return err
}
