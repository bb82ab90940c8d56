package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// strip is the ATTENTION rows and the cursor in them.
type strip struct {
	alerts  []tasks.Alert
	id      tasks.AlertID
	stepped bool // the next and previous keys were used
	chosen  bool // a person has moved the cursor, or may see it
	at, top int
}

// set takes the alerts of a new state; the cursor stays on its alert. Before a
// person has used it, it is on the newest failure: where a single row is shown, a
// service that restarts again and again would hide what is broken.
func (p *strip) set(alerts []tasks.Alert) {
	p.alerts = alerts
	if !p.chosen {
		i := slices.IndexFunc(alerts, func(a tasks.Alert) bool { return a.Severity == tasks.Error })
		p.goTo(max(0, i))
		return
	}
	if i := slices.IndexFunc(alerts, func(a tasks.Alert) bool { return a.ID == p.id }); i >= 0 {
		p.at = i
	}
	p.goTo(p.at)
}

func (p *strip) goTo(i int) {
	p.at = max(0, min(i, len(p.alerts)-1))
	p.id = ""
	if p.at < len(p.alerts) {
		p.id = p.alerts[p.at].ID
	}
}

// choose puts the cursor on an alert for a person.
func (p *strip) choose(i int) {
	p.chosen = true
	p.goTo(i)
}

func (p *strip) move(n int) { p.choose(p.at + n) }

func (p *strip) selected() (tasks.Alert, bool) {
	if p.at < len(p.alerts) {
		return p.alerts[p.at], true
	}
	return tasks.Alert{}, false
}

// view draws the title in a thin line and the rows below it.
// lead are the keys that lead to the rows from elsewhere.
func (p *strip) view(w, h int, focused bool, wall int, in *theme.Inks, lead []string, keys func(a tasks.Alert) string) []string {
	title := cell.NewLine(w).Put(in.Border, "─")
	if len(p.alerts) == 0 {
		title.Put(in.Muted, " ATTENTION ")
	} else {
		worst := in.Warning
		if slices.ContainsFunc(p.alerts, func(a tasks.Alert) bool { return a.Severity == tasks.Error }) {
			worst = in.Failed
		}
		title.Put(pick(focused, in.Bold, in.Heading), " ATTENTION ").Put(worst, fmt.Sprint(len(p.alerts))).Put(in.Text, " ")
	}
	if wall > w-title.Left() {
		title.Rule(in.Border, w-wall).Put(in.Border, "┴")
	}
	room := 0
	for _, k := range lead {
		room += cell.Width(k) + 2
	}
	if len(p.alerts) > 0 && !focused && room > 0 && title.Left() > room+4 {
		title.Rule(in.Border, room+1)
		for _, k := range lead {
			key, what, _ := strings.Cut(k, " ")
			title.Put(in.Key, " "+key).Put(in.Muted, " "+what)
		}
		title.Put(in.Text, " ")
	}
	lines := []string{title.Rule(in.Border, 0).String()}
	rows := h - 1
	if len(p.alerts) == 0 {
		lines = append(lines, cell.NewLine(w).Put(in.Succeeded, " ✓ ").
			Put(in.Muted, "nothing needs you").Put(in.Faint, "  what fails shows up here, with the key that leads there").String())
		return cell.Block(lines, w, h)
	}
	if p.at < p.top {
		p.top = p.at
	}
	if p.at >= p.top+rows {
		p.top = p.at - rows + 1
	}
	p.top = max(0, min(p.top, len(p.alerts)-rows))
	for i := p.top; i < min(p.top+rows, len(p.alerts)); i++ {
		lines = append(lines, p.row(p.alerts[i], i == p.at, focused, w, in, keys))
	}
	return cell.Block(lines, w, h)
}

func (p *strip) row(a tasks.Alert, selected, focused bool, w int, in *theme.Inks, keys func(a tasks.Alert) string) string {
	l := cell.NewLine(w)
	glyph, ink := "▲", in.Warning
	if a.Severity == tasks.Error {
		glyph, ink = "✖", in.Failed
	}
	text, muted, accent, fill := in.Text, in.Muted, in.Accent, theme.Ink{}
	mark := " "
	if selected && focused {
		mark = "▌"
		text, muted, accent, fill, ink = in.Selected, in.Selected, in.Selected, in.Selected, in.Selected
	}
	l.Put(pick(selected && focused, in.Accent, fill), mark).Put(ink, glyph+" ")
	if w >= 70 {
		l.Column(muted, a.Source, p.sources())
	}
	where := a.Location.String()
	if where == "" && w < 100 {
		// Without a place the message may have the room.
		l.Put(text, named(a)).Put(fill, "  ").Put(muted, message(a))
		return l.Fill(fill, 0).String()
	}
	tail := screen.Clock(a.At)
	titleW, whereW := p.columns(w)
	if hint := "  " + keys(a); selected && w >= 100 &&
		(focused || titleW+whereW+cell.Width(message(a))+cell.Width(tail+hint)+12 < w) {
		tail += hint
	}
	tailW := 0
	if w >= 100 {
		tailW = cell.Width(tail) + 2
	}
	l.Column(text, named(a), titleW-1).Put(fill, " ")
	if where != "" {
		l.Put(accent, cell.FitTail(where, min(whereW-1, max(0, l.Left()-tailW)))).Put(fill, " ")
	}
	l.Put(muted, cell.Cut(message(a), l.Left()-tailW))
	l.Fill(fill, tailW)
	if tailW > 0 {
		l.Put(fill, "  ").Put(pick(selected && focused, fill, in.Faint), tail)
	}
	return l.Fill(fill, 0).String()
}

// sources is the width of the column of what raised the alerts.
func (p *strip) sources() int {
	w := 7
	for _, a := range p.alerts[:min(len(p.alerts), 100)] {
		w = max(w, min(cell.Width(a.Source)+1, 12))
	}
	return w
}

// columns are the widths of title and place: those of the widest, within reason,
// so that a row of failures can be scanned.
func (p *strip) columns(w int) (title, where int) {
	for _, a := range p.alerts[:min(len(p.alerts), 100)] {
		title = max(title, cell.Width(named(a))+2)
		if a.Location.File != "" {
			where = max(where, cell.Width(a.Location.String())+2)
		}
	}
	return min(max(title, 12), w*3/10), min(where, w*3/10)
}

// named is an alert's title, without the file of a test that its place says, too.
func named(a tasks.Alert) string {
	if a.Test.Name != "" && a.Test.Suite == a.Location.File {
		return a.Test.Name
	}
	return a.Title
}

// message is the alert's message; with its hint, when it has one.
func message(a tasks.Alert) string {
	if a.Hint == "" {
		return a.Message
	}
	return a.Message + " (" + a.Hint + ")"
}
