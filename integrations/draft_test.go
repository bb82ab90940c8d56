package integrations

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestADraftSaysWhereItsPartsCameFrom(t *testing.T) {
	got := Draft("shop", []Evidence{
		{By: "gotest", Where: "go.mod", What: "Go module example.com/shop", Units: []config.Unit{
			{Name: "test", Kind: config.Task, Run: "go test ./...", Description: "all tests, on save", Watch: &config.Watch{Paths: []string{"**/*.go"}}},
			{Name: "vet", Kind: config.Task, Run: "go vet ./..."},
		}},
		{By: "npm", Where: "package.json", What: "3 scripts, run by pnpm: pnpm-lock.yaml", Units: []config.Unit{
			{Name: "dev", Kind: config.Service, Run: "pnpm run dev"},
			{Name: "test", Kind: config.Task, Run: "pnpm run test"},
			{Name: "say: hello", Kind: config.Task, Command: []string{"pnpm", "run", "say: hello"}},
		}, Left: []string{`the script "prepare": the package manager runs it by itself`}},
		{By: "procfile", Where: "Procfile", What: "1 process", Units: []config.Unit{
			{Name: "web", Kind: config.Service, Autostart: true, Run: "serve -p $PORT", Ports: []config.Port{{Name: "http"}}},
		}},
	})
	want := `# All keys: sawhorse schema, and docs/config.md. Check it: sawhorse validate
version: 1
name: shop

services:
  # from package.json (3 scripts, run by pnpm: pnpm-lock.yaml)
  dev:
    run: pnpm run dev
    autostart: false
  # from Procfile (1 process)
  web:
    run: "serve -p $PORT"
    ports: {"http": auto}

tasks:
  # from go.mod (Go module example.com/shop)
  test:
    description: "all tests, on save"
    run: go test ./...
    watch: ["**/*.go"]
  vet: go vet ./...
  # from package.json (3 scripts, run by pnpm: pnpm-lock.yaml)
  npm-test: pnpm run test
  say-hello:
    command: ["pnpm", "run", "say: hello"]

# Left out:
#   package.json: the script "prepare": the package manager runs it by itself
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrittenDownKeepsItsNameBesideWhatAToolAlwaysOffers(t *testing.T) {
	pieces, _ := Pieces([]Evidence{
		{By: "gotest", Usual: "go", Where: "go.mod", Units: []config.Unit{
			{Name: "run", Kind: config.Service, Run: "go run ."},
			{Name: "test", Kind: config.Task, Run: "go test ./..."},
			{Name: "vet", Kind: config.Task, Run: "go vet ./..."},
		}},
		{By: "makefile", Where: "Makefile", Units: []config.Unit{
			{Name: "test", Kind: config.Task, Run: "make test"},
			{Name: "run", Kind: config.Task, Run: "make run"},
		}},
		{By: "gotask", Where: "Taskfile.yml", Units: []config.Unit{{Name: "test", Kind: config.Task, Run: "task test"}}},
	})
	var names []string
	for _, p := range pieces {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"go-run", "go-test", "vet", "test", "run", "gotask-test"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestADraftOfNothingCanBeRead(t *testing.T) {
	f, err := config.LoadBytes("sawhorse.yml", []byte(Draft("shop", nil)))
	if err != nil || len(f.Units) != 1 || f.Name != "shop" {
		t.Fatalf("%+v, %v", f, err)
	}
}

// nasty is text as no person would write it, and some repositories have it.
func nasty() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[ -~]{0,40}`),
		rapid.SampledFrom([]string{
			"", " ", "null", "true", "on", "~", "1", "0x1", "1e3", ".5", "- a", "? a", "a: b", "a #b", "#", "&a", "*a", "!t", "%", "@x", "`x`",
			"${{ ports.http }}", "$${{", "${{", "${{ x", "a\nb", "a\r\nb", "\x00", "\ufeff", "\u2028", "\u0085", "\x1b[31m", "\xff\xfe", "🛠 e\u0301",
			"---", "...", "{}", "[]", "'", `"`, `\`, "a\tb", "|", ">", "test", "../..", "$(rm -rf x)", "<<", "=",
		}),
	)
}

func TestADraftCanBeReadWhateverWasFound(t *testing.T) {
	unit := rapid.Custom(func(t *rapid.T) config.Unit {
		u := config.Unit{
			Name: nasty().Draw(t, "name"), Kind: rapid.SampledFrom([]config.Kind{config.Service, config.Task}).Draw(t, "kind"),
			Description: nasty().Draw(t, "description"), Autostart: rapid.Bool().Draw(t, "autostart"),
		}
		if rapid.Bool().Draw(t, "line") {
			u.Run = nasty().Draw(t, "run")
		} else {
			u.Command = rapid.SliceOfN(nasty(), 0, 3).Draw(t, "command")
		}
		if rapid.Bool().Draw(t, "watches") {
			u.Watch = &config.Watch{Paths: rapid.SliceOfN(nasty(), 0, 3).Draw(t, "paths")}
		}
		if rapid.Bool().Draw(t, "port") && u.Kind == config.Service {
			u.Ports = []config.Port{{Name: nasty().Draw(t, "port name")}}
		}
		if rapid.Bool().Draw(t, "env") {
			u.Env = map[string]string{nasty().Draw(t, "variable"): nasty().Draw(t, "value")}
		}
		return u
	})
	evidence := rapid.Custom(func(t *rapid.T) Evidence {
		return Evidence{
			By: nasty().Draw(t, "by"), Where: nasty().Draw(t, "where"), What: nasty().Draw(t, "what"),
			Units: rapid.SliceOfN(unit, 0, 4).Draw(t, "units"), Left: rapid.SliceOfN(nasty(), 0, 2).Draw(t, "left"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := Draft(nasty().Draw(t, "workspace"), rapid.SliceOfN(evidence, 0, 3).Draw(t, "found"))
		if _, err := config.LoadBytes("sawhorse.yml", []byte(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

func TestAScriptStandsAsItIs(t *testing.T) {
	for run, want := range map[string]string{
		"set -e\nif true; then\n  echo \"a: b\" # c\nfi\n": "|\n      set -e\n      if true; then\n        echo \"a: b\" # c\n      fi\n",
		"a\n\nb":   "|-\n      a\n\n      b\n",
		"  a\nb":   `"  a\nb"` + "\n",
		"one line": "one line\n",
	} {
		text := Draft("x", []Evidence{{Units: []config.Unit{{Name: "a", Kind: config.Task, Run: run, Dir: "x"}}}})
		if !strings.Contains(text, "    run: "+want) {
			t.Errorf("%q is written\n%s", run, text)
		}
		f, err := config.LoadBytes("sawhorse.yml", []byte(text))
		if err != nil || f.Units[0].Run != run {
			t.Errorf("%q is read back as %q, %v", run, f.Units[0].Run, err)
		}
	}
}

func TestALineIsTheSameWhenItIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := rapid.StringMatching(`([ -~]{0,30}\n){0,3}[ -~]{0,30}[a-z$"'\\{}#:]`).Draw(t, "run")
		text := Draft("x", []Evidence{{Units: []config.Unit{{Name: "a", Kind: config.Task, Run: run}}}})
		f, err := config.LoadBytes("sawhorse.yml", []byte(text))
		if err != nil || len(f.Units) != 1 {
			t.Fatalf("%v\n%s", err, text)
		}
		// A line is expanded before it is run.
		got, err := config.Expand(f.Units[0].Run, func(string) (string, bool) { return "", false })
		if err != nil || strings.TrimSpace(got) != strings.TrimSpace(run) {
			t.Fatalf("%q became %q, %v", run, got, err)
		}
	})
}
