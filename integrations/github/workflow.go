package github

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Where workflows lie: on GitHub, and on servers that are like it, which read that one too.
const workflowDir = ".github/workflows"

var workflowDirs = []string{workflowDir, ".gitea/workflows", ".forgejo/workflows"}

// inDirectory says whether a path is that of a workflow's file.
func inDirectory(file string) bool {
	return slices.Contains(workflowDirs, path.Dir(file))
}

// workflow is what such a file says of itself.
type workflow struct {
	File     string // "deploy.yml"
	Name     string
	RunName  string
	On       []string // its triggers, in their order
	Dispatch bool
	Inputs   []input
	Jobs     []fileJob
}

// fileJob is a job as it stands in the file.
type fileJob struct {
	Key  string
	Name string // what it is called: its key, or a name that may have expressions
	// Matrix: it becomes several jobs.
	Matrix bool
	Uses   string   // the workflow that it calls; "" for one with steps
	Needs  []string // the keys of jobs that must have ended before it
}

// input is one of workflow_dispatch.
type input struct {
	Name        string
	Type        string // string, boolean, choice, number, environment
	Description string
	Default     string
	HasDefault  bool
	Required    bool
	Options     []string
}

// Bounds of what is read of a workflow: GitHub allows 25 inputs.
const (
	mostInputs = 100
	mostJobs   = 1000
)

// readWorkflow reads a workflow's text.
func readWorkflow(file string, text []byte) (workflow, error) {
	w := workflow{File: path.Base(file), Name: path.Base(file)}
	var doc yaml.MapSlice
	if err := guarded(func() error { return yaml.UnmarshalWithOptions(text, &doc, yaml.UseOrderedMap()) }); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return w, fmt.Errorf("%s is not YAML: %s", w.File, first)
	}
	for _, item := range doc {
		switch fmt.Sprint(item.Key) {
		case "name":
			if s := scalar(item.Value); s != "" {
				w.Name = s
			}
		case "run-name":
			w.RunName = scalar(item.Value)
		case "on", "true": // YAML 1.1 takes the word for a boolean
			w.readTriggers(item.Value)
		case "jobs":
			w.readJobs(item.Value)
		}
	}
	return w, nil
}

// guarded turns a panic of the YAML parser into an error: the file may hold anything.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	return f()
}

func (w *workflow) readTriggers(v any) {
	add := func(name string) {
		w.On = append(w.On, name)
		w.Dispatch = w.Dispatch || name == "workflow_dispatch"
	}
	switch v := v.(type) {
	case string:
		add(v)
	case []any:
		for _, name := range v {
			add(scalar(name))
		}
	case yaml.MapSlice:
		for _, item := range v {
			name := fmt.Sprint(item.Key)
			add(name)
			if name != "workflow_dispatch" {
				continue
			}
			for _, of := range mapping(item.Value) {
				if fmt.Sprint(of.Key) == "inputs" {
					w.readInputs(mapping(of.Value))
				}
			}
		}
	}
}

func (w *workflow) readInputs(items yaml.MapSlice) {
	for _, item := range items[:min(len(items), mostInputs)] {
		in := input{Name: fmt.Sprint(item.Key), Type: "string"}
		for _, of := range mapping(item.Value) {
			text := scalar(of.Value)
			switch fmt.Sprint(of.Key) {
			case "type":
				in.Type = text
			case "description":
				in.Description = text
			case "default":
				in.Default, in.HasDefault = text, true
			case "required":
				in.Required = text == "true"
			case "options":
				if list, ok := of.Value.([]any); ok {
					for _, o := range list {
						in.Options = append(in.Options, scalar(o))
					}
				}
			}
		}
		w.Inputs = append(w.Inputs, in)
	}
}

func (w *workflow) readJobs(v any) {
	items := mapping(v)
	for _, item := range items[:min(len(items), mostJobs)] {
		key := fmt.Sprint(item.Key)
		j := fileJob{Key: key, Name: key}
		for _, of := range mapping(item.Value) {
			switch fmt.Sprint(of.Key) {
			case "name":
				if name := scalar(of.Value); name != "" {
					j.Name = name
				}
			case "uses":
				j.Uses = scalar(of.Value)
			case "needs":
				j.Needs = texts(of.Value)
			case "strategy":
				for _, s := range mapping(of.Value) {
					j.Matrix = j.Matrix || fmt.Sprint(s.Key) == "matrix"
				}
			}
		}
		w.Jobs = append(w.Jobs, j)
	}
}

// texts are those of a list, or a single one.
func texts(v any) (all []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if s := scalar(item); s != "" {
			all = append(all, s)
		}
	}
	return all
}

func mapping(v any) yaml.MapSlice {
	m, _ := v.(yaml.MapSlice)
	return m
}

// scalar is a value as text; "" for what is none.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case uint64, int64, int, float64:
		return fmt.Sprint(v)
	}
	return ""
}

// The parameter that says which branch or tag a workflow runs at; the other name
// is for a workflow that has an input of the first.
const (
	refParam      = "ref"
	otherRefParam = "git-ref"
)

// refName is what the parameter for the ref is called in this workflow's form.
func (w workflow) refName() string {
	if slices.ContainsFunc(w.Inputs, func(in input) bool { return in.Name == refParam }) {
		return otherRefParam
	}
	return refParam
}

// params are the form of a workflow: its inputs, and where it runs.
func (w workflow) params(environments []string) []config.Param {
	var all []config.Param
	for _, in := range w.Inputs {
		p := config.Param{Name: in.Name, Type: config.ParamString, Description: in.Description, Default: in.Default, HasDefault: in.HasDefault, Required: in.Required}
		switch in.Type {
		case "boolean":
			p.Type = config.ParamBool
			if !p.HasDefault {
				p.Default, p.HasDefault = "false", true
			}
		case "number":
			p.Type = config.ParamFloat
		case "choice":
			p.Choices = in.Options
			if !p.HasDefault && len(in.Options) > 0 {
				p.Default, p.HasDefault = in.Options[0], true
			}
		case "environment":
			p.Choices = environments
		}
		if p.Check(p.Default) != nil { // a default that is none of the choices is the server's to judge
			p.Default, p.HasDefault = "", false
		}
		p.Required = p.Required && !p.HasDefault
		if in.Name == w.marker() {
			p.Required = false // filled in here
		}
		all = append(all, p)
	}
	return append(all, config.Param{
		Name: w.refName(), Type: config.ParamString, Description: "Branch or tag to run at",
	})
}

var inputInName = lazy.Regexp(`\$\{\{[^}]*\b(?:github\.event\.)?inputs\.([A-Za-z_][A-Za-z0-9_-]*)[^}]*\}\}`)

// markers are the names of inputs that are there to tell runs apart.
var markers = []string{"distinct_id", "sawhorse_id", "run_id", "correlation_id"}

// marker is the input that a run's title shows and that exists to tell runs
// apart; "" where there is none.
func (w workflow) marker() string {
	for _, m := range inputInName().FindAllStringSubmatch(w.RunName, -1) {
		if slices.Contains(markers, m[1]) && slices.ContainsFunc(w.Inputs, func(in input) bool { return in.Name == m[1] }) {
			return m[1]
		}
	}
	return ""
}
