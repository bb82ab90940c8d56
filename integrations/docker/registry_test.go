package docker

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/registry"
)

func TestALoginIsFoundUnderEveryNameOfItsRegistry(t *testing.T) {
	dir := t.TempDir()
	const text = `{"auths":{
		"https://index.docker.io/v1/": {"auth": "YWRhOnNlY3JldA=="},
		"ghcr.io": {"identitytoken": "abc"},
		"empty.example.com": {}
	}, "credHelpers": {"eu.gcr.io": "cloud"}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\ncat >/dev/null\necho '{\"Username\":\"<token>\",\"Secret\":\"xyz\"}'\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-cloud"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	l, err := finder{getenv: func(string) string { return dir }}.logins()
	if err != nil {
		t.Fatal(err)
	}
	ada := &registry.AuthConfig{Username: "ada", Password: "secret", ServerAddress: hub}
	for image, want := range map[string]*registry.AuthConfig{
		"postgres:17":             ada,
		"team/app":                ada,
		"docker.io/team/app":      ada,
		"ghcr.io/team/app":        {IdentityToken: "abc", ServerAddress: "ghcr.io"},
		"eu.gcr.io/team/app":      {IdentityToken: "xyz", ServerAddress: "eu.gcr.io"},
		"empty.example.com/x":     nil,
		"localhost/x":             nil,
		"registry.example.com/x":  nil,
		"registry.example.com:5/": nil,
	} {
		got, err := l.of(t.Context(), registryOf(image))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got), %v:\n%s", image, err, diff)
		}
	}
	if got, err := l.of(t.Context(), "registry-1.docker.io"); err != nil || cmp.Diff(ada, got) != "" { // as BuildKit calls it
		t.Errorf("%+v, %v", got, err)
	}
}
