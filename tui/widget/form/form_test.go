package form_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
)

func deploy() *form.Form {
	return form.New("Run deploy", "Run", []form.Field{
		{Name: "env", Choices: []string{"staging", "live"}, Value: "staging", Description: "where to"},
		{Name: "count", Type: form.Int, Required: true, Value: "2"},
		{Name: "dry", Type: form.Bool, Value: "false"},
		{Name: "token", Secret: true},
	})
}

func text(s string) []tea.KeyPressMsg {
	var keys []tea.KeyPressMsg
	for _, r := range s {
		keys = append(keys, tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return keys
}

func press(f *form.Form, keys ...tea.KeyPressMsg) (last form.Outcome) {
	for _, k := range keys {
		last = f.Press(k)
	}
	return last
}

func key(code rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: code} }

func TestAFormGivesWhatWasTypedAndChosen(t *testing.T) {
	f := deploy()
	press(f, key(tea.KeyRight), key(tea.KeyDown))
	press(f, text("12")...) // replaces the 2 that stood there
	press(f, key(tea.KeyDown), key(tea.KeySpace), key(tea.KeyDown))
	press(f, text("s3cret")...)
	if got := press(f, key(tea.KeyEnter)); got != form.Submitted {
		t.Fatalf("outcome %v", got)
	}
	want := map[string]string{"env": "live", "count": "12", "dry": "true", "token": "s3cret"}
	if diff := cmp.Diff(want, f.Values()); diff != "" {
		t.Error(diff)
	}
}

func TestAFormSaysWhatIsWrongAndGoesThere(t *testing.T) {
	f := deploy()
	press(f, key(tea.KeyTab))
	press(f, text("many")...)
	press(f, key(tea.KeyTab))
	if got := press(f, key(tea.KeyEnter)); got != form.Open {
		t.Fatalf("outcome %v", got)
	}
	view := ansi.Strip(strings.Join(f.View(70, 20, theme.Dark().Inks()), "\n"))
	if !strings.Contains(view, `count must be a whole number, not "many"`) || !strings.Contains(view, "▌ count*") {
		t.Error(view)
	}
	press(f, tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}, key(tea.KeyEnter))
	if view := ansi.Strip(strings.Join(f.View(70, 20, theme.Dark().Inks()), "\n")); !strings.Contains(view, "count is required") {
		t.Error(view)
	}
	if got := press(f, key(tea.KeyEscape)); got != form.Cancelled {
		t.Errorf("outcome %v", got)
	}
}

func TestAFormCompletesWhatIsTypedWithWhatThereIs(t *testing.T) {
	f := form.New("Run", "Run", []form.Field{{Name: "ref", Value: "fix", Suggest: []string{"fix", "main", "feature/main"}}, {Name: "n", Value: "1"}})
	f.Notes = []form.Note{{Text: "Deploy at fix"}, {Text: "nothing is pushed", Warn: true}}
	view := func() string { return ansi.Strip(strings.Join(f.View(60, 20, theme.Dark().Inks()), "\n")) }
	if v := view(); !strings.Contains(v, "→ main  feature/main") || !strings.Contains(v, "▲ nothing is pushed") {
		t.Error(v)
	}
	press(f, text("mai")...)
	if v := view(); !strings.Contains(v, "→ main  feature/main") {
		t.Error(v)
	}
	press(f, key(tea.KeyRight))
	if v, focused := f.Value("ref"); v != "main" || !focused {
		t.Errorf("%q %v", v, focused)
	}
	// Tab completes what was begun, and else goes on.
	press(f, tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
	press(f, text("ma")...)
	press(f, key(tea.KeyTab))
	if v, focused := f.Value("ref"); v != "main" || !focused {
		t.Errorf("tab: %q %v", v, focused)
	}
	press(f, key(tea.KeyTab))
	if _, focused := f.Value("n"); !focused {
		t.Error("the second tab does not go on")
	}
	press(f, key(tea.KeyUp))
	// Other fields take over what was typed, and nothing else.
	f.Replace([]form.Field{{Name: "other", Value: "o"}, {Name: "n", Value: "2"}, {Name: "ref", Value: "fix"}})
	if diff := cmp.Diff(map[string]string{"other": "o", "n": "2", "ref": "main"}, f.Values()); diff != "" {
		t.Error(diff)
	}
	if _, focused := f.Value("ref"); !focused {
		t.Error("the cursor is in another field")
	}
}
