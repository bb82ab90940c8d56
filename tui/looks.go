package tui

import (
	"fmt"
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
	// dark is the terminal's background, as far as it has told.
	dark    bool
	profile colorprofile.Profile
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
	s.setTheme(t.For(s.looks.profile))
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
	return tea.RequestBackgroundColor, nil
}

// tryTheme shows the screen in a theme while its name is chosen; without words,
// as it was.
func (s *Screen) tryTheme(words []string) {
	name := ""
	if len(words) == 1 {
		name = words[0]
	}
	if name == defaultTheme {
		name = or(s.opt.Theme, autoTheme)
	}
	if name != s.looks.tried {
		s.looks.tried = name
		s.dress()
	}
}
