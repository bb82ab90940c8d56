// Package justfile finds the recipes of a justfile that people call, with their
// parameters. It reads the file and never runs just, which would evaluate what
// the file says.
package justfile

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "justfile", Title: "just", Marks: []string{"justfile", "Justfile", "JUSTFILE", ".justfile"}, Below: integrations.Anywhere, Detect: detect,
	}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	name, err := find(dir)
	if name == "" || err != nil {
		return nil, err
	}
	text, ok, err := declared.Read(dir, name)
	if !ok || err != nil {
		return nil, err
	}
	ev := integrations.Evidence{Where: name}
	r := reading{}
	r.file(name, source{}, string(text))
	const most = 50
	for n := 0; n < len(r.more) && n < most; n++ {
		next := r.more[n]
		file, text := first(dir, next.files)
		switch {
		case slices.Contains(next.from, file): // just refuses that, so nothing is lost
		case file != "":
			ev.Files = append(ev.Files, file)
			r.file(file, next, text)
		case next.optional:
		case next.module != "":
			ev.Left = append(ev.Left, "the recipes of its module "+next.module)
		default:
			ev.Left = append(ev.Left, "what it imports: "+next.files[0])
		}
	}
	all := 0
	for _, one := range r.recipes {
		if !one.here() {
			continue
		}
		all++
		if one.private {
			continue
		}
		ev.Units = append(ev.Units, one.unit())
	}
	ev.What = fmt.Sprintf("%d of %d recipes", len(ev.Units), all)
	return []integrations.Evidence{ev}, nil
}

// first reads the first of the files that is there, and can be read.
func first(dir string, files []string) (name, text string) {
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f))); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if text, ok, err := declared.Read(dir, f); ok && err == nil {
			return f, string(text)
		}
	}
	return "", ""
}

// find is the justfile's name; just takes it in any case.
func find(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if low := strings.ToLower(e.Name()); low == "justfile" || low == ".justfile" {
			return e.Name(), nil
		}
	}
	return "", nil
}

// recipe is one that a justfile declares.
type recipe struct {
	name, doc string
	pos       config.Position
	private   bool
	systems   []string // that it is for; none: all
	groups    []string
	params    []param
}

// here says whether just would take the recipe on this system.
func (r recipe) here() bool {
	own := []string{runtime.GOOS}
	switch runtime.GOOS {
	case "darwin":
		own = []string{"macos", "unix"}
	case "windows":
	default:
		own = append(own, "unix")
	}
	return len(r.systems) == 0 || slices.ContainsFunc(r.systems, func(s string) bool { return slices.Contains(own, s) })
}

// unit is the recipe as a task; what it is given comes from its parameters.
func (r recipe) unit() config.Unit {
	u := config.Unit{Name: r.name, Kind: config.Task, Run: "just " + r.name, Description: r.doc, Pos: r.pos}
	for _, p := range r.params {
		variable := "$" + config.ParamVariable(p.name)
		switch {
		case p.many: // several words, or none
			u.Run += " " + variable
		case p.optional && !p.literal:
			u.Run += ` ${` + variable[1:] + `:+"` + variable + `"}`
		default:
			u.Run += ` "` + variable + `"`
		}
		c := config.Param{Name: p.name, Type: config.ParamString, Required: !p.optional, HasDefault: p.optional, Default: p.value}
		if p.optional && !p.literal && p.expression != "" {
			c.Description = "without a value: " + p.expression
		}
		u.Params = append(u.Params, c)
	}
	return u
}

// imported is the path of an imported file, below the one that imports it.
func imported(from, name string) (string, bool) {
	if name == "" || path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return name, false
	}
	name = path.Join(path.Dir(from), name)
	return name, !strings.HasPrefix(name, "..")
}
