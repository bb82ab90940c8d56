package docker

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// The labels by which Compose knows its own, and ours.
const (
	projectLabel    = "com.docker.compose.project"
	serviceLabel    = "com.docker.compose.service"
	numberLabel     = "com.docker.compose.container-number"
	workingDirLabel = "com.docker.compose.project.working_dir"
	oneoffLabel     = "com.docker.compose.oneoff"
	// workspaceLabel is the directory whose host made it, taskLabel the task
	// that it is.
	workspaceLabel = "dev.sawhorse.workspace"
	taskLabel      = "dev.sawhorse.task"
)

// summary is what a list says of a container, and what only an inspection does.
type summary struct {
	container.Summary
	oom      bool
	exit     int // of one that is not running; -1 unknown
	finished time.Time
	started  time.Time
}

// complete adds what lists leave out: how a container ended. asked, it is asked
// for every container, since a list can be older than the event that it was
// read after.
func (p *Provider) complete(ctx context.Context, s container.Summary, asked bool) summary {
	c := summary{Summary: s, exit: exitCode(s.Status)}
	if !asked {
		switch s.State {
		case container.StateCreated:
			return c
		case container.StateRunning, container.StatePaused:
			c.started = startedAbout(s.Status, time.Now())
			return c
		}
	}
	i, err := p.api.ContainerInspect(ctx, s.ID, client.ContainerInspectOptions{})
	if err != nil || i.Container.State == nil {
		return c
	}
	st := i.Container.State
	c.State, c.oom, c.exit = st.Status, st.OOMKilled, st.ExitCode
	if st.Health != nil {
		c.Health = &container.HealthSummary{Status: st.Health.Status, FailingStreak: st.Health.FailingStreak}
	}
	c.started, _ = time.Parse(time.RFC3339Nano, st.StartedAt)
	c.finished, _ = time.Parse(time.RFC3339Nano, st.FinishedAt)
	return c
}

// exitCode reads "Exited (137) 2 hours ago"; -1: it says none.
func exitCode(status string) int {
	_, rest, ok := strings.Cut(status, "(")
	code, _, closed := strings.Cut(rest, ")")
	if n, err := strconv.Atoi(code); ok && closed && err == nil {
		return n
	}
	return -1
}

func (s summary) name() string {
	if len(s.Names) == 0 {
		return short(s.ID)
	}
	// A container has also the names by which others link to it: /other/alias.
	for _, n := range s.Names {
		if n = strings.TrimPrefix(n, "/"); !strings.Contains(n, "/") {
			return n
		}
	}
	return strings.TrimPrefix(s.Names[0], "/")
}

// health is the container's health; engines before API 1.52 say it only in the
// text of the status.
func (s summary) health() container.HealthStatus {
	if s.Health != nil {
		return s.Health.Status
	}
	switch {
	case strings.Contains(s.Status, "(healthy)"):
		return container.Healthy
	case strings.Contains(s.Status, "(unhealthy)"):
		return container.Unhealthy
	case strings.Contains(s.Status, "(health: starting)"):
		return container.Starting
	}
	return container.NoHealthcheck
}

// stoppedCodes are what a container that was asked to end may end with: by
// INT, KILL or TERM.
func stoppedCodes() []int { return []int{0, 130, 137, 143} }

// phase says how a container does, and why.
func (s summary) phase() (phase tasks.Phase, native, reason string) {
	switch s.State {
	case container.StateRunning:
		switch s.health() {
		case container.Healthy:
			return tasks.PhaseUp, "healthy", ""
		case container.Unhealthy:
			return tasks.PhaseWarning, "unhealthy", "its health check fails"
		case container.Starting:
			return tasks.PhaseBusy, "starting", "its health check has not passed yet"
		}
		return tasks.PhaseUp, "running", ""
	case container.StatePaused:
		return tasks.PhaseOff, "paused", ""
	case container.StateRestarting:
		return tasks.PhaseWarning, "restarting", s.end()
	case container.StateCreated:
		return tasks.PhaseOff, "created", ""
	case container.StateRemoving:
		return tasks.PhaseBusy, "removing", ""
	case container.StateDead:
		return tasks.PhaseFailed, "dead", "the engine could not remove it"
	}
	if s.oom || !slices.Contains(stoppedCodes(), s.exit) && s.exit >= 0 {
		return tasks.PhaseFailed, "exited", s.end()
	}
	return tasks.PhaseOff, "exited", ""
}

