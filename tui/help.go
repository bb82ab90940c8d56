package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// helpBox lists every action with its keys, made from the table of actions;
// what is typed filters it.
type helpBox struct {
	input input.Input
	pager pager.Pager
}

func (s *Screen) openHelp() { s.overlay = &helpBox{} }

func (b *helpBox) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "enter", "ctrl+c":
		s.overlay = nil
	case "up":
		b.pager.Move(-1)
	case "down":
		b.pager.Move(1)
	case "pgup":
		b.pager.Move(-10)
	case "pgdown":
		b.pager.Move(10)
	case "?":
		s.overlay = nil
	default:
		if b.input.Press(k) {
			b.pager.Top()
		}
	}
	return nil
}

func (b *helpBox) paste(text string)                 { b.input.Insert(text) }
func (b *helpBox) scroll(n int)                      { b.pager.Move(n) }
func (b *helpBox) click(s *Screen, _, _ int) tea.Cmd { s.overlay = nil; return nil }

func (b *helpBox) view(s *Screen) []string {
	w := min(s.w-2, 92)
	lines := s.helpLines(w-2, b.input.Value())
	field := cell.NewLine(w-2).Put(s.ink.Muted, " filter ")
	field.Painted(b.input.View(field.Left()-1, true, "type to find a key", s.ink), field.Left()-1)
	body := append([]string{field.String(), s.ink.Border.Paint(cell.Rule(w - 2))},
		b.pager.View(lines, w-2, max(1, s.h-8))...)
	title := "Keys"
	if s.opt.Version != "" {
		title += " · sawhorse " + s.opt.Version
	}
	return dialog.Frame(title, "↑↓ scroll  esc closes", body, w, s.ink)
}

// helpLines are the actions by group: those that work here come first in their
// group, the others say why not.
func (s *Screen) helpLines(w int, filter string) []string {
	var groups []string
	by := map[string][]action.Action{}
	words := strings.Fields(strings.ToLower(filter))
	for _, a := range s.allActions() {
		if len(a.Keys) == 0 || !matches(a, words) || a.Disabled == "there is no such tab here" {
			continue
		}
		if !slices.Contains(groups, a.Group) {
			groups = append(groups, a.Group)
		}
		by[a.Group] = append(by[a.Group], a)
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, cell.NewLine(w).Put(s.ink.Heading, " "+strings.ToUpper(g)).String())
		for _, a := range by[g] {
			l := cell.NewLine(w).Put(s.ink.Text, "  ")
			ink := s.ink.Text
			if a.Disabled != "" {
				ink = s.ink.Faint
			}
			l.Column(s.ink.Key, action.Keys(a.Keys...), 11).Put(ink, a.Title)
			if a.Disabled != "" {
				l.Put(s.ink.Faint, "  (off: "+a.Disabled+")")
			}
			lines = append(lines, l.String())
		}
		lines = append(lines, cell.Spaces(w))
	}
	if len(lines) == 0 {
		lines = append(lines, cell.NewLine(w).Put(s.ink.Muted, "  no key does “"+filter+"”").String())
	}
	return lines
}

func matches(a action.Action, words []string) bool {
	text := strings.ToLower(a.Title + " " + a.Group + " " + a.ID + " " + action.Keys(a.Keys...) + " " + strings.Join(a.Keys, " "))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
