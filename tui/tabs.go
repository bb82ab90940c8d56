package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/screen/compare"
	"github.com/sawhorse-dev/sawhorse/tui/screen/history"
	logtab "github.com/sawhorse-dev/sawhorse/tui/screen/logs"
	"github.com/sawhorse-dev/sawhorse/tui/screen/overview"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/screen/steps"
	"github.com/sawhorse-dev/sawhorse/tui/screen/sweep"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
)

// reading is a tab that reads in commands.
type reading interface {
	Owns(msg tea.Msg) bool
	Update(msg tea.Msg)
}

// tabMsg does what a tab asks of the screen; every other message is a tab's own.
func (s *Screen) tabMsg(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case logtab.Copy:
		return s.copyText(m.Text)
	case logtab.OpenPlace:
		return s.edit(m.Location)
	case steps.RunHere:
		return s.rerun(m.Task)
	case steps.ShowBeside:
		s.detail.openStep(m.OpenLog)
		s.stale()
		switch {
		case s.pinned(m.Task) >= 0:
			return nil
		case len(s.pins) == maxPins:
			return s.toast(tasks.Info, "unpin a log first: P")
		}
		return s.togglePin(m.Task)
	case steps.OpenLog:
		s.detail.openStep(m)
		s.stale()
		return nil
	case tests.OpenPlace:
		return s.edit(m.Location)
	case history.Compare:
		return s.compareLocal(m.Runs)
	case resource.Compare:
		return s.compareRows(m.Rows)
	case compare.Diff:
		return s.showDiff(m)
	case compare.Drop:
		return s.drop(m.ID)
	case comparedMsg:
		return s.compared(m)
	case compareMsg:
		return s.compareAgain(m)
	case history.Open:
		if m.Run.Log != logs.Key(m.Run.Task) { // it has a log of its own
			s.detail.openStep(steps.OpenLog{Key: m.Run.Log, Name: string(m.Run.ID)})
			s.stale()
			return nil
		}
		return s.goToLine(m.Run.Task, m.Run.Log, m.Run.FirstLine)
	case sweep.Open:
		s.choose(m.ID)
		return nil
	case resource.Open:
		if s.tree.Select(string(m.ID)) {
			s.setFocus(detailPane)
		}
		return nil
	case overview.Open:
		if s.tree.Select(m.Name) {
			s.setFocus(detailPane)
		}
		return nil
	case logtab.OpenText:
		return s.openText(m)
	case logtab.Stream:
		return s.stream(m.Keys, m.Filter)
	case logtab.Resync:
		s.stale()
		return nil
	}
	for _, t := range []reading{s.detail.tests, s.detail.history} {
		if t.Owns(msg) {
			s.detail.touched++
			t.Update(msg)
			return nil
		}
	}
	for _, p := range s.logPanes() {
		if p.tab.Owns(msg) {
			return p.did(p.tab.Update(msg))
		}
	}
	return nil
}
