package tasks

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// AlertID names an alert so that it is known again when it is reported anew.
type AlertID string

// Alert is one row of the ATTENTION strip: what broke, where, and what leads there.
type Alert struct {
	ID       AlertID  `json:"id"`
	Severity Severity `json:"severity"`
	// Source is a short word: "test", "task", "svc", "config", "watch", "host".
	Source string `json:"source"`
	Task   string `json:"task,omitempty"`
	Run    RunID  `json:"run,omitempty"`
	// Resource is the outside thing that it is about.
	Resource ResourceID `json:"resource,omitempty"`
	// Test is the test that failed, of a task's tests.
	Test TestName `json:"test,omitzero"`
	// Title names what broke: a test, a service, a file.
	Title    string    `json:"title"`
	Location Location  `json:"location,omitzero"`
	Message  string    `json:"message"`
	Hint     string    `json:"hint,omitempty"`
	At       time.Time `json:"at"`
	// Log and Line are where it is told; Line is -1 when unknown.
	Log  logs.Key `json:"log,omitempty"`
	Line int64    `json:"line"`
}

// Alerts is what needs a person's attention now and is not acknowledged,
// newest first. It is a view of the state: an alert goes when its cause goes.
func (s State) Alerts() []Alert {
	return slices.DeleteFunc(s.alerts(), func(a Alert) bool {
		at, ok := s.Acked[a.ID]
		return ok && !s.since(a).After(at)
	})
}

// since is what an acknowledgement holds for: the run that the alert is about,
// however it goes on, or the moment where there is no run.
func (s State) since(a Alert) time.Time {
	r := s.Runs[a.Run]
	switch {
	case !r.QueuedAt.IsZero():
		return r.QueuedAt
	case !r.StartedAt.IsZero():
		return r.StartedAt
	}
	return a.At
}

