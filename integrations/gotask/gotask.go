// Package gotask finds the tasks of a Taskfile.yml and of the files that it
// includes. It reads them and never runs task.
package gotask

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "gotask", Title: "Taskfile", Marks: names(), Below: integrations.Anywhere, Detect: detect}
}

// names in the order in which task looks for them.
func names() []string {
	return []string{
		"Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml",
		"Taskfile.dist.yml", "taskfile.dist.yml", "Taskfile.dist.yaml", "taskfile.dist.yaml",
	}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, names()...)
	if name == "" || err != nil {
		return nil, err
	}
	r := &reading{dir: dir, ev: integrations.Evidence{Where: name}}
	if err := r.file(name, text, include{within: []string{name}}); err != nil {
		return nil, err
	}
	r.ev.What = fmt.Sprintf("%d of %d tasks", len(r.ev.Units), r.all)
	return []integrations.Evidence{r.ev}, nil
}

// reading gathers the tasks of a Taskfile with those that it includes.
type reading struct {
	dir string
	ev  integrations.Evidence
	all int
}

// include is under which names an included file's tasks are called.
type include struct {
	prefix   string // "docs:"
	internal bool
	excludes []string
	within   []string // the files on the way to it
}

func (r *reading) leave(format string, args ...any) {
	r.ev.Left = append(r.ev.Left, fmt.Sprintf(format, args...))
}

func (r *reading) file(name string, text []byte, in include) error {
	file, err := declared.FirstYAML(name, text)
	if err != nil {
		return err
	}
	for _, e := range file.Get("tasks").Entries {
		if slices.Contains(in.excludes, e.Key) {
			continue
		}
		r.all++
		r.task(name, e, in)
	}
	for _, e := range file.Get("includes").Entries {
		if err := r.include(name, e, in); err != nil {
			r.leave("what it includes as %s: %v", e.Key, err)
		}
	}
	return nil
}

func (r *reading) include(from string, e declared.Entry, in include) error {
	target := e.Value.Get("taskfile").Text
	if e.Value.Kind == declared.Scalar {
		target = e.Value.Text
	}
	if strings.Contains(target, "://") || strings.Contains(target, "{{") || path.IsAbs(target) || target == "" {
		return fmt.Errorf("only task can find %q", target)
	}
	target = path.Join(path.Dir(from), target)
	candidates := []string{target}
	for _, n := range names() {
		candidates = append(candidates, path.Join(target, n))
	}
	text, name, err := declared.First(r.dir, candidates...)
	if err != nil {
		return err
	}
	if name == "" {
		if e.Value.Get("optional").Is() {
			return nil
		}
		return fmt.Errorf("%s is not there", target)
	}
	const deepest = 8
	if slices.Contains(in.within, name) || len(in.within) > deepest {
		return fmt.Errorf("%s includes itself", name)
	}
	r.ev.Files = append(r.ev.Files, name)
	next := include{
		prefix: in.prefix + e.Key + ":", internal: in.internal || e.Value.Get("internal").Is(), excludes: e.Value.Get("excludes").Strings(),
		within: append(slices.Clone(in.within), name),
	}
	if e.Value.Get("flatten").Is() {
		next.prefix = in.prefix
	}
	return r.file(name, text, next)
}

func (r *reading) task(file string, e declared.Entry, in include) {
	name := in.prefix + e.Key
	if e.Key == "default" && in.prefix != "" {
		name = strings.TrimSuffix(in.prefix, ":") // task docs means docs:default
	}
	v := e.Value
	switch {
	case in.internal || v.Get("internal").Is():
		return
	case strings.Contains(e.Key, "*"):
		r.leave("%s: its name is a pattern", name)
		return
	case !here(v.Get("platforms").Strings()):
		r.leave("%s: it is for %s", name, strings.Join(v.Get("platforms").Strings(), ", "))
		return
	}
	u := config.Unit{
		Name: name, Kind: config.Task, Run: "task " + config.ShellWord(name), Description: firstLine(v), TTY: v.Get("interactive").Is(),
		Pos: config.Position{File: file, Line: e.Line},
	}
	if v.Get("watch").Is() {
		u.Kind, u.TTY = config.Service, false // it goes on until it is stopped
	}
	if p := v.Get("prompt"); p.Kind != declared.Missing && u.Kind == config.Task {
		u.TTY = true
	}
	for _, item := range v.Get("requires", "vars").Items {
		p := config.Param{Name: item.Text, Type: config.ParamString, Required: true}
		if item.Kind == declared.Map {
			p.Name, p.Choices = item.Get("name").Text, item.Get("enum").Strings()
		}
		if u.Kind == config.Task && p.Name != "" {
			u.Params = append(u.Params, p)
			u.Run += ` ` + p.Name + `="$` + config.ParamVariable(p.Name) + `"`
		}
	}
	r.ev.Units = append(r.ev.Units, u)
}

// firstLine is what a task says of itself.
func firstLine(v *declared.Value) string {
	text := strings.TrimSpace(v.Get("desc").Text)
	if text == "" {
		text = strings.TrimSpace(v.Get("summary").Text)
	}
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// here says whether one of the platforms is this one: linux, amd64, linux/amd64.
func here(platforms []string) bool {
	return len(platforms) == 0 || slices.ContainsFunc(platforms, func(p string) bool {
		system, arch, both := strings.Cut(p, "/")
		return p == runtime.GOOS || p == runtime.GOARCH || both && system == runtime.GOOS && arch == runtime.GOARCH
	})
}
