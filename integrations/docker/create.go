package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// hashLabel is Compose's digest of the declaration, ownHash ours of what the
// engine was asked for.
const (
	hashLabel = "com.docker.compose.config-hash"
	ownHash   = "dev.sawhorse.hash"
)

// projectName is the project of a workspace's own containers: two worktrees of
// one repository have two.
func projectName(name, dir string) string {
	sum := sha256.Sum256([]byte(dir))
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	return strings.TrimLeft(plain, "-_") + "-" + hex.EncodeToString(sum[:2])
}

// container finds the unit's container, or makes it, and starts it. since is
// what its log is followed from; zero: from where it was left.
func (j *job) container(ctx context.Context) (id string, since time.Time, err error) {
	q, err := j.request()
	if err != nil {
		return "", since, err
	}
	found, err := j.find(ctx)
	if err != nil {
		return "", since, err
	}
	if found != nil {
		same := j.same(*found, q)
		switch {
		case same && found.State == container.StateRunning && j.q.Cause.Kind != tasks.ByWatch:
			j.note("took over the container %s, which runs since before", found.name())
			return found.ID, time.Time{}, nil
		case same:
			if found.State == container.StateRunning {
				if err := j.stop(found.ID); err != nil {
					return "", since, err
				}
			}
			if err := j.catchUp(ctx, found.ID); err != nil {
				return "", since, err
			}
			return found.ID, time.Time{}, j.start(ctx, found.ID)
		}
		what := "the declaration"
		if j.imageID != "" && found.ImageID != j.imageID {
			what = "the image"
		}
		j.note("%s of %s has changed: its container is made anew", what, j.q.Task.Name)
		if err := j.stop(found.ID); err != nil {
			return "", since, err
		}
		if _, err := j.p.api.ContainerRemove(ctx, found.ID, client.ContainerRemoveOptions{Force: true}); err != nil && !gone(err) {
			return "", since, fmt.Errorf("remove the old container: %w", err)
		}
	}
	if err := j.surroundings(ctx); err != nil {
		return "", since, err
	}
	o := client.ContainerCreateOptions{Name: j.name, Config: q.Config, HostConfig: q.HostConfig}
	o.NetworkingConfig = q.NetworkingConfig
	if o.Platform, err = platform(j.c.Platform); err != nil {
		return "", since, err
	}
	// An engine before API 1.44 takes one network at creation; others follow.
	var others map[string]*network.EndpointSettings
	if n := o.NetworkingConfig; n != nil && len(n.EndpointsConfig) > 1 {
		first := string(q.HostConfig.NetworkMode)
		others = map[string]*network.EndpointSettings{}
		for name, at := range n.EndpointsConfig {
			if name != first {
				others[name] = at
			}
		}
		o.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{first: n.EndpointsConfig[first]}}
	}
	made, err := j.p.api.ContainerCreate(ctx, o)
	if err != nil {
		return "", since, fmt.Errorf("create %s: %w", j.name, err)
	}
	for name, at := range others {
		if _, err := j.p.api.NetworkConnect(ctx, name, client.NetworkConnectOptions{Container: made.ID, EndpointConfig: at}); err != nil {
			return "", since, fmt.Errorf("connect %s to the network %s: %w", j.name, name, err)
		}
	}
	if err := j.inject(ctx, made.ID); err != nil {
		return "", since, err
	}
	if err := j.copyInitial(ctx, made.ID); err != nil {
		return "", since, err
	}
	return made.ID, time.Unix(0, 1), j.start(ctx, made.ID)
}

// inject puts files into a container that has not started yet.
func (j *job) inject(ctx context.Context, id string) error {
	if len(j.c.Inject) == 0 {
		return nil
	}
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, f := range j.c.Inject {
		content := f.Content
		if f.Variable != "" {
			content = j.r.o.Place.Getenv(f.Variable)
		}
		err := t.WriteHeader(&tar.Header{Name: strings.TrimPrefix(f.Path, "/"), Mode: f.Mode, Size: int64(len(content))})
		if err == nil {
			_, err = t.Write([]byte(content))
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	if _, err := j.p.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: &b}); err != nil {
		return fmt.Errorf("put configs and secrets into %s: %w", j.name, err)
	}
	return nil
}

