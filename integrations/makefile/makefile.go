// Package makefile finds the targets of a Makefile that people call by name: the
// documented, the phony, and those that make no file. It reads the file and never
// runs make, which would run what the file says.
package makefile

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "makefile", Title: "Makefile", Marks: []string{"GNUmakefile", "makefile", "Makefile"}, Below: integrations.Outermost, Detect: detect}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, "GNUmakefile", "makefile", "Makefile")
	if name == "" || err != nil {
		return nil, err
	}
	targets, files, missing := readAll(dir, name, text)
	ev := integrations.Evidence{Where: name, Files: files}
	for _, m := range missing {
		ev.Left = append(ev.Left, "what it includes: "+m)
	}
	// Who documents some targets has said which ones are for people.
	says := slices.ContainsFunc(targets, func(t target) bool { return t.doc != "" })
	silent := 0
	for _, t := range targets {
		if !t.phony && t.doc == "" && (says || t.makesFile()) {
			silent++
			continue
		}
		ev.Units = append(ev.Units, config.Unit{
			Name: t.name, Kind: config.Task, Run: "make " + t.name, Description: t.doc,
			Pos: config.Position{File: t.file, Line: t.line},
		})
	}
	ev.What = fmt.Sprintf("%d of %d targets", len(ev.Units), len(targets))
	if silent > 0 {
		why := "make files"
		if says {
			why = "have no ## text and are not .PHONY"
		}
		ev.Left = append(ev.Left, fmt.Sprintf("%d targets that %s", silent, why))
	}
	return []integrations.Evidence{ev}, nil
}

type target struct {
	name, doc string
	phony     bool
	file      string
	line      int
	writes    bool // its recipe names the target, as one that makes it does
	empty     bool // nothing is run for it, and it needs nothing
}

// makesFile tells by its name and its recipe that a target is a file.
func (t target) makesFile() bool { return t.writes || t.empty || strings.Contains(t.name, ".") }

// readAll reads a Makefile and the files that it includes by name. What a name
// is made of with variables, only make knows.
func readAll(dir, name string, text []byte) (targets []target, files, missing []string) {
	const most = 50
	type piece struct {
		name string
		text []byte
	}
	all := reading{index: map[string]int{}, phony: map[string]bool{}}
	next := []piece{{name, text}}
	seen := map[string]bool{name: true}
	for n := 0; n < len(next) && n < most; n++ {
		all.take(next[n].name, next[n].text)
		for _, inc := range includes(next[n].text) {
			inc = path.Clean(inc)
			if seen[inc] {
				continue
			}
			seen[inc] = true
			if strings.ContainsAny(inc, "$*?[") || path.IsAbs(inc) {
				missing = append(missing, inc)
				continue
			}
			text, ok, err := declared.Read(dir, inc)
			if !ok || err != nil {
				missing = append(missing, inc)
				continue
			}
			files = append(files, inc)
			next = append(next, piece{inc, text})
		}
	}
	return all.named(), files, missing
}

// includes are the names behind include, -include and sinclude.
func includes(text []byte) (names []string) {
	for _, line := range logical(text) {
		if line.recipe {
			continue
		}
		words := strings.Fields(line.text)
		if len(words) > 1 && slices.Contains([]string{"include", "-include", "sinclude"}, words[0]) {
			if strings.Contains(line.text, "$(") { // whose blanks part nothing
				names = append(names, strings.Join(words[1:], " "))
				continue
			}
			for _, w := range words[1:] {
				if strings.HasPrefix(w, "#") {
					break
				}
				names = append(names, w)
			}
		}
	}
	return names
}

// rule is "test lint: build ## run the tests". Patterns, variables and special
// targets are not for people.
var (
	rule   = lazy.Regexp(`^([A-Za-z0-9][A-Za-z0-9_./ -]*?)\s*::?([^:=].*)?$`)
	called = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	// output is a recipe's name for what it makes.
	output = lazy.Regexp(`\$@|\$\(@`)
)

// reading gathers the targets of several files.
type reading struct {
	targets []target
	index   map[string]int
	phony   map[string]bool
}

func (r *reading) take(file string, text []byte) {
	above := ""       // a "## text" on a line of its own
	var current []int // the targets whose recipe it is
	for _, numbered := range logical(text) {
		line := numbered.text
		if numbered.recipe {
			for _, i := range current {
				r.targets[i].empty = false
				r.targets[i].writes = r.targets[i].writes || output().MatchString(line)
			}
			continue
		}
		switch {
		case strings.HasPrefix(line, "## "):
			above = strings.TrimSpace(line[3:])
			continue
		case strings.HasPrefix(line, ".PHONY"):
			_, list, _ := strings.Cut(line, ":")
			list, _, _ = strings.Cut(list, "#")
			for name := range strings.FieldsSeq(list) {
				r.phony[name] = true
			}
			continue // its ## text is for the target below
		}
		if strings.Contains(line, ":") {
			current = nil // also the recipe of a pattern is not the one before's
		}
		m := rule().FindStringSubmatch(line)
		if m != nil {
			needs, doc, ok := strings.Cut(m[2], "##")
			if !ok {
				doc = above
			}
			for name := range strings.FieldsSeq(m[1]) {
				i, known := r.index[name]
				if !known {
					i = len(r.targets)
					r.index[name] = i
					r.targets = append(r.targets, target{name: name, file: file, line: numbered.number, empty: true})
				}
				if !strings.Contains(needs, "=") { // a variable of the target is no rule
					current = append(current, i)
					needs, _, _ = strings.Cut(needs, "#")
					r.targets[i].empty = r.targets[i].empty && strings.TrimSpace(needs) == ""
				}
				if r.targets[i].doc == "" {
					r.targets[i].doc = strings.TrimSpace(doc)
				}
			}
		}
		above = ""
	}
}

// named are the targets that people can call.
func (r *reading) named() []target {
	for i := range r.targets {
		r.targets[i].phony = r.phony[r.targets[i].name]
	}
	return slices.DeleteFunc(r.targets, func(t target) bool { return !called().MatchString(t.name) })
}

type numbered struct {
	number int
	text   string
	recipe bool // a line of one, without its tab
}

// logical are the lines of the file, with those that end in \ joined, and without
// what is between define and endef.
func logical(text []byte) []numbered {
	var lines []numbered
	var line numbered
	open, defining, n := false, false, 0
	end := func() {
		word, _, _ := strings.Cut(strings.TrimSpace(line.text), " ")
		switch {
		case word == "define" && !line.recipe:
			defining = true
		case word == "endef":
			defining = false
		case !defining:
			lines = append(lines, line)
		}
		open = false
	}
	for raw := range bytes.Lines(text) {
		n++
		piece := strings.TrimRight(string(raw), "\r\n")
		if !open {
			line = numbered{number: n}
			piece, line.recipe = strings.CutPrefix(piece, "\t")
			open = true
		}
		if rest, more := strings.CutSuffix(piece, `\`); more {
			line.text += rest + " "
			continue
		}
		line.text += piece
		end()
	}
	if open {
		end()
	}
	return lines
}
