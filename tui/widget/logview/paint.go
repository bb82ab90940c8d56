package logview

import (
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// looks are the styles as the escape sequences that set them.
type looks struct {
	text, muted, faint, accent, cursor, cursorBlur, note, key, match, matchCurrent, border string
	levels                                                                                 [Fatal + 1]string
}

func newLooks(s Styles) looks {
	l := looks{
		text: look(s.Text), muted: look(s.Muted), faint: look(s.Faint), accent: look(s.Accent),
		cursor: look(s.Cursor), cursorBlur: look(s.CursorBlur), note: look(s.Note), key: look(s.Key),
		match: look(s.Match), matchCurrent: look(s.MatchCurrent), border: look(s.Border),
	}
	l.levels = [...]string{l.text, look(s.Debug), look(s.Debug), look(s.Info), look(s.Warning), look(s.Error), look(s.Error)}
	return l
}

// look is what a style writes before its text.
func look(s lipgloss.Style) string {
	before, _, _ := strings.Cut(s.Render("x"), "x")
	return before
}

const reset = "\x1b[m"

// View draws the view: h lines of w cells, joined by newlines. While nothing
// changes it costs nothing.
func (v *View) View() string {
	if v.w <= 0 || v.h <= 0 {
		return ""
	}
	if !v.stale {
		return v.cached
	}
	v.layout()
	b := strings.Builder{}
	b.Grow(v.h * (v.w + 64))
	bar := v.scrollbar()
	row := -1
	var c content
	var found []run
	for y := range v.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		if y < len(v.drawn) {
			d := v.drawn[y]
			if d.row != row {
				row = d.row
				c = v.content(row)
				found = v.matches(c.text)
			}
			v.line(&b, d, c, found)
		} else {
			spaces(&b, v.w-1)
		}
		b.WriteString(bar[y])
	}
	v.cached, v.stale = b.String(), false
	return v.cached
}

// line draws one line, without the scrollbar.
func (v *View) line(b *strings.Builder, d drawnLine, c content, found []run) {
	r := &v.win.Rows[d.row]
	sub := d.sub
	if v.gapAbove(d.row) {
		if sub == 0 {
			v.rule(b, v.looks.faint, group(v.bounds.Dropped)+" lines dropped here")
			return
		}
		sub--
	}
	if r.Break != "" {
		if sub == 0 {
			v.rule(b, v.looks.muted, r.Break)
			return
		}
		sub--
	}
	base, selected := v.base(r)
	prefix := v.prefix(b, r, d.row, sub, base, selected)
	room := v.w - 1 - prefix
	tail := ""
	if n := v.more(d.row); n > 0 && d.last {
		tail = "[" + strconv.Itoa(n) + " more]"
	} else if r.Structured && !v.opts.AsPrinted && sub == 0 && !v.open[r.ID] {
		tail = "▸" + r.Format
	} else if r.Cut > 0 && d.last {
		tail = "… " + size(r.Cut) + " more"
	}
	flat := !v.opts.Wrap && !v.open[r.ID]
	switch {
	case room <= 24:
		tail = ""
	case tail != "" && flat:
		if strings.HasPrefix(tail, "▸") && !fits(c.text, v.left, room-width(tail)-1) {
			tail = "▸" // the text needs the room more than the name of its format
		}
		room -= width(tail) + 1
	}
	used := 0
	if flat {
		part, lead, cells := clip(c.text, v.left, room)
		goesOn := room > 1 && part.end < len(c.text)
		if goesOn {
			part, lead, cells = clip(c.text, v.left, room-1)
		}
		if picked := v.picks(r, c.text); picked != nil {
			found = picked
		}
		paintSpaces(b, base, lead)
		v.paint(b, base, r, c, found, part)
		used = lead + cells
		if goesOn {
			b.WriteString(base)
			b.WriteString(v.looks.muted)
			b.WriteString("…")
			b.WriteString(reset)
			used++
		}
	} else {
		part, field := v.wrapped(r, c, sub)
		if field.Text != "" {
			c, found = content{text: field.Text, links: field.Links}, v.matches(field.Text)
		}
		if picked := v.picks(r, c.text); picked != nil {
			found = picked
		}
		cut, _, cells := clip(c.text[part.start:part.end], 0, room)
		v.paint(b, base, r, c, found, chunk{part.start + cut.start, part.start + cut.end})
		used = cells
		if left := room - width(tail) - 1; tail != "" && used <= left {
			room = left
		} else {
			tail = ""
		}
	}
	paintSpaces(b, base, room-used)
	if tail != "" {
		b.WriteString(base)
		b.WriteString(v.looks.accent)
		b.WriteByte(' ')
		b.WriteString(tail)
		b.WriteString(reset)
	}
}

