// Package notify says what a person who looks elsewhere should hear, and in
// which words their terminal is told. It never writes to the terminal and
// remembers nothing: everything follows from the state.
package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// When is when a person wants to hear of things.
type When string

// The answers. Empty is Unfocused.
const (
	Unfocused When = "unfocused"
	Always    When = "always"
	Never     When = "never"
)

// Focus is whether the terminal has the focus. A terminal that does not say is
// Unknown, and taken as looked at.
type Focus int

// The focus.
const (
	Unknown Focus = iota
	Focused
	Blurred
)

// Wanted says whether a person wants to hear of anything now.
func (w When) Wanted(f Focus) bool {
	switch w {
	case Always:
		return true
	case Never:
		return false
	}
	return f == Blurred
}

// steady is how long a service must have run for its end to be news while it is
// restarted again and again.
const steady = 10 * time.Second

// News is what an event has to say to a person who looks elsewhere; empty for
// nothing. The state is the one after the event; after is how long a run must
// have taken for its end to be told.
func News(s *tasks.State, e tasks.Event, after time.Duration) string {
	end, ok := e.(tasks.RunEnded)
	if !ok {
		return ""
	}
	r, known := s.Runs[end.ID]
	if known && r.Sweep != nil {
		return sweepNews(s, *r.Sweep, after)
	}
	if !known || r.Status != tasks.Succeeded && r.Status != tasks.Failed {
		// Who cancelled it knows; what went stale is run again.
		return ""
	}
	if s.Units[r.Task].Task.IsService() {
		return serviceNews(s, r)
	}
	if broken := broke(s, r); len(broken) > 0 {
		return fmt.Sprintf("✖ %s: %s broke: %s", r.Task, tasks.Counted(len(broken), "test"), tasks.Few(broken))
	}
	took, name := r.Duration(r.EndedAt), r.Task
	switch remote := s.Units[r.Task].Task.Remote(); {
	case remote: // who triggered it has gone on to something else, however short it was
		name = string(r.ID)
	case took <= after:
		return ""
	}
	took = took.Round(time.Second)
	if r.Status == tasks.Succeeded {
		text := fmt.Sprintf("✓ %s succeeded after %s", name, took)
		if metric := r.Primary(); metric != "" {
			text += fmt.Sprintf(", %s %.4g", metric, r.Metrics[metric].Last.Value)
		}
		return text
	}
	return strings.TrimSuffix(fmt.Sprintf("✖ %s failed after %s: %s", name, took, r.Error), ": ")
}

func serviceNews(s *tasks.State, r tasks.Run) string {
	if r.Status != tasks.Failed {
		return ""
	}
	before, ok := previous(s, r)
	if ok && before.Status == tasks.Failed && r.Cause.Kind == tasks.ByRestart && r.Duration(r.EndedAt) < steady {
		return "" // it goes round and round: that has been told
	}
	return strings.TrimSuffix(fmt.Sprintf("✖ %s went down: %s", r.Task, r.Error), ": ")
}

// sweepNews is the end of a sweep: that of its last run.
func sweepNews(s *tasks.State, w tasks.Sweep, after time.Duration) string {
	if s.Sweeping(w) {
		return ""
	}
	runs := s.SweepRuns(w.ID)
	succeeded, failed := 0, 0
	var began, ended time.Time
	for _, r := range runs {
		switch r.Status {
		case tasks.Succeeded:
			succeeded++
		case tasks.Failed:
			failed++
		}
		if !r.StartedAt.IsZero() && (began.IsZero() || r.StartedAt.Before(began)) {
			began = r.StartedAt
		}
		if r.EndedAt.After(ended) {
			ended = r.EndedAt
		}
	}
	if succeeded+failed < len(runs) || ended.Sub(began) <= after {
		return "" // who stopped it knows
	}
	news := fmt.Sprintf("✓ the sweep %s: %d of %d succeeded", w.ID, succeeded, len(runs))
	if failed > 0 {
		news = fmt.Sprintf("✖ the sweep %s: %d of %d failed", w.ID, failed, len(runs))
	}
	metric := runs[len(runs)-1].Primary()
	if i := tasks.BestOf(runs, metric); i >= 0 {
		news += fmt.Sprintf(", best %s %.4g in %s", metric, runs[i].Metrics[metric].Last.Value, runs[i].ID)
	}
	return news
}

// previous is the task's finished run before r.
func previous(s *tasks.State, r tasks.Run) (tasks.Run, bool) {
	found := false
	for _, id := range slices.Backward(s.Units[r.Task].Runs) {
		if found && s.Runs[id].Status.Done() {
			return s.Runs[id], true
		}
		found = found || id == r.ID
	}
	return tasks.Run{}, false
}

// broke are the tests that fail in r and did not when they were last run.
func broke(s *tasks.State, r tasks.Run) []string {
	var names []string
	for _, t := range r.Failures() {
		if lastStatus(s, r, t) != tasks.TestFailed {
			names = append(names, t.Name)
		}
	}
	return names
}

// lastStatus is how the test ended in the newest earlier run that has it, or all of
// its file or package.
func lastStatus(s *tasks.State, r tasks.Run, t tasks.TestResult) tasks.TestStatus {
	earlier := false
	for _, id := range slices.Backward(s.Units[r.Task].Runs) {
		if !earlier {
			earlier = id == r.ID
			continue
		}
		run := s.Runs[id]
		named := false // the passes of the suite
		for _, old := range run.Tests {
			named = named || old.Suite == t.Suite && old.Status == tasks.TestPassed
			if old.Suite == t.Suite && old.Name == tasks.WholeFile && old.Status == tasks.TestPassed && !run.Partial() {
				return tasks.TestPassed
			}
			if old.Suite == t.Suite && old.Name == t.Name && (old.Status == tasks.TestFailed || old.Status == tasks.TestPassed) {
				return old.Status
			}
		}
		if run.Status.Done() && !named && !run.Partial() && run.Through(t.Suite) {
			return tasks.TestPassed // others of its suite failed, and it did not
		}
	}
	return ""
}

// Text joins what happened at once to one message.
func Text(news []string) string {
	const shown = 3
	if len(news) > shown {
		news = append(slices.Clone(news[:shown]), fmt.Sprintf("and %d more", len(news)-shown))
	}
	return strings.Join(news, "; ")
}
