package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// plan is what schedule decided.
type plan struct {
	start []tasks.RunID
	stop  []tasks.RunID
	// holds are the reasons of every queued run that does not start now.
	holds map[tasks.RunID][]tasks.Hold
	// skip are queued runs that can never start, with the reason.
	skip map[tasks.RunID]string
	// wake is when time alone will change the plan; zero: never.
	wake time.Time
}

// schedule decides what starts, what stops and what waits. It is pure: the same
// state and time give the same plan.
//
// A queued run starts when the runs before it have ended, its delay is over and
// every dependency has reached its condition; those of one sweep go on beside each
// other, as many as it says. A service that is not to be up stops as soon as
// nothing that stops as well still needs it.
func schedule(s *tasks.State, now time.Time) plan {
	p := plan{holds: map[tasks.RunID][]tasks.Hold{}, skip: map[tasks.RunID]string{}}
	v := view{s: s, now: now, known: map[string]reasons{}}
	free := freeJobs(s)
	for _, name := range s.Order {
		u := s.Units[name]
		if r, ok := s.Active(name); ok && u.Task.IsService() && !u.Up && r.Status != tasks.Stopping && !neededByStopping(s, u.Task) {
			p.stop = append(p.stop, r.ID)
		}
		w, ok := s.Waiting(name)
		if !ok {
			continue
		}
		if sw, is := s.LastSweep(name); is && (w.Sweep != nil || s.Sweeping(sw)) {
			free = v.line(&p, u, free)
			continue
		}
		free = v.place(&p, u, w, v.ownHolds(u, w), free)
	}
	return p
}

// place puts a queued run into the plan, and returns how many more may start.
func (v view) place(p *plan, u tasks.Unit, r tasks.Run, own []tasks.Hold, free int) int {
	needs, never := v.needs(u)
	holds := slices.Concat(own, needs)
	counts := !u.Task.IsService() && !u.Task.Remote()
	switch {
	case never != "":
		p.skip[r.ID] = never
	case len(holds) == 0 && counts && free == 0:
		p.holds[r.ID] = []tasks.Hold{{Why: fmt.Sprintf("%d tasks run already, which is as many as jobs: allows", v.s.Jobs)}}
	case len(holds) == 0:
		p.start = append(p.start, r.ID)
		if counts {
			free--
		}
	default:
		p.holds[r.ID] = holds
		for _, h := range holds {
			if !h.Until.IsZero() && (p.wake.IsZero() || h.Until.Before(p.wake)) {
				p.wake = h.Until
			}
		}
	}
	return free
}

// line plans the queued runs of a task that is swept: each waits for those before
// it that are not of its sweep, and for a place among those that are. A plan
// starts one of them; the next plan, which follows at once, the next.
func (v view) line(p *plan, u tasks.Unit, free int) int {
	var firsts []tasks.Run // of each sweep, and each other run, that has not ended
	goingOn := map[tasks.RunID]int{}
	started := false
	for _, id := range u.Runs {
		r := v.s.Runs[id]
		if r.Status.Done() || r.Observed || r.Status == tasks.Queued && r.External != "" {
			continue
		}
		mine := func(o tasks.Run) bool { return r.Sweep != nil && o.In(r.Sweep.ID) }
		switch {
		case r.Status.Active() && r.Sweep != nil:
			goingOn[r.Sweep.ID]++
		case r.Status == tasks.Queued && !started:
			var own []tasks.Hold
			other := slices.IndexFunc(firsts, func(o tasks.Run) bool { return !mine(o) })
			switch {
			case other >= 0 && !u.Task.Remote():
				own = []tasks.Hold{behind(firsts[other])}
			case r.Sweep != nil && goingOn[r.Sweep.ID] >= r.Sweep.Parallel:
				own = []tasks.Hold{{On: u.Task.Name, Why: fmt.Sprintf("%d of its sweep run at once; its turn comes", r.Sweep.Parallel)}}
			}
			free = v.place(p, u, r, own, free)
			started = len(p.start) > 0 && p.start[len(p.start)-1] == r.ID
		}
		if !slices.ContainsFunc(firsts, mine) {
			firsts = append(firsts, r)
		}
	}
	return free
}

