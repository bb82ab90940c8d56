package theme

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// meaning is a colour of a palette by the name that a person gives it.
type meaning struct {
	name string
	at   func(*Palette) *string
}

// meanings is every colour, once: what user themes may change.
func meanings() []meaning {
	return []meaning{
		{"background", func(p *Palette) *string { return &p.Background }},
		{"text", func(p *Palette) *string { return &p.Text }},
		{"muted", func(p *Palette) *string { return &p.Muted }},
		{"faint", func(p *Palette) *string { return &p.Faint }},
		{"accent", func(p *Palette) *string { return &p.Accent }},
		{"running", func(p *Palette) *string { return &p.Running }},
		{"succeeded", func(p *Palette) *string { return &p.Succeeded }},
		{"failed", func(p *Palette) *string { return &p.Failed }},
		{"warning", func(p *Palette) *string { return &p.Warning }},
		{"info", func(p *Palette) *string { return &p.Info }},
		{"debug", func(p *Palette) *string { return &p.Debug }},
		{"border", func(p *Palette) *string { return &p.Border }},
		{"selected_text", func(p *Palette) *string { return &p.SelectedText }},
		{"selected", func(p *Palette) *string { return &p.SelectedBack }},
		{"selected_blurred", func(p *Palette) *string { return &p.SelectedBlurBack }},
		{"match_text", func(p *Palette) *string { return &p.MatchText }},
		{"match", func(p *Palette) *string { return &p.MatchBack }},
		{"match_current", func(p *Palette) *string { return &p.MatchCurrentBack }},
	}
}

// Colors are the names of the colours that a theme is made of.
func Colors() []string {
	var names []string
	for _, m := range meanings() {
		names = append(names, m.name)
	}
	return names
}

// Custom is a person's own theme: a built-in one with some colours changed.
type Custom struct {
	Name, Base string
	// Colors are #rrggbb by their name.
	Colors map[string]string
}

var hexForm = lazy.Regexp(`^#[0-9a-fA-F]{6}$`)

// Theme makes the theme.
func (c Custom) Theme() (Theme, error) {
	base, ok := Named(c.Base)
	if !ok {
		return Theme{}, fmt.Errorf("theme %s: there is no theme %q to change; there are %s", c.Name, c.Base, strings.Join(Names(), ", "))
	}
	p := base.palette
	for name, color := range c.Colors {
		i := slices.IndexFunc(meanings(), func(m meaning) bool { return m.name == name })
		switch {
		case i < 0:
			return Theme{}, fmt.Errorf("theme %s: there is no colour %q; there are %s", c.Name, name, strings.Join(Colors(), ", "))
		case !hexForm().MatchString(color):
			return Theme{}, fmt.Errorf("theme %s: %s is %q, which is no colour like #ff5f5f", c.Name, name, color)
		}
		*meanings()[i].at(&p) = color
	}
	return New(c.Name, base.Dark, p), nil
}

// Set are the themes that a screen may show: the built-in ones and a person's own.
type Set []Theme

// NewSet is the built-in themes and those that can be made; the errors say why
// the others can't.
func NewSet(own ...Custom) (Set, []error) {
	set := Set(builtin())
	var errs []error
	for _, c := range own {
		t, err := c.Theme()
		switch _, taken := set.Named(c.Name); {
		case err != nil:
			errs = append(errs, err)
		case taken:
			errs = append(errs, fmt.Errorf("theme %s: there is such a theme already; give yours another name", c.Name))
		default:
			set = append(set, t)
		}
	}
	return set, errs
}

// Named returns a theme of the set.
func (s Set) Named(name string) (Theme, bool) {
	i := slices.IndexFunc(s, func(t Theme) bool { return t.Name == name })
	if i < 0 {
		return Theme{}, false
	}
	return s[i], true
}

// Names lists the themes of the set.
func (s Set) Names() []string {
	names := make([]string, len(s))
	for i, t := range s {
		names[i] = t.Name
	}
	return names
}
