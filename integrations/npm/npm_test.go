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

func TestScriptsBecomeTasksInTheirOrder(t *testing.T) {
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
		Where: "package.json", What: "6 scripts, run by pnpm: pnpm-lock.yaml",
		Units: []config.Unit{
			{Name: "dev", Kind: config.Service, Run: "pnpm run dev", Description: "vite"},
			{Name: "test", Kind: config.Task, Run: "pnpm run test", Description: "vitest run"},
			{Name: "build:all", Kind: config.Task, Run: "pnpm run build:all", Description: "vite build"},
			{Name: "say hello", Kind: config.Task, Command: []string{"pnpm", "run", "say hello"}, Description: "echo hello"},
		},
		Left: []string{
			`the script "pretest": it runs with "test"`,
			`the script "prepare": the package manager runs it by itself`,
			"the scripts of its workspaces: each has a package.json of its own",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
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
