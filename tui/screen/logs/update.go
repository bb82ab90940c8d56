package logs

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// The tab's own messages. Each names its tab and the generation it was for.
type (
	windowRead struct {
		tab *Tab
		gen int
		win logview.Window
		err error
	}
	looked struct {
		tab    *Tab
		gen    int
		bounds logview.Bounds
		hidden int64
		more   bool
		err    error
	}
	hunted struct {
		tab  *Tab
		gen  int
		hunt *hunt
	}
	surveyedMsg struct {
		tab *Tab
		gen int
		s   *survey
	}
	rested struct {
		tab *Tab
		gen int
	}
	found struct {
		tab  *Tab
		gen  int
		pos  int64
		ok   bool
		what string
		dir  int // it was looked for in; 0: at a place
		err  error
		// bounds are a filter's at that time.
		bounds logview.Bounds
	}
	marksFound struct {
		tab  *Tab
		gen  int
		at   map[logview.ID]int64
		gone []logview.ID
	}
	done struct {
		tab  *Tab
		note string
		then tea.Msg
	}
)

// Owns says whether a message is the answer to a command of this tab.
func (t *Tab) Owns(msg tea.Msg) bool {
	switch m := msg.(type) {
	case windowRead:
		return m.tab == t
	case looked:
		return m.tab == t
	case hunted:
		return m.tab == t
	case surveyedMsg:
		return m.tab == t
	case rested:
		return m.tab == t
	case found:
		return m.tab == t
	case marksFound:
		return m.tab == t
	case done:
		return m.tab == t
	}
	return false
}

// Update takes the tab's own messages and ignores all others.
func (t *Tab) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case windowRead:
		if m.tab != t || m.gen != t.gen {
			return nil
		}
		t.reading = false
		if t.failed(m.err) {
			return nil
		}
		t.view.SetWindow(m.win)
		return t.pump()
	case looked:
		if m.tab != t || m.gen != t.gen {
			return nil
		}
		t.looking = false
		if t.failed(m.err) {
			return nil
		}
		t.hidden = m.hidden
		t.view.SetBounds(m.bounds)
		if m.more {
			return tea.Batch(t.pump(), t.lookOn())
		}
		if !t.placed {
			t.placed = true
			return tea.Batch(t.pump(), t.huntOn(), t.surveyOn(), t.placeMarks())
		}
		return tea.Batch(t.pump(), t.huntOn(), t.surveyOn())
	case hunted:
		if m.tab != t || m.gen != t.gen || m.hunt != t.hunt {
			return nil
		}
		t.hunting = false
		t.shownHits, t.hitsDone = m.hunt.found, m.hunt.done
		t.ticks()
		if t.failed(m.hunt.err) || m.hunt.done {
			return nil
		}
		return t.huntOn()
	case surveyedMsg:
		if m.tab != t || m.gen != t.gen {
			return nil
		}
		t.surveying = false
		t.errors, t.warns, t.partial = m.s.errors, m.s.warns, m.s.partial
		t.ticks()
		if t.failed(m.s.err) {
			return nil
		}
		if !m.s.done {
			return t.surveyOn()
		}
		t.idle = true
		return t.rest(surveyPause)
	case rested:
		if m.tab == t && m.gen == t.gen {
			t.idle = false
			if t.survey != nil && (!t.survey.job.started || t.survey.job.to < t.view.Bounds().End) {
				return t.surveyOn()
			}
		}
	case found:
		if m.tab == t && m.gen == t.gen {
			return t.landed(m)
		}
	case marksFound:
		if m.tab == t {
			for _, id := range m.gone {
				t.keepMark(id, false)
			}
			if m.gen == t.gen {
				t.view.PlaceMarks(m.at)
			}
		}
	case done:
		if m.tab == t {
			t.note = m.note
			if m.then != nil {
				return func() tea.Msg { return m.then }
			}
		}
	}
	return nil
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
	return tea.Tick(d, func(time.Time) tea.Msg { return rested{t, gen} })
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
		m := looked{tab: t, gen: gen, more: true}
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
		return hunted{t, gen, h}
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
		return surveyedMsg{t, gen, s}
	}
}
