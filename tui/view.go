package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/events"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/screen/stats"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// part is a part of the picture and what it was drawn from.
type part struct {
	key   any
	lines []string
	// drawn counts how often it was drawn anew.
	drawn int
}

// get draws anew only when the key has changed.
func (p *part) get(key any, draw func() []string) []string {
	if p.key != key {
		p.key, p.lines = key, draw()
		p.drawn++
	}
	return p.lines
}

// panes are the parts of the picture, and the picture.
type panes struct {
	header, tree, detail, side, strip, hints part
	pins                                     [maxPins]part

	content string
	key     contentKey
}

// contentKey is what the whole picture was joined from.
type contentKey struct {
	rects                                    rects
	w, h                                     int
	header, tree, detail, side, strip, hints int
	pins                                     [maxPins]int
}

// View joins the panes.
func (s *Screen) View() tea.View {
	v := tea.NewView(s.content())
	v.AltScreen, v.ReportFocus = true, true
	if s.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.BackgroundColor, v.ForegroundColor = s.looks.paper, s.looks.pen
	v.WindowTitle, v.ProgressBar = s.title(), s.progress()
	return v
}

func (s *Screen) content() string {
	switch {
	case s.w == 0 || s.h == 0:
		return ""
	case s.rects.Small:
		return s.small()
	}
	p := &s.panes
	header, tree, detail, side, strip, hints := s.header(), s.treeLines(), s.detailLines(), s.sideLines(), s.stripLines(), s.hints()
	var pins [maxPins][]string
	var drawn [maxPins]int
	for i := range s.pins {
		pins[i] = s.pinLines(i)
		drawn[i] = p.pins[i].drawn
	}
	if s.overlay == nil && len(s.toasts) == 0 {
		key := contentKey{s.rects, s.w, s.h, p.header.drawn, p.tree.drawn, p.detail.drawn, p.side.drawn, p.strip.drawn, p.hints.drawn, drawn}
		if key != p.key {
			p.content = strings.Join(s.join(header, tree, detail, side, strip, hints, pins), "\n")
			p.key = key
		}
		return p.content
	}
	lines := s.join(header, tree, detail, side, strip, hints, pins)
	if s.overlay != nil {
		box := s.overlay.view(s)
		r := s.boxAt(box)
		lines = cell.Over(lines, box, r.X, r.Y)
	}
	if t := s.toastView(min(s.w-2, 80)); len(t) > 0 {
		y := s.rects.Hints.Y - len(t)
		for i, line := range t {
			lines = cell.Over(lines, []string{line}, max(0, s.w-cell.PaintedWidth(line)-1), y+i)
		}
	}
	return strings.Join(lines, "\n")
}

// boxAt is where an overlay's box stands: in the middle, a little above it.
func (s *Screen) boxAt(box []string) rect {
	w := 0
	if len(box) > 0 {
		w = cell.PaintedWidth(box[0])
	}
	return rect{X: max(0, (s.w-w)/2), Y: max(0, (s.h-len(box))*2/5), W: w, H: len(box)}
}

// join puts the panes beside and below each other.
func (s *Screen) join(header, tree, detail, side, strip, hints []string, pins [maxPins][]string) []string {
	r := s.rects
	lines := make([]string, s.h)
	lines[0] = header[0]
	if r.Strip.Y != 1 {
		lines[1] = s.rule(r.Wall, r.SideWall, "┬")
	}
	wall := s.ink.Border.Paint("│")
	body := r.Body
	for y := range body.H {
		var b strings.Builder
		b.Grow(s.w * 4)
		if !r.Tree.Empty() {
			b.WriteString(tree[y])
		}
		if r.Wall >= 0 {
			b.WriteString(wall)
		}
		if y < r.Detail.H {
			b.WriteString(detail[y])
		}
		if r.SideWall >= 0 {
			b.WriteString(wall)
		}
		if !r.Side.Empty() {
			b.WriteString(side[y])
		}
		b.WriteString(pinRow(r, pins, body.Y+y))
		lines[body.Y+y] = b.String()
	}
	for i, line := range strip {
		lines[r.Strip.Y+i] = line
	}
	if !r.HintRule.Empty() {
		lines[r.HintRule.Y] = s.rule(-1, -1, "")
		if r.Strip.Empty() {
			lines[r.HintRule.Y] = s.rule(r.Wall, r.SideWall, "┴")
		}
	}
	lines[r.Hints.Y] = hints[0]
	return lines
}

