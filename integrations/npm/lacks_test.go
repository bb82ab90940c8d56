package npm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// tree makes files and directories, the latter with a slash at their end.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if name[len(name)-1] == '/' {
			if err := os.MkdirAll(file, 0o750); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatWasNeverInstalledIsNamedWithTheCommandThatInstallsIt(t *testing.T) {
	const shop = `{"dependencies": {"lodash": "4"}, "devDependencies": {"vitest": "4", "@types/node": "22"}}`
	nothing := "there is no node_modules for package.json"
	for name, c := range map[string]struct {
		files map[string]string
		unit  config.Unit
		want  integrations.Lack
	}{
		"npm without a lock file": {map[string]string{"package.json": shop}, config.Unit{Run: "npm run test"}, integrations.Lack{What: nothing, Fix: "npm install"}},
		"npm":                     {map[string]string{"package.json": shop, "package-lock.json": ""}, config.Unit{Run: "npm run test"}, integrations.Lack{What: nothing, Fix: "npm ci"}},
		"pnpm":                    {map[string]string{"package.json": shop, "pnpm-lock.yaml": ""}, config.Unit{Command: []string{"pnpm", "test"}}, integrations.Lack{What: nothing, Fix: "pnpm install"}},
		"yarn":                    {map[string]string{"package.json": shop, "yarn.lock": ""}, config.Unit{Run: "yarn test"}, integrations.Lack{What: nothing, Fix: "yarn install"}},
		"bun":                     {map[string]string{"package.json": shop, "bun.lock": ""}, config.Unit{Run: "bun test"}, integrations.Lack{What: nothing, Fix: "bun install"}},
		"yarn's own way":          {map[string]string{"package.json": shop, "yarn.lock": "", ".pnp.cjs": ""}, config.Unit{Run: "yarn test"}, integrations.Lack{}},
		"all of it is there": {
			map[string]string{"package.json": shop, "node_modules/lodash/": "", "node_modules/vitest/": "", "node_modules/@types/node/": ""},
			config.Unit{Run: "npm test"},
			integrations.Lack{},
		},
		"a package came with a pull": {
			map[string]string{"package.json": shop, "package-lock.json": "", "node_modules/lodash/": "", "node_modules/vitest/": ""},
			config.Unit{Run: "npm test"},
			integrations.Lack{What: "package.json depends on @types/node, which is not installed", Fix: "npm ci"},
		},
		"a package of a workspace": {
			map[string]string{"package.json": "{}", ".git/": "", "pnpm-lock.yaml": "", "packages/web/package.json": shop, "node_modules/lodash/": ""},
			config.Unit{Run: "pnpm run test", Dir: "packages/web"},
			integrations.Lack{What: "packages/web/package.json depends on vitest, @types/node, which is not installed", Fix: "pnpm install"},
		},
		"a package of a workspace that has no lock file": {
			map[string]string{"package.json": `{"workspaces": ["packages/*"], "packageManager": "pnpm@9"}`, "packages/web/package.json": shop},
			config.Unit{Run: "pnpm run test", Dir: "packages/web"},
			integrations.Lack{What: "there is no node_modules for packages/web/package.json", Fix: "pnpm install"},
		},
		"a directory whose name is no word of a shell": {
			map[string]string{"$(x) y/package.json": shop},
			config.Unit{Run: "npm run test", Dir: "$(x) y"},
			integrations.Lack{What: "there is no node_modules for $(x) y/package.json", Fix: "(cd '$(x) y' && npm install)"},
		},
		"a directory below": {
			map[string]string{"web/package.json": shop, "web/package-lock.json": ""},
			config.Unit{Run: "npm --prefix web run build"},
			integrations.Lack{What: "there is no node_modules for web/package.json", Fix: "(cd web && npm ci)"},
		},
		"another tool's task":   {map[string]string{"package.json": shop}, config.Unit{Run: "go test ./..."}, integrations.Lack{}},
		"it depends on nothing": {map[string]string{"package.json": "{}"}, config.Unit{Run: "node --test"}, integrations.Lack{}},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, c.files)
			if c.unit.Dir != "" {
				c.unit.Dir = filepath.Join(root, c.unit.Dir)
			}
			got, ok := lacks(root, c.unit, "")
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != integrations.Lack{}) {
				t.Errorf("%v %s", ok, diff)
			}
		})
	}
}
