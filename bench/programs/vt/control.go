package vt

import (
	"fmt"
	"strings"
)

func (t *Term) esc(b byte) {
	t.st = sGround
	switch b {
	case '[':
		t.st = sCSI
		t.par, t.sub, t.cur, t.has, t.priv, t.colon = t.par[:0], t.sub[:0], 0, false, 0, false
		t.inter = t.inter[:0]
	case ']', 'P', '_', '^', 'X':
		t.st, t.strT, t.str = sStr, b, t.str[:0]
	case '7':
		t.sv = saved{t.x, t.y, t.s, t.origin}
	case '8':
		t.x, t.y, t.s, t.origin, t.wrapNext = t.sv.x, t.sv.y, t.sv.s, t.sv.origin, false
	case 'D':
		t.lf()
	case 'E':
		t.x = 0
		t.lf()
	case 'M':
		t.wrapNext = false
		if t.y == t.top {
			t.scroll(t.top, t.bot, -1)
		} else if t.y > 0 {
			t.y--
		}
	case 'H':
		t.tabs[t.x] = true
	case 'c':
		t.reset()
	default:
		if b >= 0x20 && b < 0x30 {
			t.inter = append(t.inter[:0], b)
			t.st = sEscI
		}
	}
}

func (t *Term) reply(s string) {
	if t.Reply != nil {
		t.Reply([]byte(s))
	}
}

func (t *Term) endStr() {
	t.st = sGround
	s := string(t.str)
	switch t.strT {
	case ']':
		switch {
		case s == "10;?":
			t.reply("\x1b]10;rgb:dddd/dddd/dddd\x1b\\")
		case s == "11;?":
			t.reply("\x1b]11;rgb:0000/0000/0000\x1b\\")
		case s == "12;?":
			t.reply("\x1b]12;rgb:dddd/dddd/dddd\x1b\\")
		case strings.HasPrefix(s, "0;"), strings.HasPrefix(s, "2;"):
			t.Title = s[2:]
		}
	case 'P':
		if strings.HasPrefix(s, "+q") {
			t.reply("\x1bP0+r\x1b\\")
		} else if strings.HasPrefix(s, "$q") {
			t.reply("\x1bP0$r\x1b\\")
		}
	}
}

func (t *Term) arg(i, def int) int {
	if i < len(t.par) && t.par[i] > 0 {
		return t.par[i]
	}
	return def
}

