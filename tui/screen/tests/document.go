package tests

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// document is what is told of the selected test: what it said, what it compared,
// what it printed. It is made anew when one of these changes, and the visible
// lines are drawn.
type document struct {
	key   documentKey
	lines []docLine
	at    int // the cursor
	top   int
	h     int  // of the last View
	loose bool // the wheel has scrolled
	moved bool // a person moved the cursor
	// unfolded are the folds that a person opened, by the first line of each.
	unfolded map[int64]bool
	node     nodeID
}

// documentKey is what a document was made of.
type documentKey struct {
	id       nodeID
	version  int // of the model
	read     int // of the reader
	w        int
	ink      *theme.Inks
	unfolded int
	wide     bool
	running  time.Duration // the test goes on for so long
}

// docLine is a line, one cell narrower than its place: the cursor stands before
// it.
type docLine struct {
	painted string
	text    string // as it can be copied
	place   tasks.Location
	n       int64 // of the log; -1
	fold    int64 // the first line of a fold that this line stands for; -1
}

// reset begins at the top of another test, or of the same one.
func (d *document) reset() {
	d.top, d.at, d.moved, d.loose, d.unfolded = 0, 0, false, false, nil
	d.key = documentKey{}
}

// follow makes the lines anew when something has changed.
func (d *document) follow(s *Screen, f screen.Frame, n *node) {
	if n.id != d.node {
		d.node = n.id
		d.reset()
	}
	_, failure := s.split(f.W, f.H-1)
	key := documentKey{n.id, s.model.version, s.reader.version, failure.w, f.Ink, len(d.unfolded), f.H >= sourceBox, n.running(f.Now)}
	if key == d.key {
		return
	}
	before := tasks.Location{}
	if d.at < len(d.lines) {
		before = d.lines[d.at].place
	}
	d.key = key
	d.lines = s.write(f, n, max(1, failure.w-1))
	d.at = max(0, min(d.at, len(d.lines)-1))
	if !d.moved || before.File != "" && d.lines[d.at].place != before {
		i := slices.IndexFunc(d.lines, func(l docLine) bool { return l.place.File != "" && (before.File == "" || l.place == before) })
		d.at = max(0, i)
	}
}

// selected is the place that the cursor is at, or the nearest one above it, else
// the first; line is the cursor's line of the log.
func (d *document) selected() (at tasks.Location, line int64, ok bool) {
	line = -1
	if d.at < len(d.lines) {
		line = d.lines[d.at].n
	}
	for i := min(d.at, len(d.lines)-1); i >= 0; i-- {
		if p := d.lines[i].place; p.File != "" {
			return p, line, true
		}
	}
	if i := slices.IndexFunc(d.lines, func(l docLine) bool { return l.place.File != "" }); i >= 0 {
		return d.lines[i].place, line, true
	}
	return tasks.Location{}, line, false
}

// text is the whole document, for the clipboard.
func (d *document) text() string {
	var b strings.Builder
	for _, l := range d.lines {
		b.WriteString(strings.TrimRight(l.text, " "))
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String())
}

func (d *document) move(n int) {
	d.at = max(0, min(d.at+n, len(d.lines)-1))
	d.moved, d.loose = true, false
}

func (d *document) scroll(n int) {
	d.top = max(0, min(d.top+n, len(d.lines)-d.h))
	d.loose = true
}

func (d *document) click(y int) {
	if i := d.top + y; y >= 0 && y < d.h && i < len(d.lines) {
		again := i == d.at
		d.at, d.moved = i, true
		if again {
			d.unfold()
		}
	}
}

// next is the line of the next place, or of the one before, round the end; -1:
// there is none.
func (d *document) next(step int) int {
	n := len(d.lines)
	for k := 1; k <= n; k++ {
		i := ((d.at+step*k)%n + n) % n
		if p := d.lines[i].place; p.File != "" && (i == 0 || d.lines[i-1].place != p) {
			return i
		}
	}
	return -1
}

