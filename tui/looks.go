package tui

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// Words for a theme that is not chosen by name.
const (
	autoTheme    = "auto"    // by the terminal's background
	defaultTheme = "default" // what the settings say
)

// looks is how the screen came to its colours.
type looks struct {
	all theme.Set
	// dark is the terminal's background; told, whether the terminal has said so.
	dark, told bool
	profile    colorprofile.Profile
	// paper is the background that the theme needs, and pen the text's colour on
	// it, where the terminal's own would make it unreadable; nil: the terminal's.
	paper, pen color.Color
	// tried is a theme that is only looked at; empty: none.
	tried string
}

// chosen is the theme's name, or autoTheme: this workspace's choice, else that
// of the settings.
func (s *Screen) chosen() string {
	for _, name := range []string{s.looks.tried, s.memory.Theme, s.opt.Theme} {
		if _, ok := s.looks.all.Named(name); ok || name == autoTheme {
			return name
		}
	}
	return autoTheme
}

// dress gives the screen the theme that is chosen, as the terminal can show it.
func (s *Screen) dress() {
	t, ok := s.looks.all.Named(s.chosen())
	if !ok {
		t = theme.Auto(s.looks.dark)
	}
	s.looks.paper, s.looks.pen = nil, nil
	if s.looks.told && t.Dark != s.looks.dark {
		switch s.looks.profile {
		case colorprofile.ANSI:
			t = theme.Auto(s.looks.dark)
		case colorprofile.Unknown, colorprofile.ANSI256, colorprofile.TrueColor:
			s.looks.paper, s.looks.pen = t.Ground()
		}
	}
	s.setTheme(t.For(s.looks.profile))
}

// terminalIs takes what the terminal says of its background.
func (s *Screen) terminalIs(dark bool) {
	if dark != s.looks.dark || !s.looks.told {
		s.looks.dark, s.looks.told = dark, true
		s.dress()
	}
}

// themeNames are the words of :theme.
func (s *Screen) themeNames() []string {
	return append(s.looks.all.Names(), autoTheme, defaultTheme)
}

func (s *Screen) nextTheme() tea.Cmd {
	names := s.looks.all.Names()
	s.memory.Theme = names[(slices.Index(names, s.theme.Name)+1)%len(names)]
	s.dress()
	return s.toast(tasks.Info, "theme "+s.theme.Name+"; :theme auto follows the terminal")
}

func (s *Screen) themeVerb(words []string) (tea.Cmd, error) {
	if len(words) == 0 {
		return s.nextTheme(), nil
	}
	name := words[0]
	if !slices.Contains(s.themeNames(), name) {
		return nil, fmt.Errorf("there is no theme %q; there are %s", name, quoted(s.themeNames()))
	}
	if name == defaultTheme {
		name = ""
	}
	s.looks.tried, s.memory.Theme = "", name
	s.dress()
	return nil, nil
}

// tryTheme shows the screen in a theme while its name is chosen; without words,
// as it was.
func (s *Screen) tryTheme(words []string) {
	name := ""
	if len(words) == 1 {
		name = words[0]
	}
	if name == defaultTheme {
		name = cmp.Or(s.opt.Theme, autoTheme)
	}
	if name != s.looks.tried {
		s.looks.tried = name
		s.dress()
	}
}
