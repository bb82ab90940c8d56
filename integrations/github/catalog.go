package github

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// group heads the workflows in the tree.
const group = "PIPELINES"

var notInName = lazy.Regexp(`[^A-Za-z0-9_.-]+`)

// taskName is a workflow's task: its file's name without the ending.
func taskName(file string) string {
	name := strings.Trim(notInName().ReplaceAllString(strings.TrimSuffix(file, path.Ext(file)), "-"), "-._")
	if name == "" {
		return "workflow"
	}
	return name
}

// Tasks are the repository's workflows: those that can be triggered first.
func (p *provider) Tasks(ctx context.Context) ([]tasks.Task, error) {
	workflows, err := p.workflows(ctx)
	if err != nil {
		return nil, err
	}
	files := filesHere(p.place.Dir)
	names, paths := map[string]known{}, map[string]string{}
	var all []tasks.Task
	wantsEnvironments := false
	for _, w := range workflows {
		if !inDirectory(w.Path) || strings.HasPrefix(w.State, "deleted") {
			continue // what GitHub runs by itself has no file
		}
		k := known{api: w, file: p.here(ctx, w)}
		name := taskName(w.file())
		for n := 2; names[name].api.Path != ""; n++ {
			name = fmt.Sprintf("%s-%d", taskName(w.file()), n)
		}
		names[name], paths[w.Path] = k, name
		wantsEnvironments = wantsEnvironments || slices.ContainsFunc(k.file.Inputs, func(in input) bool { return in.Type == "environment" })
	}
	var environments []string
	if wantsEnvironments {
		environments, _ = p.environments(ctx) // without, any name may be typed
	}
	for name, k := range names {
		all = append(all, p.task(name, k, environments))
	}
	slices.SortFunc(all, func(a, b tasks.Task) int {
		first, second := names[a.Name].file.Dispatch, names[b.Name].file.Dispatch
		switch {
		case first && !second:
			return -1
		case second && !first:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	p.mu.Lock()
	p.known, p.paths, p.files = names, paths, files
	p.mu.Unlock()
	p.news.poke()
	return all, nil
}

// Changes says when a workflow of this checkout is another than Tasks told of: the
// form is that of the file here.
func (p *provider) Changes() <-chan struct{} { return p.changes }

// compare looks whether the files are still those that Tasks has read.
func (p *provider) compare() {
	now := filesHere(p.place.Dir)
	p.mu.Lock()
	changed := now != p.files
	p.mu.Unlock()
	if changed {
		signal(p.changes)
	}
}

// filesHere is how the workflow files of a checkout are: names, sizes and times.
func filesHere(dir string) string {
	var b strings.Builder
	for _, below := range workflowDirs {
		all, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(below)))
		if err != nil {
			continue
		}
		for _, e := range all {
			if info, err := e.Info(); err == nil {
				fmt.Fprintln(&b, below, e.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}

func (p *provider) task(name string, k known, environments []string) tasks.Task {
	t := tasks.Task{
		Name: name, Kind: config.Task, Group: group, Title: k.file.title(),
		Spec: config.Unit{Name: name, Kind: config.Task, Description: k.file.title(), With: map[string]string{"workflow": k.api.file()}},
	}
	if k.file.Dispatch {
		t.Spec.Params = k.file.params(environments)
	}
	return t
}

// title is the workflow's name, and when it runs where that is not by hand.
func (w workflow) title() string {
	if w.Dispatch || len(w.On) == 0 {
		return w.Name
	}
	return w.Name + " (on " + strings.Join(w.On, ", ") + ")"
}

// here is the workflow as this checkout has it, else as its default branch does.
func (p *provider) here(ctx context.Context, w apiWorkflow) workflow {
	text, ok, err := declared.Read(p.place.Dir, w.Path)
	if err != nil || !ok {
		if text, err = p.content(ctx, w.Path, ""); err != nil {
			return workflow{File: w.file(), Name: w.Name}
		}
	}
	read, err := readWorkflow(w.Path, text)
	if err != nil {
		return workflow{File: w.file(), Name: w.Name}
	}
	if read.Name == read.File && w.Name != w.Path {
		read.Name = w.Name
	}
	return read
}

// workflowOf is the workflow that a task stands for: one of the catalog, or one
// that the workspace file pins.
func (p *provider) workflowOf(ctx context.Context, t tasks.Task) (known, error) {
	wanted := t.Spec.With["workflow"]
	if t.Spec.Use == "" {
		wanted = ""
	}
	p.mu.Lock()
	empty := len(p.known) == 0
	p.mu.Unlock()
	if empty {
		if _, err := p.Tasks(ctx); err != nil {
			return known{}, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if wanted == "" {
		wanted = strings.TrimPrefix(t.Name, p.t.name+"/")
	}
	if k, ok := p.known[wanted]; ok {
		return k, nil
	}
	var files []string
	for _, k := range p.known {
		if k.api.file() == path.Base(wanted) || k.api.Name == wanted {
			return k, nil
		}
		files = append(files, k.api.file())
	}
	slices.Sort(files)
	return known{}, &tasks.StartError{
		Reason: fmt.Sprintf("%s has no workflow %q", p.name(), wanted), Hint: "there are: " + strings.Join(files, ", "),
	}
}

// taskOf is the name of the task of a workflow's file; "" when it is none of them.
func (p *provider) taskOf(file string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	file, _, _ = strings.Cut(file, "@") // a reusable workflow's has a ref
	return p.paths[file]
}

// formAt is a workflow as it stands at a ref.
func (p *provider) formAt(ctx context.Context, k known, ref string) (workflow, error) {
	text, err := p.content(ctx, k.api.Path, ref)
	if rest.Is(err, rest.NotFound) {
		return workflow{}, &tasks.StartError{
			Reason: fmt.Sprintf("%s is not there at %q", k.api.Path, ref), Hint: "push the branch, or choose another one",
		}
	}
	if err != nil {
		return workflow{}, err
	}
	w, err := readWorkflow(k.api.Path, text)
	if err != nil {
		return workflow{}, &tasks.StartError{Reason: err.Error(), Hint: "mend " + k.api.Path}
	}
	return w, nil
}
