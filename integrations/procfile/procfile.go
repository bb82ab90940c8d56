// Package procfile finds the processes of a Procfile, as services. It runs none
// of them.
package procfile

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "procfile", Title: "Procfile", Marks: []string{"Procfile.dev", "Procfile"}, Below: integrations.Anywhere, Detect: detect}
}

// names in the order in which one counts: that of this machine first.
var names = [...]string{"Procfile.dev", "Procfile"}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	var found []integrations.Evidence
	for _, name := range names {
		text, ok, err := declared.Read(dir, name)
		if err != nil {
			return found, err
		}
		if !ok {
			continue
		}
		ev := read(name, text)
		if len(found) > 0 {
			left := fmt.Sprintf("its %d processes: %s is for this machine", len(ev.Units), found[0].Where)
			ev = integrations.Evidence{Where: name, What: ev.What, Left: []string{left}}
		}
		found = append(found, ev)
	}
	return found, nil
}

var entry = lazy.Regexp(`^([A-Za-z0-9_-]+):\s*(\S.*)$`)

func read(name string, text []byte) integrations.Evidence {
	ev := integrations.Evidence{Where: name}
	n := 0
	add := func(u config.Unit) {
		u.Pos = config.Position{File: name, Line: n}
		ev.Units = append(ev.Units, u)
	}
	for raw := range bytes.Lines(text) {
		n++
		line := strings.TrimSpace(string(raw))
		if line == "" || line[0] == '#' {
			continue
		}
		m := entry().FindStringSubmatch(line)
		switch {
		case m == nil:
			ev.Left = append(ev.Left, fmt.Sprintf("line %d, which is not NAME: COMMAND", n))
		case m[1] == "release":
			// It runs once before a deployment, and is not meant to stay up.
			add(config.Unit{Name: m[1], Kind: config.Task, Run: m[2]})
		default:
			u := config.Unit{Name: m[1], Kind: config.Service, Autostart: true, Run: m[2]}
			if strings.Contains(m[2], "$PORT") || strings.Contains(m[2], "${PORT") {
				u.Ports = []config.Port{{Name: "http"}} // given as PORT
			}
			add(u)
		}
	}
	ev.What = fmt.Sprintf("%d processes", len(ev.Units))
	if len(ev.Units) == 1 {
		ev.What = "1 process"
	}
	return ev
}