// behind is why a run waits for another one of its task.
func behind(r tasks.Run) tasks.Hold {
	h := tasks.Hold{On: r.Task, Why: fmt.Sprintf("%s is still running", r.ID)}
	switch {
	case r.Sweep != nil:
		h.Why = fmt.Sprintf("the sweep %s is not at its end", r.Sweep.ID)
	case r.Status == tasks.Queued:
		h.Why = fmt.Sprintf("%s comes first", r.ID)
	case r.Status == tasks.Stopping:
		h.Why = fmt.Sprintf("%s is stopping", r.ID)
	}
	return h
}

// freeJobs is how many more tasks may run; negative: any number.
func freeJobs(s *tasks.State) int {
	if s.Jobs == 0 {
		return -1
	}
	free := s.Jobs
	for _, u := range s.Units {
		if u.Task.IsService() || u.Task.Remote() {
			continue
		}
		for _, id := range u.Runs {
			if s.Runs[id].Status.Active() && free > 0 {
				free--
			}
		}
	}
	return free
}

// neededByStopping says whether a task that still runs, and is itself on its
// way down, depends on t: dependents end before what they depend on.
func neededByStopping(s *tasks.State, t tasks.Task) bool {
	for _, name := range s.Order {
		u := s.Units[name]
		if name == t.Name || u.Up && u.Task.IsService() {
			continue
		}
		r, active := s.Active(name)
		if !active || !u.Task.IsService() && r.Status != tasks.Stopping {
			continue
		}
		for _, d := range u.Task.Spec.DependsOn {
			if d.Name == t.Of || d.Name == t.Name {
				return true
			}
		}
	}
	return false
}

// view is the state that one plan is made of. known keeps what was found out,
// so that a chain of dependencies is walked once.
type view struct {
	s     *tasks.State
	now   time.Time
	known map[string]reasons
}

type reasons struct {
	holds []tasks.Hold
	never string
}

// ownHolds are what of itself a task that is not swept waits for.
func (v view) ownHolds(u tasks.Unit, r tasks.Run) (holds []tasks.Hold) {
	if a, ok := v.s.Active(u.Task.Name); ok && !u.Task.Remote() {
		holds = append(holds, behind(a))
	}
	if v.now.Before(r.NotBefore) {
		why := fmt.Sprintf("restart %d, waits before the next try", r.Attempt)
		if r.Attempt == 0 {
			why = "files changed during each of its last runs, which may be its own work: waits for a save after the run"
		}
		holds = append(holds, tasks.Hold{Why: why, Until: r.NotBefore})
	}
	return holds
}

// needs is what the queued runs of a task wait for outside of it; never is set
// when they have no chance left.
func (v view) needs(u tasks.Unit) (holds []tasks.Hold, never string) {
	if known, ok := v.known[u.Task.Name]; ok {
		return known.holds, known.never
	}
	v.known[u.Task.Name] = reasons{} // a cycle, which config refuses, must not hang
	holds, never = v.findNeeds(u)
	v.known[u.Task.Name] = reasons{holds, never}
	return holds, never
}

func (v view) findNeeds(u tasks.Unit) (holds []tasks.Hold, never string) {
	s := v.s
	if h := unconnected(s, u.Task); h != nil {
		holds = append(holds, *h)
	}
	for _, d := range u.Task.Spec.DependsOn {
		for _, name := range s.Order {
			dep := s.Units[name]
			if dep.Task.Of != d.Name && name != d.Name {
				continue
			}
			h, failed := v.unmet(dep, d.Condition)
			if h == nil {
				continue
			}
			if failed && !u.Task.IsService() {
				return nil, h.Why
			}
			holds = append(holds, *h)
		}
	}
	return holds, ""
}

// unconnected is why a task's provider can't run it yet, or nil.
func unconnected(s *tasks.State, t tasks.Task) *tasks.Hold {
	p, known := s.Providers[t.Provider]
	switch {
	case t.Provider == "" || p.Phase == tasks.PhaseUp || p.Phase == tasks.PhaseWarning:
		return nil
	case !known:
		return &tasks.Hold{Why: "waits for the connection " + t.Provider}
	case p.Phase == tasks.PhaseFailed:
		return &tasks.Hold{Why: fmt.Sprintf("%s can't be reached: %s", p.Title, p.Error), Stuck: true}
	}
	return &tasks.Hold{Why: p.Title + " is being connected"}
}

