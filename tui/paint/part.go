package paint

import (
	"math"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// part is a stretch of a line that stands alone: from which cell on, how many
// cells, and what is in them. One that covers puts a narrow character into each.
type part struct {
	x, w   int
	text   string
	covers bool
}

// whole is all of a line, however long.
func whole(line string) part { return part{w: math.MaxInt32, text: line} }

// plain is what ends every style. What stands behind it stands alone.
const plain = "\x1b[m"

// between is the part in which two lines, each of which stands alone, differ: of
// panes side by side mostly one has changed. Where that can't be told cheaply and
// surely it is all of the line.
func (c *canvas) between(was, line string) part {
	begin, end := 0, len(line)
	for begin < len(line) && begin < len(was) && line[begin] == was[begin] {
		begin++
	}
	begin = strings.LastIndex(line[:begin], plain) + len(plain)
	if begin < len(plain) || !splits(line, begin) || !splits(was, begin) {
		begin = 0
	}
	same := 0
	for end-same > begin && len(was)-same > begin && line[end-1-same] == was[len(was)-1-same] {
		same++
	}
	if i := strings.Index(line[end-same:], plain); i >= 0 && splits(line, end-same+i+len(plain)) {
		same -= i + len(plain)
	} else {
		same = 0
	}
	x, known := c.widths.of(line[:begin])
	if !known {
		return whole(line)
	}
	p := part{x: x, w: math.MaxInt32, text: line[begin:]}
	if same == 0 {
		return p
	}
	w, known := c.widths.of(line[begin : end-same])
	old, alsoKnown := c.widths.of(was[begin : len(was)-same])
	if known && alsoKnown && w == old {
		p.w, p.text, p.covers = w, line[begin:end-same], true
	}
	return p
}

// splits says whether the text from i on surely does not belong to the character
// before.
func splits(line string, i int) bool { return i >= len(line) || line[i] < 0x80 }

// widths measures text of the characters that most screens are made of: ASCII,
// with styles, and the boxes, blocks and shapes from U+2500 to U+25FF.
type widths struct {
	method uv.WidthMethod
	shapes [0x100]int8 // their widths, and 1 more; 0: not yet known
}

// of is how many cells a text takes; false when it has anything else in it.
func (m *widths) of(s string) (w int, known bool) {
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b >= ' ' && b < 0x7f:
			w++
			i++
		case b == '\x1b' && i+1 < len(s) && s[i+1] == '[':
			n := strings.IndexFunc(s[i+2:], func(r rune) bool { return r < ' ' || r >= '@' })
			if n < 0 || s[i+2+n] != 'm' {
				return 0, false
			}
			i += 2 + n + 1
		case b == 0xe2 && i+2 < len(s) && s[i+1] >= 0x94 && s[i+1] <= 0x97:
			n := &m.shapes[int(s[i+1]-0x94)<<6|int(s[i+2]&0x3f)]
			if *n == 0 {
				*n = int8(m.method.StringWidth(s[i:i+3])) + 1
			}
			if *n != 2 {
				return 0, false
			}
			w++
			i += 3
		default:
			return 0, false
		}
	}
	return w, true
}
