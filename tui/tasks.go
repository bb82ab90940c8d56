package tui

import (
	"fmt"
	"maps"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen/steps"
)

// start brings a task up: a service with what it depends on, a task by a run. One
// whose watching is off is run, and watches from then on.
func (s *Screen) start(name string) tea.Cmd {
	if u := s.state.Units[name]; u.Task.IsService() || watchOff(u) {
		return s.do(tasks.Start{Names: []string{name}}, "starting "+name)
	}
	return s.rerun(name)
}

// watchOff says whether saves would run the task if somebody started it.
func watchOff(u tasks.Unit) bool {
	return !u.Task.IsService() && u.Task.Spec.Watch != nil && !u.Up && len(u.Task.Spec.Params) == 0
}

// groupServices are the services of the selected group; nil: no group is selected.
func (s *Screen) groupServices() []string {
	if s.focus != treePane {
		return nil
	}
	members := s.group()
	if members == nil {
		return nil
	}
	services := []string{}
	for _, n := range members {
		if s.state.Units[n].Task.IsService() {
			services = append(services, n)
		}
	}
	return services
}

// groupToggle starts a group's services, or stops them when all of them run or wait
// to: one that has failed for good is started again. Tasks are run one by one: a
// group may hold `deploy` beside `test`.
func (s *Screen) groupToggle(a action.Action, services []string) action.Action {
	a.Title, a.Disabled = "Start the services of this group", ""
	if len(services) == 0 {
		a.Disabled = "no service in it; run its tasks one by one"
		return a
	}
	up := 0
	for _, n := range services {
		_, active := s.state.Active(n)
		if _, waits := s.state.Waiting(n); active || waits {
			up++
		}
	}
	what := strings.Join(services, ", ")
	a.Do = func() tea.Cmd { return s.do(tasks.Start{Names: services}, "starting "+what) }
	if up == len(services) {
		a.Title, a.Hint = "Stop the services of this group", "stop"
		a.Do = func() tea.Cmd { return s.do(tasks.Stop{Names: services}, "stopping "+what) }
	}
	return a
}

// rerun restarts a service, runs a task; one with parameters asks for them.
func (s *Screen) rerun(name string) tea.Cmd {
	t := s.state.Units[name].Task
	switch {
	case t.IsService():
		return s.do(tasks.Restart{Names: []string{name}}, "restarting "+name)
	case len(t.Spec.Params) > 0:
		return s.openParams(t)
	}
	return s.sure(t, nil, nil)
}

func (s *Screen) runTask(name string, params map[string]string) tea.Cmd {
	return s.do(tasks.RunTask{Name: name, Params: params, Detail: formDetail}, "running "+name)
}

// showLog selects the first task and focuses its log, merged with the others'.
func (s *Screen) showLog(names ...string) tea.Cmd {
	s.tree.Select(names[0])
	cmd := s.detail.show(s)
	if len(names) > 1 {
		s.detail.beside = names
	}
	s.detail.setTab(logsTab)
	s.setFocus(detailPane)
	return cmd
}

// goToLine shows a line of a task's log.
func (s *Screen) goToLine(name string, key logs.Key, line int64) tea.Cmd {
	cmd := s.showLog(name)
	if step, ok := s.stepOf(name, key); ok {
		s.detail.openStep(step)
		cmd = tea.Batch(cmd, s.detail.show(s))
	}
	if line < 0 {
		return cmd
	}
	return tea.Batch(cmd, s.detail.logs.did(s.detail.logs.tab.Show(key, line)))
}

// stepOf is the step of a task's runs that a log is of.
func (s *Screen) stepOf(task string, key logs.Key) (steps.OpenLog, bool) {
	for _, id := range s.state.Units[task].Runs {
		r := s.state.Runs[id]
		for _, st := range r.Steps {
			if st.Log == key && key != "" && key != r.Log {
				return steps.OpenLog{Key: key, Name: st.Name}, true
			}
		}
	}
	return steps.OpenLog{}, false
}

// openAlert goes to where the alert is told.
func (s *Screen) openAlert(a tasks.Alert) tea.Cmd {
	switch {
	case a.Task != "" && s.known(a.Task):
		s.opened = a.ID
		if s.openFailure(a) {
			return nil
		}
		return s.goToLine(a.Task, a.Log, a.Line)
	case a.Resource != "":
		return s.showResource(a.Resource)
	case a.Location.File != "":
		return s.edit(a.Location)
	}
	if g := "group:" + a.Source; strings.HasPrefix(string(a.ID), "provider/") && s.selectProvider(g) {
		return nil
	}
	return s.toast(tasks.Info, message(a))
}

// stepAlert goes to the next or the previous alert, round the end.
func (s *Screen) stepAlert(n int) tea.Cmd {
	count := len(s.alerts)
	at := (s.strip.at + n + count) % count
	if !s.strip.stepped {
		// The first step shows the one that the cursor is on.
		at = s.strip.at
		s.strip.stepped = true
	}
	s.strip.choose(at)
	a, _ := s.strip.selected()
	if (a.Task == "" || !s.known(a.Task)) && a.Resource == "" && !strings.HasPrefix(string(a.ID), "provider/") {
		return s.toast(tasks.Info, strings.TrimSpace(a.Location.String()+" "+message(a)))
	}
	return s.openAlert(a)
}

// alertLead are the keys that lead to ATTENTION from anywhere, for its title.
func (s *Screen) alertLead() []string {
	var lead []string
	for _, a := range s.Actions().All() {
		what := map[string]string{"alert.next": "go there", "alert.expand": "more"}[a.ID]
		if a.ID == "alert.expand" && len(s.alerts) < s.rects.Strip.H {
			what = "" // all of them are shown
		}
		if what != "" && a.Enabled() && a.Key() != "" {
			lead = append(lead, action.KeyName(a.Key())+" "+what)
		}
	}
	return lead
}

// alertKeys is what can be pressed on an alert, for its row.
func (s *Screen) alertKeys(a tasks.Alert) string {
	text := "↵ open"
	if a.Location.File != "" {
		text += "  e edit"
	}
	if a.Task != "" {
		text += "  r rerun"
	}
	return text
}

// verbParams reads "pkg=./cart" words against the task's parameters.
func verbParams(t tasks.Task, words []string) (map[string]string, error) {
	params := map[string]string{}
	known := map[string]bool{}
	for _, p := range t.Spec.Params {
		known[p.Name] = true
	}
	for _, w := range words {
		name, value, ok := cutAssign(w)
		if !ok {
			return nil, fmt.Errorf("%q is no parameter: write name=value", w)
		}
		if !known[name] {
			if len(known) == 0 {
				return nil, fmt.Errorf("%s takes no parameters", t.Name)
			}
			return nil, fmt.Errorf("%s has no parameter %q; it has %s", t.Name, name, quoted(sorted(maps.Keys(known))))
		}
		params[name] = value
	}
	for _, p := range t.Spec.Params {
		if p.Required && !p.HasDefault && params[p.Name] == "" {
			return nil, fmt.Errorf("%s needs %s=…", t.Name, p.Name)
		}
	}
	return params, nil
}