// unmet is why a dependency has not reached its condition, or nil. failed: a
// task that ended otherwise and does not run again by itself.
func (v view) unmet(dep tasks.Unit, c config.Condition) (h *tasks.Hold, failed bool) {
	s := v.s
	name := dep.Task.Name
	if dep.Task.IsService() && (c == config.Started || c == config.Ready) {
		return v.unmetService(dep, c), false
	}
	active, running := s.Active(name)
	waiting, queued := s.Waiting(name)
	done, ended := s.Finished(name)
	switch {
	case c == config.Started && running:
		return nil, false
	case running:
		return &tasks.Hold{On: name, Why: fmt.Sprintf("%s is running (%s)", name, active.ID)}, false
	case queued:
		return &tasks.Hold{On: name, Why: v.waitsToo(dep, waiting)}, false
	case ended && (c == config.Completed || c == config.Started || done.Status == tasks.Succeeded):
		return nil, false
	case ended:
		return &tasks.Hold{On: name, Why: outcome(name, done) + "; run it again when it is mended", Stuck: true}, true
	}
	return &tasks.Hold{On: name, Why: name + " has not run yet", Stuck: true}, false
}

func (v view) unmetService(dep tasks.Unit, c config.Condition) *tasks.Hold {
	s := v.s
	name := dep.Task.Name
	if r, ok := s.Active(name); ok {
		switch {
		case r.Status == tasks.Stopping:
			return &tasks.Hold{On: name, Why: name + " is stopping"}
		case r.Status == tasks.Ready || c == config.Started && begun(dep, r):
			return nil
		case c == config.Started:
			return &tasks.Hold{On: name, Why: name + " is not started yet: " + cmp.Or(r.Probe, "its container is being made")}
		}
		return &tasks.Hold{On: name, Why: name + " is not ready yet: " + cmp.Or(r.Probe, "its first probe has not answered")}
	}
	waiting, queued := s.Waiting(name)
	done, ended := s.Finished(name)
	switch {
	case queued && ended && done.Status == tasks.Failed:
		return &tasks.Hold{On: name, Why: outcome(name, done) + " and restarts"}
	case queued:
		return &tasks.Hold{On: name, Why: v.waitsToo(dep, waiting)}
	case ended && done.Status == tasks.Failed:
		return &tasks.Hold{On: name, Why: outcome(name, done) + "; start it again when it is mended", Stuck: true}
	}
	return &tasks.Hold{On: name, Why: name + " is not running; start it", Stuck: true}
}

// begun says whether what a run is about runs: a container is made first.
func begun(u tasks.Unit, r tasks.Run) bool {
	return u.Task.Spec.Container == nil || r.Native != ""
}

// waitsToo names the end of the chain: what the dependency itself waits for.
func (v view) waitsToo(dep tasks.Unit, waiting tasks.Run) string {
	needs, _ := v.needs(dep)
	holds := slices.Concat(v.ownHolds(dep, waiting), needs)
	if len(holds) == 0 {
		return dep.Task.Name + " is about to start"
	}
	why := holds[0].Why
	if _, root, chained := strings.Cut(why, waitsTooText); chained {
		why = root
	}
	return dep.Task.Name + waitsTooText + why
}

const waitsTooText = " waits too: "

func outcome(name string, r tasks.Run) string {
	switch r.Status {
	case tasks.Succeeded:
		return name + " has ended"
	case tasks.Failed:
		return fmt.Sprintf("%s failed (%s)", name, cmp.Or(firstLine(r.Error), "no reason given"))
	}
	return fmt.Sprintf("%s was %s", name, r.Status)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// restartPlan is what a service's restart policy says after a run of it.
type restartPlan struct {
	again   bool
	delay   time.Duration
	attempt int
	why     string // why not, when a person would expect it
}

// afterEnd applies the restart policy: pure. startFailed: the run never began,
// and would not begin the next time either.
func afterEnd(p config.Restart, r tasks.Run, startFailed bool) restartPlan {
	failed := r.Status == tasks.Failed
	switch {
	case !failed && r.Status != tasks.Succeeded, startFailed:
		return restartPlan{}
	case p.When == config.RestartAlways, p.When == config.RestartOnFailure && failed:
	default:
		return restartPlan{}
	}
	attempt := r.Attempt + 1
	if r.Duration(r.EndedAt) >= p.Reset {
		attempt = 1
	}
	if p.Limit > 0 && attempt > p.Limit {
		return restartPlan{why: fmt.Sprintf("restarted %d times in a row, which is its limit", p.Limit)}
	}
	delay := p.Min
	for range attempt - 1 {
		if delay *= 2; delay >= p.Max {
			break
		}
	}
	return restartPlan{again: true, delay: min(delay, p.Max), attempt: attempt}
}