func (s State) alerts() []Alert {
	var all []Alert
	for _, p := range s.Problems {
		file := p.Pos.File
		if rel, err := filepath.Rel(s.Workspace.Root, file); err == nil && filepath.IsLocal(rel) {
			file = filepath.ToSlash(rel)
		}
		all = append(all, Alert{
			ID: AlertID("config/" + p.Pos.String() + "/" + p.Message), Severity: Error, Source: "config", Title: filepath.Base(file),
			Location: Location{File: file, Line: p.Pos.Line, Column: p.Pos.Column},
			Message:  p.Message, Hint: cmp.Or(p.Hint, "the last good file stays in force"), At: s.Rejected, Line: -1,
		})
	}
	for _, n := range s.Notices {
		if n.Severity == Info {
			continue
		}
		all = append(all, Alert{
			ID: AlertID("notice/" + n.ID), Severity: n.Severity, Source: n.Source, Task: n.Task,
			Title: cmp.Or(n.Task, n.Source), Location: n.Location, Message: n.Message, Hint: n.Hint, At: n.At, Line: -1,
		})
	}
	all = append(all, s.outsideAlerts()...)
	for _, name := range s.Order {
		u := s.Units[name]
		if u.Task.IsService() {
			all = append(all, s.serviceAlerts(u)...)
		} else {
			all = append(all, s.taskAlerts(u)...)
			all = append(all, s.trainingAlerts(u)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Alert) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	// A compiler that says the same twice is one row.
	return slices.CompactFunc(all, func(a, b Alert) bool { return a.ID == b.ID })
}

// outsideAlerts tell of connections that the workspace needs, and of its own
// outside things that failed. What stands for a task is told by the task.
func (s State) outsideAlerts() []Alert {
	var all []Alert
	for _, p := range s.Providers {
		if p.Phase == PhaseFailed && p.Wanted {
			all = append(all, Alert{
				ID: AlertID("provider/" + p.Name), Severity: Warning, Source: p.Name, Title: p.Title,
				Message: p.Error, Hint: p.Hint, At: p.Since, Line: -1,
			})
		}
	}
	for _, r := range s.Resources {
		if !r.Own || r.Task != "" || r.Phase != PhaseFailed && r.Phase != PhaseWarning {
			continue
		}
		a := Alert{
			ID: AlertID("resource/" + string(r.ID) + "/" + r.Native), Severity: Warning, Source: r.ID.Provider(), Title: r.Name, Resource: r.ID,
			Message: cmp.Or(r.Reason, r.Native), At: r.Since, Log: r.Log, Line: -1,
		}
		if r.Phase == PhaseFailed {
			a.Severity = Error
		}
		all = append(all, a)
	}
	return all
}

// unstable is how many restarts in a row make a service worth a warning even
// while it is up.
const unstable = 3

func (s State) serviceAlerts(u Unit) []Alert {
	var all []Alert
	name := u.Task.Name
	last, ended := s.Finished(name)
	active, running := s.Active(name)
	switch {
	case ended && len(last.Survivors) > 0:
		all = append(all, survivorAlert(last))
	case ended && last.Status == Failed && (!running || active.Status == Running && !active.StartedAt.Before(last.EndedAt)):
		message := last.Error
		if u.Restarts > 0 {
			message += fmt.Sprintf(" (restarted %d×)", u.Restarts)
		}
		sev := Error
		if running {
			sev = Warning
		}
		all = append(all, Alert{ID: AlertID("down/" + name), Severity: sev, Title: name, Message: message, At: last.EndedAt, Run: last.ID})
	case running && u.Restarts >= unstable && ended:
		all = append(all, Alert{
			ID: AlertID("unstable/" + name), Severity: Warning, Title: name,
			Message: fmt.Sprintf("restarted %d×, last: %s", u.Restarts, last.Error), At: last.EndedAt, Run: last.ID,
		})
	}
	if w, ok := s.Waiting(name); ok {
		for _, h := range w.Holds {
			if h.Stuck {
				all = append(all, Alert{ID: AlertID("stuck/" + name), Severity: Warning, Title: name, Message: "waits: " + h.Why, At: w.QueuedAt, Run: w.ID})
				break
			}
		}
	}
	for i := range all {
		all[i].Source, all[i].Task, all[i].Log, all[i].Line = "svc", name, logs.Key(name), -1
		if r, ok := s.Runs[all[i].Run]; ok {
			all[i].Log = r.Log
			// A build that failed names its place, which then need not be said twice.
			placed := func(d Diagnostic) bool { return d.Severity == Error && d.Location.File != "" }
			if d := slices.IndexFunc(r.Diagnostics, placed); d >= 0 && r.Status == Failed {
				all[i].Location = r.Diagnostics[d].Location
				all[i].Message = strings.TrimPrefix(all[i].Message, all[i].Location.String()+": ")
			}
			if r.EndLine > r.FirstLine {
				all[i].Line = r.EndLine - 1
			}
		}
	}
	return all
}

// survivorAlert tells of processes that outlived their run.
func survivorAlert(r Run) Alert {
	return Alert{
		ID: AlertID("survivors/" + r.ID), Severity: Error, Source: "task", Task: r.Task, Run: r.ID, Title: r.Task,
		Message: survivorText(r.Survivors), Hint: "end it by hand: kill -9 " + pidList(r.Survivors), At: r.EndedAt,
		Log: r.Log, Line: -1,
	}
}

// verdict is the task's newest run that says something about the code: one
// that was cancelled or went stale does not, so what was known before stands.
func (s State) verdict(task string) (Run, bool) {
	for _, id := range slices.Backward(s.Units[task].Runs) {
		if r := s.Runs[id]; r.Status.Done() && r.Status != Cancelled && r.Status != Stale {
			return r, true
		}
	}
	return Run{}, false
}

func (s State) taskAlerts(u Unit) []Alert {
	all := s.ownAlerts(u)
	if !u.Task.Remote() {
		return all
	}
	for i, a := range all { // its system has operations for the run
		if r := s.Runs[a.Run]; r.External != "" {
			all[i].Resource = r.Outside(u.Task.Provider)
		}
	}
	return append(all, s.awaited(u)...)
}

// awaited are the runs of a task in another system that go on when a person there
// says so.
func (s State) awaited(u Unit) (all []Alert) {
	for _, id := range u.Runs {
		r := s.Runs[id]
		res, known := s.Resources[r.Outside(u.Task.Provider)]
		if r.Status.Done() || r.External == "" || !known || res.Phase != PhaseWarning {
			continue
		}
		a := rowOf(r)
		a.ID, a.Source, a.Severity, a.Title, a.Message = AlertID("waits/"+string(id)), u.Task.Provider, Warning, u.Task.Name, res.Reason
		a.Resource, a.Line = res.ID, -1
		all = append(all, a)
	}
	return all
}

// ownAlerts are those that a task's runs tell of.
func (s State) ownAlerts(u Unit) []Alert {
	var all []Alert
	if last, ended := s.Finished(u.Task.Name); ended && len(last.Survivors) > 0 {
		all = append(all, survivorAlert(last))
	}
	r, ok := s.verdict(u.Task.Name)
	if ok && r.Sweep != nil {
		return append(all, s.sweepAlerts(*r.Sweep)...)
	}
	if a, running := s.Active(u.Task.Name); running {
		// The last result stands until the new run has something to say of its own.
		if len(a.Diagnostics) > 0 || a.Failed() > 0 || !ok {
			r, ok = a, true
		}
	}
	if !ok {
		return all
	}
	for _, old := range s.left(r) {
		all = append(all, found(old)...)
	}
	if r.Status == Succeeded && r.Failed() == 0 {
		return all
	}
	rows := found(r)
	if len(rows) == 0 && r.Status.Done() && r.Status != Succeeded {
		a := rowOf(r)
		a.ID, a.Source, a.Title, a.Message, a.Line = AlertID("task/"+r.Task), "task", r.Task, r.Error, -1
		if r.EndLine > r.FirstLine {
			a.Line = r.EndLine - 1
		}
		rows = append(rows, a)
	}
	return append(all, rows...)
}

// sweepAlerts are one row for a sweep of whose runs some failed, which leads to
// the first of them.
func (s State) sweepAlerts(w Sweep) []Alert {
	var first Run
	failed := 0
	for _, r := range s.SweepRuns(w.ID) {
		if r.Status != Failed {
			continue
		}
		if failed++; failed == 1 {
			first = r
		}
	}
	if failed == 0 {
		return nil
	}
	a := rowOf(first)
	a.ID, a.Source, a.Title, a.Line = AlertID("sweep/"+w.ID), "task", first.Task, -1
	a.Message = fmt.Sprintf("%d of the %d runs of its sweep failed; %s: %s", failed, w.Runs, first.ID, first.Error)
	if first.EndLine > first.FirstLine {
		a.Line = first.EndLine - 1
	}
	return []Alert{a}
}

// rowOf is what the rows of a run have in common.
func rowOf(r Run) Alert {
	a := Alert{Severity: Error, Task: r.Task, Run: r.ID, Log: r.Log, At: r.EndedAt}
	if a.At.IsZero() {
		a.At = r.StartedAt
	}
	return a
}

// found are the rows of a run's failures and errors.
func found(r Run) (all []Alert) {
	for _, t := range r.Failures() {
		a := rowOf(r)
		a.ID, a.Source = AlertID("test/"+r.Task+"/"+t.Suite+"/"+t.Name), "test"
		a.Test = TestName{Suite: t.Suite, Name: t.Name}
		a.Title, a.Location, a.Message, a.Line = strings.TrimSpace(t.Suite+"  "+t.Shown()), t.Location, t.Message, t.Line
		a.Log = cmp.Or(t.Log, a.Log)
		all = append(all, a)
	}
	tests := all
	for _, d := range r.Diagnostics {
		if d.Severity == Info || d.Severity == Warning && r.Status == Succeeded || r.saidBetter(d, tests) {
			continue
		}
		a := rowOf(r)
		a.ID = AlertID("diag/" + r.Task + "/" + d.Location.String() + "/" + d.Message)
		a.Source, a.Severity, a.Title, a.Location, a.Message, a.Line = "task", d.Severity, r.Task, d.Location, d.Message, d.Line
		a.Log = cmp.Or(d.Log, a.Log)
		all = append(all, a)
	}
	return all
}

// saidBetter says whether a problem that another system tells of is one that its logs
// tell more of: the failure of a test, or a problem with its place.
func (r Run) saidBetter(d Diagnostic, tests []Alert) bool {
	if r.External == "" {
		return false
	}
	if d.Location.File == "" {
		return slices.ContainsFunc(r.Diagnostics, func(o Diagnostic) bool {
			return o.Location.File != "" && o.Message != "" && strings.Contains(d.Message, o.Message)
		})
	}
	return slices.ContainsFunc(tests, func(a Alert) bool { return a.Location.File == d.Location.File && a.Location.Line == d.Location.Line })
}

func survivorText(ps []Process) string {
	var b strings.Builder
	b.WriteString("still running after KILL:")
	for _, p := range ps {
		fmt.Fprintf(&b, " %d (%s)", p.PID, p.Command)
	}
	return b.String()
}

func pidList(ps []Process) string {
	var pids []string
	for _, p := range ps {
		pids = append(pids, fmt.Sprint(p.PID))
	}
	return strings.Join(pids, " ")
}
