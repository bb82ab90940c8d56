package all

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// yards are integrations of a test: one that connects, and one that does not.
func yards() []integrations.Definition {
	return []integrations.Definition{
		{Name: "parser", Title: "A parser"},
		{
			Name: "yard", Title: "The yard",
			Options: []integrations.Option{
				{Name: "url", Required: true, Description: "where it is"},
				{Name: "token", Secret: true},
				{Name: "mode", Choices: []string{"fast", "slow"}},
			},
			Connections: func(_ context.Context, p integrations.Place) ([]integrations.Connection, error) {
				all := []integrations.Connection{{Name: "yard", Title: p.Dir}}
				for _, d := range p.Declared {
					all = append(all, integrations.Connection{Name: d.Name, Title: d.Options["url"], Wanted: true})
				}
				return all, errors.New("its profile can't be read")
			},
		},
	}
}

func load(t *testing.T, text string) *config.File {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sawhorse.yml"), []byte("version: 1\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatIsWrongWithAnIntegrationIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown":          {"integrations:\n  yrad: {url: x}\n", "sawhorse.yml:3:3: there is no integration \"yrad\" to connect to"},
		"unknown use":      {"integrations:\n  a: {use: yrad, url: x}\n", "sawhorse.yml:3:12: there is no integration \"yrad\" to connect to"},
		"does not connect": {"integrations:\n  parser:\n", "there is no integration \"parser\" to connect to"},
		"misspelled":       {"integrations:\n  yard: {url: x, tokn: y}\n", "sawhorse.yml:3:18: yard (The yard) has no option \"tokn\""},
		"missing":          {"integrations:\n  yard:\n", "sawhorse.yml:3:3: yard needs the option url"},
		"secret":           {"integrations:\n  yard: {url: x, token: abc}\n", "token of yard is a secret, which does not belong into a file"},
		"choice":           {"integrations:\n  yard: {url: x, mode: fats}\n", "did you mean \"fast\"?"},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(load(t, c.text), yards())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	if err := check(load(t, "integrations:\n  lab: {use: yard, url: x, token: 'env:T'}\n"), yards()); err != nil {
		t.Errorf("a right one: %v", err)
	}
}

func TestWhatIsDeclaredIsConnectedToBesideWhatIsFound(t *testing.T) {
	f := load(t, "integrations:\n  lab: {use: yard, url: there}\n")
	got, err := connections(t.Context(), f, integrations.Place{Dir: "/shop"}, yards())
	want := []tasks.Connection{{Name: "yard", Title: "/shop"}, {Name: "lab", Title: "there", Wanted: true, Later: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), "The yard: its profile can't be read") {
		t.Errorf("told %v", err)
	}
}

func TestConnectionsWithOneTitleAreToldApartByTheirNames(t *testing.T) {
	f := load(t, "integrations:\n  lab: {use: yard, url: there}\n  attic: {use: yard, url: there}\n")
	got, _ := connections(t.Context(), f, integrations.Place{Dir: "/shop"}, yards())
	var titles []string
	for _, c := range got {
		titles = append(titles, c.Title)
	}
	if diff := cmp.Diff([]string{"/shop", "lab (there)", "attic (there)"}, titles); diff != "" {
		t.Error(diff)
	}
}
