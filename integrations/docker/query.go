package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Query answers what tabs and questions ask of a resource.
func (p *Provider) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	id, kind := q.Args["id"], q.Args["kind"]
	ask := map[string]map[string]func(context.Context, string) (tasks.Result, error){
		containerKind: {
			infoQuery: p.containerInfo, topQuery: p.top, healthQuery: p.health, inspectQuery: p.inspectContainer,
			pruneQuery: p.prunedContainers, removeQuery: p.removedWith,
		},
		imageKind:  {infoQuery: p.imageInfo, layersQuery: p.layers, inspectQuery: p.inspectImage, pruneQuery: p.prunedImages},
		volumeKind: {infoQuery: p.volumeInfo, inspectQuery: p.inspectVolume, pruneQuery: p.prunedVolumes},
	}[kind][q.Name]
	if ask == nil {
		return tasks.Result{}, fmt.Errorf("an engine does not answer %q about a %s", q.Name, kind)
	}
	r, err := ask(ctx, id)
	if err != nil {
		return tasks.Result{}, fmt.Errorf("ask the engine: %s", plain(err))
	}
	return r, nil
}

type facts []tasks.Fact

func (f *facts) add(name string, values ...string) {
	text := strings.Join(slices.DeleteFunc(values, func(s string) bool { return s == "" }), "\n")
	if text != "" {
		*f = append(*f, tasks.Fact{Name: name, Value: text})
	}
}

func (p *Provider) containerInfo(ctx context.Context, id string) (tasks.Result, error) {
	r, err := p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return tasks.Result{}, err
	}
	c := r.Container
	var f facts
	f.add("name", strings.TrimPrefix(c.Name, "/"))
	f.add("id", short(c.ID))
	if c.Config != nil {
		f.add("image", c.Config.Image)
	}
	f.add("command", strings.Join(append([]string{c.Path}, c.Args...), " "))
	f.add("state", stateText(c))
	if c.RestartCount > 0 {
		f.add("restarts", strconv.Itoa(c.RestartCount))
	}
	f.add("created", moment(c.Created))
	s, known, _ := p.container(id)
	if known {
		f.add("ports", s.links().urls...)
	}
	if c.NetworkSettings != nil {
		var nets []string
		for name, n := range c.NetworkSettings.Networks {
			text := name
			if n != nil && n.IPAddress.IsValid() {
				text += "  " + n.IPAddress.String()
			}
			if n != nil && len(n.Aliases) > 0 {
				text += "  as " + strings.Join(n.Aliases, ", ")
			}
			nets = append(nets, text)
		}
		slices.Sort(nets)
		f.add("networks", nets...)
	}
	var mounts []string
	for _, m := range c.Mounts {
		from := m.Source
		if m.Name != "" {
			from = "volume " + m.Name
		}
		text := from + " → " + m.Destination
		if !m.RW {
			text += " (read only)"
		}
		mounts = append(mounts, text)
	}
	slices.Sort(mounts)
	f.add("mounts", mounts...)
	if h := c.HostConfig; h != nil {
		f.add("restart", string(h.RestartPolicy.Name))
		if h.Memory > 0 {
			f.add("memory", "at most "+size(h.Memory))
		}
	}
	if c.Config != nil {
		f.add("user", c.Config.User)
		f.add("directory", c.Config.WorkingDir)
		f.add("variables", names(c.Config.Env)...)
		var labels []string
		for k, v := range c.Config.Labels {
			labels = append(labels, k+"="+v)
		}
		slices.Sort(labels)
		f.add("labels", labels...)
	}
	return tasks.Result{Facts: f}, nil
}

// names are variables without their values, which may be secret: Inspect has
// them for who asks.
func names(env []string) []string {
	all := make([]string, len(env))
	for i, e := range env {
		all[i], _, _ = strings.Cut(e, "=")
	}
	return all
}

func stateText(c container.InspectResponse) string {
	st := c.State
	if st == nil {
		return ""
	}
	text := string(st.Status)
	switch {
	case st.Running:
		text += " since " + moment(st.StartedAt)
	case st.OOMKilled:
		text += ", killed: it ran out of memory"
	case st.Status == container.StateExited:
		text += fmt.Sprintf(" with %d at %s", st.ExitCode, moment(st.FinishedAt))
	}
	if st.Error != "" {
		text += ": " + st.Error
	}
	return text
}

