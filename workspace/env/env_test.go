package env_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

func TestEachNameIsGivenOnce(t *testing.T) {
	name := rapid.SampledFrom([]string{"A", "B", "C", "D"})
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SliceOf(rapid.Map(name, func(n string) string { return n + "=base" })).Draw(t, "base")
		layers := rapid.SliceOf(rapid.MapOf(name, rapid.StringN(0, 3, -1))).Draw(t, "layers")
		got := env.Build(base, layers...)
		if !slices.IsSorted(got) {
			t.Fatalf("not sorted: %q", got)
		}
		seen := map[string]bool{}
		for _, line := range got {
			n, v, _ := strings.Cut(line, "=")
			if seen[n] {
				t.Fatalf("%s twice in %q", n, got)
			}
			seen[n] = true
			want := "base"
			for _, layer := range layers {
				if lv, ok := layer[n]; ok {
					want = lv
				}
			}
			if v != want {
				t.Fatalf("%s is %q, want %q", n, v, want)
			}
		}
	})
}

func TestWhatIsNoVariableIsLeftOut(t *testing.T) {
	got := env.Build([]string{"HOME=/h=x", "bare", ""}, map[string]string{"A": ""})
	if diff := cmp.Diff([]string{"A=", "HOME=/h=x"}, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestChangedPathsNeverGrowPastWhatASystemTakes(t *testing.T) {
	if got := env.Changed([]string{"a.go", "b c.go"}); got != "a.go\nb c.go" {
		t.Errorf("Changed = %q", got)
	}
	many := slices.Repeat([]string{"some/long/path/to/a/file.go"}, 100_000)
	got := env.Changed(many)
	if len(got) > 40<<10 || !strings.HasSuffix(got, "file.go\n...") {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-20:])
	}
}

func TestTheLastDotenvFileWinsAndAMissingOneIsNamed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b := write("a.env", "X=1\nY='two words'\n"), write("b.env", "# comment\nexport X=2\n")
	got, err := env.ReadFiles(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"X": "2", "Y": "two words"}, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if _, err := env.ReadFiles(a, filepath.Join(dir, "none.env")); err == nil || !strings.Contains(err.Error(), "none.env") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestSecretsAreHiddenByNameAndByValue(t *testing.T) {
	for name, secret := range map[string]bool{
		"GITHUB_TOKEN": true, "AWS_SECRET_ACCESS_KEY": true, "DB_PASSWORD": true, "apikey": true, "KEY": true, "SSH_AUTH": true, "SENTRY_DSN": true,
		"MONKEY": false, "PATH": false, "PWD": false, "KEYBOARD": false, "AUTHOR": false, "PASSED": false, "SAWHORSE_TOKEN": false,
	} {
		if got := env.SecretName(name); got != secret {
			t.Errorf("SecretName(%q) = %t", name, got)
		}
	}
	r := env.NewRedactor("hunter2", "hunter2-and-more", "1", "param-value")
	for text, want := range map[string]string{
		"login hunter2 ok":                "login •••••• ok",
		"login hunter2-and-more":          "login ••••••",
		"param-value,1 shown":             "••••••,1 shown",
		"dial postgres://u:pw@db:5432/x":  "dial postgres://u:••••••@db:5432/x",
		"see http://127.0.0.1:8080/a@b":   "see http://127.0.0.1:8080/a@b",
		"redis://:pw@cache and http://h/": "redis://:••••••@cache and http://h/",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
	if got := r.Mask("TINY_KEY", "1"); got != env.Masked {
		t.Errorf("a short secret is shown by its name: %q", got)
	}
	if got := r.Mask("PLAIN", "it is hunter2"); got != "it is ••••••" {
		t.Errorf("a secret inside of another variable: %q", got)
	}
	if got := (env.Redactor{}).Mask("EMPTY_TOKEN", ""); got != "" {
		t.Errorf("an empty value is not a secret: %q", got)
	}
}

func TestNoSecretIsLeftInText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching(`[a-c]{4,8}`), 1, 4).Draw(t, "secrets")
		parts := rapid.SliceOf(rapid.SampledFrom(append(secrets, " ", "x", "ab"))).Draw(t, "text")
		out := env.NewRedactor(secrets...).Text(strings.Join(parts, " "))
		for _, s := range secrets {
			if strings.Contains(out, s) {
				t.Fatalf("%q is left in %q", s, out)
			}
		}
	})
}
