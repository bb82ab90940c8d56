// Package nox finds the sessions of a noxfile.py. It reads the file and never
// runs it, as nox would.
package nox

import (
	"context"
	"regexp"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

const file = "noxfile.py"

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "nox", Title: "nox", Marks: []string{file}, Below: integrations.Outermost, Detect: detect}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, file)
	if !ok || err != nil {
		return nil, err
	}
	units := sessions(string(text))
	return []integrations.Evidence{{Where: file, What: tasks.Counted(len(units), "session"), Units: units}}, nil
}

var (
	decorator = lazy.Regexp(`^@(?:nox\.)?session\b`)
	function  = lazy.Regexp(`^(?:async\s+)?def\s+([A-Za-z_]\w*)\s*\(`)
	named     = lazy.Regexp(`\bname\s*=\s*(?:"([^"\\]*)"|'([^'\\]*)')`)
	docstring = lazy.Regexp(`^\s+[rR]?(?:"""|'''|"|')\s*(.+)`)
	callable  = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
)

// sessions are the functions below @nox.session, each called as its decorator or
// else the function is.
func sessions(text string) (units []config.Unit) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if !decorator().MatchString(lines[i]) {
			continue
		}
		at, above := i, strings.Builder{}
		var m []string
		for ; i < len(lines); i++ { // the decorator's arguments, others, and the function
			if m = function().FindStringSubmatch(lines[i]); m != nil {
				break
			}
			above.WriteString(lines[i] + "\n")
		}
		if m == nil {
			break
		}
		name := m[1]
		if n := named().FindStringSubmatch(above.String()); n != nil {
			name = n[1] + n[2]
		}
		if !callable().MatchString(name) || strings.HasPrefix(name, "_") {
			continue
		}
		units = append(units, config.Unit{
			Name: name, Kind: config.Task, Run: "nox -s " + name, Description: about(lines[i:], docstring()),
			Pos: config.Position{File: file, Line: at + 1},
		})
	}
	return units
}

// mostHead bounds how many lines the head of a function may have.
const mostHead = 20

// about is the first line of a function's docstring.
func about(lines []string, docstring *regexp.Regexp) string {
	for i, line := range lines[:min(len(lines), mostHead)] {
		if !strings.HasSuffix(strings.TrimSpace(line), ":") || i+1 == len(lines) {
			continue
		}
		m := docstring.FindStringSubmatch(lines[i+1])
		if m == nil {
			return ""
		}
		return strings.TrimRight(strings.TrimSpace(m[1]), `"' .`)
	}
	return ""
}