// wrapped finds the sub-th line of a row that takes several: a part of its text,
// or of the line of a field that it belongs to.
func (v *View) wrapped(r *Row, c content, sub int) (part chunk, field Line) {
	cs := v.chunks(c.text)
	if sub < len(cs) {
		return cs[sub], Line{}
	}
	sub -= len(cs)
	if v.fieldLines(r) {
		for _, line := range r.unfolded() {
			cs := v.chunks(line.Text)
			if sub < len(cs) {
				return cs[sub], line
			}
			sub -= len(cs)
		}
	}
	return chunk{}, Line{}
}

// base is the look under everything in a row.
func (v *View) base(r *Row) (base string, selected bool) {
	switch {
	case r.Kind == Note:
		base = v.looks.note
	case r.Part > 0:
		base = v.looks.muted
	case !r.Structured || v.opts.AsPrinted:
		base = v.looks.levels[r.Level]
		if r.Level == Info || r.Level == Unknown {
			base = v.looks.text
		}
	default:
		base = v.looks.text
	}
	if v.Picked() != "" {
		return base, false
	}
	from, to := v.Selection()
	if r.Pos >= from && r.Pos < to && (!v.follow || v.anchor >= 0) && v.win.Source == v.source {
		if v.focused {
			return v.looks.cursor, true
		}
		return v.looks.cursorBlur, true
	}
	return base, false
}

// prefix draws what stands before the text and says how wide it is.
func (v *View) prefix(b *strings.Builder, r *Row, row, sub int, base string, selected bool) int {
	n := v.prefixWidth()
	if n == 0 {
		return 0
	}
	sign, signLook := " ", base
	_, marked := v.marks[r.ID]
	switch {
	case marked:
		sign, signLook = "◆", v.looks.accent
	case selected:
		sign = "▌"
	case sub > 0:
	case r.Kind == Note:
		sign, signLook = "·", v.looks.note
	case r.Level >= Error && r.Part == 0:
		sign, signLook = "✖", v.looks.levels[Error]
	case r.Level == Warn && r.Part == 0:
		sign, signLook = "▲", v.looks.levels[Warn]
	case r.Kind == Err:
		sign, signLook = "╎", v.looks.faint
	}
	if selected {
		b.WriteString(base)
	}
	b.WriteString(signLook)
	b.WriteString(sign)
	if signLook != "" || selected {
		b.WriteString(reset)
	}
	if n == 1 {
		return 1
	}
	if sub > 0 {
		paintSpaces(b, base, n-1)
		return n
	}
	if selected {
		b.WriteString(base)
	} else {
		b.WriteString(v.looks.faint)
	}
	b.WriteByte(' ')
	switch v.opts.Time {
	case Clock:
		v.clock(b, r.Time)
		b.WriteByte(' ')
	case Delta:
		v.delta(b, row)
		b.WriteByte(' ')
	}
	if v.opts.Sources > 0 {
		if !selected {
			b.WriteString(reset)
			b.WriteString(v.looks.accent)
		}
		part, _, cells := clip(r.ID.Source, 0, v.opts.Sources)
		b.WriteString(r.ID.Source[part.start:part.end])
		spaces(b, v.opts.Sources-cells+1)
	}
	b.WriteString(reset)
	return n
}

func (v *View) clock(b *strings.Builder, t time.Time) {
	if t.IsZero() {
		spaces(b, len("15:04:05.000"))
		return
	}
	zone := v.opts.Zone
	if zone == nil {
		zone = time.Local
	}
	var buf [16]byte
	b.Write(t.In(zone).AppendFormat(buf[:0], "15:04:05.000"))
}

const deltaWidth = 9

// delta draws the time since the row above.
func (v *View) delta(b *strings.Builder, row int) {
	text := ""
	if row > 0 && !v.win.Rows[row].Time.IsZero() && !v.win.Rows[row-1].Time.IsZero() {
		text = between(v.win.Rows[row].Time.Sub(v.win.Rows[row-1].Time))
	}
	spaces(b, deltaWidth-len(text))
	b.WriteString(text)
}

// between is a duration in at most nine characters: "+12ms", "+1.234s", "+3h04m".
func between(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d < time.Second:
		return sign + strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return sign + strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + "s"
	case d < time.Hour:
		return sign + strconv.Itoa(int(d.Minutes())) + "m" + two(int(d.Seconds())%60) + "s"
	case d < 100*time.Hour:
		return sign + strconv.Itoa(int(d.Hours())) + "h" + two(int(d.Minutes())%60) + "m"
	}
	return sign + strconv.FormatInt(min(int64(d.Hours()/24), 99999), 10) + "d"
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// rule draws a line across the view with a text in it.
func (v *View) rule(b *strings.Builder, look, text string) {
	room := v.w - 1
	b.WriteString(look)
	part, _, cells := clip("── "+text+" ", 0, room)
	b.WriteString(("── " + text + " ")[part.start:part.end])
	for range room - cells {
		b.WriteString("─")
	}
	b.WriteString(reset)
}

