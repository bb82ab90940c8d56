package tui

import (
	"bytes"
	"io"
	"strings"
)

// Alternate hands a program's output on and follows whether the program is on
// the alternate screen, which it asks for to fill the whole terminal and gives
// back at its end.
type Alternate struct {
	Out io.Writer
	// Kept has the terminal stay on the screen that it is on, cleared where the
	// program would change it: it is the only one that is ours to draw on.
	Kept bool
	// On: the program is on the alternate screen.
	On bool

	held []byte // the beginning of a sequence whose end has not come yet
}

// A screen that is begun, and one that is left for a clean one.
const (
	clearedScreen = "\x1b[2J\x1b[H"
	leftScreen    = "\x1b[0m\x1b[r" + clearedScreen
)

// longestMode is how many bytes of an unfinished sequence are waited for.
const longestMode = 32

// Write hands on what was printed; the end of it may come with the next call.
func (a *Alternate) Write(p []byte) (int, error) {
	data := append(a.held, p...)
	a.held = nil
	var out []byte
	for len(data) > 0 {
		at := bytes.IndexByte(data, 0x1b)
		if at < 0 {
			out, data = append(out, data...), nil
			break
		}
		out, data = append(out, data[:at]...), data[at:]
		n, whole := privateMode(data)
		if !whole && len(data) < longestMode {
			a.held = bytes.Clone(data)
			break
		}
		if !whole || n == 0 {
			n = 1
			out = append(out, data[:n]...)
		} else {
			out = append(out, a.mode(string(data[:n]))...)
		}
		data = data[n:]
	}
	_, err := a.Out.Write(out)
	return len(p), err
}

// privateMode is the length of the sequence that sets or resets private modes at
// the beginning of data, 0 when another one begins there; not whole: more of it
// is needed to know.
func privateMode(data []byte) (n int, whole bool) {
	const begins = "\x1b[?"
	for i, b := range data {
		switch {
		case i < len(begins):
			if b != begins[i] {
				return 0, true
			}
		case b == 'h' || b == 'l':
			return i + 1, true
		case (b < '0' || b > '9') && b != ';':
			return 0, true
		}
	}
	return 0, false
}

// mode is what a sequence of private modes becomes.
func (a *Alternate) mode(seq string) string {
	final := seq[len(seq)-1:]
	var others []string
	changes := false
	for mode := range strings.SplitSeq(seq[len("\x1b[?"):len(seq)-1], ";") {
		switch mode {
		case "47", "1047", "1049":
			changes = true
		default:
			others = append(others, mode)
		}
	}
	if !changes {
		return seq
	}
	a.On = final == "h"
	if !a.Kept {
		return seq
	}
	text := leftScreen
	if a.On {
		text = clearedScreen
	}
	if len(others) > 0 {
		text += "\x1b[?" + strings.Join(others, ";") + final
	}
	return text
}

// ResetTerminal turns off what a program may have left on in the terminal: it
// still believes in it, and asks for it anew when its window changes size.
const ResetTerminal = "\x1b[?2026l\x1b[<u\x1b[>4m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l" +
	"\x1b[?1l\x1b>\x1b[4l\x1b[?6l\x1b[?7h\x1b(B\x0f\x1b[ q\x1b[?25h\x1b[0m\x1b[r"
