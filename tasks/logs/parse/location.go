package parse

import (
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Loc is a place that a line names: a file with its line, or a web address.
type Loc struct {
	Start, End int    // bytes of the text that name it
	File       string // empty for an address
	Line, Col  int    // Col may be 0
	URL        string
}

var (
	locURL = lazy.Regexp(`\b(?:https?|file|vscode)://[^\s"'<>\\^` + "`" + `{|}]+`)
	// src/a.ts(4,7)
	locParen = lazy.Regexp(`(?:[A-Za-z]:[\\/])?[\w.@~+/\\-]*[\w@+-]+\.[A-Za-z]\w{0,9}\((\d{1,7}),(\d{1,5})\)`)
	// File "x.py", line 3
	locPython = lazy.Regexp(`File "([^"<>]+)", line (\d{1,7})`)
	// Makefile:12 and friends, which have no extension
	locBare = lazy.Regexp(`(?:[\w./-]*/)?(?:Makefile|Dockerfile|Jenkinsfile|Rakefile|Gemfile|Procfile|justfile)(?:\.\w+)?:(\d{1,7})(?::(\d{1,5}))?`)
)

// Locations finds the places that a clean line names, in order.
func Locations(s string) []Loc {
	if len(s) > 4096 {
		s = s[:4096]
	}
	var found []Loc
	if strings.Contains(s, "://") {
		for _, m := range locURL().FindAllStringIndex(s, 16) {
			u := strings.TrimRight(s[m[0]:m[1]], ".,;:!?)]'")
			found = append(found, Loc{Start: m[0], End: m[0] + len(u), URL: u})
		}
	}
	if strings.Contains(s, `File "`) {
		for _, m := range locPython().FindAllStringSubmatchIndex(s, 16) {
			found = place(found, s, m, m[2], m[3], 4, -1)
		}
	}
	found = withColon(found, s)
	if strings.Contains(s, "file:") || strings.Contains(s, "file.") {
		for _, m := range locBare().FindAllStringSubmatchIndex(s, 16) {
			found = place(found, s, m, m[0], m[2]-1, 2, 4)
		}
	}
	if i := strings.IndexByte(s, '('); i > 0 && i+1 < len(s) && digit(s[i+1]) {
		for _, m := range locParen().FindAllStringSubmatchIndex(s, 16) {
			found = place(found, s, m, m[0], m[2]-1, 2, 4)
		}
	}
	return found
}

// withColon finds cart_test.go:41:7, ./src/a.ts:3, C:\a\b.cs:12. Nearly every
// line has a colon and a digit, so this is done by hand.
func withColon(found []Loc, s string) []Loc {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], ':')
		if i < 0 {
			return found
		}
		colon := from + i
		from = colon + 1
		ext := colon
		for ext > 0 && colon-ext < 11 && wordByte(s[ext-1]) {
			ext--
		}
		if ext == colon || ext == 0 || s[ext-1] != '.' || !letter(s[ext]) || from >= len(s) || !digit(s[from]) {
			continue
		}
		start := ext - 1
		for start > 0 && fileByte(s[start-1]) {
			start--
		}
		if start >= 2 && s[start-1] == ':' && letter(s[start-2]) && (s[start] == '\\' || s[start] == '/') && (start == 2 || !wordByte(s[start-3])) {
			start -= 2 // a drive
		}
		if start == ext-1 {
			continue
		}
		end := numberEnd(s, from)
		m := []int{start, end, from, end, -1, -1}
		if end+1 < len(s) && s[end] == ':' && digit(s[end+1]) {
			m[4], m[5] = end+1, numberEnd(s, end+1)
			m[1] = m[5]
		}
		if m[3]-m[2] > 7 || m[1] < len(s) && wordByte(s[m[1]]) {
			continue
		}
		found = place(found, s, m, start, colon, 2, 4)
		from = m[1]
	}
}

func numberEnd(s string, i int) int {
	for i < len(s) && digit(s[i]) {
		i++
	}
	return i
}

func wordByte(c byte) bool { return letter(c) || digit(c) || c == '_' || c == '+' }

func fileByte(c byte) bool {
	return wordByte(c) || c == '.' || c == '@' || c == '~' || c == '/' || c == '\\' || c == '-'
}

// place adds what match m found unless it overlaps an earlier find.
func place(found []Loc, s string, m []int, fileStart, fileEnd, line, col int) []Loc {
	for _, f := range found {
		if m[0] < f.End && f.Start < m[1] {
			return found
		}
	}
	// "10:11:12.5:3" and "example.com:8080" are no files.
	file := s[fileStart:fileEnd]
	if line == 2 && !fileLike(file) {
		return found
	}
	l := Loc{Start: m[0], End: m[1], File: file}
	l.Line, _ = strconv.Atoi(s[m[line]:m[line+1]])
	if col >= 0 && m[col] >= 0 {
		l.Col, _ = strconv.Atoi(s[m[col]:m[col+1]])
	}
	if l.Line == 0 {
		return found
	}
	i := len(found)
	for i > 0 && found[i-1].Start > l.Start {
		i--
	}
	return append(found[:i], append([]Loc{l}, found[i:]...)...)
}

// fileLike tells a file from a host: what has no slash must not end like one.
func fileLike(f string) bool {
	if strings.ContainsAny(f, `/\`) {
		return true
	}
	dot := strings.LastIndexByte(f, '.')
	if dot < 0 {
		return true
	}
	switch strings.ToLower(f[dot+1:]) {
	case "com", "org", "net", "io", "dev", "local", "internal", "svc", "localhost", "de", "uk", "eu", "cloud", "app", "lan", "home":
		return false
	}
	return true
}
