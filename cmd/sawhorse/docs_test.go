package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/workspace/settings"
)

// updateDocs writes the generated pages anew: go test ./cmd/sawhorse -run Docs -update-docs
var updateDocs = flag.Bool("update-docs", false, "write the generated pages of docs/ anew")

const generated = "<!-- Generated: go test ./cmd/sawhorse -run Docs -update-docs -->\n\n"

// pages are the pages of docs/ that follow from the program.
func pages() map[string]string {
	return map[string]string{
		"cli.md":    verbsPage(),
		"config.md": configPage(),
		"keys.md": generated + `# Keys

Every action of the screen. ` + "`?`" + ` shows those that count where you are, with the reason for those that
can't be done now; ` + "`:`" + ` finds them by name, and takes the commands. ` + "`sawhorse keys`" + ` prints this
list with your own bindings, which are set in [your settings](settings.md):

` + "```yaml" + `
keys:
  task.restart: [r, f5]   # several keys
  view.zoom: ctrl+e       # one
  tree.toggle: []         # none
` + "```" + `

Where two actions of a place would share a key, the one that you have moved keeps its default, and
ATTENTION says so by name. In the log, the tree, ATTENTION and the tables, their own keys win over those
that count everywhere.

` + action.Reference(tui.Layers()),
		"settings.md": generated + `# Your settings

What you want in every workspace stands in ` + "`config.yml`" + `: the file that ` + "`SAWHORSE_CONFIG`" + ` names, else
` + "`$XDG_CONFIG_HOME/sawhorse/config.yml`, else `~/.config/sawhorse/config.yml`" + ` (on Windows
` + "`%AppData%\\sawhorse\\config.yml`" + `). No key is required. What is wrong with the file is a row in ATTENTION,
with the line, and the default holds; every open screen takes over what changes in it at once. What you choose on the screen (` + "`:theme`, `:notify`" + `, the mouse) holds
for that workspace, over the settings; ` + "`default`" + ` takes it back. ` + "`sawhorse schema --settings`" + ` prints the JSON
Schema for editors.

` + "```yaml" + `
theme: auto
themes:
  mine: {base: light, colors: {failed: "#b3002d", selected: "#ffe9b0"}}
keys:
  task.restart: [r, f5]
editor: code -g
notifications: {when: unfocused, how: auto, after: 10s}
` + "```" + `

A terminal without colours (` + "`NO_COLOR`" + `) is shown bold, underline and reverse, one with sixteen colours those
that can be read there.

` + settings.Reference(known()),
	}
}

func TestTheGeneratedDocsAreThoseOfTheProgram(t *testing.T) {
	for name, want := range pages() {
		path := filepath.Join(repository, "docs", name)
		if *updateDocs {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is stale; go test ./cmd/sawhorse -run Docs -update-docs\n%s", name, diff)
		}
	}
}

func TestTheExampleOfTheSettingsDocsIsRight(t *testing.T) {
	for _, text := range []string{
		"theme: auto\nthemes:\n  mine: {base: light, colors: {failed: \"#b3002d\", selected: \"#ffe9b0\"}}\nkeys:\n  task.restart: [r, f5]\neditor: code -g\nnotifications: {when: unfocused, how: auto, after: 10s}\n",
		"keys:\n  task.restart: [r, f5]   # several keys\n  view.zoom: ctrl+e       # one\n  tree.toggle: []         # none\n",
	} {
		s, err := settings.LoadBytes("config.yml", []byte(text), known())
		if err != nil {
			t.Fatal(err)
		}
		if _, clashes := action.Resolve(tui.Layers(), s.Keys); len(clashes) > 0 {
			t.Error(clashes)
		}
	}
}

func TestEveryWordOfTheSettingsReachesTheScreen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yml")
	t.Setenv("SAWHORSE_CONFIG", path)
	text := `
theme: mine
themes: {mine: {base: nord, colors: {failed: "#ff0000"}}, other: {base: light}}
keys: {quit: [Q, ctrl+c]}
mouse: false
editor: code -g
pager: less
quit: stop
notifications: {when: always, how: bell, after: 1s}
detach_key: ctrl+a
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m := loadMine()
	got := m.options(tui.Options{Version: "1"})
	if len(got.Problems) != 1 || got.Problems[0].Location.Line != 3 {
		t.Errorf("problems: %+v", got.Problems) // there is no theme nord
	}
	if got.Version != "1" || got.Theme != "mine" || len(got.Themes) != 2 || got.Themes[0].Colors["failed"] != "#ff0000" || got.Themes[1].Base != "light" ||
		!cmp.Equal(got.Keys, action.Keymap{"quit": {"Q", "ctrl+c"}}) || !got.NoMouse || got.Editor != "code -g" || got.Pager != "less" ||
		got.OnQuit != tui.Stop || got.Detach != "ctrl+a" {
		t.Errorf("%+v", got)
	}
	if n := got.Notify; n.When != "always" || n.How != "bell" || n.After.Seconds() != 1 {
		t.Errorf("%+v", n)
	}
}
