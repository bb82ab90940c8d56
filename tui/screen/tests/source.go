package tests

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// failureLines draws the document, and at its end, where there is room for it,
// the source around the selected place.
func (s *Screen) failureLines(f screen.Frame, w, h int) []string {
	n := s.node()
	if n == nil {
		return cell.Block(nil, w, h)
	}
	cursor := s.open && f.Focused
	at, _, ok := s.document.selected()
	if !ok || at.Line == 0 || f.H < sourceBox {
		return s.document.view(w, h, cursor, f.Ink)
	}
	rows := max(5, min(11, h*2/5))
	if src, ok := s.reader.sources[at.String()]; ok && src.err == nil {
		rows = max(3, min(rows, len(src.lines))) // of a short file, all
	}
	lines := s.document.view(w, h-rows-1, cursor, f.Ink)
	title := " " + cell.CutLeft(at.String(), w-8) + " "
	if src := s.reader.sources[at.String()]; src.modified.After(f.State.Runs[n.run].StartedAt) && !f.State.Runs[n.run].StartedAt.IsZero() {
		title += "changed since the run "
	}
	lines = append(lines, cell.NewLine(w).Put(f.Ink.Border, "──").Put(f.Ink.Muted, title).Rule(f.Ink.Border, 0).String())
	return cell.Block(append(lines, s.sourceLines(at, w, rows, f.Ink)...), w, h)
}

// sourceLines draws n lines of source around a place, the place in the middle.
func (s *Screen) sourceLines(at tasks.Location, w, n int, in *theme.Inks) []string {
	src, known := s.reader.sources[at.String()]
	note := ""
	switch {
	case !known:
		note = "reading…"
	case src.err != nil:
		note = "the source can't be shown: " + src.err.Error()
	case len(src.lines) == 0 || at.Line >= src.from+len(src.lines):
		note = fmt.Sprintf("%s has no line %d any more", at.File, at.Line)
	}
	if note != "" {
		return cell.Block([]string{cell.NewLine(w).Put(in.Faint, "  "+note).String()}, w, n)
	}
	first := max(src.from, at.Line-n/2)
	last := min(src.from+len(src.lines)-1, first+n-1)
	first = max(src.from, last-n+1)
	digits, common := len(strconv.Itoa(last)), indent(src.lines[first-src.from:last-src.from+1])
	var lines []string
	for number := first; number <= last; number++ {
		l := cell.NewLine(w)
		gutter, ink := in.Faint, in.Muted
		mark := "  "
		if number == at.Line {
			gutter, ink, mark = in.Failed, in.Bold, "▶ "
		}
		l.Put(gutter, mark+cell.FitRight(strconv.Itoa(number), digits)+" ").Put(in.Border, "│ ")
		text := src.lines[number-src.from]
		before, word, after := "", "", text[min(common, len(text)):]
		if number == at.Line && at.Column > common {
			before, word, after = wordAt(after, at.Column-1-common)
		}
		for _, s := range []seg{{ink, before}, {in.ActualWord, word}, {ink, after}} {
			l.Put(s.ink, strings.ReplaceAll(s.text, "\t", "    "))
		}
		lines = append(lines, l.String())
	}
	return cell.Block(lines, w, n)
}

// indent is how many bytes of white space all lines begin with.
func indent(lines []string) int {
	common, found := "", false
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		own := l[:indentOf(l)]
		if !found {
			common, found = own, true
		}
		for !strings.HasPrefix(own, common) {
			common = common[:len(common)-1]
		}
	}
	return len(common)
}

// wordAt cuts out the word that begins at a byte; one that is not there is empty.
func wordAt(text string, at int) (before, word, after string) {
	if at < 0 || at >= len(text) || !utf8.RuneStart(text[at]) {
		return "", "", text
	}
	all := tokens(text[at:])
	if len(all) == 0 || all[0][0] != 0 {
		return "", "", text
	}
	return text[:at], text[at : at+all[0][1]], text[at+all[0][1]:]
}
