package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Container is what makes a service a container.
type Container struct {
	// Image is the image's name; with Build, the name that the built image gets.
	Image string `json:"image,omitempty"`
	Build *Build `json:"build,omitempty"`
	// Pull says when the image is fetched. Default: when it is not there.
	Pull Pull `json:"pull,omitempty"`
	// Entrypoint replaces the image's; nil: the image's own.
	Entrypoint []string `json:"entrypoint,omitempty"`
	// Dir is the directory inside of it, User who runs it; "": the image's own.
	Dir  string `json:"dir,omitempty"`
	User string `json:"user,omitempty"`
	// Volumes are what is seen inside of it: an absolute path of this machine, or
	// the name of a volume.
	Volumes []Volume `json:"volumes,omitempty"`

	// Broken says why it can't be started, where its file can't be read.
	Broken string `json:"broken,omitempty"`

	// What follows is of a Compose service.

	// Name is the container's; "": made of project, service and number.
	Name string `json:"name,omitempty"`
	// Project and Service are Compose's words for where it belongs.
	Project string `json:"project,omitempty"`
	Service string `json:"service,omitempty"`
	// Create is what the engine is asked to create, as the Engine API says it; nil:
	// it is made of the keys of the unit.
	Create string `json:"create,omitempty"`
	// Platform is that of its image: "linux/arm64"; "": the engine's own.
	Platform string `json:"platform,omitempty"`
	// Networks and Named are the networks and volumes that have to exist.
	Networks []Network     `json:"networks,omitempty"`
	Named    []NamedVolume `json:"named,omitempty"`
	// Hash is what Compose calls the config hash, Files the files that it was made
	// of: what is newer than these was made of them, too.
	Hash  string   `json:"hash,omitempty"`
	Files []string `json:"files,omitempty"`
	// Labels are added to those of Create.
	Labels map[string]string `json:"labels,omitempty"`
	// Healthy: it is ready when its health check says so.
	Healthy bool `json:"healthy,omitempty"`
	// Inject are files that are put into it before it starts.
	Inject []Injected `json:"inject,omitempty"`
	// Sync says what changed files do to it while it runs.
	Sync []Sync `json:"sync,omitempty"`
}

// Build says how an image is made.
type Build struct {
	Context    string            `json:"context"`              // absolute
	Dockerfile string            `json:"dockerfile,omitempty"` // below the context, or absolute
	Target     string            `json:"target,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	// Inline is the Dockerfile's text, in place of a file.
	Inline string `json:"inline,omitempty"`
	// NoCache, Fresh (pull what it is made from), Network, Hosts, CacheFrom and Tags
	// are as Compose has them.
	NoCache   bool     `json:"no_cache,omitempty"`
	Fresh     bool     `json:"fresh,omitempty"`
	Network   string   `json:"network,omitempty"`
	Hosts     []string `json:"hosts,omitempty"`
	CacheFrom []string `json:"cache_from,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Platform  string   `json:"platform,omitempty"`
	// Secrets and Agents are given to a build while it runs, and kept nowhere.
	Secrets []BuildSecret `json:"secrets,omitempty"`
	Agents  []Agent       `json:"agents,omitempty"`
}

// BuildSecret is what a build may read: a file's content, or a variable's.
type BuildSecret struct {
	ID       string `json:"id"`
	File     string `json:"file,omitempty"` // absolute
	Variable string `json:"variable,omitempty"`
}

// Agent is an ssh agent that a build may ask.
type Agent struct {
	ID     string `json:"id"`
	Socket string `json:"socket,omitempty"` // "": SSH_AUTH_SOCK
}

// Volume is a place of a container that is kept outside of it.
type Volume struct {
	Source string `json:"source"` // an absolute path, or a name
	Target string `json:"target"`
	Only   string `json:"only,omitempty"` // "ro": it is only read
}

// Bind says whether the volume is a path of this machine.
func (v Volume) Bind() bool { return filepath.IsAbs(v.Source) }

// Network is a network that a container needs.
type Network struct {
	Key      string `json:"key"`  // what the file calls it
	Name     string `json:"name"` // what the engine calls it
	External bool   `json:"external,omitempty"`
	Create   string `json:"create,omitempty"` // as the Engine API says it
}

