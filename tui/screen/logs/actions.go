package logs

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// Actions is everything that can be done with what is shown.
func (t *Tab) Actions() []action.Action {
	empty := ""
	b := t.view.Bounds()
	if b.End <= b.First {
		empty = "there is no line"
	}
	nowhere := empty
	if nowhere == "" {
		if _, ok := t.location(); !ok {
			nowhere = "the line under the cursor names no file"
		}
	}
	closed := ""
	if len(t.target.keys) == 0 {
		closed = "no log is shown"
	}
	marks := ""
	if len(t.view.Marks()) == 0 {
		marks = "nothing is marked; " + t.key("mark", "m") + " marks a line"
	}
	searching := t.hunt != nil
	next, prev, nextTitle, prevTitle, nextHint := t.next(1), t.next(-1), "Next error", "Previous error", "next error"
	if searching {
		nextTitle, prevTitle, nextHint = "Next match", "Previous match", "next match"
	}
	unfiltered, unsearched, showAll := "", "", "show all"
	if t.wanted().Empty() {
		unfiltered = "no filter is set"
	}
	if !searching && !t.view.Selecting() {
		unsearched = "there is neither a search nor a selection"
	}
	oneRun := ""
	if !t.byRun {
		oneRun = "only one log with runs can be shown by run"
	}
	lowest, highest := closed, closed
	switch {
	case closed != "":
	case t.level == parse.Unknown:
		lowest = "lines of all levels are shown"
	case t.level == parse.Fatal:
		highest = "only fatal lines are shown"
	}
	wrapped := empty
	if t.prefs.Wrap {
		wrapped = "lines are wrapped"
	}
	v := t.view
	do := func(f func()) func() tea.Cmd { return func() tea.Cmd { f(); return t.pump() } }
	a := func(id, title, hint, disabled string, do func() tea.Cmd, keys ...string) action.Action {
		return action.Action{ID: "log." + id, Title: title, Hint: hint, Group: "Log", Keys: keys, Disabled: disabled, Do: do}
	}
	return []action.Action{
		a("follow", "Follow the end of the log", "follow", closed, do(t.toggleFollow), "f"),
		a("search", "Search", "search", closed, func() tea.Cmd { t.ask(searchPrompt, ""); return nil }, "/"),
		a("next", nextTitle, nextHint, empty, next, "n"),
		a("previous", prevTitle, "", empty, prev, "N"),
		a("error.next", "Next error", "", empty, func() tea.Cmd { return t.findError(1) }, "}"),
		a("error.previous", "Previous error", "", empty, func() tea.Cmd { return t.findError(-1) }, "{"),
		a("clear", "End the search or the selection", "", unsearched, func() tea.Cmd { t.clear(); return nil }, "esc"),
		a("filter", "Show only lines that match (level>=warn service=cart -noise /re/)", "filter", closed,
			func() tea.Cmd { t.ask(filterPrompt, t.query.String()); return nil }, "&", "\\"),
		a("unfilter", "Show all lines again", showAll, unfiltered, t.unfilter, "F"),
		a("level.up", "Raise the lowest level shown", "", highest, func() tea.Cmd { return t.setLevel(t.level + 1) }, ">"),
		a("level.down", "Lower the lowest level shown", "", lowest, func() tea.Cmd { return t.setLevel(t.level - 1) }, "<"),
		a("open", "Unfold or fold the line: fields, stack trace, whole text", "", empty, do(v.ToggleOpen), "enter", "space"),
		a("wrap", "Wrap long lines", "wrap", "", do(func() { t.prefs.Wrap = !t.prefs.Wrap; t.options() }), "w"),
		a("time", "Time before each line: off, clock, since the line above", "", "", do(t.cycleTime), "t"),
		a("printed", "JSON and logfmt as printed, or as level, message and fields", "", "", do(func() { t.prefs.AsPrinted = !t.prefs.AsPrinted; t.options() }), "i"),
		a("fields", "Choose fields that are not shown", "", "", func() tea.Cmd { t.ask(fieldsPrompt, strings.Join(t.prefs.HideFields, " ")); return nil }, "H"),
		a("run", "The last run only, or the whole log", "", oneRun, t.toggleRun, "C"),
		a("goto", "Go to a time", "", empty, func() tea.Cmd { t.ask(timePrompt, ""); return nil }, "@"),
		a("mark", "Mark the line", "", empty, do(t.toggleMark), "m"),
		a("mark.next", "Next mark", "", marks, do(func() { v.NextMark(1) }), "'"),
		a("mark.previous", "Previous mark", "", marks, do(func() { v.NextMark(-1) }), "\""),
		a("select", "Select lines", "", empty, do(v.Select), "v"),
		a("copy", "Copy as it was printed", "copy", empty, t.copySelection, "y"),
		a("export", "Export what is shown to a file", "", empty, func() tea.Cmd { t.ask(exportPrompt, t.exportName(time.Now())); return nil }, "X"),
		a("pager", "Open what is shown in the pager", "", empty, func() tea.Cmd { return t.openText(true) }, "o"),
		a("editor", "Open what is shown in the editor at this line", "", empty, func() tea.Cmd { return t.openText(false) }, "O"),
		a("edit", "Edit the file that the line names", "edit", nowhere, t.editPlace, "e"),
		a("stream", "Print the log to the terminal's own scrollback", "", closed, t.stream, "S"),
		a("up", "Line up", "", empty, do(func() { v.Move(-1) }), "up", "k"),
		a("down", "Line down", "", empty, do(func() { v.Move(1) }), "down", "j"),
		a("page.up", "Page up", "", empty, do(func() { v.Page(-1) }), "pgup"),
		a("page.down", "Page down", "", empty, do(func() { v.Page(1) }), "pgdown"),
		a("top", "First line", "", empty, do(v.Home), "g", "home"),
		a("end", "Last line, and follow", "", empty, do(v.Follow), "G", "end"),
		a("left", "Scroll left", "", wrapped, do(func() { v.ScrollSideways(-8) }), "left", "h"),
		a("right", "Scroll right", "", wrapped, do(func() { v.ScrollSideways(8) }), "right"),
	}
}

