package secret

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariablesCountForTheirOwnServerAlone(t *testing.T) {
	env := map[string]string{"TOKEN": "from-variable", "MINE": "from-option", "USER": "ada"}
	o := Options{Given: map[string]string{"token": "env:MINE", "name": "eve", "who": "env:USER"}, Getenv: func(n string) string { return env[n] }}
	at := func(o Options) map[string]string {
		found := map[string]string{}
		for _, name := range []string{"token", "password"} {
			v, err := o.Secret(t.Context(), name, "TOKEN")
			if err != nil {
				t.Fatal(err)
			}
			found[name] = v
		}
		for _, name := range []string{"name", "who", "else"} {
			v, err := o.Value(t.Context(), name, "USER")
			if err != nil {
				t.Fatal(err)
			}
			found[name] = v
		}
		return found
	}
	want := map[string]string{"token": "from-option", "password": "from-variable", "name": "eve", "who": "ada", "else": "ada"}
	if diff := cmp.Diff(want, at(o)); diff != "" {
		t.Error("for its own server", diff)
	}
	o.Foreign = true
	want["password"], want["else"] = "", ""
	if diff := cmp.Diff(want, at(o)); diff != "" {
		t.Error("for another server", diff)
	}
}

func TestASecretThatStandsInTheFileIsRefused(t *testing.T) {
	o := Options{Given: map[string]string{"token": "abc123"}, Getenv: func(string) string { return "" }}
	if v, err := o.Secret(t.Context(), "token", "TOKEN"); err == nil {
		t.Errorf("it is %q", v)
	}
}
