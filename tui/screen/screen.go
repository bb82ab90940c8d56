// Package screen is what every screen and detail tab is given to draw: the
// state, the selection and the room. It also says how a task looks (glyph, word
// and one number), so that it looks the same everywhere; it changes nothing.
package screen

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// Frame is what a screen is given to draw.
type Frame struct {
	W, H    int
	Focused bool
	// State is the screen's own copy; only read it.
	State *tasks.State
	// Unit is the selected task's name, empty when a group is selected; Group is
	// the names of a selected group's members.
	Unit  string
	Group []string
	// Chosen is the run of the unit that a person looks at; empty: the one that
	// matters now.
	Chosen tasks.RunID
	Now    time.Time
	Ink    *theme.Inks
	// Usage is the course of what the unit took, oldest first.
	Usage []tasks.Usage
	// Version changes whenever State does.
	Version int
}

// Run is the run of the selected unit that is looked at: the chosen one, else the
// one that matters now.
func (f Frame) Run() (tasks.Run, bool) {
	if r, ok := f.State.Runs[f.Chosen]; ok && r.Task == f.Unit {
		return r, true
	}
	return f.State.Current(f.Unit)
}

// Empty fills the room with why there is nothing, and what would be there.
func (f Frame) Empty(why, what string) []string {
	lines := []string{cell.Spaces(f.W)}
	for _, s := range cell.Wrap(why, f.W-4) {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Muted, "  "+s).String())
	}
	for _, s := range cell.Wrap(what, f.W-4) {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Faint, "  "+s).String())
	}
	return cell.Block(lines, f.W, f.H)
}

// Fact is one line of a label and a text; a long text goes on below itself.
func (f Frame) Fact(ink theme.Ink, label, text string) []string {
	const column = 13
	var lines []string
	for i, s := range cell.Wrap(text, max(8, f.W-column-4)) {
		if i > 0 {
			label = ""
		}
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Muted, "  ").Column(f.Ink.Muted, label, column).Put(ink, s).String())
	}
	return lines
}

// Head is a heading line.
func (f Frame) Head(text string) string {
	return cell.NewLine(f.W).Put(f.Ink.Heading, "  "+text).String()
}

// Look is how a task is shown: never by colour alone.
type Look struct {
	Glyph string
	Ink   theme.Ink
	// Word is the state; Detail what it is about (a port, a command); Number the
	// one number that matters; Rank orders by urgency, worst first.
	Word, Detail, Number string
	NumberInk            theme.Ink
	Rank                 int
	// Ticks: the number changes every second.
	Ticks bool
}

// LookOf is how the task looks now.
func LookOf(s *tasks.State, name string, now time.Time, in *theme.Inks) Look {
	u := s.Units[name]
	if u.Task.IsService() {
		return serviceLook(s, u, now, in)
	}
	return taskLook(s, u, now, in)
}

func serviceLook(s *tasks.State, u tasks.Unit, now time.Time, in *theme.Inks) Look {
	name := u.Task.Name
	r, began := s.Current(name)
	l := Look{Glyph: "○", Ink: in.Faint, Word: "stopped", NumberInk: in.Muted, Rank: 6, Detail: ports(r, u)}
	if !began {
		l.Detail, l.Number = ports(tasks.Run{}, u), "stopped"
		return l
	}
	if u.Restarts > 0 {
		l.Detail = strings.TrimSpace(l.Detail + " restart " + strconv.Itoa(u.Restarts))
	}
	switch r.Status {
	case tasks.Ready:
		l.Glyph, l.Ink, l.Word, l.Rank = "●", in.Succeeded, "up", 4
		if usage, ok := s.Usage[r.ID]; ok {
			l.Number = Percent(usage.CPU)
		} else {
			l.Number = "up"
		}
		if u.Restarts >= 3 {
			l.Glyph, l.Ink, l.Word, l.Rank = "▲", in.Warning, "unstable", 1
		}
	case tasks.Running:
		l.Glyph, l.Ink, l.Word, l.Rank = "◐", in.Running, "starting", 2
		l.Number, l.NumberInk = "starting", in.Running
		if r.Probe != "" {
			l.Detail = r.Probe
		}
	case tasks.Stopping:
		l.Glyph, l.Ink, l.Word, l.Rank = "◐", in.Running, "stopping", 2
		l.Number, l.NumberInk = "stopping", in.Running
	case tasks.Queued:
		return waitingLook(l, s, u, r, now, in)
	case tasks.Failed:
		l.Glyph, l.Ink, l.Word, l.Rank = "✖", in.Failed, "failed", 0
		l.Number, l.NumberInk = ended(r), in.Failed
	case tasks.Skipped:
		l.Word, l.Number, l.Detail = "skipped", "skipped", r.Error
	default:
		l.Number = "stopped"
	}
	if len(r.Survivors) > 0 {
		l.Glyph, l.Ink, l.Word, l.Rank = "✖", in.Failed, "left over", 0
		l.Number, l.NumberInk = fmt.Sprintf("%d left", len(r.Survivors)), in.Failed
	}
	return l
}

