package settings_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/settings"
)

func known() settings.Known {
	return settings.Known{
		Themes: []string{"dark", "light", "nord"}, Colors: []string{"failed", "running"},
		Actions: []string{"task.restart", "quit"},
		Key: func(written string) (string, error) {
			if written == "hyper+q" {
				return "", errors.New("there is no key hyper+q")
			}
			return strings.ToLower(written), nil
		},
	}
}

const whole = `
theme: mine
themes:
  mine: {base: light, colors: {failed: "#FF5F5F"}}
keys:
  task.restart: [ctrl+R, 1]
  quit: []
mouse: false
editor: code -g
pager: less -R
quit: leave
notifications: {when: always, how: osc9, after: 30s}
detach_key: Ctrl+a
`

func TestASettingsFileIsReadWhole(t *testing.T) {
	got, err := settings.LoadBytes("config.yml", []byte(whole), known())
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Settings{
		Theme: "mine", Themes: []settings.Theme{{Name: "mine", Base: "light", Colors: map[string]string{"failed": "#ff5f5f"}}},
		Keys: map[string][]string{"task.restart": {"ctrl+r", "1"}, "quit": {}}, Editor: "code -g", Pager: "less -R", Quit: settings.QuitLeaves,
		Notifications: settings.Notifications{When: settings.WhenAlways, How: "osc9", After: 30 * time.Second}, DetachKey: "ctrl+a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrongIsToldAtOnceAndTheRestHolds(t *testing.T) {
	got, err := settings.LoadBytes("config.yml", []byte(`theme: nrod
mous: false
keys:
  task.restat: r
  task.restart: [r, hyper+q]
  quit: Q
themes:
  dark: {base: light}
  my: {base: lihgt, colors: {faild: "#fff", failed: red, running: "#00ff00"}}
notifications:
  when: sometimes
  after: 1m
quit: maybe
detach_key: ctrl+m
`), known())
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Fatalf("%T %v", err, err)
	}
	var said []string
	for _, p := range problems {
		said = append(said, p.Summary())
	}
	want := []string{
		`config.yml:1:8: there is no theme "nrod" (did you mean "nord"?)`,
		`config.yml:2:1: unknown key "mous" in the file (did you mean "mouse"?)`,
		`config.yml:4:3: unknown key "task.restat" in keys (did you mean "task.restart"?)`,
		`config.yml:5:21: keys.task.restart: there is no key hyper+q (write it like r, R, ctrl+r, f5, enter, shift+tab, pgup)`,
		`config.yml:8:3: there is a built-in theme "dark" already (give yours another name)`,
		`config.yml:9:14: themes.my.base must be a built-in theme, not "lihgt" (did you mean "light"?)`,
		`config.yml:9:30: unknown key "faild" in themes.my.colors (did you mean "failed"?)`,
		`config.yml:9:53: themes.my.colors.failed: red is no colour (write it like "#ff5f5f", in quotes)`,
		`config.yml:11:9: notifications.when must be one of unfocused, always, never, not "sometimes"`,
		`config.yml:13:7: quit must be one of ask, stop, leave, not "maybe"`,
		`config.yml:14:13: detach_key: ctrl+m is tab or enter to a terminal (write it like ctrl+] or ctrl+a)`,
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	held := settings.Default()
	held.Keys = map[string][]string{"quit": {"q"}}
	held.Themes = []settings.Theme{{Name: "my", Base: "dark", Colors: map[string]string{"running": "#00ff00"}}}
	held.Notifications.After = time.Minute
	if diff := cmp.Diff(held, got); diff != "" {
		t.Errorf("what holds:\n%s", diff)
	}
}

func TestAFileThatIsNoSettingsCostsNothing(t *testing.T) {
	for name, text := range map[string]string{"a list": "- a\n", "text": "hello", "bad yaml": "theme: [", "not text": "\xff\xfe"} {
		got, err := settings.LoadBytes("config.yml", []byte(text), known())
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if diff := cmp.Diff(settings.Default(), got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if got, err := settings.LoadBytes("config.yml", []byte("# nothing\n"), known()); err != nil || !cmp.Equal(got, settings.Default()) {
		t.Errorf("an empty file: %v %v", got, err)
	}
}

func TestTheFileIsLookedForWhereThePersonSays(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("AppData", "")
	t.Setenv("SAWHORSE_CONFIG", "")
	t.Setenv("XDG_CONFIG_HOME", "relative")
	for _, tt := range []struct{ variable, value, want string }{
		{"XDG_CONFIG_HOME", "relative", filepath.Join(home, ".config", "sawhorse", "config.yml")},
		{"XDG_CONFIG_HOME", filepath.Join(home, "xdg"), filepath.Join(home, "xdg", "sawhorse", "config.yml")},
		{"SAWHORSE_CONFIG", filepath.Join(home, "my.yml"), filepath.Join(home, "my.yml")},
	} {
		t.Setenv(tt.variable, tt.value)
		if got, err := settings.Path(); err != nil || got != tt.want {
			t.Errorf("%s=%s: %s, %v; want %s", tt.variable, tt.value, got, err, tt.want)
		}
	}
	if _, err := settings.Load(known()); err == nil || !strings.Contains(err.Error(), "SAWHORSE_CONFIG names does not exist") {
		t.Errorf("a file that is named and not there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(home, "my.yml"), []byte("mouse: false"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := settings.Load(known()); err != nil || s.Mouse {
		t.Errorf("%+v, %v", s, err)
	}
	t.Setenv("SAWHORSE_CONFIG", home)
	if s, err := settings.Load(known()); err == nil || !strings.Contains(err.Error(), "it is a directory") || !s.Mouse {
		t.Errorf("a directory: %+v, %v", s, err)
	}
	t.Setenv("SAWHORSE_CONFIG", "")
	if s, err := settings.Load(known()); err != nil || !cmp.Equal(s, settings.Default()) {
		t.Errorf("no file: %+v, %v", s, err)
	}
}

func TestTheSchemaAcceptsWhatIsReadAndRefusesWhatIsNot(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings.Schema(known())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("settings.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("settings.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) bool {
		data, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(v) == nil
	}
	for _, good := range []string{strings.ReplaceAll(strings.ReplaceAll(whole, ", 1]", "]"), "Ctrl+a", "ctrl+a"), "{}", "notifications: {after: 5}", "keys: {quit: q}"} {
		if !valid(good) {
			t.Errorf("refused: %s", good)
		}
	}
	for _, bad := range []string{"mous: true", "mouse: 3", "quit: maybe", "notifications: {how: smoke}", "themes: {a: {colors: {failed: red}}}"} {
		if valid(bad) {
			t.Errorf("accepted: %s", bad)
		}
	}
}

func TestTheReferenceNamesEveryKey(t *testing.T) {
	text := settings.Reference(known())
	for _, want := range []string{"| `theme` |", "| `keys` |", "## `theme`", "| `base` |", "## `notifications`", "| `after` |", "`failed`, `running`"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