func clamp(v, lo, hi int) int {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

func (t *Term) goTo(x, y int) {
	lo, hi := 0, t.Rows-1
	if t.origin {
		lo, hi = t.top, t.bot
		y += t.top
	}
	t.x, t.y, t.wrapNext = clamp(x, 0, t.Cols-1), clamp(y, lo, hi), false
}

func (t *Term) csi(b byte) {
	C := t.Cols
	if len(t.inter) > 0 {
		switch {
		case t.inter[0] == '$' && b == 'p': // DECRQM
			m := t.arg(0, 0)
			v := 0
			if t.priv == '?' {
				switch m {
				case 2026:
					v = 2
				case 1, 7, 25, 1000, 1002, 1003, 1004, 1006, 1049, 2004:
					v = 2
				}
				t.reply(fmt.Sprintf("\x1b[?%d;%d$y", m, v))
			} else {
				t.reply(fmt.Sprintf("\x1b[%d;%d$y", m, v))
			}
		}
		return
	}
	if t.priv != 0 {
		switch {
		case t.priv == '?' && (b == 'h' || b == 'l'):
			for i := range t.par {
				t.mode(t.par[i], b == 'h')
			}
		case t.priv == '?' && b == 'u':
			t.reply("\x1b[?0u")
		case t.priv == '?' && b == 'n':
			if t.arg(0, 0) == 6 {
				t.reply(fmt.Sprintf("\x1b[?%d;%dR", t.y+1, t.x+1))
			}
		case t.priv == '?' && (b == 'J' || b == 'K'):
			t.erase(b)
		case t.priv == '>' && b == 'c':
			t.reply("\x1b[>41;380;0c")
		case t.priv == '>' && b == 'q':
			t.reply("\x1bP>|bench 1\x1b\\")
		case t.priv == '=' && b == 'c':
			t.reply("\x1bP!|00000000\x1b\\")
		}
		return
	}
	switch b {
	case 'A':
		lo := 0
		if t.y >= t.top {
			lo = t.top
		}
		t.y, t.wrapNext = clamp(t.y-t.arg(0, 1), lo, t.Rows-1), false
	case 'B', 'e':
		hi := t.Rows - 1
		if t.y <= t.bot {
			hi = t.bot
		}
		t.y, t.wrapNext = clamp(t.y+t.arg(0, 1), 0, hi), false
	case 'C', 'a':
		t.x, t.wrapNext = clamp(t.x+t.arg(0, 1), 0, C-1), false
	case 'D':
		t.x, t.wrapNext = clamp(t.x-t.arg(0, 1), 0, C-1), false
	case 'E':
		t.x, t.y, t.wrapNext = 0, clamp(t.y+t.arg(0, 1), 0, t.Rows-1), false
	case 'F':
		t.x, t.y, t.wrapNext = 0, clamp(t.y-t.arg(0, 1), 0, t.Rows-1), false
	case 'G', '`':
		t.x, t.wrapNext = clamp(t.arg(0, 1)-1, 0, C-1), false
	case 'H', 'f':
		t.goTo(t.arg(1, 1)-1, t.arg(0, 1)-1)
	case 'd':
		t.goTo(t.x, t.arg(0, 1)-1)
	case 'I':
		t.tab(t.arg(0, 1))
	case 'Z':
		for n := t.arg(0, 1); n > 0 && t.x > 0; n-- {
			t.x--
			for t.x > 0 && !t.tabs[t.x] {
				t.x--
			}
		}
	case 'J', 'K':
		t.erase(b)
	case 'L':
		if t.y >= t.top && t.y <= t.bot {
			t.scroll(t.y, t.bot, -t.arg(0, 1))
		}
	case 'M':
		if t.y >= t.top && t.y <= t.bot {
			t.scroll(t.y, t.bot, t.arg(0, 1))
		}
	case 'S':
		t.scroll(t.top, t.bot, t.arg(0, 1))
	case 'T':
		t.scroll(t.top, t.bot, -t.arg(0, 1))
	case 'P':
		n := clamp(t.arg(0, 1), 0, C-t.x)
		row := t.cells[t.y*C : (t.y+1)*C]
		copy(row[t.x:], row[t.x+n:])
		t.clear((t.y+1)*C-n, (t.y+1)*C)
	case '@':
		n := clamp(t.arg(0, 1), 0, C-t.x)
		row := t.cells[t.y*C : (t.y+1)*C]
		copy(row[t.x+n:], row[t.x:])
		t.clear(t.y*C+t.x, t.y*C+t.x+n)
	case 'X':
		t.clear(t.y*C+t.x, t.y*C+clamp(t.x+t.arg(0, 1), 0, C))
	case 'b':
		for n := clamp(t.arg(0, 1), 0, C*t.Rows); n > 0; n-- {
			t.put(t.lastR)
		}
	case 'r':
		a, z := t.arg(0, 1)-1, t.arg(1, t.Rows)-1
		if z >= t.Rows {
			z = t.Rows - 1
		}
		if a < z {
			t.top, t.bot = a, z
			t.goTo(0, 0)
		}
	case 'm':
		t.sgr()
	case 'h', 'l':
		if t.arg(0, 0) == 4 {
			t.insert = b == 'h'
		}
	case 's':
		t.sv = saved{t.x, t.y, t.s, t.origin}
	case 'u':
		t.x, t.y, t.s, t.origin, t.wrapNext = t.sv.x, t.sv.y, t.sv.s, t.sv.origin, false
	case 'c':
		if t.arg(0, 0) == 0 {
			t.reply("\x1b[?62;22c")
		}
	case 'n':
		switch t.arg(0, 0) {
		case 5:
			t.reply("\x1b[0n")
		case 6:
			t.reply(fmt.Sprintf("\x1b[%d;%dR", t.y+1, t.x+1))
		}
	case 't':
		switch t.arg(0, 0) {
		case 14:
			t.reply(fmt.Sprintf("\x1b[4;%d;%dt", t.Rows*16, t.Cols*8))
		case 16:
			t.reply("\x1b[6;16;8t")
		case 18:
			t.reply(fmt.Sprintf("\x1b[8;%d;%dt", t.Rows, t.Cols))
		}
	case 'g':
		if t.arg(0, 0) == 3 {
			for i := range t.tabs {
				t.tabs[i] = false
			}
		} else {
			t.tabs[t.x] = false
		}
	}
}

func (t *Term) erase(b byte) {
	C := t.Cols
	p := t.arg(0, 0)
	i := t.y*C + t.x
	t.wrapNext = false
	if b == 'K' {
		switch p {
		case 0:
			t.clear(i, (t.y+1)*C)
		case 1:
			t.clear(t.y*C, i+1)
		case 2:
			t.clear(t.y*C, (t.y+1)*C)
		}
		return
	}
	switch p {
	case 0:
		t.clear(i, len(t.cells))
	case 1:
		t.clear(0, i+1)
	case 2, 3:
		if p == 2 {
			t.clear(0, len(t.cells))
		}
	}
}

func (t *Term) mode(m int, on bool) {
	switch m {
	case 6:
		t.origin = on
		t.goTo(0, 0)
	case 7:
		t.autowrap = on
	case 25:
		t.CursorOn = on
	case 47, 1047, 1049:
		if on == t.alt {
			return
		}
		if m == 1049 && on {
			t.sv = saved{t.x, t.y, t.s, t.origin}
		}
		t.cells, t.other = t.other, t.cells
		t.alt = on
		if on {
			t.clear(0, len(t.cells))
		}
		if m == 1049 && !on {
			t.x, t.y, t.s, t.origin, t.wrapNext = t.sv.x, t.sv.y, t.sv.s, t.sv.origin, false
		}
	case 2026:
		t.InSync = on
		if on {
			t.Syncs++
		}
	}
}

func (t *Term) sgr() {
	p := t.par
	for i := 0; i < len(p); i++ {
		v := p[i]
		if v < 0 {
			v = 0
		}
		switch {
		case v == 0:
			t.s = Style{}
		case v >= 1 && v <= 9:
			bit := uint16(1) << (v - 1)
			if v >= 7 {
				bit = 1 << (v - 2)
			}
			if v == 4 && i+1 < len(p) && t.sub[i+1] {
				i++
				if p[i] == 0 {
					t.s.Attr &^= Underline
					continue
				}
			}
			t.s.Attr |= bit
		case v == 21 || v == 22:
			t.s.Attr &^= Bold | Faint
		case v == 23:
			t.s.Attr &^= Italic
		case v == 24:
			t.s.Attr &^= Underline
		case v == 25:
			t.s.Attr &^= Blink
		case v == 27:
			t.s.Attr &^= Reverse
		case v == 28:
			t.s.Attr &^= Invisible
		case v == 29:
			t.s.Attr &^= Strike
		case v >= 30 && v <= 37:
			t.s.FG = uint32(1 + v - 30)
		case v >= 40 && v <= 47:
			t.s.BG = uint32(1 + v - 40)
		case v >= 90 && v <= 97:
			t.s.FG = uint32(1 + v - 90 + 8)
		case v >= 100 && v <= 107:
			t.s.BG = uint32(1 + v - 100 + 8)
		case v == 39:
			t.s.FG = 0
		case v == 49:
			t.s.BG = 0
		case v == 38 || v == 48 || v == 58:
			var c uint32
			sub := i+1 < len(p) && t.sub[i+1]
			if i+2 < len(p) && p[i+1] == 5 {
				c = uint32(1 + p[i+2])
				i += 2
			} else if i+4 < len(p) && p[i+1] == 2 {
				k := i + 2
				if sub && i+5 < len(p) && t.sub[i+5] {
					k++
				}
				c = 1<<24 | uint32(p[k]&255)<<16 | uint32(p[k+1]&255)<<8 | uint32(p[k+2]&255)
				i = k + 2
			}
			switch v {
			case 38:
				t.s.FG = c
			case 48:
				t.s.BG = c
			}
		}
	}
}
