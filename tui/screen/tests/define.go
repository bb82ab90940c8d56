package tests

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// defined is where a test is written in its file.
type defined struct {
	id   nodeID
	line int
}

// definedRead is what was found.
type definedRead struct{ defined }

// where is the place that a node leads to: where it failed, where it is written,
// or its file.
func (s *Screen) where(n *node) tasks.Location {
	at := n.where()
	if at.Line == 0 && n.has && s.reader.defined.id == n.id {
		at.Line = s.reader.defined.line
	}
	return at
}

// define looks in a test's file for the line that it is written in, part after
// part of its name; 0: it is not found.
func define(root string, t tasks.TestResult) int {
	path := t.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, filepath.FromSlash(path))
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return 0
	}
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }() // read-only: nothing can be lost
	parts, found := t.Path(), 0
	in := bufio.NewReaderSize(file, 64<<10)
	for number := 1; len(parts) > 0; number++ {
		text, err := readLine(in)
		if err != nil {
			break
		}
		for len(parts) > 0 && defines(text, parts[0]) {
			found, parts = number, parts[1:]
		}
	}
	return found
}

// defines says whether a line of source is where a test of that name begins: a
// function, a class, or the name in quotes. Go shows the blanks of a subtest's
// name as underscores.
func defines(text, name string) bool {
	name, _, _ = strings.Cut(name, "[")
	for _, word := range [...]string{"func ", "def ", "fn ", "class ", "function "} {
		if _, after, ok := strings.Cut(text, word+name); ok && (after == "" || strings.IndexByte("(:<{ [", after[0]) >= 0) {
			return true
		}
	}
	if strings.ContainsAny(text, "\"'`") {
		for _, n := range [...]string{name, strings.ReplaceAll(name, "_", " ")} {
			for _, quote := range [...]string{`"`, "'", "`"} {
				if strings.Contains(text, quote+n+quote) {
					return true
				}
			}
		}
	}
	return false
}
