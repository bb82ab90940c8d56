package tui

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// wheel gathers wheel steps that come faster than they could be seen. Filter is
// called by the goroutine that calls Update; the timer by another.
type wheel struct {
	mu   sync.Mutex
	last time.Time
	sum  wheelMsg
}

// wheelMsg is several wheel steps at one place.
type wheelMsg struct{ x, y, lines int }

const (
	wheelEvery = 16 * time.Millisecond
	wheelLines = 3
)

// Filter drops what would only be drawn over: wheel steps and mouse motion that
// come faster than frames. Steps are added up, none is lost.
func (s *Screen) Filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		s.wheel.mu.Lock()
		defer s.wheel.mu.Unlock()
		switch msg.Button {
		case tea.MouseWheelUp:
			s.wheel.sum.lines -= wheelLines
		case tea.MouseWheelDown:
			s.wheel.sum.lines += wheelLines
		}
		s.wheel.sum.x, s.wheel.sum.y = msg.X, msg.Y
		if time.Since(s.wheel.last) < wheelEvery {
			return wheelLaterMsg{}
		}
		s.wheel.last = time.Now()
		sum := s.wheel.sum
		s.wheel.sum.lines = 0
		return sum
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseNone {
			return nil
		}
		s.wheel.mu.Lock()
		defer s.wheel.mu.Unlock()
		if time.Since(s.wheel.last) < wheelEvery {
			return nil
		}
		s.wheel.last = time.Now()
	}
	return msg
}

// wheelLaterMsg says that wheel steps wait for the end of the interval.
type wheelLaterMsg struct{}

// flushWheel brings the steps that were held back.
func (s *Screen) flushWheel() tea.Cmd {
	wait := s.later(wheelEvery, wheelLaterMsg{})
	return func() tea.Msg {
		if wait() == nil {
			return nil
		}
		s.wheel.mu.Lock()
		defer s.wheel.mu.Unlock()
		sum := s.wheel.sum
		s.wheel.sum.lines = 0
		if sum.lines == 0 {
			return nil
		}
		return sum
	}
}

// paneAt is the pane at a cell.
func (s *Screen) paneAt(x, y int) (pane, rect, bool) {
	r := s.rects
	switch {
	case r.Tree.Contains(x, y):
		return treePane, r.Tree, true
	case r.Detail.Contains(x, y):
		return detailPane, r.Detail, true
	case r.Strip.Contains(x, y):
		return stripPane, r.Strip, true
	}
	for i, p := range r.Pins {
		if p.Contains(x, y) {
			return firstPin + pane(i), p, true
		}
	}
	return 0, rect{}, false
}

// scroll scrolls the pane under the mouse; it moves no focus.
func (s *Screen) scroll(m wheelMsg) tea.Cmd {
	if s.overlay != nil {
		s.overlay.scroll(m.lines)
		return nil
	}
	p, r, ok := s.paneAt(m.x, m.y)
	if !ok {
		return nil
	}
	switch p {
	case treePane:
		s.tree.Scroll(m.lines)
	case detailPane:
		s.detail.touched++
		if s.detail.tab() == logsTab {
			return s.detail.logs.did(s.detail.logs.tab.Wheel(m.lines))
		}
		if s.detail.tab() == testsTab {
			s.detail.tests.Wheel(m.x-r.X, m.y-r.Y-2, m.lines)
			return nil
		}
		s.detail.move(m.lines)
	case stripPane:
		s.strip.move(m.lines / wheelLines)
	default:
		return s.wheelPin(p, m.lines)
	}
	return nil
}

// mouseMsg takes a click or a drag.
func (s *Screen) mouseMsg(msg tea.MouseMsg) tea.Cmd {
	if s.rects.Small {
		return nil // nothing to click on is shown
	}
	m := msg.Mouse()
	click, isClick := msg.(tea.MouseClickMsg)
	if s.overlay != nil {
		if isClick {
			return s.overlay.click(s, m.X, m.Y)
		}
		return nil
	}
	p, r, ok := s.paneAt(m.X, m.Y)
	if !isClick {
		// Drags belong to the log, also where they leave it.
		if log, ok := s.focusedPin(); ok {
			at := s.rects.Pins[s.focus-firstPin]
			return log.logs.mouse(msg, m.X-at.X, m.Y-at.Y-1)
		}
		d := s.rects.Detail
		if s.focus == detailPane && s.detail.tab() == logsTab && !d.Empty() {
			return s.detail.logs.mouse(msg, m.X-d.X, m.Y-d.Y-2)
		}
		return nil
	}
	if !ok || click.Button != tea.MouseLeft {
		return nil
	}
	again := s.focus == p
	s.setFocus(p)
	s.detail.touched++
	switch p {
	case treePane:
		return s.clickTree(m.Y - r.Y)
	case detailPane:
		return s.clickDetail(msg, m.X-r.X, m.Y-r.Y)
	case stripPane:
		before := s.strip.at
		s.strip.choose(s.strip.top + m.Y - r.Y - 1)
		if a, ok := s.strip.selected(); ok && again && s.strip.at == before && m.Y > r.Y {
			return s.openAlert(a)
		}
	default:
		if log, ok := s.focusedPin(); ok && m.Y > r.Y {
			return log.logs.mouse(msg, m.X-r.X, m.Y-r.Y-1)
		}
	}
	return nil
}

func (s *Screen) clickTree(y int) tea.Cmd {
	if s.filtering != nil || s.tree.Filter() != "" {
		y--
	}
	before, _ := s.tree.Selected()
	if !s.tree.Click(y) {
		return nil
	}
	// A click on a group's heading folds it, once it is selected.
	if n, _ := s.tree.Selected(); n.Group == "" && n.ID == before.ID {
		s.tree.Toggle(n.ID)
	}
	return nil
}

func (s *Screen) clickDetail(msg tea.MouseMsg, x, y int) tea.Cmd {
	switch {
	case y == 0:
		if t, ok := s.detail.tabAt(x); ok {
			s.detail.setTab(t)
		}
	case y >= 2 && s.detail.tab() == logsTab:
		return s.detail.logs.mouse(msg, x, y-2)
	case y >= 2:
		s.detail.click(x, y-2)
	}
	return nil
}