// rule is a thin line with marks where the walls meet it.
func (s *Screen) rule(wall, side int, mark string) string {
	if wall < 0 {
		return s.ink.Border.Paint(cell.Rule(s.w))
	}
	text := cell.Rule(wall) + mark
	if side >= 0 {
		text += cell.Rule(side-wall-1) + mark + cell.Rule(s.w-side-1)
	} else {
		text += cell.Rule(s.w - wall - 1)
	}
	return s.ink.Border.Paint(text)
}

// small says how big the screen must be.
func (s *Screen) small() string {
	var lines []string
	for _, text := range []string{
		"This screen is too small.",
		fmt.Sprintf("have %dx%d, need %dx%d", s.w, s.h, leastWidth, leastHeight),
		"q quits",
	} {
		lines = append(lines, cell.Fit(" "+text, s.w))
	}
	return strings.Join(cell.Block(lines, s.w, s.h), "\n")
}

func (s *Screen) header() []string {
	type key struct {
		w, version int
		clock      string
		branch     string
		edited     bool
		gone       string
		filter     bool
	}
	k := key{s.w, s.version, s.now.Format("15:04"), s.branch, s.uncommitted, s.gone, s.opt.ReadOnly}
	return s.panes.header.get(k, func() []string { return []string{s.headerLine(k.clock)} })
}

func (s *Screen) headerLine(clock string) string {
	in := s.ink
	l := cell.NewLine(s.w)
	if s.gone != "" {
		l.Put(in.Failed, " ✖ host is gone: "+s.gone)
		keys := "  q quit "
		if s.opt.Reconnect != nil {
			keys = "  ^r reconnect" + keys
		}
		return l.Fill(theme.Ink{}, cell.Width(keys)).Put(in.Key, keys).String()
	}
	name := cell.Cut(s.state.Workspace.Name, max(8, s.w/4))
	l.Put(in.Header, " "+name)
	if s.branch != "" && s.w >= 60 {
		l.Put(in.Faint, " ▸ ").Put(in.Muted, cell.Cut(s.branch, s.w/5)+pick(s.uncommitted, "*", ""))
	}
	if s.opt.ReadOnly {
		l.Put(in.Warning, "  read-only")
	}
	if s.state.Detected {
		l.Put(in.Muted, pick(s.w >= 100, "  detected: no sawhorse.yml (sawhorse init writes one)", "  detected"))
	}
	if s.state.Untrusted {
		l.Put(in.Warning, "  ▲ not trusted  :trust")
	}
	l.Put(in.Text, "   ")
	t := s.digest
	wide := s.w >= 60
	count := func(ink theme.Ink, glyph string, n int, word string) {
		if n > 0 {
			text := fmt.Sprintf("%s %d", glyph, n)
			if wide {
				text += " " + word
			}
			l.Put(ink, text).Put(in.Text, "  ")
		}
	}
	count(in.Succeeded, "●", t.up, "up")
	count(in.Warning, "▲", t.warn, "warn")
	count(in.Failed, "✖", t.fail, "fail")
	count(in.Running, "◐", t.running, "running")
	count(in.Muted, "◌", t.waiting, "waiting")
	end := clock + " "
	if s.w >= 80 && len(s.state.Usage) > 0 {
		var all tasks.Usage
		for _, u := range s.state.Usage {
			all.CPU += u.CPU
			all.Memory += u.Memory
		}
		end = "cpu " + screen.Percent(all.CPU) + "  mem " + screen.Bytes(all.Memory) + "  " + end
	}
	if l.Left() < len(end) {
		end = clock + " "
	}
	if l.Left() >= len(end) {
		l.Fill(theme.Ink{}, len(end)).Put(in.Muted, end)
	}
	return l.String()
}

// second is a key part for what counts seconds; 0 while nothing does.
func (s *Screen) second() int64 {
	if !s.ticking {
		return 0
	}
	return s.now.Unix()
}

