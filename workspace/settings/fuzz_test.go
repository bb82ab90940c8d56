package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/workspace/settings"
)

// FuzzLoadBytes holds that whatever the file says, the screen gets settings that
// it can start with.
func FuzzLoadBytes(f *testing.F) {
	for _, text := range []string{
		whole, "theme: mine\nthemes: {mine: {colors: {failed: '#000000'}}}", "keys: [a]", "detach_key: ctrl+", "notifications: {after: -1, when: 1}",
		"themes: {light: {}}", "keys: {quit: [[q]]}", "theme: &a auto\neditor: *a", "\x00", "quit: ~",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, _ := settings.LoadBytes("config.yml", []byte(text), known())
		themes := append(known().Themes, settings.Auto)
		for _, own := range s.Themes {
			if !slices.Contains(known().Themes, own.Base) {
				t.Errorf("theme %s is based on %q", own.Name, own.Base)
			}
			themes = append(themes, own.Name)
		}
		if !slices.Contains(themes, s.Theme) {
			t.Errorf("theme %q", s.Theme)
		}
		if len(s.DetachKey) != len("ctrl+x") || !strings.HasPrefix(s.DetachKey, "ctrl+") {
			t.Errorf("detach key %q", s.DetachKey)
		}
		if s.Notifications.After < 0 || s.Notifications.When == "" || s.Notifications.How == "" || s.Quit == "" {
			t.Errorf("%+v", s)
		}
		for id := range s.Keys {
			if !slices.Contains(known().Actions, id) {
				t.Errorf("keys of %q", id)
			}
		}
	})
}