// unfold shows the library frames under the cursor, if there are any.
func (d *document) unfold() {
	if d.at >= len(d.lines) || d.lines[d.at].fold < 0 {
		return
	}
	if d.unfolded == nil {
		d.unfolded = map[int64]bool{}
	}
	d.unfolded[d.lines[d.at].fold] = true
	d.key = documentKey{}
}

// view draws the visible lines, with the cursor when a person is here.
func (d *document) view(w, h int, cursor bool, in *theme.Inks) []string {
	d.h = h
	if cursor && !d.loose {
		if d.at < d.top {
			d.top = d.at
		}
		if d.at >= d.top+h {
			d.top = d.at - h + 1
		}
	}
	d.top = max(0, min(d.top, len(d.lines)-h))
	lines := make([]string, 0, h)
	for i := d.top; i < min(d.top+h, len(d.lines)); i++ {
		mark := " "
		if cursor && i == d.at {
			mark = in.Accent.Paint("▌")
		}
		lines = append(lines, mark+d.lines[i].painted)
	}
	return cell.Block(lines, w, h)
}

// seg is a piece of a line in one ink.
type seg struct {
	ink  theme.Ink
	text string
}

// longWord is from how many bytes on a word is broken at the end of a line.
const longWord = 20

// writer makes the lines of a document.
type writer struct {
	w     int
	in    *theme.Inks
	lines []docLine
}

// add wraps pieces into as many lines as they need.
func (o *writer) add(l docLine, segs ...seg) {
	var text strings.Builder
	for _, s := range segs {
		text.WriteString(s.text)
	}
	if l.text == "" {
		l.text = text.String()
	}
	line := cell.NewLine(o.w)
	flush := func() {
		l.painted = line.String()
		o.lines = append(o.lines, l)
		line, l.text = cell.NewLine(o.w), ""
	}
	for _, s := range segs {
		rest := cell.Clean(strings.ReplaceAll(s.text, "\t", "    "))
		for cell.Width(rest) > line.Left() && o.w > 4 {
			head := ansi.Truncate(rest, line.Left(), "")
			if blank := strings.LastIndexByte(head, ' '); blank > 0 && len(head)-blank < longWord {
				head = head[:blank+1]
			}
			if head == "" && line.Left() == o.w {
				break
			}
			line.Put(s.ink, head)
			rest = rest[len(head):]
			flush()
			line.Put(o.in.Faint, "  ")
		}
		line.Put(s.ink, rest)
	}
	flush()
}

// say adds a line that leads nowhere.
func (o *writer) say(ink theme.Ink, text string) { o.add(docLine{n: -1, fold: -1}, seg{ink, text}) }

func (o *writer) blank() { o.say(o.in.Text, "") }

// write tells of a node.
func (s *Screen) write(f screen.Frame, n *node, w int) []docLine {
	o := &writer{w: w, in: f.Ink}
	switch {
	case n.diagnostic != nil:
		s.writeDiagnostic(o, f, n)
	case n.has:
		s.writeTest(o, f, n)
	default:
		s.writeGroup(o, n)
	}
	return o.lines
}

func (s *Screen) writeTest(o *writer, f screen.Frame, n *node) {
	in, t := o.in, n.result
	glyph, word, ink := look(rank(t.Status), in)
	o.add(docLine{n: -1, fold: -1}, seg{ink, glyph + " "}, seg{in.Bold, t.Name})
	about := word
	if d := n.running(f.Now); d > 0 {
		about += " for " + screen.Short(d)
	} else if t.Duration > 0 {
		about += " after " + screen.Short(t.Duration)
	}
	about += fmt.Sprintf(" in run %d", f.State.Runs[n.run].Number)
	if n.run != s.model.newest {
		about += ", not run since"
	}
	if t.Suite != "" {
		about = t.Suite + ": " + about
	}
	if marks := s.past.marks(n); len([]rune(marks)) > 1 {
		about += "  " + marks
	}
	o.say(in.Muted, about)
	if p, ok := s.past.of(n); ok {
		for _, text := range []string{p.Broken, p.Flaky, p.Slow} {
			if text != "" {
				o.say(in.Warning, text)
			}
		}
	}
	o.location(s.where(n), t.Line)
	if t.Message != "" && t.Status == tasks.TestFailed {
		o.blank()
		message := strings.TrimSpace(t.Message)
		if t.Diff != "" {
			message = cell.Cut(message, o.w) // the rest stands below
		}
		for part := range strings.SplitSeq(message, "\n") {
			o.add(docLine{n: t.Line, fold: -1}, paint(part, in.Failed, o.inks(values(part)))...)
		}
	}
	if f.H < sourceBox {
		s.writeSource(o, s.where(n), 5)
	}
	s.writeDiff(o, t.Diff)
	s.writeBelow(o, n)
	s.writeOutput(o, f, n)
}

