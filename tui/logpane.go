package tui

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	logtab "github.com/sawhorse-dev/sawhorse/tui/screen/logs"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// logPane is the Logs tab in its place: it tells the tab what to show and how
// big, and only when that has changed.
type logPane struct {
	tab     *logtab.Tab
	names   []string
	visible bool
	stale   bool // there was news since the last Sync
	w, h    int
	version int
}

func newLogPane(t theme.Theme) *logPane { return &logPane{tab: logtab.New(t)} }

// show tells the tab what is selected. A hidden tab reads nothing.
func (p *logPane) show(s *tasks.State, names []string, visible bool, w, h int) tea.Cmd {
	var cmds []tea.Cmd
	if visible && (w != p.w || h != p.h) {
		p.w, p.h = w, h
		p.version++
		cmds = append(cmds, p.tab.Resized(w, h))
	}
	if visible && (p.stale || !p.visible || !slices.Equal(names, p.names)) {
		p.names, p.stale = names, false
		if cmd := p.tab.Sync(s, names...); cmd != nil {
			p.version++
			cmds = append(cmds, cmd)
		}
	}
	if visible != p.visible {
		p.visible = visible
		p.version++
	}
	return tea.Batch(cmds...)
}

// did notes that the picture may have changed.
func (p *logPane) did(cmd tea.Cmd) tea.Cmd {
	p.version++
	return cmd
}

func (p *logPane) setTheme(t theme.Theme) {
	p.tab.SetTheme(t)
	p.version++
}

// actions are the tab's. With nothing to end, esc is left to the screen.
func (p *logPane) actions() []action.Action {
	return slices.DeleteFunc(p.tab.Actions(), func(a action.Action) bool { return a.ID == "log.clear" && a.Disabled != "" })
}

// view draws the tab.
func (p *logPane) view(f screen.Frame) []string {
	lines := strings.Split(p.tab.View(logtab.Frame{Width: f.W, Height: f.H, Focused: f.Focused}), "\n")
	return cell.Block(lines, f.W, f.H)
}

// mouse takes a click, a drag or a release; x and y count from the tab's corner.
func (p *logPane) mouse(msg tea.MouseMsg, x, y int) tea.Cmd {
	switch msg.(type) {
	case tea.MouseClickMsg:
		return p.did(p.tab.Click(x, y))
	case tea.MouseMotionMsg:
		return p.did(p.tab.Drag(x, y))
	case tea.MouseReleaseMsg:
		return p.did(p.tab.Release())
	}
	return nil
}

// recall brings back what was remembered of the tab.
func (p *logPane) recall(m json.RawMessage) {
	var prefs logtab.Prefs
	if len(m) > 0 && json.Unmarshal(m, &prefs) == nil {
		p.tab.SetPrefs(prefs)
	}
}

func (p *logPane) remembered() json.RawMessage {
	text, err := json.Marshal(p.tab.Prefs())
	if err != nil {
		return nil
	}
	return text
}

// close ends what the tab does.
func (p *logPane) close() {
	if cmd := p.tab.Close(); cmd != nil {
		cmd()
	}
}

// openText shows a file that the tab wrote, and deletes it afterwards.
func (s *Screen) openText(m logtab.OpenText) tea.Cmd {
	at := m.Line
	if m.End {
		at = -1
	}
	argv := pagerArgs(s.pagerLine(), m.Path, at)
	if !m.Pager {
		argv = editorArgs(s.editorLine(), m.Path, m.Line, 0)
	}
	if windowed(argv[0]) {
		// Such an editor comes back before it has read the file: it is left to the
		// system's cleaning of temporary files.
		return s.external(argv, true, m.Path, nil)
	}
	return s.external(argv, false, m.Path, func() { _ = os.Remove(m.Path) })
}

// stream prints logs to the terminal's own scrollback, by the verb that does.
func (s *Screen) stream(keys []logs.Key, filter string) tea.Cmd {
	self, err := os.Executable()
	if err != nil {
		return s.toast(tasks.Error, "find the sawhorse program: "+err.Error())
	}
	argv := []string{self, "logs", "--follow", "--tail", "200", "--then", "the log goes on here; ctrl+c comes back to the screen"}
	if filter != "" {
		argv = append(argv, "--where", filter)
	}
	for _, k := range keys {
		argv = append(argv, string(k))
	}
	return s.external(argv, false, "the log", nil)
}