// NamedVolume is a volume with a name that a container needs.
type NamedVolume struct {
	Key        string            `json:"key"`
	Name       string            `json:"name"`
	External   bool              `json:"external,omitempty"`
	Driver     string            `json:"driver,omitempty"`
	DriverOpts map[string]string `json:"driver_opts,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
}

// Sync says what a changed file does to a container that runs.
type Sync struct {
	From string `json:"from"` // absolute: a directory, or one file
	// To is where the files of From are copied to inside of it; "": none are.
	To string `json:"to,omitempty"`
	// Ignore and Include are patterns as those of .dockerignore, relative to From.
	Ignore  []string `json:"ignore,omitempty"`
	Include []string `json:"include,omitempty"`
	// Initial: all files are copied when the container is made.
	Initial bool `json:"initial,omitempty"`
	// Exec is run inside of it afterwards, or Restart starts it anew.
	Exec    *Exec `json:"exec,omitempty"`
	Restart bool  `json:"restart,omitempty"`
	// Build: its image is built while it runs, and it is made anew when that is
	// another one.
	Build bool `json:"build,omitempty"`
}

// Then says what becomes of a changed file: "  to /app, then restarts".
func (s Sync) Then() string {
	text := ""
	if s.To != "" {
		text = "  to " + s.To
	}
	switch {
	case s.Exec != nil:
		text += ", then runs " + strings.Join(s.Exec.Command, " ")
	case s.Restart:
		text += ", then restarts"
	case s.Build:
		text += ", builds the image"
	}
	return text
}

// Exec is a program that is run inside of a container.
type Exec struct {
	Command    []string `json:"command"`
	User       string   `json:"user,omitempty"`
	Dir        string   `json:"dir,omitempty"`
	Env        []string `json:"env,omitempty"`
	Privileged bool     `json:"privileged,omitempty"`
}

// Pull says when an image is fetched.
type Pull string

// When an image is fetched.
const (
	PullMissing Pull = "missing"
	PullAlways  Pull = "always"
	PullNever   Pull = "never"
)

// Injected is a file that is put into a container before it starts.
type Injected struct {
	Path    string `json:"path"`
	Content string `json:"content,omitempty"`
	// Variable is the variable of this machine that holds the content, in place of it.
	Variable string `json:"variable,omitempty"`
	Mode     int64  `json:"mode,omitempty"`
}

// containerDraft is what a unit says of its container.
type containerDraft struct {
	image      placed[string]
	build      *buildDraft
	pull       Pull
	entrypoint []string
	user       string
	volumes    []placed[Volume]
	compose    string
	viaCLI     bool
}

type buildDraft struct {
	context    placed[string]
	dockerfile string
	target     string
	args       map[string]string
}

// is says whether the unit is a container.
func (c containerDraft) is() bool { return c.image.given() || c.build != nil }

func containerFields() []field[draft] {
	return []field[draft]{
		give("image", place(text()), func(d *draft, v placed[string]) { d.container.image = v },
			"The image of a service that is a container. `run` and `command` then run inside of it, and none is needed.", services, slots("image")),
		give("build", buildKind(), func(d *draft, v buildDraft) { d.container.build = &v },
			"How the image is made: a directory with a Dockerfile, or a mapping. With `image`, that is the name it gets.", services, slots("build")),
		give("volumes", volumesKind(), func(d *draft, v []placed[Volume]) { d.container.volumes = v },
			"What a container sees of outside, as `NAME:/path` or `./dir:/path`, with `:ro` only to read. Volumes with names are kept.", services),
		give("pull", choice([]word[Pull]{{"missing", PullMissing}, {"always", PullAlways}, {"never", PullNever}}, nil),
			func(d *draft, v Pull) { d.container.pull = v },
			"When the image is fetched.", services, alias("pull_policy"), fallback("missing")),
		give("entrypoint", wordsKind(), func(d *draft, v []string) { d.container.entrypoint = v },
			"The program of a container, in place of the image's; `command` are its arguments.", services),
		give("compose", text(), func(d *draft, v string) { d.container.compose = v },
			"A Compose file, or one service of it as `compose.yaml#db`, that runs as if it were declared here.", services, slots("compose", "run", "image", "build")),
		give("via", choice([]word[bool]{{"engine", false}, {"cli", true}}, nil), func(d *draft, v bool) { d.container.viaCLI = v },
			"Who brings a Compose file up: Sawhorse itself over the Engine API, or the program `docker compose`.", services, fallback("engine")),
		give("user", text(), func(d *draft, v string) { d.container.user = v },
			"Who runs the container's program: a name or a number, and `:group`.", services),
	}
}

func wordsKind() kind[[]string] {
	k := list(template())
	k.shape.words = "a list: the program and its arguments"
	return k
}

