package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAVersionIsComparedAsItsFileMeansIt(t *testing.T) {
	for _, c := range []struct {
		have, want string
		ok, told   bool
	}{
		{"1.26.1", ">=1.26", true, true},
		{"1.25.9", ">=1.26", false, true},
		{"20.11.0", "20", true, true},
		{"18.1.0", "20", false, true},
		{"20.11.0", "^20.1", true, true},
		{"21.0.0", "^20.1", false, true},
		{"20.11.0", "20.x", true, true},
		{"3.12.1", ">=3.10,<4", true, true},
		{"20.1.0", "v20.1.0", true, true},
		{"20.1.0", "lts/*", false, false},
		{"", "20", false, false},
		{"20.1.0", "<21", false, true},
	} {
		ok, told := satisfies(c.have, c.want)
		if c.want == "<21" { // a bound from above alone is not told
			if told && ok {
				t.Errorf("%s for %s: %v", c.have, c.want, ok)
			}
			continue
		}
		if ok != c.ok || told != c.told {
			t.Errorf("%s for %s: %v, told %v", c.have, c.want, ok, told)
		}
	}
}

func TestAMissingProgramComesWithTheCommandThatInstallsIt(t *testing.T) {
	has := func(programs ...string) func(string) bool {
		return func(p string) bool { return slices.Contains(programs, p) }
	}
	for _, c := range []struct {
		program, system string
		has             func(string) bool
		want            string
	}{
		{"just", "darwin", has(), "brew install just"},
		{"redis-server", "linux", has("apt-get"), "sudo apt-get install redis-server"},
		{"redis-server", "linux", has("dnf"), "sudo dnf install redis"},
		{"pnpm", "linux", has("apt-get"), "corepack enable pnpm"},
		{"mise", "linux", has("brew"), "brew install mise"},
		{"mise", "linux", has(), "install mise, or mend PATH"},
	} {
		if got := installLine(programs()[c.program], c.program, c.system, c.has); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.program, c.system, got, c.want)
		}
	}
}

func TestTheFilesOfAWorkspaceSayWhichVersionsItWants(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module x\n\ngo 1.26.0\n", ".nvmrc": "v20\n", ".tool-versions": "nodejs 18\nruby 3.3.0\n",
		"package.json":   `{"engines": {"node": ">=18", "npm": "^10"}, "packageManager": "pnpm@9.1.0+sha512.abc"}`,
		"pyproject.toml": "[project]\nrequires-python = \">=3.10\"\n", "Cargo.toml": "[package]\nrust-version = \"1.80\"\n",
		"mise.toml": "[tools]\njava = \"21\"\nnode = \"latest\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]wish{
		"go": {"1.26.0", "go.mod", true}, "node": {"v20", ".nvmrc", false}, "ruby": {"3.3.0", ".tool-versions", false},
		"npm": {"^10", "package.json", false}, "pnpm": {"9.1.0", "package.json", false}, "python": {">=3.10", "pyproject.toml", false},
		"rust": {"1.80", "Cargo.toml", true}, "java": {"21", "mise.toml", false},
	}
	if diff := cmp.Diff(want, wishes(dir), cmp.AllowUnexported(wish{})); diff != "" {
		t.Error(diff)
	}
}

func TestATaskThatFailedNamesWhatIsNotInstalledAndTheCommandThatInstallsIt(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"devDependencies": {"vitest": "4"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		run  string
		exit int
		want string
	}{
		{"npm test", 1, "run `npm install`: there is no node_modules for package.json"},
		{"bun --version", 127, "run `npm install`: there is no node_modules for package.json"},
		{"cargo test", 1, ""}, // a test that failed
		{"./cargo test", 127, ""},
		{"shop test", 127, ""},
		{"cargo test | tee out", 127, "run `" + howToInstall("cargo") + "`: cargo is not installed"},
	} {
		if got := lacking(dir, config.Unit{Run: c.run}, dir, c.exit); got != c.want {
			t.Errorf("%s: %q, want %q", c.run, got, c.want)
		}
	}
}

func TestDoctorAsksPythonForTheModulesThatItIsToRun(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte("#!/bin/sh\n[ \"$3\" = pytest ] && exit 3\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	pos := config.Position{File: "sawhorse.yml", Line: 3}
	f := &config.File{Units: []config.Unit{
		{Name: "test", Run: "python3 -m pytest -v", Pos: pos}, {Name: "lint", Run: "python3 -m ruff check ."}, {Name: "serve", Run: "python3 -m http.server"},
	}}
	want := []finding{{
		What: "install", Text: "pytest is not installed for " + filepath.Join(bin, "python3") + ", and test needs it (sawhorse.yml:3)",
		Hint: "python3 -m venv .venv && .venv/bin/pip install pytest",
	}}
	if diff := cmp.Diff(want, examineInstalled(t.Context(), t.TempDir(), f)); diff != "" {
		t.Error(diff)
	}
}