// waitingLook is of a run that waits; a service that restarts too often looks
// like the failure that it is.
func waitingLook(l Look, s *tasks.State, u tasks.Unit, r tasks.Run, now time.Time, in *theme.Inks) Look {
	l.Glyph, l.Ink, l.Word, l.Rank = "◌", in.Muted, "waiting", 3
	l.Number = "waiting"
	for _, h := range r.Holds {
		if h.Stuck {
			l.Glyph, l.Ink, l.Word, l.Rank = "▲", in.Warning, "stuck", 1
			l.Number, l.NumberInk, l.Detail = "stuck", in.Warning, h.Why
			return l
		}
	}
	if last, ok := s.Finished(u.Task.Name); ok && last.Status == tasks.Failed && r.Cause.Kind == tasks.ByRestart {
		l.Glyph, l.Ink, l.Word, l.Rank = "▲", in.Warning, "restarting", 1
		l.NumberInk = in.Warning
		l.Number = ended(last)
		if wait := r.NotBefore.Sub(now); wait > 0 {
			l.Number, l.Ticks = "in "+Short(wait), true
		}
		return l
	}
	if len(r.Holds) > 0 {
		l.Detail = r.Holds[0].Why
		if on := r.Holds[0].On; on != "" {
			l.Number = "waits " + on
		}
	}
	return l
}

func taskLook(s *tasks.State, u tasks.Unit, now time.Time, in *theme.Inks) Look {
	r, began := s.Current(u.Task.Name)
	l := Look{Glyph: "○", Ink: in.Faint, Word: "not run yet", NumberInk: in.Muted, Rank: 6, Detail: u.Task.Title}
	if len(u.Pinned) > 0 {
		l.Detail = onlyPinned(u.Pinned)
	}
	if u.Task.Spec.Watch != nil {
		l.Number = "watch"
		if !u.Up {
			l.Number = "watch off"
		}
	}
	if !began {
		return l
	}
	if u.Task.Spec.Watch != nil && !u.Up && r.Status.Done() && len(u.Pinned) == 0 {
		l.Detail = "watch off" // or a person waits for saves in vain
	}
	if r.Sweep != nil {
		return sweepLook(l, s, *r.Sweep, in)
	}
	fails := Failures(r)
	switch r.Status {
	case tasks.Queued:
		return waitingLook(l, s, u, r, now, in)
	case tasks.Running, tasks.Ready:
		l.Glyph, l.Ink, l.Word, l.Rank = "◐", in.Running, "running", 2
		l.Number, l.NumberInk, l.Ticks = Short(r.Duration(now)), in.Running, true
		if m, ok := headline(r); ok {
			l.Number, l.Ticks = m, false
		}
		if fails > 0 {
			l.Number, l.NumberInk, l.Ticks = strconv.Itoa(fails)+" fail", in.Failed, false
		}
		if w, ok := s.Waiting(u.Task.Name); ok {
			l.Detail = "+1 waits: " + w.Cause.String()
		}
		if len(r.Holds) > 0 { // it goes on elsewhere, as far as is known
			l.Word, l.Number, l.Ticks, l.Detail = "out of sight", "out of sight", false, r.Holds[0].Why
			if r.Holds[0].Stuck {
				l.Glyph, l.Ink, l.NumberInk, l.Rank = "▲", in.Warning, in.Warning, 1
			}
		}
	case tasks.Stopping:
		l.Glyph, l.Ink, l.Word, l.Number, l.Rank = "◐", in.Running, "stopping", "stopping", 2
	case tasks.Succeeded:
		l.Glyph, l.Ink, l.Word, l.Number, l.Rank = "✓", in.Succeeded, "succeeded", Short(r.Duration(now)), 5
		if m, ok := headline(r); ok {
			l.Number = m
		}
		if left := s.Left(u.Task.Name); left > 0 { // it did only chosen tests, and others are red
			l.Glyph, l.Ink, l.Word, l.Rank = "✖", in.Failed, "failed", 0
			l.Number, l.NumberInk = strconv.Itoa(left)+" fail", in.Failed
		}
	case tasks.Failed:
		l.Glyph, l.Ink, l.Word, l.Rank = "✖", in.Failed, "failed", 0
		l.Number, l.NumberInk = ended(r), in.Failed
		if fails > 0 {
			l.Number = strconv.Itoa(fails+s.Left(u.Task.Name)) + " fail"
		}
	case tasks.Skipped:
		l.Word, l.Number = "skipped", "skipped"
	default:
		l.Word, l.Number = string(r.Status), string(r.Status)
	}
	return l
}

