package tui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// pin is a log that stays on the screen, whatever is selected.
type pin struct {
	name string
	logs *logPane
}

// pinMemory is what is remembered of a pin.
type pinMemory struct {
	Name string          `json:"name"`
	Log  json.RawMessage `json:"log,omitempty"`
}

// pinned is the place of the task's pin; -1 without one.
func (s *Screen) pinned(name string) int {
	return slices.IndexFunc(s.pins, func(p *pin) bool { return p.name == name })
}

// focusedPin is the pin that has the focus.
func (s *Screen) focusedPin() (*pin, bool) {
	if i := int(s.focus - firstPin); i >= 0 && i < len(s.pins) {
		return s.pins[i], true
	}
	return nil, false
}

// focusedLog is the log view that has the focus.
func (s *Screen) focusedLog() (*logPane, bool) {
	if p, ok := s.focusedPin(); ok {
		return p.logs, true
	}
	return s.detail.logs, s.focus == detailPane && s.detail.tab() == logsTab
}

// logPanes is every log view.
func (s *Screen) logPanes() []*logPane {
	all := []*logPane{s.detail.logs}
	for _, p := range s.pins {
		all = append(all, p.logs)
	}
	return all
}

// stale notes that there was news since the logs were last looked at.
func (s *Screen) stale() {
	for _, p := range s.logPanes() {
		p.stale = true
	}
}

// addPin pins a log as the last one.
func (s *Screen) addPin(name string, remembered json.RawMessage) {
	p := &pin{name: name, logs: newLogPane(s.theme)}
	p.logs.tab.SetKeys(s.keys)
	p.logs.recall(remembered)
	p.logs.stale = true
	s.pins = append(s.pins, p)
	s.prefs.Pins = len(s.pins)
}

// dropPin takes a pin off the screen.
func (s *Screen) dropPin(i int) tea.Cmd {
	cmd := s.pins[i].logs.tab.Close()
	s.pins = slices.Delete(s.pins, i, i+1)
	s.prefs.Pins = len(s.pins)
	s.panes.pins = [maxPins]part{}
	if s.focus >= firstPin {
		s.setFocus(detailPane)
	}
	s.arrange()
	return cmd
}

// togglePin pins the log, or takes its pin off.
func (s *Screen) togglePin(name string) tea.Cmd {
	if i := s.pinned(name); i >= 0 {
		return s.dropPin(i)
	}
	s.addPin(name, nil)
	s.arrange()
	if s.rects.Pins[len(s.pins)-1].Empty() && !s.prefs.Zoom && !s.rects.Detail.Empty() {
		return s.toast(tasks.Info, name+" is pinned; it shows where there is room: hide the tree, or make the window bigger")
	}
	return nil
}

func (s *Screen) dropPins() tea.Cmd {
	var cmds []tea.Cmd
	for len(s.pins) > 0 {
		cmds = append(cmds, s.dropPin(len(s.pins)-1))
	}
	return tea.Batch(cmds...)
}

// pinActions pin and unpin logs.
func (s *Screen) pinActions() []action.Action {
	name := s.target()
	toggle := action.Action{
		ID: "pin.toggle", Title: "Pin the log of " + cmp.Or(name, "what is selected"), Hint: "pin", Group: "View", Keys: []string{"p"}, Verb: "pin",
		Args: &action.Args{
			Usage:    "NAME…",
			Complete: func(words []string) []string { return without(s.state.Order, words) },
			Do:       s.pinVerb,
		},
		Do: func() tea.Cmd { return s.togglePin(name) },
	}
	switch {
	case name == "":
		toggle.Disabled = "select a service or a task first"
	case s.pinned(name) >= 0:
		toggle.Title, toggle.Hint = "Unpin the log of "+name, "unpin"
	case len(s.pins) == maxPins:
		toggle.Disabled = fmt.Sprintf("%d logs are pinned: unpin one of them first", maxPins)
	}
	all := action.Action{ID: "pin.clear", Title: "Unpin all logs", Group: "View", Keys: []string{"P"}, Verb: "unpin", Do: s.dropPins}
	if len(s.pins) == 0 {
		all.Disabled = "no log is pinned"
	}
	return []action.Action{toggle, all}
}

