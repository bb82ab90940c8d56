// Package vt is a small, fast terminal emulator: enough of xterm to read what a
// full-screen program shows. No dependencies, no scrollback. It answers the
// queries programs send at start-up so that they do not wait for a time-out.
package vt

import (
	"unicode/utf8"
)

// Attribute bits.
const (
	Bold = 1 << iota
	Faint
	Italic
	Underline
	Blink
	Reverse
	Invisible
	Strike
)

// Style is what SGR sets. Colours: 0 default, 1+n indexed n, 1<<24|rgb direct.
type Style struct {
	FG, BG uint32
	Attr   uint16
}

// Cell is one screen cell. R==0 marks the right half of a wide character.
type Cell struct {
	R rune
	S Style
}

type saved struct {
	x, y   int
	s      Style
	origin bool
}

// Term is the emulator.
type Term struct {
	Cols, Rows int
	Reply      func([]byte) // answers to queries; may be nil

	cells    []Cell // current
	other    []Cell // the buffer not shown
	alt      bool
	x, y     int
	wrapNext bool
	s        Style
	top, bot int
	sv       saved
	autowrap bool
	insert   bool
	origin   bool
	lastR    rune
	g0, g1   bool // DEC line drawing
	so       bool
	CursorOn bool

	Syncs  int    // number of synchronized-update frames begun
	InSync bool   // inside a synchronized update
	Gen    uint64 // increases on every Write
	Title  string

	// parser
	st     int
	par    []int
	sub    []bool
	cur    int
	has    bool
	inter  []byte
	priv   byte
	str    []byte
	strT   byte
	u8     [4]byte
	u8n    int
	tabs   []bool
	colon  bool
	escEnd bool
}

const (
	sGround = iota
	sEsc
	sEscI
	sCSI
	sStr
	sUTF
)

// New makes a terminal of the given size.
func New(cols, rows int) *Term {
	t := &Term{Cols: cols, Rows: rows}
	t.reset()
	return t
}

func (t *Term) reset() {
	t.cells = blank(t.Cols * t.Rows)
	t.other = blank(t.Cols * t.Rows)
	t.alt, t.x, t.y, t.s = false, 0, 0, Style{}
	t.top, t.bot = 0, t.Rows-1
	t.autowrap, t.insert, t.origin, t.wrapNext = true, false, false, false
	t.CursorOn = true
	t.tabs = make([]bool, t.Cols)
	for i := 0; i < t.Cols; i += 8 {
		t.tabs[i] = true
	}
}

func blank(n int) []Cell {
	c := make([]Cell, n)
	for i := range c {
		c[i].R = ' '
	}
	return c
}

// Write feeds output bytes.
func (t *Term) Write(p []byte) (int, error) {
	t.Gen++
	for i := 0; i < len(p); {
		b := p[i]
		// fast path: a run of printable ASCII
		if t.st == sGround && b >= 0x20 && b < 0x7f && !(t.g0 && !t.so) && !(t.g1 && t.so) && !t.insert {
			if t.wrapNext {
				t.put(rune(b))
				i++
				continue
			}
			row := t.cells[t.y*t.Cols : (t.y+1)*t.Cols]
			for i < len(p) && t.x < t.Cols-1 {
				b = p[i]
				if b < 0x20 || b >= 0x7f {
					break
				}
				row[t.x] = Cell{rune(b), t.s}
				t.lastR = rune(b)
				t.x++
				i++
			}
			if i < len(p) && t.x == t.Cols-1 && p[i] >= 0x20 && p[i] < 0x7f {
				t.put(rune(p[i]))
				i++
			}
			continue
		}
		t.byte(b)
		i++
	}
	return len(p), nil
}