// Resync asks the root to call Sync again: the choice of lines has changed.
type Resync struct{}

func resync() tea.Msg { return Resync{} }

// next is the next match while there is a search, otherwise the next error.
func (t *Tab) next(dir int) func() tea.Cmd {
	if t.hunt != nil {
		return func() tea.Cmd { return t.findMatch(dir, false) }
	}
	return func() tea.Cmd { return t.findError(dir) }
}

func (t *Tab) toggleFollow() {
	if t.view.Following() {
		t.view.Freeze()
		return
	}
	t.view.Follow()
}

func (t *Tab) clear() {
	if t.view.Selecting() {
		t.view.Unselect()
		return
	}
	t.stopSearch()
}

func (t *Tab) unfilter() tea.Cmd {
	t.level, t.query = parse.Unknown, parse.Query{}
	return t.reopen()
}

// setLevel shows lines of a level and above only. Past the ends it does nothing.
func (t *Tab) setLevel(l parse.Level) tea.Cmd {
	if l > parse.Fatal { // also below Unknown, as a Level has no sign
		return nil
	}
	t.level = l
	return t.reopen()
}

func (t *Tab) cycleTime() {
	t.prefs.Time = (t.prefs.Time + 1) % (logview.Delta + 1)
	t.options()
	t.note = "time: " + clockName(t.prefs.Time)
}

func (t *Tab) editPlace() tea.Cmd {
	at, ok := t.location()
	if !ok {
		return nil
	}
	return func() tea.Msg { return OpenPlace{at} }
}

func (t *Tab) stream() tea.Cmd {
	m := Stream{Keys: t.target.keys, Filter: t.wanted().String()}
	return func() tea.Msg { return m }
}

// Click puts the cursor on the line at y.
func (t *Tab) Click(x, y int) tea.Cmd {
	t.dragged, t.note = false, ""
	t.view.Click(x, y)
	return t.pump()
}

// Drag selects from the clicked line to the one at y, or characters of the line.
func (t *Tab) Drag(x, y int) tea.Cmd {
	t.dragged = true
	t.view.Drag(x, y)
	return t.pump()
}

// Release copies what a drag has selected.
func (t *Tab) Release() tea.Cmd {
	if !t.dragged {
		return nil
	}
	t.dragged = false
	return t.copySelection()
}

// Wheel scrolls by lines, down when positive.
func (t *Tab) Wheel(lines int) tea.Cmd {
	t.view.Scroll(lines)
	return t.pump()
}

// WheelSideways scrolls by cells, right when positive.
func (t *Tab) WheelSideways(cells int) tea.Cmd {
	t.view.ScrollSideways(cells)
	return nil
}
