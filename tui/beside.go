package tui

import (
	"fmt"
	"maps"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen/compare"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
)

// besideBox asks whether an operation shall be done, with those whom it is about
// beside each other: who has an alias and who would get it.
type besideBox struct {
	m      previewMsg
	of     tasks.Comparison
	dialog dialog.Dialog
	top    int
	// follows are the tasks that run when it is done.
	follows []string
}

// The buttons of the box.
const (
	besideCancel = iota
	besideDo
	besideChange
)

// askBeside opens the question.
func (s *Screen) askBeside(m previewMsg) {
	b := &besideBox{m: m, of: tasks.Compare(m.result.Runs, m.result.Greater), follows: s.followers(m.op.After)}
	b.dialog = dialog.Dialog{
		Title: m.op.Title + " " + label(m.r) + "?", Opened: s.now,
		Buttons: []dialog.Button{{Label: "Cancel"}, {Label: verbOf(m.op), Danger: true}},
	}
	if len(m.op.Params) > 0 {
		b.dialog.Buttons = append(b.dialog.Buttons, dialog.Button{Label: "Change", Key: "c"})
	}
	s.overlay = b
}

// verbOf is the first word of an operation's title: it stands on a button.
func verbOf(op tasks.Operation) string {
	verb, _, _ := strings.Cut(op.Title, " ")
	return verb
}

// followers are the tasks with after: of a word.
func (s *Screen) followers(after string) []string {
	var names []string
	for _, n := range s.state.Order {
		if after != "" && s.state.Units[n].Task.Spec.After == after {
			names = append(names, n)
		}
	}
	return names
}

func (b *besideBox) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "up", "k":
		b.top = max(0, b.top-1)
		return nil
	case "down", "j":
		b.top++
		return nil
	}
	return b.take(s, func() (int, bool) { return b.dialog.Press(k, s.now) })
}

func (b *besideBox) click(s *Screen, x, y int) tea.Cmd {
	r := s.boxAt(b.view(s))
	return b.take(s, func() (int, bool) { return b.dialog.Click(x-r.X, y-r.Y, r.W, s.now) })
}

func (b *besideBox) take(s *Screen, answer func() (int, bool)) tea.Cmd {
	button, answered := answer()
	if !answered {
		return nil
	}
	s.overlay = nil
	values := maps.Clone(b.m.values)
	if values == nil {
		values = map[string]string{}
	}
	for _, p := range b.m.result.Params { // what was shown is what is done
		values[p.Name] = p.Default
	}
	switch button {
	case besideDo:
		return s.answering(b.m.from, s.operate(b.m.r, b.m.op, values))
	case besideChange:
		return s.askFor(b.m.r, b.m.op, values)
	default:
		s.again(b.m.from)
	}
	return nil
}

func (b *besideBox) paste(string) {}
func (b *besideBox) scroll(n int) { b.top = max(0, b.top+n) }

func (b *besideBox) view(s *Screen) []string {
	w := min(s.w-2, 96)
	in := s.ink
	f := s.frame(w-2, s.h-4, true)
	lines, _ := compare.Table(f, b.of, compare.Choice{})
	var notes []string
	note := func(sign, text string) {
		for i, part := range cell.Wrap(text, w-8) {
			if i > 0 {
				sign = " "
			}
			ink := in.Text
			if sign == "▲" {
				ink = in.Warning
			}
			notes = append(notes, cell.NewLine(w-2).Put(ink, "  "+sign+" ").Put(ink, part).String())
		}
	}
	for _, fact := range b.m.result.Facts {
		if fact.Name == "warning" || fact.Name == "not better" {
			note("▲", fact.Value)
		}
	}
	if p := s.state.Providers[b.m.r.ID.Provider()]; p.About != "" {
		note("·", "in "+p.Title+" ("+p.About+")")
	}
	if len(b.follows) > 0 {
		note("·", "then runs "+strings.Join(b.follows, ", ")+" (after: "+b.m.op.After+")")
		if s.state.Locked {
			note("▲", "nothing runs: the workspace is not trusted")
		}
	}
	room := max(3, s.h-8-len(notes))
	b.top = max(0, min(b.top, len(lines)-room))
	shown := lines[b.top:min(len(lines), b.top+room)]
	if len(lines) > room {
		b.dialog.Hint = fmt.Sprintf("↑↓ %d more lines", len(lines)-room)
	}
	b.dialog.Lines = append(append([]string{}, shown...), notes...)
	return b.dialog.View(w, in)
}