func (j *job) start(ctx context.Context, id string) error {
	if _, err := j.p.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start %s: %w", j.name, err)
	}
	return nil
}

// find is the container of this unit and number, by Compose's labels.
func (j *job) find(ctx context.Context) (*summary, error) {
	list, err := j.p.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add(
		"label", projectLabel+"="+j.project, serviceLabel+"="+j.service, oneoffLabel+"=False",
	)})
	if err != nil {
		return nil, fmt.Errorf("look for its container: %w", err)
	}
	for _, s := range list.Items {
		if s.Labels[numberLabel] == strconv.Itoa(j.number) {
			return &summary{Summary: s}, nil
		}
	}
	return nil, nil
}

// same says whether a container is what would be made now. One that Compose made
// carries its digest of the declaration; since that differs from version to
// version, what is newer than all files is taken to be made of them.
func (j *job) same(s summary, q container.CreateRequest) bool {
	if j.imageID != "" && s.ImageID != j.imageID {
		return false
	}
	if own := s.Labels[ownHash]; own != "" {
		return own == q.Labels[ownHash]
	}
	if j.c.Hash == "" {
		return false
	}
	if s.Labels[hashLabel] == j.c.Hash {
		return true
	}
	for _, file := range j.c.Files {
		info, err := os.Stat(file)
		if err != nil || info.ModTime().After(time.Unix(s.Created, 0)) {
			return false
		}
	}
	return len(j.c.Files) > 0
}

// request is what the engine is asked to create.
func (j *job) request() (container.CreateRequest, error) {
	var q container.CreateRequest
	if len(j.c.Create) > 0 {
		if err := json.Unmarshal([]byte(j.c.Create), &q); err != nil {
			return q, fmt.Errorf("read what Compose made of %s: %w", j.service, err)
		}
		q.Image = j.c.Image
	} else {
		q = j.own()
	}
	if q.Config == nil {
		q.Config = &container.Config{}
	}
	labels := map[string]string{
		projectLabel: j.project, serviceLabel: j.service, numberLabel: strconv.Itoa(j.number), oneoffLabel: "False",
		workspaceLabel: j.r.o.Dir, taskLabel: j.q.Task.Name,
	}
	if j.c.Hash == "" {
		labels[workingDirLabel] = j.r.o.Dir
	}
	maps.Copy(labels, j.c.Labels)
	maps.Copy(labels, q.Labels)
	if j.c.Hash != "" {
		labels[hashLabel], labels["com.docker.compose.image"] = j.c.Hash, j.imageID
	}
	q.Labels = labels
	raw, err := json.Marshal(q)
	if err != nil {
		return q, err
	}
	sum := sha256.Sum256(raw)
	labels[ownHash] = hex.EncodeToString(sum[:])
	return q, nil
}

