package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxSource bounds the size of a workspace file.
const maxSource = 1 << 20

// source is the text of one file, ready to be parsed: UTF-8, no byte order
// mark, newlines only.
type source struct {
	name  string
	text  string
	lines []string
	width []int // characters of each line
}

// newSource prepares src; the problem says why it cannot be text.
func newSource(name string, src []byte) (source, *Problem) {
	whole := func(message, hint string) *Problem {
		return &Problem{Pos: Position{File: name, Line: 1, Column: 1}, Message: message, Hint: hint}
	}
	if len(src) > maxSource {
		return source{name: name}, whole(
			fmt.Sprintf("the file is %d bytes long, the limit is %d", len(src), maxSource),
			"is this the right file?")
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return source{name: name}, whole("the file is UTF-16", "save it as UTF-8")
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src))
	s := source{name: name, text: text, lines: strings.Split(text, "\n")}
	s.width = make([]int, len(s.lines))
	for i, line := range s.lines {
		s.width[i] = utf8.RuneCountInString(line)
		if bad := invalidByte(line); bad >= 0 {
			p := s.problem(i+1, utf8.RuneCountInString(line[:bad])+1,
				fmt.Sprintf("byte 0x%02x is not UTF-8 text", line[bad]), "save the file as UTF-8")
			return s, &p
		}
		if before, _, ok := strings.Cut(line, "\x00"); ok {
			p := s.problem(i+1, utf8.RuneCountInString(before)+1, "the file has a NUL byte", "is this a text file?")
			return s, &p
		}
	}
	return s, nil
}

func invalidByte(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// at is the position inside the file that is nearest to line and column.
func (s source) at(line, column int) Position {
	p := Position{File: s.name, Line: min(max(line, 1), max(len(s.lines), 1)), Column: 1}
	if len(s.lines) > 0 {
		p.Column = min(max(column, 1), s.width[p.Line-1]+1)
	}
	return p
}

// problem points at line and column.
func (s source) problem(line, column int, message, hint string) Problem {
	pos := s.at(line, column)
	return Problem{Pos: pos, Message: message, Hint: hint, Source: s.line(pos.Line)}
}

// maxShown is the longest line that is shown with a problem.
const maxShown = 4 << 10

// line is what is shown of a line: nothing when it is too long for anybody.
func (s source) line(n int) string {
	if n < 1 || n > len(s.lines) || len(s.lines[n-1]) > maxShown {
		return ""
	}
	return s.lines[n-1]
}

// find is the first place of text at or after pos, or pos.
func (s source) find(text string, pos Position) Position {
	skip := pos.Column - 1
	for n := pos.Line; n >= 1 && n <= len(s.lines); n++ {
		line := s.lines[n-1]
		if s.width[n-1] != len(line) { // characters are not bytes
			if len(line) > maxShown {
				return pos // it would cost too much
			}
			skip = len(string([]rune(line)[:min(skip, s.width[n-1])]))
		}
		skip = min(max(skip, 0), len(line))
		if i := strings.Index(line[skip:], text); i >= 0 {
			return s.at(n, utf8.RuneCountInString(line[:skip+i])+1)
		}
		skip = 0
	}
	return pos
}
