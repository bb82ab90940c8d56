package logs

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// of names the tab that a message answers, and the generation that it was for.
type of struct {
	tab *Tab
	gen int
}

func (o of) owner() *Tab { return o.tab }

// The tab's own messages.
type (
	windowRead struct {
		of
		win    logview.Window
		marked int // which breaks its rows have
		err    error
	}
	looked struct {
		of
		bounds logview.Bounds
		hidden int64
		more   bool
		err    error
	}
	hunted struct {
		of
		hunt *hunt
	}
	surveyedMsg struct {
		of
		s *survey
	}
	rested struct{ of }
	found  struct {
		of
		pos  int64
		ok   bool
		what string
		dir  int // it was looked for in; 0: at a place
		err  error
		// bounds are a filter's at that time.
		bounds logview.Bounds
	}
	marksFound struct {
		of
		at   map[logview.ID]int64
		gone []logview.ID
	}
	// done is of no generation: it is told however the tab has gone on.
	done struct {
		of
		note string
		then tea.Msg
	}
)

// Owns says whether a message is the answer to a command of this tab.
func (t *Tab) Owns(msg tea.Msg) bool {
	m, ok := msg.(interface{ owner() *Tab })
	return ok && m.owner() == t
}

// Update takes the tab's own messages and ignores all others.
func (t *Tab) Update(msg tea.Msg) tea.Cmd {
	if !t.Owns(msg) {
		return nil
	}
	switch m := msg.(type) {
	case done:
		t.note = m.note
		if m.then != nil {
			return func() tea.Msg { return m.then }
		}
		return nil
	case marksFound:
		for _, id := range m.gone {
			t.keepMark(id, false)
		}
		if m.gen == t.gen {
			t.view.PlaceMarks(m.at)
		}
		return nil
	case windowRead:
		if m.gen == t.gen {
			return t.windowCame(m)
		}
	case looked:
		if m.gen == t.gen {
			return t.lookedFurther(m)
		}
	case hunted:
		if m.gen == t.gen && m.hunt == t.hunt {
			return t.huntedFurther(m.hunt)
		}
	case surveyedMsg:
		if m.gen == t.gen {
			return t.surveyed(m.s)
		}
	case rested:
		if m.gen == t.gen {
			t.idle = false
			if t.survey != nil && (!t.survey.job.started || t.survey.job.to < t.view.Bounds().End) {
				return t.surveyOn()
			}
		}
	case found:
		if m.gen == t.gen {
			return t.landed(m)
		}
	}
	return nil
}

func (t *Tab) windowCame(m windowRead) tea.Cmd {
	t.reading = false
	if t.failed(m.err) {
		return nil
	}
	t.view.SetWindow(m.win)
	if m.marked != t.marked && len(m.win.Rows) > 0 {
		t.outdate()
	}
	return t.pump()
}

func (t *Tab) lookedFurther(m looked) tea.Cmd {
	t.looking = false
	if t.failed(m.err) {
		return nil
	}
	t.hidden = m.hidden
	t.view.SetBounds(m.bounds)
	if m.more {
		return tea.Batch(t.pump(), t.lookOn())
	}
	cmd := tea.Batch(t.pump(), t.huntOn(), t.surveyOn())
	if !t.placed {
		t.placed = true
		return tea.Batch(cmd, t.placeMarks())
	}
	return cmd
}

func (t *Tab) huntedFurther(h *hunt) tea.Cmd {
	t.hunting = false
	t.shownHits, t.hitsDone = h.found, h.done
	t.ticks()
	if t.failed(h.err) || h.done {
		return nil
	}
	return t.huntOn()
}

func (t *Tab) surveyed(s *survey) tea.Cmd {
	t.surveying = false
	t.errors, t.warns, t.partial = s.errors, s.warns, s.partial
	t.ticks()
	if t.failed(s.err) {
		return nil
	}
	if !s.done {
		return t.surveyOn()
	}
	t.idle = true
	return t.rest(surveyPause)
}

const (
	// surveyDelay is how long a log must be shown before its errors are counted:
	// who goes through many looks at few, and must not wait for the counting.
	surveyDelay = 80 * time.Millisecond
	// surveyPause is how often new lines are looked at for errors.
	surveyPause = 500 * time.Millisecond
)

// rest ends the survey's pause in a while.
func (t *Tab) rest(d time.Duration) tea.Cmd {
	if t.survey == nil {
		return nil
	}
	gen := t.gen
	return tea.Tick(d, func(time.Time) tea.Msg { return rested{of{t, gen}} })
}

// failed keeps an error for the status line; a cancelled read is none.
func (t *Tab) failed(err error) bool {
	if err == nil {
		t.failure = ""
		return false
	}
	if t.ctx.Err() == nil {
		t.failure = err.Error()
	}
	return true
}

func (t *Tab) ticks() {
	o := logview.Overview{Errors: slices.Clone(t.errors.sample)}
	if t.hunt != nil {
		o.Hits = slices.Clone(t.shownHits.sample)
	}
	t.view.SetOverview(o)
}

// lookOn goes on looking for lines that the filter lets through.
func (t *Tab) lookOn() tea.Cmd {
	if t.looking || t.filter == nil {
		return nil
	}
	t.looking = true
	f, ctx, gen := t.filter, t.ctx, t.gen
	return func() tea.Msg {
		m := looked{of: of{t, gen}, more: true}
		for deadline := time.Now().Add(slice); m.more && m.err == nil && time.Now().Before(deadline); {
			m.more, m.err = f.look(ctx)
		}
		m.bounds, _ = f.bounds()
		m.hidden = f.progress()
		return m
	}
}

// huntOn goes on searching.
func (t *Tab) huntOn() tea.Cmd {
	if t.hunting || t.finding || t.hunt == nil || t.src == nil {
		return nil
	}
	t.hunting = true
	h, gen := t.hunt, t.gen
	return func() tea.Msg {
		h.run()
		return hunted{of{t, gen}, h}
	}
}

// surveyOn goes on counting errors.
func (t *Tab) surveyOn() tea.Cmd {
	if t.surveying || t.idle || t.survey == nil {
		return nil
	}
	t.surveying = true
	s, ctx, gen := t.survey, t.ctx, t.gen
	return func() tea.Msg {
		s.run(ctx)
		return surveyedMsg{of{t, gen}, s}
	}
}
