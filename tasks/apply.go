package tasks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// Apply folds one event into the state: the only reducer, used by the engine,
// the screen, remote clients and tests. An event about something unknown is
// ignored, so that a client that joined late is never wrong, only short.
func (s *State) Apply(e Event) {
	s.ready()
	switch e := e.(type) {
	case WorkspaceOpened:
		s.Workspace = e.Workspace
	case Configured:
		s.configure(e)
	case Trusted:
		s.Locked = false
	case ConfigRejected:
		s.Problems, s.Untrusted, s.Rejected = e.Problems, e.Untrusted, e.At
	case Wanted:
		if u, ok := s.Units[e.Task]; ok {
			u.Up = e.Up
			s.Units[e.Task] = u
		}
	case TestsPinned:
		if u, ok := s.Units[e.Task]; ok {
			u.Pinned = slices.Clone(e.Tests)
			s.Units[e.Task] = u
		}
	case RunQueued:
		s.queue(e.Run)
	case RunHeld:
		s.live(e.ID, func(r *Run) { r.Holds = e.Holds })
	case RunStarted:
		s.live(e.ID, func(r *Run) {
			r.Status, r.Holds, r.StartedAt, r.FirstLine, r.Ports = Running, nil, e.At, e.FirstLine, e.Ports
			r.Breaks = e.Breaks
		})
	case ProcessStarted:
		s.run(e.ID, func(r *Run) { r.PID = e.PID })
	case RunReady:
		s.run(e.ID, func(r *Run) {
			if r.Status == Running {
				r.Status, r.ReadyAt, r.Probe = Ready, e.At, ""
			}
		})
	case ProbeFailed:
		s.live(e.ID, func(r *Run) { r.Probe = e.Error })
	case RunStopping:
		s.live(e.ID, func(r *Run) { r.Status = Stopping })
	case RunEnded:
		s.end(e)
	case TestReported:
		s.run(e.ID, func(r *Run) { s.report(r, e.Test) })
	case DiagnosticReported:
		s.run(e.ID, func(r *Run) {
			if last := len(r.Diagnostics) - 1; last >= 0 && r.Diagnostics[last].Named(e.Diagnostic) {
				r.Diagnostics = slices.Clone(r.Diagnostics)
				r.Diagnostics[last].Code = e.Diagnostic.Code
				return
			}
			// A run of another system is told anew whenever somebody looks at it again.
			again := r.External != "" && slices.ContainsFunc(r.Diagnostics, func(d Diagnostic) bool {
				return d.Severity == e.Diagnostic.Severity && d.Location == e.Diagnostic.Location && d.Message == e.Diagnostic.Message
			})
			if len(r.Diagnostics) < keptDiagnostics && !again {
				r.Diagnostics = append(r.Diagnostics, e.Diagnostic)
			}
		})
	case RunNarrowed:
		s.live(e.ID, func(r *Run) { r.Narrowed = &e.Narrowing })
	case RunCached:
		s.live(e.ID, func(r *Run) { r.Cached = e.Of })
	case StepChanged:
		s.run(e.ID, func(r *Run) { r.Steps = upsertStep(r.Steps, e.Step) })
	case MetricReported:
		s.run(e.ID, func(r *Run) {
			if e.Anew {
				delete(r.Metrics, e.Name)
			}
			r.addPoint(e.Name, e.Point)
			r.Stall = nil
		})
	case ParamsReported:
		s.run(e.ID, func(r *Run) { r.Reported = e.Params })
	case RunStalled:
		s.live(e.ID, func(r *Run) { r.Stall = &e.Stall })
	case ArtifactReported:
		s.run(e.ID, func(r *Run) { r.Artifacts = upsertArtifact(r.Artifacts, e.Artifact) })
	case RunLinked:
		s.run(e.ID, func(r *Run) { r.External, r.URL = e.External, cmp.Or(e.URL, r.URL) })
	case CodeReported:
		s.run(e.ID, func(r *Run) { r.Code = e.Code })
	case RunNative:
		s.run(e.ID, func(r *Run) { r.Native, r.Reason = e.Native, e.Reason })
	case RunObserved:
		s.observe(e.Run)
	case RunsRecalled:
		s.recall(e.Runs)
	case ProviderChanged:
		s.Providers[e.Provider.Name] = e.Provider
	case Provided:
		s.provide(e)
	case ProviderRemoved:
		delete(s.Providers, e.Name)
		s.provide(Provided{Provider: e.Name})
		s.change(e.Name, Changes{All: true})
	case ResourcesChanged:
		s.change(e.Provider, e.Changes)
	case ResourceUsed:
		if _, known := s.Resources[e.ID]; known {
			s.Used[e.ID] = e.Usage
		}
	case OperationBegan:
		s.doing(e.ID, e.Operation)
	case OperationEnded:
		s.doing(e.ID, "")
	case LogGrew:
		s.Lines[e.Key] = max(s.Lines[e.Key], e.Lines)
	case LogRestarted:
		delete(s.Lines, e.Key)
	case UsageSampled:
		// The event is shared with other states, and end takes entries out.
		s.Usage = maps.Clone(e.Usage)
	case NoticeRaised:
		s.Notices[e.Notice.ID] = e.Notice
	case NoticeCleared:
		delete(s.Notices, e.ID)
	case Acknowledged:
		s.acknowledge(e.Alerts)
	case WatchChanged:
		s.Watch = e.Watch
	case HostLeaving:
		s.Leaving = e.Why
	default:
		panic(fmt.Sprintf("tasks: no case for event %T in State.Apply", e))
	}
}