// moment is a time of the engine's as people write it, in their own zone.
func moment(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func (p *Provider) top(ctx context.Context, id string) (tasks.Result, error) {
	if s, known, _ := p.container(id); known && s.State != container.StateRunning {
		return tasks.Result{Text: "It is not running, so it has no processes."}, nil
	}
	t, err := p.api.ContainerTop(ctx, id, client.ContainerTopOptions{})
	if err != nil {
		return tasks.Result{}, err
	}
	var r tasks.Result
	for _, title := range t.Titles {
		number := slices.Contains([]string{"PID", "PPID", "C", "%CPU", "%MEM", "VSZ", "RSS"}, title)
		r.Columns = append(r.Columns, tasks.Column{Name: title, Number: number})
	}
	r.Rows = t.Processes
	return r, nil
}

func (p *Provider) health(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return tasks.Result{}, err
	}
	c := i.Container
	if c.Config == nil || c.Config.Healthcheck == nil || len(c.Config.Healthcheck.Test) == 0 || c.State == nil || c.State.Health == nil {
		return tasks.Result{Text: "It has no health check. `healthcheck:` in the Compose file or HEALTHCHECK in the Dockerfile declares one."}, nil
	}
	var f facts
	h := c.State.Health
	check := c.Config.Healthcheck
	f.add("status", string(h.Status))
	if h.FailingStreak > 0 {
		f.add("failed", strconv.Itoa(h.FailingStreak)+" times in a row")
	}
	f.add("check", strings.Join(check.Test, " "))
	f.add("every", durationText(check.Interval, 30*time.Second))
	f.add("timeout", durationText(check.Timeout, 30*time.Second))
	if check.StartPeriod > 0 {
		f.add("start", "not counted for "+check.StartPeriod.String())
	}
	r := tasks.Result{Facts: f, Columns: []tasks.Column{{Name: "AT"}, {Name: "TOOK", Number: true}, {Name: "EXIT", Number: true}, {Name: "SAID"}}}
	for _, l := range slices.Backward(h.Log) {
		said, _, _ := strings.Cut(strings.TrimSpace(l.Output), "\n")
		r.Rows = append(r.Rows, []string{
			l.Start.Local().Format(time.TimeOnly), l.End.Sub(l.Start).Round(time.Millisecond).String(), strconv.Itoa(l.ExitCode), said,
		})
	}
	return r, nil
}

func durationText(d, usual time.Duration) string {
	if d == 0 {
		d = usual
	}
	return d.String()
}

func indented(raw []byte, v any) (tasks.Result, error) {
	var text bytes.Buffer
	if len(raw) == 0 {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return tasks.Result{}, err
		}
	}
	if err := json.Indent(&text, bytes.TrimSpace(raw), "", "  "); err != nil {
		return tasks.Result{}, err
	}
	return tasks.Result{Text: text.String()}, nil
}

func (p *Provider) inspectContainer(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{Size: false})
	if err != nil {
		return tasks.Result{}, err
	}
	return indented(i.Raw, i.Container)
}

