package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestWhatOneInstallMendsIsOneRow(t *testing.T) {
	root := t.TempDir()
	f := &config.File{Dir: root}
	for _, name := range []string{"web", "api", "kit"} {
		dir := filepath.Join(root, "packages", name)
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"dependencies": {"no-such-package-x": "1"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Units = append(f.Units, config.Unit{Name: name + "-build", Run: "pnpm run build", Dir: dir, Pos: config.Position{File: "package.json", Line: 2}})
	}
	for _, name := range []string{"pnpm-lock.yaml", ".git"} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []finding{{
		What: "install", Text: "there is no node_modules for packages/web/package.json, and web-build needs it (package.json:2); the same brings what 2 more need",
		Hint: "pnpm install",
	}}
	if diff := cmp.Diff(want, examineInstalled(t.Context(), root, f)); diff != "" {
		t.Error(diff)
	}
}