// ready makes the maps that a state from the wire, or the zero State, has not.
func (s *State) ready() {
	if s.Units == nil {
		s.Units = map[string]Unit{}
	}
	if s.Runs == nil {
		s.Runs = map[RunID]Run{}
	}
	if s.Lines == nil {
		s.Lines = map[logs.Key]int64{}
	}
	if s.Notices == nil {
		s.Notices = map[string]Notice{}
	}
	if s.Acked == nil {
		s.Acked = map[AlertID]time.Time{}
	}
	if s.Providers == nil {
		s.Providers = map[string]Provider{}
	}
	if s.Resources == nil {
		s.Resources = map[ResourceID]Resource{}
	}
	if s.Used == nil {
		s.Used = map[ResourceID]Usage{}
	}
}

// live changes a known run that has not ended: an end is final.
func (s *State) live(id RunID, change func(*Run)) {
	if r, ok := s.Runs[id]; ok && !r.Status.Done() {
		change(&r)
		s.Runs[id] = r
	}
}

// run changes a known run.
func (s *State) run(id RunID, change func(*Run)) {
	r, ok := s.Runs[id]
	if !ok {
		return
	}
	change(&r)
	s.Runs[id] = r
}

func (s *State) configure(e Configured) {
	s.Workspace.Name, s.Jobs = cmp.Or(e.Name, s.Workspace.Name), e.Jobs
	s.Problems, s.Untrusted, s.Rejected = nil, false, time.Time{}
	s.Detected, s.Locked = e.Detected, e.Locked
	all := slices.Clone(e.Tasks) // the event is shared with other states
	for _, name := range s.Order {
		if t := s.Units[name].Task; t.Found {
			all = append(all, t)
		}
	}
	s.declare(all)
}

// declare makes these the tasks of the workspace. Of two with one name, the
// first counts.
func (s *State) declare(all []Task) {
	complete(all)
	old, order := s.Units, s.Order
	s.Order, s.Units = nil, make(map[string]Unit, len(all))
	for _, t := range all {
		if _, twice := s.Units[t.Name]; twice {
			continue
		}
		u := old[t.Name]
		u.Task, u.Removed = t, false
		s.Order = append(s.Order, t.Name)
		s.Units[t.Name] = u
	}
	for _, name := range order {
		if _, still := s.Units[name]; still {
			continue
		}
		u := old[name]
		// A task that is gone from the file stays while something of it runs.
		if slices.ContainsFunc(u.Runs, func(id RunID) bool { return s.Runs[id].Status.Active() && !s.Runs[id].Observed }) {
			u.Up, u.Removed = false, true
			s.Order = append(s.Order, name)
			s.Units[name] = u
			continue
		}
		s.forget(u)
	}
}

// forget drops all runs of a task that is gone, and where its logs end.
func (s *State) forget(u Unit) {
	for _, id := range slices.Concat(u.Swept, u.Runs) {
		s.drop(id)
	}
	delete(s.Lines, logs.Key(u.Task.Name))
}

