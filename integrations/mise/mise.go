// Package mise finds the tasks of mise: those of its settings and the scripts of
// its directories of tasks. It reads files and never runs mise.
package mise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	marks := settings()
	for _, dir := range scripts() {
		marks = append(marks, dir+"/*")
	}
	return integrations.Definition{Name: "mise", Title: "mise", Marks: marks, Below: integrations.Anywhere, Detect: detect}
}

// settings are the files of mise, the one that wins first.
func settings() []string {
	return []string{
		"mise.local.toml", "mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml", ".config/mise/config.toml",
	}
}

// scripts are the directories whose programs are tasks.
func scripts() []string {
	return []string{"mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks"}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	var found []integrations.Evidence
	var errs []error
	known := map[string]bool{}
	more := scripts()
	for _, name := range settings() {
		text, ok, err := declared.Read(dir, name)
		if err != nil {
			errs = append(errs, err)
		}
		if !ok || err != nil {
			continue
		}
		ev, included, err := read(name, text, known)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		more = append(more, included...)
		if len(ev.Units)+len(ev.Left) > 0 {
			found = append(found, ev)
		}
	}
	for _, sub := range more {
		if strings.HasSuffix(sub, ".toml") {
			ev, err := readTasks(dir, sub, known)
			if err != nil {
				errs = append(errs, err)
			}
			if len(ev.Units)+len(ev.Left) > 0 {
				found = append(found, ev)
			}
			continue
		}
		if ev := files(dir, sub, known); len(ev.Units) > 0 {
			found = append(found, ev)
		}
	}
	return found, errors.Join(errs...)
}

// file is what is looked at of a settings file.
type file struct {
	Tasks  map[string]any `toml:"tasks"`
	Config struct {
		Includes []string `toml:"includes"`
	} `toml:"task_config"`
}

// read finds the tasks of a settings file that no stronger one has, and the
// files and directories of tasks that it names.
func read(name string, text []byte, known map[string]bool) (ev integrations.Evidence, included []string, err error) {
	var f file
	if err := toml.Unmarshal(text, &f); err != nil {
		return ev, nil, fmt.Errorf("read %s: %w", name, err)
	}
	return tasksOf(name, f.Tasks, lines(text, "tasks."), known), f.Config.Includes, nil
}

// readTasks finds those of a file that holds nothing but tasks.
func readTasks(dir, name string, known map[string]bool) (ev integrations.Evidence, err error) {
	text, ok, err := declared.Read(dir, name)
	if !ok || err != nil {
		return ev, err
	}
	var all map[string]any
	if err := toml.Unmarshal(text, &all); err != nil {
		return ev, fmt.Errorf("read %s: %w", name, err)
	}
	return tasksOf(name, all, lines(text, ""), known), nil
}

func tasksOf(name string, all map[string]any, lines map[string]int, known map[string]bool) integrations.Evidence {
	ev := integrations.Evidence{Where: name}
	names := make([]string, 0, len(all))
	for n := range all {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare([]string{fmt.Sprintf("%08d", lines[a]), a}, []string{fmt.Sprintf("%08d", lines[b]), b})
	})
	for _, n := range names {
		if known[n] {
			continue
		}
		known[n] = true
		u, left := task(n, all[n])
		if left != "" {
			ev.Left = append(ev.Left, n+": "+left)
			continue
		}
		if u.Name == "" {
			continue
		}
		u.Pos = config.Position{File: name, Line: lines[n]}
		ev.Units = append(ev.Units, u)
	}
	ev.What = fmt.Sprintf("%d of %d tasks", len(ev.Units), len(all))
	return ev
}

// task is one of a settings file: a line, several, or a table.
func task(name string, v any) (u config.Unit, left string) {
	u = config.Unit{Name: name, Kind: config.Task, Run: "mise run " + config.ShellWord(name)}
	switch v := v.(type) {
	case string:
		u.Description = v
	case []any:
	case map[string]any:
		if hide, _ := v["hide"].(bool); hide {
			return config.Unit{}, ""
		}
		if v["run"] == nil && v["file"] == nil && v["depends"] == nil && v["run_windows"] == nil {
			return u, "it runs nothing"
		}
		u.Description, _ = v["description"].(string)
		u.TTY, _ = v["raw"].(bool)
		if _, asks := v["confirm"].(string); asks {
			u.TTY = true
		}
	default:
		return u, "it is neither a line nor a table"
	}
	return u, ""
}

// lines are those of the tasks' names: [tasks.name], or name = under [tasks].
// Where a file holds nothing else, the prefix is empty.
func lines(text []byte, prefix string) map[string]int {
	found := map[string]int{}
	table := ""
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.TrimSpace(strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t"))
			if name, ok := strings.CutPrefix(table, prefix); ok {
				name = strings.Trim(name, `"'`)
				if found[name] == 0 {
					found[name] = i + 1
				}
			}
			continue
		}
		if key, _, ok := strings.Cut(line, "="); ok && table+"." == prefix {
			name, _, _ := strings.Cut(strings.TrimSpace(key), ".")
			if name = strings.Trim(name, `"'`); found[name] == 0 {
				found[name] = i + 1
			}
		}
	}
	return found
}
