package settings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Known is what others define and the file names: with it, a wrong name is told
// with its line. What is left empty is taken as it is written.
type Known struct {
	// Themes are the built-in themes, Colors the meanings that a theme colours.
	Themes, Colors []string
	// Actions are the ids that keys are bound to.
	Actions []string
	// Key is the name of a key as it is written, or why there is none; nil: any.
	Key func(written string) (name string, err error)
}

// Schema is the JSON Schema (draft 2020-12) of the settings, for editors.
func Schema(k Known) []byte {
	return config.TableSchema(table(k), "Sawhorse settings", "The file config.yml: what a person wants in every workspace.")
}

// Reference is the reference of every key, in Markdown.
func Reference(k Known) string { return config.TableReference(table(k)) }

// table is every key of the file, once.
func table(k Known) config.Value[Settings] {
	put := config.Give[Settings, string]
	return config.Verified(config.Table("settings", Default,
		put("theme", config.Text(), func(s *Settings, v string) { s.Theme = v },
			"The theme: `auto` follows the terminal's background, or the name of one of `themes` or of a built-in one: "+listed(k.Themes)+".", "`auto`"),
		config.Give("themes", config.Names("a mapping of names to themes", `^[A-Za-z0-9][A-Za-z0-9_-]*$`, nil, themeTable(k)),
			func(s *Settings, v []config.Named[Theme]) {
				for _, t := range v {
					t.Value.Name = t.Name
					s.Themes = append(s.Themes, t.Value)
				}
			},
			"Themes of your own: a built-in one with some colours changed.", ""),
		config.Give("keys", config.Names("a mapping of actions to keys", `^[a-z0-9][a-z0-9.-]*$`, k.Actions, config.ListOf(keyKind(k))),
			func(s *Settings, v []config.Named[[]string]) {
				s.Keys = map[string][]string{}
				for _, b := range v {
					s.Keys[b.Name] = b.Value
				}
			},
			"Keys by action: one key, or several as a list; `[]` unbinds. `sawhorse keys` prints every action. Where two clash, the one of this file gives way, and the screen says so.", ""),
		config.Give("mouse", config.Boolean(), func(s *Settings, v bool) { s.Mouse = v },
			"Whether the mouse is the screen's at the start; without it, the terminal selects text.", "true"),
		put("editor", config.Text(), func(s *Settings, v string) { s.Editor = v },
			"The command line of the editor: `code -g`, `nvim`.", "`$VISUAL`, `$EDITOR`, then vi"),
		put("pager", config.Text(), func(s *Settings, v string) { s.Pager = v },
			"The command line of the pager.", "`$PAGER`, then less"),
		put("quit", config.Choice(string(QuitAsks), string(QuitStops), string(QuitLeaves)), func(s *Settings, v string) { s.Quit = Quit(v) },
			"What leaving the screen does to what runs: ask, stop it, or leave it running.", "`ask`"),
		config.Give("notifications", notificationsTable(), func(s *Settings, v Notifications) { s.Notifications = v },
			"How to hear of things while the screen is not looked at.", ""),
		put("detach_key", config.Checked("a ctrl key like ctrl+]", `^ctrl\+.$`, detachKey), func(s *Settings, v string) { s.DetachKey = v },
			"The key that comes back from a service's terminal.", "`ctrl+]`"),
	), func(s *Settings, fault func(key, message, hint string)) { verifyTheme(k, s, fault) })
}

// verifyTheme looks for the theme among the built-in ones and the person's own.
func verifyTheme(k Known, s *Settings, fault func(key, message, hint string)) {
	names := slices.Clone(k.Themes)
	for _, t := range s.Themes {
		if slices.Contains(k.Themes, t.Name) || t.Name == Auto {
			fault("themes", "there is a built-in theme "+strconv.Quote(t.Name)+" already", "give yours another name")
		}
		names = append(names, t.Name)
	}
	s.Themes = slices.DeleteFunc(s.Themes, func(t Theme) bool { return slices.Contains(k.Themes, t.Name) || t.Name == Auto })
	if s.Theme == Auto || len(k.Themes) == 0 || slices.Contains(names, s.Theme) {
		return
	}
	fault("theme", "there is no theme "+strconv.Quote(s.Theme), config.DidYouMean(s.Theme, append(names, Auto)))
	s.Theme = Auto
}

func themeTable(k Known) config.Value[Theme] {
	return config.Table("theme", func() Theme { return Theme{Base: "dark", Colors: map[string]string{}} },
		config.Give("base", config.OneOf("a built-in theme", k.Themes), func(t *Theme, v string) { t.Base = v },
			"The built-in theme that the other colours are of.", "`dark`"),
		config.Give("colors", config.Names("a mapping of meanings to colours", `^[a-z_]+$`, k.Colors, colorKind()),
			func(t *Theme, v []config.Named[string]) {
				for _, c := range v {
					t.Colors[c.Name] = c.Value
				}
			},
			"Colours by meaning: "+listed(k.Colors)+".", ""),
	)
}

// listed is names for the reference.
func listed(names []string) string {
	return "`" + strings.Join(names, "`, `") + "`"
}

func notificationsTable() config.Value[Notifications] {
	return config.Table("notifications", defaultNotifications,
		config.Give("when", config.Choice(WhenUnfocused, WhenAlways, WhenNever), func(n *Notifications, v string) { n.When = v },
			"While the terminal does not have the focus, always, or never.", "`unfocused`"),
		config.Give("how", config.Choice(Auto, "osc9", "osc777", "osc99", "bell", "off"), func(n *Notifications, v string) { n.How = v },
			"The words that the terminal understands; `auto` finds out which terminal it is, and rings the bell in one that it does not know.", "`auto`"),
		config.Give("after", config.Duration(), func(n *Notifications, v time.Duration) { n.After = v },
			"A run that ended is told when it took longer.", "10s"),
	)
}

const colorPattern = `^#[0-9a-fA-F]{6}$`

func colorKind() config.Value[string] {
	form := regexp.MustCompile(colorPattern)
	return config.Checked("a colour like #ff5f5f", colorPattern, func(written string) (meant, why, hint string) {
		if !form.MatchString(written) {
			return "", written + " is no colour", `write it like "#ff5f5f", in quotes`
		}
		return strings.ToLower(written), "", ""
	})
}

func keyKind(k Known) config.Value[string] {
	return config.Checked("a key", `\S`, func(written string) (meant, why, hint string) {
		if k.Key == nil {
			return written, "", ""
		}
		name, err := k.Key(written)
		if err != nil {
			return "", err.Error(), `write it like r, R, ctrl+r, f5, enter, shift+tab, pgup`
		}
		return name, "", ""
	})
}

// detachable are the ctrl keys that a terminal tells apart from all others.
const detachable = "abcdefghijklmnopqrstuvwxyz\\]^_"

func detachKey(written string) (meant, why, hint string) {
	key := strings.ToLower(strings.TrimSpace(written))
	c, ok := strings.CutPrefix(key, "ctrl+")
	if !ok || len(c) != 1 || !strings.Contains(detachable, c) {
		return "", written + " can't be the key that comes back", "write it like ctrl+] or ctrl+a"
	}
	if slices.Contains([]string{"i", "j", "m"}, c) {
		return "", written + " is tab or enter to a terminal", "write it like ctrl+] or ctrl+a"
	}
	return key, "", ""
}
