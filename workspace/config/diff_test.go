package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestOnlyWhatWouldRunDifferentlyIsChanged(t *testing.T) {
	const base = "version: 1\nservices:\n  api: {run: go run ., ports: {http: 80}}\n  web: {run: 'x ${{ ports.api.http }}'}\ntasks:\n  test: {run: go test, params: {p: 1}}\n"
	type result struct{ Changed, Added, Removed []string }
	for name, tc := range map[string]struct {
		text string
		want result
	}{
		"nothing":          {base, result{}},
		"moved":            {strings.Replace(base, "services:", "# a comment\n\nservices:", 1), result{}},
		"description":      {strings.Replace(base, "go run .,", "go run ., description: d, groups: [g], hidden: true, autostart: false,", 1), result{}},
		"when, not what":   {strings.Replace(base, "go test,", "go test, watch: a, schedule: 5m, on_busy: queue, depends_on: [api],", 1), result{}},
		"run":              {strings.Replace(base, "go test", "go vet", 1), result{Changed: []string{"test"}}},
		"argv":             {strings.Replace(base, "run: go test", "command: [go test]", 1), result{Changed: []string{"test"}}},
		"directory":        {strings.Replace(base, "go test,", "go test, dir: sub,", 1), result{Changed: []string{"test"}}},
		"order":            {"version: 1\ntasks:\n  test: {run: go test, params: {p: 1}}\nservices:\n  web: {run: 'x ${{ ports.api.http }}'}\n  api: {run: go run ., ports: {http: 80}}\n", result{}},
		"env_file":         {strings.Replace(base, "go test,", "go test, env_file: .env,", 1), result{Changed: []string{"test"}}},
		"environment":      {strings.Replace(base, "go test,", "go test, env: {A: 1},", 1), result{Changed: []string{"test"}}},
		"stop":             {strings.Replace(base, "go run .,", "go run ., stop: {signal: INT},", 1), result{Changed: []string{"api"}}},
		"probe":            {strings.Replace(base, "go run .,", "go run ., ready: {tcp: 80},", 1), result{Changed: []string{"api"}}},
		"workspace env":    {base + "env: {A: 1}\n", result{Changed: []string{"api", "web", "test"}}},
		"shell":            {base + "shell: bash\n", result{Changed: []string{"api", "web", "test"}}},
		"port of another":  {strings.Replace(base, "http: 80", "http: 81", 1), result{Changed: []string{"api", "web"}}},
		"added, removed":   {strings.Replace(base, "test:", "vet:", 1), result{Added: []string{"vet"}, Removed: []string{"test"}}},
		"a task becomes a": {"version: 1\nservices:\n  api: {run: go run ., ports: {http: 80}}\n  web: {run: 'x ${{ ports.api.http }}'}\n  test: go test\n", result{Changed: []string{"test"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got result
			got.Changed, got.Added, got.Removed = config.Diff(load(t, base), load(t, tc.text))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReferencesAreReplacedAndNothingElse(t *testing.T) {
	lookup := func(ref string) (string, bool) {
		v, ok := map[string]string{"ports.http": "8080", "ports.a.b.pg": "5432", "params.x-y": "${{ ports.http }}"}[ref]
		return v, ok
	}
	for text, want := range map[string]string{
		"":                                   "",
		"plain $HOME ${HOME} $(ls) {{.Go}}":  "plain $HOME ${HOME} $(ls) {{.Go}}",
		"a ${{ ports.http }}${{ports.http}}": "a 80808080",
		"${{ ports.a.b.pg }}":                "5432",
		"once: ${{ params.x-y }}":            "once: ${{ ports.http }}",
		"$${{ ports.http }}":                 "${{ ports.http }}",
		"$$ $${{ a ${{ ports.http }}":        "$$ ${{ a 8080",
	} {
		got, err := config.Expand(text, lookup)
		if err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"${{ ports.none }}", "${{ ports.http", "${{ }}", "${{ a b }}", "${{ports}}"} {
		if got, err := config.Expand(text, lookup); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("Expand(%q) = %q, %v", text, got, err)
		}
	}
}

func TestTextWithoutReferencesIsLeftAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(rapid.String().Draw(t, "text"), "${{", "")
		got, err := config.Expand(text, func(string) (string, bool) { return "", false })
		if err != nil || got != text {
			t.Fatalf("Expand(%q) = %q, %v", text, got, err)
		}
	})
}

func TestAParameterSaysWhyAValueIsRefused(t *testing.T) {
	p := config.Param{Name: "n", Type: config.ParamInt, Choices: []string{"1", "2"}}
	if err := p.Check("2"); err != nil {
		t.Error(err)
	}
	if err := errors.Join(p.Check("x"), p.Check("3")); err == nil || err.Error() != "parameter n: \"x\" is not of type int\nparameter n: \"3\" is not one of 1, 2" {
		t.Errorf("refused with %v", err)
	}
}
