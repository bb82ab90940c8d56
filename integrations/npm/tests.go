package npm

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// runners are the programs that run tests once when nobody sits at a terminal.
func runners() []string { return []string{"vitest", "jest", "mocha", "ava", "tap", "uvu"} }

// itself are the words that make one of them wait for changes, or for a person.
func itself() []string {
	return []string{"--watch", "-w", "--watchAll", "watch", "dev", "--ui", "--standalone"}
}

// runs says which runner of tests a script calls once, and whether it does that
// and nothing else, so that words can be added.
func runs(line string) (runner string, plain bool) {
	if slices.ContainsFunc(strings.Fields(line), func(w string) bool { return slices.Contains(itself(), w) }) {
		return "", false
	}
	if l, ok := command.Split(line); ok {
		return program(l.Words), true
	}
	for part := range strings.SplitSeq(line, "&&") {
		if runner := program(strings.Fields(part)); runner != "" {
			return runner, false
		}
	}
	return "", false
}

// program is the runner that the words of one command call.
func program(words []string) string {
	for len(words) > 0 {
		w := words[0]
		switch {
		case w == "cross-env", w == "npx", w == "exec", strings.Contains(w, "="):
			words = words[1:]
			continue
		case w == "node" && slices.Contains(words, "--test"):
			return "node"
		case slices.Contains(runners(), command.Program(w)):
			return command.Program(w)
		}
		return ""
	}
	return ""
}

// names are the words that make the runner name every test, where the project
// has not said how it reports; nil: it does, or can't.
func names(dir, runner string, line string) []string {
	switch {
	case runner == "vitest" && !strings.Contains(line, "--reporter") && !reports(dir):
		return []string{"--reporter=verbose"}
	case runner == "jest" && !strings.Contains(line, "--verbose") && !strings.Contains(line, "--silent") && !strings.Contains(line, "--reporters") && !strings.Contains(line, "--json"):
		return []string{"--verbose"}
	}
	return nil
}

// reports says whether a configuration of vitest chooses reporters.
func reports(dir string) bool {
	for _, base := range [...]string{"vitest.config", "vite.config", "vitest.workspace"} {
		for _, ext := range [...]string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"} {
			if text, ok, err := declared.Read(dir, base+ext); ok && err == nil && strings.Contains(string(text), "reporters") {
				return true
			}
		}
	}
	return false
}

// handedOn are words behind a script's name, as each manager hands them on.
func handedOn(manager string, words []string) string {
	if manager == "npm" {
		words = slices.Insert(slices.Clone(words), 0, "--")
	}
	return strings.Join(words, " ")
}

// tested makes a script that runs tests one that watches, and that names them.
func tested(u *config.Unit, dir, manager, script, line string) {
	runner, plain := runs(line)
	if runner == "" {
		return
	}
	if script == "test" {
		u.Description = line + ", on save"
		u.Watch = &config.Watch{
			Paths:  []string{"**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts,vue,svelte,json,snap}"},
			Ignore: []string{"coverage/**"},
		}
	}
	if words := names(dir, runner, line); plain && len(words) > 0 && u.Run != "" {
		u.Run += " " + handedOn(manager, words)
	}
}

// below are globs of a directory as seen from the one above.
func below(dir string, globs []string) []string {
	var all []string
	for _, g := range globs {
		all = append(all, filepath.ToSlash(filepath.Join(dir, g)))
	}
	return all
}