func buildKind() kind[buildDraft] {
	return object(shape{words: "a directory or a mapping", title: "build", bare: "context"}, []field[buildDraft]{
		give("context", place(text()), func(b *buildDraft, v placed[string]) { b.context = v },
			"The directory that the image is made of.", fallback("the workspace directory")),
		give("dockerfile", text(), func(b *buildDraft, v string) { b.dockerfile = v },
			"The Dockerfile, relative to `context`.", fallback("Dockerfile")),
		give("target", text(), func(b *buildDraft, v string) { b.target = v }, "The stage to stop at."),
		give("args", environment(), func(b *buildDraft, v map[string]string) { b.args = v }, "Values for the Dockerfile's ARGs."),
	})
}

var volumeForm = lazy.Regexp(`^(.*?):(/[^:]*)(?::(ro|rw))?$`)

func volumesKind() kind[[]placed[Volume]] {
	one := text()
	element := &shape{words: "a volume", schema: schema{"type": "string", "pattern": `^.+:/.*$`}}
	sh := &shape{words: "a list of volumes", schema: element.schema, elements: element}
	return kind[[]placed[Volume]]{shape: sh, read: func(r *reader, n *node) ([]placed[Volume], bool) {
		words, _ := list(place(one)).read(r, n)
		var all []placed[Volume]
		for _, w := range words {
			m := volumeForm().FindStringSubmatch(w.v)
			if m == nil || m[1] == "" {
				r.must(w.n, "a volume like data:/var/lib/data or ./conf:/etc/app:ro", "")
				continue
			}
			v := Volume{Source: m[1], Target: m[2]}
			if m[3] == "ro" {
				v.Only = "ro"
			}
			all = append(all, placed[Volume]{v: v, n: w.n})
		}
		return all, true
	}}
}

// checkContainer looks at what only containers may say, and what they may not.
func (r *reader) checkContainer(d *draft) {
	c := d.container
	if c.is() {
		return
	}
	for _, p := range d.ports {
		if p.v.Target != 0 {
			r.problem(p.n, fmt.Sprintf("%s is a process: its port has one number", d.title()), "write the number alone, or give the service an image")
		}
	}
	for key, given := range map[string]bool{
		"volumes": len(c.volumes) > 0, "pull": c.pull != "", "entrypoint": len(c.entrypoint) > 0, "user": c.user != "",
	} {
		if given {
			r.at(d.pos, d.length, fmt.Sprintf("%s of %s is for containers only", key, d.title()), "give it an image or build, or remove "+key)
		}
	}
}

// resolveContainer makes the unit a container, when it says that it is one.
func (d *draft) resolveContainer(dir string, u *Unit) {
	c := d.container
	u.Compose, u.ViaCLI = c.compose, c.viaCLI
	if !c.is() {
		return
	}
	u.Container = &Container{
		Image: c.image.v, Pull: cmp.Or(c.pull, PullMissing), Entrypoint: c.entrypoint, User: c.user, Dir: d.dir.v,
	}
	u.Dir = dir
	if !d.tty.given() {
		u.TTY = false
	}
	if b := c.build; b != nil {
		u.Container.Build = &Build{Context: absolute(dir, b.context.v), Dockerfile: b.dockerfile, Target: b.target, Args: b.args}
	}
	if w := u.Watch; w != nil && u.Container.Build != nil {
		u.Watch = &Watch{Live: []Live{{Paths: w.Paths, Ignore: w.Ignore}}}
		u.Container.Sync = []Sync{{From: dir, Build: true}}
	}
	for _, v := range c.volumes {
		if strings.HasPrefix(v.v.Source, ".") || strings.HasPrefix(v.v.Source, "/") || strings.ContainsAny(v.v.Source, `/\`) {
			v.v.Source = absolute(dir, v.v.Source)
		}
		u.Container.Volumes = append(u.Container.Volumes, v.v)
	}
}

// Environment is what the container is given, each as NAME=value, where that does
// not stand in the unit's own keys.
func (c *Container) Environment() []string {
	var of struct{ Env []string }
	if c.Create == "" || json.Unmarshal([]byte(c.Create), &of) != nil {
		return nil
	}
	return of.Env
}

// made is what of a container another one has to be made for: all of it but what
// only says how it is found again.
func (c *Container) made() *Container {
	if c == nil {
		return nil
	}
	m := *c
	m.Files, m.Hash, m.Labels = nil, "", nil
	return &m
}
