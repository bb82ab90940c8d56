package parse

import (
	"strconv"
	"strings"
)

// sequenceKind is what an escape sequence may do to the view of a line.
type sequenceKind uint8

const (
	droppedSequence sequenceKind = iota // does nothing here
	sgrSequence                         // sets colours
	redrawSequence                      // the line is drawn anew from its start
	loneEscape                          // an ESC that begins nothing
)

// sequence reads the escape sequence that s begins with: its kind and length.
// A sequence that does not end takes the rest of the line with it.
func sequence(s string) (sequenceKind, int) {
	if len(s) < 2 {
		return loneEscape, 1
	}
	switch c := s[1]; {
	case c == '[':
		return controlSequence(s)
	case c == ']', c == 'P', c == 'X', c == '^', c == '_': // OSC DCS SOS PM APC
		return droppedSequence, stringEnd(s, c == ']')
	case c >= 0x20 && c <= 0x2f: // charset and the like: intermediates, one final
		i := 1
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
			i++
		}
		if i < len(s) && s[i] >= 0x30 && s[i] <= 0x7e {
			i++
		}
		return droppedSequence, i
	case c >= 0x30 && c <= 0x7e:
		return droppedSequence, 2
	}
	return loneEscape, 1
}

func controlSequence(s string) (sequenceKind, int) {
	i := 2
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
		i++
	}
	if i == len(s) || s[i] < 0x40 || s[i] > 0x7e {
		// Not a control sequence after all; what was read of it is dropped.
		return droppedSequence, i
	}
	params, n := s[2:i], i+1
	switch s[i] {
	case 'm':
		if strings.Trim(params, "0123456789;:") == "" {
			return sgrSequence, n
		}
	case 'G':
		if params == "" || params == "0" || params == "1" {
			return redrawSequence, n
		}
	case 'K':
		if params == "2" {
			return redrawSequence, n
		}
	}
	return droppedSequence, n
}

// stringEnd is the length of a string sequence up to its terminator: ST, and
// BEL for OSC. CAN and SUB break it off, as terminals do.
func stringEnd(s string, bel bool) int {
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case 0x07:
			if bel {
				return i + 1
			}
		case 0x18, 0x1a:
			return i + 1
		case esc:
			if i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
			return i // a new sequence begins here
		case 0xc2: // the eight-bit ST in UTF-8
			if i+1 < len(s) && s[i+1] == 0x9c {
				return i + 2
			}
		}
	}
	return len(s)
}

// look is the colours and attributes that are set. Blinking and concealed text
// are not taken over: the first disturbs, the second hides.
type look struct {
	attrs  uint16 // bit n: SGR n is set
	fg, bg string // "31", "38;5;208", "38;2;1;2;3"; empty is the default
}

const kept = 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<7 | 1<<9

// apply folds the parameters of one SGR sequence into the look.
func (l *look) apply(params string) {
	if params == "" {
		*l = look{}
		return
	}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		head, sub, colons := strings.Cut(p, ":")
		n, err := strconv.Atoi(head)
		if head == "" {
			n, err = 0, nil
		}
		if err != nil || n < 0 {
			continue
		}
		switch {
		case n == 0:
			*l = look{}
		case n == 4 && colons && sub == "0":
			l.attrs &^= 1 << 4
		case n <= 9 && kept&(1<<n) != 0:
			l.attrs |= 1 << n
		case n == 21:
			l.attrs |= 1 << 4
		case n == 22:
			l.attrs &^= 1<<1 | 1<<2
		case n == 23, n == 24, n == 27, n == 29:
			l.attrs &^= 1 << (n - 20)
		case n >= 30 && n <= 37, n >= 90 && n <= 97:
			l.fg = strconv.Itoa(n)
		case n >= 40 && n <= 47, n >= 100 && n <= 107:
			l.bg = strconv.Itoa(n)
		case n == 39:
			l.fg = ""
		case n == 49:
			l.bg = ""
		case n == 38, n == 48:
			var colour string
			if colons {
				colour = extendedColons(sub)
			} else {
				colour, params = extended(params)
			}
			if colour == "" {
				continue
			}
			colour = head + ";" + colour
			if n == 38 {
				l.fg = colour
			} else {
				l.bg = colour
			}
		case n == 58 && !colons: // the colour of the underline is not kept
			_, params = extended(params)
		}
	}
}

// extended reads "5;n" or "2;r;g;b" off params and returns the rest.
func extended(params string) (colour, rest string) {
	mode, rest, _ := strings.Cut(params, ";")
	n := map[string]int{"5": 1, "2": 3}[mode]
	if n == 0 {
		return "", rest
	}
	parts := make([]string, 0, 3)
	for range n {
		var p string
		p, rest, _ = strings.Cut(rest, ";")
		parts = append(parts, p)
	}
	return channels(mode, parts), rest
}

// extendedColons reads "5:n", "2:r:g:b" or "2:space:r:g:b".
func extendedColons(sub string) string {
	parts := strings.Split(sub, ":")
	switch {
	case parts[0] == "5" && len(parts) >= 2:
		return channels("5", parts[1:2])
	case parts[0] == "2" && len(parts) == 4:
		return channels("2", parts[1:4])
	case parts[0] == "2" && len(parts) >= 5:
		return channels("2", parts[2:5])
	}
	return ""
}

func channels(mode string, parts []string) string {
	var out strings.Builder
	out.WriteString(mode)
	for _, p := range parts {
		if p == "" {
			p = "0"
		}
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return ""
		}
		out.WriteString(";" + strconv.FormatUint(n, 10))
	}
	return out.String()
}

// sgr is the sequence that sets the look from a reset state; empty for none.
func (l *look) sgr() string {
	if *l == (look{}) {
		return ""
	}
	b := make([]byte, 0, 32)
	b = append(b, "\x1b["...)
	for n := range 10 {
		if l.attrs&(1<<n) != 0 {
			b = append(b, byte('0'+n), ';')
		}
	}
	for _, c := range []string{l.fg, l.bg} {
		if c != "" {
			b = append(append(b, c...), ';')
		}
	}
	b[len(b)-1] = 'm'
	return string(b)
}
