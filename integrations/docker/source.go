package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

const (
	// gather is how long changes wait for others that follow at once: an up of
	// twenty containers is a few questions to the engine, not hundreds.
	gather = 50 * time.Millisecond
	// Volumes are measured again after as many times what it took the last time,
	// since the engine walks through all of their files: sizesPause, but no sooner
	// than sizesSoonest and no later than sizesLatest.
	sizesPause   = 50
	sizesSoonest = 2 * time.Second
	sizesLatest  = time.Minute
	// mostContainers is how many are asked for one by one; more are listed anew.
	mostContainers = 20
)

// containerActions are the events after which a container looks different.
// Health checks and execs are more than all others together.
func containerActions() []string {
	return []string{
		"create", "start", "die", "stop", "kill", "restart", "pause", "unpause", "rename", "update",
		"destroy", "oom", "health_status",
	}
}

// Watch tells what there is on the engine, then what changes.
//
//	events ──> what changed ──(gather)──> list these anew ──> tell
//
// It returns when ctx ends or the engine is lost.
func (p *Provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watch{p: p, tell: tell, volumes: map[string]int64{}, measure: make(chan struct{}, 1)}
	// The stream is opened before the list is read, so that nothing falls between.
	stream := p.api.Events(ctx, client.EventsListOptions{Filters: p.filter()})
	if err := w.all(ctx); err != nil {
		return fmt.Errorf("list what is on the engine: %w", err)
	}
	var measuring sync.WaitGroup
	measuring.Go(func() { w.measureVolumes(ctx) })
	defer measuring.Wait()
	defer cancel()

	var changed dirty
	var due <-chan time.Time
	for {
		select {
		case m, open := <-stream.Messages:
			if !open {
				stream.Messages = nil
				continue
			}
			if changed.add(m) && due == nil {
				due = time.After(gather)
			}
		case err := <-stream.Err:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil || errors.Is(err, io.EOF) {
				err = errors.New("the engine ended the stream of its events")
			}
			return err
		case <-due:
			due = nil
			now := changed
			changed = dirty{}
			if err := w.renew(ctx, now); err != nil {
				return err
			}
		}
	}
}

func (p *Provider) filter() client.Filters {
	f := make(client.Filters).Add("type", "container", "image", "volume")
	if !p.podman {
		// Also the names of what happens to images and volumes.
		f.Add("event", containerActions()...).Add("event", "tag", "untag", "delete", "pull", "load", "import", "commit", "mount", "unmount", "prune")
	}
	return f
}

// dirty is what has to be looked at anew.
type dirty struct {
	containers map[string]bool
	images     bool
	volumes    bool
}

func (d *dirty) add(m events.Message) bool {
	switch m.Type {
	case events.ContainerEventType:
		action, _, _ := strings.Cut(string(m.Action), ":")
		if !slices.Contains(containerActions(), action) && action != "died" && action != "remove" {
			return false
		}
		if d.containers == nil {
			d.containers = map[string]bool{}
		}
		d.containers[m.Actor.ID] = true
		// An image shows whether it is used.
		if action == "create" || action == "destroy" || action == "remove" {
			d.images, d.volumes = true, true
		}
	case events.ImageEventType:
		d.images = true
	case events.VolumeEventType:
		d.volumes = true
	default:
		return false
	}
	return true
}

// watch is one watching. Its goroutine owns it, but for what mu guards.
type watch struct {
	p       *Provider
	tell    func(tasks.Changes)
	images  map[tasks.ResourceID]bool
	measure chan struct{}

	mu      sync.Mutex
	volumes map[string]int64                    // sizes
	told    map[tasks.ResourceID]tasks.Resource // volumes
}

func (w *watch) all(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	list, err := w.p.api.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return err
	}
	c := tasks.Changes{All: true}
	fresh := map[string]summary{}
	for _, s := range list.Items {
		fresh[s.ID] = w.p.complete(ctx, s, false)
		c.Changed = append(c.Changed, w.p.containerResource(fresh[s.ID]))
	}
	w.p.keep(func(known map[string]summary) {
		clear(known)
		maps.Copy(known, fresh)
	})
	images, err := w.listImages(ctx)
	if err != nil {
		return err
	}
	volumes, err := w.listVolumes(ctx)
	if err != nil {
		return err
	}
	c.Changed = append(append(c.Changed, images...), volumes...)
	w.tell(c)
	w.wantSizes()
	return nil
}

