package logs

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// View draws the tab: the rows, and below them a line that tells what is shown
// or takes input. It needs a Need-and-read round after a change of size: call
// Resized then.
func (t *Tab) View(f Frame) string {
	if f.Width <= 0 || f.Height <= 0 {
		return ""
	}
	t.view.SetFocused(f.Focused)
	t.view.SetSize(f.Width, f.Height-1)
	foot := t.foot(f.Width)
	if f.Height == 1 {
		return foot
	}
	b := t.view.Bounds()
	if b.End <= b.First {
		return t.empty(f.Width, f.Height-1) + "\n" + foot
	}
	d := &t.drawn
	if body := t.view.View(); d.all == "" || body != d.body || foot != d.foot {
		d.body, d.foot, d.all = body, foot, body+"\n"+foot
	}
	return d.all
}

// Resized asks for the rows that a view of another size lacks.
func (t *Tab) Resized(width, height int) tea.Cmd {
	t.view.SetSize(width, height-1)
	return t.pump()
}

// empty says why there is nothing, and what would fill it.
func (t *Tab) empty(w, h int) string {
	text := "No output yet. What it prints is shown here."
	switch {
	case t.failure != "":
		text = t.failure
	case len(t.target.keys) == 0:
		text = "Select a service or a task to see its log."
	case t.filter != nil && (t.looking || t.reading):
		text = "Filtering…"
	case t.filter != nil:
		text = "No line passes the filter " + t.wanted().String() + ". " + t.key("unfilter", "F") + " takes it away."
	case t.silent != "":
		text = t.silent
	case t.target.lo > 0:
		text = "This run has not printed anything yet. " + t.key("run", "C") + " shows the whole log."
	}
	lines := make([]string, h)
	for i := range lines {
		lines[i] = strings.Repeat(" ", w)
	}
	y := min(1, h-1)
	for part := range strings.SplitSeq(ansi.Wrap(parse.Clean(text).Plain, max(1, w-4), ""), "\n") {
		if y == h {
			break
		}
		shown := ansi.Truncate("  "+part, w, "…")
		lines[y] = t.look.Muted.Render(shown) + strings.Repeat(" ", w-ansi.StringWidth(shown))
		y++
	}
	return strings.Join(lines, "\n")
}

// foot is the line below the rows.
func (t *Tab) foot(w int) string {
	if t.prompt != nil {
		p := *t.prompt
		if p.problem == "" && p.kind == searchPrompt && t.hunt != nil {
			p.problem = t.hits()
		}
		if p.problem == "" {
			p.problem = t.suggested()
		}
		return p.draw(w, render(t.look.Key), render(t.look.Text), render(t.look.Selected), render(t.problemLook()))
	}
	left, style := t.summary(), t.look.Muted
	switch {
	case t.failure != "":
		left, style = "✖ "+t.failure, t.look.Failed
	case t.note != "":
		left = t.note
	}
	right := t.state()
	if ansi.StringWidth(left)+ansi.StringWidth(right)+3 > w {
		right = ansi.Truncate(right, max(0, w-ansi.StringWidth(left)-3), "")
	}
	left = ansi.Truncate(left, max(0, w-ansi.StringWidth(right)-1), "…")
	gap := max(0, w-ansi.StringWidth(left)-ansi.StringWidth(right)-1)
	line := style.Render(" "+left) + strings.Repeat(" ", gap) + t.look.Accent.Render(right)
	return ansi.Truncate(line, w, "")
}

func (t *Tab) problemLook() lipgloss.Style {
	if t.prompt.problem != "" {
		return t.look.Failed
	}
	return t.look.Muted
}

func render(s lipgloss.Style) func(string) string {
	return func(text string) string {
		if text == "" {
			return ""
		}
		return s.Render(text)
	}
}

// summary counts: "21 840 lines · 3 errors · 14 warnings · 120 hidden".
func (t *Tab) summary() string {
	b := t.view.Bounds()
	if len(t.target.keys) == 0 {
		return ""
	}
	parts := []string{count(b.End-b.First, "line")}
	more := ""
	if t.partial {
		more = "+"
	}
	if t.errors.count > 0 {
		parts = append(parts, grouped(t.errors.count)+more+" err")
	}
	if t.warns > 0 {
		parts = append(parts, grouped(t.warns)+more+" warn")
	}
	if t.filter != nil {
		hidden := grouped(t.hidden) + " hidden"
		if t.looking {
			hidden = "filtering… " + hidden
		}
		parts = append(parts, hidden)
	}
	if b.Dropped > 0 {
		parts = append(parts, grouped(b.Dropped)+" dropped")
	}
	if t.hunt != nil {
		parts = append(parts, t.hits())
	}
	return strings.Join(parts, " · ")
}

// hits is how far the search is: "12 matches".
func (t *Tab) hits() string {
	s := count(t.shownHits.count, "match")
	if !t.hitsDone {
		s += "…"
	}
	return s
}

// state says whether the view follows.
func (t *Tab) state() string {
	switch {
	case len(t.target.keys) == 0:
		return ""
	case t.view.Picked() != "":
		return count(characters(t.view.Picked()), "character") + " selected "
	case t.view.Selecting():
		from, to := t.view.Selection()
		return count(to-from, "line") + " selected  " + t.key("copy", "y") + " copy "
	case t.view.Following():
		return "● live "
	case t.view.New() > 0:
		return "‖ " + grouped(t.view.New()) + " new  " + t.key("follow", "f") + " follow "
	}
	return "‖ frozen  " + t.key("follow", "f") + " follow "
}

// Flags is what the tab's head says in w cells: "follow ● wrap ○ ≥info". What
// hides lines is said last of all that has no room.
func (t *Tab) Flags(w int) string {
	on := func(b bool) string {
		if b {
			return "●"
		}
		return "○"
	}
	run := ""
	if t.oneRun() {
		run = "last run"
	} else if t.byRun && !t.service {
		run = "all runs"
	}
	level, filter := "", ""
	if t.level != parse.Unknown {
		level = "≥" + t.level.String()
	}
	if !t.query.Empty() {
		filter = "filter " + ansi.Truncate(parse.Clean(t.query.String()).Plain, 24, "…")
	}
	follow, wrap := "follow "+on(t.view.Following()), "wrap "+on(t.prefs.Wrap)
	for _, parts := range [][]string{{run, follow, wrap, level, filter}, {run, follow, level, filter}, {run, level, filter}, {level, filter}, {filter}, {level}} {
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
		if s := strings.Join(parts, "  "); ansi.StringWidth(s) <= w {
			return s
		}
	}
	return ""
}