func (s *Screen) pinVerb(words []string) (tea.Cmd, error) {
	names, unknown := s.state.Names(words)
	if unknown != "" {
		return nil, s.unknown(unknown)
	}
	fresh := 0
	for _, n := range names {
		if s.pinned(n) < 0 {
			fresh++
		}
	}
	if len(s.pins)+fresh > maxPins {
		return nil, fmt.Errorf("at most %d logs are pinned; :unpin takes all off", maxPins)
	}
	var cmds []tea.Cmd
	for _, n := range names {
		if s.pinned(n) < 0 {
			cmds = append(cmds, s.togglePin(n))
		}
	}
	return tea.Batch(cmds...), nil
}

// followPins tells the pins what there is and how much room they have.
func (s *Screen) followPins() tea.Cmd {
	var cmds []tea.Cmd
	for i, p := range s.pins {
		r := s.rects.Pins[i]
		cmds = append(cmds, p.logs.show(&s.state, []string{p.name}, !r.Empty(), r.W, max(0, r.H-1)))
	}
	return tea.Batch(cmds...)
}

// pinLines draws the i-th pin: its name in a thin line, and its log.
func (s *Screen) pinLines(i int) []string {
	r := s.rects.Pins[i]
	if r.Empty() {
		return nil
	}
	p, focused := s.pins[i], s.focus == firstPin+pane(i)
	look := screen.Look{Glyph: "?", Word: "not declared", Ink: s.ink.Faint}
	if s.known(p.name) {
		look = screen.LookOf(&s.state, p.name, s.now, s.ink)
	}
	type key struct {
		w, h, log         int
		focused           bool
		name, glyph, word string
	}
	return s.panes.pins[i].get(key{r.W, r.H, p.logs.version, focused, p.name, look.Glyph, look.Word}, func() []string {
		in := s.ink
		l := cell.NewLine(r.W).Put(in.Border, "─ ").Put(look.Ink, look.Glyph)
		l.Put(pick(focused, in.Selected, in.Bold), " "+cell.Cut(p.name, max(8, r.W/2))+" ").Put(in.Muted, look.Word+" ")
		if flags := p.logs.tab.Flags(l.Left() - 5); flags != "" {
			l.Rule(in.Border, cell.Width(flags)+2).Put(in.Muted, " "+flags+" ")
		}
		lines := []string{l.Rule(in.Border, 0).String()}
		return append(lines, p.logs.view(s.frame(r.W, r.H-1, focused))...)
	})
}

// pinRow is line y of the screen in the room of the pins; empty where none is.
func pinRow(r rects, pins [maxPins][]string, y int) string {
	for i, p := range r.Pins {
		if y >= p.Y && y < p.Y+p.H {
			return pins[i][y-p.Y]
		}
	}
	return ""
}

func (s *Screen) rememberedPins() []pinMemory {
	var all []pinMemory
	for _, p := range s.pins {
		all = append(all, pinMemory{p.name, p.logs.remembered()})
	}
	return all
}

func (s *Screen) recallPins(all []pinMemory) {
	for _, m := range all[:min(len(all), maxPins)] {
		if m.Name != "" && !strings.ContainsAny(m.Name, "\x00\n") && s.pinned(m.Name) < 0 {
			s.addPin(m.Name, m.Log)
		}
	}
}

// wheelPin scrolls a pin, whether or not it has the focus.
func (s *Screen) wheelPin(p pane, lines int) tea.Cmd {
	log := s.pins[p-firstPin].logs
	return log.did(log.tab.Wheel(lines))
}

// dressLogs gives every log view the theme.
func (s *Screen) dressLogs(t theme.Theme) {
	for _, p := range s.logPanes() {
		p.setTheme(t)
	}
}