// end says how it ended.
func (s summary) end() string {
	switch {
	case s.oom:
		return "killed: it ran out of memory"
	case s.exit < 0:
		return ""
	case s.exit > 128 && s.exit < 160:
		return fmt.Sprintf("exit %d (signal %d)", s.exit, s.exit-128)
	}
	return fmt.Sprintf("exit %d", s.exit)
}

// since is when it came into its state, as well as is known.
func (s summary) since() time.Time {
	switch {
	case s.finished.Year() > 1 && s.State == container.StateExited:
		return s.finished
	case s.started.Year() > 1:
		return s.started
	}
	return time.Unix(s.Created, 0)
}

var upFor = lazy.Regexp(`^Up (?:(\d+)|(Less than a|About an?|About a)) (second|minute|hour|day|week|month)`)

// startedAbout is when a running container started, as far as the text of its
// status tells: lists of engines do not say it otherwise.
func startedAbout(status string, now time.Time) time.Time {
	m := upFor().FindStringSubmatch(status)
	if m == nil {
		return time.Time{}
	}
	n := 1
	if m[1] != "" {
		n, _ = strconv.Atoi(m[1])
	}
	unit := map[string]time.Duration{
		"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
	}[m[3]]
	if m[2] == "Less than a" {
		n = 0
	}
	return now.Add(-time.Duration(n) * unit).Truncate(time.Second)
}

// own says whether it belongs to the workspace.
func (p *Provider) own(labels map[string]string) bool {
	if labels[workspaceLabel] == p.o.Dir {
		return true
	}
	dir := labels[workingDirLabel]
	if dir == "" || p.o.Dir == "" {
		return false
	}
	rel, err := filepath.Rel(p.o.Dir, dir)
	return err == nil && filepath.IsLocal(rel)
}

func (p *Provider) containerResource(s summary) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.o.Name, containerKind, s.ID), Kind: containerKind,
		Name: s.name(), Group: s.Labels[projectLabel], Own: p.own(s.Labels), Since: s.since(),
		Log: logs.Key(p.o.Name + "/" + s.name() + "-" + short(s.ID)), Off: containerOff(s),
	}
	if s.Labels[workspaceLabel] == p.o.Dir {
		r.Task = s.Labels[taskLabel]
	}
	if service := s.Labels[serviceLabel]; service != "" && r.Group != "" {
		r.Name = service
		if n := s.Labels[numberLabel]; n != "" && n != "1" {
			r.Name += " " + n
		}
		if s.Labels[oneoffLabel] == "True" {
			r.Name = s.name()
		}
	}
	r.Phase, r.Native, r.Reason = s.phase()
	r.Number = r.Native
	if r.Phase == tasks.PhaseFailed {
		r.Number = s.end()
		if s.oom {
			r.Number = "out of memory"
		}
	}
	links := s.links()
	r.Detail = strings.TrimSpace(imageName(s.Image) + "  " + strings.Join(links.short, " "))
	if len(links.urls) > 0 {
		r.URL = links.urls[0]
	}
	r.Facts = []tasks.Fact{
		{Name: "image", Value: imageName(s.Image)},
		{Name: "container", Value: s.name() + "  " + short(s.ID)},
	}
	add := func(name string, values ...string) {
		if len(values) > 0 {
			r.Facts = append(r.Facts, tasks.Fact{Name: name, Value: strings.Join(values, "\n")})
		}
	}
	add("ports", links.urls...)
	if r.Group != "" {
		add("project", r.Group)
	}
	return r
}

