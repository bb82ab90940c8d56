// Package makefile finds the targets of a Makefile that people call by name: the
// documented and the phony ones. It reads the file and never runs make, which
// would run what the file says.
package makefile

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "makefile", Title: "Makefile", Detect: detect}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, "GNUmakefile", "makefile", "Makefile")
	if name == "" || err != nil {
		return nil, err
	}
	targets := read(text)
	ev := integrations.Evidence{Where: name}
	files := 0
	for _, t := range targets {
		if !t.phony && t.doc == "" {
			files++
			continue
		}
		ev.Units = append(ev.Units, config.Unit{Name: t.name, Kind: config.Task, Run: "make " + t.name, Description: t.doc})
	}
	ev.What = fmt.Sprintf("%d of %d targets", len(ev.Units), len(targets))
	if files > 0 {
		ev.Left = append(ev.Left, fmt.Sprintf("%d targets that have no ## text and are not .PHONY", files))
	}
	if bytes.Contains(text, []byte("\ninclude ")) || bytes.HasPrefix(text, []byte("include ")) {
		ev.Left = append(ev.Left, "the files that it includes")
	}
	return []integrations.Evidence{ev}, nil
}

type target struct {
	name, doc string
	phony     bool
}

// rule is "test lint: build ## run the tests". Patterns, variables and special
// targets are not for people.
var (
	rule   = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_./ -]*?)\s*::?([^:=].*)?$`)
	called = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

func read(text []byte) []target {
	var targets []target
	index := map[string]int{}
	phony := map[string]bool{}
	above := "" // a "## text" on a line of its own
	for _, line := range logical(text) {
		switch {
		case strings.HasPrefix(line, "## "):
			above = strings.TrimSpace(line[3:])
			continue
		case strings.HasPrefix(line, ".PHONY"):
			_, list, _ := strings.Cut(line, ":")
			list, _, _ = strings.Cut(list, "#")
			for name := range strings.FieldsSeq(list) {
				phony[name] = true
			}
			continue // its ## text is for the target below
		}
		m := rule.FindStringSubmatch(line)
		if m != nil {
			_, doc, ok := strings.Cut(m[2], "##")
			if !ok {
				doc = above
			}
			for name := range strings.FieldsSeq(m[1]) {
				i, known := index[name]
				if !known {
					i = len(targets)
					index[name] = i
					targets = append(targets, target{name: name})
				}
				if targets[i].doc == "" {
					targets[i].doc = strings.TrimSpace(doc)
				}
			}
		}
		above = ""
	}
	for i := range targets {
		targets[i].phony = phony[targets[i].name]
	}
	return slices.DeleteFunc(targets, func(t target) bool { return !called.MatchString(t.name) })
}

// logical are the lines of the file that are not recipes, with those that end
// in \ joined, and without what is between define and endef.
func logical(text []byte) []string {
	var lines []string
	joined, defining := "", false
	for raw := range bytes.Lines(text) {
		line := strings.TrimRight(string(raw), "\r\n")
		if joined == "" && strings.HasPrefix(line, "\t") {
			continue
		}
		if rest, more := strings.CutSuffix(line, `\`); more {
			joined += rest + " "
			continue
		}
		line, joined = joined+line, ""
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "define":
			defining = true
		case word == "endef":
			defining = false
		case !defining && !strings.HasPrefix(line, "\t"):
			lines = append(lines, line)
		}
	}
	if joined != "" {
		lines = append(lines, joined)
	}
	return lines
}