// paint draws a part of a row's text.
func (v *View) paint(b *strings.Builder, base string, r *Row, c content, found []run, part chunk) {
	if len(c.runs) == 0 && len(found) == 0 && len(c.links) == 0 {
		b.WriteString(base)
		b.WriteString(c.text[part.start:part.end])
		if base != "" {
			b.WriteString(reset)
		}
		return
	}
	hit := v.looks.match
	switch {
	case v.Picked() != "" && r.ID == v.pressed.row:
		hit = v.looks.cursor
	case r.Pos == v.cursor && !v.follow:
		hit = v.looks.matchCurrent
	}
	ri, fi, li := 0, 0, 0
	for i := part.start; i < part.end; {
		next := part.end
		look := ""
		for ri < len(c.runs) && c.runs[ri].end <= i {
			ri++
		}
		if ri < len(c.runs) {
			if next = min(next, edge(c.runs[ri].start, c.runs[ri].end, i)); c.runs[ri].start <= i {
				look = c.runs[ri].look
			}
		}
		for fi < len(found) && found[fi].end <= i {
			fi++
		}
		if fi < len(found) {
			if next = min(next, edge(found[fi].start, found[fi].end, i)); found[fi].start <= i {
				look = hit
			}
		}
		for li < len(c.links) && c.links[li].End <= i {
			li++
		}
		url := ""
		if li < len(c.links) {
			if next = min(next, edge(c.links[li].Start, c.links[li].End, i)); c.links[li].Start <= i {
				url = c.links[li].URL
			}
		}
		if url != "" {
			b.WriteString("\x1b]8;;" + url + "\x1b\\")
		}
		b.WriteString(base)
		b.WriteString(look)
		b.WriteString(c.text[i:next])
		if base != "" || look != "" {
			b.WriteString(reset)
		}
		if url != "" {
			b.WriteString("\x1b]8;;\x1b\\")
		}
		i = next
	}
}

// edge is where a stretch that has not ended before i changes next.
func edge(start, end, i int) int {
	if start > i {
		return start
	}
	return end
}

// scrollbar is one cell for each line: where the view stands, and ticks.
func (v *View) scrollbar() []string {
	cells := make([]string, v.h)
	n := v.bounds.End - v.bounds.First
	track := v.looks.border + "▏" + reset
	thumb := v.looks.muted + "█" + reset
	from, to := 0, v.h
	if len(v.drawn) > 0 && n > 0 && v.win.Source == v.source {
		first := v.win.Rows[v.drawn[0].row].Pos - v.bounds.First
		last := v.win.Rows[v.drawn[len(v.drawn)-1].row].Pos - v.bounds.First + 1
		if first == 0 && last == n {
			thumb = track
		}
		from = int(min(first*int64(v.h)/n, int64(v.h-1)))
		to = max(from+1, int((last*int64(v.h)+n-1)/n))
		if last == n {
			to = v.h
		}
	} else {
		thumb = track
	}
	for y := range cells {
		cells[y] = track
		if y >= from && y < to {
			cells[y] = thumb
		}
	}
	tick := func(at []int64, look, glyph string) {
		if n <= 0 {
			return
		}
		for _, pos := range at {
			if pos >= v.bounds.First && pos < v.bounds.End {
				cells[(pos-v.bounds.First)*int64(v.h)/n] = look + glyph + reset
			}
		}
	}
	tick(v.overview.Errors, v.looks.levels[Error], "●")
	tick(v.overview.Hits, v.looks.accent, "◂")
	tick(v.Marks(), v.looks.accent, "◆")
	return cells
}

const blank = "                                                                                "

func spaces(b *strings.Builder, n int) {
	for n > 0 {
		k := min(n, len(blank))
		b.WriteString(blank[:k])
		n -= k
	}
}

func paintSpaces(b *strings.Builder, base string, n int) {
	if n <= 0 {
		return
	}
	b.WriteString(base)
	spaces(b, n)
	if base != "" {
		b.WriteString(reset)
	}
}

// group is a number with a thin gap between thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1<<20:
		return strconv.FormatInt(n>>10, 10) + " KB"
	}
	return strconv.FormatInt(n>>20, 10) + " MB"
}
