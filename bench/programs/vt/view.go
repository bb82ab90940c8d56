package vt

import (
	"unicode/utf8"
)

// Width is the number of cells a rune takes (a short table, not all of Unicode).
func Width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r <= 0x36f, r == 0x200b, r == 0x200d, r >= 0xfe00 && r <= 0xfe0f, r >= 0x20d0 && r <= 0x20ff, r >= 0xe0100 && r <= 0xe01ef:
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0x303e, r >= 0x3041 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f900 && r <= 0x1f9ff, r >= 0x20000 && r <= 0x3fffd,
		r == 0x231a, r == 0x231b, r == 0x23e9, r == 0x23f0, r == 0x23f3, r == 0x2705, r == 0x274c, r == 0x2728, r == 0x2b50, r == 0x26a1:
		return 2
	}
	return 1
}

// Row returns the text of row y.
func (t *Term) Row(y int) string {
	b := make([]byte, 0, t.Cols+16)
	for _, c := range t.cells[y*t.Cols : (y+1)*t.Cols] {
		if c.R == 0 {
			continue
		}
		b = utf8.AppendRune(b, c.R)
	}
	return string(b)
}

// Text returns the whole screen, rows joined by newlines.
func (t *Term) Text() string {
	b := make([]byte, 0, (t.Cols+1)*t.Rows+64)
	for y := 0; y < t.Rows; y++ {
		for _, c := range t.cells[y*t.Cols : (y+1)*t.Cols] {
			if c.R != 0 {
				b = utf8.AppendRune(b, c.R)
			}
		}
		b = append(b, '\n')
	}
	return string(b)
}

// Cells gives the cells shown (not a copy).
func (t *Term) Cells() []Cell { return t.cells }

// Cursor gives the cursor position.
func (t *Term) Cursor() (x, y int) { return t.x, t.y }

// Hash is a cheap digest of text and style of the whole screen.
func (t *Term) Hash() uint64 {
	h := uint64(14695981039346656037)
	for _, c := range t.cells {
		v := uint64(c.R) | uint64(c.S.Attr)<<32
		h = (h ^ v) * 1099511628211
		h = (h ^ (uint64(c.S.FG)<<32 | uint64(c.S.BG))) * 1099511628211
	}
	return h
}

// HashText is Hash without the styles.
func (t *Term) HashText() uint64 {
	h := uint64(14695981039346656037)
	for _, c := range t.cells {
		h = (h ^ uint64(c.R)) * 1099511628211
	}
	return h
}