func (t *Term) byte(b byte) {
	switch t.st {
	case sUTF:
		if b&0xc0 != 0x80 {
			t.st = sGround
			t.u8n = 0
			t.put(utf8.RuneError)
			t.byte(b)
			return
		}
		t.u8[t.u8n] = b
		t.u8n++
		if utf8.FullRune(t.u8[:t.u8n]) {
			r, _ := utf8.DecodeRune(t.u8[:t.u8n])
			t.st, t.u8n = sGround, 0
			t.put(r)
		}
		return
	case sStr:
		switch {
		case t.escEnd:
			t.escEnd = false
			if b == '\\' {
				t.endStr()
				return
			}
			t.endStr()
			t.st = sEsc
			t.esc(b)
		case b == 0x1b:
			t.escEnd = true
		case b == 0x07 && t.strT == ']':
			t.endStr()
		case b == 0x18 || b == 0x1a:
			t.st = sGround
		default:
			if len(t.str) < 1<<16 {
				t.str = append(t.str, b)
			}
		}
		return
	}
	if b < 0x20 || b == 0x7f {
		t.c0(b)
		return
	}
	switch t.st {
	case sGround:
		if b >= 0xc2 && b < 0xf5 {
			t.u8[0], t.u8n, t.st = b, 1, sUTF
			return
		}
		if b >= 0x80 {
			t.put(utf8.RuneError)
			return
		}
		t.put(rune(b))
	case sEsc:
		t.esc(b)
	case sEscI:
		if b >= 0x20 && b < 0x30 {
			t.inter = append(t.inter, b)
			return
		}
		t.st = sGround
		switch t.inter[0] {
		case '(':
			t.g0 = b == '0'
		case ')':
			t.g1 = b == '0'
		case '#':
			if b == '8' {
				for i := range t.cells {
					t.cells[i] = Cell{'E', Style{}}
				}
			}
		}
	case sCSI:
		switch {
		case b >= '0' && b <= '9':
			t.cur = t.cur*10 + int(b-'0')
			if t.cur > 1<<20 {
				t.cur = 1 << 20
			}
			t.has = true
		case b == ';' || b == ':':
			t.push()
			t.colon = b == ':'
		case b >= 0x3c && b <= 0x3f:
			t.priv = b
		case b >= 0x20 && b < 0x30:
			t.inter = append(t.inter, b)
		case b >= 0x40:
			t.push()
			t.st = sGround
			t.csi(b)
		}
	}
}

func (t *Term) push() {
	v := t.cur
	if !t.has {
		v = -1
	}
	if len(t.par) < 64 {
		t.par = append(t.par, v)
		t.sub = append(t.sub, t.colon)
	}
	t.cur, t.has, t.colon = 0, false, false
}

func (t *Term) c0(b byte) {
	switch b {
	case 0x1b:
		t.st = sEsc
		t.inter = t.inter[:0]
	case 0x18, 0x1a:
		t.st = sGround
	case '\r':
		t.x, t.wrapNext = 0, false
	case '\n', 0x0b, 0x0c:
		t.lf()
	case '\b':
		if t.x > 0 {
			t.x--
		}
		t.wrapNext = false
	case '\t':
		t.tab(1)
	case 0x0e:
		t.so = true
	case 0x0f:
		t.so = false
	}
}

func (t *Term) tab(n int) {
	for ; n > 0; n-- {
		for t.x < t.Cols-1 {
			t.x++
			if t.tabs[t.x] {
				break
			}
		}
	}
}

func (t *Term) lf() {
	t.wrapNext = false
	if t.y == t.bot {
		t.scroll(t.top, t.bot, 1)
	} else if t.y < t.Rows-1 {
		t.y++
	}
}

// scroll moves rows a..b up by n (down if n<0).
func (t *Term) scroll(a, b, n int) {
	if a > b {
		return
	}
	h := b - a + 1
	if n > h {
		n = h
	}
	if n < -h {
		n = -h
	}
	C := t.Cols
	if n > 0 {
		copy(t.cells[a*C:(b+1-n)*C], t.cells[(a+n)*C:(b+1)*C])
		t.clear((b+1-n)*C, (b+1)*C)
	} else if n < 0 {
		n = -n
		copy(t.cells[(a+n)*C:(b+1)*C], t.cells[a*C:(b+1-n)*C])
		t.clear(a*C, (a+n)*C)
	}
}

func (t *Term) clear(a, b int) {
	c := Cell{' ', Style{BG: t.s.BG}}
	for i := a; i < b; i++ {
		t.cells[i] = c
	}
}

var lines = map[rune]rune{'j': '┘', 'k': '┐', 'l': '┌', 'm': '└', 'n': '┼', 'q': '─', 't': '├', 'u': '┤', 'v': '┴', 'w': '┬', 'x': '│', 'a': '▒', '`': '◆', '~': '·', 'o': '⎺', 's': '⎽', 'f': '°', 'g': '±', 'y': '≤', 'z': '≥', '{': 'π', '|': '≠', '}': '£'}

func (t *Term) put(r rune) {
	if (t.g0 && !t.so) || (t.g1 && t.so) {
		if l, ok := lines[r]; ok {
			r = l
		}
	}
	w := Width(r)
	if w == 0 {
		return // combining marks are dropped
	}
	if t.wrapNext && t.autowrap {
		t.x = 0
		t.lf()
	}
	t.wrapNext = false
	if w == 2 && t.x == t.Cols-1 {
		if !t.autowrap {
			return
		}
		t.x = 0
		t.lf()
	}
	C := t.Cols
	if t.insert {
		row := t.cells[t.y*C : (t.y+1)*C]
		copy(row[t.x+w:], row[t.x:])
	}
	i := t.y*C + t.x
	t.cells[i] = Cell{r, t.s}
	if w == 2 {
		t.cells[i+1] = Cell{0, t.s}
	}
	t.lastR = r
	t.x += w
	if t.x >= C {
		t.x = C - 1
		t.wrapNext = true
	}
}
