package config

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

// Problem is one thing that is wrong with a workspace file: what, where, and
// what to do about it.
type Problem struct {
	Pos Position `json:"pos"`
	// Length is how many characters from Pos are meant; at least 1.
	Length  int    `json:"length,omitempty"`
	Message string `json:"message"`
	// Hint is the next step: `did you mean "depends_on"?`.
	Hint string `json:"hint,omitempty"`
	// Source is the line of the file that Pos points into, if it is not
	// thousands of characters long.
	Source string `json:"source,omitempty"`
	// Related are other places that have a part in it: the edges of a cycle,
	// the first of two duplicates.
	Related []Related `json:"related,omitempty"`
}

// Related is a place that has a part in a problem.
type Related struct {
	Pos     Position `json:"pos"`
	Message string   `json:"message"`
}

// Problems is everything that is wrong with a workspace file, in file order.
// It is the error of Load.
type Problems []Problem

// Error is every problem as plain text, each with its source line.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.String()
	}
	return strings.Join(texts, "\n")
}

// Format writes every problem, with a blank line between two.
func (ps Problems) Format(w io.Writer, color bool) error {
	for i, p := range ps {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := p.Format(w, color); err != nil {
			return err
		}
	}
	return nil
}

// sort puts the problems in file order, the main file before the one merged on
// top, and drops what is said twice.
func (ps Problems) sort(files []string) Problems {
	rank := func(p Problem) int { return slices.Index(files, p.Pos.File) }
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
		)
	})
	return slices.CompactFunc(ps, func(a, b Problem) bool {
		return a.Pos == b.Pos && a.Message == b.Message
	})
}

// Summary is the problem in one line: position, message and hint.
func (p Problem) Summary() string {
	text := printable(p.Pos.String() + ": " + p.Message)
	if p.Hint != "" {
		text += " (" + printable(p.Hint) + ")"
	}
	return text
}

// String is the problem as plain text of several lines: position and message,
// the source line with a caret, the hint.
func (p Problem) String() string {
	var b strings.Builder
	_ = p.Format(&b, false) // a Builder never fails
	return strings.TrimSuffix(b.String(), "\n")
}

// Format writes what String says, in colour if asked to.
func (p Problem) Format(w io.Writer, color bool) error {
	paint := func(code, text string) string {
		if !color || text == "" {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	const bold, red, cyan, faint = "1", "31", "36", "2"

	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", paint(bold, printable(p.Pos.String())), printable(p.Message))
	if p.Source != "" {
		number := strconv.Itoa(p.Pos.Line)
		gutter := strings.Repeat(" ", len(number))
		shown, indent, carets := p.excerpt()
		fmt.Fprintf(&b, "  %s\n", paint(faint, number+" |")+" "+shown)
		fmt.Fprintf(&b, "  %s\n", paint(faint, gutter+" |")+" "+indent+paint(red, carets))
	}
	for _, r := range p.Related {
		fmt.Fprintf(&b, "  %s: %s\n", printable(r.Pos.String()), printable(r.Message))
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "  %s\n", paint(cyan, printable(p.Hint)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// excerptWidth bounds how much of a long source line is shown.
const excerptWidth = 120

// excerpt cuts the source line around the column and returns what stands under
// it: spaces of the same width, then a caret for each character that is meant.
func (p Problem) excerpt() (shown, indent, carets string) {
	line := []rune(strings.ReplaceAll(printable(p.Source), "\t", " "))
	from := min(max(p.Pos.Column-1, 0), len(line))
	to := min(from+max(p.Length, 1), len(line))
	prefix, suffix := "", ""
	if len(line) > excerptWidth {
		start := min(max(from-excerptWidth/2, 0), len(line)-excerptWidth)
		end := start + excerptWidth
		if end < len(line) {
			suffix = "…"
		}
		if start > 0 {
			prefix = "…"
		}
		line, from, to = line[start:end], from-start, min(to-start, excerptWidth)
	}
	before := prefix + string(line[:from])
	indent = strings.Repeat(" ", displaywidth.String(before))
	carets = strings.Repeat("^", max(displaywidth.String(string(line[from:max(from, to)])), 1))
	return prefix + string(line) + suffix, indent, carets
}

// printable keeps a file from steering the terminal that shows it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
}

// Problem is one that is found after the file was read, with its source line.
func (f *File) Problem(at Position, length int, message, hint string) Problem {
	p := Problem{Pos: at, Length: length, Message: message, Hint: hint}
	src, err := readFile(filepath.Join(f.Dir, at.File))
	if err != nil || at.Line == 0 {
		return p
	}
	lines := strings.SplitN(string(src), "\n", at.Line+1)
	if at.Line <= len(lines) && len(lines[at.Line-1]) < maxShown {
		p.Source = strings.TrimSuffix(lines[at.Line-1], "\r")
	}
	return p
}