// drop takes a run out, with the logs that belong to it alone.
func (s *State) drop(id RunID) {
	for _, st := range s.Runs[id].Steps {
		if st.Log != s.Runs[id].Log {
			delete(s.Lines, st.Log)
		}
	}
	delete(s.Runs, id)
	delete(s.Usage, id)
	delete(s.Index, id)
}

func (s *State) queue(r Run) {
	u, ok := s.Units[r.Task]
	if !ok {
		return
	}
	r = r.clone() // the event is shared with other states
	r.Status, r.EndLine = Queued, -1
	if old, known := s.Runs[r.ID]; known {
		// A queued run may take over another cause.
		if old.Status == Queued {
			r.Holds = old.Holds
			s.Runs[r.ID] = r
		}
		return
	}
	s.Runs[r.ID] = r
	u.Runs = append(u.Runs, r.ID)
	if r.Sweep != nil { // what an earlier host swept is not the newest sweep any more
		for _, id := range u.Swept {
			s.drop(id)
		}
		u.Swept = nil
	}
	if r.Cause.Kind == ByRestart {
		u.Restarts++
	} else {
		u.Restarts = 0
	}
	s.trim(&u)
	s.Units[r.Task] = u
}

// trim drops the oldest of too many runs; the newest sweep stays whole.
func (s *State) trim(u *Unit) {
	if len(u.Runs) <= keptRuns {
		return
	}
	var sweep RunID
	count := 0
	for _, id := range slices.Backward(u.Runs) {
		w := s.Runs[id].Sweep
		if w != nil && sweep == "" {
			sweep = w.ID
		}
		if w == nil || w.ID != sweep {
			count++
		}
	}
	for ; count > keptRuns; count-- {
		// The oldest may be a long run that others were given up behind.
		i := slices.IndexFunc(u.Runs, func(id RunID) bool { return s.Runs[id].Status.Done() && (sweep == "" || !s.Runs[id].In(sweep)) })
		if i < 0 {
			break
		}
		s.drop(u.Runs[i])
		u.Runs = slices.Delete(u.Runs, i, i+1)
	}
}

func (s *State) end(e RunEnded) {
	delete(s.Index, e.ID)
	s.live(e.ID, func(r *Run) {
		r.Status, r.EndedAt, r.Exit, r.Error = e.Status, e.At, e.Exit, e.Error
		r.EndLine, r.Survivors, r.Holds, r.Probe, r.Stall = e.EndLine, e.Survivors, nil, "", nil
		if r.Sweep != nil && len(r.Metrics) > 0 {
			r.Metrics = maps.Clone(r.Metrics) // the map is shared with other states
			for name, m := range r.Metrics {
				m.Points = Thin(m.Points, keptSwept)
				r.Metrics[name] = m
			}
		}
		for i := range r.Tests {
			if n := len(r.Tests[i].Output); n > 0 && r.Tests[i].Output[n-1].To < 0 {
				// The slice is shared with other states.
				r.Tests[i].Output = slices.Clone(r.Tests[i].Output)
				r.Tests[i].Output[n-1].To = e.EndLine
			}
			// What was running when the run ended has no result.
			if r.Tests[i].Status == TestRunning {
				if began := r.Tests[i].Began; !began.IsZero() {
					r.Tests[i].Duration, r.Tests[i].Began = e.At.Sub(began), time.Time{}
				}
				r.Tests[i].Status = TestSkipped
				if e.Status == Failed {
					r.Tests[i].Status, r.Tests[i].Message = TestFailed, cmp.Or(r.Tests[i].Message, "did not finish: "+e.Error)
				}
			}
		}
	})
	delete(s.Usage, e.ID)
	// The last run of a task that is gone from the file takes the task along.
	task := e.ID.Task()
	if u, ok := s.Units[task]; ok && u.Removed {
		if _, active := s.Active(task); active {
			return
		}
		s.forget(u)
		delete(s.Units, task)
		s.Order = slices.DeleteFunc(s.Order, func(n string) bool { return n == task })
	}
}

