package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	runnerv1 "code.gitea.io/actions-proto-go/runner/v1"
	"github.com/goccy/go-yaml"
)

// job is what the server sends of a workflow: one job, its needs met and its matrix
// resolved.
type job struct {
	Name  string
	Env   map[string]string
	Steps []step

	id      string
	flowEnv map[string]string
	// values are what expressions may name.
	values map[string]any
}

type step struct {
	Name, ID, Uses, Run, If string
	Env, With               map[string]string
	Dir                     string `yaml:"working-directory"`
	Continue                string `yaml:"continue-on-error"`
}

// title is what the server calls a step.
func (s step) title() string {
	for _, t := range []string{s.Name, s.Uses, s.Run} {
		if t != "" {
			return t
		}
	}
	return s.ID
}

func readJob(t *runnerv1.Task) (*job, error) {
	var w struct {
		Env  map[string]string
		Jobs map[string]*job
	}
	if err := yaml.Unmarshal(t.GetWorkflowPayload(), &w); err != nil {
		return nil, fmt.Errorf("read the workflow: %w", err)
	}
	names := slices.Collect(maps.Keys(w.Jobs))
	if len(names) != 1 {
		return nil, fmt.Errorf("the workflow has %d jobs, not one", len(names))
	}
	j := w.Jobs[names[0]]
	j.id, j.flowEnv = names[0], w.Env
	context := t.GetContext().AsMap()
	needs := map[string]any{}
	for name, n := range t.GetNeeds() {
		needs[name] = map[string]any{"result": strings.ToLower(strings.TrimPrefix(n.GetResult().String(), "RESULT_")), "outputs": texts(n.GetOutputs())}
	}
	event, _ := context["event"].(map[string]any)
	j.values = map[string]any{
		"github": context, "gitea": context, "inputs": event["inputs"], "needs": needs, "secrets": texts(t.GetSecrets()), "vars": texts(t.GetVars()),
		"env": texts(w.Env),
	}
	return j, nil
}

func texts(m map[string]string) map[string]any {
	all := map[string]any{}
	for name, v := range m {
		all[name] = v
	}
	return all
}

// value is what a dotted name stands for; "" for what is not there.
func (j *job) value(name string) string {
	var at any = j.values
	for _, part := range strings.Split(name, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[part]
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

var expression = regexp.MustCompile(`\$\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}`)

// fill puts values in place of the expressions that name one.
func (j *job) fill(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string { return j.value(expression.FindStringSubmatch(e)[1]) })
}

// wanted says whether a step runs: by its condition, and without one while nothing failed.
func (j *job) wanted(condition string, failed bool) bool {
	condition = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(condition), "${{"), "}}"))
	switch condition {
	case "", "success()":
		return !failed
	case "always()":
		return true
	case "failure()":
		return failed
	case "false":
		return false
	}
	if name, want, ok := strings.Cut(condition, "=="); ok {
		return !failed && j.value(strings.TrimSpace(name)) == strings.Trim(strings.TrimSpace(want), "'")
	}
	return !failed && j.value(condition) == "true"
}