// writeDiff adds what an assertion compared.
func (s *Screen) writeDiff(o *writer, diff string) {
	if diff == "" {
		return
	}
	o.blank()
	o.add(docLine{n: -1, fold: -1}, seg{o.in.Heading, "COMPARED  "}, seg{o.in.Expected, "- expected  "}, seg{o.in.Actual, "+ actual"})
	texts := strings.Split(strings.TrimRight(diff, "\n"), "\n")
	marks := make([]marked, len(texts))
	for i, t := range texts {
		switch {
		case strings.HasPrefix(t, "-"):
			marks[i].side = expected
		case strings.HasPrefix(t, "+"):
			marks[i].side = actual
		}
	}
	pairWords(texts, marks)
	for i, t := range texts {
		s.writeLine(o, line{n: -1, text: t, mark: marks[i]})
	}
}

// location adds the line that leads to a place.
func (o *writer) location(at tasks.Location, line int64) {
	if at.File != "" {
		o.add(docLine{place: at, n: line, fold: -1}, seg{o.in.Accent, at.String()})
	}
}

// writeBelow lists what failed below a node.
func (s *Screen) writeBelow(o *writer, n *node) {
	if len(n.kids) == 0 {
		return
	}
	const most = 20
	shown, above := 0, n.full()
	if n.file {
		above = n.parent.full()
	}
	n.tests(func(t *node) {
		if t == n || !t.reason() {
			return
		}
		switch shown++; {
		case shown == 1:
			o.blank()
			o.say(o.in.Heading, "FAILED")
		case shown > most:
			return
		}
		o.add(docLine{place: t.result.Location, n: t.result.Line, fold: -1},
			seg{o.in.Failed, "✖ "}, seg{o.in.Text, strings.TrimLeft(strings.TrimPrefix(t.full(), above), " :/›>") + "  "}, seg{o.in.Muted, t.result.Message})
	})
	if shown > most {
		o.say(o.in.Faint, fmt.Sprintf("  and %d more", shown-most))
	}
}

func (s *Screen) writeGroup(o *writer, n *node) {
	in := o.in
	o.say(in.Bold, n.label)
	var segs []seg
	for rank, c := range n.count {
		if c > 0 {
			glyph, word, ink := look(rank, in)
			segs = append(segs, seg{ink, fmt.Sprintf("%s %d %s  ", glyph, c, word)})
		}
	}
	if n.id == problemsID {
		o.say(in.Muted, "what compilers and linters said in this run")
	} else {
		o.add(docLine{n: -1, fold: -1}, segs...)
	}
	if slow := slowest(n); slow != nil {
		o.say(in.Muted, "slowest: "+slow.label+", "+screen.Short(slow.result.Duration))
	}
	s.writeBelow(o, n)
}

func (s *Screen) writeDiagnostic(o *writer, f screen.Frame, n *node) {
	d := n.diagnostic
	glyph, word, ink := severity(d, o.in)
	o.add(docLine{n: -1, fold: -1}, seg{ink, glyph + " " + word + "  "}, seg{o.in.Muted, d.Code})
	o.location(d.Location, d.Line)
	o.blank()
	o.say(o.in.Text, d.Message)
	if f.H < sourceBox {
		s.writeSource(o, d.Location, 5)
	}
	s.writeOutput(o, f, n)
}

