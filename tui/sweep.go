package tui

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// atOnce is the field of a form that says how many runs of a sweep go on beside
// each other. No parameter has a blank in its name.
const atOnce = "at once"

// formDetail is how runs say that a person began them here, by a key or a word: as all
// that a person begins does.
const formDetail = "started by hand"

// fields are those of the parameters, each of which may stand for the values of a
// sweep where it is a number or has choices, and how many runs then go on at once.
func (b *paramsBox) fields() []form.Field {
	fields := paramFields(b.params, b.last)
	swept := false
	for i, p := range b.params {
		if p.Secret || p.Name == b.ref || p.Type != config.ParamInt && p.Type != config.ParamFloat && p.Type != config.ParamBool && len(p.Choices) < 2 {
			continue
		}
		swept = true
		fields[i].Many = func(text string) ([]string, error) { return tasks.Swept(p, text) }
	}
	if !swept {
		return fields
	}
	return append(fields, form.Field{
		Name: atOnce, Type: form.Int, Value: cmp.Or(b.last[atOnce], strconv.Itoa(max(1, b.parallel))), Late: true,
		Description: "how many runs go on beside each other, as far as jobs: allows",
	})
}

// lastParallel is how many runs of the task's last sweep went on at once.
func (s *Screen) lastParallel(task string) int {
	w, _ := s.state.LastSweep(task)
	return w.Parallel
}

// begin runs a task with the values of its form: once, or as a sweep where one of
// them stands for several. What becomes of a sweep is then in view.
func (s *Screen) begin(t tasks.Task, values map[string]string) tea.Cmd {
	c, err := sweepOf(t, values)
	switch {
	case err != nil:
		return s.toast(tasks.Error, err.Error())
	case len(c.Sets) == 0:
		return s.runTask(t.Name, c.plain)
	}
	s.detail.tabs[false] = sweepTab
	s.detail.touched++
	return s.do(c.RunSweep, fmt.Sprintf("%d runs of %s", len(c.Sets), t.Name))
}

// askedRuns is what a form asks for: one run with plain values, or a sweep.
type askedRuns struct {
	tasks.RunSweep
	plain map[string]string
}

// sweepOf reads a form's values.
func sweepOf(t tasks.Task, values map[string]string) (askedRuns, error) {
	a := askedRuns{plain: maps.Clone(values)}
	delete(a.plain, atOnce)
	many := map[string][]string{}
	for _, p := range t.Spec.Params {
		text, given := a.plain[p.Name]
		if !given {
			continue
		}
		all, err := tasks.Swept(p, text)
		if err != nil {
			return a, fmt.Errorf("%s: %w", p.Name, err)
		}
		if all != nil {
			many[p.Name] = all
			a.Swept = append(a.Swept, p.Name)
		}
	}
	if len(many) == 0 {
		return a, nil
	}
	sets, err := tasks.Combine(a.plain, a.Swept, many)
	if err != nil {
		return a, err
	}
	a.Name, a.Sets, a.Detail = t.Name, sets, formDetail
	a.Parallel = 1
	if n, err := strconv.Atoi(values[atOnce]); err == nil && n > 0 {
		a.Parallel = n
	}
	return a, nil
}

// stopSweep says what stopping a sweep ends, for a person who is asked.
func (s *Screen) stopSweep(w tasks.Sweep) action.Confirm {
	runs := s.state.SweepRuns(w.ID)
	count := map[tasks.Status]int{}
	for _, r := range runs {
		count[r.Status]++
	}
	active := count[tasks.Running] + count[tasks.Ready] + count[tasks.Stopping]
	ended := len(runs) - active - count[tasks.Queued]
	text := fmt.Sprintf("%d of its %d runs go on and are stopped; %d have not begun and never will; %d have ended and stay.", active, len(runs), count[tasks.Queued], ended)
	return action.Confirm{Title: "Stop the sweep " + string(w.ID) + "?", Text: text, Yes: "Stop all"}
}

// sweeping is the sweep of a task that is not at its end.
func (s *Screen) sweeping(task string) (tasks.Sweep, bool) {
	w, ok := s.state.LastSweep(task)
	return w, ok && s.state.Sweeping(w)
}

// askStopSweep stops a sweep when a person says so.
func (s *Screen) askStopSweep(w tasks.Sweep) tea.Cmd {
	s.ask(s.stopSweep(w), func() tea.Cmd {
		return s.do(tasks.Cancel{ID: w.ID, Sweep: true}, "stopping the sweep "+string(w.ID))
	})
	return nil
}

// sweepActions are those of the Sweep tab.
func (s *Screen) sweepActions() []action.Action {
	id, ok := s.detail.sweep.Selected()
	r := s.state.Runs[id]
	w, going := s.sweeping(s.detail.unit)
	one := action.Action{
		ID: "sweep.cancel", Title: "Cancel " + cmp.Or(string(id), "the run"), Hint: "cancel", Group: "Sweep", Keys: []string{"c"}, Writes: true,
		Do: func() tea.Cmd { return s.do(tasks.Cancel{ID: id}, "cancelling "+string(id)) },
	}
	switch {
	case !ok:
		one.Disabled = "put the cursor on a run first"
	case r.Status.Done(): // not off: the key would mean another run then
		one.Do = func() tea.Cmd { return s.toast(tasks.Info, string(id)+" has ended already") }
	}
	all := action.Action{
		ID: "sweep.stop", Title: "Stop all runs of the sweep", Hint: "stop all", Group: "Sweep", Keys: []string{"x"}, Writes: true,
		Do: func() tea.Cmd { return s.askStopSweep(w) },
	}
	if !going {
		all.Disabled = "all of its runs have ended"
	}
	return append(s.detail.touching(s.detail.sweep.Actions()), one, all)
}

// chosenRun is a run that a person chose to look at, until the task runs again.
type chosenRun struct {
	id     tasks.RunID
	newest tasks.RunID // of the task, when it was chosen
}

// stands says whether it is still to be looked at, while a unit is shown.
func (c chosenRun) stands(s *tasks.State, unit string) bool {
	if c.id == "" {
		return true
	}
	_, known := s.Runs[c.id]
	return known && c.id.Task() == unit && c.newest == newestOf(s, unit)
}

func newestOf(s *tasks.State, unit string) tasks.RunID {
	runs := s.Units[unit].Runs
	if len(runs) == 0 {
		return ""
	}
	return runs[len(runs)-1]
}

// choose shows a run of a sweep: its curves, or its log where it has none.
func (s *Screen) choose(id tasks.RunID) {
	s.detail.chosen = chosenRun{id, newestOf(&s.state, id.Task())}
	s.detail.setTab(logsTab)
	if len(s.state.Runs[id].Metrics) > 0 {
		s.detail.setTab(curvesTab)
	}
	s.stale()
}
