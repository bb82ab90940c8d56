package npm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// found is what is detected beside a package.json.
func found(t *testing.T, manifest string, beside ...string) (integrations.Evidence, error) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(beside, "package.json") {
		text := ""
		if name == "package.json" {
			text = manifest
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if len(all) == 0 {
		return integrations.Evidence{}, err
	}
	return all[0], err
}

func TestWhatPeoplePressFirstStandsFirst(t *testing.T) {
	got, err := found(t, `{"scripts": {
  "analyze": "x", "build": "x", "build:css": "x", "clean": "x", "dev": "x", "start": "x", "lint": "x", "release": "x", "test": "x", "typecheck": "x"
}}`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range got.Units {
		names = append(names, u.Name)
	}
	want := []string{"dev", "start", "test", "build", "lint", "typecheck", "analyze", "build:css", "clean", "release"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestOtherScriptsBecomeTasksInTheirOrder(t *testing.T) {
	got, err := found(t, `{
  "scripts": {
    "dev": "vite",
    "test": "vitest run",
    "pretest": "tsc",
    "prepare": "husky",
    "build:all": "vite build",
    "say hello": "echo hello",
    "broken": 3
  },
  "workspaces": ["packages/*"]
}`, "pnpm-lock.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := integrations.Evidence{
		Where: "package.json", What: "7 scripts, run by pnpm: pnpm-lock.yaml",
		Units: []config.Unit{
			{Name: "dev", Kind: config.Service, Run: "pnpm run dev", Description: "vite", Pos: at(3)},
			{Name: "test", Kind: config.Task, Run: "pnpm run test --reporter=verbose", Description: "vitest run, on save", Watch: onSave(""), Pos: at(4)},
			{Name: "build:all", Kind: config.Task, Run: "pnpm run build:all", Description: "vite build", Pos: at(7)},
			{Name: "say hello", Kind: config.Task, Command: []string{"pnpm", "run", "say hello"}, Description: "echo hello", Pos: at(8)},
		},
		Left: []string{
			`the script "pretest": it runs with "test"`,
			`the script "prepare": the package manager runs it by itself`,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// at is a line of the package.json.
func at(line int) config.Position { return config.Position{File: "package.json", Line: line} }

// onSave is what a script of tests watches.
func onSave(dir string) *config.Watch {
	return &config.Watch{Paths: []string{dir + "**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts,vue,svelte,json,snap}"}, Ignore: []string{dir + "coverage/**"}}
}

func TestAScriptThatRunsTestsRunsThemOnSaveAndNamesThem(t *testing.T) {
	type run struct {
		Run   string
		Saves bool
	}
	for line, want := range map[string]run{
		"vitest":                              {"npm run test -- --reporter=verbose", true},
		"cross-env TZ=UTC vitest run src":     {"npm run test -- --reporter=verbose", true},
		"TZ=UTC npx vitest run":               {"npm run test -- --reporter=verbose", true},
		"vitest run --reporter=dot":           {"npm run test", true},
		"jest --ci":                           {"npm run test -- --verbose", true},
		"jest --silent":                       {"npm run test", true},
		"mocha":                               {"npm run test", true},
		"node --test":                         {"npm run test", true},
		"eslint . && vitest run":              {"npm run test", true},
		"vitest --ui":                         {"npm run test", false},
		"jest --watch":                        {"npm run test", false},
		"playwright test":                     {"npm run test", false},
		"eslint .":                            {"npm run test", false},
		"echo vitest":                         {"npm run test", false},
		"docker compose run web npm run jest": {"npm run test", false},
	} {
		got, err := found(t, `{"scripts": {"test": "`+line+`"}}`)
		if err != nil {
			t.Fatal(err)
		}
		u := got.Units[0]
		if diff := cmp.Diff(want, run{u.Run, u.Watch != nil}); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

func TestOnlyTheScriptOfThatNameRunsOnSave(t *testing.T) {
	got, err := found(t, `{"scripts": {"test": "vitest", "test:ci": "vitest run --coverage"}}`, "yarn.lock")
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Unit{
		{Name: "test", Kind: config.Task, Run: "yarn run test --reporter=verbose", Description: "vitest, on save", Watch: onSave(""), Pos: at(1)},
		{Name: "test:ci", Kind: config.Task, Run: "yarn run test:ci --reporter=verbose", Description: "vitest run --coverage", Pos: at(1)},
	}
	if diff := cmp.Diff(want, got.Units); diff != "" {
		t.Error(diff)
	}
}

func TestAConfigurationThatChoosesReportersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"package.json":                  `{"workspaces": ["packages/*"], "scripts": {"test": "vitest"}}`,
		"vitest.config.ts":              "export default {test: {reporters: ['default', 'junit']}}",
		"packages/web/package.json":     `{"scripts": {"test": "vitest"}}`,
		"packages/web/vitest.config.ts": "export default {}",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []config.Unit
	for _, ev := range all {
		got = append(got, ev.Units...)
	}
	want := []config.Unit{
		{Name: "test", Kind: config.Task, Run: "npm run test", Description: "vitest, on save", Watch: onSave(""), Pos: at(1)},
		{
			Name: "web-test", Kind: config.Task, Run: "npm run test -- --reporter=verbose", Description: "vitest, on save", Watch: onSave("packages/web/"),
			Dir: "packages/web", Pos: config.Position{File: "packages/web/package.json", Line: 1},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatStaysUpIsOfferedAsAService(t *testing.T) {
	for name, want := range map[string]bool{
		"dev": true, "start": true, "dev:web": true, "serve": true, "storybook": true, "test:watch": true,
		"test": false, "build": false, "build:dev": false, "devtools": false, "restart": false,
	} {
		if staysUp(name) != want {
			t.Errorf("%s stays up: want %v", name, want)
		}
	}
}

func TestThePackagesOfAWorkspaceAreFound(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"npm":    {"package.json": `{"workspaces": ["packages/*", "!packages/old", "tools/cli"]}`},
		"yarn":   {"package.json": `{"workspaces": {"packages": ["packages/*", "!packages/old", "./tools/cli/"]}}`, "yarn.lock": ""},
		"pnpm":   {"package.json": `{}`, "pnpm-workspace.yaml": "packages:\n  - 'packages/**'\n  - '!packages/old'\n  - tools/*\n"},
		"nested": {"package.json": `{"workspaces": ["**"]}`},
	} {
		dir := t.TempDir()
		for _, p := range []string{"packages/web", "packages/old", "packages/web/node_modules/x", "tools/cli"} {
			files[p+"/package.json"] = `{"name": "` + p + `", "scripts": {"dev": "vite"}}`
		}
		files["packages/empty/README"] = ""
		for name, text := range files {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		all, err := detect(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ev := range all {
			for _, u := range ev.Units {
				got = append(got, u.Dir+" "+u.Name+" "+u.Pos.String())
			}
		}
		want := []string{"packages/web web-dev packages/web/package.json:1", "tools/cli cli-dev tools/cli/package.json:1"}
		if name == "nested" {
			want = append([]string{"packages/old old-dev packages/old/package.json:1"}, want...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTheManagerIsByLockFileThenByWish(t *testing.T) {
	for _, c := range []struct {
		manifest, lock, want string
	}{
		{`{"scripts":{"a":"b"}}`, "", "npm run a"},
		{`{"scripts":{"a":"b"}}`, "package-lock.json", "npm run a"},
		{`{"scripts":{"a":"b"}}`, "yarn.lock", "yarn run a"},
		{`{"scripts":{"a":"b"}}`, "bun.lockb", "bun run a"},
		{`{"scripts":{"a":"b"},"packageManager":"pnpm@9.1.0"}`, "", "pnpm run a"},
		{`{"scripts":{"a":"b"},"packageManager":"pnpm@9.1.0"}`, "yarn.lock", "yarn run a"},
		{`{"scripts":{"a":"b"},"packageManager":"rm -rf"}`, "", "npm run a"},
		{`{"scripts":{"a":"b"},"devEngines":{"packageManager":{"name":"bun"}}}`, "", "bun run a"},
		{`{"scripts":{"a":"b"},"devEngines":{"packageManager":[{"name":"bun"}]}}`, "", "npm run a"},
	} {
		var beside []string
		if c.lock != "" {
			beside = append(beside, c.lock)
		}
		got, err := found(t, c.manifest, beside...)
		if err != nil || len(got.Units) != 1 || got.Units[0].Run != c.want {
			t.Errorf("%s %s: %+v, %v", c.manifest, c.lock, got.Units, err)
		}
	}
}

func TestAManifestThatCantBeReadIsAnError(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"scripts": {"a"`} {
		if _, err := found(t, text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
