// Package tox finds the environments of tox that people call by name. It reads
// tox.ini, tox.toml and pyproject.toml, and never runs tox.
package tox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "tox", Title: "tox", Marks: []string{"tox.ini", "tox.toml", manifest}, Below: integrations.Outermost, Detect: detect,
	}
}

const manifest = "pyproject.toml"

// environment is one that has a section of its own.
type environment struct {
	name, about string
	line        int
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	project, _, err := declared.Read(dir, manifest)
	where, environments, bad := read(dir, project)
	if err = errors.Join(err, bad); where == "" {
		return nil, err
	}
	run := "tox"
	if declared.Has(dir, "uv.lock") && own().Match(project) {
		run = "uv run tox" // it is one of the project's own dependencies
	}
	ev := integrations.Evidence{Where: where, What: tasks.Counted(len(environments), "environment") + " of tox"}
	ev.Units = append(ev.Units, config.Unit{
		Name: "tox", Kind: config.Task, Run: run, Description: "all of its list, one after the other", Pos: config.Position{File: where, Line: 1},
	})
	for _, e := range environments {
		ev.Units = append(ev.Units, config.Unit{
			Name: e.name, Kind: config.Task, Run: run + " -e " + e.name, Description: e.about, Pos: config.Position{File: where, Line: e.line},
		})
	}
	return []integrations.Evidence{ev}, err
}

var (
	own     = lazy.Regexp(`["']tox["' \[<>=~!;]`)
	section = lazy.Regexp(`^\[testenv:([^\]]+)\]`)
	plain   = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

// read is the first of the files that tox would take, and its environments.
func read(dir string, project []byte) (where string, all []environment, err error) {
	if text, ok, err := declared.Read(dir, "tox.ini"); ok || err != nil {
		return "tox.ini", fromINI(string(text), 1), err
	}
	var m struct {
		Tool struct {
			Tox *settings `toml:"tox"`
		} `toml:"tool"`
	}
	if bad := toml.Unmarshal(project, &m); bad != nil {
		err = fmt.Errorf("read %s: %w", manifest, bad)
	}
	if t := m.Tool.Tox; t != nil {
		if t.Legacy != "" {
			return manifest, fromINI(t.Legacy, 0), nil
		}
		return manifest, t.environments("tool.tox.env", project), nil
	}
	text, ok, bad := declared.Read(dir, "tox.toml")
	if !ok || bad != nil {
		return "", nil, errors.Join(err, bad)
	}
	var t settings
	if bad := toml.Unmarshal(text, &t); bad != nil {
		return "", nil, errors.Join(err, fmt.Errorf("read tox.toml: %w", bad))
	}
	return "tox.toml", t.environments("env", text), err
}

// settings are tox's own, as TOML.
type settings struct {
	Legacy string                    `toml:"legacy_tox_ini"`
	Env    map[string]map[string]any `toml:"env"`
}

// environments are in the order of the file; text has their tables.
func (t settings) environments(table string, text []byte) (all []environment) {
	head := regexp.MustCompile(`^\s*\[\s*` + regexp.QuoteMeta(table) + `\.["']?([^"'\]\s]+)["']?\s*\]`)
	lines := map[string]int{}
	for i, line := range strings.Split(string(text), "\n") {
		if m := head.FindStringSubmatch(line); m != nil && lines[m[1]] == 0 {
			lines[m[1]] = i + 1
		}
	}
	for name, keys := range t.Env {
		if !plain().MatchString(name) {
			continue
		}
		about, _ := keys["description"].(string)
		all = append(all, environment{name, oneLine(about), lines[name]})
	}
	slices.SortFunc(all, func(a, b environment) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}

// fromINI are the sections [testenv:NAME]; what stands in braces, as {a,b}-c, makes
// many of one. first is the number of the text's first line, 0 where that says nothing.
func fromINI(text string, first int) (all []environment) {
	inside, seen := false, map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "[") {
			m := section().FindStringSubmatch(line)
			inside = m != nil && plain().MatchString(m[1]) && !seen[m[1]]
			if inside {
				seen[m[1]] = true
				all = append(all, environment{name: m[1], line: min(first, 1) * (i + first)})
			}
			continue
		}
		if key, about, ok := strings.Cut(line, "="); inside && ok && strings.TrimSpace(key) == "description" {
			all[len(all)-1].about = strings.TrimSpace(about)
		}
	}
	return all
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
