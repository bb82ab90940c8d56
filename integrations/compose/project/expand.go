// Package project reads Compose files, by Compose's own parser, and says what they
// declare in the words of a workspace file.
package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"

	"github.com/sawhorse-dev/sawhorse/integrations/compose"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Serve answers one request of compose.Expand.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	var q compose.Request
	if err := json.NewDecoder(in).Decode(&q); err != nil {
		return fmt.Errorf("read what is asked: %w", err)
	}
	f := &config.File{Dir: q.Dir, Units: q.Units}
	var a compose.Answer
	if err := Expand(ctx, f, q.Environ); !errors.As(err, &a.Problems) && err != nil {
		return err
	}
	if a.Files = f.Files; len(a.Problems) == 0 {
		a.Units = f.Units
	}
	return json.NewEncoder(out).Encode(a)
}

// Expand puts what Compose files declare in the place of the units that name
// them. A file that can't be read, or says what is not supported here, is an
// error of config.Problems, each with its file and line.
func Expand(ctx context.Context, f *config.File, environ []string) error {
	var units []config.Unit
	var problems config.Problems
	projects := map[string]*project{}
	for _, u := range f.Units {
		if u.Compose == "" {
			units = append(units, u)
			continue
		}
		name, service, _ := strings.Cut(u.Compose, "#")
		file := name
		if !filepath.IsAbs(file) {
			file = filepath.Join(f.Dir, filepath.FromSlash(name))
		}
		p := projects[file]
		if p == nil {
			var err error
			if p, err = load(ctx, f.Dir, file, environ); err != nil {
				return config.Problems{{Pos: u.Pos, Message: fmt.Sprintf("%s: %s", name, oneLine(err)), Hint: "docker compose -f " + name + " config says the same"}}
			}
			projects[file] = p
			for _, part := range p.files {
				if !slices.Contains(f.Files, part) {
					f.Files = append(f.Files, part)
				}
			}
			if !u.ViaCLI {
				problems = append(problems, p.unsupported()...)
			}
		}
		made, err := p.units(u, service)
		if err != nil {
			problems = append(problems, config.Problem{Pos: u.Pos, Message: err.Error()})
			continue
		}
		units = append(units, made...)
	}
	if len(problems) > 0 {
		return problems
	}
	rename(units)
	if problems := groups(f.Units, units); len(problems) > 0 {
		return problems
	}
	f.Units = units
	return nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// project is a Compose project as its files declare it.
type project struct {
	*types.Project
	dir    string // the workspace
	files  []string
	texts  map[string]*declared.Value // by file
	active map[string]bool            // services that no profile keeps back
}

func load(ctx context.Context, dir, file string, environ []string) (*project, error) {
	logrus.SetOutput(io.Discard) // the parser's own remarks have no place on a screen
	files := []string{file}
	for _, o := range compose.Overrides(file) {
		if at := filepath.Join(filepath.Dir(file), o); isFile(at) {
			files = append(files, at)
			break
		}
	}
	read := func(profiles ...string) (*types.Project, error) {
		o, err := cli.NewProjectOptions(files, cli.WithWorkingDirectory(filepath.Dir(file)), cli.WithEnv(environ), cli.WithEnvFiles(), cli.WithDotEnv,
			cli.WithProfiles(profiles), cli.WithDefaultProfiles(profiles...))
		if err != nil {
			return nil, err
		}
		return o.LoadProject(ctx)
	}
	all, err := read("*")
	if err != nil {
		return nil, err
	}
	p := &project{Project: all, dir: dir, files: files, texts: map[string]*declared.Value{}, active: map[string]bool{}}
	if usual, err := read(); err == nil {
		for name := range usual.Services {
			p.active[name] = true
		}
	}
	for _, at := range files {
		if text, err := os.ReadFile(at); err == nil {
			if v, err := declared.FirstYAML(filepath.Base(at), text); err == nil {
				p.texts[at] = v
			}
		}
	}
	return p, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// place is where a service is declared, or a key of it.
func (p *project) place(service string, keys ...string) config.Position {
	pos := config.Position{File: p.rel(p.files[0])}
	for _, file := range p.files {
		for _, e := range p.texts[file].Get("services").Entries {
			if e.Key != service {
				continue
			}
			if pos.Line == 0 || len(keys) > 0 {
				pos = config.Position{File: p.rel(file), Line: e.Line}
			}
			at := e.Value
			for _, k := range keys {
				i := slices.IndexFunc(at.Entries, func(e declared.Entry) bool { return e.Key == k })
				if i < 0 {
					break
				}
				pos.Line = at.Entries[i].Line
				at = at.Entries[i].Value
			}
		}
	}
	return pos
}

func (p *project) rel(path string) string {
	if rel, err := filepath.Rel(p.dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

// units are the services that a unit of the workspace stands for: one, or all of
// the file's.
func (p *project) units(u config.Unit, service string) ([]config.Unit, error) {
	if u.ViaCLI {
		return []config.Unit{p.viaCLI(u, service)}, nil
	}
	if service != "" {
		s, ok := p.Services[service]
		if !ok {
			return nil, fmt.Errorf("%s has no service %q; it has %s", p.rel(p.files[0]), service, strings.Join(slices.Sorted(maps.Keys(p.Services)), ", "))
		}
		made, err := p.unit(s)
		if err != nil {
			return nil, err
		}
		made.Name, made.Pos, made.Source = u.Name, u.Pos, u.Source
		made.Groups = append(slices.Clone(u.Groups), made.Groups...)
		made.Autostart = u.Autostart && made.Autostart
		made.DependsOn = append(slices.Clone(u.DependsOn), made.DependsOn...)
		made.Description, made.Hidden = u.Description, u.Hidden
		if u.Ready != nil {
			made.Ready = u.Ready
		}
		if u.Watch != nil {
			made.Watch, made.Container.Sync = u.Watch, nil
		}
		return []config.Unit{made}, nil
	}
	var all []config.Unit
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		made, err := p.unit(p.Services[name])
		if err != nil {
			return nil, err
		}
		made.Groups = append([]string{u.Name}, made.Groups...)
		made.Autostart = u.Autostart && made.Autostart
		all = append(all, made)
	}
	return all, nil
}

// viaCLI hands a file, or a service of it, to the compose program.
func (p *project) viaCLI(u config.Unit, service string) config.Unit {
	u.Command = []string{"docker", "compose"}
	for _, file := range p.files {
		u.Command = append(u.Command, "-f", file)
	}
	u.Command = append(u.Command, "up", "--no-color")
	if service != "" {
		u.Command = append(u.Command, service)
	}
	u.Compose, u.Dir = "", filepath.Dir(p.files[0])
	u.Stop.Timeout = max(u.Stop.Timeout, 30*time.Second)
	return u
}

// unit is a service in the words of the workspace.
func (p *project) unit(s types.ServiceConfig) (config.Unit, error) {
	u := config.Unit{
		Name: s.Name, Kind: config.Service, Pos: p.place(s.Name), Groups: slices.Clone(s.Profiles), Autostart: p.active[s.Name],
		Dir: p.dir, TTY: s.Tty, Replicas: max(1, s.GetScale()), Shell: []string{"sh", "-c"},
		Restart: config.Restart{When: config.RestartNo, Min: 100 * time.Millisecond, Max: 30 * time.Second, Reset: 10 * time.Second},
		Stop:    config.Stop{Signal: "TERM", Timeout: 10 * time.Second},
	}
	if signal := strings.TrimPrefix(s.StopSignal, "SIG"); signal != "" {
		u.Stop.Signal = signal
	}
	if s.StopGracePeriod != nil {
		u.Stop.Timeout = time.Duration(*s.StopGracePeriod)
	}
	switch policy, _, _ := strings.Cut(s.Restart, ":"); policy {
	case "always", "unless-stopped":
		u.Restart.When = config.RestartAlways
	case "on-failure":
		u.Restart.When = config.RestartOnFailure
		_, _ = fmt.Sscanf(s.Restart, "on-failure:%d", &u.Restart.Limit)
	}
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		d := s.DependsOn[name]
		if _, known := p.Services[name]; !known || !d.Required && !p.active[name] {
			continue
		}
		condition := config.Started
		switch d.Condition {
		case types.ServiceConditionHealthy:
			condition = config.Ready
		case types.ServiceConditionCompletedSuccessfully:
			condition = config.Succeeded
		}
		u.DependsOn = append(u.DependsOn, config.Dependency{Name: name, Condition: condition, Restart: d.Restart})
	}
	for i, port := range s.Ports {
		var number int
		if _, err := fmt.Sscanf(port.Published, "%d", &number); err != nil || strings.Contains(port.Published, "-") || port.Protocol == "udp" {
			continue
		}
		name := port.Name
		if name == "" {
			name = "port"
			if i > 0 {
				name = fmt.Sprintf("port%d", i+1)
			}
		}
		u.Ports = append(u.Ports, config.Port{Name: name, Number: number, Target: int(port.Target)})
	}
	c, err := p.container(s)
	if err != nil {
		return u, fmt.Errorf("%s: %w", p.place(s.Name), err)
	}
	u.Container = c
	p.develop(s, &u)
	return u, nil
}

// rename makes dependencies name units: a service may stand under another name
// in the workspace.
func rename(units []config.Unit) {
	names := map[[2]string]string{}
	for _, u := range units {
		if c := u.Container; c != nil && c.Project != "" {
			names[[2]string{c.Project, c.Service}] = u.Name
		}
	}
	for i := range units {
		c := units[i].Container
		if c == nil || c.Project == "" {
			continue
		}
		units[i].DependsOn = slices.DeleteFunc(units[i].DependsOn, func(d config.Dependency) bool {
			_, known := names[[2]string{c.Project, d.Name}]
			return !known && !slices.ContainsFunc(units, func(u config.Unit) bool { return u.Name == d.Name })
		})
		for j, d := range units[i].DependsOn {
			if name, ok := names[[2]string{c.Project, d.Name}]; ok {
				units[i].DependsOn[j].Name = name
			}
		}
	}
}

// groups makes a dependency on a whole file one on all of its services, and finds
// those on what is neither in the workspace's file nor in a Compose file.
func groups(before, units []config.Unit) config.Problems {
	members := map[string][]string{}
	var names []string
	for _, u := range units {
		names = append(names, u.Name)
		for _, group := range u.Groups {
			if !u.Autostart {
				continue // a profile keeps it back
			}
			members[group] = append(members[group], u.Name)
		}
	}
	var problems config.Problems
	for i := range units {
		u := &units[i]
		var needs []config.Dependency
		for _, d := range u.DependsOn {
			whole := slices.ContainsFunc(before, func(b config.Unit) bool { return b.Name == d.Name && b.Compose != "" })
			switch {
			case slices.Contains(names, d.Name):
				needs = append(needs, d)
			case whole:
				for _, name := range members[d.Name] {
					d.Name = name
					needs = append(needs, d)
				}
			default:
				problems = append(problems, config.Problem{
					Pos: u.Pos, Length: 1, Message: fmt.Sprintf("%s %q depends on %q, which is neither a service nor a task", u.Kind, u.Name, d.Name),
					Hint: "known here: " + strings.Join(slices.Sorted(slices.Values(names)), ", "),
				})
			}
		}
		u.DependsOn = needs
	}
	return problems
}
