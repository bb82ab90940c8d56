package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// why is an error without what the user can see anyway.
func why(err error) string {
	if e, ok := errors.AsType[*parse.SyntaxError](err); ok {
		return fmt.Sprintf("%s (column %d)", e.Why, e.Pos+1)
	}
	return err.Error()
}

// search highlights and counts what a pattern matches; empty ends the search.
func (t *Tab) search(pattern string) (tea.Cmd, error) {
	if pattern == "" {
		t.stopSearch()
		return nil, nil
	}
	if t.hunt != nil && t.hunt.pattern == pattern {
		return nil, nil
	}
	re, err := parse.Search(pattern)
	if err != nil {
		return nil, err
	}
	t.view.SetSearch(re)
	t.shownHits, t.hitsDone = tally{}, false
	t.ticks()
	t.hunting = false // an earlier hunt's answer is not for this one
	if t.hunt != nil {
		t.hunt.stop()
	}
	t.hunt = newHunt(t.ctx, pattern, re, t.src)
	return t.huntOn(), nil
}

func (t *Tab) stopSearch() {
	if t.hunt != nil {
		t.hunt.stop()
	}
	t.hunt, t.hunting = nil, false
	t.shownHits, t.hitsDone = tally{}, false
	t.view.SetSearch(nil)
	t.ticks()
}

// setFilter hides the lines that do not match.
func (t *Tab) setFilter(text string) (tea.Cmd, error) {
	q, err := parse.ParseQuery(text)
	if err != nil {
		return nil, err
	}
	if q.String() == t.query.String() {
		return nil, nil
	}
	t.query = q
	return t.reopen(), nil
}

// reopen reads anew after the filter changed. The line under the cursor stays in
// view when it is still there.
func (t *Tab) reopen() tea.Cmd {
	cursor, ok := t.view.Cursor()
	follow := t.view.Following()
	cmd := t.open(false)
	if ok && !follow && t.filter == nil && len(t.target.keys) == 1 {
		t.view.Jump(cursor.ID.N)
		return tea.Batch(cmd, t.pump())
	}
	return cmd
}

// findMatch goes to the next match in direction dir; from the cursor itself when
// here is set.
func (t *Tab) findMatch(dir int, here bool) tea.Cmd {
	if t.hunt == nil || t.src == nil {
		return nil
	}
	h, src := t.hunt, t.src
	return t.find(dir, here, "match", func(ctx context.Context, from, to int64, yield func(int64) bool) error {
		return matches(ctx, src, h.re, h.pattern, from, to, dir < 0, yield)
	})
}

// findError goes to the next error in direction dir.
func (t *Tab) findError(dir int) tea.Cmd {
	if t.src == nil {
		return nil
	}
	src := t.src
	return t.find(dir, false, "error", func(ctx context.Context, from, to int64, yield func(int64) bool) error {
		return scan(ctx, src, from, to, dir < 0, func(l line) bool {
			return level(l) < parse.Error || yield(l.pos)
		})
	})
}

func (t *Tab) find(dir int, here bool, what string, in func(ctx context.Context, from, to int64, yield func(int64) bool) error) tea.Cmd {
	b := t.view.Bounds()
	from, to := b.First, t.view.CursorPos()
	if dir > 0 {
		from, to = to+1, b.End
	} else if here {
		to++
	}
	if t.ended.dir == dir && t.ended.at == t.view.CursorPos() {
		from, to = b.First, b.End // round again
	}
	t.ended = end{}
	ctx, gen := t.ctx, t.gen
	t.note, t.finding = "searching…", true
	return func() tea.Msg {
		m := found{of: of{t, gen}, what: what, dir: dir}
		if dir < 0 {
			m.what += " above"
		} else {
			m.what += " below"
		}
		m.err = in(ctx, from, to, func(pos int64) bool {
			m.pos, m.ok = pos, true
			return false
		})
		return m
	}
}

// landed jumps to what was found, or says that nothing was.
func (t *Tab) landed(m found) tea.Cmd {
	t.note, t.finding = "", false
	return tea.Batch(t.land(m), t.huntOn())
}

func (t *Tab) land(m found) tea.Cmd {
	if t.failed(m.err) {
		return nil
	}
	if !m.ok {
		t.note = "no " + m.what
		if m.dir != 0 {
			t.ended = end{m.dir, t.view.CursorPos()}
			t.note += "; once more goes round"
		}
		return nil
	}
	if t.filter != nil && m.bounds.End > m.bounds.First {
		t.view.SetBounds(m.bounds) // so far, the view knows less
	}
	t.view.Jump(m.pos)
	return t.pump()
}

// goToTime shows the first line that arrived at a time or later.
func (t *Tab) goToTime(text string) (tea.Cmd, error) {
	at, err := parse.Moment(text, time.Now())
	if err != nil || t.src == nil {
		return nil, err
	}
	src, filter, ctx, gen := t.src, t.filter, t.ctx, t.gen
	return func() tea.Msg {
		if filter != nil {
			if err := filter.lookBackTo(ctx, at); err != nil {
				return found{of: of{t, gen}, err: err}
			}
		}
		pos, err := src.at(at)
		m := found{of: of{t, gen}, pos: pos, ok: err == nil, what: "line since " + at.Format(time.TimeOnly), err: err}
		if filter != nil && err == nil {
			m.bounds, m.err = filter.bounds()
		}
		return m
	}, nil
}

// Aim checks what a log is to be opened with: the time to begin at, the lowest
// level, a search and a filter, each as a person writes it, empty to leave it as
// it is. What it returns does it, once the log is chosen.
func (t *Tab) Aim(since, level, search, filter string) (func() tea.Cmd, error) {
	l := t.level
	if level != "" {
		known := false
		if l, known = parse.ParseLevel(level); !known {
			return nil, fmt.Errorf("%q is no level; write debug, info, warn or error", level)
		}
	}
	q, err := parse.ParseQuery(filter)
	if err != nil {
		return nil, errors.New(why(err))
	}
	if filter == "" {
		q = t.query
	}
	if search != "" {
		if _, err := parse.Search(search); err != nil {
			return nil, errors.New(why(err))
		}
	}
	if since != "" {
		if _, err := parse.Moment(since, time.Now()); err != nil {
			return nil, err
		}
	}
	return func() tea.Cmd {
		var cmds []tea.Cmd
		if l != t.level || q.String() != t.query.String() {
			t.level, t.query = l, q
			cmds = append(cmds, t.reopen())
		}
		if search != "" {
			cmd, _ := t.search(search) // it was checked
			cmds = append(cmds, cmd)
		}
		if since != "" {
			cmd, _ := t.goToTime(since) // likewise
			cmds = append(cmds, cmd)
		}
		return tea.Batch(cmds...)
	}, nil
}

// clockName names the time column.
func clockName(c logview.TimeColumn) string {
	return [...]string{"off", "clock", "since the line above"}[c]
}
