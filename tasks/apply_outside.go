package tasks

import (
	"path"
	"slices"
)

// provide takes over what tasks a provider knows of.
func (s *State) provide(e Provided) {
	var all []Task
	for _, name := range s.Order {
		if u := s.Units[name]; !u.Removed && (!u.Task.Found || u.Task.Provider != e.Provider) {
			all = append(all, u.Task)
		}
	}
	for _, t := range e.Tasks {
		t.Provider, t.Found = e.Provider, true
		all = append(all, t)
	}
	s.declare(all)
}

// complete gives the tasks of the workspace file that a provider runs the form
// of what they stand for there: the provider's task that says the same in With.
// What the file gives as Values are that form's defaults.
func complete(all []Task) {
	for i := range all {
		t := &all[i]
		if t.Found || t.Spec.Use == "" {
			continue
		}
		of, ok := standsFor(*t, all)
		if !ok {
			continue
		}
		params := slices.Clone(of.Spec.Params)
		for j := range params {
			if v, given := t.Spec.Values[params[j].Name]; given {
				params[j].Default, params[j].HasDefault, params[j].Required = v, true, false
			}
			if v, given := t.Spec.With[params[j].Name]; given {
				params[j].Default, params[j].HasDefault = v, true
			}
		}
		t.Spec.Params = params
	}
}

// standsFor is the provider's own task behind one of the workspace file. A file
// may be named with its path.
func standsFor(t Task, all []Task) (Task, bool) {
	for _, of := range all {
		if !of.Found || of.Provider != t.Provider || len(of.Spec.With) == 0 {
			continue
		}
		same := true
		for name, v := range of.Spec.With {
			said := t.Spec.With[name]
			same = same && (said == v || path.Base(said) == v)
		}
		if same {
			return of, true
		}
	}
	return Task{}, false
}

// StandsFor is the provider's own task behind one of the workspace file, as far
// as its provider has told of it.
func (s State) StandsFor(t Task) (Task, bool) {
	var all []Task
	for _, name := range s.Order {
		all = append(all, s.Units[name].Task)
	}
	return standsFor(t, all)
}

// observe takes over a run of a provider's task as its system tells it. What
// the run's own log, steps and results say of it stands: who observes does not
// know these.
func (s *State) observe(r Run) {
	u, ok := s.Units[r.Task]
	if !ok {
		return
	}
	r = r.clone() // the event is shared with other states
	old, known := s.Runs[r.ID]
	if !known {
		// What is told first may be the newest: runs of an earlier host are known already.
		i := len(u.Runs)
		for i > 0 && s.Runs[u.Runs[i-1]].QueuedAt.After(r.QueuedAt) {
			i--
		}
		s.Runs[r.ID] = r
		u.Runs = slices.Insert(u.Runs, i, r.ID)
		s.trim(&u)
		s.Units[r.Task] = u
		return
	}
	old.Status, old.Native, old.Reason, old.URL, old.Error = r.Status, r.Native, r.Reason, r.URL, r.Error
	old.QueuedAt, old.StartedAt, old.EndedAt = r.QueuedAt, r.StartedAt, r.EndedAt
	if old.Observed { // why it was begun here is known better here
		old.Cause = r.Cause
	}
	old.Observed = r.Observed
	if !r.Status.Done() { // how it ended before counts no more
		old.Exit = nil
	}
	s.Runs[r.ID] = old
}

// recall takes over runs of an earlier host. Those of other systems are runs of
// their tasks as before; those of a sweep stand aside, unless there is a newer one.
func (s *State) recall(runs []Run) {
	before := map[string][]RunID{}
	for _, r := range runs {
		u, ok := s.Units[r.Task]
		_, known := s.Runs[r.ID]
		swept := slices.ContainsFunc(u.Runs, func(id RunID) bool { return s.Runs[id].Sweep != nil })
		switch {
		case known || !ok:
			continue
		case u.Task.Remote() && r.External != "":
			before[r.Task] = append(before[r.Task], r.ID)
		case r.Sweep != nil && r.Status.Done() && !swept:
			u.Swept = append(u.Swept, r.ID)
			s.Units[r.Task] = u
		default:
			continue
		}
		s.Runs[r.ID] = r.clone() // the event is shared with other states
	}
	for task, ids := range before {
		u := s.Units[task]
		u.Runs = append(ids, u.Runs...)
		s.trim(&u)
		s.Units[task] = u
	}
}

// change takes over what a provider tells of its resources.
func (s *State) change(provider string, c Changes) {
	if c.All {
		here := make(map[ResourceID]bool, len(c.Changed))
		for _, r := range c.Changed {
			here[r.ID] = true
		}
		for id := range s.Resources {
			if id.Provider() == provider && !here[id] {
				s.lose(id)
			}
		}
	}
	for _, id := range c.Gone {
		s.lose(id)
	}
	for _, r := range c.Changed {
		r.Doing = s.Resources[r.ID].Doing
		s.Resources[r.ID] = r
		if r.Phase != PhaseUp && r.Phase != PhaseWarning {
			delete(s.Used, r.ID)
		}
	}
}

func (s *State) lose(id ResourceID) {
	delete(s.Resources, id)
	delete(s.Used, id)
}

func (s *State) doing(id ResourceID, operation string) {
	if r, ok := s.Resources[id]; ok {
		r.Doing = operation
		s.Resources[id] = r
	}
}

// Elsewhere is the run of a task that goes on in another system and was not begun by
// this host: to end it is to ask that system. A task with a run of this host's own
// has that one to end.
func (s State) Elsewhere(task string) (Run, bool) {
	var found Run
	for _, id := range slices.Backward(s.Units[task].Runs) {
		switch r := s.Runs[id]; {
		case r.Status.Done():
		case !r.Observed:
			return Run{}, false
		case found.ID == "" && r.External != "":
			found = r
		}
	}
	return found, found.ID != ""
}