func (s *Screen) treeLines() []string {
	r := s.rects.Tree
	if r.Empty() {
		return nil
	}
	type key struct {
		w, h, tree int
		focused    bool
		second     int64
		filter     string
		typing     bool
	}
	if sec := s.second(); sec != s.treeSecond {
		s.treeSecond = sec
		s.rebuild()
	}
	k := key{r.W, r.H, s.tree.Version(), s.focus == treePane, s.second(), s.tree.Filter(), s.filtering != nil}
	if s.filtering != nil {
		// The cursor in the text is part of the picture.
		s.panes.tree.key = nil
	}
	return s.panes.tree.get(k, func() []string {
		var lines []string
		h := r.H
		if s.filtering != nil || s.tree.Filter() != "" {
			l := cell.NewLine(r.W).Put(s.ink.Key, " / ")
			if s.filtering != nil {
				l.Painted(s.filtering.View(l.Left()-1, true, "filter…", s.ink), l.Left()-1)
			} else {
				l.Put(s.ink.Text, s.tree.Filter()).Put(s.ink.Faint, "  esc clears")
			}
			lines = append(lines, l.String())
			h--
		}
		return append(lines, s.tree.View(r.W, h, s.focus == treePane, s.ink)...)
	})
}

func (s *Screen) detailLines() []string {
	r := s.rects.Detail
	if r.Empty() {
		return nil
	}
	d := s.detail
	type key struct {
		w, h, version, touched, logs int
		unit, tab                    string
		focused                      bool
		second                       int64
		minute                       int64
	}
	k := key{w: r.W, h: r.H, touched: d.touched, unit: d.unit, tab: d.tab(), focused: s.focus == detailPane}
	if d.tab() == logsTab {
		k.logs = d.logs.version
	} else {
		k.version, k.second, k.minute = s.version, s.second(), s.now.Unix()/60
	}
	return s.panes.detail.get(k, func() []string {
		lines := []string{d.heading(s, r.W), s.ink.Border.Paint(cell.Rule(r.W))}
		return append(lines, d.body(s, s.frame(r.W, r.H-2, s.focus == detailPane))...)
	})
}

func (s *Screen) sideLines() []string {
	r := s.rects.Side
	if r.Empty() {
		return nil
	}
	type key struct {
		w, h, version int
		unit, tab     string
		outside       tasks.ResourceID
		second        int64
	}
	tab, unit := s.detail.tab(), s.detail.unit
	row := ""
	if unit == "" && s.detail.outside.id == "" {
		// Beside a group's table, it is about the row under the cursor.
		unit, _ = s.detail.overview.Selected()
		row = "  " + unit
	}
	return s.panes.side.get(key{r.W, r.H, s.version, unit, tab, s.detail.outside.id, s.second()}, func() []string {
		f := s.frame(r.W, r.H-2, false)
		f.Unit = unit
		// Beside the Stats tab, the stats would be there twice.
		title, body := " STATS"+row, stats.Lines(f)
		if tab == statsTab {
			title, body = " WHY", events.Why(f)
		}
		if r, ok := s.state.Resources[s.detail.outside.id]; ok {
			title, body = " STATS", nil
			if s.kindOf(r).Usage {
				body = resource.Taken(f, r, s.taken[r.ID])
			}
		}
		lines := []string{
			cell.NewLine(r.W).Put(s.ink.Heading, title).String(),
			s.ink.Border.Paint(cell.Rule(r.W)),
		}
		if body == nil {
			body = f.Empty("Nothing runs here.", "What the selection takes appears here while it runs.")
		}
		return cell.Block(append(lines, body...), r.W, r.H)
	})
}

func (s *Screen) stripLines() []string {
	r := s.rects.Strip
	if r.Empty() {
		return nil
	}
	type key struct {
		w, h, version, at, wall int
		focused                 bool
		keys                    string
	}
	lead := s.alertLead()
	k := key{r.W, r.H, s.version, s.strip.at, s.rects.Wall, s.focus == stripPane, strings.Join(lead, " ")}
	return s.panes.strip.get(k, func() []string {
		return s.strip.view(r.W, r.H, k.focused, k.wall, s.ink, lead, s.alertKeys)
	})
}

// pick is a when c holds, else b.
func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}