// own is the request of a unit with an image or build of its own.
func (j *job) own() container.CreateRequest {
	stop := int(j.u.Stop.Timeout.Seconds())
	cmd := j.u.Command
	if j.u.Run != "" {
		cmd = []string{"sh", "-c", j.u.Run}
	}
	q := container.CreateRequest{
		Config: &container.Config{
			Image: j.imageName(), Env: j.env, Cmd: cmd, Entrypoint: j.c.Entrypoint, User: j.c.User, WorkingDir: j.c.Dir,
			Tty: j.u.TTY, OpenStdin: j.u.TTY, StopSignal: "SIG" + j.u.Stop.Signal, StopTimeout: &stop,
			ExposedPorts: network.PortSet{},
		},
		HostConfig: &container.HostConfig{PortBindings: network.PortMap{}},
	}
	for _, v := range j.c.Volumes {
		source := v.Source
		if !v.Bind() {
			source = j.project + "_" + source
		}
		bind := source + ":" + v.Target
		if v.Only != "" {
			bind += ":" + v.Only
		}
		q.HostConfig.Binds = append(q.HostConfig.Binds, bind)
	}
	for i, p := range j.u.Ports {
		outside := p.Number
		if chosen, ok := j.q.Ports[p.Name]; ok {
			outside = chosen
		}
		inside := p.Target
		if inside == 0 {
			inside = outside
		}
		at, ok := network.PortFrom(uint16(inside), network.TCP)
		if !ok {
			continue
		}
		q.ExposedPorts[at] = struct{}{}
		q.HostConfig.PortBindings[at] = []network.PortBinding{{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: strconv.Itoa(outside)}}
		// A process finds the number that others reach it by; a container its own.
		q.Env = append(q.Env, config.PortVariable(p.Name)+"="+strconv.Itoa(inside))
		if i == 0 {
			q.Env = append(q.Env, "PORT="+strconv.Itoa(inside))
		}
	}
	name := j.project + "_default"
	q.HostConfig.NetworkMode = container.NetworkMode(name)
	q.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		name: {Aliases: []string{j.service, j.name}},
	}}
	return q
}

// surroundings makes the networks and volumes that are not there yet.
func (j *job) surroundings(ctx context.Context) error {
	if len(j.c.Create) == 0 {
		name := j.project + "_default"
		if err := j.network(ctx, name, client.NetworkCreateOptions{Labels: map[string]string{projectLabel: j.project, "com.docker.compose.network": "default"}}); err != nil {
			return err
		}
		for _, v := range j.c.Volumes {
			if v.Bind() {
				continue
			}
			labels := map[string]string{projectLabel: j.project, "com.docker.compose.volume": v.Source, workspaceLabel: j.r.o.Dir}
			if _, err := j.p.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: j.project + "_" + v.Source, Labels: labels}); err != nil {
				return fmt.Errorf("create the volume %s: %w", v.Source, err)
			}
		}
		return nil
	}
	for _, n := range j.c.Networks {
		if n.External {
			if _, err := j.p.api.NetworkInspect(ctx, n.Name, client.NetworkInspectOptions{}); err != nil {
				return &tasks.StartError{Reason: fmt.Sprintf("the network %s, which is said to be external, is not there", n.Name), Hint: "docker network create " + n.Name}
			}
			continue
		}
		var o client.NetworkCreateOptions
		if len(n.Create) > 0 {
			if err := json.Unmarshal([]byte(n.Create), &o); err != nil {
				return fmt.Errorf("read the network %s: %w", n.Key, err)
			}
		}
		if err := j.network(ctx, n.Name, o); err != nil {
			return err
		}
	}
	for _, v := range j.c.Named {
		if v.External {
			if _, err := j.p.api.VolumeInspect(ctx, v.Name, client.VolumeInspectOptions{}); err != nil {
				return &tasks.StartError{Reason: fmt.Sprintf("the volume %s, which is said to be external, is not there", v.Name), Hint: "docker volume create " + v.Name}
			}
			continue
		}
		if _, err := j.p.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: v.Name, Driver: v.Driver, DriverOpts: v.DriverOpts, Labels: v.Labels}); err != nil {
			return fmt.Errorf("create the volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// network makes a network unless it is there. Engines take several of one name,
// so those who want it make it one after the other.
func (j *job) network(ctx context.Context, name string, o client.NetworkCreateOptions) error {
	j.r.mu.Lock()
	defer j.r.mu.Unlock()
	list, err := j.p.api.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("name", name)})
	if err != nil {
		return fmt.Errorf("list networks: %w", err)
	}
	for _, n := range list.Items {
		if n.Name == name {
			return nil
		}
	}
	if _, err := j.p.api.NetworkCreate(ctx, name, o); err != nil {
		return fmt.Errorf("create the network %s: %w", name, err)
	}
	return nil
}
