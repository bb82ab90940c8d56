package pytest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

type manifest struct {
	Project struct {
		Name    string            `toml:"name"`
		Scripts map[string]string `toml:"scripts"`
	} `toml:"project"`
	Tool map[string]any `toml:"tool"`
}

// detect offers the tests of a Python repository, each named by -v as it ends, and
// the checks that it has settings for.
func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, isProject, err := declared.Read(dir, "pyproject.toml")
	var m manifest
	if isProject {
		if bad := toml.Unmarshal(text, &m); bad != nil {
			err = fmt.Errorf("read pyproject.toml: %w", bad)
		}
	}
	run := runner(dir, m)
	var found []integrations.Evidence
	if where, what := tests(dir, m); where != "" {
		found = append(found, integrations.Evidence{Where: where, Usual: "python", What: what, Units: []config.Unit{{
			Name: "test", Kind: config.Task, Run: run("pytest") + " -v", Description: "all tests, on save",
			Watch: &config.Watch{Paths: []string{"**/*.py", "pyproject.toml"}},
		}}})
	}
	checks := integrations.Evidence{Where: "pyproject.toml", Usual: "python", What: "Python project " + m.Project.Name}
	if _, ok := m.Tool["ruff"]; ok || declared.Has(dir, "ruff.toml") || declared.Has(dir, ".ruff.toml") {
		checks.Units = append(checks.Units, config.Unit{Name: "lint", Kind: config.Task, Run: run("ruff") + " check ."})
	}
	if _, ok := m.Tool["mypy"]; ok || declared.Has(dir, "mypy.ini") {
		checks.Units = append(checks.Units, config.Unit{Name: "types", Kind: config.Task, Run: run("mypy") + " ."})
	}
	if n := len(m.Project.Scripts); n > 0 {
		checks.Left = append(checks.Left, fmt.Sprintf("its %d programs: they are there once it is installed", n))
	}
	if len(checks.Units)+len(checks.Left) > 0 {
		if !isProject {
			checks.Where, checks.What = "ruff.toml, mypy.ini", "settings of checks"
		}
		found = append(found, checks)
	}
	if units := runners(text, m.Tool, run); len(units) > 0 {
		found = append(found, integrations.Evidence{Where: "pyproject.toml", What: fmt.Sprintf("%d tasks of poe, pdm and hatch", len(units)), Units: units})
	}
	return found, err
}

// tests says what makes this a repository with tests for pytest.
func tests(dir string, m manifest) (where, what string) {
	if _, ok := m.Tool["pytest"]; ok {
		return "pyproject.toml", "settings of pytest"
	}
	for _, file := range [...]string{"pytest.ini", ".pytest.ini", "conftest.py", "tests/conftest.py", "test/conftest.py"} {
		if declared.Has(dir, file) {
			return file, "settings of pytest"
		}
	}
	if text, ok, err := declared.Read(dir, "setup.cfg"); ok && err == nil && regexp.MustCompile(`(?m)^\[tool:pytest\]`).Match(text) {
		return "setup.cfg", "settings of pytest"
	}
	for _, sub := range [...]string{"tests", "test", "."} {
		if n, err := count(filepath.Join(dir, sub)); err == nil && n > 0 {
			return filepath.ToSlash(filepath.Join(sub, "test_*.py")), fmt.Sprintf("%d files of tests", n)
		}
	}
	return "", ""
}

// mostAbove is how many directories above its own a project's workspace may be.
const mostAbove = 4

// memberOfUV says whether a directory above is a workspace of uv, which locks all of
// its members in one file.
func memberOfUV(dir string) bool {
	for range mostAbove {
		if declared.Has(dir, ".git") || filepath.Dir(dir) == dir {
			return false
		}
		dir = filepath.Dir(dir)
		if !declared.Has(dir, "uv.lock") {
			continue
		}
		var m manifest
		text, _, _ := declared.Read(dir, "pyproject.toml")
		if err := toml.Unmarshal(text, &m); err == nil && table(m.Tool, "uv", "workspace") != nil {
			return true
		}
	}
	return false
}

// mostNames bounds how much of a directory is looked at.
const mostNames = 10_000

// count is how many files of tests a directory has.
func count(dir string) (int, error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(mostNames)
	n := 0
	for _, name := range names {
		if a, _ := filepath.Match("test_*.py", name); a {
			n++
		} else if b, _ := filepath.Match("*_test.py", name); b {
			n++
		}
	}
	if len(names) > 0 {
		err = nil
	}
	return n, err
}

// runner says how a tool of the project's environment is run.
func runner(dir string, m manifest) func(tool string) string {
	_, poetry := m.Tool["poetry"]
	_, pdm := m.Tool["pdm"]
	prefix := ""
	switch {
	case declared.Has(dir, "uv.lock"), memberOfUV(dir):
		prefix = "uv run "
	case declared.Has(dir, "poetry.lock"), poetry:
		prefix = "poetry run "
	case declared.Has(dir, "pdm.lock"), pdm:
		prefix = "pdm run "
	case declared.Has(dir, "Pipfile"):
		prefix = "pipenv run "
	case declared.Has(dir, filepath.Join(".venv", "bin")):
		prefix = ".venv/bin/"
	case declared.Has(dir, filepath.Join("venv", "pyvenv.cfg")):
		prefix = "venv/bin/"
	default:
		prefix = "python3 -m "
	}
	return func(tool string) string { return prefix + tool }
}
