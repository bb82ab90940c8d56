package pytest

import (
	"maps"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// runners are the tasks that poe, pdm and hatch have in a pyproject.toml.
func runners(text []byte, tool map[string]any, run func(string) string) (units []config.Unit) {
	add := func(table, name, line, about string) {
		units = append(units, config.Unit{
			Name: name, Kind: config.Task, Run: line, Description: about,
			Pos: config.Position{File: "pyproject.toml", Line: lineOf(text, table, name)},
		})
	}
	poe := table(tool, "poe", "tasks")
	for _, name := range public(poe) {
		about := oneLine(poe[name], "cmd", "shell", "script", "expr")
		if help, ok := inner(poe[name])["help"].(string); ok {
			about = help
		}
		add("tool.poe.tasks", name, strings.TrimPrefix(run("poe"), "python3 -m ")+" "+name, about)
	}
	pdm := table(tool, "pdm", "scripts")
	for _, name := range public(pdm) {
		about := oneLine(pdm[name], "cmd", "shell", "call")
		if help, ok := inner(pdm[name])["help"].(string); ok {
			about = help
		}
		add("tool.pdm.scripts", name, "pdm run "+name, about)
	}
	environments := table(tool, "hatch", "envs")
	for _, env := range slices.Sorted(maps.Keys(environments)) {
		scripts := table(environments, env, "scripts")
		prefix := env + ":"
		if env == "default" {
			prefix = ""
		}
		for _, name := range public(scripts) {
			add("tool.hatch.envs."+env+".scripts", name, "hatch run "+prefix+name, oneLine(scripts[name]))
		}
	}
	return units
}

// table follows keys down to a table.
func table(t map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		t, _ = t[k].(map[string]any)
	}
	return t
}

func inner(v any) map[string]any {
	t, _ := v.(map[string]any)
	return t
}

// public are the names that are for people to call, in order.
func public(tasks map[string]any) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(tasks)), func(name string) bool {
		return name == "" || strings.HasPrefix(name, "_") || strings.ContainsAny(name, " \t'\"$\\`;&|<>()*?[]{}~#!\n\r")
	})
}

// oneLine is what a task runs, where that is one line.
func oneLine(v any, keys ...string) string {
	if s, ok := v.(string); ok {
		return s
	}
	for _, k := range keys {
		if s, ok := inner(v)[k].(string); ok {
			return s
		}
	}
	return ""
}

// lineOf is where a table has a key, or a table of that name begins.
func lineOf(text []byte, table, key string) int {
	here := ""
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			here = strings.ReplaceAll(strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t"), `"`, "")
			if here == table+"."+key {
				return i + 1
			}
			continue
		}
		if name, _, ok := strings.Cut(line, "="); ok && here == table && strings.Trim(strings.TrimSpace(name), `"'`) == key {
			return i + 1
		}
	}
	return 0
}
