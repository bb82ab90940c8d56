package logview

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/displaywidth"
)

// content is the text of a row as it is drawn, with its looks.
type content struct {
	text  string
	runs  []run
	links []Link
}

// run is a part of a text with a look: the escape sequences that set it.
type run struct {
	start, end int
	look       string
}

var levelWords = [...]string{"     ", "TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "FATAL"}

func (v *View) content(i int) content {
	r := &v.win.Rows[i]
	if !r.Structured || v.opts.AsPrinted {
		c := content{text: r.Text, links: r.Links}
		for _, s := range r.Spans {
			c.runs = append(c.runs, run{s.Start, s.End, s.SGR})
		}
		switch {
		case r.Part > 0:
			return c.indented()
		case r.Stamp > 0 && v.opts.Time == Clock && !v.opts.AsPrinted && v.prefixWidth() > 2:
			return c.behind(r.Stamp, "")
		}
		return c
	}
	var b strings.Builder
	var runs []run
	put := func(s, look string) {
		if look != "" {
			runs = append(runs, run{b.Len(), b.Len() + len(s), look})
		}
		b.WriteString(s)
	}
	if r.Level != Unknown {
		put(levelWords[r.Level], v.looks.levels[r.Level])
		b.WriteByte(' ')
	}
	b.WriteString(r.Message)
	for _, f := range r.Fields {
		if v.fieldLines(r) && r.Message != "" {
			break // they stand below
		}
		if v.opts.HiddenFields[f.Key] {
			continue
		}
		if b.Len() > 0 && b.String()[b.Len()-1] != ' ' {
			b.WriteByte(' ')
		}
		put(f.Key+"=", v.looks.key)
		if f.Value == "" || strings.IndexByte(f.Value, ' ') >= 0 && f.Value[0] != '{' && f.Value[0] != '[' {
			b.WriteString(`"` + f.Value + `"`)
		} else {
			b.WriteString(f.Value)
		}
	}
	return content{text: b.String(), runs: runs}
}

const frameIndent = "  ↳ "

// indented is the content of a line of a stack trace, set off from its head.
func (c content) indented() content {
	cut := 0
	for cut < len(c.text) && c.text[cut] == ' ' {
		cut++
	}
	return c.behind(cut, frameIndent)
}

// behind is what stands behind the first bytes, with something else before it.
func (c content) behind(cut int, before string) content {
	shift := len(before) - cut
	moved := content{text: before + c.text[cut:]}
	for _, r := range c.runs {
		if r.end > cut {
			moved.runs = append(moved.runs, run{max(r.start, cut) + shift, r.end + shift, r.look})
		}
	}
	for _, l := range c.links {
		if l.Start >= cut {
			moved.links = append(moved.links, Link{l.Start + shift, l.End + shift, l.URL})
		}
	}
	return moved
}

// textWidth is how many cells a row's text has.
func (v *View) textWidth() int { return max(0, v.w-v.prefixWidth()-1) }

// prefixWidth is what stands before the text: gutter, time and source.
func (v *View) prefixWidth() int {
	n := 2
	switch v.opts.Time {
	case Clock:
		n += len("15:04:05.000 ")
	case Delta:
		n += deltaWidth + 1
	}
	if v.opts.Sources > 0 {
		n += v.opts.Sources + 1
	}
	if n+8 > v.w {
		return min(1, max(0, v.w-1)) // too narrow for columns
	}
	return n
}

// chunk is the part of a text that one line shows.
type chunk struct{ start, end int }

// maxChunks bounds how high one row can get.
const maxChunks = 400

// chunks breaks a text into lines of the view's width.
func (v *View) chunks(text string) []chunk {
	width := max(2, v.textWidth())
	if len(text) <= width {
		return []chunk{{0, len(text)}}
	}
	var cs []chunk
	if ascii(text) {
		for i := 0; i < len(text) && len(cs) < maxChunks; i += width {
			cs = append(cs, chunk{i, min(len(text), i+width)})
		}
		return cs
	}
	start, at, w := 0, 0, 0
	g := displaywidth.StringGraphemes(text)
	for g.Next() && len(cs) < maxChunks {
		if w+g.Width() > width {
			cs = append(cs, chunk{start, at})
			start, w = at, 0
		}
		at += len(g.Value())
		w += g.Width()
	}
	if len(cs) < maxChunks {
		cs = append(cs, chunk{start, at})
	}
	return cs
}

// clip is the part of a text in the cells [left, left+width): which bytes, how
// many empty cells stand before it where a wide character was cut, and how many
// cells it takes without them.
func clip(text string, left, width int) (c chunk, lead, cells int) {
	if width <= 0 {
		return chunk{}, 0, 0
	}
	if n := min(len(text), left+width); ascii(text[:n]) && (n == len(text) || text[n] < 0x80) {
		from := min(left, n)
		return chunk{from, n}, 0, n - from
	}
	at, x := 0, 0
	started := false
	g := displaywidth.StringGraphemes(text)
	for g.Next() {
		w, n := g.Width(), len(g.Value())
		switch {
		case x+w > left+width:
			if !started {
				return chunk{at, at}, 0, 0
			}
			return c, lead, cells
		case x >= left:
			if !started {
				started, lead = true, x-left
				c.start = at
			}
			c.end = at + n
			cells += w
		}
		at += n
		x += w
	}
	if !started {
		return chunk{len(text), len(text)}, 0, 0
	}
	return c, lead, cells
}

// fits says whether a text ends within the cells [left, left+width).
func fits(text string, left, width int) bool {
	c, _, _ := clip(text, left, width)
	return c.end == len(text)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func width(s string) int {
	if ascii(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// matches are the parts of a text that the search finds.
func (v *View) matches(text string) []run {
	if v.search == nil {
		return nil
	}
	var found []run
	for _, m := range v.search.FindAllStringIndex(text, 200) {
		if m[1] > m[0] {
			found = append(found, run{start: m[0], end: m[1]})
		}
	}
	return slices.Clip(found)
}