// renew tells what has become of what changed.
func (w *watch) renew(ctx context.Context, d dirty) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var c tasks.Changes
	if len(d.containers) > 0 {
		f := make(client.Filters)
		if len(d.containers) <= mostContainers {
			f.Add("id", slices.Collect(maps.Keys(d.containers))...)
		}
		list, err := w.p.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: f})
		if err != nil {
			return fmt.Errorf("list containers: %w", err)
		}
		fresh := map[string]summary{}
		for _, s := range list.Items {
			fresh[s.ID] = w.p.complete(ctx, s, len(d.containers) <= mostContainers)
			c.Changed = append(c.Changed, w.p.containerResource(fresh[s.ID]))
		}
		w.p.keep(func(known map[string]summary) {
			for id := range d.containers {
				if _, still := fresh[id]; !still {
					delete(known, id)
					c.Gone = append(c.Gone, tasks.NewResourceID(w.p.o.Name, containerKind, id))
				}
			}
			maps.Copy(known, fresh)
		})
	}
	if d.images {
		before := w.images
		images, err := w.listImages(ctx)
		if err != nil {
			return err
		}
		c.Changed = append(c.Changed, images...)
		c.Gone = append(c.Gone, missing(before, w.images)...)
	}
	if d.volumes {
		before := w.toldVolumes()
		volumes, err := w.listVolumes(ctx)
		if err != nil {
			return err
		}
		c.Changed = append(c.Changed, volumes...)
		c.Gone = append(c.Gone, missing(before, w.toldVolumes())...)
		w.wantSizes()
	}
	w.tell(c)
	return nil
}

func (w *watch) toldVolumes() map[tasks.ResourceID]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[tasks.ResourceID]bool, len(w.told))
	for id := range w.told {
		all[id] = true
	}
	return all
}

// missing are the ids of before that are not in now, in order.
func missing(before, now map[tasks.ResourceID]bool) []tasks.ResourceID {
	var gone []tasks.ResourceID
	for id := range before {
		if !now[id] {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	return gone
}

func (w *watch) listImages(ctx context.Context) ([]tasks.Resource, error) {
	list, err := w.p.api.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	used := map[string]int{}
	w.p.mu.Lock()
	for _, c := range w.p.known {
		used[c.ImageID]++
	}
	w.p.mu.Unlock()
	w.images = map[tasks.ResourceID]bool{}
	var all []tasks.Resource
	for _, i := range list.Items {
		r := imageResource(w.p.o.Name, i, used[i.ID])
		w.images[r.ID] = true
		all = append(all, r)
	}
	return all, nil
}

func (w *watch) listVolumes(ctx context.Context) ([]tasks.Resource, error) {
	list, err := w.p.api.VolumeList(ctx, client.VolumeListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	users, projects := map[string][]string{}, map[string]bool{}
	w.p.mu.Lock()
	for _, c := range w.p.known {
		if w.p.own(c.Labels) {
			projects[c.Labels[projectLabel]] = true
		}
		for _, m := range c.Mounts {
			if m.Name != "" {
				users[m.Name] = append(users[m.Name], c.name())
			}
		}
	}
	w.p.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = map[tasks.ResourceID]tasks.Resource{}
	var all []tasks.Resource
	for _, v := range list.Items {
		slices.Sort(users[v.Name])
		taken, measured := w.volumes[v.Name]
		if !measured {
			taken = -1
		}
		r := w.p.volumeResource(v, users[v.Name], taken)
		r.Own = r.Own || r.Group != "" && projects[r.Group]
		w.told[r.ID] = r
		all = append(all, r)
	}
	return all, nil
}

// wantSizes asks for the volumes to be measured soon.
func (w *watch) wantSizes() {
	select {
	case w.measure <- struct{}{}:
	default: // it was asked for already
	}
}

// measureVolumes measures them when they changed and somebody looks.
func (w *watch) measureVolumes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.measure:
		}
		if w.p.o.Look != nil && w.p.o.Look.Wait(ctx) != nil {
			return
		}
		began := time.Now()
		usage, err := w.p.api.DiskUsage(ctx, client.DiskUsageOptions{Volumes: true, Verbose: true})
		if err == nil { // an engine that can't say them has volumes without sizes
			w.tellSizes(usage)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(max(sizesPause*time.Since(began), sizesSoonest), sizesLatest)):
		}
	}
}

func (w *watch) tellSizes(usage client.DiskUsageResult) {
	w.mu.Lock()
	var c tasks.Changes
	for _, v := range usage.Volumes.Items {
		if v.UsageData == nil || v.UsageData.Size < 0 {
			continue
		}
		w.volumes[v.Name] = v.UsageData.Size
		id := tasks.NewResourceID(w.p.o.Name, volumeKind, v.Name)
		if r, ok := w.told[id]; ok {
			if s := size(v.UsageData.Size); r.Number != s {
				r.Number = s
				w.told[id] = r
				c.Changed = append(c.Changed, r)
			}
		}
	}
	w.mu.Unlock()
	if len(c.Changed) > 0 {
		w.tell(c)
	}
}

// size is a number of bytes as people say it: "12 MB".
func size(n int64) string {
	const units = "kMGTP"
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, i := float64(n), -1
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if f < 9.95 {
		return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[i:i+1] + "B"
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + " " + units[i:i+1] + "B"
}