// report takes over the result of a test, in the place of an earlier one.
func (s *State) report(r *Run, t TestResult) {
	i := s.testAt(r, TestName{t.Suite, t.Name})
	switch {
	case i >= 0:
		// A person wants to go to the line that names the place; without one,
		// to where the test was first told of.
		if old := r.Tests[i]; old.Line >= 0 && (old.Location.File != "" || t.Location.File == "") {
			t.Line = old.Line
		}
		r.Tests[i] = completed(t, r.Tests[i])
	case len(r.Tests) < keptTests:
		r.Tests = append(r.Tests, t)
		if at := s.Index[r.ID]; at != nil {
			at[TestName{t.Suite, t.Name}] = len(r.Tests) - 1
		}
	}
}

// testIndex is where in its run each test stands. It is no part of what a state
// says: states are equal whatever it holds.
type testIndex map[RunID]map[TestName]int

// Equal says that an index makes no difference.
func (testIndex) Equal(testIndex) bool { return true }

// fewTests are looked through faster than an index is kept.
const fewTests = 64

// testAt is where a test stands among those of a run; -1: it was not told of.
func (s *State) testAt(r *Run, name TestName) int {
	is := func(i int) bool { return r.Tests[i].Name == name.Name && r.Tests[i].Suite == name.Suite }
	if len(r.Tests) < fewTests {
		for i := range r.Tests {
			if is(i) {
				return i
			}
		}
		return -1
	}
	at := s.Index[r.ID]
	if len(at) != len(r.Tests) {
		at = make(map[TestName]int, 2*len(r.Tests))
		for i, t := range r.Tests {
			at[TestName{t.Suite, t.Name}] = i
		}
		if s.Index == nil {
			s.Index = testIndex{}
		}
		s.Index[r.ID] = at
	}
	if i, ok := at[name]; ok && is(i) {
		return i
	}
	return -1
}

// completed is a result with what only an earlier report of it knew: a file of
// results says how a test ended, and output what it printed.
func completed(t, old TestResult) TestResult {
	if t.Status != old.Status {
		if t.File == "" {
			t.File = old.File
		}
		return t
	}
	t.File, t.Message, t.Diff = cmp.Or(t.File, old.File), cmp.Or(t.Message, old.Message), cmp.Or(t.Diff, old.Diff)
	t.Location, t.Duration = cmp.Or(t.Location, old.Location), cmp.Or(t.Duration, old.Duration)
	t.Began = cmp.Or(old.Began, t.Began)
	if t.Output == nil {
		t.Output, t.Events = old.Output, old.Events
	}
	return t
}

func upsertStep(steps []Step, st Step) []Step {
	for i := range steps {
		if steps[i].Name == st.Name && steps[i].Parent == st.Parent {
			steps[i] = st
			return steps
		}
	}
	if len(steps) >= keptSteps {
		return steps
	}
	return append(steps, st)
}

func upsertArtifact(artifacts []Artifact, a Artifact) []Artifact {
	for i := range artifacts {
		if artifacts[i].Name == a.Name && artifacts[i].Path == a.Path && artifacts[i].URL == a.URL {
			artifacts[i] = a
			return artifacts
		}
	}
	if len(artifacts) >= keptArtifacts {
		return artifacts
	}
	return append(artifacts, a)
}

// addPoint keeps the newest points; when there are too many, every second one
// of the older half goes, so that the whole course stays visible.
func (r *Run) addPoint(name string, p Point) {
	if r.Metrics == nil {
		r.Metrics = map[string]Series{}
	}
	m, known := r.Metrics[name]
	if !known && len(r.Metrics) >= keptMetrics {
		return
	}
	m.Last = p
	m.Points = append(m.Points, p)
	if len(m.Points) > keptPoints {
		thin := m.Points[:0:0]
		for i, q := range m.Points {
			if i >= keptPoints/2 || i%2 == 0 {
				thin = append(thin, q)
			}
		}
		m.Points = thin
	}
	r.Metrics[name] = m
}

func (s *State) acknowledge(ids []AlertID) {
	current := map[AlertID]time.Time{}
	for _, a := range s.alerts() {
		current[a.ID] = s.since(a)
	}
	for _, id := range ids {
		if at, ok := current[id]; ok {
			s.Acked[id] = at
		}
	}
	for id := range s.Acked {
		if _, ok := current[id]; !ok {
			delete(s.Acked, id)
		}
	}
}
