// Package env is the tab with the variables that a unit's declaration gives to
// its process. It never shows a secret: a value whose name says so, or a password in
// an address.
package env

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

// Screen is the tab.
type Screen struct{ pager pager.Pager }

// Move scrolls.
func (s *Screen) Move(n int) { s.pager.Move(n) }

// View draws the variables.
func (s *Screen) View(f screen.Frame) []string {
	spec := f.State.Units[f.Unit].Task.Spec
	r, _ := f.Run()
	var lines []string
	put := func(k, v string) {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Accent, "  "+k).Put(f.Ink.Faint, "=").Put(f.Ink.Text, v).String())
	}
	for i, p := range spec.Ports {
		n := p.Number
		if chosen, ok := r.Ports[p.Name]; ok {
			n = chosen
		}
		if c := spec.Container; c != nil {
			if c.Create != "" {
				break // Compose gives a container no port of its own accord
			}
			n = cmp.Or(p.Target, n)
		}
		v := "chosen at the start"
		if n > 0 {
			v = strconv.Itoa(n)
		}
		if i == 0 {
			put("PORT", v)
		}
		put(strings.ToUpper(p.Name)+"_PORT", v)
	}
	given := maps.Clone(spec.Env)
	if spec.Container != nil {
		for _, pair := range spec.Container.Environment() {
			if k, v, ok := strings.Cut(pair, "="); ok {
				given = set(given, k, v)
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(given)) {
		v := env.Redactor{}.Mask(k, given[k])
		if v == env.Masked {
			v += " (not shown)"
		}
		put(k, v)
	}
	for _, file := range spec.EnvFile {
		lines = append(lines, cell.NewLine(f.W).Put(f.Ink.Muted, "  and all of ").Put(f.Ink.Text, file).String())
	}
	if len(lines) == 0 && spec.Container != nil {
		return f.Empty("No variables of its own: it gets those of its image.", "env: and env_file: in its declaration add to them.")
	}
	if len(lines) == 0 {
		return f.Empty("No variables of its own: it gets the environment of the host.", "env: and env_file: in the workspace file add to it.")
	}
	return s.pager.View(lines, f.W, f.H)
}

func set(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}
