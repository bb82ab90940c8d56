// Package processcompose finds the processes of a process-compose.yaml, with
// their dependencies, probes and restart rules. It reads the file and never runs
// process-compose.
package processcompose

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "processcompose", Title: "process-compose", Marks: []string{"process-compose.yml", "process-compose.yaml", "process-compose.override.y*ml"},
		Below: integrations.Anywhere, Detect: detect,
	}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, "process-compose.yml", "process-compose.yaml")
	if name == "" || err != nil {
		return nil, err
	}
	p := &project{dir: dir, ev: integrations.Evidence{Where: name}}
	if err := p.read(name, text); err != nil {
		return nil, err
	}
	over, file, err := declared.First(dir, "process-compose.override.yml", "process-compose.override.yaml")
	if file != "" && err == nil {
		err = p.read(file, over)
		p.ev.Files = append(p.ev.Files, file)
	}
	p.units()
	return []integrations.Evidence{p.ev}, err
}

// project is a file with those that it extends and its override, merged.
type project struct {
	dir   string
	ev    integrations.Evidence
	whole declared.Value // every key but processes; the last file's counts
	// processes in the order of the files, each with the file it was first in.
	processes []process
	extended  int
}

type process struct {
	name string
	pos  config.Position
	v    *declared.Value
}

// deepest is how long a chain of extends may be.
const deepest = 20

// read merges a file on top of what was read.
func (p *project) read(name string, text []byte) error {
	file, err := declared.FirstYAML(name, text)
	if err != nil {
		return err
	}
	if base := file.Get("extends").Text; base != "" {
		if p.extended++; p.extended > deepest {
			return fmt.Errorf("read %s: extends goes round in a circle", name)
		}
		base = path.Join(path.Dir(name), base)
		text, ok, err := declared.Read(p.dir, base)
		if err != nil {
			return err
		}
		if !ok {
			p.ev.Left = append(p.ev.Left, "what it extends: "+base+" is not there")
		} else {
			p.ev.Files = append(p.ev.Files, base)
			if err := p.read(base, text); err != nil {
				return err
			}
		}
	}
	for _, e := range file.Entries {
		if e.Key != "processes" {
			merge(&p.whole, e)
		}
	}
	for _, e := range file.Get("processes").Entries {
		if e.Value.Kind != declared.Map {
			p.ev.Left = append(p.ev.Left, fmt.Sprintf("%s: it is not a mapping (line %d)", e.Key, e.Line))
			continue
		}
		known := false
		for i := range p.processes {
			if p.processes[i].name == e.Key {
				known = true
				for _, inner := range e.Value.Entries {
					merge(p.processes[i].v, inner)
				}
			}
		}
		if !known {
			own := *e.Value
			own.Entries = append([]declared.Entry(nil), e.Value.Entries...)
			p.processes = append(p.processes, process{e.Key, config.Position{File: name, Line: e.Line}, &own})
		}
	}
	return nil
}

// merge puts an entry into a map: lists of variables and dependencies are added
// up, everything else is replaced.
func merge(into *declared.Value, e declared.Entry) {
	for i, old := range into.Entries {
		if old.Key != e.Key {
			continue
		}
		if e.Key != "environment" && e.Key != "depends_on" || old.Value.Kind != e.Value.Kind {
			into.Entries[i] = e
			return
		}
		both := *old.Value
		both.Items = append(append([]*declared.Value(nil), old.Value.Items...), e.Value.Items...)
		both.Entries = append([]declared.Entry(nil), old.Value.Entries...)
		for _, inner := range e.Value.Entries {
			merge(&both, inner)
		}
		into.Entries[i].Value = &both
		return
	}
	into.Entries = append(into.Entries, e)
}

// meaningless are keys of the whole file that are about process-compose's own
// screen, logs and API.
var meaningless = []string{
	"version", "processes", "extends", "environment", "vars", "shell", "is_strict", "is_tui_disabled", "disable_env_expansion",
	"log_level", "log_length", "log_format", "log_no_color", "ordered_shutdown", "name", "is_dotenv_disabled",
}

func (p *project) units() {
	for _, key := range p.whole.Unknown(meaningless...) {
		name, _, _ := strings.Cut(key, " ")
		switch name {
		case "log_location", "log_configuration":
			p.leave(key + ": all output is kept in the logs of Sawhorse")
		default:
			p.leave(key + " has no meaning here")
		}
	}
	awaited := p.awaited()
	for _, one := range p.processes {
		if u, ok := p.unit(one, awaited[one.name]); ok {
			p.ev.Units = append(p.ev.Units, u)
		}
	}
	p.ev.What = fmt.Sprintf("%d processes", len(p.processes))
	if len(p.processes) == 1 {
		p.ev.What = "1 process"
	}
}

func (p *project) leave(what string) { p.ev.Left = append(p.ev.Left, what) }

// awaited are the processes whose end another one waits for, and whose being
// healthy nobody does: they are tasks.
func (p *project) awaited() map[string]bool {
	names := map[string]bool{}
	for _, one := range p.processes {
		for _, d := range one.v.Get("depends_on").Entries {
			if condition(d.Value) == config.Succeeded || condition(d.Value) == config.Completed {
				names[d.Key] = true
			}
		}
	}
	for _, one := range p.processes {
		for _, d := range one.v.Get("depends_on").Entries {
			if condition(d.Value) == config.Ready {
				delete(names, d.Key)
			}
		}
	}
	return names
}

// condition is what a dependency waits for; the short form is the word alone.
func condition(v *declared.Value) config.Condition {
	word := v.Get("condition").Text
	if v.Kind == declared.Scalar {
		word = v.Text
	}
	switch word {
	case "process_completed":
		return config.Completed
	case "process_completed_successfully":
		return config.Succeeded
	case "process_healthy", "process_log_ready":
		return config.Ready
	}
	return config.Started
}