// sweepLook is of a task that is swept, or was at last: how many of its runs have
// ended, and then the best of them.
func sweepLook(l Look, s *tasks.State, w tasks.Sweep, in *theme.Inks) Look {
	runs := s.SweepRuns(w.ID)
	count := map[tasks.Status]int{}
	done := 0
	for _, r := range runs {
		count[r.Status]++
		if r.Status.Done() {
			done++
		}
	}
	failed := count[tasks.Failed]
	if failed > 0 {
		l.Detail = fmt.Sprintf("%d of its runs failed", failed)
	}
	switch {
	case done < len(runs):
		l.Glyph, l.Ink, l.Word, l.Rank = "◐", in.Running, "running", 2
		l.Number, l.NumberInk = fmt.Sprintf("sweep %d/%d", done, w.Runs), in.Running
	case failed > 0:
		l.Glyph, l.Ink, l.Word, l.Rank = "✖", in.Failed, "failed", 0
		l.Number, l.NumberInk = fmt.Sprintf("%d/%d failed", failed, w.Runs), in.Failed
	case count[tasks.Succeeded] > 0:
		l.Glyph, l.Ink, l.Word, l.Rank = "✓", in.Succeeded, "succeeded", 5
		l.Number = fmt.Sprintf("sweep %d/%d", count[tasks.Succeeded], w.Runs)
	default:
		l.Word, l.Number = string(runs[0].Status), string(runs[0].Status)
	}
	if done == len(runs) && count[tasks.Succeeded] > 0 {
		metric := runs[len(runs)-1].Primary()
		if i := tasks.BestOf(runs, metric); i >= 0 && failed == 0 {
			l.Number = "★ " + Number(runs[i].Metrics[metric].Last.Value)
		}
	}
	return l
}

// onlyPinned says what a save runs.
func onlyPinned(names []tasks.TestName) string {
	if len(names) == 1 {
		return "only " + cmp.Or(names[0].Name, names[0].Suite)
	}
	return fmt.Sprintf("only %d pinned tests", len(names))
}

// headline is the metric that stands for the run: its loss when it has one.
func headline(r tasks.Run) (string, bool) {
	names := r.MetricNames()
	if len(names) == 0 {
		return "", false
	}
	return names[0] + " " + Number(r.Metrics[names[0]].Last.Value), true
}

// ended is how a run ended, in a few words: what it was stopped for, where it did not
// end by itself.
func ended(r tasks.Run) string {
	const room = len("not ready within 30s")
	if cause, _, more := strings.Cut(r.Error, ": "); r.Exit != nil && r.Exit.Signal != "" && more && len(cause) <= room {
		return cause
	}
	if r.Exit != nil {
		return r.Exit.String()
	}
	return "failed"
}

func ports(r tasks.Run, u tasks.Unit) string {
	var all []string
	for _, p := range u.Task.Spec.Ports {
		n := p.Number
		if chosen, ok := r.Ports[p.Name]; ok {
			n = chosen
		}
		if n > 0 {
			all = append(all, ":"+strconv.Itoa(n))
		}
	}
	return strings.Join(all, " ")
}

// Failures is how many tests of the run failed, or its error diagnostics where none did.
func Failures(r tasks.Run) int {
	n := r.Failed()
	if n > 0 {
		return n
	}
	for _, d := range r.Diagnostics {
		if d.Severity == tasks.Error {
			n++
		}
	}
	return n
}
