package steps

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// RunHere asks to run the task of this machine that does what a job does.
type RunHere struct{ Task string }

// ShowBeside asks to show a job's log, and that of the same task here beside it.
type ShowBeside struct {
	OpenLog
	Task string
}

// same is the job under the cursor, and the task here that does the same.
type same struct {
	job  tasks.Step
	task tasks.Task
}

// mostBeside bounds the tests that are shown of both sides.
const mostBeside = 6

// lookHere finds the task here for the job that the cursor is in.
func (s *Screen) lookHere(f screen.Frame) {
	s.same = same{}
	for i := s.at; i >= 0 && i < len(s.rows); i-- {
		r := s.rows[i]
		if r.depth > 0 {
			continue
		}
		if t, ok := f.State.SameHere(r.step.Name); ok && f.State.Units[f.Unit].Task.Remote() {
			s.same = same{r.step, t}
		}
		return
	}
}

// hereActions are what can be done with the task here.
func (s *Screen) hereActions() []action.Action {
	run := action.Action{
		ID: "steps.here", Title: "Run here what the job does", Group: "Steps", Keys: []string{"h"}, Writes: true,
		Disabled: "no task here does what this job does (same_as: names it)",
	}
	beside := action.Action{
		ID: "steps.beside", Title: "Show its log beside that of the same task here", Group: "Steps", Keys: []string{"v"},
		Disabled: run.Disabled,
	}
	if t := s.same.task; t.Name != "" {
		job := s.same.job
		run.Title, run.Hint, run.Disabled = "Run "+t.Name+" here, which does what "+job.Name+" does", "run here", ""
		run.Do = func() tea.Cmd { return func() tea.Msg { return RunHere{t.Name} } }
		beside.Hint, beside.Disabled = "beside here", ""
		beside.Do = func() tea.Cmd {
			return func() tea.Msg { return ShowBeside{OpenLog{Key: job.Log, Name: job.Name}, t.Name} }
		}
		if job.Log == "" {
			beside.Hint, beside.Disabled = "", "its system has no log of "+job.Name+" yet"
		}
	}
	return []action.Action{run, beside}
}

// here draws how the task here stands beside the job, and the tests in which they
// differ or agree to fail.
func (s *Screen) here(f screen.Frame, r tasks.Run) []string {
	job, t := s.same.job, s.same.task
	if t.Name == "" {
		return nil
	}
	in := f.Ink
	here, ran := f.State.Finished(t.Name)
	if active, running := f.State.Active(t.Name); running {
		here, ran = active, true
	}
	lines := []string{cell.Spaces(f.W), cell.NewLine(f.W).Put(in.Border, "──").Put(in.Heading, " "+job.Name+" beside "+t.Name+" here ").Rule(in.Border, 0).String()}
	side := func(label string, status tasks.Status, text string) {
		glyph, word := screen.StatusWord(status)
		lines = append(lines, cell.NewLine(f.W).Put(in.Muted, "  "+label).Put(inkOf(status, in.Running, in), glyph+" ").Put(in.Text, word).Put(in.Muted, "  "+text).String())
	}
	side("there  ", job.Status, took(job, 0, f.Now))
	if !ran {
		lines = append(lines, cell.NewLine(f.W).Put(in.Muted, "  here   ").Put(in.Faint, "○ ").Put(in.Muted, "has not run: h runs it").String())
	} else {
		text := screen.Short(here.Duration(f.Now))
		if here.Status.Done() {
			text += "  " + screen.Age(here.EndedAt, f.Now) + " ago"
		}
		side("here   ", here.Status, text)
	}
	all := tasks.Beside(job.Name, r, here)
	for i, b := range all {
		if i == mostBeside && len(all) > mostBeside+1 {
			lines = append(lines, cell.NewLine(f.W).Put(in.Muted, fmt.Sprintf("         and %d more", len(all)-i)).String())
			break
		}
		l := cell.NewLine(f.W).Put(in.Text, "  "+cell.Cut(b.Name, max(12, f.W/3))).Put(in.Muted, "  there ")
		put := func(st tasks.TestStatus) {
			switch st {
			case tasks.TestFailed:
				l.Put(in.Failed, "✖")
			case tasks.TestPassed:
				l.Put(in.Succeeded, "✓")
			default:
				l.Put(in.Faint, "–")
			}
		}
		put(b.There)
		l.Put(in.Muted, " here ")
		put(b.Here)
		lines = append(lines, l.Put(in.Muted, "  "+b.Message).String())
	}
	return lines
}
