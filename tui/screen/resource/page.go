package resource

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/stats"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// Answer is what came of a question that a tab asks.
type Answer struct {
	Result tasks.Result
	Err    error
	// Known: an answer has come; until then there is nothing to show.
	Known bool
}

// Page is a tab that an answer fills.
type Page struct {
	pager pager.Pager
	of    string
}

// Move scrolls.
func (p *Page) Move(n int) { p.pager.Move(n) }

// View draws the resource's own facts above the answer, and curves below it.
func (p *Page) View(f screen.Frame, of string, r tasks.Resource, own bool, a Answer) []string {
	if of != p.of {
		p.of = of
		p.pager.Top()
	}
	var lines []string
	if r.Reason != "" {
		lines = append(lines, f.Fact(f.Ink.Warning, "why", r.Reason)...)
	}
	switch {
	case a.Err != nil:
		lines = append(lines, f.Fact(f.Ink.Failed, "no answer", a.Err.Error())...)
		own = true
	case !a.Known:
		lines = append(lines, f.Fact(f.Ink.Faint, "", "asking…")...)
		own = true
	}
	if own {
		lines = append(lines, facts(f, r.Facts)...)
	}
	lines = append(lines, resultLines(f, a.Result)...)
	if len(a.Result.Curves) > 0 {
		lines = append(lines, curveLines(f, a.Result.Curves, f.H-len(lines))...)
	}
	if len(lines) == 0 {
		return f.Empty("There is nothing to show here.", "")
	}
	return p.pager.View(lines, f.W, f.H)
}

func facts(f screen.Frame, all []tasks.Fact) []string {
	var lines []string
	for _, fact := range all {
		name := fact.Name
		for text := range strings.SplitSeq(fact.Value, "\n") {
			lines = append(lines, f.Fact(f.Ink.Text, name, text)...)
			name = ""
		}
	}
	return lines
}

// resultLines are a result as lines: its facts, its rows, its text.
func resultLines(f screen.Frame, r tasks.Result) []string {
	lines := facts(f, r.Facts)
	if len(r.Rows) > 0 {
		if len(lines) > 0 {
			lines = append(lines, cell.Spaces(f.W))
		}
		lines = append(lines, rows(f, r)...)
	}
	if r.Text != "" {
		if len(lines) > 0 {
			lines = append(lines, cell.Spaces(f.W))
		}
		for text := range strings.SplitSeq(strings.TrimRight(r.Text, "\n"), "\n") {
			lines = append(lines, textLines(f, text)...)
		}
	}
	if r.More != "" {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Faint, "  "+r.More).String())
	}
	return lines
}

// textLines is a line of a text in two columns' distance from the wall, its indent
// kept where it goes on below itself.
func textLines(f screen.Frame, text string) []string {
	text = strings.ReplaceAll(text, "\t", "    ")
	indent := len(text) - len(strings.TrimLeft(text, " "))
	room := f.W - 3 - indent
	if room < 10 {
		indent, room = 0, f.W-3
	}
	var lines []string
	for _, s := range cell.Wrap(text[indent:], max(10, room)) {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Text, "  "+cell.Spaces(indent)+s).String())
	}
	if lines == nil {
		lines = []string{cell.Spaces(f.W)}
	}
	return lines
}

// rows are a result's rows under their headings; the last column goes on below
// itself.
func rows(f screen.Frame, r tasks.Result) []string {
	last := len(r.Columns) - 1
	widths := make([]int, len(r.Columns))
	for i, c := range r.Columns {
		widths[i] = cell.Width(c.Name)
		for _, row := range r.Rows {
			if i < len(row) {
				widths[i] = max(widths[i], cell.Width(row[i]))
			}
		}
		if i < last {
			widths[i] = min(widths[i], max(8, f.W/3))
		}
	}
	used := 2
	for _, w := range widths[:max(0, last)] {
		used += w + 2
	}
	l := cell.NewLine(f.W).Put(f.Ink.Heading, "  ")
	for i, c := range r.Columns {
		switch {
		case i == last && !c.Number:
			l.Put(f.Ink.Heading, c.Name)
		case c.Number:
			l.ColumnRight(f.Ink.Heading, c.Name, widths[i]).Put(f.Ink.Heading, "  ")
		default:
			l.Column(f.Ink.Heading, c.Name, widths[i]).Put(f.Ink.Heading, "  ")
		}
	}
	lines := []string{l.String()}
	for _, row := range r.Rows {
		l := cell.NewLine(f.W).Put(f.Ink.Text, "  ")
		var rest []string
		for i, c := range r.Columns {
			text := ""
			if i < len(row) {
				text = row[i]
			}
			switch {
			case i == last && !c.Number:
				wrapped := cell.Wrap(text, max(8, f.W-used-1))
				if len(wrapped) > 0 {
					l.Put(f.Ink.Text, wrapped[0])
					rest = wrapped[1:]
				}
			case c.Number:
				l.ColumnRight(f.Ink.Text, text, widths[i]).Put(f.Ink.Text, "  ")
			default:
				l.Column(f.Ink.Text, text, widths[i]).Put(f.Ink.Text, "  ")
			}
		}
		lines = append(lines, l.String())
		for _, text := range rest {
			lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Text, cell.Spaces(min(used, f.W-1))+text).String())
		}
	}
	return lines
}

// Taken draws what a resource takes, with its course.
func Taken(f screen.Frame, r tasks.Resource, course []tasks.Usage) []string {
	u, sampled := f.State.Used[r.ID]
	if !sampled {
		if r.Phase != tasks.PhaseUp && r.Phase != tasks.PhaseWarning && r.Phase != tasks.PhaseBusy {
			return f.Empty(r.Name+" does nothing, so it takes nothing.", "CPU and memory appear here while it runs.")
		}
		return f.Empty("Not sampled yet.", "What it takes is asked for while you look.")
	}
	return cell.Block(stats.Taken(f, u, course), f.W, f.H)
}