// containerOff says which operations make no sense now: an empty reason leaves
// them out.
func containerOff(s summary) map[string]string {
	off := map[string]string{}
	switch s.State {
	case container.StateRunning:
		off[opStart], off[opUnpause] = "", ""
	case container.StatePaused:
		off[opStart], off[opPause] = "", ""
		off[opRestart] = "it is paused: resume it first"
	case container.StateRestarting:
		off[opStart], off[opUnpause], off[opPause] = "", "", "it is restarting"
	default:
		off[opStop], off[opUnpause] = "", ""
		off[opPause], off[opKill] = "it is not running", "it is not running"
	}
	return off
}

// imageName is the image as people write it; an image that has lost its name
// to a newer one is shown by its digest.
func imageName(name string) string {
	if digest, ok := strings.CutPrefix(name, "sha256:"); ok {
		return short(digest)
	}
	name, _, _ = strings.Cut(name, "@sha256:")
	return name
}

func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

// links are a container's published ports.
type links struct{ short, urls []string }

func (s summary) links() links {
	var l links
	seen := map[string]bool{}
	ports := slices.Clone(s.Ports)
	slices.SortFunc(ports, func(a, b container.PortSummary) int {
		return int(a.PrivatePort) - int(b.PrivatePort)
	})
	for _, p := range ports {
		if p.PublicPort == 0 {
			continue
		}
		host := "127.0.0.1"
		if p.IP.IsValid() && !p.IP.IsUnspecified() {
			host = p.IP.String()
		}
		at := netip.AddrPortFrom(netip.MustParseAddr(host), p.PublicPort).String()
		text := at + " → " + strconv.Itoa(int(p.PrivatePort))
		if p.Type == "tcp" {
			text = "http://" + at + " → " + strconv.Itoa(int(p.PrivatePort))
		} else {
			text += "/" + p.Type
		}
		if seen[text] {
			continue
		}
		seen[text] = true
		l.short = append(l.short, ":"+strconv.Itoa(int(p.PublicPort)))
		l.urls = append(l.urls, text)
	}
	return l
}

func imageResource(provider string, i image.Summary, users int) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(provider, imageKind, i.ID), Kind: imageKind, Name: short(i.ID),
		Phase: tasks.PhaseOff, Native: "unused", Number: size(i.Size), Since: time.Unix(i.Created, 0),
		Detail: "no name",
	}
	tags := slices.DeleteFunc(slices.Clone(i.RepoTags), func(t string) bool { return t == "<none>:<none>" })
	if len(tags) > 0 {
		r.Name, r.Detail = tags[0], strings.Join(tags[1:], " ")
	}
	if users > 0 {
		r.Phase, r.Native = tasks.PhaseUp, "used"
		r.Off = map[string]string{opRemove: fmt.Sprintf("%d containers use it: remove them first", users)}
		if users == 1 {
			r.Off[opRemove] = "a container uses it: remove that first"
		}
	}
	r.Facts = []tasks.Fact{{Name: "size", Value: size(i.Size)}, {Name: "id", Value: short(i.ID)}}
	return r
}

// volumeResource is a volume; a taken below 0 is not known yet.
func (p *Provider) volumeResource(v volume.Volume, users []string, taken int64) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.o.Name, volumeKind, v.Name), Kind: volumeKind, Name: v.Name,
		Group: v.Labels[projectLabel], Own: v.Labels[workspaceLabel] == p.o.Dir && p.o.Dir != "",
		Phase: tasks.PhaseOff, Native: "unused", Detail: strings.Join(users, " "),
	}
	if isHex(v.Name) && len(v.Name) == 64 {
		r.Name, r.Detail = short(v.Name), strings.TrimSpace("no name  "+r.Detail)
	}
	r.Since, _ = time.Parse(time.RFC3339, v.CreatedAt)
	if taken >= 0 {
		r.Number = size(taken)
	}
	if len(users) > 0 {
		r.Phase, r.Native = tasks.PhaseUp, "used"
		r.Off = map[string]string{opRemove: "used by " + strings.Join(users, ", ") + ": remove that first"}
	}
	return r
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}
