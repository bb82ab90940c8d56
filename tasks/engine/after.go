package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Tasks follow what a person does with things of other systems: those with
// after: promote run when a model was promoted from here, or that was taken back.
//
//	Operate ──> Telling.OperateTelling ──> Outcome ──> a run of each task with after:
//	                                                   SAWHORSE_MODEL=... and parameters of these names

// runAfter runs the tasks that follow an operation. Each is given what came of it.
func (e *Engine) runAfter(r tasks.Resource, c tasks.Operate, o tasks.Outcome) {
	kind, _ := e.state.Providers[c.ID.Provider()].Kind(r.Kind)
	i := slices.IndexFunc(kind.Operations, func(op tasks.Operation) bool { return op.Name == c.Operation })
	if i < 0 || kind.Operations[i].After == "" {
		return
	}
	after := kind.Operations[i].After
	names := e.followers(after)
	env := variables(o.Values)
	for _, name := range names {
		e.lastEnv[name] = env // also for those that begin as a dependency of another
	}
	for _, name := range names {
		t := e.state.Units[name].Task
		id := "after/" + name
		if e.state.Locked {
			e.notice(tasks.Notice{
				ID: id, Severity: tasks.Warning, Source: "host", Task: name,
				Message: fmt.Sprintf("%s, and %s (after: %s) was not run: this directory is not trusted", o.Text, name, after),
				Hint:    "read what it runs, then: sawhorse trust; and run it by hand",
			})
			continue
		}
		params, err := fill(t, valuesFor(t, o.Values))
		if err != nil {
			e.notice(tasks.Notice{
				ID: id, Severity: tasks.Error, Source: "host", Task: name,
				Message: fmt.Sprintf("%s, and %s (after: %s) was not run: %v", o.Text, name, after, err),
				Hint:    "give the parameter a default, or call it as what is known: " + strings.Join(slices.Sorted(maps.Keys(o.Values)), ", "),
			})
			continue
		}
		e.emit(tasks.NoticeCleared{ID: id})
		cause := tasks.Cause{Kind: tasks.ByOperation, Detail: o.Text, Request: c.Request, Fresh: true}
		e.busy(t, ask{cause: cause, params: params, scope: tasks.ScopeAll, env: env}, tasks.ErrStale)
		e.needDependencies(t, true)
	}
}

// followers are the tasks that follow, each behind those that it depends on: the
// smoke test behind the deployment.
func (e *Engine) followers(after string) []string {
	var names []string
	placed := map[string]bool{}
	var place func(name string)
	place = func(name string) {
		if placed[name] {
			return
		}
		placed[name] = true
		t := e.state.Units[name].Task
		for _, d := range e.state.Dependencies(t) {
			place(d)
		}
		if t.Spec.After == after && !t.IsService() {
			names = append(names, name)
		}
	}
	for _, name := range e.state.Order {
		place(name)
	}
	return names
}

// valuesFor are those of the values that are parameters of the task.
func valuesFor(t tasks.Task, values map[string]string) map[string]string {
	params := map[string]string{}
	for _, p := range t.Spec.Params {
		if v, ok := values[p.Name]; ok {
			params[p.Name] = v
		}
	}
	return params
}

// variables are the values as a process finds them.
func variables(values map[string]string) map[string]string {
	env := map[string]string{}
	for name, v := range values {
		env["SAWHORSE_"+strings.ToUpper(name)] = v
	}
	return env
}
