package pytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestARepositoryOffersTheToolsThatItHasSettingsFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		runs  []string
	}{
		{"nothing", map[string]string{"main.py": ""}, nil},
		{"settings", map[string]string{"pyproject.toml": "[tool.pytest.ini_options]\n"}, []string{"python3 -m pytest -v"}},
		{"a folder of tests", map[string]string{"tests/test_cart.py": ""}, []string{"python3 -m pytest -v"}},
		{"tests beside the code", map[string]string{"cart_test.py": ""}, []string{"python3 -m pytest -v"}},
		{"setup.cfg", map[string]string{"setup.cfg": "[metadata]\n[tool:pytest]\n"}, []string{"python3 -m pytest -v"}},
		{"a folder of something else", map[string]string{"tests/cart.js": ""}, nil},
		{"uv", map[string]string{"uv.lock": "", "conftest.py": ""}, []string{"uv run pytest -v"}},
		{"poetry", map[string]string{"pyproject.toml": "[tool.poetry]\n[tool.ruff]\n[tool.mypy]\n", "pytest.ini": ""}, []string{"poetry run pytest -v", "poetry run ruff check .", "poetry run mypy ."}},
		{"an environment that is seen", map[string]string{"venv/pyvenv.cfg": "", "venv/bin/python": "", "conftest.py": ""}, []string{"venv/bin/pytest -v"}},
		{"a folder that is called so", map[string]string{"venv/bin/x": "", "conftest.py": ""}, []string{"python3 -m pytest -v"}},
		{"an environment", map[string]string{".venv/bin/python": "", "conftest.py": ""}, []string{".venv/bin/pytest -v"}},
		{"checks only", map[string]string{"ruff.toml": ""}, []string{"python3 -m ruff check ."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				p := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := detect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			var runs []string
			for _, ev := range found {
				for _, u := range ev.Units {
					runs = append(runs, u.Run)
				}
			}
			if diff := cmp.Diff(c.runs, runs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMemberOfAWorkspaceOfUVIsRunByUV(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"uv.lock": "", "pyproject.toml": "[tool.uv.workspace]\nmembers = [\"backend\"]\n",
		"backend/pyproject.toml": "[project]\nname = \"shop\"\n[tool.ruff]\n", "backend/tests/conftest.py": "", "backend/tests/api/test_cart.py": "",
		"other/.git/HEAD": "", "other/conftest.py": "",
	} {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string][]string{"backend": {"uv run pytest -v", "uv run ruff check ."}, "other": {"python3 -m pytest -v"}} {
		found, err := detect(t.Context(), filepath.Join(root, dir))
		if err != nil {
			t.Fatal(err)
		}
		var runs []string
		for _, ev := range found {
			for _, u := range ev.Units {
				runs = append(runs, u.Run)
			}
		}
		if diff := cmp.Diff(want, runs); diff != "" {
			t.Errorf("%s: %s", dir, diff)
		}
	}
}

func TestWhatIsLeftOutIsNamed(t *testing.T) {
	dir := t.TempDir()
	text := "[project]\nname = \"shop\"\n[project.scripts]\nshop = \"shop:main\"\n[tool.poe.tasks]\na = \"b\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := detect(t.Context(), dir)
	if err != nil || len(found) != 2 { // its programs, and the task that poe has
		t.Fatalf("%+v, %v", found, err)
	}
	want := []string{"its 1 programs: they are there once it is installed"}
	if diff := cmp.Diff(want, found[0].Left); diff != "" {
		t.Error(diff)
	}
}

func TestTheTasksOfPoePdmAndHatchAreFound(t *testing.T) {
	dir := t.TempDir()
	text := `[tool.poe.tasks]
serve = "uvicorn shop:app"
_private = "x"
[tool.poe.tasks.check]
cmd = "ruff check"
help = "look at the style"
[tool.pdm.scripts]
docs = {shell = "mkdocs build"}
[tool.hatch.envs.default.scripts]
cov = "pytest --cov"
[tool.hatch.envs.lint.scripts]
style = ["ruff check", "black --check ."]
`
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := detect(t.Context(), dir)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	at := func(line int) config.Position { return config.Position{File: "pyproject.toml", Line: line} }
	want := []config.Unit{
		{Name: "check", Kind: config.Task, Run: "pdm run poe check", Description: "look at the style", Pos: at(4)},
		{Name: "serve", Kind: config.Task, Run: "pdm run poe serve", Description: "uvicorn shop:app", Pos: at(2)},
		{Name: "docs", Kind: config.Task, Run: "pdm run docs", Description: "mkdocs build", Pos: at(8)},
		{Name: "cov", Kind: config.Task, Run: "hatch run cov", Description: "pytest --cov", Pos: at(10)},
		{Name: "style", Kind: config.Task, Run: "hatch run lint:style", Pos: at(12)},
	}
	if diff := cmp.Diff(want, found[0].Units); diff != "" {
		t.Error(diff)
	}
}