// writeOutput adds what the test printed, with the frames of libraries folded.
func (s *Screen) writeOutput(o *writer, f screen.Frame, n *node) {
	in, out := o.in, s.reader.output
	want, ok := outputOf(n, f.State.Runs[n.run])
	if !ok {
		return
	}
	o.blank()
	o.say(in.Heading, "OUTPUT")
	switch {
	case out.key.id != want.id || out.key.run != want.run:
		o.say(in.Faint, "reading…")
		return
	case out.err != nil:
		o.say(in.Warning, out.err.Error())
		return
	case len(out.lines) == 0:
		o.say(in.Faint, "its lines are no longer kept")
		return
	}
	for i := 0; i < len(out.lines); {
		l := out.lines[i]
		end := i
		for end < len(out.lines) && out.lines[end].frame && !out.lines[end].ours {
			end++
		}
		if end-i > 1 && !s.document.unfolded[l.n] {
			o.add(docLine{n: l.n, fold: l.n}, seg{in.Faint, fmt.Sprintf("    ▸ %s of libraries", tasks.Counted(frames(out.lines[i:end]), "frame"))})
			i = end
			continue
		}
		for ; i < max(end, i+1); i++ {
			s.writeLine(o, out.lines[i])
			if i+1 >= end {
				i++
				break
			}
		}
	}
	if out.more > 0 {
		o.say(in.Faint, fmt.Sprintf("%d more lines; o shows them in the log", out.more))
	}
}

// frames counts frames, some of which take two lines.
func frames(lines []line) (n int) {
	for _, l := range lines {
		if !l.behind {
			n++
		}
	}
	return max(n, 1)
}

// writeLine adds a line of output: coloured by what it compares, with its places.
func (s *Screen) writeLine(o *writer, l line) {
	in := o.in
	ink, word := in.Text, in.Text
	switch l.mark.side {
	case expected:
		ink, word = in.Expected, in.ExpectedWord
	case actual:
		ink, word = in.Actual, in.ActualWord
	case heading:
		ink = in.Muted
	case reason:
		ink = in.Failed
	case plain:
		if l.frame && !l.ours {
			ink = in.Faint
		}
	}
	var cuts []cut
	for _, w := range l.mark.words {
		cuts = append(cuts, cut{w[0], w[1], word})
	}
	if l.mark.side == plain {
		cuts = append(cuts, o.inks(values(l.text))...)
		if isMark(l.text) {
			ink = in.Faint
		}
	}
	d := docLine{text: l.text, n: l.n, fold: -1}
	for _, p := range l.spots {
		cuts = append(cuts, cut{p.from, p.to, in.Accent})
		if d.place.File == "" {
			d.place = p.at
		}
	}
	o.add(d, paint(l.text, ink, cuts)...)
}

// cut is a part of a line in an ink of its own.
type cut struct {
	from, to int
	ink      theme.Ink
}

// inks gives the two sides of a comparison their colours.
func (o *writer) inks(sides []sided) (cuts []cut) {
	for _, v := range sides {
		cuts = append(cuts, cut{v.from, v.to, pick(v.side == expected, o.in.Expected, o.in.Actual)})
	}
	return cuts
}

// paint cuts a line into pieces.
func paint(text string, ink theme.Ink, cuts []cut) (segs []seg) {
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.from - b.from })
	at := 0
	for _, c := range cuts {
		if c.from < at || c.to > len(text) {
			continue
		}
		segs = append(segs, seg{ink, text[at:c.from]}, seg{c.ink, text[c.from:c.to]})
		at = c.to
	}
	return append(segs, seg{ink, text[at:]})
}

// isMark says whether a line is one of go test's own.
func isMark(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "=== ") || strings.HasPrefix(s, "--- ")
}

// writeSource adds the lines around a place.
func (s *Screen) writeSource(o *writer, at tasks.Location, n int) {
	if at.Line == 0 {
		return
	}
	o.blank()
	for _, l := range s.sourceLines(at, o.w, n, o.in) {
		o.lines = append(o.lines, docLine{painted: l, n: -1, fold: -1})
	}
}