func (p *Provider) inspectImage(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.ImageInspect(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	return indented(nil, i.InspectResponse)
}

func (p *Provider) inspectVolume(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.VolumeInspect(ctx, id, client.VolumeInspectOptions{})
	if err != nil {
		return tasks.Result{}, err
	}
	return indented(i.Raw, i.Volume)
}

func (p *Provider) imageInfo(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.ImageInspect(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	var f facts
	f.add("names", i.RepoTags...)
	f.add("id", short(i.ID))
	f.add("size", size(i.Size))
	f.add("for", i.Os+"/"+i.Architecture)
	f.add("created", moment(i.Created))
	if c := i.Config; c != nil {
		f.add("entrypoint", strings.Join(c.Entrypoint, " "))
		f.add("command", strings.Join(c.Cmd, " "))
		f.add("directory", c.WorkingDir)
		f.add("user", c.User)
	}
	f.add("used by", p.users(func(s summary) bool { return s.ImageID == id })...)
	return tasks.Result{Facts: f}, nil
}

func (p *Provider) users(uses func(summary) bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, s := range p.known {
		if uses(s) {
			all = append(all, s.name())
		}
	}
	slices.Sort(all)
	return all
}

func (p *Provider) layers(ctx context.Context, id string) (tasks.Result, error) {
	h, err := p.api.ImageHistory(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	r := tasks.Result{Columns: []tasks.Column{{Name: "SIZE", Number: true}, {Name: "MADE BY"}}}
	for _, l := range h.Items {
		by := strings.TrimPrefix(strings.TrimPrefix(l.CreatedBy, "/bin/sh -c "), "#(nop) ")
		r.Rows = append(r.Rows, []string{size(l.Size), strings.Join(strings.Fields(by), " ")})
	}
	return r, nil
}

func (p *Provider) volumeInfo(ctx context.Context, id string) (tasks.Result, error) {
	i, err := p.api.VolumeInspect(ctx, id, client.VolumeInspectOptions{})
	if err != nil {
		return tasks.Result{}, err
	}
	v := i.Volume
	var f facts
	f.add("name", v.Name)
	f.add("driver", v.Driver)
	f.add("at", v.Mountpoint)
	f.add("created", moment(v.CreatedAt))
	f.add("used by", p.users(func(s summary) bool {
		return slices.ContainsFunc(s.Mounts, func(m container.MountPoint) bool { return m.Name == id })
	})...)
	var labels []string
	for k, v := range v.Labels {
		labels = append(labels, k+"="+v)
	}
	slices.Sort(labels)
	f.add("labels", labels...)
	return tasks.Result{Facts: f}, nil
}

// removedWith are the volumes without a name that go with a container.
func (p *Provider) removedWith(_ context.Context, id string) (tasks.Result, error) {
	s, _, _ := p.container(id)
	r := tasks.Result{Columns: []tasks.Column{{Name: "GOES"}, {Name: "WHAT"}}}
	r.Rows = append(r.Rows, []string{"container", s.name() + " (" + string(s.State) + ")"})
	for _, m := range s.Mounts {
		if m.Name != "" && len(m.Name) == 64 && isHex(m.Name) {
			r.Rows = append(r.Rows, []string{"volume", short(m.Name) + " at " + m.Destination + " (has no name)"})
		}
	}
	return r, nil
}

func (p *Provider) prunedContainers(ctx context.Context, _ string) (tasks.Result, error) {
	list, err := p.api.ContainerList(ctx, client.ContainerListOptions{All: true, Size: true, Filters: make(client.Filters).Add("status", "created", "exited", "dead")})
	if err != nil {
		return tasks.Result{}, err
	}
	r := tasks.Result{Columns: []tasks.Column{{Name: "CONTAINER"}, {Name: "STATUS"}, {Name: "SIZE", Number: true}}}
	var all int64
	for _, c := range list.Items {
		s := summary{Summary: c}
		r.Rows = append(r.Rows, []string{s.name(), c.Status, size(c.SizeRw)})
		all += c.SizeRw
	}
	return total(r, len(list.Items), "container", all), nil
}

func (p *Provider) prunedImages(ctx context.Context, _ string) (tasks.Result, error) {
	list, err := p.api.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("dangling", "true")})
	if err != nil {
		return tasks.Result{}, err
	}
	r := tasks.Result{Columns: []tasks.Column{{Name: "IMAGE"}, {Name: "CREATED"}, {Name: "SIZE", Number: true}}}
	var all int64
	n := 0
	for _, i := range list.Items {
		if len(p.users(func(s summary) bool { return s.ImageID == i.ID })) > 0 {
			continue
		}
		n++
		r.Rows = append(r.Rows, []string{short(i.ID), time.Unix(i.Created, 0).Format(time.DateOnly), size(i.Size)})
		all += i.Size
	}
	return total(r, n, "image", all), nil
}

func (p *Provider) prunedVolumes(ctx context.Context, _ string) (tasks.Result, error) {
	usage, err := p.api.DiskUsage(ctx, client.DiskUsageOptions{Volumes: true, Verbose: true})
	if err != nil {
		return tasks.Result{}, err
	}
	r := tasks.Result{Columns: []tasks.Column{{Name: "VOLUME"}, {Name: "SIZE", Number: true}}}
	var all int64
	n := 0
	for _, v := range usage.Volumes.Items {
		if v.UsageData == nil || v.UsageData.RefCount > 0 {
			continue
		}
		n++
		r.Rows = append(r.Rows, []string{v.Name, size(v.UsageData.Size)})
		all += v.UsageData.Size
	}
	return total(r, n, "volume", all), nil
}

// total says what a prune comes to.
func total(r tasks.Result, n int, what string, bytes int64) tasks.Result {
	switch n {
	case 0:
		return tasks.Result{Text: "There is nothing to remove."}
	case 1:
		r.Text = fmt.Sprintf("1 %s, %s", what, size(bytes))
	default:
		r.Text = fmt.Sprintf("%d %ss, %s", n, what, size(bytes))
	}
	return r
}
